"""What a teacher would say of a training's curves, as it happens: what is seen, and what to try.

Every threshold was set on 80 real trainings (500 to 8,000 digits, every optimiser, learning rates
from 1e-6 to 1) and on the histories of the zoo; the comments name the curves that decide it. The
levels of the two losses are never compared naively: warps, dropout and label smoothing raise the
training loss alone. So a training loss *below* the validation loss says something, one above
nothing.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from digitcore.guidance.reading import (
    GUESSING,
    Floats,
    Training,
    column,
    means_of,
    read,
    smoothed_floor,
    when,
    window_of,
)
from digitcore.guidance.remedies import (
    against_overfitting,
    against_plateau,
    either,
    faster,
    longer,
    plainly,
    raised,
    slower,
)
from digitcore.recipes import MOST_EPOCHS, Recipe

EXPLODED = 3 * GUESSING  # an untrained network starts at 4.3 (cautious) or below; leaps reach 460
HOPELESS = 1e3  # nats: after a leap this far dense (adam 0.3) stayed at 1.0, or the loss exploded
SETTLING = 20  # steps: a leap at the start that is recovered from has passed after 12 of them
LOST = 1.0  # nats given back since the best; a one-cycle up to 0.05 gives 0.9 and recovers
STEPS = 200  # then dense, under the hardest warps, stands at 0.8 with 0.001, at 2.0 with 0.00001
FEW_STEPS = 100  # enough to leave the level of guessing: dense with 0.0001 stands at 0.95
STARTED, A_THIRD, MOST = 0.1, 0.35, 0.65  # shares of the way from guessing to a perfect answer
NOISE = 0.05  # nats between rows: 0.003 to 0.01 where nothing moves, 0.25 for sgd at 0.3
RECENT = 5  # epochs looked back on
BOUNCES = 0.08  # relative, sum of those epochs' rises: cautious 0.03; dense at 0.05: 0.18
OF_CHANCE = 4.5  # digits' losses scatter by about the root of their mean; five rises by chance
LEARNT = 0.03  # nats: below it the training loss wobbles by half without harm (plain)
UNFINISHED = 0.2  # nats: 0.0001 leaves 0.24 after 1,000 steps; 0.001 falls below within 200
RISE = 0.1  # relative, means of three epochs: warped rises by 0.05 and recovers, plain by 0.5
BELOW, FAR_BELOW = 2.0, 5.0  # times: tiny, healthy, comes to 1.9; warped, past its best, to 4.2
FLAT = 0.01  # relative: less is no progress
PERFECT = 1e-4  # nats: nothing left to learn

NAMED = {
    "loss": "training loss",
    "train_loss": "training loss",
    "validation_loss": "validation loss",
}


@dataclass(frozen=True)
class Advice:
    """kind: diverging, overfitting, plateau, rate too high, rate too low or too short.

    words: what is seen, with its figures. remedy: what to try, given what the recipe has. Both are
    whole sentences.
    """

    kind: str
    words: str
    remedy: str


def advise(
    recipe: Recipe, history: pd.DataFrame, batches: pd.DataFrame, since: int = 0,
    changed: int = 0,
) -> list[Advice]:  # fmt: skip
    """What to say of a training, running or ended; empty where it goes well.

    One advice at most: what is wrong with the learning rate comes first, for the rest hangs on it.

    history: one row an epoch, as runs.COLUMNS. batches: epochs_done (in epochs), loss (mean of a
    few batches, nats) and learning_rate. Either may be empty, short, or hold what is no number.
    since: the epoch after which the training was last extended, 0 if it never was. changed: the
    step from which the learning rate is the recipe's, as a person has last changed it: what
    another made of the curves is not held against it.
    """
    training = read(recipe, history, batches, since, changed)
    advice = (
        _not_a_number(recipe, history, batches)
        or _diverging(training)
        or _not_learning(training)
        or _bouncing(training)
        or _too_short(training)
        or _unfinished(training)
        or _overfitting(training)
        or _plateau(training)
    )
    return [advice] if advice else []


# --- diverging


def _not_a_number(recipe: Recipe, history: pd.DataFrame, batches: pd.DataFrame) -> Advice | None:
    for frame, name in zip((batches, history, history), NAMED, strict=True):
        last = frame.tail(1)
        if name in frame and len(last) and not np.isfinite(column(last, name)[0]):
            what, epoch = NAMED[name], column(last, "epoch")[0]
            words = f"In epoch {epoch:g} the {what} is no number any more: the training diverged."
            return Advice("diverging", words, slower(recipe))
    return None


def _diverging(training: Training) -> Advice | None:
    if len(training.loss) < 2:
        return None
    at_first = (training.done[-1] - training.changed) * training.steps_per_epoch < SETTLING
    last = float(np.median(training.loss[-1 if at_first else -5 :]))
    if last > (HOPELESS if at_first else EXPLODED):
        words = (
            f"{when(training)} the training loss is {last:.3g}, far above the {GUESSING:.1f} of "
            "mere guessing: the training diverges."
        )
        return Advice("diverging", words, slower(training.recipe))
    return _forgetting(training)


def _forgetting(training: Training) -> Advice | None:
    window = window_of(len(training.loss))
    smooth = means_of(training.loss, window)
    best = int(smooth.argmin())
    floor = smoothed_floor(training.recipe.label_smoothing)
    low, level = smooth[best] - floor, training.level - floor
    had_learned = training.learned(smooth[best]) > A_THIRD
    if not had_learned or level < low + LOST or level < 3 * low:
        return None
    words = (
        f"{when(training)} the training loss is {training.level:.3g}; it had fallen to "
        f"{smooth[best]:.3g} after {training.done[best + window - 1]:.1f}: what it knew is lost."
    )
    return Advice("diverging", words, slower(training.recipe))


# --- the learning rate


def _not_learning(training: Training) -> Advice | None:
    """For a loss that stays high: too high where it jumped or jumps, too low where it creeps."""
    if len(training.loss) < 3:
        return None
    steps, learned = training.steps_at_full_rate, training.learned(training.level)
    jumped = float(training.loss.max()) > EXPLODED
    stuck = (steps >= FEW_STEPS and learned < (MOST if jumped else STARTED)) or (
        steps >= STEPS and learned < A_THIRD
    )
    if not stuck:
        return None
    seen = (
        f"{when(training)} the training loss is {training.level:.3f} "
        f"(guessing gives {GUESSING:.3f})"
    )
    return _why_stuck(training, seen, jumped)


def _why_stuck(training: Training, seen: str, jumped: bool) -> Advice:
    recipe = training.recipe
    if jumped:
        words = f"{seen}, after a leap to {training.loss.max():.3g} that it has not recovered from."
        return Advice("rate too high", words, slower(recipe))
    if _creeps(training.loss):
        words = f"{seen}; it falls steadily, but very slowly."
        return Advice("rate too low", words, faster(recipe))
    jitter = float(training.loss[-max(3, len(training.loss) // 3) :].std())
    if jitter > NOISE:
        words = f"{seen}; it goes up and down by {jitter:.2f} and does not fall."
        return Advice("rate too high", words, slower(recipe))
    words = (
        f"{seen} and does not move: nothing is learned. A learning rate far too high, which kills "
        "the ReLUs at once, and one far too low look alike here."
    )
    if training.changed:
        words += " What an earlier rate has killed does not come to life again: train it anew."
    return Advice("plateau", words, either(recipe))


def _creeps(loss: Floats) -> bool:
    """Whether each third of a curve lies below the one before, beyond chance in all."""
    thirds = np.array_split(loss, 3)
    first, middle, last = (float(third.mean()) for third in thirds)
    chance = sqrt(sum(float(third.var()) / len(third) for third in (thirds[0], thirds[2])))
    return first > middle > last and first - last > 3 * chance


def _bouncing(training: Training) -> Advice | None:
    """A training loss that rises again and again, at a rate that never falls."""
    seen = training.train[-RECENT - 1 :]
    if training.recipe.schedule != "constant" or len(seen) < 4:
        return None
    recent = seen - smoothed_floor(training.recipe.label_smoothing)
    rises = np.maximum(np.diff(recent), 0) / np.maximum(recent[:-1], LEARNT)
    level = float(recent.mean())
    if level < LEARNT or rises.sum() < BOUNCES + OF_CHANCE / sqrt(level * training.digits):
        return None
    words = (
        f"Over the last {len(seen)} epochs the training loss went up and down between "
        f"{seen.min():.3g} and {seen.max():.3g} instead of falling: the steps are too long to "
        "settle."
    )
    return Advice("rate too high", words, slower(training.recipe))


def _too_short(training: Training) -> Advice | None:
    """An ended training of so few steps that nothing can have been learned."""
    steps = training.epochs[-1] * training.steps_per_epoch if training.ended else STEPS
    if steps >= FEW_STEPS or not len(training.loss) or training.learned(training.level) > MOST:
        return None
    words = (
        f"{when(training)} the training loss is {training.level:.3f} (guessing gives "
        f"{GUESSING:.3f}), and these were no more than {steps:.0f} steps: too few to learn from."
    )
    return Advice("too short", words, longer(training.recipe, training.steps_per_epoch, STEPS))


def _unfinished(training: Training) -> Advice | None:
    """An ended training in which every epoch still helped, and much was left to learn."""
    recipe, validation = training.recipe, training.validation
    if not training.ended or recipe.schedule != "constant" or len(validation) < RECENT:
        return None
    floor = smoothed_floor(recipe.label_smoothing)
    left = min(float(training.train[-1]) - floor, float(validation[-1]))
    helped = bool((np.diff(validation[-RECENT:]) < 0).all())
    if left < UNFINISHED or not helped or training.steps_at_full_rate < STEPS:
        return None
    words = (
        f"Every epoch still lowered the validation loss, at the end from {validation[-2]:.3f} to "
        f"{validation[-1]:.3f}: the training ended before the learning did."
    )
    more = min(2 * recipe.epochs, MOST_EPOCHS)
    also = f", or {more} epochs" if more > recipe.epochs else ""
    remedy = f"Try a learning rate of {plainly(raised(recipe))}{also}."
    return Advice("rate too low", words, remedy)


# --- what was learned, and whether it holds for new digits


def _judged(training: Training) -> tuple[Floats, Floats, Floats]:
    """Epochs, training above its floor, validation, in nats, since the average has warmed up.

    An average of decay d looks back over 1 / (1 - d) steps; before five times as many it still
    holds the untrained network (strong: 2.7 and 3.7 after two epochs, 0.06 after four).
    """
    warm = 5 / (1 - training.recipe.average) if training.recipe.average else 0.0
    judged = training.epochs * training.steps_per_epoch > warm
    train = training.train - smoothed_floor(training.recipe.label_smoothing)
    return training.epochs[judged], train[judged].clip(0), training.validation[judged]


def _overfitting(training: Training) -> Advice | None:
    epochs, train, validation = _judged(training)
    if len(epochs) < 4:
        return None
    best = int(validation.argmin())
    since, below = len(epochs) - 1 - best, validation[-1] / max(train[-1], PERFECT)
    # three epochs each: a single lucky one is no measure (warped: 0.0226 between 0.029 and 0.032)
    smooth = means_of(validation, 3)
    rises = since >= 3 and below > BELOW and smooth[-1] > (1 + RISE) * smooth.min()
    by_heart = since >= RECENT and below > FAR_BELOW and train[-1] < train[best] / 2
    if not (rises or by_heart) or train[-1] >= train[best] or validation[best] < PERFECT:
        return None
    then = f"The validation loss was lowest after epoch {epochs[best]:g} ({validation[best]:.3g})"
    now = (
        f"has risen to {smooth[-1]:.3g} over the last three"
        if rises
        else f"has not got better in the {since} epochs since"
    )
    words = (
        f"{then} and {now}, while the training loss fell from {training.train[-1 - since]:.3g} to "
        f"{training.train[-1]:.3g}: the network learns these digits by heart."
    )
    return Advice("overfitting", words, against_overfitting(training.recipe))


def _plateau(training: Training) -> Advice | None:
    """No progress for RECENT epochs, at a constant rate: at the peak of a cycle that is normal."""
    epochs, train, validation = _judged(training)
    if training.recipe.schedule != "constant" or len(epochs) <= RECENT:
        return None
    best, of_late = float(validation[:-RECENT].min()), float(validation[-RECENT:].min())
    if best < PERFECT or of_late < (1 - FLAT) * best:
        return None
    falls = train[-RECENT:].mean() < (1 - RISE) * train[:-RECENT][-RECENT:].mean()
    then = f"The validation loss has not got better since epoch {epochs[validation.argmin()]:g}"
    also = "though the training loss still falls" if falls else "nor has the training loss by much"
    words = f"{then} ({validation.min():.3g}), {also}, now {training.train[-1]:.3g}."
    return Advice("plateau", words, against_plateau(training.recipe))
