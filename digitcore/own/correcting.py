"""Corrections of an own set: other labels, and digits that are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch

from digitcore.digits import CLASSES, DigitSet
from digitcore.own.refusals import Refused
from digitcore.own.told import listed

Corrections = Mapping[int, int | None]
"""The new label of a digit by its number in the set, or None to leave it out."""
PART = re.compile(r"([0-9]{1,9})(?:\s*[-\N{EN DASH}]\s*([0-9]{1,9}))?")
NAMED = 3  # digits that are named one by one


def numbers_in(text: str, size: int) -> list[int]:
    """The numbers that a person names, such as "21, 40-42", ascending; none in an empty text.

    Raises Refused for what is no number of a set of so many digits.
    """
    found: set[int] = set()
    for part in filter(None, (part.strip() for part in re.split("[,;\n]", text))):
        known = PART.fullmatch(part)
        if not known:
            raise Refused("Give numbers of digits, with commas between them: 21, 40-42.")
        first, last = int(known[1]), int(known[2] or known[1])
        if first > last:
            raise Refused(f"{first} to {last} are no digits: give the lower number first.")
        _check_number(last, size)
        found.update(range(first, last + 1))
    return sorted(found)


def corrected(digits: DigitSet, labels: Corrections) -> tuple[DigitSet, np.ndarray]:
    """The set with these corrections, and which places of the old one it holds, ascending.

    Raises Refused for a number or a label that there is not, and where no digit would stay.
    """
    new, stays = digits.labels.clone(), np.ones(len(digits), dtype=bool)
    for number, label in labels.items():
        _check_number(number, len(digits))
        if label is None:
            stays[number] = False
        elif 0 <= label < CLASSES:
            new[number] = label
        else:
            raise Refused(f"A label is one of 0 to 9, not {label}.")
    if not stays.any():
        raise Refused("A set keeps one digit at least. To have none of them, delete the set.")
    kept = np.flatnonzero(stays)
    places = torch.from_numpy(kept)
    return DigitSet(digits.name, digits.images[places], new[places]), kept


def told_left_out(before: Iterable[str], kept: np.ndarray, sources: Sequence[str]) -> Sequence[str]:
    """What a set left out, with what a correction has left out of it now, by its old number."""
    gone = sorted(set(range(len(sources))) - set(kept.tolist()))
    if not gone:
        return tuple(before)
    named = [f"No. {at:,}" + (f" ({sources[at]})" if sources[at] else "") for at in gone[:NAMED]]
    more = f" and {len(gone) - NAMED:,} more" if len(gone) > NAMED else ""
    return listed((f"Left out later, by hand: {', '.join(named)}{more}.", *before))


def same(a: DigitSet, b: DigitSet) -> bool:
    return torch.equal(a.labels, b.labels) and torch.equal(a.images, b.images)


def changed(name: str) -> Refused:
    """Where a set is another one than the person saw."""
    return Refused(
        f"The set {name} was changed by somebody else meanwhile, so its numbers may mean other "
        "digits now. Nothing was done: look at it again."
    )


def _check_number(number: int, size: int) -> None:
    if not 0 <= number < size:
        last = f"0 to {size - 1:,}" if size > 1 else "0 alone"
        raise Refused(f"There is no digit {number:,}. The set's numbers are {last}.")
