"""The Warps view: what each warp does at its ends, and whose warps the sliders hold."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as oracle

from digitcore.augment import Warp
from digitcore.digits import load_mnist
from digitcore.evaluation import as_input
from digitcore.exploration.catalogue import of_own
from digitcore.exploration.extremes import extremes
from digitcore.exploration.statistics import statistics
from digitcore.jobs import Jobs
from digitcore.own.store import About, OwnSets
from digitcore.recipes import Recipe
from digitcore.runs import RunStore
from digitcore.zoo import ZOO
from tests.test_pages import words
from ui.explore import warps
from ui.warp_fields import LIMITS, WARPS, as_fields, as_warp
from ui.warp_preview import as_images, warped

pytestmark = pytest.mark.usefixtures("runs")
EVERYTHING = Warp(15, 12, (0.7, 1.3), 0.1, 0.3, 0.5, 1.0, 0.5, cover=8, noise=0.3)


@pytest.fixture(scope="module")
def one():
    """A training digit in 0..1, (1, 1, 28, 28): a 1, which leans to the right."""
    return as_input(load_mnist(train=True).images[3:4])


def ends(one, how: Warp) -> dict:
    return {end.field: end for end in extremes(one, how, torch.Generator().manual_seed(0))}


def measures(end):
    """Of its two images, as rows."""
    return statistics(torch.from_numpy(as_images(end.images)))


# --- the ends of each warp


def test_each_warp_that_is_on_has_two_ends_and_no_other(one):
    assert ends(one, Warp()) == {}
    assert set(ends(one, EVERYTHING)) == set(WARPS) - {"perspective_p"}
    for end in ends(one, EVERYTHING).values():
        assert end.images.shape == (2, 1, 28, 28)
        assert not torch.equal(end.images[0], end.images[1])
    for name in set(WARPS) - {"perspective_p"}:
        alone = Warp(**{name: getattr(EVERYTHING, name)})
        assert set(ends(one, alone)) == {name}
    assert ends(one, Warp(perspective=0.5, perspective_p=0)) == {}


@pytest.mark.parametrize("field", ["rotation", "shear"])
def test_turned_and_slanted_as_torchvision_does(one, field):
    turned = ends(one, Warp(**{field: 20}))[field].images
    for image, sign in zip(turned, (-1, 1), strict=True):
        angle, shear = (20 * sign, 0.0) if field == "rotation" else (0.0, 20.0 * sign)
        expected = oracle.affine(one[0], angle, [0, 0], 1.0, [shear, 0.0],
                                 InterpolationMode.BILINEAR)  # fmt: skip
        assert image.numpy() == pytest.approx(expected.numpy(), abs=1e-3)


def test_left_comes_first_and_the_lesser_before_the_greater(one):
    found = {field: measures(end) for field, end in ends(one, EVERYTHING).items()}
    for field, column in (("rotation", "slant"), ("shear", "slant"), ("scale", "height"),
                          ("shift", "centre_x"), ("shift", "centre_y"),
                          ("thickness", "ink")):  # fmt: skip
        assert found[field][column].is_monotonic_increasing, field
    moved = found["shift"]["centre_x"].diff()[1]
    assert moved == pytest.approx(2 * 0.1 * 28, abs=0.05)
    sizes = found["scale"]["ink"]
    assert sizes[1] / sizes[0] == pytest.approx((1.3 / 0.7) ** 2, rel=0.05)


def test_a_perspective_narrows_the_side_whose_corners_are_pulled_in():
    bars = torch.zeros(1, 1, 28, 28)
    bars[..., 6:22] = 1
    top, bottom = as_images(ends(bars, Warp(perspective=0.4))["perspective"].images)
    for image, narrow, wide in ((top, 7, 20), (bottom, 20, 7)):
        assert image[narrow].sum() < image[wide].sum()


def test_squares_lie_side_by_side_and_noise_is_drawn_twice():
    full = torch.ones(1, 1, 28, 28)
    left, right = 1 - ends(full, Warp(cover=6))["cover"].images[:, 0]
    assert (left.sum(), right.sum(), (left * right).sum()) == (36, 36, 0)
    assert left.nonzero().amax(0)[1] < right.nonzero().amin(0)[1]
    grey = full / 2
    for noisy in ends(grey, Warp(noise=0.1))["noise"].images:
        assert (noisy - 0.5).std() == pytest.approx(0.1, rel=0.1)


# --- fields


@given(st.sampled_from(list(ZOO)))
def test_every_recipes_warp_comes_back_from_the_fields(name):
    how = ZOO[name].recipe.warp
    assert as_warp(as_fields(how)) == how


def test_what_lies_beyond_the_fields_comes_as_near_as_it_can():
    fields = as_fields(Warp(rotation=90, scale=(0.3, 2)))
    assert fields["rotation"] == LIMITS["rotation"][1]
    assert fields["scale"] == LIMITS["scale"]
    assert as_warp(fields | {"scale": (1.2, 0.8)}).scale == (0.8, 1.2)


def test_alike_are_warps_that_do_the_same():
    assert Warp(perspective_p=0.1).alike(Warp())
    assert Warp(perspective=0.3, perspective_p=0).alike(Warp())
    assert not Warp(perspective=0.3, perspective_p=0.1).alike(Warp(perspective=0.3))
    assert not Warp(rotation=1).alike(Warp())


def test_the_same_throw_gives_the_same_epoch(few):
    images = few[0].images[:9]
    assert np.array_equal(warped(images, EVERYTHING, 3), warped(images, EVERYTHING, 3))
    assert not np.array_equal(warped(images, EVERYTHING, 3), warped(images, EVERYTHING, 4))
    assert np.array_equal(warped(images, Warp(), 3), images.numpy())


def like_strong() -> str:
    """The recipes of the zoo with strong's warps, in words."""
    *names, last = [n for n, e in ZOO.items() if e.recipe.warp == ZOO["strong"].recipe.warp]
    return f"{', '.join(names)} and {last}"


# --- the view, with a set of a person's own, which opens faster


def open_warps(runs, count: int = 30, **address: str) -> AppTest:
    test = load_mnist(train=False).take(range(count))
    folder = OwnSets(runs.with_name("own"))
    folder.save("mine", test.images.numpy(), test.labels.numpy(), About("a test"))
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params.update({"side": "Warps", "set": "mine", **address})
    app.run()
    app.switch_page("pages/dataset.py").run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    return " ".join([words(app), *(text.value for text in app.text)])


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


def test_a_recipe_sets_the_sliders_and_is_named_until_they_are_moved(runs):
    mine = Recipe("dense", epochs=2, warp=Warp(rotation=90, shift=0.1))
    Jobs(runs).create(mine, "sideways", start=False)
    app = open_warps(runs)
    assert f"These are the warps of {like_strong()}." in shown(app)
    app.selectbox(key="warps_of").set_value("warped").run()
    assert app.slider(key="warp_perspective").value == 0.2
    assert "These are the warps of warped." in shown(app)
    app.slider(key="warp_rotation").set_value(33.0).run()
    assert "No recipe has exactly these warps." in shown(app)
    assert "Rotation: 33° to the left; as it is; 33° to the right" in shown(app)
    app.selectbox(key="warps_of").set_value("dense").run()
    assert "No warp is switched on" in shown(app)
    app.selectbox(key="warps_of").set_value("sideways").run()
    assert not app.exception
    assert app.slider(key="warp_rotation").value == 45
    button(app, "Throw the dice again").click().run()
    button(app, "Another one").click().run()
    assert not app.exception
    assert 0 <= app.number_input(key="warp_digit").value < 30


def test_the_train_page_opens_with_these_warps_in_its_form(runs):
    app = open_warps(runs, warps_of="tiny")  # an address that names no more
    assert app.slider(key="warp_shift").value == 0.07
    app.slider(key="warp_rotation").set_value(21.0).run()
    button(app, "Train with these warps").click().run()
    assert not app.exception
    assert app.title[0].value == "Train a network"
    assert app.selectbox(key="start").value == "tiny"
    assert app.selectbox(key="network").value == "tiny"
    assert app.number_input(key="epochs").value == ZOO["tiny"].recipe.epochs
    assert (app.slider(key="rotation").value, app.slider(key="shift").value) == (21, 0.07)
    assert "rotation 21 (was 10)" in words(app)


def test_the_settings_travel_in_the_address_and_what_fits_nothing_is_survived(runs):
    app = open_warps(runs, count=1, warps_of="nobody", warp_rotation="7", warp_shear="900",
                     warp_digit="55")  # fmt: skip
    assert app.slider(key="warp_rotation").value == 7
    assert app.slider(key="warp_shear").value == ZOO["strong"].recipe.warp.shear
    assert app.number_input(key="warp_digit").value == 0
    assert "No recipe has exactly these warps." in shown(app)


def test_pieces_hold_the_copies_and_the_ends():
    network = RunStore().run("strong").network()
    catalogue = of_own(load_mnist(train=False).take(range(3), "mine"), network)
    about, copies, *alone = warps.pieces(catalogue)
    assert like_strong() in about.words
    assert len(copies.pictures) == 1 + warps.BESIDE
    assert np.array_equal(copies.pictures[0][0], catalogue.images[0])
    assert len(alone) == 6
    assert all(len(piece.pictures) == 2 for piece in alone)
