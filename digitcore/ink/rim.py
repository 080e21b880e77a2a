"""Small pictures, which show little but their digit: room around it, so that it touches nothing."""

from __future__ import annotations

import numpy as np

from digitcore.ink.outcome import Floats
from digitcore.ink.pixels import border

TINY, SMALL = 16, 100
"""Longer side in pixels below which a picture gets a rim whatever its border looks like, and below
which it gets one if most of its border is one colour."""
LEAST, SHARE = 2, 8
"""A rim's least width in pixels, and what part of the longer side it is else."""
APART = 24.0
"""Grey levels by which a frame differs from what is in it."""
MOST, FRAME = 0.5, 0.8
"""Share of a border that is of one colour behind a digit, and on both sides of a frame."""


def with_rim(planes: Floats) -> Floats:
    """(C, h, w) float32 colours -> the same; of a small picture with a rim of its border's colour,
    as scikit-learn's 8x8 digits and those cut close need. A frame of its own is none."""
    longer = max(planes.shape[1:])
    if longer >= SMALL:
        return planes
    width = max(LEAST, longer // SHARE)
    colour, alike = _ground(planes)
    if (longer >= TINY and alike <= MOST) or _is_framed(planes, width // 2):
        return planes
    return np.stack([np.pad(plane, width, constant_values=level)
                     for plane, level in zip(planes, colour, strict=True)])  # fmt: skip


def _ground(planes: Floats) -> tuple[Floats, float]:
    """(C,) the colour of the border, and how much of the border is of it."""
    along = np.stack([border(plane) for plane in planes])
    colour = np.median(along, axis=1)
    return colour, float((np.abs(along - colour[:, None]).max(axis=0) < APART).mean())


def _is_framed(planes: Floats, within: int) -> bool:
    """Whether the border is of one colour, and what lies so many pixels within it of another."""
    if min(planes.shape[1:]) <= 2 * within:
        return False
    outer, outside = _ground(planes)
    inner, inside = _ground(planes[:, within:-within, within:-within])
    return bool(np.abs(outer - inner).max() > APART and min(outside, inside) > FRAME)
