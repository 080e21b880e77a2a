"""What a person should know of digits before they are kept."""

from __future__ import annotations

from collections import Counter

import numpy as np

from digitcore.digits import CLASSES
from digitcore.ink.outcome import Bytes
from digitcore.words import listed

FEW = 10  # digits of a class
UNEVEN = 5  # times as many of the most frequent class as of the rarest


def warnings(
    images: Bytes, labels: np.ndarray, test: Bytes, training: Bytes | None = None
) -> list[str]:
    """A sentence for each thing that is not as it should be, most serious first.

    images, test, training: uint8 (N, 28, 28), of the set and of MNIST's digits; training only
    where copies of these are to be looked for.
    """
    found = (
        _known(images, test, "test", "A model that learned from them is flattered by its test "
               "accuracy."),
        "" if training is None else
        _known(images, training, "training", "A model that learned from MNIST is flattered by its "
               "accuracy on this set."),
        _contradicted(images, labels), _missing(labels), _few(labels), _uneven(labels),
        _copies(images),
    )  # fmt: skip
    return [words for words in found if words]


def counts(labels: np.ndarray) -> np.ndarray:
    """(10,) int: how many digits of each class."""
    return np.bincount(labels, minlength=CLASSES)


def _known(images: Bytes, others: Bytes, which: str, harm: str) -> str:
    """What it does to have images that are among MNIST's others."""
    shared = set(_rows(images)) & set(_rows(others))
    if not shared:
        return ""
    found = sum(row in shared for row in _rows(images))
    these = "is one of" if found == 1 else "are"
    return (
        f"{found:,} of the {len(images):,} {these} MNIST's own {which} digits, pixel for pixel. "
        f"{harm}"
    )


def _contradicted(images: Bytes, labels: np.ndarray) -> str:
    told = {(row, int(label)) for row, label in zip(_rows(images), labels, strict=True)}
    twice = [row for row, times in Counter(row for row, _ in told).items() if times > 1]
    if not twice:
        return ""
    these = "1 picture stands" if len(twice) == 1 else f"{len(twice):,} pictures stand"
    return f"{these} there under several labels, of which one at most is right."


def _missing(labels: np.ndarray) -> str:
    absent = [str(digit) for digit in np.flatnonzero(counts(labels) == 0)]
    if not absent:
        return ""
    words = listed(absent, "or")
    return f"There is no {words}. A network that learns from these alone will never answer so."


def _few(labels: np.ndarray) -> str:
    few = [str(digit) for digit in np.flatnonzero((counts(labels) > 0) & (counts(labels) < FEW))]
    if not few:
        return ""
    return (
        f"There are fewer than {FEW} of {listed(few)}: enough to look at, too few to "
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
