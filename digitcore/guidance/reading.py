"""The curves of a training, read for what can be said of them: finite, and as fine as known."""

from dataclasses import dataclass, replace
from math import ceil, log

import numpy as np
import numpy.typing as npt
import pandas as pd

from digitcore.recipes import Recipe

Floats = npt.NDArray[np.float64]

ROUNDED = 1e-3  # epochs: rows are written to seven digits, and at most 200 an epoch
GUESSING = log(10)  # nats: the loss of calling all ten digits equally likely


@dataclass(frozen=True)
class Training:
    """Finite figures of a training: by epoch, and as finely as the training loss is known.

    epochs, train, validation: (E,), losses in nats. done: (N,) epochs, at which loss (N,) was
    measured with rate (N,). changed: epochs done when the learning rate was last changed by hand;
    nothing from before is here.
    """

    recipe: Recipe
    epochs: Floats
    train: Floats
    validation: Floats
    done: Floats
    loss: Floats
    rate: Floats
    changed: float = 0.0

    @property
    def digits(self) -> float:
        return self.recipe.learned

    @property
    def steps_per_epoch(self) -> int:
        return self.recipe.steps_per_epoch

    @property
    def steps_at_full_rate(self) -> float:
        """Since the rate first reached half of the recipe's: a warm-up does not count."""
        full = self.rate >= self.recipe.learning_rate / 2
        if not full.any():
            return 0.0
        # a row stands for all since the row before, the first for its epoch until then
        first = max(self.changed, ceil(self.done[0]) - 1)
        before = np.concatenate([[first], self.done[:-1]])
        return float((self.done[-1] - before[full.argmax()]) * self.steps_per_epoch)

    @property
    def level(self) -> float:
        """The training loss of late, in nats: one wild batch does not change it."""
        return float(np.median(self.loss[-window_of(len(self.loss)) :]))

    def learned(self, loss: float) -> float:
        """Share of the way from guessing (0) to a perfect answer (1)."""
        return (GUESSING - loss) / (GUESSING - smoothed_floor(self.recipe.label_smoothing))

    @property
    def ended(self) -> bool:
        return len(self.epochs) > 0 and self.epochs[-1] >= self.recipe.epochs


def read(
    recipe: Recipe, history: pd.DataFrame, batches: pd.DataFrame, since: int = 0,
    changed: int = 0,
) -> Training:  # fmt: skip
    """changed: the step from which the learning rate is the recipe's; nothing before it counts."""
    by_epoch = finite(history, "epoch", "train_loss", "validation_loss", "learning_rate")
    if recipe.unwarped and by_epoch.size:
        by_epoch = by_epoch[:, _like_the_last(recipe, by_epoch[0], since)]
    fine = finite(batches, "epochs_done", "loss", "learning_rate")
    before = changed / recipe.steps_per_epoch
    if changed:
        by_epoch = by_epoch[:, by_epoch[0] - 1 >= before]
        fine = fine[:, fine[0] > before + ROUNDED]
    if fine.shape[1] < by_epoch.shape[1]:  # the shipped models' batches are not kept
        fine = by_epoch[[0, 1, 3]]
    return replace(Training(recipe, *by_epoch[:3], *fine), changed=before)


def _like_the_last(recipe: Recipe, epochs: Floats, since: int) -> npt.NDArray[np.bool_]:
    """Which epochs showed images as the last one did: losses of warped and of unwarped images do
    not compare. Of those up to `since` it is not known: the plan was another."""
    last = recipe.warp_of(int(epochs[-1]))
    return np.array([e > since and recipe.warp_of(int(e)) == last for e in epochs], bool)


def finite(frame: pd.DataFrame, *columns: str) -> Floats:
    """(columns, rows): the rows that are numbers throughout, none where a column is missing."""
    rows = np.stack([column(frame, name) for name in columns])
    rows = rows[:, np.isfinite(rows).all(axis=0)]
    return rows.clip(0, 1e6)  # so that no sum overflows, whatever the file holds


def column(frame: pd.DataFrame, name: str) -> Floats:
    values = frame[name] if name in frame else pd.Series(np.nan, index=frame.index)
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)


def when(training: Training) -> str:
    return f"After {training.done[-1]:.1f} epochs"


def window_of(rows: int) -> int:
    """Rows to average over: a tenth, at most 20, which is a tenth of an epoch."""
    return max(1, min(20, rows // 10))


def means_of(values: Floats, window: int) -> Floats:
    """Means of `window` neighbours, without those that lack some."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    return (sums[window:] - sums[:-window]) / window


def smoothed_floor(smoothing: float) -> float:
    """The least training loss that label smoothing leaves, in nats: the entropy of its targets.

    Source: Szegedy et al. (2015), arXiv 1512.00567, section 7.
    """
    other = smoothing / 10
    right = 1 - 9 * other
    return -right * log(right) - (9 * other * log(other) if other > 0 else 0.0)
