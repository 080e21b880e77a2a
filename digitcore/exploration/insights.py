"""What was computed once about MNIST's 70,000 digits, by scripts/build_insights.py, and is shipped.

    data/insights/answers.npz    out-of-fold probabilities, one byte each (robustness.encode)
    data/insights/features.npz   the strong network's features, on their main axes, one byte each
    data/insights/maps.npz       each digit's place on each map, 0 to 65535
    data/insights/near.npz       how far each digit is from its nearest, and the near-duplicates

The 60,000 training digits come first, then the 10,000 test digits, each in MNIST's own order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from digitcore.digits import CLASSES, DATA, DataDamaged, DigitSet, load_mnist
from digitcore.evaluation import Floats
from digitcore.exploration.doubles import Pairs
from digitcore.exploration.features import features
from digitcore.folder import UNREADABLE, arrays_in
from digitcore.robustness import STEPS, decode

FOLDER = DATA / "insights"
ANSWERS, FEATURES, MAPS, NEAR = "answers.npz", "features.npz", "maps.npz", "near.npz"
NETWORK = "strong"  # whose features they are
AXES = 128  # of its 640: they keep 8.3 of each digit's 10 nearest; 64 would keep 7.2
NEAREST = 10  # digits, whose mean distance tells how lonely a digit is
HIGHEST = 65535  # the furthest place on a map
COUNT, LEARNED = 70_000, 60_000  # digits in all, and those of the training set, which come first
AT_ONCE = 200  # rows of a table of distances: it stays near the processor's caches
T = TypeVar("T")


@dataclass(frozen=True)
class Axes:
    """The main axes of a network's features: mean (D,), components (K, D), and scale (K,), what
    one step of the stored bytes stands for."""

    mean: Floats
    components: Floats
    scale: Floats

    def encode(self, raw: Floats) -> np.ndarray:
        """int8 (N, K) from float (N, D) features."""
        along = (raw - self.mean) @ self.components.T / self.scale
        return np.rint(along).clip(-127, 127).astype(np.int8)

    def decode(self, codes: np.ndarray) -> Floats:
        """float32 (N, K) from what encode gave."""
        return codes.astype(np.float32) * self.scale

    def place(self, network: nn.Sequential, images: torch.Tensor) -> Floats:
        """float32 (N, K) for other images, in the same space and as coarse."""
        return self.decode(self.encode(features(network, images)))


@dataclass(frozen=True)
class Insights:
    """Of all 70,000: probs (N, 10) from networks that have not learned from the digit; features
    (N, K) and their axes; maps: name -> uint16 (N, 2) places, x to the right and y upwards; apart
    (N,), mean distance of its features to those of the NEAREST others; doubles: near-duplicates;
    usual: (10,) grey levels from a digit of each class to its nearest, see doubles.py."""

    probs: Floats
    features: Floats
    axes: Axes
    maps: Mapping[str, np.ndarray]
    apart: Floats
    doubles: Pairs
    usual: Floats


def both() -> DigitSet:
    """MNIST's 60,000 training and then its 10,000 test digits. Raises DataDamaged."""
    return _both()


@cache
def _both() -> DigitSet:
    train, test = load_mnist(train=True), load_mnist(train=False)
    return DigitSet("MNIST", torch.cat([train.images, test.images]),
                    torch.cat([train.labels, test.labels]))  # fmt: skip


@cache
def load(folder: Path = FOLDER) -> Insights:
    """What is shipped; read once per process, to be read only. Raises DataDamaged."""
    probs = _read(folder / ANSWERS, _answers)
    axes, places = _read(folder / FEATURES, _axes_and_features)
    maps = _read(folder / MAPS, lambda arrays: {
        name: _sound(arrays[name], (COUNT, 2), np.uint16) for name in arrays
    })  # fmt: skip
    return Insights(probs, places, axes, maps, *_read(folder / NEAR, _near))


def _answers(arrays: Mapping[str, np.ndarray]) -> Floats:
    codes = _sound(arrays["codes"], (COUNT, CLASSES))
    if codes.max() > STEPS:
        raise ValueError("it holds codes that stand for no probability")
    return decode(codes)


def _axes_and_features(arrays: Mapping[str, np.ndarray]) -> tuple[Axes, Floats]:
    mean, components, scale = (
        arrays[n].astype(np.float32) for n in ("mean", "components", "scale")
    )
    if components.shape != (len(scale), *mean.shape):
        raise ValueError("its axes do not fit each other")
    axes = Axes(mean, components, scale)
    codes = _sound(arrays["codes"], (len(scale), COUNT), np.int8)  # so it packs better
    return axes, axes.decode(np.ascontiguousarray(codes.T))


def _near(arrays: Mapping[str, np.ndarray]) -> tuple[Floats, Pairs, Floats]:
    places = arrays["pairs"].astype(np.int64)
    squares = _sound(arrays["squares"], (len(places),), np.int64)
    usual = _sound(arrays["usual"], (CLASSES,), np.float32)
    lengths = _sound(arrays["lengths"], (len(places),), np.float64)
    if places.shape[1:] != (2,) or ((places < 0) | (places >= COUNT)).any():
        raise ValueError("its pairs are not of two digits each")
    apart = _sound(arrays["apart"], (COUNT,), np.float16).astype(np.float32)
    return apart, Pairs(places, squares, lengths), usual


def _sound(array: np.ndarray, shape: tuple[int, ...], kind: type = np.uint8) -> np.ndarray:
    if array.shape != shape or array.dtype != kind:
        raise ValueError(f"it holds {array.dtype} {array.shape}, not {kind.__name__} {shape}")
    return array


def _read(file: Path, how: Callable[[Mapping[str, np.ndarray]], T]) -> T:
    try:
        with arrays_in(file) as arrays:
            return how(arrays)
    except UNREADABLE as error:
        what = "missing" if isinstance(error, FileNotFoundError) else f"damaged ({error})"
        raise DataDamaged(
            f"data/insights/{file.name} is {what}. Restore the shipped file with "
            "'git checkout -- data/insights', or make it anew with "
            "'python -m scripts.build_insights'."
        ) from error


def closest(others: Floats, known: Insights) -> tuple[np.ndarray, Floats]:
    """Of other digits, by their (N, K) features, the NEAREST among the 70,000 in no order: their
    places (N, NEAREST), and float32 distances."""
    return nearest(others, known.features)


def nearest(points: Floats, among: Floats, count: int = NEAREST) -> tuple[np.ndarray, Floats]:
    """Places in float32 (M, K) `among`, and distances, of the `count` nearest to each of (N, K)
    points, in no order: (N, count) each."""
    lengths = np.square(among).sum(1)
    places, distances = [], []
    for start in range(0, len(points), AT_ONCE):
        part = points[start : start + AT_ONCE]
        squares = lengths - 2 * part @ among.T
        # a copy, since a view would keep the whole table
        places.append(np.argpartition(squares, count - 1, axis=1)[:, :count].copy())
        ends = np.square(part).sum(1)[:, None]
        distances.append(np.take_along_axis(squares, places[-1], axis=1) + ends)
    return np.concatenate(places), np.sqrt(np.maximum(np.concatenate(distances), 0))


def placed(close: np.ndarray, known: Insights) -> dict[str, np.ndarray]:
    """Where other digits belong on each map, by the (N, NEAREST) places of their neighbours among
    the 70,000: uint16 (N, 2), the median place of these."""
    return {
        name: np.median(places[close], axis=1).astype(np.uint16)
        for name, places in known.maps.items()
    }
