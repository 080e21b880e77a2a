"""Out-of-fold answers: a split that never moves, and no network that has seen what it answers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from digitcore.digits import DigitSet
from digitcore.evaluation import predict
from digitcore.exploration import folds
from digitcore.exploration.folds import Fold, answer_fold, gather
from digitcore.recipes import Recipe
from digitcore.training import EpochEnd

TINY = Recipe("tiny", epochs=1, batch_size=32, learning_rate=0.01, precision="float32")
FEW, COUNT = 120, 2


@pytest.fixture(scope="module")
def digits(mnist) -> tuple[DigitSet, DigitSet]:
    """120 digits to be cut into folds, and 16 others."""
    return mnist.take(range(FEW)), mnist.take(range(2000, 2016))


def fold(number: int, digits, recipe: Recipe = TINY) -> Fold:
    *_, last = answer_fold(number, *digits, recipe, COUNT)
    assert isinstance(last, Fold)
    return last


def test_every_training_digit_is_left_out_once_and_its_class_evenly(mnist):
    labels = mnist.labels.numpy()
    parts = folds.folds(labels)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
    shares = np.array([np.bincount(labels[part], minlength=10) for part in parts])
    assert np.ptp(shares, axis=0).max() <= 1
    assert all((np.diff(part) > 0).all() for part in parts)


def test_the_split_is_the_one_that_what_is_shipped_was_made_with(mnist):
    """Shuffled by a number of its own: neither torch's nor numpy's global seed moves it."""
    np.random.seed(3)
    torch.manual_seed(3)
    first = [part[:4].tolist() for part in folds.folds(mnist.labels.numpy())]
    assert [places[3] for places in first] == [11, 21, 10, 15, 24]
    assert first == [part[:4].tolist() for part in folds.folds(mnist.labels.numpy())]


@pytest.mark.usefixtures("one_thread")
def test_a_cross_validation_gives_the_same_bytes_twice(digits):
    once, again = fold(1, digits), fold(1, digits)
    for name in ("places", "left_out", "other"):
        assert getattr(once, name).tobytes() == getattr(again, name).tobytes()
    assert once.left_out.shape == (FEW // COUNT, 10) and once.other.shape == (16, 10)


@pytest.mark.usefixtures("one_thread")
def test_a_network_has_not_seen_what_it_answers(digits):
    """What is left out may be any image without moving a weight: the other digits get the very
    same answers. What is learned from may not."""
    given, other = digits
    plain = fold(0, digits)
    learned = np.setdiff1d(np.arange(FEW), plain.places)
    assert spoilt(given, plain.places, other) == plain.other.tobytes()
    assert spoilt(given, learned[:40], other) != plain.other.tobytes()


def spoilt(given: DigitSet, places: np.ndarray, other: DigitSet) -> bytes:
    """The answers to the other digits where the images at `places` are their negatives."""
    images = given.images.clone()
    images[places] = 255 - images[places]
    return fold(0, (DigitSet("spoilt", images, given.labels), other)).other.tobytes()


def test_the_last_network_answers_and_not_the_best(digits):
    """Nothing is chosen by the digits that are left out."""
    recipe = replace(TINY, epochs=2)
    events = list(answer_fold(0, *digits, recipe, COUNT))
    assert [event.epoch for event in events if isinstance(event, EpochEnd)] == [1, 2]
    last = [event for event in events if isinstance(event, EpochEnd)][-1]
    assert np.allclose(predict(last.network, digits[1].images), events[-1].other, atol=1e-6)


def test_gathered_answers_stand_in_the_digits_own_order():
    parts = [
        Fold(np.array([1, 2]), np.full((2, 10), [[0.1], [0.2]]), np.full((3, 10), 0.2)),
        Fold(np.array([0, 3]), np.full((2, 10), [[0.0], [0.3]]), np.full((3, 10), 0.4)),
    ]
    left_out, other = gather(parts)
    assert left_out[:, 0].tolist() == [0.0, 0.1, 0.2, 0.3]
    assert np.allclose(other, 0.3)
