"""Ruled and squared paper: what runs on, straight, for much longer than a stroke of a digit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from digitcore.ink.outcome import Floats, Mask
from digitcore.ink.pixels import bilinear, resized

LONG = 0.5
"""What is this long, in sides of the picture, may be a line; without it there are none."""
REACH = 0.2
"""A line goes on for this part of the longer side to the left, to the right or to both sides."""
SAMPLES = 8
STEEPEST = 8.0
"""Degrees by which the sheet may be turned."""
BEND = 0.02
"""Pixels that a line may lie off the common direction, for each pixel along it."""
ANGLE_SIDE = 400
BLOCK = 64
"""Pixels of a block in which the paper's noise is judged."""
LEAST, ABOVE_NOISE = 10.0, 5.0
"""Grey levels, and standard deviations of the noise, by which ink is above the paper at least."""


@dataclass(frozen=True)
class Lines:
    """across, down: (h, w) float32, the strength of the lines that run across and down, 0 where
    there is none; any: whether there are lines at all."""

    across: Floats
    down: Floats
    any: bool

    @cached_property
    def both(self) -> Floats:
        return np.maximum(self.across, self.down)


def find_lines(strength: Floats) -> Lines:
    """(h, w) distance from the paper -> the lines on it."""
    none = np.zeros_like(strength)
    if not _something_long(strength):
        return Lines(none, none, False)
    across, down = _across(strength), np.ascontiguousarray(_across(strength.T).T)
    return Lines(across, down, True)


def _something_long(strength: Floats) -> bool:
    """Whether anything is connected over half of the picture, and is more than one large digit."""
    mask = strength > faintest(strength)
    patches, count = ndimage.label(mask, np.ones((3, 3)))
    areas = np.bincount(patches.ravel(), minlength=count + 1)[1:]
    for place, box in enumerate(ndimage.find_objects(patches)):
        height, width = (part.stop - part.start for part in box)
        if width < LONG * mask.shape[1] and height < LONG * mask.shape[0]:
            continue
        within = all(part.start > 0 and part.stop < side
                     for part, side in zip(box, mask.shape, strict=True))  # fmt: skip
        alone = areas[place] > 0.7 * areas.sum() and 0.2 < width / height < 3
        if not (within and alone and _simple(patches[box] == place + 1)):
            return True
    return False


def _simple(mask: Mask) -> bool:
    """Whether a patch has the few loops of a digit, and not those of squared paper."""
    return int(ndimage.label(np.pad(~mask, 1))[1]) <= 6


def faintest(strength: Floats) -> Floats:
    """(h, w) the strength from which something is more than the paper's own noise there.

    The noise is judged in blocks: where there is little light there is more of it.
    """
    height, width = strength.shape
    high, wide = max(1, round(height / BLOCK)), max(1, round(width / BLOCK))
    rows, columns = (np.array_split(np.arange(side), parts)
                     for side, parts in ((height, high), (width, wide)))  # fmt: skip
    blocks = np.empty((high, wide), dtype=np.float32)
    for place in np.ndindex(high, wide):
        down, across = rows[place[0]], columns[place[1]]
        some = strength[down[0] : down[-1] + 1 : 2, across[0] : across[-1] + 1 : 2]
        floor = np.median(some)
        noise = 1.4826 * np.median(np.abs(some - floor))
        blocks[place] = floor + max(LEAST, ABOVE_NOISE * noise)
    blocks = np.minimum(blocks, 3 * np.median(blocks))  # a block may be full of ink
    return bilinear(blocks, (width, height))


def _across(strength: Floats) -> Floats:
    """(h, w) strength of the lines that run across: of a point, what the sheet has nearly all
    along the line through it."""
    slope = _slope(strength)
    half = _halved(strength)
    rows = _sheared(half.shape, slope)
    straight = np.take_along_axis(half, rows, axis=0)
    along = _lasting(straight)
    back = np.empty_like(along)
    np.put_along_axis(back, rows, along, axis=0)
    lasting = bilinear(back, strength.shape[::-1])
    near = _smoothed_along(strength, slope)
    line = np.minimum(lasting, near) * 1.15
    return np.where(line > 0.5 * faintest(strength), line, np.float32(0)).astype(np.float32)


def _halved(strength: Floats) -> Floats:
    """Half as many rows, of two the stronger, so that a thin line stays; and half the columns."""
    height, width = (max(2, side // 2 * 2) for side in strength.shape)
    whole = np.pad(strength, [(0, max(0, 2 - side)) for side in strength.shape], mode="edge")
    pairs = whole[:height, :width].reshape(height // 2, 2, width // 2, 2)
    return np.asarray(pairs.mean(axis=3).max(axis=1))


def _slope(strength: Floats) -> float:
    """Pixels down for each across in which the rows of the picture differ most."""
    factor = max(1.0, max(strength.shape) / ANGLE_SIDE)
    height, width = (max(1, round(side / factor)) for side in strength.shape)
    small = resized(strength, (width, height), Image.Resampling.BOX)
    small = np.minimum(small, np.percentile(small, 95))  # a line is faint, but everywhere
    best = 0.0
    for step, reach in ((0.5, STEEPEST), (0.1, 0.4)):
        centre = np.degrees(np.arctan(best))
        tried = np.tan(np.radians(np.arange(centre - reach, centre + reach + step / 2, step)))
        best = max(tried, key=lambda slope: _sharpness(small, slope))
    return float(best)


def _sharpness(plane: Floats, slope: float) -> float:
    profile = np.take_along_axis(plane, _sheared(plane.shape, slope), axis=0).mean(axis=1)
    return float(np.square(np.diff(profile)).sum())


def _sheared(shape: tuple[int, ...], slope: float) -> NDArray[np.int64]:
    """(h, w) for each row and column, the row of the picture on a line with that slope; each
    column is rotated, so that every row stands in it once."""
    height, width = shape
    shift = np.round(slope * (np.arange(width) - width / 2)).astype(np.int64)
    return (np.arange(height)[:, None] + shift) % height


def _lasting(straight: Floats) -> Floats:
    """(h, w) what holds nearly all the way to the left, to the right, or half to both sides."""
    reach = REACH * max(straight.shape)
    offsets = np.round(np.linspace(0.1, 1, SAMPLES) * reach).astype(int)
    smooth = ndimage.uniform_filter1d(straight, max(3, int(reach / SAMPLES / 2)), axis=1)
    left, right = ([_moved(smooth, sign * offset) for offset in offsets] for sign in (1, -1))
    near = SAMPLES // 2
    sides = (left, right, left[:near] + right[:near])
    found = [np.partition(np.stack(side), 1, axis=0)[1] for side in sides]
    return np.maximum.reduce(found)


def _moved(plane: Floats, offset: int) -> Floats:
    """The plane so many columns on; near the offset's own bend, the strongest; 0 from outside."""
    thick = ndimage.maximum_filter1d(plane, 3 + 2 * round(BEND * abs(offset)), axis=0)
    moved = np.zeros_like(plane)
    if abs(offset) >= plane.shape[1]:
        return moved
    if offset > 0:
        moved[:, offset:] = thick[:, :-offset]
    else:
        moved[:, :offset] = thick[:, -offset:]
    return moved


def _smoothed_along(strength: Floats, slope: float) -> Floats:
    """(h, w) the mean strength of the neighbours along the line, a little way."""
    rows = _sheared(strength.shape, slope)
    straight = np.take_along_axis(strength, rows, axis=0)
    length = max(5, round(0.025 * max(strength.shape)))
    smooth = ndimage.uniform_filter1d(straight, length, axis=1)
    smooth = ndimage.maximum_filter1d(smooth, 3, axis=0)  # it may change to the next row
    back = np.empty_like(smooth)
    np.put_along_axis(back, rows, smooth, axis=0)
    return back
