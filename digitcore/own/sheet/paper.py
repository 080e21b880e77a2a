"""What on a photo of a sheet is paper and what stands out from it, whatever the light."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PIL import Image
from scipy import ndimage

from digitcore.ink.contrast import distance_from, lights
from digitcore.ink.outcome import Bytes, Floats, Mask
from digitcore.ink.paper import Sheet, find_sheet
from digitcore.ink.pixels import bilinear, border, small_size
from digitcore.ink.shapes import largest
from digitcore.own.sheet.lines import Lines, find_lines

WORK = 1600
"""Longer side of the copy on which digits are looked for; they are cut from the whole picture."""
LIGHT_SIDE = 240
LIGHT_SHARE = 6
"""The light is judged on a copy of that longer side; a stroke is narrower than a sixth of it."""
POLARITY_SIDE = 400
ROUGH = 10.0
"""Grey levels between neighbours that speak against a colour of the paper as much as if all of
the picture was ink."""
NOISE, CALMING = 2.0, 0.9
"""Grey levels of noise from which it is smoothed, and pixels over which."""
BRIGHTER = 1.35
"""So many times brighter than what lies around it is a sheet that does not fill the picture."""
LEAST_INK = 20.0
"""Grey levels from the paper below which nothing counts as ink, where there is so little of it that
most of what stands out is noise."""
MARGIN = 0.03
"""Share of a sheet on a table that is cut off on every side, with its edge."""


@dataclass(frozen=True)
class Paper:
    """A picture of a sheet, and its light.

    picture: (H, W, 3) uint8; small: (h, w, 3) uint8, a copy of at most WORK pixels a side; light:
    (3, a, b) float32, the colours of the paper without ink, shrunk.
    """

    picture: Bytes
    small: Bytes
    light: Floats

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the picture to one of the small copy, down and across."""
        (high, wide), (height, width) = self.picture.shape[:2], self.small.shape[:2]
        return high / height, wide / width

    @cached_property
    def strength(self) -> Floats:
        """(h, w) how far each pixel of the small copy is from the paper: 0 to about 255; 0 beside
        the sheet."""
        strength = distance_from(self.light, calmed(planes(self.small)))
        sheet = on_sheet(self.light, (strength.shape[0], strength.shape[1]))
        return strength if sheet is None else np.where(sheet, strength, np.float32(0))

    @cached_property
    def lines(self) -> Lines:
        """The ruled or squared lines that are printed on it."""
        return find_lines(self.strength)

    def strength_at(self, box: tuple[float, float, float, float], size: tuple[int, int]) -> Floats:
        """The strength of the whole picture inside a box of the small copy.

        box: top, left, bottom, right; size: (height, width) of what is wanted.
        """
        part = planes(crop(self.picture, box, self.scale, size))
        (high, wide), (height, width) = self.light.shape[1:], self.small.shape[:2]
        finer = high / height, wide / width
        behind = np.stack([sampled(plane, box, finer, size) for plane in self.light])
        return distance_from(behind, part)


def calmed(planes: Floats) -> Floats:
    """Colours without the noise of a sensor, where there is more of it than paper has."""
    steps = np.abs(np.diff(planes[1, ::4], axis=1))
    noise = 1.4826 * float(np.median(steps)) / 2**0.5 if steps.size else 0.0
    if noise < NOISE:
        return planes
    return ndimage.gaussian_filter(planes, (0, CALMING, CALMING))


def paper(picture: Bytes) -> Paper:
    """Any uint8 (H, W, 1 to 4) picture of a sheet; ink may be darker or lighter than the paper."""
    picture = opaque(picture)
    image = Image.fromarray(picture)
    small = np.asarray(shrunk(image, WORK))
    tiny = planes(np.asarray(shrunk(image, POLARITY_SIDE)))
    light = min(lights(tiny, LIGHT_SIDE, LIGHT_SHARE), key=lambda light: _doubt(light, tiny))
    return Paper(picture, small, light)


def laid_straight(picture: Bytes) -> tuple[Bytes, Sheet] | None:
    """(H, W, 3) photo of a sheet on a table -> (h, w, 3) of the sheet alone, seen from above, and
    where it was; None where no such sheet is seen."""
    small = np.asarray(shrunk(Image.fromarray(picture), POLARITY_SIDE))
    sheet = find_sheet(planes(small))
    if sheet is None:
        return None
    times = np.array(picture.shape[:2]) / small.shape[:2]
    sheet = replace(sheet, corners=sheet.corners * times)
    straight = sheet.straight(picture.transpose(2, 0, 1), MARGIN)
    return np.ascontiguousarray(straight.transpose(1, 2, 0)), sheet


def _doubt(light: Floats, planes: Floats) -> float:
    """How little a picture looks like ink on paper of these colours: ink covers the lesser part,
    and the paper changes little from place to place, but around every stroke where the one was
    taken for the other."""
    strength = distance_from(light, planes)
    ink = max(LEAST_INK, 0.4 * float(np.percentile(strength, 99.5)))
    covered = float((strength > ink).mean())
    steps = [np.abs(np.diff(light, axis=axis)) for axis in (1, 2)]
    return covered + sum(float(part.mean()) for part in steps if part.size) / ROUGH


def opaque(picture: Bytes) -> Bytes:
    """(H, W, 1 to 4) -> (H, W, 3); what is transparent becomes white, or black under light ink."""
    channels = picture.shape[2]
    colour = picture[:, :, : 3 if channels > 2 else 1]
    if channels in (2, 4):
        seen = picture[:, :, -1:].astype(np.float32) / 255
        light = (colour * seen).sum() > 128 * colour.shape[2] * seen.sum() and seen.mean() < 0.9
        colour = (colour * seen + (0 if light else 255) * (1 - seen)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(colour, (*picture.shape[:2], 3)))


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """Averaged down to at most `side` pixels."""
    if max(image.size) <= side:
        return image
    size = small_size(image.height, image.width, side)
    return image.resize(size, Image.Resampling.BOX, reducing_gap=1.0)


def planes(pixels: Bytes) -> Floats:
    """(h, w, 3) uint8 -> (3, h, w) float32."""
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=np.float32)


def crop(picture: Bytes, box: tuple[float, ...], scale: tuple[float, ...],
         size: tuple[int, int]) -> Bytes:  # fmt: skip
    """What lies in a box (top, left, bottom, right) of a copy `scale` times smaller."""
    top, left, bottom, right = (round(side * scale[i % 2]) for i, side in enumerate(box))
    part = Image.fromarray(picture[top:bottom, left:right])
    return np.asarray(part.resize(size[::-1], Image.Resampling.BOX))


def sampled(plane: Floats, box: tuple[float, ...], scale: list[float] | tuple[float, ...],
            size: tuple[int, int]) -> Floats:  # fmt: skip
    """The same of one (h, w) float32 plane, smoothly."""
    top, left, bottom, right = (side * scale[i % 2] for i, side in enumerate(box))
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(
        image.resize(size[::-1], Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    )


def on_sheet(light: Floats, shape: tuple[int, int]) -> Mask | None:
    """(h, w) which pixels lie on a sheet that is seen whole on something darker; None if the
    paper fills the picture.

    A shadow is not taken for the table: it has no sharp edge, and seldom lies on three sides.
    """
    grey = light.mean(axis=0)
    bright = grey > (np.percentile(grey, 95) + np.percentile(grey, 5)) / 2
    if not bright.any():
        return None
    sheet = ndimage.binary_fill_holes(largest(bright))
    if not 0.15 < sheet.mean() < 0.95 or border(sheet).mean() > 0.35:
        return None
    inner, outer = (
        ndimage.binary_erosion(sheet, iterations=4),
        ~ndimage.binary_dilation(sheet, iterations=4),
    )
    within = sheet & ~inner
    beyond = ndimage.binary_dilation(sheet, iterations=8) & outer
    if not beyond.any() or np.median(grey[within]) < BRIGHTER * np.median(grey[beyond]):
        return None
    kept = ndimage.binary_erosion(sheet, iterations=3)
    return bilinear(kept.astype(np.float32), shape[::-1]) > 0.5
