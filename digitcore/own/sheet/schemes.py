"""Ways to say at once what is written on a sheet, from which each digit gets its label."""

from collections.abc import Sequence

from digitcore.digits import CLASSES
from digitcore.own.sheet.cutting import Piece

Labels = list[int | None]
"""For each piece of a sheet 0 to 9, or None to leave it out."""
NONE = "-xX?_"
BETWEEN = " \t\r\n,.;:|/"
FEW = 3  # rows that are named


class Mismatch(ValueError):
    """What is said of the sheet cannot be; the message says why and what to do."""


def rows_of_one_digit(pieces: Sequence[Piece]) -> Labels:
    """The first row holds 0s, the second 1s and so on; what is in doubt is left out.

    Raises Mismatch for more than ten rows.
    """
    count = _rows(pieces)
    if count > CLASSES:
        raise Mismatch(
            f"The sheet was read as {count} rows, and ten digits are one row each. Type what is "
            "written, or photograph the sheet straighter."
        )
    return [None if piece.doubt else piece.row for piece in pieces]


def rows_in_order(pieces: Sequence[Piece]) -> Labels:
    """Each row reads 0 1 2 ... 9. Raises Mismatch for a row of more or fewer pieces than ten: where
    two digits touch, or one was lost, all labels after them would be those of their neighbours.

    For the same reason a row is left out from the first piece on that is in doubt.
    """
    lengths = row_lengths(pieces)
    odd = [row for row, length in enumerate(lengths) if length != CLASSES]
    if odd:
        told = [f"row {row + 1} of {lengths[row]}" for row in odd[:FEW]]
        more = f" and {len(odd) - FEW} more" if len(odd) > FEW else ""
        raise Mismatch(
            f"Not every row was cut into ten digits: {', '.join(told)}{more}. Cut apart what "
            "touches, join what was cut apart, or type what is written."
        )
    labels: Labels = []
    for piece in pieces:
        place = len(labels) % CLASSES
        lost = place > 0 and labels[-1] is None
        labels.append(None if lost or piece.doubt else place)
    return labels


def row_lengths(pieces: Sequence[Piece]) -> list[int]:
    """How many pieces are in each row, from the top."""
    lengths = [0] * _rows(pieces)
    for piece in pieces:
        lengths[piece.row] += 1
    return lengths


def _rows(pieces: Sequence[Piece]) -> int:
    return 1 + max((piece.row for piece in pieces), default=-1)


def typed(text: str, count: int) -> Labels:
    """What a person typed, one sign for each of `count` pieces: a digit, or - to leave it out.

    Spaces, commas and line ends do not count. Raises Mismatch.
    """
    signs = [sign for sign in text if sign not in BETWEEN]
    odd = sorted({sign for sign in signs if not _is_digit(sign) and sign not in NONE})
    if odd:
        raise Mismatch(f"Type digits, and - for what is to be left out, not {' '.join(odd[:5])}.")
    if len(signs) != count:
        few = "fewer" if len(signs) < count else "more"
        raise Mismatch(
            f"You typed {len(signs)}, {few} than the {count} digits that were cut. Compare with "
            "the numbers in the picture; type - for a box to be left out."
        )
    return [int(sign) if _is_digit(sign) else None for sign in signs]


def _is_digit(sign: str) -> bool:
    return sign.isascii() and sign.isdigit()
