"""Which part of a picture is background, and so how much ink lies on every pixel.

Colour distance decides, not brightness, so red on an equally bright green is ink as well. On a
flat background (a canvas, a scan) the distance is to the one colour of the background. Under
uneven light (a photo) it is to the background near by: the picture with everything narrower than
a third of it filled in, once with what is lighter (ink is dark) and once with what is darker. Where
a shadow with sharp edges falls on the digit, only what is narrower than an eighth is filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from digitcore.ink.outcome import Floats, Mask
from digitcore.ink.pixels import bilinear, border, small_size

FAINTEST = 12.0
"""Grey levels between ink and background below which nothing is taken for ink."""
ABOVE_NOISE = 5.0
"""...and so many standard deviations of the background's own noise."""
FLAT_NOISE = 2.0
FLAT_SHARE = 0.8
BEYOND, THIRD = 1.3, 0.002
"""So much farther from the background than most of what stands out, and on so much of the picture,
is a third colour: a digit in the shadow that was taken for ink."""
SMALL = 96
"""Longer side on which the light is judged: it changes slowly."""
SAMPLE = 20_000
"""Pixels that are enough to tell the commonest colour of a picture."""
DARK, WHITE = 20.0, 200.0
FITS = 6
NARROW = 8
"""A stroke is narrower than this part of the picture, a shadow wider."""
NARROW_LAST = 0.03
"""Doubt of a reading that loses wide strokes, before it is looked at."""
TRANSPARENT = 4
"""Planes of a picture whose colours are multiplied by its transparency."""


@dataclass(frozen=True)
class Reading:
    """One way to see a picture as ink on a background.

    ink: (h, w) float32, 0 background to 1 ink; planes: (C, h, w) float32, the colours that it was
    seen in, without the fall of the light unless it is flat; flat: the picture has two colours and
    hardly anything else; against: what makes it doubtful beforehand.
    """

    ink: Floats
    planes: Floats
    flat: bool
    against: float = 0.0

    @cached_property
    def colour(self) -> Floats:
        """(C,) the commonest of its ink."""
        return _main_colour(self.planes[:, self.ink > 0.5])

    @cached_property
    def doubt(self) -> float:
        """The lower, the better it explains the picture: ink seldom meets the border, and covers
        the lesser part."""
        mask = self.ink > 0.5
        corners = np.mean([mask[0, 0], mask[0, -1], mask[-1, 0], mask[-1, -1]])
        return float(border(mask).mean() + mask.mean() + 0.5 * corners)


@dataclass(frozen=True)
class View:
    """A picture and the ways to see it as ink on a background; no ways if it is all one colour.

    flat: it has two colours and hardly anything else.
    """

    flat: bool
    ways: list[Reading]


def is_flat(planes: Floats) -> bool:
    """Whether (C, h, w) float32 colours are two and hardly anything else."""
    first = _common(planes)
    return first is not None and first.flat


def view(planes: Floats) -> View:
    """(C, h, w) float32 colours -> both polarities; unless flat, also those under uneven light."""
    first = _common(planes)
    flat = first is not None and first.flat
    if not flat and len(planes) != TRANSPARENT:
        planes = evened(planes)
        first = _common(planes)
    found = [first, None if first is None else _reverse(first)]
    if not flat:
        found += [_reading(distance, planes) for distance in _from_lights(planes)]
        if len(planes) != TRANSPARENT:
            found.append(_narrow(planes))
    return View(flat, [reading for reading in found if reading is not None])


def _common(planes: Floats) -> Reading | None:
    """The commonest colour is the background."""
    background = _main_colour(planes.reshape(len(planes), -1))
    found = _reading(_distance(planes, background), planes)
    if found and found.flat and _either_way(found, background):
        return replace(found, flat=False)
    return found


def _either_way(reading: Reading, background: Floats) -> bool:
    """Whether some of what stands out differs from the (C,) background to one side and some to the
    other: then the background is a shadow, say, and the light beside it is no ink."""
    off = reading.planes[:, reading.ink > 0.5] - background[:, None]
    return int(((reading.colour - background) @ off < 0).sum()) > THIRD * reading.ink.size


def _reverse(reading: Reading) -> Reading | None:
    """The colour of what was ink is the background."""
    return _reading(_distance(reading.planes, reading.colour), reading.planes)


def _narrow(planes: Floats) -> Reading | None:
    """What is dark and narrow is ink, whatever shadow falls on it."""
    window = max(3, min(planes.shape[1:]) // NARROW)
    light = np.stack(
        [ndimage.grey_closing(ndimage.uniform_filter(plane, 3), size=window) for plane in planes]
    )
    found = _reading(distance_from(light, planes), WHITE * planes / np.maximum(light, DARK))
    return None if found is None else replace(found, against=NARROW_LAST)


def evened(planes: Floats) -> Floats:
    """(C, h, w) colours with the smooth fall of the light over the picture taken out.

    The light is a parabola over the picture, fitted to what is neither ink nor edge.
    """
    height, width = planes.shape[1:]
    size = small_size(height, width, SMALL)
    light = light_over(bilinear(planes.mean(axis=0), size))
    return planes * bilinear(float(light.mean()) / light, (width, height))


def light_over(plane: Floats, where: Mask | None = None) -> Floats:
    """The smooth fall of the light over a plane, nowhere below a tenth of its brightest: the
    parabola in x and y through most of the plane (least squares without the outliers).

    where: the pixels that it is fitted to; all, if not told.
    """
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in plane.shape), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    among = np.ones(plane.shape, dtype=bool) if where is None else where
    values, known, fits = plane[among], terms[:, among].T, np.ones(among.sum(), dtype=bool)
    weights: Floats = np.zeros(len(terms), dtype=np.float32)
    for _ in range(FITS):
        weights = np.linalg.lstsq(known[fits], values[fits])[0]
        off = np.abs(values - known @ weights)
        fits = off <= 2 * 1.4826 * np.median(off) + 1
    light = np.tensordot(weights, terms, 1).astype(np.float32)
    return np.asarray(np.maximum(light, max(1.0, float(light.max()) / 10)))


def _distance(planes: Floats, background: Floats) -> Floats:
    """Root of the mean squared difference over the colours: (C, h, w) and (C,) -> (h, w)."""
    total = np.zeros(planes.shape[1:], dtype=np.float32)
    for plane, level in zip(planes, background, strict=True):
        total += np.square(plane - level)
    return np.sqrt(total / len(planes))


def _main_colour(colours: Floats) -> Floats:
    """The commonest of (C, n) colours: a bin of 16 levels, then its neighbourhood."""
    chosen = colours[:, :: max(1, colours.shape[1] // SAMPLE)]
    bins = (16 ** np.arange(len(chosen))) @ (np.clip(chosen, 0, 255).astype(np.int64) >> 4)
    centre = chosen[:, bins == np.bincount(bins).argmax()].mean(axis=1)
    near = np.abs(chosen - centre[:, None]).max(axis=0) < 16
    return chosen[:, near].mean(axis=1) if near.any() else centre


def _reading(distance: Floats, planes: Floats) -> Reading | None:
    """Distance from the background -> ink, or None where nothing stands out."""
    if distance.max() < FAINTEST:
        return None
    split = _otsu(distance)
    behind, before = distance[distance <= split], distance[distance > split]
    if before.size == 0 or behind.size == 0:
        return None
    floor = float(np.median(behind))
    noise = 1.4826 * float(np.median(np.abs(behind - floor)))
    level = float(np.percentile(before, 85)) - floor
    if level < max(FAINTEST, ABOVE_NOISE * noise):
        return None
    ink = np.clip((distance - floor) / level, 0, 1).astype(np.float32)
    settled = float(((ink < 0.1) | (ink > 0.85)).mean())
    beyond = float((distance - floor > BEYOND * level).mean())
    flat = noise < FLAT_NOISE and settled > FLAT_SHARE and beyond < THIRD
    return Reading(ink, planes, flat)


def _otsu(values: Floats) -> float:
    """The threshold that best parts the values into two classes (Otsu 1979), 256 bins."""
    top = float(values.max())
    counts = np.bincount((values.ravel() * (255 / top)).astype(np.intp), minlength=256)
    below = np.cumsum(counts)[:-1]
    sums = np.cumsum(counts * np.arange(256.0))
    above = values.size - below
    apart = (sums[-1] * below / values.size - sums[:-1]) ** 2 / np.maximum(below * above, 1)
    return (float(apart.argmax()) + 1) * top / 255


def _from_lights(planes: Floats) -> Iterator[Floats]:
    """(h, w) distances from the background near by, if ink is dark, then if it is light."""
    return (distance_from(light, planes) for light in lights(planes))


def lights(planes: Floats, side: int = SMALL, share: int = 3) -> Iterator[Floats]:
    """(C, h, w) the background near by, shrunk to `side`: if ink is dark, then if it is light.

    share: what is narrower than this part of the picture is filled in.
    """
    height, width = planes.shape[1:]
    size = small_size(height, width, side)
    small = np.stack([bilinear(plane, size) for plane in planes])
    window = (1, max(3, min(size) // share), max(3, min(size) // share))
    for fill in (ndimage.grey_closing, ndimage.grey_opening):
        yield ndimage.gaussian_filter(fill(small, size=window), (0, 1.5, 1.5))


def distance_from(light: Floats, planes: Floats) -> Floats:
    """The background (C, h, w) and the colours (C, H, W) before it -> (H, W) distance.

    In shares of the light (255 is all of it), because ink takes a share of the light away.
    """
    height, width = planes.shape[1:]
    total = np.zeros((height, width), dtype=np.float32)
    brightest = bilinear(np.maximum(light.max(axis=0), DARK), (width, height))
    for plane, behind in zip(planes, light, strict=True):
        total += np.square(plane - bilinear(behind, (width, height)))
    return (np.sqrt(total / len(planes)) * (255 / brightest)).astype(np.float32)
