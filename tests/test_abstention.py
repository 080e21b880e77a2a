"""What a model that may abstain answers: counting one by one is the oracle."""

from itertools import groupby, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitcore.comparison.abstention import (
    abstain,
    coverage,
    left_over,
    promise,
    risk_area,
    threshold_for,
)
from digitcore.comparison.calibration import Predictions
from digitcore.evaluation import wilson
from tests.test_evaluation import any_guesses, certain, guesses

SURE = (1.0, 0.9, 0.5)


def stepped(steps: list[tuple[int, bool]]) -> Predictions:
    """Answers whose confidence is one of three: many are equally sure."""
    probs = np.zeros((len(steps), 10), np.float32)
    for row, (step, _) in zip(probs, steps, strict=True):
        row[1] = SURE[step]
        row[2:6] = (1 - SURE[step]) / 4
    return Predictions(probs, np.array([1 if right else 2 for _, right in steps]))


tied = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=40).map(stepped)
either = any_guesses | tied


@given(either)
def test_every_point_is_what_its_threshold_answers(predictions):
    curve = coverage(predictions)
    wrong = predictions.answers != predictions.labels
    assert curve.n == len(predictions) == curve.answered[-1]
    assert curve.errors[-1] == predictions.errors
    assert (np.diff(curve.threshold) < 0).all() and (np.diff(curve.answered) > 0).all()
    for i, threshold in enumerate(curve.threshold):
        answered = predictions.confidence >= threshold
        assert curve.answered[i] == answered.sum()
        assert curve.errors[i] == (wrong & answered).sum()
        rate = wilson(int((~wrong & answered).sum()), int(answered.sum()))
        assert curve.share[i] == pytest.approx(answered.mean())
        assert curve.accuracy[i] == pytest.approx(rate.value)
        assert (curve.interval[0][i], curve.interval[1][i]) == pytest.approx((rate.low, rate.high))


def test_few_digits_are_all_points_and_many_are_thinned_to_where_few_are_left():
    assert len(coverage(guesses(100, 1)).answered) == 100
    curve = coverage(guesses(10_000, 1))
    assert 150 < len(curve.answered) <= 300
    assert (curve.n - curve.answered)[-6:].tolist() == [5, 4, 3, 2, 1, 0]
    assert np.diff(curve.answered).max() < 800


@given(either, st.integers(3, 50))
def test_a_thinned_curve_keeps_its_ends(predictions, most):
    every, thinned = coverage(predictions, 1000), coverage(predictions, most)
    assert len(thinned.answered) <= most
    assert {thinned.answered[0], thinned.answered[-1]} == {every.answered[0], every.answered[-1]}
    assert np.isin(thinned.answered, every.answered).all()


@given(st.integers(1, 300), st.integers(0, 999))
def test_risk_area_is_the_mean_risk_of_the_k_surest(n, seed):
    predictions = guesses(n, seed)
    order = np.argsort(-predictions.confidence)
    wrong = (predictions.answers != predictions.labels)[order]
    risks = [wrong[:k].mean() for k in range(1, n + 1)]
    assert risk_area(predictions) == pytest.approx(np.mean(risks))


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6))
def test_risk_area_is_the_mean_over_every_order_of_the_equally_sure(steps):
    areas = []
    for order in permutations(steps):
        if [step for step, _ in order] == sorted(step for step, _ in order):
            wrong = [not right for _, right in order]
            areas.append(np.mean([np.mean(wrong[:k]) for k in range(1, len(wrong) + 1)]))
    assert risk_area(stepped(steps)) == pytest.approx(np.mean(areas))


def test_risk_area_is_least_where_errors_are_the_least_sure():
    first = stepped([(0, True)] * 8 + [(2, False)] * 2)
    last = stepped([(0, False)] * 2 + [(2, True)] * 8)
    assert risk_area(first) < 0.05 < 0.4 < risk_area(last)
    assert risk_area(certain([1, 2], [1, 2])) == 0
    assert risk_area(certain([1, 2], [2, 1])) == 1


@given(either, st.floats(0, 1))
def test_abstaining_counts_what_is_answered_and_what_is_left(predictions, threshold):
    found = abstain(predictions, threshold)
    pairs = zip(predictions.answers, predictions.labels, strict=True)
    rights = [answer == label for answer, label in pairs]
    groups = {True: [], False: []}
    for right, sure in zip(rights, predictions.confidence >= threshold, strict=True):
        groups[bool(sure)].append(right)
    assert (found.answered, found.left) == (len(groups[True]), len(groups[False]))
    assert (found.errors, found.caught) == (groups[True].count(False), groups[False].count(False))
    assert found.n == len(predictions) and found.threshold == threshold
    assert found.coverage == pytest.approx(len(groups[True]) / len(rights))
    if found.answered:
        assert found.accuracy == wilson(sum(groups[True]), found.answered)
        assert found.error_rate == wilson(groups[True].count(False), found.answered)
    else:
        assert found.accuracy is found.error_rate is None


@given(either, st.floats(0, 1))
def test_what_is_left_over_is_named_the_least_sure_first(predictions, threshold):
    places = left_over(predictions, threshold)
    assert len(places) == abstain(predictions, threshold).left
    assert len(set(places.tolist())) == len(places)
    assert (predictions.confidence[places] < threshold).all()
    assert (np.diff(predictions.confidence[places]) >= 0).all()


def best_by_hand(predictions: Predictions, rate: float) -> int:
    """How many can be answered at most: try every confidence that occurs."""
    tried = [abstain(predictions, float(t)) for t in np.unique(predictions.confidence)]
    return max((one.answered for one in tried if one.errors <= rate * one.answered), default=0)


@given(either, st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5]))
def test_the_threshold_for_a_rate_answers_as_many_as_any(predictions, rate):
    threshold = threshold_for(predictions, rate)
    if threshold is None:
        assert best_by_hand(predictions, rate) == 0
        return
    found = abstain(predictions, threshold)
    assert found.errors <= rate * found.answered
    assert found.answered == best_by_hand(predictions, rate)
    assert (threshold == 0) == (found.answered == len(predictions))


def test_thresholds_for_rates_that_are_met_anyhow_or_never():
    assert threshold_for(certain([1, 2], [1, 2]), 0) == 0
    assert threshold_for(certain([1, 2], [2, 1]), 0.5) is None
    falls_first = stepped([(0, False), (1, True), (1, True)])
    assert threshold_for(falls_first, 0.4) == 0  # the surest is wrong, yet all together are fine


def test_a_curve_of_one_digit_and_of_one_confidence_is_one_point():
    for predictions in (certain([3], [3]), certain([3] * 50, [3] * 49 + [5])):
        curve = coverage(predictions)
        assert len(list(groupby(curve.threshold))) == 1
        assert curve.answered.tolist() == [len(predictions)]


def test_abstaining_is_told_in_a_sentence():
    found = abstain(stepped([(0, True)] * 97 + [(1, False)] + [(2, True)] * 2), 0.9)
    assert found.words == (
        "Answers from 0.9 on: 98.00 % of the digits, 1 error of 98, 2 left to a person."
    )
    assert "0 errors of 0, 100 left" in abstain(stepped([(2, True)] * 100), 0.999).words


@given(either, either, st.sampled_from([0.0, 0.05, 0.3]))
def test_a_promise_is_made_on_validation_digits_and_tried_on_others(shown, validation, rate):
    found, threshold = promise(shown, validation, rate), threshold_for(validation, rate)
    if threshold is None:
        assert (found.validation, found.shown) == (None, None)
        assert found.verdict == "no threshold does"
        return
    assert found.validation == abstain(validation, threshold)
    assert found.shown == abstain(shown, threshold)
    kept = found.shown.answered > 0 and found.shown.errors <= rate * found.shown.answered
    assert found.verdict.startswith("kept") == kept
    assert (found.verdict == "nothing answered") == (found.shown.answered == 0)


def test_luck_may_break_a_promise_but_not_by_much():
    validation = stepped([(1, True)] * 20)
    verdicts = [
        promise(stepped([(1, False)] * k + [(1, True)] * (40 - k)), validation, 0.05).verdict
        for k in (2, 3, 20)
    ]
    assert verdicts == ["kept, perhaps by luck", "not kept, perhaps by luck", "not kept"]
    assert promise(stepped([(1, True)] * 100), validation, 0.05).verdict == "kept"
    unsure = promise(stepped([(2, False)]), stepped([(1, True), (2, False)]), 0)
    assert unsure.verdict == "nothing answered"
