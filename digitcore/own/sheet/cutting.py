"""A sheet of digits -> each digit by itself, as MNIST would hold it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitcore.ink import BadPicture, NoInk, decode, fitted, read
from digitcore.ink.outcome import Bytes, Floats
from digitcore.ink.pixels import as_bytes, bilinear
from digitcore.ink.shapes import EVERY_SIDE
from digitcore.own.sheet.joining import join, union
from digitcore.own.sheet.marks import (
    DASH,
    FLAT,
    SMALLEST,
    SPECK,
    SPECKS,
    Ints,
    Marks,
    find_marks,
    refusals,
)
from digitcore.own.sheet.order import rows
from digitcore.own.sheet.paper import Paper, laid_straight, opaque, paper

LEAST = 2048
"""Pixels of a photo's longer side, at least, from which digits are cut."""
MOST = 1_000
"""Digits on one sheet."""
SINGLE = 64
"""A picture this small holds one digit."""
FINEST = 200
"""Pixels of a digit's longer side that are enough to cut it."""
LARGE = 0.15
"""Share of the picture from which a sheet that is seen whole is the only one."""
NEARLY = 0.9
"""Share of the whole picture's digits that lie on a sheet; the others are marks of the table."""
TOO_WIDE = 1.4
"""A digit wider than so many times its height is perhaps two that touch."""
WIDER_THAN_HIGH, WIDER_THAN_USUAL = 1.1, 1.6
"""...and so is one this many times as wide as high, and as the others of the sheet."""
WIDE = "wider than a digit: perhaps two that touch"
NO_DIGIT = "a spot or a scribble"

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Piece:
    """A digit that was cut from a sheet.

    box: top, left, bottom, right in the sheet's picture; image: (28, 28) uint8 as MNIST holds it;
    ink: (h, w) uint8, what it was made of; row: 0, 1, ... of the sheet; doubt: why it may be no
    single digit, or nothing.
    """

    box: Box
    image: Bytes
    ink: Bytes
    row: int = 0
    doubt: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A mark on the sheet that was not taken. why: "a speck"; box: as a Piece's."""

    box: Box
    why: str


@dataclass(frozen=True)
class Sheet:
    """picture: (h, w, 3) uint8, the sheet, upright and not too large; pieces: in the order in
    which they are read."""

    picture: Bytes
    pieces: tuple[Piece, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def images(self) -> Bytes:
        """(N, 28, 28) uint8."""
        return np.stack([piece.image for piece in self.pieces])

    @property
    def reasons(self) -> dict[str, int]:
        """Why marks were left out, and how many each; most often first."""
        return dict(Counter(mark.why for mark in self.left_out).most_common())


def cut_file(data: bytes) -> Sheet:
    """The bytes of an image file -> its digits. Raises BadPicture or NoInk."""
    return cut(decode(data, LEAST))


def cut(picture: NDArray[Any]) -> Sheet:
    """A photo or scan of a sheet with digits -> the digits, each as MNIST would hold it.

    picture: (H, W) or (H, W, 1 to 4) of any number type. Raises BadPicture if it is no such array
    or holds more than MOST digits, NoInk if there is no digit on it.
    """
    pixels = opaque(as_bytes(picture, thin=False))
    if max(pixels.shape[:2]) <= SINGLE:
        return _single(pixels)
    return _fullest(_ways(pixels))


def _ways(pixels: Bytes) -> list[Bytes]:
    """The pictures in which all digits may be: a sheet that was found in it, and the whole."""
    found = laid_straight(pixels)
    if found is None:
        return [pixels]
    straight, where = found
    return [straight] if where.alone and where.share > LARGE else [straight, pixels]


def _fullest(ways: list[Bytes]) -> Sheet:
    """The sheet with most digits; of nearly as many, the earlier. Raises BadPicture or NoInk."""
    sheets: list[Sheet] = []
    refusals: list[Exception] = []
    for pixels in ways:
        try:
            sheets.append(_cut(pixels))
        except (BadPicture, NoInk) as no:
            refusals.append(no)
    if not sheets:
        raise refusals[0]
    most = max(len(sheet.pieces) for sheet in sheets)
    return next(sheet for sheet in sheets if len(sheet.pieces) >= NEARLY * most)


def _cut(pixels: Bytes) -> Sheet:
    """A picture that is the sheet, or has one in it -> its digits."""
    sheet = paper(pixels)
    marks = find_marks(sheet.strength, sheet.lines)
    if not len(marks.boxes):
        return _single(pixels)
    pieces, left_out = _pieces(sheet, marks)
    return Sheet(sheet.small, pieces, left_out) if pieces else _single(pixels)


def _single(pixels: Bytes) -> Sheet:
    """A picture of one digit, on the road that such pictures take."""
    image = read(pixels).image
    height, width = pixels.shape[:2]
    return Sheet(pixels, (Piece((0, 0, height, width), image, image),), ())


def _pieces(sheet: Paper, marks: Marks) -> tuple[tuple[Piece, ...], tuple[LeftOut, ...]]:
    refused = refusals(marks)
    kept = [place for place in range(len(marks.boxes)) if place not in refused]
    _check_marks(len(kept), 8 * MOST)  # before each is held against each other one
    groups = join(marks, kept)
    _check_marks(len(groups), 4 * MOST)
    left_out = [LeftOut(_box(marks.boxes[place]), why) for place, why in refused.items() if why]
    found: list[Piece] = []
    usual = _usual(marks, groups)
    for group in groups:
        piece = _piece(sheet, marks, group, usual)
        if isinstance(piece, Piece):
            found.append(piece)
        else:
            left_out.append(piece)
    if len(found) > MOST:
        raise BadPicture(f"There are {len(found):,} digits on the sheet; at most {MOST:,} are cut.")
    return in_order(_doubted(found)), tuple(left_out)


def _check_marks(count: int, most: int) -> None:
    if count > most:
        raise BadPicture(
            f"There are {count:,} marks on the sheet; at most {MOST:,} digits can be cut."
        )


def _doubted(pieces: list[Piece]) -> list[Piece]:
    """The pieces, with doubt about those that are much wider than the others of their sheet."""
    usual = float(np.median([piece.box[3] - piece.box[1] for piece in pieces] or [0]))
    return [replace(piece, doubt=piece.doubt or _doubt_beside(piece.box, usual))
            for piece in pieces]  # fmt: skip


def _doubt_beside(box: Box, usual: float) -> str:
    height, width = box[2] - box[0], box[3] - box[1]
    return WIDE if width > WIDER_THAN_HIGH * height and width > WIDER_THAN_USUAL * usual else ""


def _usual(marks: Marks, groups: list[list[int]]) -> float:
    """The length of a usual digit."""
    return float(np.median([marks.lengths[group[0]] for group in groups
                            if marks.lengths[group[0]] >= SPECK * marks.usual] or [0]))  # fmt: skip


def in_order(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces as they are read, each with its row."""
    pieces = list(pieces)
    found = rows(np.array([piece.box for piece in pieces]))
    return tuple(
        replace(pieces[place], row=number) for number, row in enumerate(found) for place in row
    )


def _piece(sheet: Paper, marks: Marks, group: list[int], usual: float) -> Piece | LeftOut:
    box = marks.boxes[group[0]]
    for place in group[1:]:
        box = union(box, marks.boxes[place])
    height, width = (int(side) for side in box[2:] - box[:2])
    if max(height, width) < max(SMALLEST, SPECK * usual):
        return LeftOut(_box(box), SPECKS)
    if height <= FLAT * width:
        return LeftOut(_box(box), DASH)
    around = _around(box, marks.patches.shape)
    ink = _ink(sheet, marks, group, around)
    try:
        image = fitted(ink)
    except NoInk:
        return LeftOut(_box(box), NO_DIGIT)
    return Piece(around, image, as_ink(ink), 0, doubt(height, width))


def doubt(height: int, width: int) -> str:
    """Why ink of that size may be no single digit, or nothing."""
    return WIDE if width > TOO_WIDE * height else ""


def as_ink(ink: Floats) -> Bytes:
    """0..1 -> 0..255."""
    return np.round(ink * 255).astype(np.uint8)


def _box(box: Ints) -> Box:
    top, left, bottom, right = (int(side) for side in box)
    return top, left, bottom, right


def _around(box: Ints, shape: tuple[int, ...]) -> Box:
    """One pixel more on every side, for soft edges."""
    top, left = np.maximum(box[:2] - 1, 0)
    bottom, right = np.minimum(box[2:] + 1, shape)
    return int(top), int(left), int(bottom), int(right)


def _ink(sheet: Paper, marks: Marks, group: list[int], box: Box) -> Floats:
    """(h, w) float32 ink of a digit, cut from the whole picture: 0 paper to 1."""
    top, left, bottom, right = box
    mine = np.isin(marks.patches[top:bottom, left:right], np.array(group) + 1)
    size = _size(mine.shape, max(sheet.scale))
    level = float(np.average(marks.levels[group], weights=marks.areas[group]))
    ink = sheet.strength_at(box, size) / max(1.0, level)
    if sheet.lines.any:
        line = resampled(sheet.lines.both[top:bottom, left:right], size) / max(1.0, level)
        solid = resampled(mine, size)  # a stroke goes on under a line as dark as itself
        beyond = np.maximum((ink - line) / np.maximum(1 - line, 0.25), solid)
        ink = np.where(line > 0.05, beyond, ink)
    near = resampled(ndimage.binary_dilation(mine, structure=EVERY_SIDE), size) > 0.05
    return (np.clip(ink, 0, 1) * near).astype(np.float32)


def _size(shape: tuple[int, ...], scale: float) -> tuple[int, int]:
    """The size in which a digit is cut: the picture's own, but no finer than FINEST."""
    times = max(1.0, min(scale, FINEST / max(shape)))
    return round(shape[0] * times), round(shape[1] * times)


def resampled(plane: NDArray[Any], size: tuple[int, int]) -> Floats:
    """(h, w) -> the same in another size (height, width), smoothly."""
    return bilinear(plane.astype(np.float32), size[::-1])
