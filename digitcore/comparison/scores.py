"""The figures of a leaderboard: of one model's answers, and of runs that differ only by their seed.

Two kinds of luck are told apart here. The Wilson interval of one accuracy says how far other
digits could have moved it; the standard deviation over seeds says how far another start of the same
training moves it, on the same digits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan, sqrt

import numpy as np

from digitcore.evaluation import Predictions, Rate
from digitcore.recipes import Recipe

LEVEL = 0.95
ANY = (-inf, inf)
LIMITS = {"accuracy": (0.0, 1.0)}  # of what has an interval on the page


@dataclass(frozen=True)
class Scores:
    """The figures of one model on n digits. log_loss in nats, errors in digits, the rest in 0..1.

    precision, recall and f1: the plain mean over the digits that occur. auc: one digit against the
    rest, mean over digits, NaN where a digit does not occur. top_3: share of digits whose label is
    among the three most probable. calibration_error: expected, over 15 bins.
    """

    accuracy: Rate
    errors: int
    precision: float
    recall: float
    f1: float
    auc: float
    top_3: float
    log_loss: float
    calibration_error: float
    n: int


FIGURES = tuple(name for name in Scores.__dataclass_fields__ if name != "n")


def score(predictions: Predictions) -> Scores:
    """All figures of one model's answers; scikit-learn's, but for the calibration error."""
    precision, recall, f1 = predictions.macro()
    return Scores(
        accuracy=predictions.accuracy,
        errors=predictions.errors,
        precision=precision,
        recall=recall,
        f1=f1,
        auc=predictions.auc,
        top_3=predictions.top(3),
        log_loss=predictions.log_loss,
        calibration_error=predictions.calibration_error(),
        n=len(predictions),
    )


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (n - 1 in its denominator) of `count` values of one figure, and
    the 95 % t-interval of the mean. Of a single value all but the mean are NaN."""

    mean: float
    deviation: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float], within: tuple[float, float] = ANY) -> Spread:
    """How one or more values lie; the interval is cut to what the figure can be, `within`.

    The t-interval (SciPy) takes the values for independent draws of a normal distribution.
    """
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return Spread(mean, nan, nan, nan, count)
    from scipy.stats import t  # late, as in evaluation.py

    deviation = float(np.std(values, ddof=1))
    half = float(t.ppf((1 + LEVEL) / 2, count - 1)) * deviation / sqrt(count)
    return Spread(mean, deviation, max(mean - half, within[0]), min(mean + half, within[1]), count)


@dataclass(frozen=True)
class Line:
    """One line of a leaderboard: a model, or several runs that differ only by their seed.

    name: the model's, or the first run's and how many there are. accuracy: on n digits, with its
    95 % interval: by Wilson over digits for one model, by t over seeds for several runs. figures:
    by the names in FIGURES.
    """

    name: str
    runs: tuple[str, ...]
    accuracy: Rate
    figures: Mapping[str, Spread]


def seed_groups(recipes: Mapping[str, Recipe]) -> list[tuple[str, ...]]:
    """The names of runs that differ only by their seed, two or more together, in their order.

    A run that repeats a seed is in no group: it is no new draw, and would make the spread small.
    """
    found: dict[Recipe, dict[int, str]] = {}
    for name, recipe in recipes.items():
        found.setdefault(replace(recipe, seed=0), {}).setdefault(recipe.seed, name)
    return [tuple(by_seed.values()) for by_seed in found.values() if len(by_seed) > 1]


def lines(scores: Mapping[str, Scores], groups: Sequence[tuple[str, ...]] = ()) -> list[Line]:
    """The leaderboard, the most accurate first; each group of runs is one line."""
    grouped = {name for group in groups for name in group}
    single = [(name,) for name in scores if name not in grouped]
    every = [_line(names, [scores[name] for name in names]) for names in [*single, *groups]]
    return sorted(every, key=lambda line: -line.accuracy.value)


def _line(names: tuple[str, ...], scores: Sequence[Scores]) -> Line:
    figures = {
        figure: spread([_number(one, figure) for one in scores], LIMITS.get(figure, ANY))
        for figure in FIGURES
    }
    if len(names) == 1:
        return Line(names[0], names, scores[0].accuracy, figures)
    mean = figures["accuracy"]
    accuracy = Rate(mean.mean, mean.low, mean.high, scores[0].n)
    return Line(f"{names[0]}: {len(names)} seeds", names, accuracy, figures)


def _number(scores: Scores, figure: str) -> float:
    value = getattr(scores, figure)
    return value.value if isinstance(value, Rate) else value
