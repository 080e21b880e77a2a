"""Short measured probes of a recipe before it is trained: how long, and with what learning rate."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice

import torch
from torch import Tensor, nn

from digitcore.digits import DigitSet, load_mnist
from digitcore.evaluation import as_input, predict_logits
from digitcore.learner import Learner
from digitcore.memory import reuse_freed_memory
from digitcore.recipes import Recipe
from digitcore.training import batches, ways_of

BUDGET = 0.5  # seconds, for the timed steps of all ways of computing together
WARPED = 1024  # digits whose warps are timed: about as many as a training warps at once
VALIDATED = 64  # digits whose validation is timed
SMALLEST, GROWTH = 8, 4  # batches are timed from 8 images on, each four times the one before
REPEATS = 2, 20  # of a timed step: at least, at most
BY_IMAGE = 0.6  # of a step long enough to be extrapolated, what at least grows with its images

LARGEST_BATCH = 256  # of a range test: 100 steps of the widest network in 20 seconds
LOWEST_RATE = 1e-6
HIGHEST_RATE = {"sgd": 10.0}  # 1 for any other optimiser
EXPLODED = 4  # times the least smoothed loss
DESCENT = 0.98  # of the loss at the start, which the least smoothed loss must be below


@dataclass(frozen=True)
class Pace:
    """Seconds that one image costs: in training, its warp included, and in validation."""

    training: float
    validation: float


@dataclass(frozen=True)
class Estimate:
    """seconds: of the whole training. images_per_second: while it learns, without validation."""

    seconds: float
    images_per_second: float
    epochs: int


@dataclass(frozen=True)
class RangePoint:
    """step counts from 1. loss: of its batch before the step, in nats; smoothed: a mean so far."""

    step: int
    learning_rate: float
    loss: float
    smoothed: float


def estimate(recipe: Recipe, digits: int, validation: int) -> Estimate:
    """How long training on `digits` and validating on `validation` digits will take here.

    From a measurement of under a second. Early stopping may end the training sooner. Raises
    ValueError for fewer than two digits.
    """
    if digits < 2:
        raise ValueError("A training needs at least two digits.")
    pace = measure(replace(recipe, batch_size=min(recipe.batch_size, digits)))
    return extrapolate(pace, recipe.epochs, digits, validation)


def extrapolate(pace: Pace, epochs: int, digits: int, validation: int) -> Estimate:
    """What a training of so many epochs and digits takes at a measured pace."""
    seconds = epochs * (digits * pace.training + validation * pace.validation)
    return Estimate(seconds, 1 / pace.training, epochs)


def measure(recipe: Recipe, teacher: nn.Module | None = None) -> Pace:
    """The pace of a recipe on this machine, from real digits. teacher: as in training.train."""
    digits = _on_device(load_mnist(train=True).take(range(max(WARPED, recipe.batch_size))))
    learner, step = _fastest(recipe, digits, teacher)
    warp = _seconds_of_warps(recipe, digits.take(range(WARPED)))
    return Pace(step / recipe.batch_size + warp, _seconds_of_validation(learner, digits))


def _fastest(recipe: Recipe, digits: DigitSet, teacher: nn.Module | None) -> tuple[Learner, float]:
    """The learner that computes in the faster of the recipe's ways, and seconds of its step."""
    reuse_freed_memory()  # as a training does
    ways = ways_of(recipe)
    device = digits.images.device.type
    learners = [Learner(recipe, device, way, teacher) for way in ways]
    seconds = [_seconds_of_step(learner, digits, BUDGET / len(ways)) for learner in learners]
    return min(zip(learners, seconds, strict=True), key=lambda timed: timed[1])


def _seconds_of_step(learner: Learner, digits: DigitSet, budget: float) -> float:
    """Seconds of one step on the recipe's batch.

    Smaller batches are timed first. Where the whole batch would take longer than the budget, its
    time is read from the line through the last two: a step costs so much, and so much an image.
    """
    whole, ends = learner.recipe.batch_size, time.perf_counter() + budget
    images, labels = as_input(digits.images[:whole]), digits.labels[:whole]
    for _ in range(2):  # the first steps lay out weights and gradients in memory
        learner.fit(images[:SMALLEST], labels[:SMALLEST], 0.0, seed=0)
    timed: list[tuple[int, float]] = []
    for size in _batch_sizes(whole):
        if len(timed) > 1 and time.perf_counter() + 3 * GROWTH * timed[-1][1] > ends:
            break
        until = ends if size == whole else 0.0
        timed.append((size, _seconds_of_fit(learner, images[:size], labels[:size], until)))
    return _on_the_line(timed, whole)


def _batch_sizes(whole: int) -> list[int]:
    """Growing sizes, the last one the whole."""
    size, smaller = SMALLEST, []
    while size < whole:
        smaller.append(size)
        size *= GROWTH
    return [*smaller, whole]


def _seconds_of_fit(learner: Learner, images: Tensor, labels: Tensor, until: float) -> float:
    """Mean seconds of a step, repeated until the clock shows `until`."""
    least, most = REPEATS
    learner.fit(images, labels, 0.0, seed=0)  # the first one pays for set-up
    began, steps = time.perf_counter(), 0
    while steps < least or (steps < most and time.perf_counter() < until):
        learner.fit(images, labels, 0.0, seed=0)  # a rate of 0 costs the same and never diverges
        steps += 1
    return (time.perf_counter() - began) / steps


def _on_the_line(timed: Sequence[tuple[int, float]], size: int) -> float:
    """Seconds at `size`, from (size, seconds) in rising order.

    The slope is held between 0.6 and 1 of the last one's seconds an image: the line leans on two
    small batches, so what disturbs one of them would count many times.
    """
    (small, less), (large, more) = timed[max(0, len(timed) - 2)], timed[-1]
    if large == size:
        return more
    slope = (more - less) / (large - small)
    return more + (size - large) * min(max(slope, BY_IMAGE * more / large), more / large)


def _seconds_of_warps(recipe: Recipe, digits: DigitSet) -> float:
    """Seconds an image to shuffle, warp and batch them."""
    began = time.perf_counter()
    for _ in batches(digits, recipe, epoch=1):
        pass
    return (time.perf_counter() - began) / len(digits)


def _seconds_of_validation(learner: Learner, digits: DigitSet) -> float:
    """Seconds an image."""
    seconds = []
    for _ in range(2):  # the first one pays for set-up
        began = time.perf_counter()
        predict_logits(learner.answering, digits.images[:VALIDATED])
        seconds.append(time.perf_counter() - began)
    return min(seconds) / VALIDATED


def _on_device(digits: DigitSet) -> DigitSet:
    return digits.to("cuda" if torch.cuda.is_available() else "cpu")


# --- which learning rate


def range_test(
    recipe: Recipe, digits: DigitSet, steps: int = 100, seconds: float = 20.0,
    teacher: nn.Module | None = None,
) -> Iterator[RangePoint]:  # fmt: skip
    """Train fresh weights with a learning rate that rises at every step, until the loss explodes.

    Ends early, with what there is, when `seconds` have passed. The losses are those of batches
    that are warped as in the recipe's first epoch, of 256 images at most. teacher: as in
    training.train. Raises ValueError for fewer than two digits.

    Source: Smith (2015), arXiv 1506.01186.
    """
    ends = time.perf_counter() + seconds
    size = min(recipe.batch_size, LARGEST_BATCH, len(digits))
    if size < 2:
        raise ValueError("A range test needs at least two digits.")
    recipe, digits = replace(recipe.as_it_begins(), batch_size=size), _on_device(digits)
    learner, smoothing, least = _fresh(recipe, digits, teacher), Smoothing(steps), math.inf
    for step, (images, labels) in enumerate(islice(_endless(digits, recipe), steps), start=1):
        rate = range_rate(recipe.optimizer, step, steps)
        loss = learner.fit(images, labels, rate, seed=recipe.seed * 1_000_003 + step)
        smoothed = smoothing.add(loss)
        least = min(least, smoothed)
        yield RangePoint(step, rate, loss, smoothed)
        if not smoothed <= EXPLODED * least or time.perf_counter() > ends:  # NaN is not either
            return


def suggest(points: Sequence[RangePoint]) -> float | None:
    """The learning rate at which the smoothed loss has fallen half way to its least.

    To two significant digits; None where the loss does not fall. The rule is chosen by measurement:
    five networks with Adam and AdamW, four with SGD, learnt two epochs of 6,000 digits at 13 rates.
    In 28 range tests this rule's validation loss was 1.2 times the best one's (geometric mean), 1.5
    times at worst; min/10 gave 1.4 and 8, steepest descent 1.3 and 18 (a network that died), and
    fastai's valley 2.5 and 13. A tenth of the suggestion was worse every time, ten times it every
    other time.
    """
    curve = [point for point in points if math.isfinite(point.smoothed)]
    curve = curve[len(curve) // 10 :]  # by then the mean is one of several batches
    if not curve:
        return None
    lowest = min(curve, key=lambda point: point.smoothed)
    start = curve[0].smoothed
    if not lowest.smoothed < DESCENT * start:
        return None
    half = (start + lowest.smoothed) / 2
    above = [point for point in curve if point.step < lowest.step and point.smoothed >= half]
    return float(f"{above[-1].learning_rate:.1e}")


def range_rate(optimizer: str, step: int, steps: int) -> float:
    """The learning rate at `step` (from 1) of `steps`: equal factors from lowest to highest."""
    highest = HIGHEST_RATE.get(optimizer, 1.0)
    return LOWEST_RATE * (highest / LOWEST_RATE) ** ((step - 1) / max(1, steps - 1))


class Smoothing:
    """A moving mean, decaying by 0.97 in 100 steps, and as far in decades of the rate in others.

    fastai's 0.98 leaves too little of the short descent of SGD without batch norm to be told
    from noise.

    Debiased as Adam's: divided by the weight of what it has seen.
    """

    def __init__(self, steps: int) -> None:
        self.decay = max(0.0, 1 - 3 / steps)
        self.total, self.weight = 0.0, 0.0

    def add(self, value: float) -> float:
        """The mean so far."""
        self.total = self.decay * self.total + (1 - self.decay) * value
        self.weight = self.decay * self.weight + (1 - self.decay)
        return self.total / self.weight


def _fresh(recipe: Recipe, digits: DigitSet, teacher: nn.Module | None) -> Learner:
    """A learner that has not learnt, computing in the recipe's way or the faster of its two."""
    way, *others = ways_of(recipe)
    if others:
        way = _fastest(recipe, digits, teacher)[0].way
    return Learner(recipe, digits.images.device.type, way, teacher)


def _endless(digits: DigitSet, recipe: Recipe) -> Iterator[tuple[Tensor, Tensor]]:
    """Whole batches, epoch after epoch."""
    for epoch in count(1):
        for images, labels in batches(digits, recipe, epoch):
            if len(labels) == recipe.batch_size:
                yield images, labels
