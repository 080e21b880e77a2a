"""What a person should know of digits before they are kept."""

from __future__ import annotations

import numpy as np

from digitcore.digits import CLASSES
from digitcore.ink.outcome import Bytes

FEW = 10  # digits of a class
UNEVEN = 5  # times as many of the most frequent class as of the rarest


def warnings(images: Bytes, labels: np.ndarray, test: Bytes) -> list[str]:
    """A sentence for each thing that is not as it should be, most serious first.

    images, test: uint8 (N, 28, 28), of the set and of MNIST's test digits.
    """
    return [
        words
        for words in (_of_test(images, test), _missing(labels), _few(labels), _uneven(labels),
                      _copies(images))
        if words
    ]  # fmt: skip


def counts(labels: np.ndarray) -> np.ndarray:
    """(10,) int: how many digits of each class."""
    return np.bincount(labels, minlength=CLASSES)


def _of_test(images: Bytes, test: Bytes) -> str:
    known = set(_rows(test))
    found = sum(row in known for row in _rows(images))
    if not found:
        return ""
    return (
        f"{found:,} of the {len(images):,} are MNIST's own test digits, pixel for pixel. A model "
        "that learned from them is flattered by its test accuracy."
    )


def _missing(labels: np.ndarray) -> str:
    absent = [str(digit) for digit in np.flatnonzero(counts(labels) == 0)]
    if not absent:
        return ""
    words = _enumerated(absent)
    return f"There is no {words}. A network that learns from these alone will never answer so."


def _few(labels: np.ndarray) -> str:
    few = [str(digit) for digit in np.flatnonzero((counts(labels) > 0) & (counts(labels) < FEW))]
    if not few:
        return ""
    return (
        f"There are fewer than {FEW} of {_enumerated(few, 'and')}: enough to look at, too few to "
        "learn from or to judge by."
    )


def _uneven(labels: np.ndarray) -> str:
    present = counts(labels)[counts(labels) > 0]
    most, least = int(counts(labels).argmax()), int(present.min())
    if present.max() < UNEVEN * least:
        return ""
    rarest = int(np.flatnonzero(counts(labels) == least)[0])
    return (
        f"The classes are uneven: {present.max():,} times {most}, and {least:,} times {rarest}. "
        "Accuracy over all of them says little of the rare ones."
    )


def _copies(images: Bytes) -> str:
    copies = len(images) - len(set(_rows(images)))
    return f"{copies:,} are exact copies of another one." if copies else ""


def _rows(images: Bytes) -> list[bytes]:
    return [row.tobytes() for row in images]


def _enumerated(words: list[str], last: str = "or") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
