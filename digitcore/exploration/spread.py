"""How the values of one statistic spread within each class, small enough to be sent and drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from digitcore.exploration.statistics import Statistic
from digitcore.words import listed

BINS = 80  # of the whole range of a statistic
FEW = 20  # digits of a class whose spread is better shown one by one


@dataclass(frozen=True)
class Spread:
    """Of the n values of a class: the least and the most; what 5, 25, 50, 75 and 95 % of them lie
    below; places between the ends and the density there, highest 1; and the values themselves
    where they are fewer than FEW, else none of them."""

    n: int
    least: float
    most: float
    quantiles: tuple[float, float, float, float, float]
    places: np.ndarray
    density: np.ndarray
    values: np.ndarray

    @property
    def median(self) -> float:
        return self.quantiles[2]

    @property
    def middle(self) -> float:
        """How far apart the bounds of the middle half are."""
        return self.quantiles[3] - self.quantiles[1]


def spreads(values: np.ndarray, labels: np.ndarray) -> dict[int, Spread]:
    """By digit, for the classes that have a value: values (N,), NaN where there is none."""
    known = ~np.isnan(values)
    values, labels = values[known], labels[known]
    edges = _edges(values)
    return {int(digit): _spread(values[labels == digit], edges) for digit in np.unique(labels)}


def _edges(values: np.ndarray) -> np.ndarray:
    """Of bins; one for each number where all are whole."""
    if not len(values):
        return np.array([0.0, 1.0])
    least, most = float(values.min()), float(values.max())
    if (values == np.rint(values)).all():
        return np.arange(least - 0.5, most + 1)
    if least == most:
        return np.array([least - 0.5, least + 0.5])
    return np.linspace(least, most, BINS + 1)


def _spread(values: np.ndarray, edges: np.ndarray) -> Spread:
    counts = np.histogram(values, edges)[0]
    smooth = np.convolve(counts, (0.25, 0.5, 0.25), "same") if len(edges) > BINS else counts
    filled = np.flatnonzero(counts)
    inside = slice(filled[0], filled[-1] + 1)
    quantiles = np.quantile(values, (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)).tolist()
    return Spread(
        n=len(values), least=quantiles[0], most=quantiles[-1], quantiles=tuple(quantiles[1:-1]),
        places=((edges[1:] + edges[:-1]) / 2)[inside], density=smooth[inside] / smooth.max(),
        values=values if len(values) < FEW else values[:0],
    )  # fmt: skip


def standing_out(statistic: Statistic, found: Mapping[int, Spread]) -> str:
    """In words: which classes have the lowest and the highest median, and whose digits differ
    most from each other."""
    if not found:
        return "No digit here has a value."
    medians = {digit: spread.median for digit, spread in found.items()}
    least, most = min(medians.values()), max(medians.values())
    if least == most:
        told = f"{_told(statistic, most)}, {_count(found, most)}"
        return f"The median of the {_of(medians, most)} is {told}."
    ends = (
        f"By their medians, the {_of(medians, least)} are {statistic.low} "
        f"({_told(statistic, least)}, {_count(found, least)}) and the {_of(medians, most)} "
        f"{statistic.high} ({_told(statistic, most)}, {_count(found, most)})."
    )
    widths = {digit: spread.middle for digit, spread in found.items()}
    widest = max(widths.values())
    if widest == 0:
        return ends
    varied = _of(widths, widest)
    return (
        f"{ends} The {varied} differ most from each other: the middle half of them spans "
        f"{_told(statistic, widest)}."
    )


def _of(values: Mapping[int, float], value: float) -> str:
    """The classes that have this value, as '1s and 7s'."""
    return listed([f"{digit}s" for digit, own in values.items() if own == value])


def _count(found: Mapping[int, Spread], median: float) -> str:
    """How many digits the classes with this median have together."""
    return f"n = {sum(spread.n for spread in found.values() if spread.median == median):,}"


def _told(statistic: Statistic, value: float) -> str:
    return f"{value:.1f} {statistic.unit}"
