"""How MNIST holds a digit, and how to tell an image that already is like that.

Measured on all 70,000 images: the longer side of the box around every pixel above 0 is 20 (in
69,984 of them) or 19; the centre of mass, in pixel indices, lies from 13.48 to 14.50 both ways
(whole-pixel shifts, so it is 14 and not 13.5 on average); the brightest pixel is 254 or 255.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitcore.ink.outcome import Bytes, Mask

SIDE = 28
BOX = 20
CENTRE = 14.0

BOX_SIDES = (18, 21)
"""21 because a digit that is centred to a fraction of a pixel may touch one pixel more."""
OFF_CENTRE = 1.0
BRIGHTEST = 200
MOST_INK = 0.42
"""The fullest image of MNIST has 0.398 of its pixels above 127."""


def like_mnist(image: Bytes) -> bool:
    """Whether a (28, 28) uint8 image needs nothing done; true of all 70,000 images of MNIST."""
    rows, columns = np.nonzero(image)
    if rows.size == 0 or image.max() < BRIGHTEST or (image > 127).mean() > MOST_INK:
        return False
    longer = 1 + max(int(np.ptp(rows)), int(np.ptp(columns)))
    centre = centre_of_mass(image)
    return BOX_SIDES[0] <= longer <= BOX_SIDES[1] and bool(
        np.abs(centre - CENTRE).max() <= OFF_CENTRE
    )


def all_like_mnist(images: Bytes) -> Mask:
    """(N,) of what like_mnist says of each of uint8 (N, 28, 28) images, all at once."""
    inked = images > 0
    longer = np.maximum(*(_extents(np.asarray(inked.any(axis=axis))) for axis in (2, 1)))
    centres = _centres(images)
    return np.asarray(
        (images.max(axis=(1, 2), initial=0) >= BRIGHTEST)
        & ((images > 127).mean(axis=(1, 2)) <= MOST_INK)
        & (longer >= BOX_SIDES[0])
        & (longer <= BOX_SIDES[1])
        & (np.abs(centres - CENTRE).max(axis=1) <= OFF_CENTRE)
    )


def _extents(inked: Mask) -> NDArray[np.int64]:
    """(N,) from the first to the last of (N, 28) places that hold ink; no matter what without."""
    return np.asarray(SIDE - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1))


def _centres(images: Bytes) -> NDArray[np.float64]:
    """(N, 2) centres of mass as centre_of_mass gives them; 0 without ink."""
    weights = np.stack([images.sum(axis=axis, dtype=np.float64) for axis in (2, 1)], axis=1)
    return np.asarray(weights @ np.arange(SIDE) / np.maximum(weights.sum(axis=2), 1))


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    """(H, W) of weights, not all 0 -> (row, column), float64, in pixel indices."""
    rows, columns = image.sum(axis=1, dtype=np.float64), image.sum(axis=0, dtype=np.float64)
    return np.array([side @ np.arange(side.size) / side.sum() for side in (rows, columns)])
