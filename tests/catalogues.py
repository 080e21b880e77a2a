"""Catalogues for tests that are made at once: real digits, about which not all is so."""

import numpy as np
import torch

from digitcore.digits import CLASSES, DigitSet, load_mnist
from digitcore.exploration import catalogue
from digitcore.exploration.catalogue import MNIST, SPLITS, Catalogue
from digitcore.exploration.insights import Axes

K = 4  # features


def small(count: int = 60, name: str = "mine", labels: tuple[int, ...] = ()) -> Catalogue:
    """The first test digits, with their own labels or the given ones over and over; what networks
    say of them is made up."""
    random, digits = np.random.default_rng(7), load_mnist(train=False).take(range(count))
    if labels:
        digits = DigitSet(name, digits.images, torch.tensor(np.resize(labels, count)))
    probs = random.dirichlet(np.full(CLASSES, 0.3), count).astype(np.float32)
    probs[::2] = np.eye(CLASSES, dtype=np.float32)[digits.labels[::2]]  # half are surely right
    features = random.normal(size=(count, K)).astype(np.float32)
    codes = np.arange(count) % 3 if name == MNIST else np.full(count, SPLITS.index("own"))
    apart = random.gamma(4, size=count).astype(np.float32)
    table = catalogue._table(digits, codes, np.arange(count), probs, features, apart)
    axes = Axes(np.zeros(K, np.float32), np.eye(K, dtype=np.float32), np.ones(K, np.float32))
    places = {"UMAP": random.integers(0, 65536, (count, 2)).astype(np.uint16)}
    return Catalogue(name, digits, table, probs, features, axes, places)
