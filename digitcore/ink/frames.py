"""Frames around a digit: a box to write in, the border of a window or of a canvas."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from digitcore.ink.outcome import Floats, Mask
from digitcore.ink.shapes import EVERY_SIDE, boxes_of, longer

LEAST = 0.3
"""Share of the picture's shorter side that a frame's sides have at least."""
EDGE = 0.1
"""Share of a frame's shorter side within which all its ink lies along its sides."""
ALONG = 0.9
"""Share of each side that is there."""
WITHIN = 0.25
"""Share of a frame's shorter side that the longest thing in it has at least, or it is a 0."""


def unframed(ink: Floats) -> Floats:
    """(H, W) float32 ink without straight frames that have other ink in them; the same array where
    there is none."""
    mask = ink > 0.5
    patches, count = ndimage.label(mask, structure=EVERY_SIDE)
    if count < 2:
        return ink
    boxes = boxes_of(patches)
    shorter = (boxes[:, 2:] - boxes[:, :2]).min(axis=1)
    large = np.flatnonzero(shorter >= max(3, LEAST * min(ink.shape)))
    frames = [place for place in large if _is_frame(patches, int(place), boxes)]
    if not frames:
        return ink
    gone = np.isin(patches, np.array(frames) + 1)
    return np.where(ndimage.binary_dilation(gone, EVERY_SIDE), np.float32(0), ink)


def _is_frame(patches: np.ndarray, place: int, boxes: np.ndarray) -> bool:
    """Whether a patch lies along all sides and corners of its own box, with something in it."""
    top, left, bottom, right = boxes[place]
    mine: Mask = patches[top:bottom, left:right] == place + 1
    edge = max(1, round(EDGE * min(mine.shape)))
    if mine[edge:-edge, edge:-edge].any():
        return False
    sides = mine[:edge].any(0), mine[-edge:].any(0), mine[:, :edge].any(1), mine[:, -edge:].any(1)
    ends = (slice(None, edge), slice(-edge, None))
    if min(side.mean() for side in sides) < ALONG or not all(
        mine[row, column].any() for row in ends for column in ends
    ):
        return False
    others = np.delete(boxes, place, axis=0)
    within = (others[:, :2] >= (top, left)).all(1) & (others[:, 2:] <= (bottom, right)).all(1)
    return bool(longer(others[within]).max(initial=0) >= WITHIN * min(mine.shape))
