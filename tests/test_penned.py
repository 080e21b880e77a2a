"""Penned digits: held as MNIST holds them, balanced, the same for a seed; and what is no digit."""

from collections import Counter

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from digitcore.ink.mnist import BOX, CENTRE, centre_of_mass
from digitcore.learner import Arithmetic, Learner
from digitcore.own.learning import learning_digits
from digitcore.own.store import OwnSets
from digitcore.penned import FORMS, NO_DIGIT, OTHERS, penned_digits, penned_form, penned_others
from digitcore.penned.paths import Chance, arc, corner, curve, line, moved, traced
from digitcore.recipes import Recipe
from digitcore.runs import Run, RunStore
from digitcore.training import EpochEnd, train

SURELY = 0.5  # of what a network that never saw a penned digit must read, form by form


@pytest.fixture(scope="module")
def strong():
    """A shipped network that has learned from MNIST alone."""
    run: Run = RunStore().run("strong")
    assert not run.recipe.beyond_mnist
    return run.network()


def names(forms) -> list[str]:
    return [f"{form.digit} {form.name}" for form in forms]


@pytest.mark.parametrize("form", FORMS, ids=names(FORMS))
def test_each_form_is_held_as_mnist_holds_digits(form):
    images = penned_form(form, 20, seed=0)
    assert (images.dtype, tuple(images.shape)) == (torch.uint8, (20, 28, 28))
    for image in images.numpy():
        sides = [np.ptp(places) + 1 for places in image.nonzero()]
        assert BOX - 2 <= max(sides) <= BOX + 3  # pressure and the fading edge of a stroke
        assert np.abs(centre_of_mass(image) - CENTRE).max() < 1
        assert image.max() == 255
    assert len({image.numpy().tobytes() for image in images}) == 20  # no two hands are the same


@pytest.mark.parametrize("other", OTHERS, ids=names(OTHERS))
def test_what_is_no_digit_is_drawn_in_the_same_box(other):
    images = penned_form(other, 10, seed=0).numpy()
    rows, columns = (images.max(axis=(0, axis)).nonzero()[0] for axis in (2, 1))
    assert images.max(axis=(1, 2)).min() == 255
    assert max(np.ptp(rows), np.ptp(columns)) <= 27


@pytest.mark.parametrize("digit", range(10))
def test_a_network_that_never_saw_them_reads_the_common_forms(strong, digit):
    """They are digits to others too: a prototype of another digit than it says would not be."""
    forms = [form for form in FORMS if form.digit == digit]
    images = torch.cat([penned_form(form, 25, seed=3) for form in forms])
    with torch.inference_mode():
        answers = strong(images[:, None].float() / 255).argmax(1)
    assert (answers == digit).float().mean() > SURELY


def test_every_form_has_its_share():
    digits = penned_digits(10 * len(FORMS) + 1, seed=0)
    forms = Counter(form.digit for form in FORMS)
    counts = digits.labels.bincount()
    assert counts.tolist() == [10 * forms[digit] + (digit == 0) for digit in range(10)]
    assert len(set(names(FORMS + OTHERS))) == len(FORMS) + len(OTHERS)


def test_the_same_seed_gives_the_same_digits():
    one, again, other = (penned_digits(60, seed).images for seed in (4, 4, 5))
    assert one.equal(again)
    assert not one.equal(other)
    assert penned_others(60, 4).images.equal(penned_others(60, 4).images)


def test_drawing_leaves_the_global_random_numbers_alone():
    before = torch.get_rng_state()
    penned_digits(20, 0)
    assert torch.get_rng_state().equal(before)


def test_no_digits_are_labelled_so():
    others = penned_others(70, 0)
    assert others.labels.tolist() == [NO_DIGIT] * 70


# --- strokes


def one(stroke, jitter: float = 0.0) -> np.ndarray:
    return traced(stroke, jitter, Chance(1, torch.Generator()))[0].numpy()


def test_a_line_is_straight_and_keeps_its_corners():
    points = one(line((0, 0), (1, 0), (1, 1)))
    assert [1, 0] in points.tolist()
    assert all(y == 0 or x == pytest.approx(1) for x, y in points)


def test_a_curve_goes_through_its_points_and_turns_only_at_corners():
    smooth, turning = one(curve((0, 0), (1, 0), (1, 1))), one(curve((0, 0), corner(1, 0), (1, 1)))
    assert [1, 0] in smooth.tolist()
    assert smooth[:, 1].min() < 0  # it swings out before the bend
    assert turning[:, 1].min() == 0


def test_an_arc_is_of_its_radius_and_grows_to_its_end():
    ring = one(arc((2, 3), (1, 1)))
    assert np.hypot(*(ring - (2, 3)).T) == pytest.approx(1, abs=0.04)
    grown = one(arc((0, 0), (1, 1), 0, 360, 2.0))
    assert np.hypot(*grown[-1]) == pytest.approx(2)


def test_moved_strokes_keep_their_shape():
    there = moved([curve((0, 0), corner(1, 2))], 10, 20, 3)
    assert [(p.x, p.y, p.corner) for p in there[0]] == [(10, 20, False), (13, 26, True)]


# --- learning from them


def test_a_recipe_learns_from_mnist_and_from_what_is_penned(tmp_path):
    recipe = Recipe("dense", digits=50, penned=20, others=10, seed=2)
    learned, validation = learning_digits(recipe, OwnSets(tmp_path))
    assert len(learned) == recipe.learned == 80
    assert learned.images[50:70].equal(penned_digits(20, seed=2).images)
    assert (learned.labels[70:] == NO_DIGIT).all()
    assert (validation.labels >= 0).all()


def test_to_know_nothing_of_what_is_no_digit_costs_nothing():
    """The loss is cross-entropy for digits, and Kullback and Leibler's divergence from even
    probabilities for what is none."""
    learner = Learner(Recipe("dense", others=1), "cpu", Arithmetic("float32", True))
    logits = torch.randn(6, 10, generator=torch.Generator().manual_seed(0))
    learner._forward = torch.nn.Flatten()  # its answer is what it is given
    labels = torch.tensor([3, NO_DIGIT, 5, NO_DIGIT, 0, 9])
    even = torch.full((10,), 0.1)
    each = [
        F.kl_div(row.log_softmax(0), even, reduction="sum")
        if label == NO_DIGIT
        else F.cross_entropy(row, label)
        for row, label in zip(logits, labels, strict=True)
    ]
    loss = learner._loss(logits[:, :, None, None], labels)
    assert float(loss) == pytest.approx(float(torch.stack(each).mean()), rel=1e-5)


def test_a_network_learns_to_say_no(tmp_path):
    recipe = Recipe("slim", epochs=3, digits=1500, penned=100, others=500, learning_rate=0.003)
    *_, last = (
        event for event in train(recipe, *learning_digits(recipe, OwnSets(tmp_path)))
        if isinstance(event, EpochEnd)
    )  # fmt: skip
    none, some = penned_others(200, 77).images, penned_digits(200, 77).images
    network = last.network.eval()
    with torch.inference_mode():
        sure = [network(x[:, None].float() / 255).softmax(1).amax(1).mean() for x in (none, some)]
    assert sure[0] < 0.5 < sure[1]
