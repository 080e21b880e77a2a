"""The marks of a pen on a sheet: which patches of ink there are, and which of them are no digits.

Sizes are pixels of the small copy of the sheet; boxes are (n, 4) int: top, left, bottom, right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitcore.ink.outcome import Floats, Mask
from digitcore.ink.shapes import EVERY_SIDE
from digitcore.own.sheet.lines import Lines, faintest

Ints = NDArray[np.int64]

FAINT = 0.25
"""A mark with less than this share of the usual strength is a shadow, a crease or a rest of a
line."""
SURE = 1.3
"""...and one that is not so many times stronger than the paper's noise is noise."""
MOST_NOISE = 40.0
"""The paper's noise is never taken for more, in grey levels: what is left of dark squares is not
noise, and weak ink on them would be lost."""
SPECK, SMALLEST = 0.15, 6
"""A mark shorter than this share of the usual length, or than so many pixels, is dust."""
DUST = 0.06
"""...and of no part of a digit either."""
SEEN = 0.4
"""A faint mark shorter than this, or one at the picture's edge, is nothing that was written."""
LARGE = 3.5
"""A mark longer than so many usual lengths is a frame, a line or an edge."""
FLAT = 0.25
"""A mark that is no higher than this share of its width is a dash."""

EDGE = "cut off by the picture's edge"
FRAME = "a line or a frame"
FAINTLY = "too faint"
SPECKS = "a speck"
DASH = "a dash"


@dataclass(frozen=True)
class Marks:
    """patches: (h, w) int, 0 or the number of the patch; boxes, areas, levels: of patch 1, 2, ...

    levels: the strength of a patch's ink, in grey levels.
    """

    patches: NDArray[np.int32]
    boxes: Ints
    areas: Ints
    levels: Floats

    @property
    def lengths(self) -> Ints:
        return (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1)

    @property
    def usual(self) -> float:
        """The length of a digit: the median, by area, so that specks do not count."""
        return weighted_median(self.lengths, self.areas)


def find_marks(strength: Floats, lines: Lines) -> Marks:
    """(h, w) distance from the paper -> the patches of ink on it, without the paper's lines."""
    rest = strength - lines.both if lines.any else strength
    least = np.minimum(faintest(rest), MOST_NOISE)
    rough, count = ndimage.label(rest > least, EVERY_SIDE)
    if count == 0:
        return _none(rough)
    level = _levels(rest, rough, count)
    if lines.any:  # ink on a line is as strong as beside it
        usual = weighted_median(level[1:], np.bincount(rough.ravel(), minlength=count + 1)[1:])
        rest = rest * (usual / np.maximum(usual - lines.both, 0.25 * usual))
    level = np.where(level > SURE * _most(least, rough, count), level, np.inf)
    mask = rest > (0.5 * level)[rough]
    mask &= rough > 0
    if lines.any:
        mask = _bridged(mask, lines)
    patches, count = ndimage.label(mask, EVERY_SIDE)
    if count == 0:
        return _none(patches)
    boxes = np.array([(r.start, c.start, r.stop, c.stop) for r, c in ndimage.find_objects(patches)])
    areas = np.bincount(patches.ravel(), minlength=count + 1)[1:]
    return Marks(patches, boxes, areas, _levels(strength, patches, count)[1:])


def _none(patches: NDArray[np.int32]) -> Marks:
    return Marks(
        patches, np.zeros((0, 4), np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    )


def _levels(strength: Floats, patches: NDArray[np.int32], count: int) -> Floats:
    """(count + 1,) the mean strength of each patch's darker half; 0 for the paper."""
    inside = patches > 0
    of, values = patches[inside], strength[inside]
    dark = values > 0.5 * _most(strength, patches, count)[of]
    total = np.bincount(of[dark], values[dark], count + 1)
    return (total / np.maximum(np.bincount(of[dark], minlength=count + 1), 1)).astype(np.float32)


def _most(values: Floats, patches: NDArray[np.int32], count: int) -> Floats:
    """(count + 1,) the highest value in each patch."""
    inside = patches > 0
    most = np.zeros(count + 1, dtype=np.float32)
    np.maximum.at(most, patches[inside], values[inside])
    return most


def _bridged(mask: Mask, lines: Lines) -> Mask:
    """Strokes joined again where a line that was as dark as they ran through them."""
    for line, shape in ((lines.across, (7, 1)), (lines.down, (1, 7))):
        closed = ndimage.binary_closing(mask, np.ones(shape, dtype=bool))
        mask = mask | (closed & (line > 0))
    return mask


def weighted_median(values: NDArray, weights: NDArray) -> float:
    """The value that half of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    summed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(summed, summed[-1] / 2)])


def refusals(marks: Marks) -> dict[int, str]:
    """Places of the marks that can be no part of a digit, and why; "" for dust that nobody sees."""
    shape = np.array(marks.patches.shape)
    boxes, lengths, usual = marks.boxes, marks.lengths, marks.usual
    level = weighted_median(marks.levels, marks.areas)
    at_edge = (boxes[:, :2] <= 0).any(axis=1) | (boxes[:, 2:] >= shape).any(axis=1)
    spans = lengths >= 0.5 * shape.max()
    faint = marks.levels < FAINT * level
    small = lengths < SEEN * usual
    found: dict[int, str] = {}
    for why, which in (
        (FAINTLY, faint),
        (FRAME, (lengths > LARGE * usual) | (spans & (lengths > 1.5 * usual))),
        (EDGE, at_edge & ~spans),
        (FRAME, at_edge & spans),
        ("", (lengths < DUST * usual) | (lengths < SMALLEST) | (small & (faint | at_edge))),
    ):
        found |= {int(place): why for place in np.flatnonzero(which)}
    return found
