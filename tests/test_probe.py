"""Probes of a recipe: honest whatever the machine's speed, so a test scripts what time decides."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from digitcore import probe
from digitcore.augment import Warp
from digitcore.models import ARCHITECTURES
from digitcore.probe import (
    HIGHEST_RATE,
    LOWEST_RATE,
    Pace,
    RangePoint,
    Smoothing,
    estimate,
    extrapolate,
    measure,
    range_rate,
    range_test,
    suggest,
)
from digitcore.recipes import OPTIMIZERS, Recipe
from digitcore.zoo import ZOO

QUICK = Recipe("dense", epochs=3, batch_size=32, precision="float32")
PATIENT = 1e6  # seconds: never used up
PACE = Pace(training=0.002, validation=0.001)


def curve(losses, steps=100, optimizer="adam"):
    """Points of a range test whose smoothed losses are given, from rate to loss."""
    rates = [range_rate(optimizer, step, steps) for step in range(1, steps + 1)]
    return [RangePoint(k, r, losses(r), losses(r)) for k, r in enumerate(rates, start=1)]


def valley(middle, bottom=0.5):
    """A loss that falls from 2.3 to its bottom around a rate, and explodes after ten times that."""

    def loss(rate):
        decades = math.log10(rate / middle)
        fall = (2.3 - bottom) / (1 + math.exp(-8 * decades))
        return 2.3 - fall + 10 ** (3 * (decades - 1.5))

    return loss


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """Timings that need not be exact."""
    monkeypatch.setattr(probe, "BUDGET", 0.1)


@pytest.fixture
def no_measuring(monkeypatch):
    """A machine on which every recipe has the same pace."""
    monkeypatch.setattr(probe, "measure", lambda recipe: PACE)


@pytest.fixture(scope="module")
def learnable(mnist):
    return mnist.take(range(4096))


# --- how long


@pytest.mark.parametrize("name", ["tiny", "classic", "dense", "cautious"])
def test_an_estimate_of_a_zoo_recipe_is_positive_and_finite(name):
    recipe = ZOO[name].recipe
    expected = estimate(recipe, 55_000, 5_000)
    assert 0 < expected.seconds < math.inf
    assert 0 < expected.images_per_second < math.inf
    assert expected.epochs == recipe.epochs


@pytest.mark.parametrize("batch_size", [2, 9, 200, 4096])
def test_any_batch_size_has_a_pace(batch_size):
    pace = measure(replace(QUICK, batch_size=batch_size))
    assert pace.training > 0
    assert pace.validation > 0


@given(st.integers(1, 1000), st.integers(2, 60_000), st.integers(0, 30_000))
def test_time_grows_linearly_with_epochs_and_digits(epochs, digits, validation):
    once = extrapolate(PACE, 1, digits, validation).seconds
    assert extrapolate(PACE, epochs, digits, validation).seconds == pytest.approx(epochs * once)
    both = extrapolate(PACE, 1, digits, 0).seconds + extrapolate(PACE, 1, 0, validation).seconds
    assert once == pytest.approx(both)
    assert extrapolate(PACE, 1, 2 * digits, 2 * validation).seconds == pytest.approx(2 * once)


def test_an_estimate_is_what_the_measured_pace_makes_of_the_recipe(no_measuring):
    expected = estimate(QUICK, 10_000, 500)
    assert expected.seconds == pytest.approx(3 * (10_000 * 0.002 + 500 * 0.001))
    assert expected.images_per_second == pytest.approx(500)


def test_a_batch_is_never_larger_than_the_digits(monkeypatch):
    asked = []
    monkeypatch.setattr(probe, "measure", lambda recipe: asked.append(recipe) or PACE)
    estimate(replace(QUICK, batch_size=4096), 100, 10)
    assert [recipe.batch_size for recipe in asked] == [100]


@pytest.mark.parametrize("digits", [0, 1])
def test_too_few_digits_are_refused_in_words(few, digits):
    with pytest.raises(ValueError, match="digits"):
        estimate(QUICK, digits, 10)
    with pytest.raises(ValueError, match="digits"):
        next(range_test(QUICK, few[0].take(range(digits))))


@given(st.floats(0, 0.6), st.floats(1e-6, 0.01), st.integers(0, 4000))
def test_a_larger_batch_is_read_from_the_line(overhead, image, beyond):
    """overhead: of a step, in images' worth of the smallest batch."""
    step = overhead * 8 * image
    timed = [(size, step + size * image) for size in (8, 32)]
    assert probe._on_the_line(timed, 32 + beyond) == pytest.approx(step + (32 + beyond) * image)


@given(st.floats(0.001, 10), st.floats(0.001, 10), st.integers(33, 4096))
def test_a_disturbed_timing_does_not_count_many_times(first, second, whole):
    seconds = probe._on_the_line([(8, first), (32, second)], whole)
    assert 0.6 * whole / 32 * second <= seconds * (1 + 1e-9)
    assert seconds <= whole / 32 * second * (1 + 1e-9)


@given(st.integers(2, 4096))
def test_batches_are_timed_in_growing_size_up_to_the_whole(whole):
    sizes = probe._batch_sizes(whole)
    assert sizes[-1] == whole
    assert all(small < large <= 4 * small for small, large in pairwise(sizes))


def test_a_dear_batch_is_not_timed(monkeypatch, mnist):
    """On a machine that takes a second an image, only the two smallest batches are."""
    sizes = []
    monkeypatch.setattr(
        probe, "_seconds_of_fit", lambda _l, images, *_: sizes.append(len(images)) or len(images)
    )
    assert measure(replace(QUICK, batch_size=1000)).training == pytest.approx(1, abs=0.1)
    assert sizes == [8, 32]


# --- which learning rate


@pytest.fixture(
    scope="module",
    params=[
        *((name, "adam") for name in ARCHITECTURES if name != "wide"),
        ("dense", "sgd"),
    ],
)
def measured(request, few):
    network, optimizer = request.param
    recipe = Recipe(network, optimizer=optimizer, batch_size=16, precision="float32")
    return recipe, list(range_test(recipe, few[0], steps=30, seconds=PATIENT))


def test_rates_rise_by_equal_factors_from_lowest_to_highest(measured):
    recipe, points = measured
    assert [point.step for point in points] == list(range(1, len(points) + 1))
    rates = [point.learning_rate for point in points]
    assert rates == pytest.approx(
        [range_rate(recipe.optimizer, k + 1, 30) for k in range(len(points))]
    )
    factors = [after / before for before, after in pairwise(rates)]
    assert factors == pytest.approx([factors[0]] * len(factors))


def test_a_fresh_network_knows_nothing(measured):
    recipe, points = measured
    first = points[0]
    assert first.smoothed == pytest.approx(first.loss)
    assert first.loss > 0.8 * math.log(10)
    if recipe.network != "cautious":  # starts from He normal: its first answers are loud
        assert first.loss < 1.3 * math.log(10)


def test_the_test_stops_at_the_first_explosion(measured):
    _, points = measured
    least = math.inf
    for point in points[:-1]:
        least = min(least, point.smoothed)
        assert point.smoothed <= probe.EXPLODED * least


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_rates_run_from_the_lowest_to_the_optimizers_highest(optimizer):
    assert range_rate(optimizer, 1, 50) == LOWEST_RATE
    assert range_rate(optimizer, 50, 50) == pytest.approx(HIGHEST_RATE.get(optimizer, 1.0))


def test_a_diverging_network_ends_the_test(few):
    points = list(range_test(replace(QUICK, optimizer="sgd"), few[0], seconds=PATIENT))
    assert len(points) < 100
    least = min(point.smoothed for point in points)
    assert not points[-1].smoothed <= probe.EXPLODED * least


def test_a_loss_that_is_no_number_ends_the_test(few, monkeypatch):
    losses = iter([2.3, 2.2, math.nan, 2.1])
    monkeypatch.setattr(probe.Learner, "fit", lambda *batch, **more: next(losses))
    points = list(range_test(QUICK, few[0], seconds=PATIENT))
    assert len(points) == 3
    assert math.isnan(points[-1].smoothed)


def test_the_same_recipe_gives_the_same_losses(few):
    recipe = replace(ZOO["tiny"].recipe, precision="float32", batch_size=64)
    first, again = (list(range_test(recipe, few[0], 12, PATIENT)) for _ in range(2))
    assert first == again
    other = list(range_test(replace(recipe, seed=recipe.seed + 1), few[0], 12, PATIENT))
    assert [point.loss for point in other] != [point.loss for point in first]


def test_when_the_time_is_used_up_it_ends_with_what_it_has(few):
    assert len(list(range_test(QUICK, few[0], seconds=0))) == 1


def test_few_digits_are_taken_again_and_again(few):
    points = list(range_test(QUICK, few[0].take(range(40)), steps=10, seconds=PATIENT))
    assert len(points) == 10


def test_batches_of_a_range_test_are_at_most_256(mnist, monkeypatch):
    sizes = []
    monkeypatch.setattr(
        probe.Learner, "fit", lambda _l, images, *_, **__: sizes.append(len(images)) or 1.0
    )
    list(range_test(replace(QUICK, batch_size=4096), mnist.take(range(1000)), 5, PATIENT))
    assert sizes == [256] * 5


def test_a_range_test_sees_the_warps_of_the_first_epoch_throughout(few):
    """However often it begins anew on few digits; and none where the recipe has none to show."""
    warped = replace(QUICK, warp=Warp(rotation=30, shift=0.2))

    def losses(recipe: Recipe) -> list[float]:
        return [point.loss for point in range_test(recipe, few[0].take(range(100)), 9, PATIENT)]

    some, all_of_them = (replace(warped, unwarped=n) for n in (QUICK.epochs - 1, QUICK.epochs))
    assert losses(some) == losses(warped) != losses(QUICK) == losses(all_of_them)


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=50), st.integers(1, 300))
def test_a_smoothed_loss_lies_between_those_seen(losses, steps):
    smoothing = Smoothing(steps)
    for seen, loss in enumerate(losses, start=1):
        smoothed = smoothing.add(loss)
        low, high = min(losses[:seen]), max(losses[:seen])
        assert low * (1 - 1e-9) <= smoothed <= high * (1 + 1e-9)


@given(st.floats(1e-4, 0.03), st.floats(0.05, 1.5))
def test_the_suggestion_lies_where_a_clear_valley_falls(middle, bottom):
    suggested = suggest(curve(valley(middle, bottom)))
    assert suggested is not None
    assert middle / 2 < suggested < middle * 2
    assert suggested == float(f"{suggested:.1e}")


@given(st.floats(0.5, 20))
def test_the_suggestion_does_not_depend_on_the_scale_of_the_loss(factor):
    loss = valley(0.003)
    assert suggest(curve(lambda rate: factor * loss(rate))) == suggest(curve(loss))


@pytest.mark.parametrize(
    "losses",
    [
        lambda rate: 2.3,
        lambda rate: 2.3 + rate,
        lambda rate: 2.3 + 0.01 * math.sin(1 / rate),
        lambda rate: math.nan,
        lambda rate: math.inf,
    ],
)
def test_a_curve_without_descent_suggests_nothing(losses):
    assert suggest(curve(losses)) is None


@given(st.lists(st.floats(0, 100) | st.just(math.nan), max_size=60))
def test_a_suggestion_is_one_of_the_rates_or_none(losses):
    """Whatever the curve: also one that begins with its least loss."""
    points = [
        RangePoint(step, range_rate("adam", step, 60), loss, loss)
        for step, loss in enumerate(losses, start=1)
    ]
    assert suggest(points) in {None, *(float(f"{p.learning_rate:.1e}") for p in points)}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_points_suggest_nothing(count):
    assert suggest(curve(lambda rate: 2.3)[:count]) is None


def test_what_is_no_number_at_the_end_is_left_out():
    points = curve(valley(0.003))
    end = RangePoint(101, 2.0, math.nan, math.nan)
    assert suggest([*points, end]) == suggest(points)


@pytest.mark.parametrize(
    ("optimizer", "low", "high"), [("adam", 3e-4, 1e-2), ("adamw", 3e-4, 1e-2), ("sgd", 0.01, 1.0)]
)
def test_the_suggestion_for_a_known_network_is_what_people_use(learnable, optimizer, low, high):
    recipe = Recipe("classic", optimizer=optimizer, batch_size=64, precision="float32")
    suggested = suggest(list(range_test(recipe, learnable, seconds=PATIENT)))
    assert suggested is not None
    assert low <= suggested <= high


# --- what others see of it


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_the_global_rng_is_left_alone(few, precision):
    recipe = replace(ZOO["slim"].recipe, precision=precision, batch_size=16)  # it has dropout
    before = torch.get_rng_state()
    estimate(recipe, 1000, 100)
    for _ in range_test(recipe, few[0], steps=3, seconds=PATIENT):
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(torch.get_rng_state(), before)


def test_points_come_outside_of_no_grad_and_autocast(few):
    for _ in range_test(replace(QUICK, precision="bfloat16"), few[0], steps=3, seconds=PATIENT):
        assert torch.is_grad_enabled()
        assert not torch.is_autocast_enabled("cpu")
