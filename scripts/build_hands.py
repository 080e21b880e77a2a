"""Make data/hands/ anew: `python -m scripts.build_hands FONTS`.

FONTS holds one folder for each family in data/hands/README.md, with its font in it (*.ttf, *.otf
or *.woff), as the packages of the Fontsource project unpack to; nothing is downloaded here.

Each glyph is drawn 200 pixels high, black on white, and goes through `ink.read` like any picture.
Digits that are nearly the same as an earlier family's are left out. Families are dealt into 'dev'
and 'test' at random; those of one project stay together. Everything follows from SEED.
"""

import argparse
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digitcore import ink
from digitcore.digits import DATA, DigitSet, held_out, load_mnist
from digitcore.folder import write
from digitcore.hands import FILE, KINDS, PARTS, README
from scripts.shapes import FASHION, MARKS, fashion, mark, scribble

SEED = 1998
PROJECTS = ("caveat", "edu", "nanum", "playwrite", "sedgwick", "shadows-into-light")
"""Beginnings of the names of families that share their designer and much of their forms."""
HEIGHT, EDGE = 200, 30  # pixels, of a font's line and of the white around a glyph
ALIKE = 0.97
"""Correlation of pixels from which on two images of one digit are taken for the same form."""
CLEAR, ALIKES = "AEHKMNPRWXhkmnpwx", "BCDFGIJLOQSTUVYZabcdefgijloqrstuvyz"
"""Letters that no careful person takes for a digit; and those that in some hand look like one."""
CLEAR_EACH, ALIKES_EACH = 6, 3  # of each family, dealt so that all letters come equally often
SYMBOLS = "+=?#@&*"  # %: not every family has it
TEXTS = "0123456789" + CLEAR + ALIKES + SYMBOLS
REGULAR, UNASSIGNED = "-latin-400-normal", "\uffff"
EACH = {"fashion": 300, "scribble": 300, "two digits": 300, "symbol": 200}


class Picture(NamedTuple):
    """A picture to be read: uint8 (H, W), black on white; family: -1 where no font drew it."""

    pixels: np.ndarray
    label: int
    kind: str
    part: int
    family: int
    text: str


@dataclass(frozen=True)
class Family:
    """A font by the name of its folder."""

    name: str
    font: ImageFont.FreeTypeFont


# --- fonts


def listed(readme: Path = DATA / README) -> list[str]:
    """The families in the README's table, by the names of their folders."""
    return re.findall(r"^\| `([a-z-]+)`", readme.read_text(), re.MULTILINE)


def load_family(folder: Path) -> Family:
    """A family from its folder; of several files the regular one for Latin letters.

    Raises ValueError where a digit, letter or symbol is missing: a box would be drawn for it.
    """
    files = [file for kind in ("ttf", "otf", "woff") for file in folder.rglob(f"*.{kind}")]
    file = min(files, key=lambda file: (not file.stem.endswith(REGULAR), file.name))
    font = ImageFont.truetype(file, HEIGHT)
    box = bytes(font.getmask(UNASSIGNED))
    missing = [text for text in TEXTS if bytes(font.getmask(text)) == box]
    if missing:
        raise ValueError(f"{file.name} lacks {' '.join(missing)}.")
    return Family(folder.name, font)


def parts(names: list[str], rng: np.random.Generator) -> list[int]:
    """0 dev or 1 test for each family: half of the projects each, drawn at random."""
    projects = [next((p for p in PROJECTS if name.startswith(p)), name) for name in names]
    drawn = rng.permutation(sorted(set(projects)))
    test = set(drawn[: len(drawn) // 2])
    return [int(project in test) for project in projects]


def glyph(font: ImageFont.FreeTypeFont, text: str) -> np.ndarray:
    """Black on white, with an edge of white."""
    left, top, right, bottom = (int(side) for side in font.getbbox(text))
    page = Image.new("L", (right - left + 2 * EDGE, bottom - top + 2 * EDGE), 255)
    ImageDraw.Draw(page).text((EDGE - left, EDGE - top), text, fill=0, font=font)
    return np.asarray(page)


def glyphs(families: list[Family], into: list[int], rng: np.random.Generator) -> Iterator[Picture]:
    """The digits of every family, and some of its letters."""
    clear, alikes = deal(CLEAR, rng), deal(ALIKES, rng)
    for place, (family, part) in enumerate(zip(families, into, strict=True)):
        for digit in range(10):
            text = str(digit)
            yield Picture(glyph(family.font, text), digit, "digit", part, place, text)
        for kind, deck, count in (
            ("letter", clear, CLEAR_EACH), ("look-alike letter", alikes, ALIKES_EACH),
        ):  # fmt: skip
            for text in (next(deck) for _ in range(count)):
                yield Picture(glyph(family.font, text), -1, kind, part, place, text)


def deal(letters: str, rng: np.random.Generator) -> Iterator[str]:
    """Letters without end, shuffled anew when all have been dealt."""
    while True:
        yield from rng.permutation(list(letters))


# --- what no font drew


def drawn(families: list[Family], into: list[int], rng: np.random.Generator) -> Iterator[Picture]:
    """Shapes, scribbles, pairs of digits and symbols, half of each in either part."""
    for i in range(EACH["fashion"]):
        text = FASHION[i // 2 % len(FASHION)]
        yield Picture(fashion(text, rng), -1, "fashion", i % 2, -1, text)
    for i in range(EACH["scribble"]):
        yield Picture(scribble(rng), -1, "scribble", i % 2, -1, "scribble")
    sources = held_out(), load_mnist(train=False)  # what is chosen on never sees test digits
    for i in range(EACH["two digits"]):
        pixels, text = pair(sources[i % 2], rng)
        yield Picture(pixels, -1, "two digits", i % 2, -1, text)
    yield from symbols(families, into, rng)


def pair(digits: DigitSet, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """Two digits side by side, from overlapping by two pixels to two apart, and their labels.

    Four times as large as MNIST holds them.
    """
    places = [int(place) for place in rng.choice(len(digits), 2, replace=False)]
    left, right = (cropped(digits.images[place].numpy()) for place in places)
    gap = int(rng.integers(-2, 3))
    page = np.zeros((28 + 8, left.shape[1] + right.shape[1] + gap + 8), dtype=np.uint8)
    page[4:32, 4 : 4 + left.shape[1]] = left
    start = 4 + left.shape[1] + gap
    there = page[4:32, start : start + right.shape[1]]
    np.maximum(there, right, out=there)
    large = Image.fromarray(page).resize(
        (4 * page.shape[1], 4 * page.shape[0]), Image.Resampling.BICUBIC
    )
    return 255 - np.asarray(large), "".join(str(int(digits.labels[place])) for place in places)


def cropped(image: np.ndarray) -> np.ndarray:
    """Without the empty columns at both sides."""
    columns = np.flatnonzero(image.max(0) > 64)
    return image[:, columns[0] : columns[-1] + 1]


def symbols(families: list[Family], into: list[int], rng: np.random.Generator) -> Iterator[Picture]:
    """Half by fonts, in turn as they were shuffled, half drawn with strokes."""
    order = rng.permutation(len(families))
    for i in range(EACH["symbol"] // 2):
        place, text = int(order[i % len(order)]), SYMBOLS[i % len(SYMBOLS)]
        yield Picture(glyph(families[place].font, text), -1, "symbol", into[place], place, text)
    for i in range(EACH["symbol"] // 2):
        text = MARKS[i // 2 % len(MARKS)]
        yield Picture(mark(text, rng), -1, "symbol", i % 2, -1, text)


# --- reading, leaving out, writing


def read_all(pictures: Iterator[Picture]) -> tuple[list[tuple[np.ndarray, Picture]], np.ndarray]:
    """What `ink.read` makes of them, and how many of each kind and part it refuses."""
    images, refused = [], np.zeros((len(KINDS), len(PARTS)), dtype=np.int64)
    for picture in pictures:
        try:
            images.append((ink.read(picture.pixels).image, picture))
        except ink.NoInk:
            refused[KINDS.index(picture.kind), picture.part] += 1
    return images, refused


def distinct(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Places of the images that no earlier one of the same text is nearly the same as."""
    flat = images.reshape(len(images), -1).astype(np.float64)
    flat -= flat.mean(1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    kept: list[int] = []
    for place, text in enumerate(texts):
        same = [other for other in kept if texts[other] == text]
        if not same or (flat[same] @ flat[place]).max() < ALIKE:
            kept.append(place)
    return np.array(kept)


def arrays(families: list[Family]) -> dict[str, np.ndarray]:
    """All that digitcore.hands.Hands holds."""
    rng = np.random.default_rng(SEED)
    into = parts([family.name for family in families], rng)
    by_font, refused = read_all(glyphs(families, into, rng))
    by_hand, more = read_all(drawn(families, into, np.random.default_rng(SEED + 1)))
    both = by_font + by_hand
    images = np.stack([image for image, _ in both])
    of = [picture for _, picture in both]
    texts = np.array([picture.text for picture in of])
    fonts = distinct(images[: len(by_font)], texts[: len(by_font)])
    kept = np.concatenate([fonts, np.arange(len(by_font), len(both))])
    return {
        "images": images[kept],
        "labels": np.array([picture.label for picture in of], dtype=np.int8)[kept],
        "kinds": np.array([KINDS.index(picture.kind) for picture in of], dtype=np.uint8)[kept],
        "parts": np.array([picture.part for picture in of], dtype=np.uint8)[kept],
        "families": np.array([picture.family for picture in of], dtype=np.int16)[kept],
        "texts": texts[kept],
        "names": np.array([family.name for family in families]),
        "refused": refused + more,
    }


def pack(made: dict[str, np.ndarray], file: Path) -> None:
    """An .npz whose parts are packed by LZMA: an eighth smaller than NumPy packs, read alike."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in made.items():
            # a fixed time, so that the same arrays make the same file
            part = zipfile.ZipInfo(f"{name}.npy")
            part.compress_type = zipfile.ZIP_LZMA
            with archive.open(part, "w") as opened:
                np.lib.format.write_array(opened, np.ascontiguousarray(array), allow_pickle=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("fonts", type=Path)
    parser.add_argument("--to", type=Path, default=DATA / FILE)
    arguments = parser.parse_args()
    families = [load_family(arguments.fonts / name) for name in listed()]
    made = arrays(families)
    write(arguments.to, lambda part: pack(made, part))


if __name__ == "__main__":
    main()
