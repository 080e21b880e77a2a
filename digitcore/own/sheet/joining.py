"""Patches of ink -> digits: the loose bar of a 5, a broken stroke, the second stroke of a 4."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from digitcore.own.sheet.marks import Ints, Marks

GAP, OWN_GAP = 0.2, 0.4
"""A part lies no farther off than these shares of the digit's longer side and of its own."""
BESIDE, CLOSE = 0.5, 0.08
"""What stands beside a digit and is higher than BESIDE of it is a part only if it nearly touches:
it is no farther off than CLOSE."""
PART = 0.75
"""...and no higher than this share, for else it is a digit itself."""
DASH = 0.45
"""A patch no higher than this share of its width is no digit, but the bar of one."""
WIDE, WITH_BAR = 1.15, 1.6
"""A digit made of parts side by side is no wider than so many times its height; one with a bar."""
TALLEST = 1.6
"""A digit made of parts one above the other is no higher than so many usual lengths."""


def join(marks: Marks, places: list[int]) -> list[list[int]]:
    """Which of the marks at these places make up one digit; each group's main patch comes first.

    Smaller patches join larger ones, nearest first; digits side by side are left apart.
    """
    order = sorted(places, key=lambda place: (-marks.lengths[place], place))
    groups: list[list[int]] = []
    boxes = marks.boxes[order]  # of each group, as far as there are groups
    for place in order:
        best = min(_hosts(marks, place, groups, boxes[: len(groups)]), default=None)
        if best is None:
            boxes[len(groups)] = marks.boxes[place]
            groups.append([place])
        else:
            _, host = best
            groups[host].append(place)
            boxes[host] = union(boxes[host], marks.boxes[place])
    return groups


def _hosts(marks: Marks, place: int, groups: list[list[int]],
           boxes: Ints) -> Iterator[tuple[float, int]]:  # fmt: skip
    """(gap, group) of the groups that a mark can be a part of."""
    box = marks.boxes[place]
    gaps = gap(boxes, box)
    for host in np.flatnonzero(gaps <= GAP * np.maximum(_longest(boxes), marks.usual)):
        room = _room(boxes[host], box, marks.usual)
        if gaps[host] <= room:
            apart = _between(marks, groups[host], place, room)
            if apart <= room:
                yield apart, int(host)


def _room(main: Ints, box: Ints, usual: float) -> float:
    """How far off a patch may lie to be a part of a digit; below 0, it is none at any distance."""
    height, width = main[2:] - main[:2]
    own_height, own_width = box[2:] - box[:2]
    tall, wide = union(main, box)[2:] - union(main, box)[:2]
    longer = max(height, width, 0.7 * usual)
    room = min(GAP * longer, max(2.0, OWN_GAP * max(own_height, own_width)))
    if overlap(main, box, 0) * overlap(main, box, 1) > 0.7:  # inside
        return room
    if overlap(main, box, 1) >= 0.5:  # one above the other
        return room if tall <= max(TALLEST * usual, 1.3 * height) else -1
    if own_height <= DASH * own_width:
        return room if wide <= WITH_BAR * tall else -1
    if own_height > PART * height or wide > max(WIDE * tall, 1.1 * width):
        return -1
    return room if own_height <= BESIDE * height else min(room, CLOSE * longer)


def _longest(boxes: Ints) -> np.ndarray:
    return (boxes[..., 2:] - boxes[..., :2]).max(axis=-1)


def union(one: Ints, other: Ints) -> Ints:
    """The box around two boxes."""
    return np.concatenate([np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])])


def overlap(one: Ints, other: Ints, axis: int) -> float:
    """The share of the shorter side that two boxes have in common, along an axis."""
    common = min(one[2 + axis], other[2 + axis]) - max(one[axis], other[axis])
    shorter = min(one[2 + axis] - one[axis], other[2 + axis] - other[axis])
    return max(0.0, float(common) / float(shorter))


def gap(boxes: Ints, box: Ints) -> np.ndarray:
    """(n,) pixels between each of (n, 4) boxes and one box, 0 where they overlap."""
    apart = np.maximum(boxes[:, :2] - box[2:], box[:2] - boxes[:, 2:])
    return np.asarray(np.hypot(*np.maximum(apart, 0).T))


def _between(marks: Marks, group: list[int], place: int, room: float) -> float:
    """Pixels between the ink of a mark and that of a group, as far as it lies within `room`."""
    box, most = marks.boxes[place], round(room) + 2
    top, left = np.maximum(box[:2] - most, 0)
    part = marks.patches[top : box[2] + most, left : box[3] + most]
    mine = np.isin(part, np.array(group) + 1)
    if not mine.any():
        return float("inf")
    away = ndimage.distance_transform_edt(~mine)
    return float(away[part == place + 1].min()) - 1
