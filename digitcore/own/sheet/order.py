"""Digits on a sheet in the order in which they are read: row by row, each from left to right."""

from __future__ import annotations

import numpy as np

from digitcore.own.sheet.marks import Ints

STEEPEST = 8.0
"""Degrees by which the rows may be turned."""
SHARED = 0.35
"""Digits of a row share this part of the lesser height with the one before."""


def rows(boxes: Ints) -> list[list[int]]:
    """(n, 4) boxes -> the places of each row from left to right; the highest row comes first."""
    if not len(boxes):
        return []
    slope = _slope(boxes)
    tops, bottoms = (_level(boxes, side, slope) for side in (0, 2))
    lefts = (boxes[:, 1] + boxes[:, 3]) / 2
    found: list[list[int]] = []
    for place in np.argsort(lefts, kind="stable"):
        shares = [_shared(tops, bottoms, row, int(place)) for row in found]
        best = int(np.argmax(shares)) if shares else -1
        if shares and shares[best] >= SHARED:
            found[best].append(int(place))
        else:
            found.append([int(place)])
    middles = (tops + bottoms) / 2
    return sorted(found, key=lambda row: float(np.mean(middles[row])))


def _level(boxes: Ints, side: int, slope: float) -> np.ndarray:
    """The height of each box's top or bottom, as if the sheet lay straight."""
    return boxes[:, side] - slope * (boxes[:, 1] + boxes[:, 3]) / 2


def _shared(tops: np.ndarray, bottoms: np.ndarray, row: list[int], place: int) -> float:
    """The part of the height that a box shares with the last ones of a row."""
    last = row[-3:]
    top, bottom = float(np.mean(tops[last])), float(np.mean(bottoms[last]))
    common = min(bottom, bottoms[place]) - max(top, tops[place])
    return float(common / min(bottom - top, bottoms[place] - tops[place]))


def _slope(boxes: Ints) -> float:
    """Pixels down for each across at which the boxes lie most on top of each other, seen from
    the side; 0 where another slope is hardly better."""
    if len(boxes) < 3:
        return 0.0
    angles = np.arange(-STEEPEST, STEEPEST + 0.01, 0.25)
    slopes = np.tan(np.radians(angles[np.argsort(np.abs(angles), kind="stable")]))
    scores = np.array([_crowded(boxes, slope) for slope in slopes])
    return float(slopes[int(np.argmax(scores * (1 - 0.002 * np.arange(len(slopes)))))])


def _crowded(boxes: Ints, slope: float) -> float:
    """The sum of squares of how many boxes lie at each height."""
    tops, bottoms = (_level(boxes, side, slope) for side in (0, 2))
    middles, halves = (tops + bottoms) / 2, (bottoms - tops) / 3
    low = (middles - halves).min()
    starts = np.floor(middles - halves - low).astype(int)
    stops = np.ceil(middles + halves - low).astype(int)
    steps = np.zeros(stops.max() + 1)
    np.add.at(steps, starts, 1.0)
    np.add.at(steps, stops, -1.0)
    return float(np.square(np.cumsum(steps)).sum())
