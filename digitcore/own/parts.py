"""An own set in two parts: what may be learned from, and what is held out to judge by.

The same for everybody and at any time: it follows from the digits alone, wherever they stand in
the set, so that a model that learned from a set can be compared on digits that it has not seen.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b

import numpy as np
import torch
from torch import Generator, Tensor

from digitcore.digits import SPLIT_SEED, DigitSet, load_mnist

EVERY, FIRST = 5, 2  # of the different digits, in the order of their classes, each fifth
EDITION = b"1"  # to be raised when the parts change


@dataclass(frozen=True)
class Parts:
    """A set, ascending places in it of what is learned and of what is held out, and a fingerprint
    that other digits, other labels or another order would not have."""

    digits: DigitSet
    learned: Tensor
    held_out: Tensor
    fingerprint: str

    def __len__(self) -> int:
        return len(self.digits)

    @cached_property
    def learned_looks(self) -> np.ndarray:
        """looks() of what is learned."""
        return looks(self.digits.images[self.learned])


def divide(digits: DigitSet) -> Parts:
    """The parts of a set of 1 digit or more. 100,000 digits take about half a second."""
    return Parts(digits, *learn_and_hold(digits), fingerprint(digits))


def learn_and_hold(digits: DigitSet) -> tuple[Tensor, Tensor]:
    """(places to learn from, places held out), both ascending: a fifth is held out.

    Counted in different digits: all exact copies of one are in the same part, else what is learned
    by heart would count as read; copies that differ in a pixel may still be in both. A picture that
    stands there under two labels is learned, unless each of these is held out. Each class has its
    share, to the nearest digit that all classes together allow, and keeps at least one to learn
    from. So of a set with one or two digits none is held out, and of two digits in each of ten
    classes four are.
    """
    copies, classes, pictures = _different(digits)
    shuffled = torch.randperm(len(classes), generator=Generator().manual_seed(SPLIT_SEED)).numpy()
    order = shuffled[np.argsort(classes[shuffled], kind="stable")]
    held = np.zeros(len(classes), dtype=bool)
    held[order[FIRST::EVERY]] = True
    held &= np.bincount(classes)[classes] > 1
    held &= ~np.isin(pictures, pictures[~held])
    apart = torch.from_numpy(held[copies])
    return (~apart).nonzero().flatten(), apart.nonzero().flatten()


def fingerprint(digits: DigitSet) -> str:
    """16 letters and digits."""
    found = blake2b(EDITION, digest_size=8)
    found.update(digits.labels.numpy().tobytes())
    found.update(digits.images.contiguous().numpy().data)
    return found.hexdigest()


def _different(digits: DigitSet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) which of the M different digits each is, a picture with its label; (M,) their labels;
    (M,) looks() of their pictures.

    In an order that does not depend on the set's.
    """
    labels = digits.labels.numpy().astype(np.uint64)
    pairs = np.stack([labels, looks(digits.images)], axis=1).view("u8,u8").ravel()
    different, copies = np.unique(pairs, return_inverse=True)
    return copies, different["f0"].astype(int), different["f1"]


def looks(images: Tensor) -> np.ndarray:
    """uint64 (N,), the same for the same uint8 (28, 28) pictures alone: tens of times as fast to
    sort and to look up as these."""
    codes = (blake2b(image, digest_size=8).digest() for image in images.contiguous().numpy())
    return np.frombuffer(b"".join(codes), dtype=np.uint64)


@cache
def looks_of_mnist(train: bool) -> np.ndarray:
    """Of MNIST's 60,000 training or 10,000 test digits. Raises DataDamaged."""
    return looks(load_mnist(train).images)
