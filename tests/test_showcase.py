"""The digits to watch: the same for all, of every class, plain ones and hard ones, all held out."""

import torch

from digitcore.digits import CLASSES, held_out
from digitcore.evaluation import predict
from digitcore.runs import RunStore
from digitcore.showcase import HARD, PLAIN, showcase


def test_there_are_two_dozen_and_every_class_is_among_the_plain_and_the_hard():
    digits = showcase()
    assert len(digits) == PLAIN + HARD == 24
    for part in (digits.labels[:PLAIN], digits.labels[PLAIN:]):
        assert set(part.tolist()) == set(range(CLASSES))


def test_they_are_different_digits_that_no_recipe_learns_from():
    held = {image.numpy().tobytes(): int(label) for image, label in zip(
        held_out().images, held_out().labels, strict=True)}  # fmt: skip
    shown = [image.numpy().tobytes() for image in showcase().images]
    assert len(set(shown)) == 24
    assert [held[image] for image in shown] == showcase().labels.tolist()


def test_they_are_the_same_every_time():
    again = showcase.__wrapped__()
    assert torch.equal(again.images, showcase().images)
    assert torch.equal(again.labels, showcase().labels)


def test_the_plain_are_nearest_to_their_own_mean_and_the_hard_are_not():
    pixels, labels = held_out().images.flatten(1).double(), held_out().labels
    means = torch.stack([pixels[labels == label].mean(0) for label in range(CLASSES)])
    nearest = torch.stack(
        [(image.flatten().double() - means).norm(dim=1).argmin() for image in showcase().images]
    )
    right = nearest == showcase().labels
    assert right[:PLAIN].all()
    assert not right[PLAIN:].any()


def test_a_shipped_network_finds_the_hard_ones_harder():
    probs = predict(RunStore().run("tiny").network(), showcase().images)
    own = probs[range(24), showcase().labels]
    assert own[:PLAIN].min() > 0.9
    assert own[:PLAIN].mean() > own[PLAIN:].mean()
