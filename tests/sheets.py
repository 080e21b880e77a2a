"""Sheets of handwritten digits to test with: MNIST's digits on paper, photographed; all known."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage


@dataclass(frozen=True)
class Look:
    """How a sheet is written and photographed.

    heights: least and most pixels of a digit's longer side; turn: degrees; shadow: how much darker
    the darkest corner is, 0 to 1; noise: standard deviation in grey levels; blur: pixels; lines:
    "", "ruled" or "squared"; faint: how much of the light a line takes, 0 to 1; pencil: how much
    of the ink is there, 0 to 1; quality: of JPEG, 0 for PNG; margin: pixels of table around it.
    """

    heights: tuple[int, int] = (48, 64)
    turn: float = 0.0
    shadow: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    lines: str = ""
    faint: float = 0.25
    colour: tuple[int, int, int] = (25, 30, 45)
    paper: tuple[int, int, int] = (250, 250, 248)
    pencil: float = 1.0
    quality: int = 0
    margin: int = 0


def sheet(rows: list[np.ndarray], look: Look, seed: int = 0) -> np.ndarray:
    """Rows of (n, 28, 28) uint8 digits -> (H, W, 3) uint8 photo of a sheet with them."""
    random = np.random.default_rng(seed)
    pitch = round(look.heights[1] * 1.5)
    side = pitch * max(8, len(rows) + 2), pitch * max(10, max(map(len, rows)) + 2)
    ink = np.zeros(side, dtype=np.float32)
    for number, row in enumerate(rows):
        across = pitch
        for image in row:
            drawn = _drawn(image, int(random.integers(look.heights[0], look.heights[1] + 1)))
            height, width = drawn.shape
            middle = pitch * (number + 1.5) + random.uniform(-0.06, 0.06) * pitch
            top = int(middle - height / 2)
            ink[top : top + height, across : across + width] = drawn
            across += max(width + round(0.25 * pitch), round(random.uniform(0.8, 1.0) * pitch))
    return photographed(ink, look, random)


def _drawn(image: np.ndarray, length: int) -> np.ndarray:
    """A digit without its margin, enlarged until its longer side is so long: 0 to 1."""
    down, across = np.nonzero(image)
    image = image[down.min() : down.max() + 1, across.min() : across.max() + 1]
    height, width = (max(2, round(side * length / max(image.shape))) for side in image.shape)
    large = Image.fromarray(image.astype(np.float32)).resize((width, height), Image.BICUBIC)
    return np.clip((np.asarray(large) / 255 - 0.5) * max(1.0, length / 28) + 0.5, 0, 1)


def photographed(ink: np.ndarray, look: Look, random: np.random.Generator) -> np.ndarray:
    """(h, w) ink in 0..1 -> (H, W, 3) uint8 photo."""
    taken = np.maximum(_lines(ink.shape, look), look.pencil * ink)[:, :, None]
    colour = np.where(ink[:, :, None] > 0.1, look.colour, (90, 120, 170))
    page = (1 - taken) * np.array(look.paper) + taken * colour
    page = np.asarray(
        Image.fromarray(page.round().astype(np.uint8)).rotate(
            look.turn, Image.BICUBIC, fillcolor=look.paper
        ),
        dtype=np.float32,
    )
    if look.margin:
        rim = ((look.margin, look.margin), (look.margin, look.margin), (0, 0))
        page = np.pad(page, rim, constant_values=70)
    if look.blur:
        page = ndimage.gaussian_filter(page, (look.blur, look.blur, 0))
    height, width = page.shape[:2]
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    page = page * (1 - look.shadow * (0.6 * across + 0.4 * down**2))[:, :, None]
    page = page + random.normal(0, 1, page.shape) * look.noise
    return np.clip(page, 0, 255).astype(np.uint8)


def _lines(shape: tuple[int, ...], look: Look) -> np.ndarray:
    """How much of the light the printed lines take."""
    taken = np.zeros(shape, dtype=np.float32)
    pitch = round(look.heights[1] * (1.5 if look.lines == "ruled" else 0.45))
    if look.lines:
        for thick in range(2):
            taken[pitch // 3 + thick :: pitch] = look.faint
            if look.lines == "squared":
                taken[:, pitch // 3 + thick :: pitch] = look.faint
    return taken


def encoded(picture: np.ndarray, quality: int) -> bytes:
    """The picture as a JPEG file, or as PNG without a quality."""
    file = io.BytesIO()
    options = {"quality": quality} if quality else {}
    Image.fromarray(picture).save(file, "JPEG" if quality else "PNG", **options)
    return file.getvalue()
