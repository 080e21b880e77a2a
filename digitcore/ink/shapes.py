"""Ink -> the digit's ink: without dust, frames and edges, and only if it can be a digit at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from digitcore.ink.outcome import Floats, Mask, NoInk
from digitcore.ink.pixels import border

EVERY_SIDE = np.ones((3, 3), dtype=bool)

DUST = 0.02
"""A patch with less than this share of the largest patch's area is dust."""
NEAR = 0.6
"""A patch farther off than this share of the largest patch's longer side is something else."""
SMALLEST_SHARE = 0.02
SMALLEST = 6
PARTS = 6
"""Patches in a digit; MNIST's have 1 to 8, nearly always 1 or 2."""
LEADS = 0.3
"""The largest patch holds at least this share of the ink; the rest of a 4 or a 5 is about half."""
MOSTLY = 0.5
"""The digit holds at least this share of all ink that is not frame or edge."""
TALL = 0.6
"""A patch of this share of the digit's length may be another digit."""
LARGE = 0.1
"""A patch this long, in longer sides of the picture, can be the digit beside a frame."""
RAGGED = 11.0
"""Length of the outline to the longer side; at most 9.0 in MNIST, 7.9 in photos."""
SOFT, WIDE = 0.75, 8.0
"""Share of half-dark pixels in a shadow, and pixels from which a stroke is too wide for blur."""


@dataclass(frozen=True)
class Found:
    """A digit in a picture.

    ink: (h, w) float32, its ink with soft edges, cropped to it; box: where that was. pair: two
    parts of it stand side by side, each as tall as a digit: of 11,000 digits 2 are so. rest:
    something was left out that is long enough to be one.
    """

    ink: Floats
    box: tuple[slice, slice]
    pair: bool = False
    rest: bool = False


def digit(ink: Floats) -> Found:
    """(H, W) float32 ink -> the part of it that is the digit. Raises NoInk."""
    patches, count = ndimage.label(ink > 0.5, structure=EVERY_SIDE)
    if count == 0:
        raise NoInk("The picture is empty: nothing stands out from its background.")
    boxes = boxes_of(patches)
    areas = np.bincount(patches.ravel(), minlength=count + 1)[1:]
    inner = _inner(boxes, areas, ink.shape)
    if count > 1 and _crossing(boxes, ink.shape)[inner].all():
        raise NoInk("There are only the lines of the paper in the picture.")
    main = int(np.where(inner, areas, 0).argmax())
    if longer(boxes[main]) < max(SMALLEST, SMALLEST_SHARE * max(ink.shape)):
        raise NoInk("There are only specks in the picture. Draw a digit, or draw it larger.")
    kept = inner & _belonging(boxes, areas, main)
    total = areas[inner].sum()
    scattered = kept.sum() > PARTS or areas[main] < LEADS * total
    if scattered or areas[kept].sum() < MOSTLY * total:
        raise NoInk("There are specks or noise all over the picture, and no digit among them.")
    large = longer(boxes) >= TALL * longer(boxes[main])
    found = replace(
        _cut(ink, patches, kept, boxes[kept]), pair=_side_by_side(boxes[kept & large]),
        rest=bool((inner & large & ~kept).any()),
    )  # fmt: skip
    if outline(found.ink > 0.5) > RAGGED * max(found.ink.shape):
        raise NoInk("The picture is full of noise or of scribble; no digit can be made out.")
    return found


def without_corners(ink: Floats) -> Floats:
    """(H, W) ink without what fills several of the picture's corners, as turning a scan leaves it.

    The same where nothing else is left that could be a digit, as where one was drawn into them.
    """
    mask = ink > 0.5
    patches, _ = ndimage.label(mask, structure=EVERY_SIDE)
    ends = np.ix_([0, -1], [0, -1])
    if mask[ends].sum() < 2:
        return ink
    held = np.unique(patches[ends][mask[ends]])
    boxes = boxes_of(patches)
    large = longer(boxes) >= max(SMALLEST, LARGE * max(ink.shape))
    large[held - 1] = False
    if not large.any():
        return ink
    corners = ndimage.binary_dilation(np.isin(patches, held), structure=EVERY_SIDE)
    return np.where(corners, np.float32(0), ink)


def largest(mask: Mask) -> Mask:
    """The largest patch of a mask that is not empty; its parts share sides."""
    patches, _ = ndimage.label(mask)
    return np.asarray(patches == 1 + np.bincount(patches.ravel())[1:].argmax())


def boxes_of(patches: np.ndarray) -> np.ndarray:
    """(n, 4) int: top, left, bottom, right of every patch."""
    found = ndimage.find_objects(patches)
    return np.array([(r.start, c.start, r.stop, c.stop) for r, c in found])


def longer(boxes: np.ndarray) -> np.ndarray:
    return (boxes[..., 2:] - boxes[..., :2]).max(axis=-1)


def _inner(boxes: np.ndarray, areas: np.ndarray, shape: tuple[int, ...]) -> Mask:
    """Which patches are not part of a frame, a shadow or an edge of the paper at the border.

    Ink that runs off the picture is kept where it is all there is, and where the rest is near it,
    as the bar of a 5 that was drawn against the canvas's edge.
    """
    touching = (boxes[:, :2] <= 0).any(axis=1) | (boxes[:, 2:] >= np.array(shape)).any(axis=1)
    around = ((boxes[:, 2:] - boxes[:, :2]) > 0.8 * np.array(shape)).all(axis=1)
    whole = ~touching & ~around & (longer(boxes) >= max(SMALLEST, LARGE * max(shape)))
    if not whole.any():
        return np.ones(len(boxes), dtype=bool)
    main = int(np.where(whole, areas, 0).argmax())
    length = longer(boxes[main])
    close = _gaps(boxes, boxes[main]) < 0.2 * np.maximum(length, longer(boxes))
    short = longer(boxes) <= max(1.2 * length, 0.6 * min(shape))
    return np.asarray((~touching | (close & short)) & ~around)


def _crossing(boxes: np.ndarray, shape: tuple[int, ...]) -> Mask:
    """Which patches run from one border to the opposite one."""
    across = (boxes[:, :2] <= 0) & (boxes[:, 2:] >= np.array(shape))
    return np.asarray(across.any(axis=1))


def outline(mask: Mask) -> int:
    """Length of a mask's outline, counted along the pixels' sides."""
    return int((mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum())


def _belonging(boxes: np.ndarray, areas: np.ndarray, main: int) -> Mask:
    """Which patches make up the digit: the largest, and what is near it and more than dust."""
    near = _gaps(boxes, boxes[main]) <= NEAR * longer(boxes[main])
    return near & (areas >= DUST * areas[main])


def _side_by_side(boxes: np.ndarray) -> bool:
    """Whether two of these patches are nearly as high as all together, one right of the other."""
    height = boxes[:, 2].max() - boxes[:, 0].min()
    tall = boxes[boxes[:, 2] - boxes[:, 0] >= TALL * height]
    return bool((np.sort(tall[:, 1])[1:] >= np.sort(tall[:, 3])[:-1]).any())


def _gaps(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """(n,) pixels between each box and one box, 0 where they overlap."""
    apart = np.maximum(boxes[:, :2] - box[2:], box[:2] - boxes[:, 2:])
    return np.hypot(*np.maximum(apart, 0).T)


def _cut(ink: Floats, patches: np.ndarray, kept: Mask, boxes: np.ndarray) -> Found:
    """The kept ink with its soft edges, cropped to it."""
    top, left = np.maximum(boxes[:, :2].min(axis=0) - 1, 0)
    bottom, right = boxes[:, 2:].max(axis=0) + 1
    box = (slice(int(top), int(bottom)), slice(int(left), int(right)))
    mine = np.concatenate([[False], kept])[patches[box]]
    soft = ndimage.binary_dilation(mine, structure=EVERY_SIDE)
    return Found(np.where(soft, ink[box], np.float32(0)), box)


def is_soft(found: Found, width: float) -> bool:
    """Whether it fades like a shadow: its edge is about as wide as itself, `width` in pixels."""
    half = ((found.ink > 0.3) & (found.ink < 0.7)).sum() / max(1, (found.ink > 0.5).sum())
    return bool(half > SOFT and width > WIDE)


def strangeness(planes: Floats, found: Found) -> float:
    """Share of what surrounds a digit that looks like its own ink, and of the border that is ink.

    The inside of a 0 looks like a stroke as well, but what lies around the 0 looks like it.
    planes: (C, H, W) float32, the picture's colours.
    """
    rows, columns = (
        slice(max(0, part.start - room), part.stop + room)
        for part, room in ((part, (part.stop - part.start) // 3 + 2) for part in found.box)
    )
    mine = np.zeros(planes.shape[1:], dtype=bool)
    mine[found.box] = found.ink > 0.5
    mine, around = mine[rows, columns], planes[:, rows, columns]
    near = ndimage.binary_dilation(mine, structure=EVERY_SIDE, iterations=2)
    rim = ndimage.binary_dilation(near, structure=EVERY_SIDE, iterations=2) & ~near
    if not rim.any() or near.all():
        return 1.0
    inside, outside = np.median(around[:, mine], axis=1), np.median(around[:, rim], axis=1)
    axis = inside - outside
    towards = np.tensordot(axis, around - outside[:, None, None], 1) / max(1.0, axis @ axis)
    return float((towards[~near] > 0.5).mean() + border(mine).mean())
