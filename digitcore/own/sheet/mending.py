"""What a person sees better: two cuts that are one digit, and one cut that is two."""

import numpy as np

from digitcore.ink import NoInk, fitted
from digitcore.ink.outcome import Floats
from digitcore.own.sheet.cutting import Box, Piece, Sheet, as_ink, doubt, in_order, resampled

MIDDLE = 0.25, 0.75
"""Shares of the width between which a piece is cut in two."""

EDGE = 0.05
"""Ink fainter than this is no part of a digit."""


def joined(sheet: Sheet, one: int, other: int) -> Sheet:
    """The sheet with two of its pieces made one. Raises NoInk if they make a blob or a tangle."""
    first, second = sheet.pieces[one], sheet.pieces[other]
    box = _around(first.box, second.box)
    times = max(_times(first), _times(second))
    size = round((box[2] - box[0]) * times), round((box[3] - box[1]) * times)
    ink = np.maximum(_laid(first, box, size, times), _laid(second, box, size, times))
    return _instead(sheet, {one, other}, [_piece(box, ink)])


def parted(sheet: Sheet, place: int) -> Sheet:
    """The sheet with one of its pieces cut in two, side by side, where there is least ink.

    Raises NoInk if a half is no digit.
    """
    piece = sheet.pieces[place]
    top, left, bottom, right = piece.box
    ink = piece.ink.astype(np.float32) / np.float32(255)
    low, high = (round(share * ink.shape[1]) for share in MIDDLE)
    column = low + int(ink[:, low : high + 1].sum(axis=0).argmin())
    middle = left + round((right - left) * column / ink.shape[1])
    halves = [_piece((top, left, bottom, middle), ink[:, :column]),
              _piece((top, middle, bottom, right), ink[:, column:])]  # fmt: skip
    return _instead(sheet, {place}, halves)


def _instead(sheet: Sheet, gone: set[int], new: list[Piece]) -> Sheet:
    kept = [piece for place, piece in enumerate(sheet.pieces) if place not in gone]
    return Sheet(sheet.picture, in_order(kept + new), sheet.left_out)


def _piece(box: Box, ink: Floats) -> Piece:
    """What there is of ink inside a box, as a digit with the box close around it."""
    if min(ink.shape) < 2:
        raise NoInk("There is too little ink for a digit.")
    image = fitted(ink)
    rows, columns = (np.flatnonzero((ink > EDGE).any(axis=axis)) for axis in (1, 0))
    top, left, bottom, right = box
    down, across = (bottom - top) / ink.shape[0], (right - left) / ink.shape[1]
    close = (
        top + round(rows[0] * down),
        left + round(columns[0] * across),
        top + max(round((rows[-1] + 1) * down), round(rows[0] * down) + 1),
        left + max(round((columns[-1] + 1) * across), round(columns[0] * across) + 1),
    )
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Piece(close, image, as_ink(ink), 0, doubt(*ink.shape))


def _around(one: Box, other: Box) -> Box:
    return (min(one[0], other[0]), min(one[1], other[1]),
            max(one[2], other[2]), max(one[3], other[3]))  # fmt: skip


def _times(piece: Piece) -> float:
    """Pixels of its ink to one of the sheet's picture."""
    return piece.ink.shape[0] / (piece.box[2] - piece.box[0])


def _laid(piece: Piece, box: Box, size: tuple[int, int], times: float) -> Floats:
    """A piece's ink, 0..1, where it lies inside a larger box."""
    canvas = np.zeros(size, dtype=np.float32)
    top, left, bottom, right = piece.box
    down, across = round((top - box[0]) * times), round((left - box[1]) * times)
    height = min(round((bottom - top) * times), size[0] - down)
    width = min(round((right - left) * times), size[1] - across)
    canvas[down : down + height, across : across + width] = (
        resampled(piece.ink, (height, width)) / 255
    )
    return canvas
