"""Is a gap between two models real, or luck in which digits happened to be asked?

Both read the same digits, so all that speaks for one of them are the digits that only one of them
gets right: McNemar's test asks whether these fall to either side as a fair coin would. It is exact
(SciPy's binomial test), and corrected for the number of pairs looked at (Holm).
The interval of the difference is Newcombe's: as the Wilson intervals of single accuracies, from
which it is made, it holds near 100 % and where no digit tells two models apart.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from math import sqrt

import numpy as np

from digitcore.evaluation import Predictions, wilson
from digitcore.words import counted, listed

ALPHA = 0.05
LEAST = 0.001  # smaller p-values are not told apart in words


@dataclass(frozen=True)
class Pair:
    """Two models on the same n digits.

    only_a_wrong, only_b_wrong, both_wrong: digits. difference: accuracy of a less that of b, with
    its 95 % interval low to high, in -1..1. p: of McNemar's exact test, two-sided; corrected: the
    same by Holm for so many `pairs`. same_answers: to every digit.
    """

    a: str
    b: str
    only_a_wrong: int
    only_b_wrong: int
    both_wrong: int
    n: int
    difference: float
    low: float
    high: float
    p: float
    corrected: float
    pairs: int = 1
    same_answers: bool = False

    @property
    def better(self) -> str | None:
        """The one whose lead is no luck, as far as the corrected p tells; None if neither."""
        if self.corrected >= ALPHA:
            return None
        return self.b if self.only_a_wrong > self.only_b_wrong else self.a

    @property
    def flipped(self) -> "Pair":
        """The same pair seen from the other side."""
        return replace(
            self, a=self.b, b=self.a, only_a_wrong=self.only_b_wrong,
            only_b_wrong=self.only_a_wrong, difference=-self.difference,
            low=-self.high, high=-self.low,
        )  # fmt: skip

    def of(self, name: str) -> "Pair":
        """The same pair with `name` first. Raises ValueError where it is neither."""
        if name not in (self.a, self.b):
            raise ValueError(f"{name} is neither {self.a} nor {self.b}.")
        return self if name == self.a else self.flipped


def every_pair(predictions: Mapping[str, Predictions]) -> list[Pair]:
    """All pairs of models, in their order, corrected for their number.

    Raises ValueError where models have not read the same digits.
    """
    found = [compare(a, predictions[a], b, predictions[b]) for a, b in combinations(predictions, 2)]
    corrected = holm([pair.p for pair in found])
    return [
        replace(pair, corrected=p, pairs=len(found))
        for pair, p in zip(found, corrected, strict=True)
    ]


def compare(a: str, of_a: Predictions, b: str, of_b: Predictions) -> Pair:
    """Two models by themselves. Raises ValueError where they have not read the same digits."""
    if not np.array_equal(of_a.labels, of_b.labels):
        raise ValueError(f"{a} and {b} can be compared on the same digits only.")
    only_b, only_a = map(len, only_one_right(of_a, of_b))  # wrong where only the other is right
    both, n = int((~of_a.right & ~of_b.right).sum()), len(of_a)
    low, high = newcombe(n - only_a - only_b - both, only_b, only_a, both)
    p = mcnemar(only_a, only_b)
    return Pair(
        a, b, only_a, only_b, both, n, (only_b - only_a) / n, low, high, p, p,
        same_answers=bool((of_a.answers == of_b.answers).all()),
    )  # fmt: skip


def only_one_right(a: Predictions, b: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """(places of the digits that only a gets right, of those that only b does), ascending."""
    return np.flatnonzero(a.right & ~b.right), np.flatnonzero(b.right & ~a.right)


@lru_cache(maxsize=10_000)
def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided p of McNemar's exact test; 1 where no digit tells the two apart.

    only_a, only_b: digits that only one of the two gets wrong. Source: McNemar (1947),
    Psychometrika 12.
    """
    if only_a + only_b == 0:
        return 1.0
    from scipy.stats import binomtest  # late, as in evaluation.py

    return float(binomtest(only_a, only_a + only_b, 0.5).pvalue)


def newcombe(both: int, only_first: int, only_second: int, neither: int) -> tuple[float, float]:
    """95 % interval of the share of the first less that of the second, on the same digits.

    The four counts are of digits that both, one or neither gets right. Source: method 10 of
    Newcombe (1998), Statistics in Medicine 17, 2635-2650: the Wilson intervals of both shares are
    joined, less what the two have in common by their correlation phi.
    """
    n = both + only_first + only_second + neither
    first, second = wilson(both + only_first, n), wilson(both + only_second, n)
    down_1, up_1 = first.value - first.low, first.high - first.value
    down_2, up_2 = second.value - second.low, second.high - second.value
    phi = _correlation(both, only_first, only_second, neither)
    below = down_1**2 - 2 * phi * down_1 * up_2 + up_2**2
    above = up_1**2 - 2 * phi * up_1 * down_2 + down_2**2
    difference = (only_first - only_second) / n
    return difference - sqrt(below), difference + sqrt(above)


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    """Phi of a 2x2 table, drawn towards 0 by a continuity correction where it is positive."""
    n = both + only_first + only_second + neither
    of_first = (both + only_first) * (only_second + neither)
    of_second = (both + only_second) * (only_first + neither)
    if of_first * of_second == 0:  # one of the two gets all right, or none
        return 0.0
    across: float = both * neither - only_first * only_second
    if across > 0:
        across = max(across - n / 2, 0)
    return float(across / sqrt(of_first * of_second))


def holm(p: Sequence[float]) -> list[float]:
    """(M,) p-values corrected for their number. Source: Holm (1979), Scandinavian J. Statistics 6.

    Tested against statsmodels, whose own function collects the garbage of the whole process, which
    takes 0.2 s.
    """
    values, count = np.asarray(p, dtype=float), len(p)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(count, 0, -1))
    corrected = np.empty(count)
    corrected[order] = np.minimum(stepped, 1)
    return [float(value) for value in corrected]


def sentence(pair: Pair, members: Mapping[str, Collection[str]] | None = None) -> str:
    """What a pair comes to, in plain words. members: of the ensembles, by their names."""
    return f"{_counts(pair)}{_shared(pair, members or {})}"


def _counts(pair: Pair) -> str:
    if pair.same_answers:
        return f"{pair.a} and {pair.b} give the same answer to each of the {pair.n:,} digits."
    if pair.only_a_wrong == pair.only_b_wrong == 0:
        return (
            f"{pair.a} and {pair.b} are both wrong on {counted(pair.both_wrong, 'image')} and "
            "neither on any other, if not always with the same answer: nothing speaks for either."
        )
    return (
        f"{pair.a} is wrong on {counted(pair.only_a_wrong, 'image')} that {pair.b} gets right, "
        f"{pair.b} on {pair.only_b_wrong:,} that {pair.a} gets right: {verdict(pair)} "
        f"({_chance(pair)})."
    )


def verdict(pair: Pair) -> str:
    """Whether the gap is luck, as a half sentence."""
    if pair.same_answers:
        return "the same answers"
    if pair.only_a_wrong == pair.only_b_wrong:
        return "neither is ahead"
    if pair.better:
        return f"that {pair.better} is better is hardly luck"
    if pair.p < ALPHA:
        return (
            f"this gap would pass for real by itself, but among {pair.pairs} pairs it could well "
            "be luck"
        )
    return "this gap could well be luck"


def standing(pairs: Sequence[Pair]) -> str:
    """Where the first model of all these pairs stands among the others, in plain words."""
    worse = [pair.b for pair in pairs if pair.better == pair.a]
    better = [pair.b for pair in pairs if pair.better == pair.b]
    same = [pair.b for pair in pairs if pair.same_answers]
    level = [pair.b for pair in pairs if pair.better is None and not pair.same_answers]
    parts = [
        f"is better than {listed(worse)}, and that is hardly luck" if worse else "",
        f"is worse than {listed(better)}, and that is hardly luck" if better else "",
        f"gives the same answers as {listed(same)}" if same else "",
        f"cannot be told from {listed(level)}: there the gap could well be luck" if level else "",
    ]
    return f"{pairs[0].a} {'; it '.join(part for part in parts if part)}."


def _chance(pair: Pair) -> str:
    alone = f"p {'' if pair.p < LEAST else '= '}{told(pair.p)}"
    if pair.pairs == 1:
        return alone
    return f"{alone}, corrected for {pair.pairs} pairs: {told(pair.corrected)}"


def told(p: float) -> str:
    """A p-value in so many digits as matter: 0.42, 0.031, 0.0043 or < 0.001."""
    if p < LEAST:
        return f"< {LEAST}"
    return f"{p:.2f}" if p >= 0.0995 else f"{p:.2g}"


def _shared(pair: Pair, members: Mapping[str, Collection[str]]) -> str:
    for whole, part in ((pair.a, pair.b), (pair.b, pair.a)):
        if part in members.get(whole, ()):
            return (
                f" {part} is a member of {whole}, so the two err together more than strangers do; "
                "only the digits that tell them apart count here."
            )
    return ""
