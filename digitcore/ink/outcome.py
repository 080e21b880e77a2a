"""What the road from a picture to an image gives back, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


class BadPicture(ValueError):
    """What came is not a picture that can be read; the message says what to do instead."""


class NoInk(ValueError):
    """A picture, but no digit can be seen in it; the message says why."""


@dataclass(frozen=True)
class Step:
    """One stage of the road, to be shown.

    picture: (H, W) uint8, ink bright on dark but for "Given" and "Sheet"; caption: one plain
    sentence.
    """

    name: str
    caption: str
    picture: Bytes


@dataclass(frozen=True)
class Ink:
    """A digit as MNIST would hold it.

    image: (28, 28) uint8, 0 background to 255 ink; steps: how it came about, first to last;
    beside: there may be another digit in the picture.
    """

    image: Bytes
    steps: tuple[Step, ...]
    beside: bool = False
