"""Whether a model's confidence can be trusted.

Does it come true as often as it says, and which temperature would make it? Intervals are 95 %
Wilson ones; the minimum is found by SciPy.
"""

from dataclasses import dataclass

import numpy as np

from digitcore.ensemble import scaled
from digitcore.evaluation import Floats, Predictions, Rate, wilson

BINS = 15  # as in Guo et al. (2017), and as Predictions.calibration_error counts
WAYS = ("equal width", "equal count")
FLOOR = 1e-25  # runs store no smaller probability, and a certain error must cost a finite loss
HOTTEST = 20.0  # temperatures are looked for from 1 / HOTTEST to HOTTEST


def wilson_each(hits: np.ndarray, n: np.ndarray) -> tuple[Floats, Floats]:
    """(low, high) ends, each (K,) in 0..1, of the 95 % Wilson intervals of hits (K,) of n (K,).

    The closed formula behind evaluation.wilson, for many at once; every n must be at least 1.
    """
    from scipy.special import ndtri  # late, as in evaluation.py

    share, z2 = hits / n, ndtri(0.975) ** 2 / n
    middle = share + z2 / 2
    half = np.sqrt(z2 * (share * (1 - share) + z2 / 4))
    low, high = (middle - half) / (1 + z2), (middle + half) / (1 + z2)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Digits in bins of confidence; only bins with a digit, B of them, from unsure to sure.

    count (B,) digits; confidence (B,) its mean, and accuracy (B,) with the ends of its 95 %
    interval, all in 0..1. Confidence that can be trusted has both alike.
    """

    by: str
    count: np.ndarray
    confidence: Floats
    accuracy: Floats
    low: Floats
    high: Floats

    @property
    def n(self) -> int:
        return int(self.count.sum())

    @property
    def error(self) -> float:
        """Expected calibration error: |accuracy - confidence|, weighted by count."""
        return float((self.count * np.abs(self.accuracy - self.confidence)).sum() / self.n)

    @property
    def claimed(self) -> float:
        """The mean confidence of all digits: the accuracy that the model claims for itself."""
        return float((self.count * self.confidence).sum() / self.n)

    @property
    def reached(self) -> Rate:
        """The accuracy that it has."""
        return wilson(round((self.count * self.accuracy).sum()), self.n)

    @property
    def verdict(self) -> str:
        """Whether the claim lies in the interval of what is reached, in words: of the mean only,
        in which bins that claim too much and bins that claim too little make up for each other."""
        if self.claimed > self.reached.high:
            return "too sure"
        return "too timid" if self.claimed < self.reached.low else "as sure as it is right"


def reliability(predictions: Predictions, by: str = WAYS[0], bins: int = BINS) -> Reliability:
    """Digits in at most `bins` bins of 'equal width' in confidence, or of 'equal count' of digits.

    Equal confidence stays in one bin, so that equal counts are only nearly equal: a model may be
    entirely sure of half of the digits. Raises ValueError for another way.
    Source: Guo et al. (2017), arXiv 1706.04599; equal counts as scikit-learn's calibration_curve.
    """
    confidence = predictions.confidence.astype(np.float64)
    index = _bin_of(predictions, by, bins)
    count = np.bincount(index)
    there = count > 0
    hits = np.bincount(index, weights=predictions.right)[there]
    claimed, count = np.bincount(index, weights=confidence)[there], count[there]
    return Reliability(by, count, claimed / count, hits / count, *wilson_each(hits, count))


def _bin_of(predictions: Predictions, by: str, bins: int) -> np.ndarray:
    """(N,) the bin of each digit, 0 to bins - 1."""
    if by == "equal width":  # the very rule of Predictions.calibration_error
        return np.minimum((predictions.confidence * bins).astype(int), bins - 1)
    if by == "equal count":
        confidence = predictions.confidence.astype(np.float64)
        edges = np.percentile(confidence, 100 * np.linspace(0, 1, bins + 1))
        return np.searchsorted(edges[1:-1], confidence)
    raise ValueError(f"Bins are of {' or '.join(WAYS)}, not {by!r}.")


def error_by_luck(
    predictions: Predictions, by: str = WAYS[0], bins: int = BINS, draws: int = 200
) -> float:
    """The calibration error that luck alone stays under in 95 of 100 cases.

    So much would be measured on as many digits if every confidence were exactly true: answers are
    drawn to be right with the probability that the model gives them, always by the same seed.
    Source: consistency resampling, Broecker and Smith (2007), doi 10.1175/WAF993.1.
    """
    confidence = predictions.confidence.astype(np.float32)
    chance = np.random.default_rng(0).random((draws, len(confidence)), np.float32)
    in_bin = _bin_of(predictions, by, bins)[:, None] == np.arange(bins)
    gaps = ((chance < confidence) - confidence) @ in_bin.astype(np.float32)  # (draws, bins)
    return float(np.quantile(np.abs(gaps).sum(1), 0.95) / len(confidence))


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many right and wrong answers (B,) have a confidence between edges (B + 1,), 0 to 1."""

    edges: Floats
    right: np.ndarray
    wrong: np.ndarray


def confidences(predictions: Predictions, bins: int = 20) -> Histogram:
    """Right and wrong answers, counted apart, by confidence in bins of equal width."""
    edges, right = np.linspace(0, 1, bins + 1), predictions.right
    hits, misses = (
        np.histogram(predictions.confidence[which], edges)[0] for which in (right, ~right)
    )
    return Histogram(edges, hits, misses)


def fit_temperature(predictions: Predictions) -> float:
    """The temperature that gives these digits the least log-loss; fit it on validation digits.

    Above 1 softens what is too sure, below 1 sharpens what is too timid. 1 where no answer is
    wrong: the loss then falls for ever as the temperature does.
    Source: Guo et al. (2017), arXiv 1706.04599.
    """
    from scipy.optimize import minimize_scalar  # late, as in evaluation.py

    if predictions.errors == 0:
        return 1.0
    logs = np.log(np.maximum(predictions.probs.astype(np.float64), FLOOR))
    logs -= logs.max(1, keepdims=True)
    of_label = logs[np.arange(len(logs)), predictions.labels].mean()

    def loss(log_temperature: float) -> float:
        sharpness = np.exp(-log_temperature)
        return float(np.log(np.exp(sharpness * logs).sum(1)).mean() - sharpness * of_label)

    ends = (-np.log(HOTTEST), np.log(HOTTEST))
    found = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-5})
    return float(np.exp(found.x)) if found.fun < loss(0.0) else 1.0


def at_temperature(predictions: Predictions, temperature: float) -> Predictions:
    """The same answers with other confidence, see ensemble.scaled. Raises ValueError unless the
    temperature is above 0."""
    return Predictions(scaled(predictions.probs, temperature), predictions.labels)


@dataclass(frozen=True)
class Tempered:
    """What a temperature does: (before, after) of log-loss in nats and of the calibration error.

    fitted_n validation digits gave the temperature; the figures are of accuracy.n digits.
    """

    temperature: float
    fitted_n: int
    log_loss: tuple[float, float]
    calibration_error: tuple[float, float]
    accuracy: Rate  # the same before and after


def tempered(shown: Predictions, validation: Predictions) -> Tempered:
    """Fit the temperature on validation digits and see what it does to those that are shown."""
    temperature = fit_temperature(validation)
    after = at_temperature(shown, temperature)
    return Tempered(
        temperature, len(validation), (shown.log_loss, after.log_loss),
        (shown.calibration_error(), after.calibration_error()), shown.accuracy,
    )  # fmt: skip
