"""Training as a generator of plain events: to stop is to stop iterating.

Everything random in an epoch follows from (seed, epoch): the order, the warps and the dropout. So
the number of the epoch is the whole state of the RNG, and a training resumed from a checkpoint
ends with the very weights (on one CPU) of a training that was never interrupted.
"""

import ctypes
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from digitcore.augment import warp
from digitcore.digits import DigitSet
from digitcore.evaluation import as_input, predict_logits
from digitcore.learner import Arithmetic, Checkpoint, Learner
from digitcore.optimizers import learning_rate
from digitcore.recipes import Recipe

HOPELESS = 1e4  # nats: no healthy training comes near it
WARPED_AT_ONCE = 1024  # images: several batches share the cost of the many small steps of a warp
FASTER = 1.15  # a way must beat the one before by this factor: a choice that noise does not turn


class Diverged(RuntimeError):
    """The loss has exploded or is not a number any more; the message says what to try."""


@dataclass(frozen=True)
class Started:
    """epoch: the last finished one, 0 unless resumed. batches: in an epoch."""

    epoch: int
    epochs: int
    batches: int
    digits: int
    device: str
    precision: str


@dataclass(frozen=True)
class BatchEnd:
    """batch counts from 1 in its epoch. loss: in nats, with the recipe's label smoothing."""

    epoch: int
    batch: int
    loss: float
    learning_rate: float


@dataclass(frozen=True)
class EpochEnd:
    """Losses in nats, validation_accuracy in 0..1, seconds of this epoch.

    improved: whether it is the best so far by validation loss. checkpoint: the full state, to be
    saved before the next event is asked for (its tensors live on).
    """

    epoch: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float
    improved: bool
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
) -> Iterator[Event]:
    """Train by the recipe and yield what happens; from a checkpoint, go on after its epoch.

    Raises Diverged where the loss explodes, and ValueError for fewer than two digits.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    reuse_freed_memory()
    if checkpoint:  # the same arithmetic as before, or the weights would not be the same
        way = Arithmetic(checkpoint["precision"], checkpoint["channels_last"])
    else:
        way = choose_arithmetic(recipe, device)
    learner = Learner(recipe, device, way)
    if checkpoint:
        learner.load(checkpoint)
    train_set, validation_set = _to(train_set, device), _to(validation_set, device)
    count = batches_per_epoch(len(train_set), recipe.batch_size)
    if count == 0:
        raise ValueError("A training needs at least two digits.")
    yield Started(learner.epoch, recipe.epochs, count, len(train_set), device, way.precision)

    while learner.epoch < recipe.epochs and not learner.out_of_patience:
        epoch, began, total, seen = learner.epoch + 1, time.perf_counter(), 0.0, 0
        for batch, (images, labels) in enumerate(batches(train_set, recipe, epoch), start=1):
            step = (epoch - 1) * count + batch - 1
            rate = learning_rate(recipe, step, count * recipe.epochs)
            loss = learner.fit(images, labels, rate, seed=recipe.seed * 1_000_003 + step)
            _check(loss, f"loss became {loss:g} in epoch {epoch}, batch {batch}", recipe)
            total, seen = total + loss * len(labels), seen + len(labels)
            yield BatchEnd(epoch, batch, loss, rate)
        validation_loss, accuracy = evaluate(learner.answering, validation_set)
        _check(validation_loss, f"validation loss became {validation_loss:g} in epoch {epoch}",
               recipe)  # fmt: skip
        improved = learner.end_epoch(validation_loss)
        seconds = time.perf_counter() - began
        yield EpochEnd(epoch, total / seen, validation_loss, accuracy, rate, seconds, improved,
                       learner.checkpoint())  # fmt: skip

    early = learner.epoch < recipe.epochs
    yield Finished(learner.best_epoch, learner.epoch, early, learner.best)


def _check(loss: float, what: str, recipe: Recipe) -> None:
    if not loss < HOPELESS:  # NaN is not either
        raise Diverged(
            f"The {what}: the training has diverged. "
            f"Try a learning rate well below {recipe.learning_rate:g}."
        )


def batches_per_epoch(digits: int, batch_size: int) -> int:
    """A last batch of a single digit is left out: batch norm has no variance over one."""
    return digits // batch_size + (digits % batch_size > 1)


def batches(digits: DigitSet, recipe: Recipe, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """An epoch's batches in its own order: warped float32 (B, 1, 28, 28) in 0..1, labels (B,)."""
    generator = Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
    order = torch.randperm(len(digits), generator=generator).to(digits.images.device)
    at_once = recipe.batch_size * max(1, WARPED_AT_ONCE // recipe.batch_size)
    for chosen in order.split(at_once):
        images = warp(as_input(digits.images[chosen]), recipe.warp, generator)
        labels = digits.labels[chosen]
        pairs = zip(images.split(recipe.batch_size), labels.split(recipe.batch_size), strict=True)
        yield from (pair for pair in pairs if len(pair[1]) > 1)


def evaluate(network: nn.Module, digits: DigitSet) -> tuple[float, float]:
    """(cross-entropy in nats, accuracy in 0..1) of a network on a set."""
    logits, labels = predict_logits(network, digits.images), digits.labels.cpu()
    loss = float(F.cross_entropy(logits, labels))
    return loss, float((logits.argmax(1) == labels).float().mean())


def choose_arithmetic(recipe: Recipe, device: str) -> Arithmetic:
    """For precision 'auto' what is fastest for this network on this machine, by measurement.

    A precision that the recipe names is taken with channels last, so that a recipe without 'auto'
    gives the same weights however busy the machine is.
    """
    if recipe.precision != "auto":
        return Arithmetic(recipe.precision, channels_last=True)
    ways = [Arithmetic(p, last) for p in ("float32", "bfloat16") for last in (False, True)]
    seconds = {way: _seconds_of_step(recipe, device, way) for way in ways}
    chosen = ways[0]
    for way in ways[1:]:
        if FASTER * seconds[way] < seconds[chosen]:
            chosen = way
    return chosen


def _seconds_of_step(recipe: Recipe, device: str, way: Arithmetic) -> float:
    learner = Learner(recipe, device, way)
    images = as_input(torch.zeros(recipe.batch_size, 28, 28, dtype=torch.uint8)).to(device)
    labels = torch.zeros(recipe.batch_size, dtype=torch.long, device=device)
    times = []
    for _ in range(4):
        began = time.perf_counter()
        learner.fit(images, labels, recipe.learning_rate, seed=0)
        times.append(time.perf_counter() - began)
    return min(times[1:])  # the first one pays for set-up


def reuse_freed_memory() -> None:
    """Tell glibc to keep freed memory for the next batch instead of handing it back.

    Large activations are otherwise mapped and zeroed anew by the kernel in every step: the widest
    network of the zoo trains 1.6 times faster with this. Does nothing without glibc.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        m_trim_threshold, m_mmap_threshold = -1, -3  # <malloc.h>
        mallopt(m_mmap_threshold, 32 * 2**20)  # glibc's largest
        mallopt(m_trim_threshold, 2**31 - 1)


def _to(digits: DigitSet, device: str) -> DigitSet:
    return DigitSet(digits.name, digits.images.to(device), digits.labels.to(device))
