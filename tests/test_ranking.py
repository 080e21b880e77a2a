"""ROC and precision-recall curves: scikit-learn and counting are the oracles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from digitcore.comparison.ranking import MACRO, Curve, ranking
from digitcore.evaluation import Predictions
from tests.test_evaluation import any_guesses, certain, guesses

WHOLE = 10**6  # points: nothing is thinned
rounded = st.builds(
    lambda n, seed, skill: Predictions(guesses(n, seed, skill).probs.round(1) + 1e-3,
                                       guesses(n, seed, skill).labels),
    st.integers(1, 80), st.integers(0, 999), st.floats(-2, 4),
)  # fmt: skip
either = any_guesses | rounded  # the rounded ones have many equal scores


@given(either)
def test_curves_and_areas_are_scikit_learns(predictions):
    found = ranking(predictions, WHOLE)
    for digit in set(found.roc) - {MACRO}:
        own, probs = predictions.labels == digit, predictions.probs[:, digit]
        roc, pr = found.roc[digit], found.precision_recall[digit]
        false, true, _ = metrics.roc_curve(own, probs)
        assert roc.x == pytest.approx(false) and roc.y == pytest.approx(true)
        assert roc.area == pytest.approx(metrics.roc_auc_score(own, probs))
        assert pr.area == pytest.approx(metrics.average_precision_score(own, probs))
        assert (roc.positives, roc.negatives) == (own.sum(), (~own).sum())
        assert (pr.positives, pr.negatives) == (own.sum(), (~own).sum())


@given(either)
def test_precision_is_the_best_that_comes_with_a_recall(predictions):
    found = ranking(predictions, WHOLE)
    for digit in set(found.precision_recall) - {MACRO}:
        own, probs = predictions.labels == digit, predictions.probs[:, digit]
        curve, best = found.precision_recall[digit], {0.0: 1.0}
        for threshold in np.unique(probs):
            taken = probs >= threshold
            recall, precision = own[taken].sum() / own.sum(), own[taken].mean()
            if recall:
                best[recall] = max(precision, best.get(recall, 0))
        assert curve.x == pytest.approx(sorted(best))
        assert curve.y == pytest.approx([best[recall] for recall in sorted(best)])


def steps(curve: Curve) -> float:
    """The area under steps, each as high as the point at its right end."""
    return float((np.diff(curve.x) * curve.y[1:]).sum())


@given(either)
def test_macro_is_the_mean_over_the_digits_in_area_and_height(predictions):
    found = ranking(predictions, WHOLE)
    if MACRO not in found.roc:
        return
    rocs, prs = ([c for of, c in curves.items() if of != MACRO]
                 for curves in (found.roc, found.precision_recall))  # fmt: skip
    roc, pr = found.roc[MACRO], found.precision_recall[MACRO]
    assert roc.area == pytest.approx(np.mean([curve.area for curve in rocs]))
    assert pr.area == pytest.approx(np.mean([curve.area for curve in prs]))
    assert metrics.auc(roc.x, roc.y) == pytest.approx(roc.area)  # drawn and named are the same
    assert steps(pr) == pytest.approx(pr.area)
    assert (np.diff(roc.x) >= 0).all() and (np.diff(roc.y) >= -1e-12).all()
    assert (roc.x[0], roc.y[0]) == (0, 0) and (roc.x[-1], roc.y[-1]) == pytest.approx((1, 1))
    assert roc.positives == roc.negatives == len(predictions)


@given(st.builds(guesses, st.integers(150, 400), st.integers(0, 999), st.floats(0, 5)))
def test_macro_area_is_the_auc_of_the_predictions(predictions):
    assert ranking(predictions).roc[MACRO].area == pytest.approx(predictions.auc)


def test_macro_roc_is_scikit_learns_multiclass_example():
    predictions = guesses(400, 3)
    found = ranking(predictions, WHOLE)
    rocs = [metrics.roc_curve(predictions.labels == d, predictions.probs[:, d])[:2]
            for d in range(10)]  # fmt: skip
    grid = np.linspace(0.0005, 1, 1000)  # away from the jumps
    expected = np.mean([np.interp(grid, x, y) for x, y in rocs], axis=0)
    curve = found.roc[MACRO]
    assert np.interp(grid, curve.x, curve.y) == pytest.approx(expected)


@pytest.mark.parametrize("skill", [0.0, 2.0, 5.0])
@pytest.mark.parametrize("most", [300, 30])
def test_thinned_curves_keep_ends_and_corners_and_hardly_move(skill, most):
    predictions = guesses(10_000, 1, skill)
    whole, thinned = ranking(predictions, WHOLE), ranking(predictions, most)
    grid = np.linspace(0, 1, 500)
    for kind in ("roc", "precision_recall"):
        for of, curve in getattr(whole, kind).items():
            thin = getattr(thinned, kind)[of]
            points = set(zip(curve.x, curve.y, strict=True))
            assert len(thin.x) <= most
            assert set(zip(thin.x, thin.y, strict=True)) <= points
            assert (thin.x[0], thin.y[0]) == (curve.x[0], curve.y[0])
            assert (thin.x[-1], thin.y[-1]) == (curve.x[-1], curve.y[-1])
            assert (thin.y - thin.x).max() == (curve.y - curve.x).max()
            assert (thin.y + thin.x).max() == (curve.y + curve.x).max()
            assert thin.area == curve.area
            moved = np.interp(grid, thin.x, thin.y) - np.interp(grid, curve.x, curve.y)
            assert most < 300 or np.abs(moved).max() < 0.04


def test_a_digit_with_no_sample_is_left_out():
    found = ranking(guesses(300, 1, classes=8))
    assert found.left_out == (8, 9)
    assert set(found.roc) == set(found.precision_recall) == {*range(8), MACRO}


def test_where_all_digits_are_the_same_there_is_no_curve():
    found = ranking(certain([3, 3, 4], [3, 3, 3]))
    assert found.left_out == tuple(range(10))
    assert found.roc == found.precision_recall == {}


def test_perfect_answers_have_whole_areas():
    labels = list(range(10)) * 4
    found = ranking(certain(labels, labels, 0.9))
    for curve in (*found.roc.values(), *found.precision_recall.values()):
        assert curve.area == pytest.approx(1)
        assert curve.y.max() == 1
