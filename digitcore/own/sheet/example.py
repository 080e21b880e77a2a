"""A sheet to try: forty of MNIST's training digits, as if written on ruled paper and photographed.

Four rows that read 0 1 2 3 4 5 6 7 8 9.
"""

import io

import numpy as np
from PIL import Image

from digitcore.digits import CLASSES, load_mnist
from digitcore.ink.outcome import Bytes, Floats

ROWS, CELL, DIGIT = 4, 110, 64  # pixels
SEED = 1998
INK, PAPER, RULE = (38, 48, 92), (246, 244, 238), (188, 204, 222)
TURN = 1.5  # degrees
SHADOW, GRAIN = 0.3, 3.0


def example() -> bytes:
    """A JPEG file, the same each time. Raises DataDamaged."""
    random = np.random.default_rng(SEED)
    ink = _written(random)
    rules = np.zeros_like(ink)
    rules[CELL // 2 :: CELL] = rules[CELL // 2 + 1 :: CELL] = 1
    paper = np.array(PAPER, dtype=np.float32)
    page = _mixed(_mixed(paper, RULE, rules), INK, ink)
    photo = Image.fromarray(page.round().astype(np.uint8))
    lit = np.asarray(photo.rotate(TURN, Image.Resampling.BICUBIC, fillcolor=PAPER), np.float32)
    down, across = np.meshgrid(*(np.linspace(0, 1, side) for side in ink.shape), indexing="ij")
    light = 1 - SHADOW * (across + down) / 2
    grain = random.normal(0, GRAIN, ink.shape)
    seen = (lit * light[:, :, None] + grain[:, :, None]).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(seen).save(file, "JPEG", quality=88)
    return file.getvalue()


def _written(random: np.random.Generator) -> Floats:
    """(h, w) how much of every pixel is ink."""
    digits = load_mnist(train=True)
    labels = digits.labels.numpy()
    ink = np.zeros(((ROWS + 2) * CELL, (CLASSES + 2) * CELL), dtype=np.float32)
    for digit in range(CLASSES):
        for row, place in enumerate(random.choice(np.flatnonzero(labels == digit), ROWS)):
            drawn = _large(digits.images[place].numpy())
            off = random.integers(-8, 9, 2)
            top = CELL * (row + 1) + (CELL - drawn.shape[0]) // 2 + off[0]
            left = CELL * (digit + 1) + (CELL - drawn.shape[1]) // 2 + off[1]
            ink[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return ink


def _large(image: Bytes) -> Floats:
    """(28, 28) uint8 -> the digit enlarged until it is as high as DIGIT, its edges sharp again."""
    side = DIGIT * 28 // 20
    large = Image.fromarray(image.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
    return np.clip((np.asarray(large) / 255 - 0.5) * 2 + 0.5, 0, 1)


def _mixed(below: Floats, colour: tuple[int, ...], share: Floats) -> Floats:
    """(h, w, 3) a colour laid over another one, as far as its share covers it."""
    return below + share[:, :, None] * (np.array(colour, dtype=np.float32) - below)
