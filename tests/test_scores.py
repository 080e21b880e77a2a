"""The leaderboard's figures: scikit-learn, SciPy and the statistics module are the oracles."""

import statistics
from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from digitcore.augment import Warp
from digitcore.comparison.scores import FIGURES, Scores, lines, score, seed_groups, spread
from digitcore.recipes import Recipe
from digitcore.zoo import ZOO
from tests.test_evaluation import any_guesses, certain, guesses

VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=12)


@given(any_guesses)
def test_scores_are_scikit_learns(predictions):
    found, labels, answers = score(predictions), predictions.labels, predictions.answers
    there = np.unique(labels)
    macro = {"labels": there, "average": "macro", "zero_division": 0}
    assert found.n == len(labels)
    assert found.accuracy.value == pytest.approx(metrics.accuracy_score(labels, answers))
    assert found.errors == (labels != answers).sum()
    assert found.precision == pytest.approx(metrics.precision_score(labels, answers, **macro))
    assert found.recall == pytest.approx(metrics.recall_score(labels, answers, **macro))
    assert found.f1 == pytest.approx(metrics.f1_score(labels, answers, **macro))
    probs = predictions.probs.astype(float)
    probs /= probs.sum(1, keepdims=True)
    digits = list(range(10))
    assert found.log_loss == pytest.approx(metrics.log_loss(labels, probs, labels=digits))
    top = metrics.top_k_accuracy_score(labels, probs, k=3, labels=digits)
    assert found.top_3 == pytest.approx(top)
    if len(there) == 10:
        auc = metrics.roc_auc_score(labels, probs, multi_class="ovr", labels=digits)
        assert found.auc == pytest.approx(auc)
    else:
        assert isnan(found.auc)
    assert found.calibration_error == predictions.calibration_error(15)


def test_asking_again_gives_the_same():
    predictions = guesses(500, 3)
    assert score(predictions) == score(predictions)
    assert predictions.top(1) < predictions.top(2) < predictions.top(3)


def test_without_errors_all_is_well():
    found = score(certain(list(range(10)), list(range(10))))
    assert (found.errors, found.accuracy.value, found.f1, found.auc, found.top_3) == (0, 1, 1, 1, 1)


@given(VALUES)
def test_spread_is_scipys_t_interval(values):
    found = spread(values)
    assert found.count == len(values)
    assert found.mean == pytest.approx(statistics.fmean(values))
    assert found.deviation == pytest.approx(statistics.stdev(values), abs=1e-12)
    if found.deviation > 1e-9:
        interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    else:
        assert (found.low, found.high) == pytest.approx((found.mean, found.mean))


@given(VALUES)
def test_an_interval_is_cut_to_what_can_be(values):
    free, cut = spread(values), spread(values, within=(0, 1))
    assert (cut.low, cut.high) == (max(free.low, 0), min(free.high, 1))
    assert (cut.mean, cut.deviation) == (free.mean, free.deviation)


def test_one_value_has_no_spread():
    found = spread([0.7])
    assert (found.mean, found.count) == (0.7, 1)
    assert all(isnan(value) for value in (found.deviation, found.low, found.high))


def seeded(recipe: Recipe, *seeds: int) -> list[Recipe]:
    return [replace(recipe, seed=seed) for seed in seeds]


def test_runs_that_differ_only_by_their_seed_are_grouped():
    tiny, wide = ZOO["tiny"].recipe, ZOO["wide"].recipe
    warped = replace(tiny, warp=Warp(rotation=3))
    recipes = dict(zip("abcdefg", [
        *seeded(tiny, 1), *seeded(wide, 1), *seeded(tiny, 7), *seeded(warped, 2),
        *seeded(wide, 0), *seeded(tiny, 3), replace(tiny, epochs=9),
    ], strict=True))  # fmt: skip
    assert seed_groups(recipes) == [("a", "c", "f"), ("b", "e")]


def test_a_repeated_seed_is_no_new_draw():
    recipe = Recipe("tiny")
    assert seed_groups(dict(zip("abc", seeded(recipe, 1, 1, 2), strict=True))) == [("a", "c")]
    assert seed_groups(dict(zip("ab", seeded(recipe, 1, 1), strict=True))) == []
    assert seed_groups({}) == []


def test_every_shipped_recipe_differs_by_more_than_its_seed():
    assert seed_groups({name: entry.recipe for name, entry in ZOO.items()}) == []


def scored(skills: dict[str, float]) -> dict[str, Scores]:
    return {name: score(guesses(400, 5, skill)) for name, skill in skills.items()}


def test_lines_of_single_models_say_what_their_scores_do():
    scores = scored({"weak": 1.0, "good": 4.0, "middling": 2.0})
    board = lines(scores)
    assert [line.name for line in board] == ["good", "middling", "weak"]
    for line in board:
        one = scores[line.name]
        assert (line.runs, line.accuracy) == ((line.name,), one.accuracy)
        for figure in FIGURES[1:]:
            assert line.figures[figure].mean == getattr(one, figure)
            assert line.figures[figure].count == 1
        assert line.figures["accuracy"].mean == one.accuracy.value


def test_a_group_is_one_line_with_mean_and_deviation_of_every_figure():
    scores = scored({"a": 1.0, "b": 4.0, "c": 2.0, "d": 3.0})
    board = lines(scores, [("a", "c", "d")])
    assert [line.name for line in board] == ["b", "a: 3 seeds"]
    group = board[1]
    assert group.runs == ("a", "c", "d")
    for figure in FIGURES[1:]:
        values = [getattr(scores[name], figure) for name in group.runs]
        assert group.figures[figure].mean == pytest.approx(np.mean(values))
        assert group.figures[figure].deviation == pytest.approx(np.std(values, ddof=1))
        assert group.figures[figure].count == 3
    accuracies = [scores[name].accuracy.value for name in group.runs]
    interval = stats.ttest_1samp(accuracies, 0).confidence_interval(0.95)
    assert group.accuracy.value == pytest.approx(np.mean(accuracies))
    assert group.accuracy.low == pytest.approx(max(interval.low, 0))
    assert group.accuracy.high == pytest.approx(min(interval.high, 1))
    assert group.accuracy.n == 400


def test_equal_runs_have_no_spread_and_raise_no_warning():
    (group,) = lines(scored({"a": 2.0, "b": 2.0}), [("a", "b")])
    assert group.figures["f1"].deviation == 0
    assert group.accuracy.low == group.accuracy.value == group.accuracy.high


def test_a_figure_that_is_undefined_stays_so_in_a_group():
    scores = {name: score(guesses(50, seed, classes=9)) for seed, name in enumerate("ab")}
    (group,) = lines(scores, [("a", "b")])
    assert isnan(group.figures["auc"].mean) and isnan(group.figures["auc"].deviation)
    assert not isnan(group.figures["f1"].deviation)
