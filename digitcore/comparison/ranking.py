"""How well probabilities rank the digits of a class above the rest: ROC and precision-recall.

Curves and areas are scikit-learn's, one digit against the rest; a macro curve is their mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitcore.evaluation import DIGITS, Floats, Predictions

MACRO = "macro"
MOST_POINTS = 300


@dataclass(frozen=True, eq=False)
class Curve:
    """K points, x and y (K,) in 0..1 with x rising, and the area that scikit-learn gives for all
    of them; of `positives` digits of a class against `negatives` others (macro: of all digits)."""

    x: Floats
    y: Floats
    area: float
    positives: int
    negatives: int


Of = int | str  # a digit, or MACRO


@dataclass(frozen=True, eq=False)
class Ranking:
    """Curves by digit and for 'macro'. left_out: digits with no sample, or with nothing else, for
    which no curve exists; macro is the plain mean over the others and missing where none is left.

    roc: x is the share of other digits taken for this one (1 - specificity), y its own found
    (recall); area AUC. precision_recall: x is recall, y the best precision that comes with it; area
    average precision. Between two points precision is that of the next, as in that area.
    """

    roc: dict[Of, Curve]
    precision_recall: dict[Of, Curve]
    left_out: tuple[int, ...]


def ranking(predictions: Predictions, most: int = MOST_POINTS) -> Ranking:
    """Both kinds of curves for every digit and macro, each of at most `most` (6 or more) points."""
    labels = predictions.labels
    positives = np.bincount(labels, minlength=len(DIGITS))
    known = [int(digit) for digit in DIGITS if 0 < positives[digit] < len(labels)]
    rocs, precisions = (
        {digit: draw(labels == digit, predictions.probs[:, digit]) for digit in known}
        for draw in (_roc, _precision_recall)
    )
    return Ranking(
        _with_macro(rocs, _mean_roc, most),
        _with_macro(precisions, _mean_precision, most),
        tuple(int(digit) for digit in DIGITS if digit not in known),
    )


def _roc(own: np.ndarray, probs: Floats) -> Curve:
    from sklearn import metrics  # late, as in evaluation.py

    x, y, _ = metrics.roc_curve(own, probs)
    return Curve(x, y, float(metrics.auc(x, y)), int(own.sum()), int((~own).sum()))


def _precision_recall(own: np.ndarray, probs: Floats) -> Curve:
    from sklearn import metrics  # late, as in evaluation.py

    precision, recall, _ = metrics.precision_recall_curve(own, probs)
    x, best = np.unique(recall[::-1], return_index=True)  # falling thresholds: the best comes first
    area = float(metrics.average_precision_score(own, probs))
    return Curve(x, precision[::-1][best], area, int(own.sum()), int((~own).sum()))


def _with_macro(
    curves: dict[int, Curve], mean: Callable[[Sequence[Curve]], tuple[Floats, Floats]], most: int
) -> dict[Of, Curve]:
    every: dict[Of, Curve] = {digit: _thinned(curve, most) for digit, curve in curves.items()}
    if curves:
        some = list(curves.values())
        digits = some[0].positives + some[0].negatives
        area = float(np.mean([curve.area for curve in some]))
        every[MACRO] = _thinned(Curve(*mean(some), area, digits, digits), most)
    return every


def _mean_roc(curves: Sequence[Curve]) -> tuple[Floats, Floats]:
    """The mean height at every x where any curve bends, as in scikit-learn's multiclass example.

    Curves jump, so both ends of each jump are kept: the area is then exactly the mean area.
    """
    grid = np.unique(np.concatenate([curve.x for curve in curves]))
    foot = np.mean([np.interp(-grid, -c.x[::-1], c.y[::-1]) for c in curves], axis=0)
    top = np.mean([np.interp(grid, c.x, c.y) for c in curves], axis=0)
    return np.repeat(grid, 2), np.stack([foot, top], axis=1).ravel()


def _mean_precision(curves: Sequence[Curve]) -> tuple[Floats, Floats]:
    """The mean precision at every recall that any curve has, which is that of its next point."""
    grid = np.unique(np.concatenate([curve.x for curve in curves]))
    return grid, np.mean([c.y[np.searchsorted(c.x, grid)] for c in curves], axis=0)


def _thinned(curve: Curve, most: int) -> Curve:
    """Points that lie densest at both ends, with the two corners: most y for x, most of both."""
    last, each = len(curve.x) - 1, (most - 2) // 3
    if last < most:
        return curve
    from_an_end = np.append(0, np.geomspace(1, last, each - 1)).round().astype(int)
    kept = np.unique(np.concatenate([
        from_an_end, last - from_an_end, np.linspace(0, last, each).round().astype(int),
        [(curve.y - curve.x).argmax(), (curve.y + curve.x).argmax()],
    ]))  # fmt: skip
    return replace(curve, x=curve.x[kept], y=curve.y[kept])
