"""Training as a generator of plain events: to stop is to stop iterating.

Everything random in an epoch follows from (seed, epoch): the order, the warps and the dropout. So
the numbers of the epoch and the batch are the whole state of the RNG, and a training resumed from
a checkpoint ends with the very weights (on one CPU) of a training that was never interrupted.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from digitcore.augment import warp
from digitcore.digits import DigitSet
from digitcore.evaluation import as_input, predict_logits
from digitcore.learner import Arithmetic, Checkpoint, Learner
from digitcore.memory import reuse_freed_memory
from digitcore.optimizers import learning_rate
from digitcore.recipes import Recipe, batches_per_epoch

HOPELESS = 1e4  # nats: no healthy training comes near it
WARPED_AT_ONCE = 1024  # images: several batches share the cost of the many small steps of a warp
AS_SCHEDULED: Mapping[int, float] = MappingProxyType({})
AFFORDABLE, FEW = 0.1, 16  # seconds, images: so that the choice takes about a second
FASTER = 1.1  # another way must be faster by this factor: a choice that noise does not turn
LONG = 600  # seconds, from which on torch.compile is tried on a GPU: it takes about 20 of its own
VALIDATED_AT_ONCE = {"cpu": 32, "cuda": 2048}  # a CPU's caches are small, a GPU wants much to do


class Diverged(RuntimeError):
    """The loss has exploded or is not a number any more; the message says what to try."""


@dataclass(frozen=True)
class Started:
    """epoch, batch: the last finished ones, 0 unless resumed. batches: in an epoch."""

    epoch: int
    batch: int
    epochs: int
    batches: int
    digits: int
    device: str
    precision: str


@dataclass(frozen=True)
class BatchEnd:
    """batch counts from 1 in its epoch, step from 0 in the training. loss: in nats, with the
    recipe's label smoothing. checkpoint gives the full state, as of now, when it is called."""

    epoch: int
    batch: int
    step: int
    loss: float
    learning_rate: float
    checkpoint: Callable[[], Checkpoint] = field(compare=False, repr=False)


@dataclass(frozen=True)
class EpochEnd:
    """Losses in nats, validation_accuracy in 0..1, seconds of this epoch.

    improved: whether it is the best so far by validation loss. network: as it was evaluated, and
    checkpoint: the full state, both to be used before the next event is asked for: they live on.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float
    improved: bool
    network: nn.Module
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Finished:
    """weights: state of the network at best_epoch, on the CPU."""

    best_epoch: int
    epochs: int
    stopped_early: bool
    weights: dict[str, Tensor]


Event = Started | BatchEnd | EpochEnd | Finished


def train(
    recipe: Recipe,
    train_set: DigitSet,
    validation_set: DigitSet,
    checkpoint: Checkpoint | None = None,
    rates: Mapping[int, float] = AS_SCHEDULED,
    teacher: nn.Module | None = None,
) -> Iterator[Event]:
    """Train by the recipe and yield what happens; from a checkpoint, go on after it.

    rates: step -> factor on the scheduled learning rate from that step on; may grow meanwhile.
    To train further what had ended, give the recipe more epochs and to_go_further(checkpoint).
    teacher: the recipe's, see teaching.teacher_of; None where it names none.
    Raises Diverged where the loss explodes, and ValueError for fewer than two digits or a teacher
    that is missing or that the recipe does not know of.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    reuse_freed_memory()
    count = batches_per_epoch(len(train_set), recipe.batch_size)
    if count == 0:
        raise ValueError("A training needs at least two digits.")
    if bool(recipe.teachers) != (teacher is not None):
        raise ValueError("A training has a teacher where its recipe names one, and only there.")
    learner = _learner(recipe, device, checkpoint, count * recipe.epochs, teacher)
    train_set, validation_set = train_set.to(device), validation_set.to(device)
    yield Started(learner.epoch, learner.batch, recipe.epochs, count, len(train_set), device,
                  learner.way.precision)  # fmt: skip

    while not learner.is_over:
        epoch = learner.epoch + 1
        todo = islice(batches(train_set, recipe, epoch), learner.batch, None)
        for batch, (images, labels) in enumerate(todo, start=learner.batch + 1):
            step = (epoch - 1) * count + batch - 1
            rate = learning_rate(recipe, step, count * recipe.epochs) * factor(rates, step)
            loss = learner.fit(images, labels, rate, seed=recipe.seed * 1_000_003 + step)
            _check(
                loss, f"loss became {loss:g} in epoch {epoch}, batch {batch}", recipe, step, rates
            )
            yield BatchEnd(epoch, batch, step, loss, rate, learner.checkpoint)
        validation_loss, accuracy = evaluate(learner.answering, validation_set)
        _check(validation_loss, f"validation loss became {validation_loss:g} in epoch {epoch}",
               recipe, epoch * count - 1, rates)  # fmt: skip
        rate, train_loss, seconds = learner.rate, learner.train_loss, learner.seconds
        improved = learner.end_epoch(validation_loss)
        yield EpochEnd(epoch, train_loss, validation_loss, accuracy, rate, seconds, improved,
                       learner.answering, learner.checkpoint())  # fmt: skip

    yield best_of(learner.checkpoint(), early=learner.epoch < recipe.epochs)


def best_of(checkpoint: Checkpoint, early: bool = True) -> Finished:
    """What a training has come to by its last finished epoch, for one that is stopped there."""
    return Finished(checkpoint["best_epoch"], checkpoint["epoch"], early, checkpoint["best"])


def to_go_further(checkpoint: Checkpoint) -> Checkpoint:
    """A checkpoint to train further from: the recipe's patience begins anew there."""
    return {**checkpoint, "patient_since": checkpoint["epoch"]}


def factor(rates: Mapping[int, float], step: int) -> float:
    """By how much the scheduled learning rate is multiplied at a step: the last change before."""
    passed = [start for start in rates if start <= step]
    return rates[max(passed)] if passed else 1.0


def _learner(
    recipe: Recipe, device: str, checkpoint: Checkpoint | None, steps: int,
    teacher: nn.Module | None,
) -> Learner:  # fmt: skip
    if not checkpoint:
        return Learner(recipe, device, choose_arithmetic(recipe, device, steps), teacher)
    # the same arithmetic as before, or the weights would not be the same
    learner = Learner(recipe, device, Arithmetic(
        checkpoint["precision"], checkpoint["channels_last"],
        compiled=device != "cpu" and checkpoint.get("compiled", False),
    ), teacher)  # fmt: skip
    learner.load(checkpoint)
    return learner


def _check(loss: float, what: str, recipe: Recipe, step: int, rates: Mapping[int, float]) -> None:
    if not loss < HOPELESS:  # NaN is not either
        rate = recipe.learning_rate * factor(rates, step)
        raise Diverged(
            f"The {what}: the training has diverged. Try a learning rate well below {rate:g}, say "
            f"{rate / 10:g}."
        )


def batches(digits: DigitSet, recipe: Recipe, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """An epoch's batches in its own order: float32 (B, 1, 28, 28) in 0..1, labels (B,).

    The recipe's last epochs `unwarped` bring the network back to what digits look like. Source:
    He et al. (2019), arXiv 1909.09148.
    """
    generator = Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
    order = torch.randperm(len(digits), generator=generator).to(digits.images.device)
    at_once = recipe.batch_size * max(1, WARPED_AT_ONCE // recipe.batch_size)
    for chosen in order.split(at_once):
        images = warp(as_input(digits.images[chosen]), recipe.warp_of(epoch), generator)
        labels = digits.labels[chosen]
        pairs = zip(images.split(recipe.batch_size), labels.split(recipe.batch_size), strict=True)
        yield from (pair for pair in pairs if len(pair[1]) > 1)


def evaluate(network: nn.Module, digits: DigitSet) -> tuple[float, float]:
    """(cross-entropy in nats, accuracy in 0..1) of a network on a set."""
    at_once = VALIDATED_AT_ONCE[digits.images.device.type]
    logits, labels = predict_logits(network, digits.images, at_once), digits.labels.cpu()
    loss = float(F.cross_entropy(logits, labels))
    return loss, float((logits.argmax(1) == labels).float().mean())


def ways_of(recipe: Recipe) -> list[Arithmetic]:
    """How a training by the recipe may compute: one way, or for precision 'auto' either of two.

    Images lie channels last: with that, every network of the zoo was trained fastest.
    """
    names = ("float32", "bfloat16") if recipe.precision == "auto" else (recipe.precision,)
    return [Arithmetic(name, channels_last=True) for name in names]


def choose_arithmetic(recipe: Recipe, device: str, steps: int = 0) -> Arithmetic:
    """Of the ways that the recipe leaves open the faster one here, by measurement.

    steps: of the whole training. Where they take long enough on a GPU, torch.compile is tried too.
    On a CPU it is not: network B learned 7,900 images/s with it, 9,400 without.
    """
    way, *others = ways_of(recipe)
    tries_compiler = device != "cpu" and steps > 0
    if not (others or tries_compiler):
        return way
    images = _affordable(recipe, device, way)
    seconds = min(_seconds_of_steps(recipe, device, way, images))
    for other in others:
        way, seconds = _faster(recipe, device, images, (way, seconds), other)
    if tries_compiler and seconds * steps * recipe.batch_size / images >= LONG:
        compiled = replace(way, compiled=True)
        way, seconds = _faster(recipe, device, images, (way, seconds), compiled)
    return way


def _faster(
    recipe: Recipe, device: str, images: int, timed: tuple[Arithmetic, float], other: Arithmetic
) -> tuple[Arithmetic, float]:
    """A way and the seconds of its step, or another way and its own where it is clearly faster."""
    try:
        seconds = min(_seconds_of_steps(recipe, device, other, images))
    except Exception:
        if not other.compiled:
            raise
        return timed  # no compiler here, or none that knows this network: it is only a try
    return (other, seconds) if FASTER * seconds < timed[1] else timed


def _affordable(recipe: Recipe, device: str, way: Arithmetic) -> int:
    """A batch no larger than the recipe's whose step takes about AFFORDABLE seconds at most."""
    few = min(FEW, recipe.batch_size)
    seconds = min(_seconds_of_steps(recipe, device, way, few))
    return min(recipe.batch_size, max(few, int(few * AFFORDABLE / seconds)))


def _seconds_of_steps(recipe: Recipe, device: str, way: Arithmetic, images: int) -> list[float]:
    learner = Learner(recipe, device, way)
    batch = as_input(torch.zeros(images, 28, 28, dtype=torch.uint8)).to(device)
    labels = torch.zeros(images, dtype=torch.long, device=device)
    times = []
    for _ in range(4):
        began = time.perf_counter()
        learner.fit(batch, labels, recipe.learning_rate, seed=0)  # reads the loss: the end
        times.append(time.perf_counter() - began)
    return times[1:]  # the first one pays for set-up
