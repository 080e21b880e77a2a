"""Where models fail together: Python's sets, scikit-learn and simulation are the oracles."""

from collections import Counter
from itertools import combinations
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from digitcore.comparison.overlap import (
    METRICS,
    agreement,
    all_wrong,
    class_rates,
    confused,
    disputed,
    f1_rate,
    held,
    only_right,
    only_wrong,
    overlap,
    pairs,
    votes,
    where_confused,
    wrong,
)
from digitcore.evaluation import Predictions, wilson


def certain(answers, labels) -> Predictions:
    probs = np.zeros((len(labels), 10), np.float32)
    probs[np.arange(len(labels)), answers] = 1
    return Predictions(probs, np.asarray(labels))


def committee(models: int, n: int, seed: int, skill: float = 0.7) -> dict[str, Predictions]:
    """Models that answer rightly with chance `skill` and otherwise anything."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 10, n)
    return {
        f"model-{m}": certain(
            np.where(draw.random(n) < skill, labels, draw.integers(0, 10, n)), labels
        )
        for m in range(models)
    }


committees = st.builds(
    committee, st.integers(1, 30), st.integers(1, 80), st.integers(0, 9999), st.floats(0, 1)
)
LABELS = [4, 9, 4, 7, 0, 1]
THREE = {
    "a": certain([9, 9, 4, 7, 6, 1], LABELS),  # wrong on 0 and 4
    "b": certain([9, 4, 4, 7, 0, 1], LABELS),  # wrong on 0 and 1
    "c": certain([4, 4, 9, 7, 8, 1], LABELS),  # wrong on 1, 2 and 4
}


def error_sets(models) -> dict[str, set[int]]:
    """By a loop over digits, which is the oracle of everything below."""
    return {
        name: {i for i in range(len(p)) if int(p.probs[i].argmax()) != int(p.labels[i])}
        for name, p in models.items()
    }


def exact_groups(models) -> dict[frozenset[str], set[int]]:
    sets = error_sets(models)
    groups: dict[frozenset[str], set[int]] = {}
    for digit in set().union(*sets.values()):
        who = frozenset(name for name, errors in sets.items() if digit in errors)
        groups.setdefault(who, set()).add(digit)
    return groups


@given(committees)
def test_groups_are_the_exact_intersections(models):
    found, expected = overlap(models, most=1000), exact_groups(models)
    assert {frozenset(g.models): set(g.places.tolist()) for g in found.groups} == expected
    assert len(found.groups) == len(expected)
    assert (found.rest, found.rest_digits) == (0, 0)
    assert found.n == len(next(iter(models.values())))
    assert found.erring == len(set().union(*error_sets(models).values()))


@given(committees, st.integers(1, 6))
def test_the_largest_groups_come_first_and_the_rest_is_counted(models, most):
    found, expected = overlap(models, most), exact_groups(models)
    sizes = [len(group.places) for group in found.groups]
    assert sizes == sorted(map(len, expected.values()), reverse=True)[:most]
    assert found.rest == len(expected) - len(found.groups)
    assert sum(sizes) + found.rest_digits == found.erring
    ranks = [(-len(group.places), len(group.models)) for group in found.groups]
    assert ranks == sorted(ranks)
    for group in found.groups:
        assert list(group.models) == [name for name in models if name in group.models]
        assert (np.diff(group.places) > 0).all()


@given(committees)
def test_all_wrong_only_right_and_only_wrong_are_set_algebra(models):
    sets = error_sets(models)
    digits = set(range(len(next(iter(models.values())))))
    assert set(all_wrong(models).tolist()) == digits.intersection(*sets.values())
    for name in models:
        others = [sets[other] for other in models if other != name]
        right = digits.intersection(*others) - sets[name]
        assert set(only_right(models)[name].tolist()) == right
        assert set(only_wrong(models)[name].tolist()) == sets[name].difference(*others)


def test_three_models_by_hand():
    found = overlap(THREE)
    assert [(group.models, group.places.tolist()) for group in found.groups] == [
        (("c",), [2]), (("a", "b"), [0]), (("a", "c"), [4]), (("b", "c"), [1]),
    ]  # fmt: skip
    assert (found.n, found.erring) == (6, 4)
    assert {name: places.tolist() for name, places in only_right(THREE).items()} == {
        "a": [1], "b": [4], "c": [0],
    }  # fmt: skip
    assert only_wrong(THREE)["c"].tolist() == [2]
    assert all_wrong(THREE).size == 0
    assert disputed(THREE).tolist() == [4, 0, 1, 2]  # three answers to digit 4
    assert votes(THREE).distinct.tolist() == [2, 2, 2, 1, 3, 1]
    assert votes(THREE).majority.tolist() == [2, 2, 2, 3, 1, 3]
    assert votes(THREE).entropy[4] == pytest.approx(log2(3))
    assert [(c.label, c.answer, c.total, c.support) for c in confused(THREE)] == [
        (4, 9, 3, 2), (9, 4, 2, 1), (0, 6, 1, 1), (0, 8, 1, 1),
    ]  # fmt: skip
    assert where_confused(THREE, 4, 9).tolist() == [0, 2]  # two models misread 0, one misreads 2


@given(committees)
def test_agreement_is_the_share_of_equal_answers(models):
    shares = agreement(models)
    every = list(models.values())[:6]
    for a, first in enumerate(every):
        for b, second in enumerate(every):
            expected = metrics.accuracy_score(first.answers, second.answers)
            assert shares[a, b] == pytest.approx(expected)
    assert (np.diag(shares) == 1).all() and (shares == shares.T).all()


@given(committees)
def test_pairs_are_every_two_models_the_most_alike_first(models):
    found = pairs(models)
    assert {pair.models for pair in found} == set(combinations(models, 2))
    assert [pair.same for pair in found] == sorted((pair.same for pair in found), reverse=True)
    for pair in found:
        same = models[pair.models[0]].answers == models[pair.models[1]].answers
        assert (pair.same, pair.differing) == (same.sum(), (~same).sum())
        assert pair.share == wilson(pair.same, len(same))


@given(committees)
def test_votes_are_counted_digit_by_digit(models):
    found, first = votes(models), next(iter(models.values()))
    for digit in range(len(first)):
        ballot = Counter(int(model.answers[digit]) for model in models.values())
        shares = [count / len(models) for count in ballot.values()]
        assert found.distinct[digit] == len(ballot)
        assert found.majority[digit] == max(ballot.values())
        assert found.entropy[digit] == pytest.approx(-sum(p * log2(p) for p in shares), abs=1e-12)


@given(committees)
def test_disputed_digits_come_with_falling_entropy_and_none_that_all_agree_on(models):
    found, order = votes(models), disputed(models)
    assert set(order.tolist()) == set(np.flatnonzero(found.distinct > 1).tolist())
    entropies = found.entropy[order]
    assert (np.diff(entropies) <= 0).all()
    assert (np.diff(order)[np.diff(entropies) == 0] > 0).all()  # equal splits in the digits' order


def test_equal_splits_of_votes_are_equally_disputed_whatever_the_answers():
    labels = [0, 0, 0]
    answers = [[0, 9, 3], [0, 9, 3], [0, 9, 3], [1, 2, 8], [5, 7, 4]]
    models = {str(m): certain(row, labels) for m, row in enumerate(answers)}
    assert len(set(votes(models).entropy.tolist())) == 1


@given(committees)
def test_confused_pairs_are_scikit_learns_confusions(models):
    found = confused(models)
    labels = next(iter(models.values())).labels
    matrices = {
        name: metrics.confusion_matrix(labels, model.answers, labels=range(10))
        for name, model in models.items()
    }
    together = sum(matrices.values())
    assert len(found) == np.count_nonzero(together - np.diag(np.diag(together)))
    assert [pair.total for pair in found] == sorted((p.total for p in found), reverse=True)
    for pair in found:
        assert pair.label != pair.answer
        assert pair.total == together[pair.label, pair.answer] > 0
        assert pair.support == (labels == pair.label).sum()
        for name, count in pair.counts.items():
            assert count == matrices[name][pair.label, pair.answer]
    every = sum(model.errors for model in models.values())
    assert held(found, models) == (every, every)
    assert held(found[:2], models) == (sum(sum(pair.counts.values()) for pair in found[:2]), every)


@given(committees, st.integers(0, 9), st.integers(0, 9))
def test_where_confused_finds_each_digit_those_of_most_models_first(models, label, answer):
    labels = next(iter(models.values())).labels
    counts = {
        i: sum(int(model.answers[i] == answer) for model in models.values())
        for i in range(len(labels))
        if labels[i] == label
    }
    found = where_confused(models, label, answer).tolist()
    assert set(found) == {i for i, count in counts.items() if count}
    assert [counts[i] for i in found] == sorted((counts[i] for i in found), reverse=True)


@given(committees)
def test_class_rates_are_those_of_scikit_learn_with_wilsons_interval(models):
    predictions = next(iter(models.values()))
    for rates, report in zip(class_rates(predictions), predictions.by_class(), strict=True):
        assert (rates.digit, rates.support) == (report.digit, report.support)
        assert rates.answered == (predictions.answers == rates.digit).sum()
        for metric in METRICS:
            rate = getattr(rates, metric)
            if rate is None:
                assert rates.support == 0 or (metric == "precision" and rates.answered == 0)
                continue
            assert rate.value == pytest.approx(getattr(report, metric))
            assert -1e-9 <= rate.low <= rate.value + 1e-9 <= rate.high + 2e-9 <= 1 + 3e-9
        if rates.recall:
            hits = round(rates.recall.value * rates.support)
            assert rates.recall == wilson(hits, rates.support)
            assert rates.precision is None or rates.precision == wilson(hits, rates.answered)


def test_a_class_without_a_sample_has_no_rate():
    rates = list(class_rates(certain([3, 3, 5], [3, 4, 5])))
    assert rates[0] == type(rates[0])(0, 0, 0, None, None, None)
    assert (rates[4].precision, rates[4].recall.value, rates[4].f1.value) == (None, 0, 0)
    assert (rates[3].answered, rates[3].precision.value) == (2, 0.5)
    false_alarm = list(class_rates(certain([7], [3])))[7]
    assert (false_alarm.answered, false_alarm.recall, false_alarm.f1) == (1, None, None)
    assert (false_alarm.precision.value, false_alarm.precision.n) == (0, 1)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_f1_interval_maps_wilsons_for_the_share_that_is_both(hits, false_alarms, misses):
    if not hits + false_alarms + misses:
        return
    rate, z = f1_rate(hits, false_alarms, misses), stats.norm.ppf(0.975)
    n = hits + false_alarms + misses
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = middle - half, middle + half
    assert rate.n == n
    assert rate.value == pytest.approx(2 * hits / (2 * hits + false_alarms + misses))
    assert (rate.low, rate.high) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert -1e-9 <= rate.low <= rate.value + 1e-9 <= rate.high + 2e-9
    assert rate.high - rate.low > 0


def test_f1_interval_is_the_delta_methods_where_counts_are_large():
    """Takahashi et al. (2022): the variance by the multivariate delta method, for one class."""
    hits, false_alarms, misses, n = 90_000, 6_000, 9_000, 1_000_000
    p = np.array([hits, false_alarms, misses]) / n
    denominator = 2 * p[0] + p[1] + p[2]
    f1 = 2 * p[0] / denominator
    slope = np.array([2 * (1 - f1), -f1, -f1]) / denominator
    deviation = np.sqrt(slope @ (np.diag(p) - np.outer(p, p)) @ slope / n)
    rate = f1_rate(hits, false_alarms, misses)
    half = stats.norm.ppf(0.975) * deviation
    assert (rate.low, rate.high) == pytest.approx((f1 - half, f1 + half), abs=half / 100)


@pytest.mark.parametrize(
    ("n", "shares"),
    [(10_000, (0.097, 0.0006, 0.0008)), (1_000, (0.09, 0.004, 0.006)), (300, (0.08, 0.02, 0.02))],
)
def test_f1_interval_holds_the_true_value_in_95_of_100_test_sets(n, shares):
    draw = np.random.default_rng(5)
    truth = 2 * shares[0] / (2 * shares[0] + shares[1] + shares[2])
    sets = draw.multinomial(n, [*shares, 1 - sum(shares)], size=1500)
    rates = [f1_rate(*map(int, row[:3])) for row in sets]
    covered = np.mean([rate.low <= truth <= rate.high for rate in rates])
    assert 0.93 <= covered <= 0.97


def test_one_model_overlaps_with_none():
    one = {"a": THREE["a"]}
    (group,) = overlap(one).groups
    assert (group.models, group.places.tolist()) == (("a",), [0, 4])
    assert all_wrong(one).tolist() == only_wrong(one)["a"].tolist() == [0, 4]
    assert pairs(one) == [] and disputed(one).size == 0
    assert agreement(one).tolist() == [[1.0]]
    assert votes(one).entropy.tolist() == [0] * 6


def test_models_without_an_error_overlap_nowhere():
    perfect = {name: certain(LABELS, LABELS) for name in "ab"}
    found = overlap(perfect)
    assert (found.groups, found.erring, found.rest, found.rest_digits) == ((), 0, 0, 0)
    assert confused(perfect) == [] and disputed(perfect).size == 0
    assert all_wrong(perfect).size == 0
    assert all(places.size == 0 for places in only_right(perfect).values())
    assert next(class_rates(perfect["a"])).f1.high == pytest.approx(1)


def test_identical_models_err_together_and_agree_everywhere():
    twins = {"a": THREE["c"], "b": THREE["c"], "c": THREE["c"]}
    (group,) = overlap(twins).groups
    assert group.models == ("a", "b", "c")
    assert (agreement(twins) == 1).all() and disputed(twins).size == 0
    assert all(pair.differing == 0 for pair in pairs(twins))


@settings(max_examples=5)
@given(st.integers(0, 9999))
def test_thirty_models_that_err_often_are_told_apart(seed):
    models = committee(30, 2000, seed, skill=0.5)
    found = overlap(models, 15)
    assert len(found.groups) == 15 and found.rest > 1500
    assert sum(len(group.places) for group in found.groups) + found.rest_digits == found.erring


@pytest.mark.parametrize("ask", [wrong, overlap, agreement, votes, confused, pairs])
def test_models_of_different_digits_and_no_model_are_refused(ask):
    with pytest.raises(ValueError, match="same digits"):
        ask({"a": certain([1, 2], [1, 2]), "b": certain([1, 2], [2, 1])})
    with pytest.raises(ValueError, match="one model"):
        ask({})
