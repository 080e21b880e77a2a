"""What is said of a training's curves: right on real trainings, silent on healthy ones."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn import functional as F

from digitcore.augment import Warp
from digitcore.guidance import GUESSING, advise, plainly, smoothed_floor
from digitcore.guidance.remedies import against_overfitting, against_plateau, slower
from digitcore.progress import Changes
from digitcore.recipes import OPTIMIZERS, SCHEDULES, Recipe
from digitcore.runs import COLUMNS, RunStore
from digitcore.training import AS_SCHEDULED, BatchEnd, Diverged, EpochEnd, train

ZOO = RunStore().runs()
BATCH_COLUMNS = ["epoch", "batch", "epochs_done", "loss", "learning_rate"]
NO_BATCHES = pd.DataFrame(columns=BATCH_COLUMNS)
NO_HISTORY = pd.DataFrame(columns=list(COLUMNS))
KINDS = {"diverging", "overfitting", "plateau", "rate too high", "rate too low", "too short"}
DENSE = Recipe("dense", epochs=5, digits=3000, precision="float32")


def kinds(recipe, history=NO_HISTORY, batches=NO_BATCHES):
    return [advice.kind for advice in advise(recipe, history, batches)]


def epochs(train_loss, validation_loss, rate=0.001):
    """A history with these losses, given by epoch."""
    numbers = np.arange(1, len(train_loss) + 1)
    values = (numbers, train_loss, validation_loss, 0.9, rate, 1.0)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def rows(loss, an_epoch, rate=0.001):
    """Batches with these losses, so many rows in an epoch."""
    number = np.arange(len(loss))
    values = (number // an_epoch + 1, number % an_epoch + 1, (number + 1) / an_epoch, loss, rate)
    return pd.DataFrame(dict(zip(BATCH_COLUMNS, values, strict=True)))


# --- real trainings


def curves(recipe, mnist, rates=AS_SCHEDULED):
    """(history, batches) of a real training, every batch a row."""
    history, batches, count = [], [], -(-recipe.digits // recipe.batch_size)
    sets = mnist.take(range(recipe.digits)), mnist.take(range(10_000, 10_500))
    try:
        for event in train(recipe, *sets, rates=rates):
            match event:
                case BatchEnd():
                    done = event.epoch - 1 + event.batch / count
                    batches.append(
                        (event.epoch, event.batch, done, event.loss, event.learning_rate)
                    )
                case EpochEnd():
                    history.append([getattr(event, name) for name in COLUMNS])
    except Diverged:
        pass
    return pd.DataFrame(history, columns=COLUMNS), pd.DataFrame(batches, columns=BATCH_COLUMNS)


@pytest.mark.parametrize(
    ("changes", "kind", "remedy"),
    [
        ({"learning_rate": 1e-5}, "rate too low", "0.001"),
        ({"learning_rate": 0.3}, "rate too high", "0.001"),
        ({"optimizer": "sgd", "learning_rate": 1.0}, "rate too high", "0.03"),
        ({"optimizer": "rmsprop", "learning_rate": 0.1}, "diverging", "0.001"),
        ({"optimizer": "sgd", "learning_rate": 1e-7}, "plateau", "range test"),
        ({"digits": 500, "epochs": 35}, "overfitting", "random warps"),
        (
            {"optimizer": "rmsprop", "learning_rate": 0.03, "epochs": 7, "batch_size": 50},
            "rate too high", "one-cycle",
        ),
        (
            {"learning_rate": 1e-4, "epochs": 6, "digits": 2000, "batch_size": 50},
            "rate too low", "12 epochs",
        ),
    ],
)  # fmt: skip
def test_says_what_is_wrong_with_a_real_training(mnist, changes, kind, remedy):
    recipe = replace(DENSE, **changes)
    (advice,) = advise(recipe, *curves(recipe, mnist))
    assert advice.kind == kind
    assert remedy in advice.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"learning_rate": 0.01, "schedule": "one-cycle"},
        {"learning_rate": 0.003, "schedule": "cosine", "label_smoothing": 0.1},
        {"optimizer": "sgd", "learning_rate": 0.03},
        {"warp": Warp(rotation=12, shear=12, scale=(0.8, 1.15), shift=0.08)},
        {"network": "tiny", "digits": 1000, "epochs": 3, "average": 0.99},
    ],
)
def test_says_nothing_of_a_healthy_training_at_any_moment(mnist, changes):
    recipe = replace(DENSE, **changes)
    history, batches = curves(recipe, mnist)
    for until in range(1, len(batches) + 1, 2):
        ended = history[history.epoch <= batches.epochs_done[until - 1]]
        assert kinds(recipe, ended, batches[:until]) == []


# --- the zoo


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_is_never_told_that_its_rate_is_wrong(name):
    recipe, history, result = ZOO[name].recipe, ZOO[name].history, ZOO[name].result
    said = {kind for n in range(len(history) + 1) for kind in kinds(recipe, history[:n])}
    assert said <= {"overfitting", "plateau"}
    if recipe.warp.moves:  # keen-mild does learn by heart, and was best after epoch 24 of 40
        assert ("overfitting" in said) == (result.best_epoch < 0.7 * result.epochs)


def test_plain_of_the_zoo_learns_by_heart():
    (advice,) = advise(ZOO["plain"].recipe, ZOO["plain"].history, NO_BATCHES)
    assert advice.kind == "overfitting"
    assert "epoch 11 (0.04)" in advice.words


# --- borders, on drawn curves


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_is_diverging(bad):
    assert kinds(DENSE, batches=rows([2.3, 1.9, bad], 24)) == ["diverging"]
    assert kinds(DENSE, epochs([0.5, bad], [0.4, 0.4])) == ["diverging"]
    (advice,) = advise(DENSE, epochs([0.5, 0.3], [0.4, bad]), NO_BATCHES)
    assert advice.words.startswith("In epoch 2 the validation loss")


def test_a_leap_at_the_very_start_is_given_time():
    recovering = [2.3, 40, 60, 30, 10, 3, *np.geomspace(2, 0.2, 150)]
    for until in range(len(recovering) + 1):
        assert kinds(DENSE, batches=rows(recovering[:until], 24)) == []


def test_what_was_learned_and_lost_is_diverging():
    losing = [*np.geomspace(2.3, 0.2, 100), *[2.31] * 30]
    (advice,) = advise(DENSE, NO_HISTORY, rows(losing, 24))
    assert advice.kind == "diverging"
    assert "had fallen to 0.2" in advice.words


def test_the_warm_up_of_a_cycle_is_no_low_rate():
    slow = np.linspace(2.303, 2.25, 300)
    assert kinds(DENSE, batches=rows(slow, 24)) == ["rate too low"]
    assert kinds(replace(DENSE, schedule="one-cycle"), batches=rows(slow, 24, 0.0004)) == []


def test_only_a_constant_rate_has_a_plateau():
    flat = epochs([0.2] * 12, [0.1, 0.09, 0.08] + [0.08] * 9)
    recipe = replace(DENSE, epochs=20)
    (advice,) = advise(recipe, flat, NO_BATCHES)
    assert advice.kind == "plateau"
    assert "epoch 3 (0.08)" in advice.words
    for schedule in ("one-cycle", "cosine"):
        assert kinds(replace(recipe, schedule=schedule), flat) == []
    assert kinds(recipe, flat[:7]) == []


def test_a_bump_at_the_peak_of_a_cycle_is_normal():
    bumpy = epochs([0.8, 0.3, 0.4, 0.35, 0.45, 0.3, 0.1], [0.4, 0.2, 0.9, 0.3, 0.4, 0.25, 0.1])
    recipe = replace(DENSE, epochs=7, digits=0)
    assert kinds(replace(recipe, schedule="one-cycle"), bumpy) == []
    assert kinds(recipe, bumpy[:6]) == ["rate too high"]


def test_a_validation_loss_below_the_training_loss_is_no_overfitting():
    """Dropout and warps burden the training loss alone."""
    falling, rising = np.geomspace(1, 0.2, 12), [0.2, 0.1, *np.linspace(0.1, 0.15, 10)]
    assert "overfitting" not in kinds(DENSE, epochs(falling, rising))
    assert kinds(DENSE, epochs(falling / 20, rising)) == ["overfitting"]


def test_label_smoothing_does_not_hide_overfitting():
    smooth = replace(DENSE, label_smoothing=0.1, epochs=20)
    excess, rising = np.geomspace(1, 0.01, 12), [0.6, 0.3, *np.linspace(0.3, 0.5, 10)]
    (advice,) = advise(smooth, epochs(smoothed_floor(0.1) + excess, rising), NO_BATCHES)
    assert advice.kind == "overfitting"
    assert "label smoothing" not in advice.remedy


def test_an_average_of_weights_is_not_judged_before_it_is_warm():
    losses = epochs(np.geomspace(1, 0.01, 12), [2.3, *np.linspace(2.3, 3.7, 11)])
    assert kinds(replace(DENSE, epochs=20), losses) == ["overfitting"]
    assert kinds(replace(DENSE, epochs=20, average=0.998), losses) == []


def test_a_loss_that_falls_because_warps_end_is_no_overfitting():
    """The training loss falls to a tenth at once, and the best epoch may lie before."""
    train_loss = [*np.geomspace(1, 0.1, 8), *[0.01] * 6]
    losses = epochs(train_loss, [*np.geomspace(1, 0.05, 8), *[0.08] * 6])
    warp = Warp(rotation=10)
    warped = replace(DENSE, epochs=14, digits=0, warp=warp, schedule="one-cycle")
    assert kinds(warped, losses) == ["overfitting"]
    assert kinds(replace(warped, unwarped=6), losses) == []


def test_epochs_before_a_training_was_extended_are_not_compared_with_warped_ones_after():
    """Its last ones were without warps then, which the longer plan does not tell."""
    jumps = epochs(
        [*np.geomspace(1, 0.1, 6), 0.01, 0.01, 0.1, 0.1], [0.1] * 6 + [0.05] * 2 + [0.1] * 2
    )
    recipe = replace(DENSE, epochs=12, digits=0, warp=Warp(rotation=10), unwarped=2)
    assert [advice.kind for advice in advise(recipe, jumps, NO_BATCHES)] == ["rate too high"]
    assert advise(recipe, jumps, NO_BATCHES, since=8) == []


@pytest.mark.parametrize(
    ("wrong", "advised", "after"),
    [
        ({"optimizer": "rmsprop", "learning_rate": 0.03, "batch_size": 50, "epochs": 11}, 0.001, 8),
        ({"optimizer": "sgd", "learning_rate": 1.0, "epochs": 10}, 0.03, 6),
    ],
)
def test_a_rate_that_was_changed_to_is_not_blamed_for_the_one_before(mnist, wrong, advised, after):
    recipe = replace(DENSE, **wrong)
    steps = after * -(-recipe.digits // recipe.batch_size)
    changes = Changes({steps: advised / recipe.learning_rate})
    history, batches = curves(recipe, mnist, changes.rates)
    before = history[history.epoch <= after], batches[batches.epoch <= after]
    (blamed,) = advise(recipe, *before)
    assert blamed.kind in ("rate too high", "diverging")
    now = changes.as_it_learns(recipe)
    for done in np.arange(after + 0.1, recipe.epochs + 0.1, 0.1):
        so_far = history[history.epoch <= done], batches[batches.epochs_done <= done]
        assert advise(now, *so_far, changed=steps) == []


def test_a_training_of_a_few_steps_is_told_to_be_too_short(mnist):
    """As a class's first own digits: 48 of them in three epochs are nine steps."""
    recipe = replace(DENSE, epochs=3, digits=150, batch_size=50)
    (advice,) = advise(recipe, *curves(recipe, mnist))
    assert advice.kind == "too short"
    assert "9 steps" in advice.words
    assert "say 67" in advice.remedy
    history, batches = curves(replace(recipe, epochs=2), mnist)
    assert advise(recipe, history, batches) == []  # it has not ended


def test_a_network_that_an_earlier_rate_has_killed_is_told_to_begin_anew():
    dead = rows([2.3, *[40.0] * 5, *[2.302] * 54], 20)
    (advice,) = advise(replace(DENSE, batch_size=50), NO_HISTORY, dead, changed=30)
    assert "nothing is learned" in advice.words
    assert "train it anew" in advice.words


def test_a_remedy_names_only_what_the_recipe_lacks():
    losses = epochs(np.geomspace(1, 0.01, 12), [0.3, *np.linspace(0.3, 0.5, 11)])
    (bare,) = advise(replace(DENSE, epochs=20), losses, NO_BATCHES)
    for option in ("more training digits", "random warps", "label smoothing", "early stopping"):
        assert option in bare.remedy
    rich = replace(DENSE, epochs=20, digits=0, warp=Warp(rotation=10), label_smoothing=0.01,
                   weight_decay=0.01, patience=5)  # fmt: skip
    (advice,) = advise(rich, losses, NO_BATCHES)
    assert advice.remedy.startswith("Try stronger warps.")
    lost = rows([2.3] + [9.0] * 30, 24)
    (cycle,) = advise(replace(DENSE, schedule="one-cycle"), NO_HISTORY, lost)
    assert "one-cycle" not in cycle.remedy


def test_early_stopping_is_not_named_where_it_does_not_go_with_the_last_epochs():
    recipe = Recipe("dense", unwarped=2, warp=Warp(rotation=5))
    for words in (against_overfitting(recipe), against_plateau(recipe)):
        assert "arly stopping" not in words
        assert "arly stopping" in against_overfitting(replace(recipe, unwarped=0))
    with pytest.raises(ValueError, match="patience"):
        replace(recipe, patience=3)


def test_a_rate_that_was_changed_by_hand_is_the_one_that_is_judged():
    recipe = Recipe("dense", learning_rate=1e-5)
    changed = Changes({20: 5000.0}).as_it_learns(recipe)
    assert changed.learning_rate == pytest.approx(0.05)
    assert "a learning rate of 0.001," in slower(changed)
    assert Changes().as_it_learns(recipe) == recipe
    assert Changes({0: 2.0}, {2: 9}).as_it_learns(recipe).epochs == 9


def test_a_perfect_training_needs_no_advice():
    nothing = epochs([0.0] * 30, [0.0] * 30)
    for schedule in SCHEDULES:
        assert kinds(replace(DENSE, schedule=schedule), nothing, rows([0.0] * 300, 10)) == []


def test_nothing_is_said_of_nothing():
    assert kinds(DENSE) == kinds(DENSE, pd.DataFrame(), pd.DataFrame()) == []
    assert kinds(DENSE, epochs([2.0], [1.5]), rows([2.3], 24)) == []


@pytest.mark.parametrize("rate", [1e-7, 2e-5, 0.00033, 0.05, 10])
def test_rates_are_written_plainly(rate):
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", plainly(rate))
    assert float(plainly(rate)) == pytest.approx(rate, rel=0.2)


@pytest.mark.parametrize("smoothing", [0.0, 0.01, 0.1, 0.5])
def test_the_floor_of_label_smoothing_is_the_least_that_torch_gives(smoothing):
    """The best logits are the logarithms of the smoothed targets."""
    targets = torch.full((1, 10), smoothing / 10).double()
    targets[0, 3] += 1 - smoothing
    best = targets.clamp(min=1e-30).log()
    least = F.cross_entropy(best, torch.tensor([3]), label_smoothing=smoothing)
    assert smoothed_floor(smoothing) == pytest.approx(float(least), abs=1e-9)
    assert 0 <= smoothed_floor(smoothing) < GUESSING


# --- whatever the files hold


FLOATS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 5)
RECIPES = st.builds(
    Recipe, st.just("dense"), optimizer=st.sampled_from(OPTIMIZERS), epochs=st.integers(1, 12),
    schedule=st.sampled_from(SCHEDULES), learning_rate=st.floats(1e-7, 10), digits=st.just(2000),
    label_smoothing=st.floats(0, 0.5), average=st.sampled_from([0.0, 0.9, 0.9999]),
    patience=st.integers(0, 3), warp=st.sampled_from([Warp(), Warp(rotation=5)]),
)  # fmt: skip


def frames(columns):
    tables = st.integers(0, 12).flatmap(lambda n: arrays(float, (n, len(columns)), elements=FLOATS))
    return tables.map(lambda table: pd.DataFrame(table, columns=list(columns)))


def check(said):
    assert len(said) <= 1
    for advice in said:
        assert advice.kind in KINDS
        assert advice.words.endswith(".") and advice.remedy.endswith(".")
        assert len(advice.words) > 20 and len(advice.remedy) > 20


@given(recipe=RECIPES, history=frames(COLUMNS), batches=frames(BATCH_COLUMNS))
def test_never_raises(recipe, history, batches):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(advise(recipe, history, batches))


@given(recipe=RECIPES, losses=st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), max_size=14))
def test_says_whole_sentences_of_any_curve(recipe, losses):
    train_loss, validation_loss = np.array(losses).reshape(-1, 2).T
    check(advise(recipe, epochs(train_loss, validation_loss, recipe.learning_rate), NO_BATCHES))


def test_columns_may_be_missing_or_hold_words():
    words = epochs([0.5, 0.4], [0.5, 0.4]).astype(object)
    words.loc[1, "train_loss"] = "broken"
    check(advise(DENSE, words, pd.DataFrame({"loss": [1.0, 2.0]})))
