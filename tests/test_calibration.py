"""Does confidence come true? scikit-learn, SciPy, grids and simulation are the oracles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss
from statsmodels.stats.proportion import proportion_confint

from digitcore.comparison.calibration import (
    WAYS,
    Predictions,
    at_temperature,
    confidences,
    error_by_luck,
    fit_temperature,
    reliability,
    tempered,
    wilson_each,
)
from digitcore.evaluation import wilson
from tests.test_evaluation import any_guesses, certain, guesses


def honest(n: int, seed: int, spread: float = 3.0) -> Predictions:
    """Predictions whose probabilities are exactly true: the labels are drawn from them."""
    draw = np.random.default_rng(seed)
    logits = spread * draw.normal(size=(n, 10))
    probs = np.exp(logits - logits.max(1, keepdims=True))
    probs /= probs.sum(1, keepdims=True)
    labels = (draw.random((n, 1)) < probs.cumsum(1)).argmax(1)
    return Predictions(probs, labels)


def halves_sure(n: int = 2000) -> Predictions:
    """As shipped models are: the larger part of the digits has a confidence of exactly 1."""
    unsure, sure = guesses(n // 4, 5), certain([3] * (n - n // 4), [3] * (n - n // 4))
    return Predictions(
        np.concatenate([unsure.probs, sure.probs]), np.concatenate([unsure.labels, sure.labels])
    )


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1))
def test_many_intervals_are_those_of_scipy_and_statsmodels(counts):
    hits, misses = np.array(counts).T
    n = hits + misses + 1
    low, high = wilson_each(hits, n)
    each = [wilson(int(h), int(k)) for h, k in zip(hits, n, strict=True)]
    assert low == pytest.approx([rate.low for rate in each], abs=1e-9)
    assert high == pytest.approx([rate.high for rate in each], abs=1e-9)
    assert np.stack([low, high]) == pytest.approx(
        np.stack(proportion_confint(hits, n, method="wilson")), abs=1e-9
    )


@given(any_guesses, st.sampled_from(WAYS), st.integers(1, 30))
def test_bins_are_scikit_learns_on_the_top_label(predictions, by, bins):
    found = reliability(predictions, by, bins)
    strategy = {"equal width": "uniform", "equal count": "quantile"}[by]
    true, claimed = calibration_curve(
        predictions.right, predictions.confidence.astype(float), n_bins=bins,
        strategy=strategy, pos_label=1,
    )  # fmt: skip
    assert found.accuracy == pytest.approx(true)
    assert found.confidence == pytest.approx(claimed)


@given(any_guesses, st.sampled_from(WAYS), st.integers(1, 30))
def test_bins_hold_every_digit_once_with_its_interval(predictions, by, bins):
    found = reliability(predictions, by, bins)
    assert found.by == by
    assert found.n == len(predictions)
    assert (found.count > 0).all() and len(found.count) <= bins
    assert (np.diff(found.confidence) > 0).all()
    assert found.claimed == pytest.approx(predictions.confidence.astype(float).mean())
    hits = np.round(found.count * found.accuracy).astype(int)
    assert hits.sum() == predictions.correct
    for i, rate in enumerate(map(wilson, hits.tolist(), found.count.tolist())):
        assert (found.low[i], found.high[i]) == pytest.approx((rate.low, rate.high), abs=1e-9)


@given(any_guesses, st.integers(1, 30))
def test_the_bins_error_is_the_calibration_error(predictions, bins):
    expected = predictions.calibration_error(bins)
    assert reliability(predictions, "equal width", bins).error == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("confidence", np.arange(2, 16, dtype=np.float32) / 15)
def test_on_an_edge_both_errors_take_the_same_bin(confidence):
    below = np.nextafter(confidence, np.float32(0))
    parts = [certain([1] * 9, [1] * 5 + [2] * 4, at) for at in (confidence, below)]
    both = Predictions(*(np.concatenate([getattr(p, f) for p in parts])
                         for f in ("probs", "labels")))  # fmt: skip
    assert reliability(both).error == pytest.approx(both.calibration_error(), abs=1e-9)


def test_bins_of_equal_count_are_equal_but_where_confidence_is():
    spread = reliability(guesses(1500, 1), "equal count", 15)
    assert (spread.count == 100).all()
    sure = reliability(halves_sure(), "equal count", 15)
    assert len(sure.count) < 15
    assert sure.count[-1] >= 1500  # with the unsure ones of the bin in which certainty begins


@given(any_guesses, st.sampled_from(WAYS))
def test_the_verdict_holds_the_claim_against_the_interval(predictions, by):
    found = reliability(predictions, by)
    assert found.reached == predictions.accuracy
    inside = predictions.accuracy.low <= found.claimed <= predictions.accuracy.high
    assert (found.verdict == "as sure as it is right") == inside


def test_verdicts_in_words():
    assert reliability(certain([1] * 50, [1] * 25 + [2] * 25, 0.9)).verdict == "too sure"
    assert reliability(certain([1] * 50, [1] * 50, 0.5)).verdict == "too timid"


def test_an_unknown_way_of_binning_is_refused():
    with pytest.raises(ValueError, match="equal width or equal count"):
        reliability(guesses(9, 0), "by hand")


@pytest.mark.parametrize("by", WAYS)
def test_one_digit_is_one_bin(by):
    found = reliability(certain([4], [4], 0.8), by)
    assert (found.count, found.accuracy) == ([1], [1])
    assert found.confidence == pytest.approx([0.8])
    assert found.error == pytest.approx(0.2)


@given(any_guesses, st.integers(1, 40))
def test_the_histogram_counts_right_and_wrong_answers_apart(predictions, bins):
    found = confidences(predictions, bins)
    assert found.edges == pytest.approx(np.linspace(0, 1, bins + 1))
    assert (found.right.sum(), found.wrong.sum()) == (predictions.correct, predictions.errors)
    for k in range(bins):
        inside = (predictions.confidence >= found.edges[k]) & (
            (predictions.confidence < found.edges[k + 1]) | (k == bins - 1)
        )
        assert found.right[k] + found.wrong[k] == inside.sum()


@pytest.mark.parametrize("by", WAYS)
def test_luck_is_what_resampled_answers_come_to(by):
    predictions, draw, errors = honest(800, 1), np.random.default_rng(7), []
    for _ in range(300):
        hit = draw.random(800) < predictions.confidence
        labels = np.where(hit, predictions.answers, (predictions.answers + 1) % 10)
        errors.append(reliability(Predictions(predictions.probs, labels), by).error)
    assert error_by_luck(predictions, by) == pytest.approx(np.quantile(errors, 0.95), rel=0.1)


def test_confidence_that_is_exactly_true_mostly_stays_within_luck():
    sets = [honest(500, seed) for seed in range(60)]
    within = sum(one.calibration_error() <= error_by_luck(one) for one in sets)
    assert stats.binomtest(within, 60, 0.95).pvalue > 0.001


def test_luck_of_certain_answers_is_nothing_and_is_always_the_same():
    assert error_by_luck(certain([1, 2], [1, 2])) == 0
    assert error_by_luck(guesses(50, 3)) == error_by_luck(guesses(50, 3))
    assert error_by_luck(guesses(50, 3)) > error_by_luck(guesses(5000, 3)) > 0


SKILLED = [guesses(400, seed, skill) for seed, skill in enumerate((0.5, 2.0, 4.0))]


@pytest.mark.parametrize("predictions", SKILLED)
def test_the_temperature_is_the_best_of_a_grid(predictions):
    found = fit_temperature(predictions)
    grid = np.geomspace(1 / 20, 20, 800)
    losses = [at_temperature(predictions, t).log_loss for t in grid]
    assert found == pytest.approx(grid[np.argmin(losses)], rel=0.01)
    assert at_temperature(predictions, found).log_loss <= min(losses) + 1e-7


@pytest.mark.parametrize("known", [0.4, 1.7, 3.0])
def test_a_known_overconfidence_is_undone(known):
    true = honest(20_000, 2)
    made = at_temperature(true, 1 / known)  # as sure as its logits times `known`
    assert fit_temperature(made) == pytest.approx(known, rel=0.03)
    undone = at_temperature(made, fit_temperature(made))
    assert undone.calibration_error() < error_by_luck(true) * 1.2
    assert made.calibration_error() > 3 * undone.calibration_error()


@given(st.integers(0, 2), st.floats(0.5, 2))
def test_temperatures_multiply(which, factor):
    predictions = SKILLED[which]
    scaled = at_temperature(predictions, 1 / factor)
    assert fit_temperature(scaled) == pytest.approx(factor * fit_temperature(predictions), rel=1e-3)


@given(any_guesses, st.floats(0.05, 20))
def test_a_temperature_changes_no_answer(predictions, temperature):
    warm = at_temperature(predictions, temperature)
    assert (warm.answers == predictions.answers).all()
    assert warm.accuracy == predictions.accuracy
    assert warm.probs.sum(1) == pytest.approx(1)
    sharper = warm.confidence >= predictions.confidence - 1e-6
    assert sharper.all() if temperature <= 1 else (~sharper | (warm.confidence < 1)).all()


@given(any_guesses)
def test_temperature_1_changes_nothing(predictions):
    assert at_temperature(predictions, 1).probs == pytest.approx(predictions.probs, abs=1e-6)


@given(any_guesses, st.floats(0.2, 5))
def test_a_temperature_divides_the_logits(predictions, temperature):
    logits = np.log(predictions.probs.astype(float)) + 7  # a constant takes no part
    expected = np.exp(logits / temperature)
    expected /= expected.sum(1, keepdims=True)
    assert at_temperature(predictions, temperature).probs == pytest.approx(expected)


@pytest.mark.parametrize("temperature", [1 / 20, 1, 20])
def test_probabilities_of_zero_and_nearly_zero_survive(temperature):
    probs = np.zeros((3, 10), np.float32)
    probs[0, 4] = 1
    probs[1, :2] = 0.5
    probs[2] = 1e-25
    probs[2, 7] = 1
    warm = at_temperature(Predictions(probs, np.array([4, 0, 7])), temperature).probs
    assert warm[0].tolist() == probs[0].tolist()
    assert warm[1].tolist() == probs[1].tolist()
    assert warm[2].argmax() == 7 and np.isfinite(warm).all()


@pytest.mark.parametrize("temperature", [0, -1, np.nan, np.inf])
def test_what_is_no_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="above 0"):
        at_temperature(SKILLED[0], temperature)


def test_without_an_error_there_is_no_best_temperature():
    assert fit_temperature(certain([1, 2, 3], [1, 2, 3], 0.9)) == 1


def test_where_no_temperature_helps_it_stays_1():
    even = Predictions(np.full((20, 10), 0.1, np.float32), np.arange(20) % 10)
    assert fit_temperature(even) == 1


def test_a_certain_error_gives_a_finite_temperature():
    found = fit_temperature(certain([1] * 99 + [2], [1] * 100))
    assert 1 < found <= 20


def test_tempered_tells_before_and_after_on_other_digits():
    validation, shown = guesses(400, 1, 3.0), guesses(700, 2, 3.0)
    found = tempered(shown, validation)
    after = at_temperature(shown, fit_temperature(validation))
    assert found.temperature == fit_temperature(validation)
    assert found.fitted_n == 400
    assert found.accuracy == shown.accuracy == after.accuracy
    assert found.calibration_error == (shown.calibration_error(), after.calibration_error())
    assert found.log_loss[0] == pytest.approx(shown.log_loss)
    assert found.log_loss[1] == pytest.approx(log_loss(shown.labels, after.probs, labels=range(10)))


def test_on_the_digits_that_fitted_it_a_temperature_never_costs_log_loss():
    for predictions in SKILLED:
        before, after = tempered(predictions, predictions).log_loss
        assert after <= before + 1e-9
