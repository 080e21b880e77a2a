"""What networks answer to digits that they have not learned from: for finding wrong labels.

Training digits are answered by cross-validation: each fold by a network that learned from the
others. Test digits are answered by the mean of all folds' networks, none of which has seen one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold

from digitcore.digits import DigitSet
from digitcore.evaluation import Floats, predict
from digitcore.recipes import Recipe
from digitcore.training import EpochEnd, train
from digitcore.zoo import PEN

FOLDS = 5
SEED = 1998  # any fixed number would do
RECIPE = Recipe(
    "broad", epochs=12, optimizer="adamw", learning_rate=0.004, schedule="one-cycle",
    weight_decay=0.02, warp=PEN, average=0.998,
)  # fmt: skip


@dataclass(frozen=True)
class Fold:
    """places: (M,) of the digits that were left out. left_out: (M, 10) probabilities of these;
    other: (K, 10) of the digits that no fold learns from."""

    places: np.ndarray
    left_out: Floats
    other: Floats


def folds(labels: np.ndarray, count: int = FOLDS) -> list[np.ndarray]:
    """Places left out by each fold, ascending, with equal shares of each class; fixed for ever."""
    cut = StratifiedKFold(count, shuffle=True, random_state=SEED)
    return [left_out for _, left_out in cut.split(np.zeros(len(labels)), labels)]


def answer_fold(number: int, digits: DigitSet, other: DigitSet, recipe: Recipe = RECIPE,
                count: int = FOLDS) -> Iterator[EpochEnd | Fold]:  # fmt: skip
    """Train on all but fold `number` and answer it; the epochs on the way, the fold at last.

    The last epoch's network answers: nothing is chosen by the digits that are left out.
    """
    places = folds(digits.labels.numpy(), count)[number]
    kept = np.setdiff1d(np.arange(len(digits)), places)
    left_out = digits.take(torch.from_numpy(places))
    last = None
    for event in train(recipe, digits.take(torch.from_numpy(kept)), left_out):
        if isinstance(event, EpochEnd):
            last = event
            yield event
    assert last
    yield Fold(places, predict(last.network, left_out.images), predict(last.network, other.images))


def gather(parts: list[Fold]) -> tuple[Floats, Floats]:
    """(N, 10) probabilities of the digits, each from the network that left it out; and the mean
    (K, 10) of all networks for the other digits."""
    left_out = np.concatenate([fold.left_out for fold in parts])
    order = np.argsort(np.concatenate([fold.places for fold in parts]))
    return left_out[order], np.mean([fold.other for fold in parts], axis=0)
