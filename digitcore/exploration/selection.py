"""Which digits of a catalogue a person asks for, and in which order: pure, over its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from digitcore.digits import CLASSES
from digitcore.evaluation import Floats
from digitcore.exploration.catalogue import SPLITS
from digitcore.exploration.statistics import STATISTICS, Statistic

AS_THEY_COME = "place"
MEASURED: dict[str, Statistic] = {
    "quality": Statistic("quality", "Label quality", "",
                         "the probability, 0 to 1, that who reads them gives to their label",
                         "least probable labels", "most probable labels"),
    "typicality": Statistic("typicality", "Typicality", "", "how alike its features are to the "
                            "mean of its class: 1 is the same direction, 0 nothing in common",
                            "least typical", "most typical"),
    "apart": Statistic("apart", "Distance to its neighbours", "", "mean distance between its "
                       "features and those of the ten nearest of MNIST's other digits",
                       "closest to others", "furthest from all others"),
    **STATISTICS,
}  # fmt: skip
SORTS = (AS_THEY_COME, *MEASURED, "label", "answer", "right", "split")


@dataclass(frozen=True)
class Range:
    """From low to high, both included; what has no number is not in it."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"A range goes from low to high, not {self.low} to {self.high}.")


@dataclass(frozen=True)
class Selection:
    """What digits must be; what is left empty or None asks for nothing.

    splits: of catalogue.SPLITS. labels and answers: 0 to 9. right: whether the answer is the label.
    ranges: by name in MEASURED. only: places in the catalogue, in an order of their own. sort: one
    of SORTS; ties stay as they come, and what has no number is last either way.
    """

    splits: tuple[str, ...] = ()
    labels: tuple[int, ...] = ()
    answers: tuple[int, ...] = ()
    right: bool | None = None
    ranges: Mapping[str, Range] = field(default_factory=dict)
    only: tuple[int, ...] | None = None
    sort: str = AS_THEY_COME
    descending: bool = False

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise ValueError(f"Digits are sorted by {', '.join(SORTS)}, not by {self.sort}.")
        unknown = [name for name in self.ranges if name not in MEASURED]
        if unknown:
            raise ValueError(f"Nothing measured is called {', '.join(unknown)}.")

    @property
    def count(self) -> int:
        """How many filters are at work; the order is none."""
        asked = (self.splits, self.labels, self.answers)
        may_be_empty = (self.right, self.only)
        return sum(map(bool, asked)) + sum(a is not None for a in may_be_empty) + len(self.ranges)

    def places(self, table: pd.DataFrame) -> np.ndarray:
        """int64 (K,) places in the catalogue of the digits asked for, in their order.

        table: a catalogue's, or what read_by makes of it: its index holds the places, ascending.
        """
        kept = self._kept(table)
        index = table.index.to_numpy()
        rows = np.flatnonzero(kept) if self.only is None else _rows(index, self.only)
        rows = rows[kept[rows]]
        return index[rows[self._order(table, rows)]]

    def _kept(self, table: pd.DataFrame) -> np.ndarray:
        """(N,) bool."""
        kept = np.ones(len(table), dtype=bool)
        if self.splits:
            kept &= _among(table["split"].cat.codes, [SPLITS.index(name) for name in self.splits])
        if self.labels:
            kept &= _among(table["label"], self.labels)
        if self.answers:
            kept &= _among(table["answer"], self.answers)
        if self.right is not None:
            kept &= table["right"].to_numpy() == self.right
        for name, within in self.ranges.items():
            values = table[name].to_numpy()
            kept &= (values >= within.low) & (values <= within.high)
        return kept

    def _order(self, table: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
        """(K,) places in `rows`."""
        if self.sort == AS_THEY_COME:
            ascending = np.arange(len(rows))
            return ascending[::-1] if self.descending else ascending
        column = table[self.sort]
        values = (column.cat.codes if self.sort == "split" else column).to_numpy()[rows]
        values = values.astype(np.float32)  # of which the negative exists too
        return np.argsort(-values if self.descending else values, kind="stable")


def _among(values: pd.Series, wanted: Sequence[int]) -> np.ndarray:
    """(N,) whether values of 0 to 9 are wanted."""
    known = np.zeros(CLASSES, dtype=bool)
    known[list(wanted)] = True
    return known[values.to_numpy()]


def _rows(index: np.ndarray, places: Sequence[int]) -> np.ndarray:
    """Where those of `places` that stand in the ascending `index` stand there, in their order."""
    wanted = np.asarray(places, dtype=np.int64)
    rows = np.searchsorted(index, wanted)
    there = rows < len(index)
    there[there] = index[rows[there]] == wanted[there]
    return rows[there]


def read_by(table: pd.DataFrame, places: np.ndarray, probs: Floats) -> pd.DataFrame:
    """The table of the digits at ascending `places` (M,) alone, with the answers of someone else:
    probs (M, 10) in their order. Its index holds the places."""
    part = table.iloc[places].set_axis(places)
    labels, answers = part["label"].to_numpy(), probs.argmax(1)
    quality = probs[np.arange(len(labels)), labels].astype(np.float32)
    return part.assign(answer=answers, right=answers == labels, quality=quality)


def standing(table: pd.DataFrame, place: int) -> pd.DataFrame:
    """A digit among those of its label: a row for each of MEASURED, with its value and below, the
    share in 0..1 of the n others that have less, where half of those count that have as much.

    What has no number, or nobody beside it, has no share.
    """
    of_class = table[table["label"] == table["label"].iat[place]]
    others = of_class.drop(index=table.index[place])[list(MEASURED)].to_numpy()
    values = table[list(MEASURED)].iloc[place].to_numpy(dtype=np.float32)
    n = (~np.isnan(others)).sum(0)
    less = (others < values).sum(0) + (others == values).sum(0) / 2
    share = np.where((n > 0) & ~np.isnan(values), less / np.maximum(n, 1), np.nan)
    return pd.DataFrame({"value": values, "below": share, "n": n}, index=list(MEASURED))
