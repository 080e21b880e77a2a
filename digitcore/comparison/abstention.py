"""What confidence is good for: a model that abstains where it is not sure errs less.

Digits that it does not answer are left to a person. Intervals are 95 % Wilson ones.
"""

from dataclasses import dataclass

import numpy as np

from digitcore.comparison.calibration import wilson_each
from digitcore.evaluation import Floats, Predictions, Rate, wilson
from digitcore.words import counted

MOST_POINTS = 300


@dataclass(frozen=True, eq=False)
class Coverage:
    """What a model that may abstain answers, by the confidence it asks of itself; K points.

    threshold (K,) falls; answered (K,) digits whose confidence is at least that, and errors (K,)
    among them, rise. The last point answers all n.
    """

    n: int
    threshold: Floats
    answered: np.ndarray
    errors: np.ndarray

    @property
    def share(self) -> Floats:
        """(K,) of all digits, the share in 0..1 that is answered."""
        return self.answered / self.n

    @property
    def accuracy(self) -> Floats:
        """(K,) of what is answered, the share in 0..1 that is right."""
        return 1 - self.errors / self.answered

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """(low, high) ends (K,) of the accuracy's 95 % interval."""
        return wilson_each(self.answered - self.errors, self.answered)


def coverage(predictions: Predictions, most: int = MOST_POINTS) -> Coverage:
    """The whole curve at `most` (3 or more) points, which lie densest where few are left over."""
    every = _by_confidence(predictions)
    if len(every.answered) <= most:
        return every
    left = every.n - every.answered  # falls to 0
    wanted = np.unique(np.geomspace(1, every.n, most - 2).astype(int))
    kept = np.unique([0, *np.searchsorted(-left, -wanted), len(left) - 1])
    return Coverage(every.n, every.threshold[kept], every.answered[kept], every.errors[kept])


def _by_confidence(predictions: Predictions) -> Coverage:
    """One point for each confidence that occurs: equally sure digits are answered together."""
    order = np.argsort(-predictions.confidence, kind="stable")
    confidence = predictions.confidence[order].astype(np.float64)
    last = np.flatnonzero(np.append(np.diff(confidence) != 0, True))
    errors = np.cumsum(~predictions.right[order])
    return Coverage(len(order), confidence[last], last + 1, errors[last])


def risk_area(predictions: Predictions) -> float:
    """AURC, the area under the risk-coverage curve: the mean over k of the share of errors among
    the k most confident answers, in 0..1; the lower, the better confidence tells errors apart.

    Of equally confident digits every order counts alike, so that the area hangs on none.
    Source: Geifman, Uziel and El-Yaniv (2019), arXiv 1805.08206.
    """
    curve, k = _by_confidence(predictions), np.arange(1, len(predictions) + 1)
    errors = np.interp(k, np.append(0, curve.answered), np.append(0, curve.errors))
    return float((errors / k).mean())


@dataclass(frozen=True)
class Abstention:
    """What a model does that answers only from a confidence of `threshold` on.

    errors: among the answered of n digits; caught: wrong answers among those left to a person.
    """

    threshold: float
    n: int
    answered: int
    errors: int
    caught: int

    @property
    def left(self) -> int:
        """How many digits are left to a person."""
        return self.n - self.answered

    @property
    def coverage(self) -> float:
        """The share of the digits that is answered, in 0..1."""
        return self.answered / self.n

    @property
    def accuracy(self) -> Rate | None:
        """Of what is answered, with its interval; None where nothing is."""
        return wilson(self.answered - self.errors, self.answered) if self.answered else None

    @property
    def error_rate(self) -> Rate | None:
        """The other side of the accuracy."""
        return wilson(self.errors, self.answered) if self.answered else None

    @property
    def words(self) -> str:
        """All of it in a sentence."""
        return (
            f"Answers from {self.threshold:.5g} on: {100 * self.coverage:.2f} % of the digits, "
            f"{counted(self.errors, 'error')} of {self.answered:,}, {self.left:,} left to a person."
        )


def abstain(predictions: Predictions, threshold: float) -> Abstention:
    """What is answered, and how well, if a confidence under `threshold` (0..1) is not enough."""
    answered, wrong = predictions.confidence >= threshold, ~predictions.right
    return Abstention(
        threshold, len(predictions), int(answered.sum()), int((wrong & answered).sum()),
        int((wrong & ~answered).sum()),
    )  # fmt: skip


def left_over(predictions: Predictions, threshold: float) -> np.ndarray:
    """Places of the digits whose confidence is under `threshold`, the least sure first."""
    order = np.argsort(predictions.confidence, kind="stable")
    return order[predictions.confidence[order] < threshold]


def threshold_for(predictions: Predictions, rate: float) -> float | None:
    """The threshold that answers most digits with at most `rate` (0..1) of the answered wrong.

    0 where all may be answered; None where even the surest answers are wrong too often. Choose it
    on validation digits. On others it is missed about as often as kept, and by a little on average:
    the last threshold that just kept it there was lucky.
    """
    curve = _by_confidence(predictions)
    allowed = np.flatnonzero(curve.errors / curve.answered <= rate)
    if len(allowed) == 0:
        return None
    return 0.0 if curve.answered[allowed[-1]] == curve.n else float(curve.threshold[allowed[-1]])


@dataclass(frozen=True)
class Promise:
    """A wanted rate of errors among the answered, and what comes of it.

    validation: what the threshold does on the digits on which it was chosen; shown: on those that
    are looked at. Both None where no threshold keeps the rate on the former.
    """

    rate: float
    validation: Abstention | None
    shown: Abstention | None

    @property
    def verdict(self) -> str:
        """Whether the shown digits keep it, in words."""
        if self.shown is None:
            return "no threshold does"
        wrong = self.shown.error_rate
        if wrong is None:
            return "nothing answered"
        if wrong.value <= self.rate:
            return "kept" if wrong.high <= self.rate else "kept, perhaps by luck"
        return "not kept, perhaps by luck" if wrong.low <= self.rate else "not kept"


def promise(shown: Predictions, validation: Predictions, rate: float) -> Promise:
    """Choose the threshold for `rate` on validation digits and see what it does to the shown."""
    threshold = threshold_for(validation, rate)
    if threshold is None:
        return Promise(rate, None, None)
    return Promise(rate, abstain(validation, threshold), abstain(shown, threshold))
