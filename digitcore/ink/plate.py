"""An opaque picture that lies on transparency, as a window's or a sticker's: cut out of it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from digitcore.ink.outcome import Bytes
from digitcore.ink.shapes import EVERY_SIDE

OPAQUE = 250
"""Of 255, from which what lies beneath does not show."""
LEAST = 0.1
"""Share of the picture that such a plate covers."""
COMPACT = 0.7
"""Share of the box around it that it fills: a disc 0.79, a stroke of a pen less."""
APART = 24
"""Grey levels by which what is drawn on it differs from its rim."""
TOUCHED = 0.25
"""Share of its rim that is drawn on at most: a stroke of two colours has both there."""
DRAWN = 0.004, 0.6
"""Share of a plate that is drawn on: a stroke of one colour has nothing on it."""


def off_transparency(pixels: Bytes) -> Bytes:
    """(H, W, C) uint8 -> the same; or, where a plate lies on transparency, that alone without it,
    (h, w, 1 or 3): what is transparent around it has the colour of its rim."""
    if pixels.shape[2] not in (2, 4):
        return pixels
    opaque = pixels[:, :, -1] >= OPAQUE
    if opaque.all() or opaque.mean() < LEAST:
        return pixels
    box = ndimage.find_objects(opaque.astype(np.uint8))[0]
    plate, colour = opaque[box], pixels[box][:, :, :-1].astype(np.int16)
    if plate.mean() < COMPACT:
        return pixels
    inside = ndimage.binary_erosion(plate, EVERY_SIDE, iterations=2)  # without its soft edge
    rim = inside & ~ndimage.binary_erosion(inside, EVERY_SIDE)
    if not rim.any():
        return pixels
    behind = np.median(colour[rim], axis=0).astype(np.int16)
    other = np.abs(colour - behind).max(axis=2) > APART
    least, most = DRAWN
    if other[rim].mean() > TOUCHED or not least <= other[inside].mean() <= most:
        return pixels
    return np.where(inside[:, :, None], colour, behind).astype(np.uint8)
