"""All that is known of each digit of a set, in one table: what filters, sorts and maps go by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import blake2b

import numpy as np
import pandas as pd
from torch import nn

from digitcore.digits import CLASSES, DigitSet, load_mnist, places_held_out
from digitcore.evaluation import Floats, Predictions, predict
from digitcore.exploration import insights
from digitcore.exploration.insights import Axes
from digitcore.exploration.statistics import statistics

MNIST = "MNIST"
TRAINING, VALIDATION, TEST, OWN = "training", "validation", "test", "own"
SPLITS = (TRAINING, VALIDATION, TEST, OWN)


@dataclass(frozen=True)
class Catalogue:
    """The digits of a set and a row of the table for each, in the same order.

    table: split (one of SPLITS), number (its place in its own set: 0 to 59,999 in MNIST's training
    set, of which validation is a part, 0 to 9,999 in the test set), label; answer, the digit that
    networks read which have not learned from it, right, and quality, the probability in 0..1 that
    they give its label; typicality, the cosine in -1..1 between its features and the mean of its
    class's; apart, the mean distance between its features and those of the ten nearest of MNIST's
    other digits; and the columns of statistics.STATISTICS.
    probs: (N, 10) of the same networks. features: (N, K) of the network insights.NETWORK.
    maps: name -> (N, 2) places, 0 to 65535, x to the right and y upwards.
    """

    name: str
    digits: DigitSet
    table: pd.DataFrame
    probs: Floats
    features: Floats
    axes: Axes
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.digits)

    @property
    def is_mnist(self) -> bool:
        return self.name == MNIST

    @cached_property
    def images(self) -> np.ndarray:
        """uint8 (N, 28, 28), 0 background to 255 ink."""
        return self.digits.images.numpy()

    @cached_property
    def labels(self) -> np.ndarray:
        """int64 (N,)."""
        return self.digits.labels.numpy()

    @cached_property
    def pictures(self) -> str:
        """The same for the same images in the same order alone, whatever their labels: by this
        what was kept of places in a set is known to be of this one. 0.1 s for MNIST's."""
        return blake2b(np.ascontiguousarray(self.images).data, digest_size=8).hexdigest()

    @cached_property
    def state(self) -> tuple[str, str, bytes]:
        """Changes with the name, the images and the labels: for what is kept of all of them."""
        return self.name, self.pictures, blake2b(self.labels.tobytes(), digest_size=8).digest()

    @property
    def classes(self) -> list[int]:
        """The digits that occur, ascending: a person's own set may have few."""
        return [int(digit) for digit in np.unique(self.labels)]

    @cached_property
    def predictions(self) -> Predictions:
        """What networks answer that have not learned from the digit."""
        return Predictions(self.probs, self.labels)

    @cached_property
    def numbered(self) -> dict[str, int]:
        """How many digits are numbered in each split that has any: validation with training."""
        present = self.table["split"].value_counts()
        counts = {TRAINING: present[TRAINING] + present[VALIDATION], TEST: present[TEST],
                  OWN: present[OWN]}  # fmt: skip
        return {split: int(count) for split, count in counts.items() if count}

    def title(self, place: int) -> str:
        """A digit's name for a person, such as 'Test digit 2,597'."""
        row = self.table.iloc[place]
        kind = {TRAINING: "Training digit", VALIDATION: "Training digit", TEST: "Test digit"}
        return f"{kind.get(row['split'], f'{self.name}, digit')} {row['number']:,}"

    def place_of(self, split: str, number: int) -> int:
        """Where a digit stands in the table. Raises KeyError. Validation is a part of training."""
        splits = (TRAINING, VALIDATION) if split in (TRAINING, VALIDATION) else (split,)
        found = np.flatnonzero(self.table["split"].isin(splits) & (self.table["number"] == number))
        if not len(found):
            raise KeyError(f"There is no {split} digit {number}.")
        return int(found[0])


@cache
def of_mnist() -> Catalogue:
    """MNIST's 70,000 with what is shipped about them. Takes about 2 s, once per process; to be
    read only. Raises DataDamaged."""
    digits, known = insights.both(), insights.load()
    learned = len(load_mnist(train=True))
    codes = np.full(len(digits), SPLITS.index(TEST))
    codes[:learned] = SPLITS.index(TRAINING)
    codes[places_held_out(load_mnist(train=True)).numpy()] = SPLITS.index(VALIDATION)
    numbers = np.concatenate([np.arange(learned), np.arange(len(digits) - learned)])
    table = _table(digits, codes, numbers, known.probs, known.features, known.apart)
    return Catalogue(MNIST, digits, table, known.probs, known.features, known.axes, known.maps)


def of_own(digits: DigitSet, network: nn.Sequential) -> Catalogue:
    """A person's own digits, answered by the network insights.NETWORK, which has not learned from
    them unless they are copies of MNIST's, and placed on each map among their nearest neighbours in
    MNIST. Raises DataDamaged."""
    known = insights.load()
    probs = predict(network, digits.images)
    features = known.axes.place(network, digits.images)
    codes = np.full(len(digits), SPLITS.index(OWN))
    close, distances = insights.closest(features, known)
    table = _table(digits, codes, np.arange(len(digits)), probs, features, distances.mean(1))
    maps = insights.placed(close, known)
    return Catalogue(digits.name, digits, table, probs, features, known.axes, maps)


def _table(digits: DigitSet, codes: np.ndarray, numbers: np.ndarray,
           probs: Floats, features: Floats, apart: Floats) -> pd.DataFrame:  # fmt: skip
    labels = digits.labels.numpy()
    answers = probs.argmax(1)
    table = pd.DataFrame({
        "split": pd.Categorical.from_codes(codes, SPLITS), "number": numbers, "label": labels,
        "answer": answers, "right": answers == labels,
        "quality": probs[np.arange(len(labels)), labels],
        "typicality": _typicality(features, labels), "apart": apart,
    })  # fmt: skip
    return table.join(statistics(digits.images))


def _typicality(features: Floats, labels: np.ndarray) -> Floats:
    """(N,) cosine between each digit's features and its class's mean."""
    cosine = np.zeros(len(labels), dtype=np.float32)
    for digit in range(CLASSES):
        of_class = features[labels == digit]
        if len(of_class):
            mean = of_class.mean(0)
            length = np.linalg.norm(of_class, axis=1) * np.linalg.norm(mean)
            cosine[labels == digit] = of_class @ mean / np.maximum(length, 1e-12)
    return cosine
