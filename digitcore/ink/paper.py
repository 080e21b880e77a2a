"""A sheet of paper that lies on a table: found by its straight edges, and laid straight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from digitcore.ink.contrast import TRANSPARENT, light_over
from digitcore.ink.outcome import Floats, Mask
from digitcore.ink.pixels import bilinear, border, borders, small_size
from digitcore.ink.shapes import largest

SIDE = 96
"""Longer side on which sheets are looked for, as their edges are straight and long; a picture of
fewer pixels is no photo."""
TABLE = 5
"""Pixels along the border that show the table alone, and so the light."""
PLAIN = 5.0
"""Grey levels by which the table may differ from place to place, and be lit evenly."""
LEVELS = 8
"""Brightnesses that are tried as the border between the table and the sheet."""
LEAST = 0.06
"""Share of the picture that a sheet covers."""
DIAMOND = 0.45
"""Share of the box around it that a sheet fills which stands on a corner; a digit's ink, less."""
BARE = 0.7
"""Share of a sheet that nothing is written on."""
STRAIGHT = 0.85
"""Share of an area that the figure through its four corners fills: of an ellipse 0.64."""
SLIM = 2.0
"""Longer to shorter side from which what has straight sides is a stroke."""
OTHERS = 0.1
"""Share of a sheet's area from which there is more that is as light as it in the picture."""
MARGIN = 0.05
"""Share of the sheet on every side on which no single digit is written."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of paper in a picture.

    corners: (4, 2) row and column of each, in pixels, clockwise, from the left end of the side that
    is nearly up. share: of the picture, that it covers. alone: there can be no digit but on it.
    What is dark may lie beside one, what runs off the picture be a ray of light, and what is not
    the lightest be enclosed by a stroke.
    """

    corners: np.ndarray
    share: float
    alone: bool

    def straight(self, planes: NDArray[Any], margin: float = MARGIN) -> NDArray[Any]:
        """(C, h, w) float32 or uint8 -> the same of its inside alone, laid straight. margin: share
        of the sheet that is cut off on every side, with its edge."""
        middle = self.corners.mean(axis=0)
        corners = middle + (1 - 2 * margin) * (self.corners - middle)
        across, down = (max(1, round(side)) for side in _sides(corners))
        north_west, north_east, south_east, south_west = corners[:, ::-1].tolist()
        around = (*north_west, *south_west, *south_east, *north_east)
        cut = partial(
            Image.Image.transform, size=(across, down), method=Image.Transform.QUAD, data=around,
            resample=Image.Resampling.BILINEAR,
        )  # fmt: skip
        return np.stack([np.asarray(cut(Image.fromarray(plane))) for plane in planes])


def find_sheet(planes: Floats) -> Sheet | None:
    """The sheet of paper in (C, h, w) float32 colours; None where there is no such thing."""
    height, width = planes.shape[1:]
    if len(planes) == TRANSPARENT or max(height, width) < SIDE:
        return None
    white = bilinear(planes.min(axis=0), small_size(height, width, SIDE))  # wood has little blue
    found = [
        (*_four_corners(area.mask), area)
        for plane in _lit_as_it_is_and_evenly(white)
        for area in _areas(plane)
    ]
    found = [one for one in found if one[0] >= STRAIGHT]
    if not found:
        return None
    _, corners, area = max(found, key=lambda one: one[0])
    if _slim(corners):
        return None
    alone = area.whole and any(other.lightest for _, _, other in found)
    corners = (_from_the_upper_side(corners) + 0.5) * max(height, width) / max(white.shape)
    return Sheet(corners, _enclosed(corners) / (height * width), alone)


def _lit_as_it_is_and_evenly(plane: Floats) -> Iterator[Floats]:
    """(h, w) as it is, then without the fall of the light, if the table along the border shows
    any."""
    yield plane
    table = np.ones(plane.shape, dtype=bool)
    table[TABLE:-TABLE, TABLE:-TABLE] = False
    if np.ptp(np.percentile(plane[table], (10, 90))) > PLAIN:
        yield plane / light_over(plane, table)


@dataclass(frozen=True)
class _Area:
    """mask: (h, w) an area with what is written on it; whole: it is light and does not run off the
    picture; lightest: little else is as light, as there would be beyond a stroke around it."""

    mask: Mask
    whole: bool
    lightest: bool


def _areas(plane: Floats) -> Iterator[_Area]:
    """(h, w) the largest area lighter, or darker, than each of some levels, where it is large and
    mostly bare. A light one may run off on one side; a dark one would be the shadow of who takes
    the photo."""
    darkest, lightest = np.percentile(plane, (2, 98))
    for level in np.linspace(darkest, lightest, LEVELS + 2)[1:-1]:
        for light, mask in ((True, plane > level), (False, plane < level)):
            if not mask.any() or border(mask).mean() > 0.5:  # or else it is the table
                continue
            patch = largest(mask)
            sides = sum(side.any() for side in borders(patch))
            if sides <= light and (area := _filled(patch)) is not None:
                others = (mask & ~area).sum()
                yield _Area(area, light and not sides, others < OTHERS * area.sum())


def _filled(area: Mask) -> Mask | None:
    """An area with its holes, if it is as large, full and bare as a sheet."""
    if area.mean() < LEAST:
        return None
    box = ndimage.find_objects(area.astype(np.uint8))[0]
    share = area[box].mean()
    if share < BARE * DIAMOND:  # as in drawings, which need not wait for what follows
        return None
    filled = ndimage.binary_fill_holes(area)
    full = filled[box].mean()
    return filled if full > DIAMOND and share > BARE * full else None


def _four_corners(area: Mask) -> tuple[float, np.ndarray]:
    """How nearly an area has four straight sides, 0 to 1, and its corners (4, 2): row and column of
    each, clockwise."""
    try:
        hull = ConvexHull(np.argwhere(area & ~ndimage.binary_erosion(area)))
    except QhullError:  # a line has no hull
        return 0.0, np.zeros((4, 2))
    corners = hull.points[hull.vertices]
    if len(corners) < 4:
        return 0.0, corners
    while len(corners) > 4:
        corners = np.delete(corners, _triangles(corners).argmin(), axis=0)
    rows, columns = (corners - corners.mean(axis=0)).T
    corners = corners[np.argsort(np.arctan2(rows, columns))]
    solid = (area.sum() - hull.area / 2) / hull.volume  # a hull runs through pixels' middles
    return float(min(1.0, solid) * _enclosed(corners) / hull.volume), corners


def _slim(corners: np.ndarray) -> bool:
    sides = _sides(corners)
    return bool(max(sides) > SLIM * min(sides))


def _sides(corners: np.ndarray) -> tuple[float, float]:
    """Mean length of the first and third, and of the second and fourth side."""
    lengths = np.hypot(*(corners - np.roll(corners, -1, axis=0)).T)
    return float(lengths[[0, 2]].mean()), float(lengths[[1, 3]].mean())


def _triangles(corners: np.ndarray) -> np.ndarray:
    """(n,) area that a polygon loses with each of its corners."""
    before, after = np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)
    return np.abs(_cross(corners - before, after - before)) / 2


def _cross(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]


def _enclosed(corners: np.ndarray) -> float:
    """The area of a polygon."""
    return abs(float(_cross(corners, np.roll(corners, -1, axis=0)).sum())) / 2


def _from_the_upper_side(corners: np.ndarray) -> np.ndarray:
    """Four corners, clockwise, from the left end of the side that is farthest up."""
    sides = (corners + np.roll(corners, -1, axis=0)) / 2 - corners.mean(axis=0)
    return np.roll(corners, -int((sides[:, 0] / np.hypot(*sides.T)).argmin()), axis=0)
