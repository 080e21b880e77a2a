"""How MNIST holds a digit, and how to tell an image that already is like that.

Measured on all 70,000 images: the longer side of the box around every pixel above 0 is 20 (in
69,984 of them) or 19; the centre of mass, in pixel indices, lies from 13.48 to 14.50 both ways
(whole-pixel shifts, so it is 14 and not 13.5 on average); the brightest pixel is 254 or 255.
"""

from __future__ import annotations

import numpy as np

from digitcore.ink.outcome import Bytes

SIDE = 28
BOX = 20
CENTRE = 14.0

BOX_SIDES = (18, 21)
"""21 because a digit that is centred to a fraction of a pixel may touch one pixel more."""
OFF_CENTRE = 1.0
BRIGHTEST = 200
MOST_INK = 0.42
"""The fullest image of MNIST has 0.398 of its pixels above 127."""


def like_mnist(image: Bytes) -> bool:
    """Whether a (28, 28) uint8 image needs nothing done; true of all 70,000 images of MNIST."""
    rows, columns = np.nonzero(image)
    if rows.size == 0 or image.max() < BRIGHTEST or (image > 127).mean() > MOST_INK:
        return False
    longer = 1 + max(int(np.ptp(rows)), int(np.ptp(columns)))
    centre = centre_of_mass(image)
    return BOX_SIDES[0] <= longer <= BOX_SIDES[1] and bool(
        np.abs(centre - CENTRE).max() <= OFF_CENTRE
    )


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    """(H, W) of weights, not all 0 -> (row, column), float64, in pixel indices."""
    rows, columns = image.sum(axis=1, dtype=np.float64), image.sum(axis=0, dtype=np.float64)
    return np.array([side @ np.arange(side.size) / side.sum() for side in (rows, columns)])
