"""Pictures to test with: digits drawn by a pen, photographed, spoilt, or not digits at all."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from digitcore.ink import Ink

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
Colour = tuple[int, ...]


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, stop: float) -> list:
    """Points of an ellipse; degrees, 0 to the right, growing downwards."""
    angles = np.radians(np.linspace(start, stop, 40))
    return [(cx + rx * np.cos(a), cy + ry * np.sin(a)) for a in angles]


STROKES: dict[int, list[list[tuple[float, float]]]] = {
    0: [_arc(0.5, 0.5, 0.32, 0.5, -90, 270)],
    1: [[(0.3, 0.22), (0.52, 0.0), (0.52, 1.0)]],
    2: [[*_arc(0.5, 0.27, 0.31, 0.27, -170, 25), (0.15, 1.0), (0.86, 1.0)]],
    3: [[*_arc(0.45, 0.26, 0.3, 0.26, -150, 90), *_arc(0.45, 0.76, 0.35, 0.24, -90, 150)]],
    4: [[(0.55, 0.0), (0.12, 0.66), (0.9, 0.66)], [(0.66, 0.35), (0.66, 1.0)]],
    5: [
        [(0.26, 0.03), (0.22, 0.45), *_arc(0.46, 0.68, 0.34, 0.32, -120, 140)],
        [(0.26, 0.03), (0.8, 0.03)],
    ],
    6: [[(0.66, 0.0), (0.36, 0.3), *_arc(0.5, 0.72, 0.29, 0.28, -180, 180)]],
    7: [[(0.14, 0.03), (0.84, 0.03), (0.4, 1.0)]],
    8: [[*_arc(0.5, 0.25, 0.25, 0.25, 90, 450), *_arc(0.5, 0.75, 0.31, 0.25, -90, 270)]],
    9: [[*_arc(0.48, 0.28, 0.28, 0.28, 0, 360), (0.74, 0.5), (0.68, 1.0)]],
}
"""The strokes of every digit in a box of 1 by 1: (x, y), y downwards."""

FINER = 4
"""Strokes are drawn so much larger and averaged down, so that their edges are soft."""


def coverage(
    digit: int,
    canvas: tuple[int, int] = (280, 280),
    size: float = 180,
    at: tuple[float, float] | None = None,
    pen: float = 16,
    slant: float = 0.0,
) -> np.ndarray:
    """How much of every pixel a drawn digit covers: (height, width) float, 0 to 1.

    canvas: (height, width); size: the digit's height without the pen, in pixels; at: (x, y) of
    its middle, the canvas's middle without; pen: width of the stroke; slant: shift of the top to
    the right, in heights.
    """
    height, width = canvas
    x0, y0 = at if at is not None else (width / 2, height / 2)
    image = Image.new("L", (width * FINER, height * FINER))
    brush = ImageDraw.Draw(image)
    radius = pen / 2 * FINER
    for stroke in STROKES[digit]:
        points = [
            (
                (x0 + (x - 0.5 + slant * (0.5 - y)) * size) * FINER,
                (y0 + (y - 0.5) * size) * FINER,
            )
            for x, y in stroke
        ]
        brush.line(points, fill=255, width=max(1, round(2 * radius)))
        for x, y in points:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.reduce(FINER), dtype=float) / 255


def painted(ink: np.ndarray, colour: Colour = BLACK, background: Colour = WHITE) -> np.ndarray:
    """Coverage (H, W) in 0 to 1 -> (H, W, 3 or 4) uint8 in these colours."""
    mixed = ink[:, :, None] * np.array(colour) + (1 - ink[:, :, None]) * np.array(background)
    return np.round(mixed).astype(np.uint8)


def draw_digit(
    digit: int, colour: Colour = BLACK, background: Colour = WHITE, **how: object
) -> np.ndarray:
    """A digit on a canvas: (H, W, 3 or 4) uint8. `how` is that of `coverage`."""
    return painted(coverage(digit, **how), colour, background)  # type: ignore[arg-type]


def transparent(ink: np.ndarray, colour: Colour = BLACK) -> np.ndarray:
    """Coverage (H, W) -> (H, W, 4) uint8: a stroke on a canvas that has no background."""
    alpha = np.round(ink * 255).astype(np.uint8)
    return np.dstack([*(np.full_like(alpha, c) for c in colour), alpha])


def photo(
    digit: int,
    size: tuple[int, int] = (750, 1000),
    ink: Colour = (40, 45, 90),
    paper: Colour = (225, 220, 205),
    noise: float = 6.0,
    light: float = 0.5,
    blur: float = 1.5,
    seed: int = 0,
    **how: object,
) -> np.ndarray:
    """A digit on paper under uneven light: (height, width, 3) uint8.

    light: how much darker the darkest corner is, 0 to 1; noise: standard deviation of the
    sensor's, in grey levels; blur: of the lens, in pixels.
    """
    random = np.random.default_rng(seed)
    how = {"size": 0.4 * size[0], "pen": 0.02 * size[0]} | how
    covered = coverage(digit, canvas=size, **how)  # type: ignore[arg-type]
    covered = ndimage.gaussian_filter(covered, blur)
    down, across = np.meshgrid(*(np.linspace(0, 1, side) for side in size), indexing="ij")
    lit = 1 - light * (0.6 * across + 0.4 * down**2)
    picture = painted(covered, ink, paper) * lit[:, :, None]
    picture += random.normal(0, noise, size)[:, :, None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def difference(one: Ink, other: Ink) -> float:
    """Mean absolute difference of two images, in grey levels."""
    return float(np.abs(one.image.astype(float) - other.image.astype(float)).mean())


TABLES = ("dark", "pale", "wooden", "lit from one side")


def table(kind: str, size: tuple[int, int] = (700, 600)) -> np.ndarray:
    """A bare table: (height, width, 3) float64."""
    down, across = np.meshgrid(*(np.linspace(0, 1, side) for side in size), indexing="ij")
    if kind == "wooden":
        grain = 100 + 25 * np.sin(40 * down + 3 * np.sin(5 * across))
        return grain[:, :, None] * (1.1, 0.8, 0.5)
    plain = {"dark": 50.0, "pale": 150.0}
    grey = np.full(size, plain[kind]) if kind in plain else 30 + 60 * across
    return np.repeat(grey[:, :, None], 3, axis=2)


def on_table(
    sheet: np.ndarray,
    table: np.ndarray,
    angle: float = 0,
    leaning: float = 0,
    scale: float = 0.9,
    at: tuple[float, float] = (0, 0),
    seed: int = 0,
) -> np.ndarray:
    """A photo of a sheet of paper on a table: (height, width, 3) uint8.

    angle: degrees by which the sheet is turned; leaning: by how much narrower its upper side is, 0
    to 1, as the camera looks from below; at: pixels down and right of the middle.
    """
    random = np.random.default_rng(seed)
    (height, width), (tall, wide) = table.shape[:2], sheet.shape[:2]
    corners = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) * scale / 2
    corners[:2] *= 1 - leaning
    turn = np.radians(angle)
    corners = corners @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    corners += [width / 2 + at[1], height / 2 + at[0]]
    back = _perspective(corners, np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]]))
    seen, there = (
        np.asarray(
            Image.fromarray(picture).transform(
                (width, height), Image.Transform.PERSPECTIVE, back, Image.Resampling.BILINEAR
            )
        )
        for picture in (sheet, np.full_like(sheet, 255))
    )
    picture = np.where(there > 127, seen, table)
    fall = random.uniform(-1, 1, 2)
    lit = 1 - 0.4 * (
        0.5
        + fall[0] * np.linspace(-0.5, 0.5, height)[:, None]
        + fall[1] * np.linspace(-0.5, 0.5, width)
    )
    picture = picture * lit[:, :, None] + random.normal(0, 5, (height, width, 1))
    return np.clip(picture, 0, 255).astype(np.uint8)


def _perspective(of: np.ndarray, to: np.ndarray) -> list[float]:
    """The eight numbers that Pillow wants for the perspective that takes four points to others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(of, to, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values)).tolist()


def shaded(picture: np.ndarray, where: np.ndarray, depth: float, blur: float = 5) -> np.ndarray:
    """A photo (height, width, 3) on whose part `where` a shadow falls that takes `depth` of the
    light, 0 to 1, and fades over some `blur` pixels."""
    shadow = ndimage.gaussian_filter(where.astype(float), blur)[:, :, None]
    return (picture * (1 - depth * shadow)).astype(np.uint8)


def megapixels(picture: np.ndarray, times: int = 4) -> np.ndarray:
    """A photo with `times` as many pixels each way, as a phone takes it."""
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def encoded(picture: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """An array -> the bytes of an image file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def turned(picture: np.ndarray, orientation: int, kind: str = "JPEG") -> bytes:
    """A file that must be turned by its EXIF data to look like the picture."""
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    image = Image.fromarray(picture)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    (image if back is None else image.transpose(back)).save(file, kind, exif=exif)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be width x height pixels large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )
