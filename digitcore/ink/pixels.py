"""Any array -> pixels of one kind: float32 colours, small enough to work on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitcore.ink.outcome import BadPicture, Bytes, Floats

WORK = 400
"""The longer side on which ink is looked for, after averaging down. A digit on a canvas keeps all
of its 280 pixels, and one that takes a tenth of a photo still has about 40."""

CHANNELS = (1, 2, 3, 4)
LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue (ITU-R BT.601)."""


def as_bytes(picture: NDArray[Any], thin: bool = True) -> Bytes:
    """Any array that can be meant as a picture -> (H, W, C) uint8 with C of 1, 2, 3 or 4.

    Floats run from 0 to 1 or from 0 to 255; integers that hold only 0 and 1 are a mask; integers
    above 255 are taken as 16 bits. thin: rows and columns of many megapixels are dropped. Raises
    BadPicture for other shapes, dtypes and values.
    """
    picture = np.asarray(picture)
    if picture.ndim == 2:
        picture = picture[:, :, None]
    if picture.ndim != 3 or picture.shape[2] not in CHANNELS:
        raise BadPicture(
            f"A picture has the shape (height, width) or (height, width, 1 to 4), "
            f"not {picture.shape}."
        )
    if picture.size == 0:
        raise BadPicture("The picture has no pixels. Choose another one.")
    if picture.dtype.kind not in "buif":
        raise BadPicture(f"A picture is made of numbers, not of {picture.dtype}.")
    return _in_range(_thinned(picture) if thin else picture)


def unrepeated(pixels: Bytes) -> Bytes:
    """(H, W, C) uint8 -> the same; or, if it was enlarged by repeating pixels, as it was before.

    Of more than two colours: the sides of a straight bar would look like large pixels too.
    """
    rows = 1 + np.flatnonzero((pixels[1:] != pixels[:-1]).any(axis=(1, 2)))
    if rows.size == 0 or np.gcd.reduce(rows, initial=len(pixels)) == 1:
        return pixels
    columns = 1 + np.flatnonzero((pixels[:, 1:] != pixels[:, :-1]).any(axis=(0, 2)))
    times = np.gcd.reduce([*rows, *columns, *pixels.shape[:2]])
    small = pixels[::times, ::times]
    return small if times > 1 and len(np.unique(small)) > 2 else pixels


def _thinned(picture: NDArray[Any]) -> NDArray[Any]:
    """A photo of many megapixels without some of its rows and columns: averaging all is slow."""
    step = max(1, max(picture.shape[:2]) // (4 * WORK))
    return np.ascontiguousarray(picture[::step, ::step]) if step > 1 else picture


def _in_range(picture: NDArray[Any]) -> Bytes:
    low, high = picture.min(), picture.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise BadPicture("The picture holds values that are not numbers (NaN or infinite).")
    if low < 0 or high > 65535:
        raise BadPicture(f"Pixel values run from 0 to 255, not from {low} to {high}.")
    if high <= 1 and (picture.dtype.kind != "f" or high > 0):
        return np.round(picture * 255.0).astype(np.uint8)
    if high > 255:
        return np.round(picture / 257.0).astype(np.uint8)
    return picture if picture.dtype == np.uint8 else np.round(picture).astype(np.uint8)


def colours(pixels: Bytes) -> Floats:
    """(H, W, C) uint8 -> (1, 3 or 4, h, w) float32, averaged down to at most `WORK` pixels a side.

    With transparency, colours are multiplied by it and it stays as a fourth colour: then a stroke
    differs from an empty canvas whatever its colour, black on transparent included.
    """
    opaque = pixels.shape[2] in (1, 3) or pixels[:, :, -1].min() == 255
    small = _shrunk(_image(pixels, opaque))
    planes = np.asarray(small, dtype=np.float32)
    return planes[None] if planes.ndim == 2 else np.ascontiguousarray(planes.transpose(2, 0, 1))


def shown(planes: Floats) -> Bytes:
    """(1, 3 or 4, h, w) colours -> (h, w) uint8 grey, for display: as a person sees the picture.

    What is transparent becomes white under dark ink and black under light ink.
    """
    if len(planes) == 1:
        return np.round(planes[0]).astype(np.uint8)
    grey = np.tensordot(LUMINANCE, planes[:3], axes=1)
    if len(planes) == 4:
        light = grey.sum() >= 0.5 * planes[3].sum()
        grey = grey if light else grey + (255 - planes[3])
    return np.round(grey).clip(0, 255).astype(np.uint8)


def resized(plane: Floats, size: tuple[int, int], how: Image.Resampling) -> Floats:
    """(h, w) float32 -> the same of `size`, which is (width, height) as Pillow wants it."""
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(image.resize(size, how))


def bilinear(plane: Floats, size: tuple[int, int]) -> Floats:
    """(h, w) float32 -> the same of `size`, (width, height), smoothly."""
    return resized(plane, size, Image.Resampling.BILINEAR)


def small_size(height: int, width: int, side: int) -> tuple[int, int]:
    """(width, height) of a picture shrunk to `side` at most."""
    factor = max(1.0, max(height, width) / side)
    return max(1, round(width / factor)), max(1, round(height / factor))


def border(plane: NDArray[Any]) -> NDArray[Any]:
    """The pixels of a plane's four sides, (2 h + 2 w,); corners count twice."""
    return np.concatenate(borders(plane))


def borders(plane: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The upper, lower, left and right side of a plane."""
    return plane[0], plane[-1], plane[:, 0], plane[:, -1]


def _image(pixels: Bytes, opaque: bool) -> Image.Image:
    if opaque:
        colour = pixels if pixels.shape[2] in (1, 3) else pixels[:, :, :-1]
        colour = colour[:, :, 0] if colour.shape[2] == 1 else colour
        return Image.fromarray(np.ascontiguousarray(colour))
    if pixels.shape[2] == 2:
        pixels = pixels[:, :, [0, 0, 0, 1]]
    return Image.fromarray(np.ascontiguousarray(pixels)).convert("RGBa")


def _shrunk(image: Image.Image) -> Image.Image:
    """Average whole blocks first, which is fast, then the rest of the way exactly."""
    factor = max(image.size) / WORK
    if factor <= 1:
        return image
    blocks = math.floor(factor)
    image = image.reduce((min(blocks, image.width), min(blocks, image.height)))
    if max(image.size) <= WORK:
        return image
    return image.resize(small_size(image.height, image.width, WORK), Image.Resampling.BOX)
