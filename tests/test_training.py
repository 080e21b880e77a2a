"""Training: an honest report of events, the same from run to run, and resumable to the bit."""

import io
import math
import subprocess
import sys
from dataclasses import replace
from itertools import islice

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from digitcore import learner, training
from digitcore.augment import Warp
from digitcore.digits import DigitSet
from digitcore.models import build
from digitcore.optimizers import build_optimizer
from digitcore.recipes import OPTIMIZERS, SCHEDULES, Recipe, batches_per_epoch
from digitcore.training import (
    Arithmetic,
    BatchEnd,
    Diverged,
    EpochEnd,
    Finished,
    Started,
    batches,
    best_of,
    choose_arithmetic,
    evaluate,
    learning_rate,
    to_go_further,
    train,
)

QUICK = Recipe("dense", epochs=2, batch_size=64, precision="float32")
RICH = Recipe(
    "slim", epochs=3, batch_size=64, optimizer="adamw", learning_rate=0.003, schedule="one-cycle",
    weight_decay=0.01, label_smoothing=0.1, average=0.9, precision="float32",
    warp=Warp(10, 10, (0.8, 1.2), 0.1, 0.2, 0.5, elastic=0.7, thickness=0.5),
)  # fmt: skip


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def saved_and_loaded(checkpoint):
    """As a worker does it: through a file that is read without pickle."""
    file = io.BytesIO()
    torch.save(checkpoint, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def rising(validation: DigitSet) -> DigitSet:
    """Validation digits with wrong labels: the better a network is, the higher its loss."""
    return DigitSet("wrong", validation.images, (validation.labels + 1) % 10)


@pytest.fixture(scope="module")
def events(few):
    return list(train(QUICK, *few))


@pytest.fixture(scope="module")
def rich(few):
    return list(train(RICH, *few))


# --- what is reported


def test_events_come_in_order(events):
    epoch = [BatchEnd] * 8 + [EpochEnd]
    assert [type(event) for event in events] == [Started, *epoch, *epoch, Finished]


def test_started_says_what_will_happen(events):
    started = events[0]
    assert (started.epoch, started.epochs, started.batches, started.digits) == (0, 2, 8, 512)
    assert started.precision == "float32"
    assert started.device in ("cpu", "cuda")


def test_batches_count_from_one_in_each_epoch(events):
    counted = [(event.epoch, event.batch) for event in of(BatchEnd, events)]
    assert counted == [(epoch, batch) for epoch in (1, 2) for batch in range(1, 9)]
    assert all(math.isfinite(event.loss) for event in of(BatchEnd, events))


def test_epoch_sums_its_batches_up(events):
    for epoch_end in of(EpochEnd, events):
        own = [batch for batch in of(BatchEnd, events) if batch.epoch == epoch_end.epoch]
        mean = sum(batch.loss for batch in own) / len(own)
        assert epoch_end.train_loss == pytest.approx(mean)
        assert epoch_end.learning_rate == own[-1].learning_rate
        assert epoch_end.seconds > 0


def test_loss_goes_down_and_digits_are_learnt(events):
    first, last = of(EpochEnd, events)
    assert last.train_loss < first.train_loss
    assert last.validation_accuracy > 0.6


def test_validation_figures_are_those_of_the_weights_in_the_checkpoint(events, few):
    last = of(EpochEnd, events)[-1]
    network = build("dense")
    network.load_state_dict(last.checkpoint["network"])
    assert evaluate(network, few[1]) == pytest.approx(
        (last.validation_loss, last.validation_accuracy)
    )


def test_evaluate_is_cross_entropy_and_accuracy(few):
    network = build("dense").eval()
    with torch.inference_mode():
        logits = network(few[1].images.unsqueeze(1) / 255)
    loss, accuracy = evaluate(network, few[1])
    right = logits.log_softmax(1)[range(256), few[1].labels]
    assert loss == pytest.approx(-right.mean().item(), rel=1e-4)
    assert accuracy == (logits.argmax(1) == few[1].labels).float().mean().item()


def test_finished_carries_the_weights_of_the_least_validation_loss(rich, few):
    epochs, finished = of(EpochEnd, rich), rich[-1]
    losses = [epoch.validation_loss for epoch in epochs]
    assert finished.best_epoch == 1 + losses.index(min(losses))
    assert finished.epochs == 3
    assert not finished.stopped_early
    network = build("slim")
    network.load_state_dict(finished.weights)
    assert evaluate(network, few[1])[0] == pytest.approx(min(losses))


def test_improved_marks_each_new_least_loss(rich):
    least = math.inf
    for epoch in of(EpochEnd, rich):
        assert epoch.improved == (epoch.validation_loss < least)
        least = min(least, epoch.validation_loss)


def test_finished_weights_are_on_the_cpu_and_apart_from_the_network(rich):
    weights = rich[-1].weights
    assert all(tensor.device.type == "cpu" for tensor in weights.values())
    assert not any(tensor.requires_grad for tensor in weights.values())


# --- what is done


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_by_every_schedule(few, optimizer, schedule):
    rate = 0.05 if optimizer == "sgd" else 0.002
    recipe = replace(QUICK, optimizer=optimizer, schedule=schedule, learning_rate=rate, epochs=3)
    losses = [epoch.train_loss for epoch in of(EpochEnd, train(recipe, *few))]
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    ("optimizer", "kind"),
    [
        ("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD),
        ("adamax", torch.optim.Adamax), ("rmsprop", torch.optim.RMSprop),
    ],
)  # fmt: skip
def test_optimizer_is_the_one_named_with_its_rate_and_decay(optimizer, kind):
    recipe = replace(QUICK, optimizer=optimizer, learning_rate=0.123, weight_decay=0.045)
    network = build("dense")
    built = build_optimizer(recipe, network)
    assert type(built).__base__ is kind
    assert (built.defaults["lr"], built.defaults["weight_decay"]) == (0.123, 0.045)
    assert sum(len(group["params"]) for group in built.param_groups) == 4


def test_constant_rate_never_changes():
    assert {learning_rate(QUICK, step, 100) for step in range(100)} == {QUICK.learning_rate}


def test_one_cycle_peaks_at_the_recipes_rate_and_ends_near_zero():
    recipe = replace(QUICK, schedule="one-cycle", learning_rate=0.01)
    rates = [learning_rate(recipe, step, 400) for step in range(400)]
    assert max(rates) == rates[100] == 0.01
    assert rates[0] == pytest.approx(0.01 / 25)
    assert rates[-1] < 0.01 * 0.002
    assert rates[:101] == sorted(rates[:101])
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_cosine_falls_from_the_recipes_rate_to_near_zero():
    recipe = replace(QUICK, schedule="cosine", learning_rate=0.01)
    rates = [learning_rate(recipe, step, 100) for step in range(100)]
    assert rates == pytest.approx([0.005 * (1 + math.cos(math.pi * k / 100)) for k in range(100)])


@given(st.sampled_from(SCHEDULES), st.integers(1, 10_000), st.data())
def test_rate_is_never_negative_nor_above_the_recipes(schedule, steps, data):
    recipe = replace(QUICK, schedule=schedule)
    rate = learning_rate(recipe, data.draw(st.integers(0, steps - 1)), steps)
    assert 0 <= rate <= recipe.learning_rate * (1 + 1e-12)


def test_batches_report_the_rate_of_the_schedule(rich):
    rates = [event.learning_rate for event in of(BatchEnd, rich)]
    assert rates == [learning_rate(RICH, step, 24) for step in range(24)]


def test_an_epoch_takes_every_digit_once_in_an_order_of_its_own(few):
    train_set = DigitSet("marked", few[0].images, torch.arange(512))
    orders = [
        torch.cat([labels for _, labels in batches(train_set, QUICK, epoch)]) for epoch in (1, 2, 1)
    ]
    assert all(order.sort().values.equal(torch.arange(512)) for order in orders)
    assert orders[0].equal(orders[2])
    assert not orders[0].equal(orders[1])


def test_images_stay_with_their_labels_in_0_to_1(few):
    train_set = DigitSet("marked", few[0].images, torch.arange(512))
    for images, labels in batches(train_set, QUICK, 1):
        assert images.shape == (64, 1, 28, 28)
        torch.testing.assert_close(images[:, 0], few[0].images[labels] / 255)


def test_each_epoch_warps_anew(few):
    one = few[0].take([0] * 64)
    first, second = (next(batches(one, RICH, epoch))[0] for epoch in (1, 2))
    assert not torch.equal(first, second)


@given(st.integers(2, 300), st.integers(2, 64))
def test_number_of_batches_is_known_beforehand(few, digits, batch_size):
    recipe = replace(QUICK, batch_size=batch_size)
    taken = few[0].take(range(digits))
    sizes = [len(labels) for _, labels in batches(taken, recipe, 1)]
    assert len(sizes) == batches_per_epoch(digits, batch_size)
    assert sum(sizes) == digits - (digits % batch_size == 1)


def test_a_last_batch_of_one_digit_is_left_out(few):
    recipe = replace(QUICK, network="tiny", epochs=1, batch_size=32)  # batch norm cannot take one
    happened = list(train(recipe, few[0].take(range(65)), few[1]))
    assert [event.batch for event in of(BatchEnd, happened)] == [1, 2]


def test_last_epochs_show_the_images_as_they_are(few):
    digits = few[0]
    recipe = replace(RICH, epochs=5, unwarped=2)
    shown = {epoch: next(batches(digits, recipe, epoch)) for epoch in (3, 4, 5)}
    still = {epoch: next(batches(digits, replace(recipe, warp=Warp()), epoch)) for epoch in shown}
    alike = {epoch: torch.equal(shown[epoch][0], still[epoch][0]) for epoch in shown}
    assert alike == {3: False, 4: True, 5: True}


def test_more_unwarped_epochs_than_epochs_warp_none(few):
    recipe = replace(RICH, unwarped=1000)
    first, same = (
        next(batches(few[0], recipe, 1)),
        next(batches(few[0], replace(recipe, warp=Warp()), 1)),
    )
    assert torch.equal(first[0], same[0])


@pytest.mark.parametrize("digits", [0, 1])
def test_too_few_digits_are_refused_in_words(few, digits):
    with pytest.raises(ValueError, match="digits"):
        list(train(QUICK, few[0].take(range(digits)), few[1]))


def test_average_is_what_is_validated_and_kept(rich, few):
    last = of(EpochEnd, rich)[-1]
    network = build("slim")
    network.load_state_dict(last.checkpoint["network"])
    assert evaluate(network, few[1])[0] != pytest.approx(last.validation_loss, rel=1e-3)


# --- the same again


def test_same_recipe_gives_the_same_weights(rich, few):
    assert same(rich[-1].weights, list(train(RICH, *few))[-1].weights)


def test_another_seed_gives_other_weights(events, few):
    other = list(train(replace(QUICK, seed=1), *few))[-1].weights
    assert not same(events[-1].weights, other)


def resumed(recipe, few, after):
    """Train to the end of epoch `after`, forget everything but its checkpoint, and go on."""
    for event in train(recipe, *few):
        if isinstance(event, EpochEnd) and event.epoch == after:
            checkpoint = saved_and_loaded(event.checkpoint)
            break
    return list(train(recipe, *few, checkpoint))


@pytest.mark.parametrize("after", [1, 2])
def test_resumed_training_ends_with_the_very_same_weights(rich, few, after):
    again = resumed(RICH, few, after)
    assert again[0].epoch == after
    assert [event.epoch for event in of(EpochEnd, again)] == list(range(after + 1, 4))
    assert same(again[-1].weights, rich[-1].weights)
    assert again[-1].best_epoch == rich[-1].best_epoch
    never, now = of(EpochEnd, rich)[-1].checkpoint, of(EpochEnd, again)[-1].checkpoint
    assert same(now["network"], never["network"])
    assert same(now["average"], never["average"])


def test_resumed_training_reports_the_same_figures(rich, few):
    again = resumed(RICH, few, 1)
    assert of(BatchEnd, again) == [event for event in of(BatchEnd, rich) if event.epoch > 1]


def test_resumed_bfloat16_training_with_batch_norm_ends_with_the_same_weights(few):
    recipe = replace(RICH, network="tiny", precision="bfloat16", epochs=2)
    small = few[0].take(range(128)), few[1].take(range(64))
    never = list(train(recipe, *small))
    assert never[0].precision == "bfloat16"
    assert same(resumed(recipe, small, 1)[-1].weights, never[-1].weights)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_resumes_to_the_same_weights(few, optimizer):
    recipe = replace(QUICK, network="slim", optimizer=optimizer, weight_decay=0.001)
    small = few[0].take(range(128)), few[1]
    never = of(EpochEnd, train(recipe, *small))[-1].checkpoint["network"]
    again = of(EpochEnd, resumed(recipe, small, 1))[-1].checkpoint["network"]
    assert same(again, never)


def test_resuming_keeps_the_precision_that_was_measured(few, monkeypatch):
    checkpoint = of(EpochEnd, train(replace(QUICK, epochs=1), *few))[-1].checkpoint
    checkpoint = saved_and_loaded({**checkpoint, "precision": "bfloat16"})
    started = next(train(replace(QUICK, precision="auto"), *few, checkpoint))
    assert started.precision == "bfloat16"


def test_resuming_after_the_last_epoch_only_finishes(events, few):
    last = saved_and_loaded(of(EpochEnd, events)[-1].checkpoint)
    again = list(train(QUICK, *few, last))
    assert [type(event) for event in again] == [Started, Finished]
    assert same(again[-1].weights, events[-1].weights)


@pytest.mark.parametrize("batch", [1, 5, 8])
def test_a_training_broken_off_in_an_epoch_ends_with_the_very_same_weights(rich, few, batch):
    for event in train(RICH, *few):
        if isinstance(event, BatchEnd) and (event.epoch, event.batch) == (2, batch):
            checkpoint = saved_and_loaded(event.checkpoint())
            break
    again = list(train(RICH, *few, checkpoint))
    assert (again[0].epoch, again[0].batch) == (1, batch)
    assert of(BatchEnd, again) == of(BatchEnd, rich)[8 + batch :]
    assert same(again[-1].weights, rich[-1].weights)
    ends, never = of(EpochEnd, again), of(EpochEnd, rich)[1:]
    assert [end.train_loss for end in ends] == [end.train_loss for end in never]
    assert ends[0].seconds >= checkpoint["seconds"]


def test_a_change_of_the_learning_rate_scales_the_schedule_from_its_step_on(events, few):
    changed = of(BatchEnd, train(QUICK, *few, rates={3: 0.5, 10: 4.0}))
    factors = [b.learning_rate / a.learning_rate for a, b in zip(of(BatchEnd, events), changed,
                                                                 strict=True)]  # fmt: skip
    assert factors == [1.0] * 3 + [0.5] * 7 + [4.0] * 6
    assert [event.step for event in changed] == list(range(16))


def test_rates_may_change_while_it_trains_and_resume_to_the_same_weights(few):
    rates, checkpoint = {}, None
    for event in train(RICH, *few, rates=rates):
        if isinstance(event, BatchEnd) and event.step == 6:
            checkpoint = saved_and_loaded(event.checkpoint())
        if isinstance(event, BatchEnd) and event.step == 10:
            rates[11] = 0.1
    again = list(train(RICH, *few, checkpoint, rates=rates))
    assert same(again[-1].weights, event.weights)


def test_a_finished_training_can_be_trained_further(few):
    recipe = replace(QUICK, patience=1)
    wrong = rising(few[1])  # gets worse with each epoch, so patience ends at once
    short = list(train(recipe, few[0], wrong))
    assert (short[-1].epochs, short[-1].stopped_early) == (2, False)
    further = replace(recipe, epochs=5)
    last = saved_and_loaded(of(EpochEnd, short)[-1].checkpoint)
    longer = list(train(further, few[0], wrong, to_go_further(last)))
    assert [end.epoch for end in of(EpochEnd, longer)] == [3]  # patience counts from there on
    assert longer[-1].best_epoch == 1


def test_best_of_a_checkpoint_is_what_the_training_would_have_finished_with(rich):
    last = of(EpochEnd, rich)[-1].checkpoint
    stopped, finished = best_of(last), rich[-1]
    assert same(stopped.weights, finished.weights)
    assert (stopped.best_epoch, stopped.epochs) == (finished.best_epoch, finished.epochs)
    assert stopped.stopped_early


def test_best_of_a_checkpoint_is_not_changed_by_later_epochs(few):
    kept, copied = [], []
    for event in train(replace(RICH, epochs=3), *few):
        if isinstance(event, EpochEnd):
            kept.append(event.checkpoint["best"])
            copied.append({name: tensor.clone() for name, tensor in kept[-1].items()})
    assert all(same(now, then) for now, then in zip(kept, copied, strict=True))


@pytest.mark.parametrize("recipe", [RICH, replace(QUICK, precision="auto")])
def test_the_global_rng_is_left_alone(few, recipe):
    steps = train(replace(recipe, epochs=1), few[0].take(range(128)), few[1])
    before = torch.get_rng_state()
    for _ in steps:
        assert torch.equal(torch.get_rng_state(), before)


def test_training_does_not_depend_on_the_global_rng(rich, few):
    with torch.random.fork_rng():
        torch.manual_seed(12345)
        first = list(islice(train(RICH, *few), 4))
    assert first == rich[:4]


def test_events_come_outside_of_no_grad_and_autocast(few):
    for _ in train(replace(QUICK, epochs=1, precision="bfloat16"), *few):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        assert not torch.is_autocast_enabled("cpu")


# --- when to stop


def test_stops_when_patience_runs_out(few):
    recipe = replace(QUICK, epochs=20, patience=2, learning_rate=0.005)
    happened = list(train(recipe, few[0], rising(few[1])))
    epochs, finished = of(EpochEnd, happened), happened[-1]
    assert finished.stopped_early
    assert finished.epochs == len(epochs) == finished.best_epoch + 2 < 20
    assert not any(epoch.improved for epoch in epochs[-2:])


def test_without_patience_goes_to_the_end(few):
    finished = list(train(replace(QUICK, epochs=4), few[0], rising(few[1])))[-1]
    assert (finished.epochs, finished.stopped_early) == (4, False)


@pytest.fixture
def scripted(monkeypatch):
    """Validation losses that a test dictates, epoch by epoch."""

    def dictate(*losses):
        given_out = iter(losses)
        monkeypatch.setattr(training, "evaluate", lambda network, digits: (next(given_out), 0.5))

    return dictate


def test_patience_counts_from_the_best_epoch(few, scripted):
    scripted(1.0, 0.5, 0.6, 0.4, 0.7, 0.4, 0.1)
    happened = list(train(replace(QUICK, epochs=9, patience=2), few[0].take(range(64)), few[1]))
    assert [epoch.improved for epoch in of(EpochEnd, happened)] == [
        True, True, False, True, False, False,
    ]  # fmt: skip
    assert (happened[-1].best_epoch, happened[-1].stopped_early) == (4, True)


def test_patience_survives_resuming(few, scripted):
    scripted(0.5, 0.6, 0.7, 0.8)
    recipe = replace(QUICK, epochs=9, patience=2)
    happened = resumed(recipe, (few[0].take(range(64)), few[1]), after=2)
    assert (happened[-1].epochs, happened[-1].stopped_early) == (3, True)


def test_diverging_is_told_in_plain_words(few):
    recipe = replace(QUICK, optimizer="sgd", learning_rate=10.0)
    with pytest.raises(Diverged, match=r"epoch \d+, batch \d+.*diverged.*learning rate.*below 10"):
        list(train(recipe, *few))


def test_where_the_rate_was_changed_by_hand_the_words_name_that_one(few):
    recipe = replace(QUICK, optimizer="sgd", learning_rate=0.001)
    with pytest.raises(Diverged, match="well below 10, say 1"):
        list(train(recipe, *few, rates={2: 10_000.0}))


def test_a_loss_that_is_no_number_is_divergence(few, monkeypatch):
    monkeypatch.setattr(training, "learning_rate", lambda *schedule: 1e30)
    happened = train(replace(QUICK, optimizer="sgd"), *few)
    with pytest.raises(Diverged, match=r"epoch 1, batch [2-8]: the training has diverged"):
        assert all(math.isfinite(event.loss) for event in of(BatchEnd, happened))


def test_a_validation_loss_that_is_no_number_is_divergence(few, scripted):
    """Else the untrained network would be kept as the best one."""
    scripted(math.nan, math.nan)
    with pytest.raises(Diverged, match="learning rate"):
        list(train(QUICK, *few))


# --- precision


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_stated_precision_is_kept(precision):
    assert choose_arithmetic(replace(QUICK, precision=precision), "cpu").precision == precision


def test_auto_precision_is_one_of_the_two():
    chosen = choose_arithmetic(replace(QUICK, precision="auto"), "cpu").precision
    assert chosen in ("float32", "bfloat16")


@pytest.mark.parametrize("faster", ["float32", "bfloat16"])
def test_the_precision_that_is_clearly_faster_is_chosen(monkeypatch, faster):
    monkeypatch.setattr(
        training, "_seconds_of_steps",
        lambda recipe, device, way, images: [1 + (way.precision != faster)],
    )  # fmt: skip
    chosen = choose_arithmetic(replace(QUICK, precision="auto"), "cpu")
    assert chosen == Arithmetic(faster, channels_last=True)


@pytest.fixture
def interpreted(monkeypatch):
    """torch.compile without generating code, which needs no compiler and hardly any time."""
    monkeypatch.setattr(learner, "COMPILER", "eager")
    way = Arithmetic("float32", channels_last=True, compiled=True)
    monkeypatch.setattr(training, "choose_arithmetic", lambda *asked: way)


@pytest.mark.parametrize("after", [1, 2])
def test_a_compiled_training_resumes_compiled_to_the_same_weights(few, interpreted, after):
    whole = list(train(RICH, *few))
    checkpoint = of(EpochEnd, whole)[-1].checkpoint
    assert checkpoint["compiled"]
    assert same(resumed(RICH, few, after)[-1].weights, whole[-1].weights)


def test_compiled_networks_learn_what_others_do(rich, few, interpreted):
    assert same(list(train(RICH, *few))[-1].weights, rich[-1].weights)


def test_a_checkpoint_of_before_there_was_compiling_goes_on_without(few):
    checkpoint = of(EpochEnd, train(QUICK, *few))[0].checkpoint
    del checkpoint["compiled"]
    assert not of(EpochEnd, train(QUICK, *few, checkpoint))[-1].checkpoint["compiled"]


def paced(monkeypatch, seconds):
    """Steps take the seconds that a way is said to take; a callable one may raise."""

    def time_steps(recipe, device, way, images):
        return [seconds(way)]

    monkeypatch.setattr(training, "_seconds_of_steps", time_steps)


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
@pytest.mark.parametrize(
    ("device", "steps", "compiled"),
    [("cuda", 100_000, True), ("cuda", 100, False), ("cuda", 0, False), ("cpu", 100_000, False)],
)
def test_only_a_long_training_on_a_gpu_is_compiled(monkeypatch, precision, device, steps, compiled):
    paced(monkeypatch, lambda way: 0.01 if way.compiled else 0.02)
    chosen = choose_arithmetic(replace(QUICK, precision=precision), device, steps)
    assert chosen.compiled == compiled
    assert precision in ("auto", chosen.precision)


@pytest.mark.parametrize("seconds", [0.019, 0.03])
def test_what_compiling_does_not_speed_up_clearly_is_not_compiled(monkeypatch, seconds):
    paced(monkeypatch, lambda way: seconds if way.compiled else 0.02)
    assert not choose_arithmetic(QUICK, "cuda", 100_000).compiled


def test_where_there_is_no_compiler_a_training_does_without(monkeypatch):
    def fails(way):
        if way.compiled:
            raise RuntimeError("Failed to find C compiler.")
        return 0.02

    paced(monkeypatch, fails)
    assert choose_arithmetic(QUICK, "cuda", 100_000) == Arithmetic("float32", True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no GPU here.")
@pytest.mark.parametrize("network", ["slim", "tiny"])
def test_a_gpu_learns_like_the_cpu(few, monkeypatch, network):
    recipe = replace(RICH, network=network)
    graphics = list(train(recipe, *few))
    assert graphics[0].device == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    processor = list(train(recipe, *few))
    first, second = (of(BatchEnd, events)[0].loss for events in (graphics, processor))
    assert first == pytest.approx(second, rel=0.01)  # before dropout's own draws tell
    losses = [of(EpochEnd, events)[-1].validation_loss for events in (graphics, processor)]
    assert losses[0] == pytest.approx(losses[1], rel=0.1)
    assert all(tensor.device.type == "cpu" for tensor in graphics[-1].weights.values())


def test_a_training_starts_without_importing_what_it_does_not_use():
    """Each of these takes a second or two to import, which whoever presses Train would wait for."""
    asked = """
import sys
from digitcore.digits import load_mnist
from digitcore.recipes import OPTIMIZERS, Recipe
from digitcore.training import train
few = load_mnist(train=False).take(range(64))
for optimizer in OPTIMIZERS:
    list(train(Recipe("tiny", epochs=1, optimizer=optimizer, average=0.9), few, few))
print(*{"torch._dynamo", "torchvision", "scipy", "sklearn"} & set(sys.modules))
"""
    ended = subprocess.run(
        [sys.executable, "-c", asked], check=True, capture_output=True, text=True
    )
    assert ended.stdout.split() == []


def test_bfloat16_learns_like_float32(events, few):
    half = list(train(replace(QUICK, precision="bfloat16"), *few))
    full_loss, half_loss = (of(EpochEnd, run)[-1].validation_loss for run in (events, half))
    assert half_loss == pytest.approx(full_loss, rel=0.05)
    assert not same(half[-1].weights, events[-1].weights)
