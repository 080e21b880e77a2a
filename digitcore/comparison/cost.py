"""What models cost and what they reach for it: who is beaten by whom, and which one to use.

The Pareto front holds those that none beats, where to beat is to be at least as good in both cost
and accuracy and better in one. So two that are equal in both do not beat each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite, nan

import numpy as np
from numpy.typing import ArrayLike

from digitcore.evaluation import Rate
from digitcore.words import counted


@dataclass(frozen=True)
class Cost:
    """A kind of cost: a leaderboard row's `field`, its axis, its unit, its form for ticks, and the
    decimal places that tell two costs apart: what is left is chance."""

    field: str
    axis: str
    unit: str
    ticks: str
    places: int

    def rounded(self, value: float) -> float:
        """A value as it counts, and as it is told."""
        return round(value, self.places)

    def told(self, value: float) -> str:
        """A value with its unit."""
        return f"{value:,.{self.places}f} {self.unit}"


COSTS = {
    "parameters": Cost("parameters", "parameters", "parameters", "~s", 0),
    "size": Cost("megabytes", "size of the weights in MiB", "MiB", "~g", 2),
    "latency": Cost("milliseconds", "milliseconds an image, on one thread", "ms", "~g", 2),
}


@dataclass(frozen=True)
class Offer:
    """A model with what it costs, in one of COSTS, and what it reaches on accuracy.n digits.

    cost: NaN where it is not known.
    """

    name: str
    cost: float
    accuracy: Rate
    errors: int

    @property
    def known(self) -> bool:
        """Whether its cost is a number that a log axis has a place for."""
        return isfinite(self.cost) and self.cost > 0


def beats(costs: ArrayLike, scores: ArrayLike) -> np.ndarray:
    """(N, N) whether the first beats the second. Costs (N,) count down, scores (N,) count up.

    One without a finite cost and score beats none and is beaten by none.
    """
    cost, score = _finite(costs), _finite(scores)
    no_worse = (cost[:, None] <= cost) & (score[:, None] >= score)
    better = (cost[:, None] < cost) | (score[:, None] > score)
    return no_worse & better


def front(costs: ArrayLike, scores: ArrayLike) -> np.ndarray:
    """(N,) who is on the Pareto front. One without a finite cost and score is not."""
    known = np.isfinite(_finite(costs)) & np.isfinite(_finite(scores))
    return known & ~beats(costs, scores).any(0)


def on_front(offers: Sequence[Offer]) -> list[Offer]:
    """The offers on the front, the cheapest first; of equals the first given comes first."""
    kept = front([o.cost for o in offers], [o.accuracy.value for o in offers])
    chosen = [offer for offer, stays in zip(offers, kept, strict=True) if stays]
    return sorted(chosen, key=lambda offer: offer.cost)


def beaten_by(offers: Sequence[Offer]) -> dict[str, str]:
    """For each offer that is beaten, by name, the most accurate that beats it: one on the front."""
    table = beats([o.cost for o in offers], [o.accuracy.value for o in offers])
    found = {}
    for offer, column in zip(offers, table.T, strict=True):
        better = [other for other, beats_it in zip(offers, column, strict=True) if beats_it]
        if better:
            found[offer.name] = min(better, key=lambda o: (-o.accuracy.value, o.cost)).name
    return found


def together(members: Sequence[str], times: Mapping[str, float]) -> float:
    """What one image takes an ensemble, from its members' times; NaN where one is unknown.

    One network after the other reads it, so the times add up.
    """
    return sum(times.get(member, nan) for member in members)


def advice(offers: Sequence[Offer], cost: Cost) -> list[str]:
    """What there is to choose from, in paragraphs of plain words; to choose is left to the reader.

    An offer whose cost is not known is on no front, but it can be the most accurate.
    """
    known = [offer for offer in offers if offer.known]
    if not known:
        return ["Of none of them it is known what it costs."]
    if len(offers) == 1:
        return [f"{_told(known[0], cost)} is the only one chosen: choose others to compare."]
    unknown = [offer.name for offer in offers if not offer.known]
    left = f" It is not known what {' and '.join(unknown)} would cost." if unknown else ""
    among = " among those whose cost is known" if unknown else ""
    front = f"{_front_told(on_front(known), cost, among)}{left}"
    return [front, _most_accurate(offers), *_losers(known)]


def _front_told(best: Sequence[Offer], cost: Cost, among: str) -> str:
    if best[0].accuracy.value == best[-1].accuracy.value:
        same = " and ".join(_told(offer, cost) for offer in best)
        verbs = "costs least and errs least" if len(best) == 1 else "cost least and err least"
        return f"{same} {verbs}{among}."
    steps = ", ".join(_told(offer, cost) for offer in best)
    return (
        f"On the front{among}, from the cheapest to the most accurate: {steps}. To read better "
        "than one of these costs more."
    )


def _most_accurate(offers: Sequence[Offer]) -> str:
    share = max((offer.accuracy for offer in offers), key=lambda rate: rate.value)
    most = [offer.name for offer in offers if offer.accuracy.value == share.value]
    verb = "is" if len(most) == 1 else "are"
    return f"The most accurate here {verb} {' and '.join(most)}: {share.words}, n = {share.n:,}."


def _losers(offers: Sequence[Offer]) -> list[str]:
    """Those that are beaten, in groups by who beats them."""
    pairs = sorted(beaten_by(offers).items(), key=lambda pair: pair[1])
    groups = [
        f"{', '.join(loser for loser, _ in group)} by {winner}"
        for winner, group in groupby(pairs, key=lambda pair: pair[1])
    ]
    if not groups:
        return []
    return [f"Beaten by one that costs no more and errs no more: {'; '.join(groups)}."]


def _told(offer: Offer, cost: Cost) -> str:
    return f"{offer.name} ({cost.told(offer.cost)}, {counted(offer.errors, 'error')})"


def _finite(values: ArrayLike) -> np.ndarray:
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)
