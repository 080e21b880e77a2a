"""Frames around a digit: a box to write in, the border of a window or canvas, a ring."""

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
HOLLOW, SECTORS = 0.65, 36
"""Share of the way from its middle to its ellipse in which a ring has no ink, and parts of a whole
turn, in nearly all of which it has some."""
SLIM = 0.25
"""Extent across to extent along up to which ink is a line."""
WITHIN = 0.25
"""Share of a frame's shorter side that the longest thing in it has at least, or it is a 0."""


def unframed(ink: Floats) -> Floats:
    """(H, W) float32 ink without frames and rings that have other ink in them; the same array where
    there is none."""
    mask = ink > 0.5
    patches, count = ndimage.label(mask, structure=EVERY_SIDE)
    if count < 2:
        return ink
    boxes = boxes_of(patches)
    shorter = (boxes[:, 2:] - boxes[:, :2]).min(axis=1)
    large = np.flatnonzero(shorter >= max(3, LEAST * min(ink.shape)))
    frames = [place for place in large if _is_around(patches, int(place), boxes)]
    if not frames:
        return ink
    gone = np.isin(patches, np.array(frames) + 1)
    return np.where(ndimage.binary_dilation(gone, EVERY_SIDE), np.float32(0), ink)


def _is_around(patches: np.ndarray, place: int, boxes: np.ndarray) -> bool:
    """Whether a patch is a frame or a ring with something in it. What is in a ring must be no line:
    that would be the stroke through a 0."""
    top, left, bottom, right = boxes[place]
    inside = patches[top:bottom, left:right]
    mine: Mask = inside == place + 1
    ring = not _is_frame(mine)
    if ring and not _is_ring(mine):
        return False
    others = np.delete(boxes, place, axis=0)
    within = (others[:, :2] >= (top, left)).all(1) & (others[:, 2:] <= (bottom, right)).all(1)
    if longer(others[within]).max(initial=0) < WITHIN * min(mine.shape):
        return False
    return not ring or _broad((inside > 0) & ~mine) > SLIM


def _broad(mask: Mask) -> float:
    """Extent of ink across to its extent along, 0 for a straight line to 1."""
    across, along = np.linalg.eigvalsh(np.cov(np.argwhere(mask).T))
    return float(np.sqrt(max(across, 0.0) / along))


def _is_ring(mine: Mask) -> bool:
    """Whether a patch lies along the ellipse in its own box, all around."""
    height, width = mine.shape
    rows, columns = np.nonzero(mine)
    down, right = (2 * rows + 1) / height - 1, (2 * columns + 1) / width - 1
    if np.hypot(down, right).min() < HOLLOW:
        return False
    sectors = ((np.arctan2(down, right) / np.pi + 1) * (SECTORS / 2)).astype(int) % SECTORS
    return len(np.unique(sectors)) >= ALONG * SECTORS


def _is_frame(mine: Mask) -> bool:
    """Whether a patch lies along all sides and corners of its own box."""
    edge = max(1, round(EDGE * min(mine.shape)))
    if mine[edge:-edge, edge:-edge].any():
        return False
    sides = mine[:edge].any(0), mine[-edge:].any(0), mine[:, :edge].any(1), mine[:, -edge:].any(1)
    ends = (slice(None, edge), slice(-edge, None))
    corners = all(mine[row, column].any() for row in ends for column in ends)
    return bool(corners and min(side.mean() for side in sides) >= ALONG)
