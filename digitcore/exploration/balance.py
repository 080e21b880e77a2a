"""How many digits there are of each class, in each split."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from digitcore.digits import CLASSES
from digitcore.evaluation import wilson

ALL = "all"  # splits together, where there are several


def balance(labels: np.ndarray, splits: pd.Series) -> pd.DataFrame:
    """A row for each split that occurs and each of the ten digits, the whole set's rows last.

    Columns: Split, Digit, Count, Of (the digits of that split), and Share, Low and High in 0..1,
    the share with its 95 % Wilson interval; the share itself where a split was drawn to hold as
    many of each.
    """
    found = [split for split in splits.cat.categories if (splits == split).any()]
    groups = {split: labels[(splits == split).to_numpy()] for split in found}
    if len(found) > 1:
        groups[ALL] = labels
    columns = ["Split", "Digit", "Count", "Of", "Share", "Low", "High"]
    rows = [row for split, group in groups.items() for row in _rows(split, group)]
    return pd.DataFrame(rows, columns=columns)


def _rows(split: str, labels: np.ndarray) -> Iterator[tuple]:
    counts = np.bincount(labels, minlength=CLASSES)
    drawn_so = len(labels) > CLASSES and counts.min() == counts.max()
    for digit, count in enumerate(counts):
        rate = wilson(int(count), len(labels))
        low, high = (rate.value, rate.value) if drawn_so else (rate.low, rate.high)
        yield split, digit, int(count), len(labels), rate.value, low, high


def whole(table: pd.DataFrame) -> pd.DataFrame:
    """Of balance()'s rows those of the whole set: ten, of the last split."""
    return table[table["Split"] == table["Split"].iloc[-1]]


def ends(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of the whole set the rows of the most frequent digits, one or more that are equally so, and
    those of the least frequent that occur."""
    every = whole(table)
    there = every[every["Count"] > 0]
    most, least = there["Count"].max(), there["Count"].min()
    return there[there["Count"] == most], there[there["Count"] == least]


def missing(table: pd.DataFrame) -> Sequence[int]:
    """The digits that do not occur at all."""
    all_rows = whole(table)
    return [int(digit) for digit in all_rows.loc[all_rows["Count"] == 0, "Digit"]]
