"""The digit's ink -> 28x28 as MNIST holds it: stroke near MNIST's, fitted, centred by mass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from digitcore.ink.mnist import BOX, CENTRE, SIDE, centre_of_mass
from digitcore.ink.outcome import Bytes, Floats, Mask, NoInk
from digitcore.ink.pixels import resized
from digitcore.ink.shapes import EVERY_SIDE, outline

FINE = 8
"""Fine pixels to one of the 28x28: strokes are measured and changed at 160 pixels a digit."""
THIN, THICK = 2.0, 4.0
"""MNIST's strokes in pixels of the 28x28: 90 % of its digits lie from 1.9 to 4.2, median 2.7."""
BLOB = 0.62
"""Widest spot to longer side; at most 0.54 in MNIST, 1 for a dot or a square."""
TANGLED = 6.0
"""Length of the stroke to the longer side; at most 3.0 in MNIST, a multiple of it in noise."""
THINNEST = 2.5
"""Width of a stroke in fine pixels below which it breaks, as a thin pen's on a large canvas."""
STEPS = (1.0, 0.75, 0.5, 0.25)
"""Shares of the wanted change that are tried until one leaves the digit's shape alone."""
SOFT = 0.3
"""Width of the edge of ink, in pixels of the 28x28, from which a picture is blurred or has few
pixels: 0.3 to 0.7 in MNIST's own, moved or enlarged; at most 0.11 in drawings of 280 pixels."""
FAINT = 0.1
"""Ink from which a soft stroke counts as there."""
LOOP = 3.0
"""Radius in fine pixels from which a hole in the ink is a loop: 0.75 pixels of the 28x28 across."""


@dataclass(frozen=True)
class Stroke:
    """A digit ready to be placed.

    ink: (h, w) float32 in 0..1, its outline filled, 160 pixels along with room around it; of a soft
    picture the ink as it came, as an outline would lose what is faint.
    width: of its stroke, in pixels of the 28x28.
    """

    ink: Floats
    width: float
    soft: bool = False


def measured(ink: Floats) -> Stroke:
    """(h, w) float32 ink, cropped -> its stroke. Raises NoInk if it is a blob or a tangle,
    or next to nothing."""
    mask = _fine(ink) > 0.5
    if not mask.any():
        raise NoInk("There is too little ink for a digit.")
    depth = _depth(mask)[mask]
    longer = _longer(mask)
    width = 4 * float(depth.mean())
    if 2 * float(depth.max()) > BLOB * longer:
        raise NoInk(
            "There is a filled spot, but no stroke of a pen. Draw larger, or with a thinner pen."
        )
    if depth.size / width > TANGLED * longer:
        raise NoInk("The picture is full of noise or of scribble; no digit can be made out.")
    soft = _softness(ink) > SOFT
    return Stroke(ink if soft else mask.astype(np.float32), width * BOX / longer, soft)


def weighed(stroke: Stroke) -> Stroke:
    """Thickened or thinned into MNIST's range, as far as no loop closes and no line breaks; a soft
    one is left as it is."""
    wanted = float(np.clip(stroke.width, THIN, THICK))
    if stroke.soft or wanted == stroke.width:
        return stroke
    mask, share, now = stroke.ink > 0.5, wanted / BOX, stroke.width / BOX
    away = _depth(~mask)
    towards = away - _depth(mask)
    growth = min(_longer(mask) * (share - now) / (1 - share) / 2, _room(away))
    loops, parts = _loops(away), _parts(mask)
    for step in STEPS:
        grown = towards < growth * step
        if _loops(_depth(~grown)) == loops and _parts(grown) <= parts:
            return Stroke(grown.astype(np.float32), stroke.width + (wanted - stroke.width) * step)
    return stroke


def _room(away: Floats) -> float:
    """Fine pixels by which a stroke can grow on every side and leave every loop open."""
    radii = np.sort(_radii(away))[:-1]
    radii = radii[radii >= LOOP]
    return max(0.0, float(radii[0]) - LOOP) if radii.size else float("inf")


def _loops(away: Floats) -> int:
    return int((_radii(away) >= LOOP).sum())


def _radii(away: Floats) -> Floats:
    """(n,) the largest distance from the ink in each patch of background."""
    patches, count = ndimage.label(away > 0)
    return np.asarray(ndimage.maximum(away, patches, np.arange(1, count + 1)))


def _parts(ink: Mask) -> int:
    return int(ndimage.label(ink, EVERY_SIDE)[1])


def placed(stroke: Stroke) -> Bytes:
    """The stroke as a (28, 28) uint8 image: in a box of 20x20, its centre of mass at (14, 14)."""
    there, scale = stroke.ink > FAINT, 1 if stroke.soft else FINE
    rows, columns = (np.nonzero(there.any(axis=axis))[0] for axis in (1, 0))
    ink = stroke.ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(side * BOX * scale / max(ink.shape))) for side in ink.shape)
    ink = _resized(ink, (width, height)).clip(0, 1)
    middle = (CENTRE + 0.5) * scale - 0.5
    room = np.array([SIDE * scale - height, SIDE * scale - width])
    top, left = np.clip(np.round(middle - centre_of_mass(ink)).astype(int), 0, room)
    canvas = np.zeros((SIDE * scale, SIDE * scale), dtype=np.float32)
    canvas[top : top + height, left : left + width] = ink
    averaged = canvas.reshape(SIDE, scale, SIDE, scale).mean(axis=(1, 3))
    return np.round(averaged * 255).astype(np.uint8)


def _fine(ink: Floats) -> Floats:
    """Resized to 160 pixels along, with room around it for a stroke to grow."""
    ink = _widened(ink)
    factor = BOX * FINE / max(ink.shape)
    height, width = (max(1, round(side * factor)) for side in ink.shape)
    return np.pad(_resized(np.pad(ink, 1), (width, height)), 2 * FINE)


def _widened(ink: Floats) -> Floats:
    """A line so thin that it would break between fine pixels, widened until it does not."""
    mask, factor = ink > 0.5, BOX * FINE / max(ink.shape)
    if factor >= 1 or not mask.any():
        return ink
    lacking = THINNEST / factor - 4 * float(_depth(mask)[mask].mean())
    if lacking <= 0:
        return ink
    size = 2 * math.ceil(lacking / 2) + 1
    return np.asarray(ndimage.grey_dilation(np.pad(ink, size // 2 + 1), size=(size, size)))


def _softness(ink: Floats) -> float:
    """Width of the edge between ink and background, in pixels of the 28x28: the half-dark pixels
    over the length of the outline, counted along the pixels' sides."""
    half = ((ink > 0.15) & (ink < 0.85)).sum()
    return float(half) / max(1, outline(ink > 0.5)) * BOX / max(ink.shape)


def _resized(ink: Floats, size: tuple[int, int]) -> Floats:
    return resized(ink, size, Image.Resampling.BICUBIC)


def _depth(mask: Mask) -> Floats:
    """Distance of every pixel to the mask's edge, 0 outside it.

    The edge lies half a pixel off the outermost pixels.
    """
    depth: Floats = ndimage.distance_transform_edt(mask).astype(np.float32)
    depth[mask] -= 0.5
    return depth


def _longer(mask: Mask) -> int:
    rows, columns = (np.nonzero(mask.any(axis=axis))[0] for axis in (1, 0))
    return int(max(np.ptp(rows), np.ptp(columns))) + 1
