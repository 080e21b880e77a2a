"""Where several models fail, and whether they fail alike.

Everything follows from the stored answers of models to the same digits, given by name. `places`
are indices into those digits, ascending unless another order is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from digitcore.evaluation import DIGITS, Floats, Predictions, Rate, wilson
from digitcore.words import listed

Answers = Mapping[str, Predictions]


def answers_of(predictions: Answers) -> tuple[np.ndarray, np.ndarray]:
    """(N, M) what each of M models answers to each of N digits, and the (N,) labels.

    Raises ValueError for no model, or for models that read different digits.
    """
    labels = _labels_of(predictions)
    return np.stack([model.answers for model in predictions.values()], axis=1), labels


def wrong(predictions: Answers) -> np.ndarray:
    """(N, M) whether each of M models is wrong on each of N digits. Raises as answers_of()."""
    _labels_of(predictions)
    return np.stack([~model.right for model in predictions.values()], axis=1)


def _labels_of(predictions: Answers) -> np.ndarray:
    every = list(predictions.values())
    if not every:
        raise ValueError("Errors overlap among one model or more.")
    labels = every[0].labels
    if not all(np.array_equal(labels, model.labels) for model in every):
        raise ValueError("Models can be compared on the same digits only.")
    return labels


@dataclass(frozen=True, eq=False)
class Group:
    """The digits that exactly these models get wrong, and all other compared models get right."""

    models: tuple[str, ...]
    places: np.ndarray


@dataclass(frozen=True, eq=False)
class Overlap:
    """How the errors of models overlap among n digits, of which `erring` are read wrongly by any.

    groups: the largest first; the digits of no two overlap. rest: how many groups were left out;
    rest_digits: how many digits are in those.
    """

    n: int
    erring: int
    groups: tuple[Group, ...]
    rest: int
    rest_digits: int


def overlap(predictions: Answers, most: int = 15) -> Overlap:
    """The exact intersections of the models' sets of errors, at most `most` (1 or more) of them.

    Of groups that are equally large, those of fewer models come first. It is what an UpSet plot
    shows: Lex et al. (2014), doi 10.1109/TVCG.2014.2346248.
    """
    names, wrongs = list(predictions), wrong(predictions)
    erring = np.flatnonzero(wrongs.any(1))
    sets, which = np.unique(wrongs[erring], axis=0, return_inverse=True)
    sizes = np.bincount(which.ravel(), minlength=len(sets))
    order = np.lexsort((-np.arange(len(sets)), sets.sum(1), -sizes))
    groups = tuple(
        Group(tuple(names[m] for m in np.flatnonzero(sets[g])), erring[which.ravel() == g])
        for g in order[:most]
    )
    left = order[most:]
    return Overlap(len(wrongs), len(erring), groups, len(left), int(sizes[left].sum()))


def told(models: Sequence[str], every: Sequence[str], most: int = 4) -> str:
    """Some of `every` model in words, at most `most` of them by name."""
    left = [name for name in every if name not in models]
    if len(every) > 1 and not left:
        return f"all {len(every)}" if len(every) > 2 else "both"
    if len(left) <= 2 and len(models) > most:
        return f"all but {listed(left)}"
    named = [*models] if len(models) <= most else [*models[:most], f"{len(models) - most} more"]
    return listed(named)


def all_wrong(predictions: Answers) -> np.ndarray:
    """Places of the digits that no model gets right."""
    return np.flatnonzero(wrong(predictions).all(1))


def only_right(predictions: Answers) -> dict[str, np.ndarray]:
    """For each model the places of the digits that it gets right and all others get wrong."""
    return _alone(predictions, ~wrong(predictions))


def only_wrong(predictions: Answers) -> dict[str, np.ndarray]:
    """For each model the places of the digits that it gets wrong and all others get right."""
    return _alone(predictions, wrong(predictions))


def _alone(predictions: Answers, so: np.ndarray) -> dict[str, np.ndarray]:
    alone = so & (so.sum(1) == 1)[:, None]
    return {name: np.flatnonzero(alone[:, m]) for m, name in enumerate(predictions)}


def agreement(predictions: Answers) -> Floats:
    """(M, M) the share of digits, in 0..1, to which each two of M models answer the same."""
    answers, _ = answers_of(predictions)
    return (answers[:, :, None] == answers[:, None, :]).mean(0)


@dataclass(frozen=True)
class Pair:
    """Two models and to how many of n digits they give the same answer, right or wrong."""

    models: tuple[str, str]
    same: int
    n: int

    @property
    def differing(self) -> int:
        return self.n - self.same

    @property
    def share(self) -> Rate:
        return wilson(self.same, self.n)


def pairs(predictions: Answers) -> list[Pair]:
    """Every two models, those that agree most often first; none where there is one model."""
    shares, names = agreement(predictions), list(predictions)
    n = len(predictions[names[0]])
    found = [
        Pair((names[a], names[b]), round(shares[a, b] * n), n)
        for a, b in combinations(range(len(names)), 2)
    ]
    return sorted(found, key=lambda pair: -pair.same)


@dataclass(frozen=True, eq=False)
class Votes:
    """How M models answer each of N digits together, one vote each.

    distinct: (N,) how many different answers there are. majority: (N,) how many models give the
    most frequent one, 1 to M. entropy: (N,) in bits, 0 where all agree, at most log2(min(M, 10)).
    """

    distinct: np.ndarray
    majority: np.ndarray
    entropy: Floats


def votes(predictions: Answers) -> Votes:
    """How much the models dispute each digit. The entropy is SciPy's."""
    from scipy.stats import entropy  # late, as in evaluation.py

    answers, _ = answers_of(predictions)
    # sorted, so that equal splits of the votes have the same entropy to the last bit
    counts = np.sort((answers[:, :, None] == DIGITS).sum(1), axis=1)
    return Votes((counts > 0).sum(1), counts[:, -1], entropy(counts, base=2, axis=1))


def disputed(predictions: Answers) -> np.ndarray:
    """Places of the digits to which models give more than one answer, the most disputed first."""
    found = votes(predictions)
    order = np.argsort(-found.entropy, kind="stable")
    return order[found.distinct[order] > 1]


@dataclass(frozen=True)
class Confused:
    """A digit, what it is read as, and how often by each model, of `support` such digits."""

    label: int
    answer: int
    counts: Mapping[str, int]
    support: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def confused(predictions: Answers) -> list[Confused]:
    """Every confusion that occurs, the most frequent in sum over the models first."""
    labels = _labels_of(predictions)
    counts = np.stack([model.confusion for model in predictions.values()])  # (M, 10, 10)
    support = np.bincount(labels, minlength=len(DIGITS))
    total = counts.sum(0)
    np.fill_diagonal(total, 0)
    label, answer = np.nonzero(total)
    return [
        Confused(int(a), int(b),
                 {name: int(counts[m, a, b]) for m, name in enumerate(predictions)},
                 int(support[a]))
        for a, b in sorted(zip(label, answer, strict=True), key=lambda pair: -total[pair])
    ]  # fmt: skip


def held(found: Sequence[Confused], predictions: Answers) -> tuple[int, int]:
    """(the errors that these confusions are, all errors), both in sum over the models."""
    every = sum(model.errors for model in predictions.values())
    return sum(pair.total for pair in found), every


def where_confused(predictions: Answers, label: int, answer: int) -> np.ndarray:
    """Places of the digits `label` that any model reads as `answer`, those of most models first."""
    answers, labels = answers_of(predictions)
    models = ((answers == answer) & (labels == label)[:, None]).sum(1)
    order = np.argsort(-models, kind="stable")
    return order[models[order] > 0]


@dataclass(frozen=True)
class ClassRates:
    """How well one digit is read, each rate with a 95 % interval; recall and F1 None without such a
    digit.

    support: how many there are; answered: how often it is the answer. precision: of those answers,
    the share that is right, None where it is never the answer. recall: the share of such digits
    that is read rightly. f1: the harmonic mean of both; its n are the digits that are one or are
    read as one.
    """

    digit: int
    support: int
    answered: int
    precision: Rate | None
    recall: Rate | None
    f1: Rate | None


METRICS = ("precision", "recall", "f1")


def class_rates(predictions: Predictions) -> Iterator[ClassRates]:
    """Precision, recall and F1 of each digit, with 95 % intervals."""
    counts = predictions.confusion
    for digit in DIGITS:
        hits = int(counts[digit, digit])
        support, answered = int(counts[digit].sum()), int(counts[:, digit].sum())
        yield ClassRates(
            int(digit),
            support,
            answered,
            wilson(hits, answered) if answered else None,
            wilson(hits, support) if support else None,
            f1_rate(hits, answered - hits, support - hits) if support else None,
        )


def f1_rate(hits: int, false_alarms: int, misses: int) -> Rate:
    """F1 = 2 hits / (2 hits + false alarms + misses) with its 95 % interval; any count above 0.

    Of the n digits that are of a class or are read as it, the share J that is both is binomial,
    given n; and F1 = 2 J / (1 + J) only ever grows with J. So the ends of J's Wilson interval
    become those of F1's: Lam, Gopal and Qian (2023), arXiv 2309.14621. Unlike the delta method
    (Takahashi et al. 2022, doi 10.1007/s10489-021-02635-5) it stays within 0..1 and keeps a width
    where there is no error.
    """
    both = wilson(hits, hits + false_alarms + misses)
    value, low, high = (2 * share / (1 + share) for share in (both.value, both.low, both.high))
    return Rate(value, low, high, both.n)
