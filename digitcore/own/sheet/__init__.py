"""A photo of a sheet of handwritten digits -> the digits, each by itself."""

from digitcore.own.sheet.cutting import LeftOut, Piece, Sheet, cut, cut_file
from digitcore.own.sheet.example import example
from digitcore.own.sheet.mending import joined, parted
from digitcore.own.sheet.schemes import (
    Mismatch,
    row_lengths,
    rows_in_order,
    rows_of_one_digit,
    typed,
)

__all__ = [
    "LeftOut",
    "Mismatch",
    "Piece",
    "Sheet",
    "cut",
    "cut_file",
    "example",
    "joined",
    "parted",
    "row_lengths",
    "rows_in_order",
    "rows_of_one_digit",
    "typed",
]
