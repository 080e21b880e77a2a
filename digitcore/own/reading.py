"""What all readers of files share: what they find, how far they go, and the way through ink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from digitcore import ink
from digitcore.digits import CLASSES
from digitcore.ink.mnist import SIDE, all_like_mnist
from digitcore.ink.outcome import Bytes
from digitcore.own.store import MOST, Refused

Tell = Callable[[int, int], None]
"""Is told now and then how many pictures of how many have been read."""
AT_ONCE = 4096  # images that are judged together
PROBLEMS = (ink.BadPicture, ink.NoInk)
MEGA = 2**20
UNIT = 1.05  # pixels from 0 to 1 that were resized overshoot a little


@dataclass(frozen=True)
class Limits:
    """How far a reader follows a file; lower in tests.

    upload: bytes of all files together. digits: in the set. members: of a ZIP. member: bytes of
    a picture. unpacked: bytes that a packed file may come to. ratio: how many times its own size
    that may be, once it is more than `free` bytes. pixels: of all pictures of an upload, before
    they are made small.
    """

    upload: int = 100 * MEGA
    digits: int = MOST
    members: int = 250_000
    member: int = ink.MAX_BYTES
    unpacked: int = 512 * MEGA
    ratio: int = 200
    free: int = 64 * MEGA
    pixels: int = 3_000_000_000


@dataclass(frozen=True)
class Found:
    """Digits that were read from an upload.

    images: uint8 (N, 28, 28). labels: int64 (N,), 0 to 9. origin: what kind of file they came
    from, without any name in it. left_out: a line for all that was not taken, and why. changed:
    how many pictures were not as MNIST's and were brought into its form. sources: for each digit,
    in a few words, which file or line it was.
    """

    images: Bytes
    labels: np.ndarray
    origin: str
    left_out: tuple[str, ...] = ()
    changed: int = 0
    sources: tuple[str, ...] = ()

    def of(self, name: str) -> Found:
        """The same, with the name of the file before each source and each line: it is one of
        several."""
        out = (f"{name}: {line}" for line in self.left_out)
        told = (f"{name}: {words}" for words in self.sources)
        return replace(self, left_out=tuple(out), sources=tuple(told))


def say_nothing(done: int, total: int) -> None:
    """Where nobody waits to be told."""


def converted(picture: Bytes) -> tuple[Bytes, bool]:
    """A picture of any size -> the image to be kept, (28, 28) uint8, and whether it had to be
    changed for that. Raises BadPicture or NoInk."""
    image = ink.read(picture).image
    plane = picture if picture.ndim == 2 else picture[..., 0]
    return image, not np.array_equal(plane, image)


def convert_all(
    pictures: Bytes, labels: np.ndarray, origin: str, name: Callable[[int], str],
    tell: Tell = say_nothing,
) -> Found:  # fmt: skip
    """uint8 (N, H, W) or (N, H, W, C) pictures with their labels -> all that can be kept.

    Those that are as MNIST's stay as they are, the others go through ink. name: of the picture at
    a place: its source, or what is left out.
    """
    images = np.zeros((len(pictures), SIDE, SIDE), dtype=np.uint8)
    ready = _ready(pictures)
    images[ready] = pictures[ready] if ready.any() else 0
    kept, left_out, changed = ready.copy(), [], 0
    others = np.flatnonzero(~ready)
    for done, place in enumerate(others):
        tell(done, len(others))
        try:
            images[place], differs = converted(pictures[place])
            kept[place], changed = True, changed + differs
        except PROBLEMS as problem:
            left_out.append(f"{name(int(place))}: {problem}")
    sources = tuple(name(int(place)) for place in np.flatnonzero(kept))
    return Found(images[kept], labels[kept].astype(np.int64), origin, tuple(left_out), changed,
                 sources)  # fmt: skip


def _ready(pictures: Bytes) -> np.ndarray:
    """(N,) bool: which are already as MNIST's."""
    if pictures.shape[1:] != (SIDE, SIDE):
        return np.zeros(len(pictures), dtype=bool)
    parts = [all_like_mnist(pictures[start : start + AT_ONCE])
             for start in range(0, len(pictures), AT_ONCE)]  # fmt: skip
    return np.concatenate(parts) if parts else np.zeros(0, dtype=bool)


def with_labels(
    values: np.ndarray, name: Callable[[int], str]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Labels of any kind of number -> (N,) int64, (N,) bool for those that are a digit, and a
    line for each that is none."""
    numbers = values.astype(np.float64)
    good = np.isin(numbers, np.arange(CLASSES))
    lines = [f"{name(int(place))}: its label is {numbers[place]:g}, not one of 0 to 9."
             for place in np.flatnonzero(~good)]  # fmt: skip
    return np.where(good, numbers, 0).astype(np.int64), good, lines


def joined(parts: Sequence[Found], left_out: Sequence[str]) -> Found:
    """Several finds as one, with other lines for what was left out; there may be no digit."""
    whole = [part for part in parts if len(part.labels)]
    nothing = Found(np.zeros((0, SIDE, SIDE), np.uint8), np.zeros(0, np.int64), "")
    return Found(
        np.concatenate([part.images for part in (nothing, *whole)]),
        np.concatenate([part.labels for part in (nothing, *whole)]),
        ", ".join(dict.fromkeys(part.origin for part in whole)),
        tuple(left_out),
        sum(part.changed for part in whole),
        tuple(words for part in whole for words in part.sources),
    )


def check_count(count: int, limits: Limits) -> None:
    """Raises Refused for more digits than a set may have."""
    if count > limits.digits:
        raise Refused(
            f"There are {count:,} digits, and a set has {limits.digits:,} at most. Upload fewer."
        )


def as_bytes(values: np.ndarray) -> tuple[Bytes, bool]:
    """Numbers from 0 to 255, or from 0 to 1 -> uint8, and whether they were multiplied by 255.

    All of an array has one scale: a faint picture among others is no picture from 0 to 1. Raises
    Refused for other numbers.
    """
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if not (np.isfinite([low, high]).all() and low >= 0 and high <= 255):
        raise Refused(f"Pixels run from 0 to 255, or from 0 to 1, not from {low:g} to {high:g}.")
    unit = high <= UNIT
    return _rounded(values, 255 if unit else 1), unit


def _rounded(values: np.ndarray, factor: int) -> Bytes:
    """In parts, because a copy of all of it as floats may not fit."""
    if values.dtype == np.uint8 and factor == 1:
        return values
    found: Any = np.empty(values.shape, dtype=np.uint8)
    for start in range(0, len(values), AT_ONCE):
        part = values[start : start + AT_ONCE].astype(np.float32) * factor
        found[start : start + AT_ONCE] = np.rint(part).clip(0, 255)
    return found
