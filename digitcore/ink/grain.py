"""Strokes that are no whole patches: thin lines on a large canvas, chalk, pencil, spray, dots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from digitcore.ink.contrast import Reading
from digitcore.ink.pixels import WORK
from digitcore.ink.shapes import EVERY_SIDE

FAINT = 0.25
"""Ink that may be a part of a stroke."""
WIDTHS = (1.5, 3.0, 5.0)
"""Standard deviations of the smoothing, in pixels of 400 along."""
FAINTEST = 0.3
"""Smoothed ink below which there is no stroke."""
FINE = 128
"""Longer side in pixels from which grain is finer than a stroke; in less, noise looks like it."""


def whole(readings: Sequence[Reading]) -> Iterator[Iterable[Reading]]:
    """The readings of what is no small picture, with broken lines joined, then smoothed more and
    more."""
    fine = [reading for reading in readings if max(reading.ink.shape) >= FINE]
    yield map(_joined, fine)
    for width in WIDTHS:
        yield _smoothed(fine, width)


def _joined(reading: Reading) -> Reading:
    """With what is faint as far as it hangs together with what is not: a thin line that was shrunk
    is now the one and now the other."""
    patches, _ = ndimage.label(reading.ink > FAINT, EVERY_SIDE)
    sure = np.unique(patches[reading.ink > 0.5])
    joined = np.isin(patches, sure[sure > 0])
    return replace(reading, ink=np.where(joined, np.minimum(1, reading.ink / (2 * FAINT)), 0))


def _smoothed(readings: Iterable[Reading], width: float) -> Iterator[Reading]:
    """Without grain and thin lines; what is left of strokes counts as full ink again."""
    for reading in readings:
        soft = ndimage.gaussian_filter(reading.ink, width * max(reading.ink.shape) / WORK)
        full = float(np.percentile(soft[soft > FAINT], 90)) if (soft > FAINT).any() else 0.0
        if full > FAINTEST:
            yield replace(reading, ink=np.clip(soft / full, 0, 1))
