"""The layer that sets digits upright, against SciPy, and by what it must leave alone."""

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform
from scipy.stats import linregress

from digitcore.augment import affine_matrices, resample
from digitcore.deslanting import MOST_SLANT, Deslant, deslants, upright
from digitcore.evaluation import as_input
from digitcore.models import build


@pytest.fixture(scope="module")
def images(few):
    return as_input(few[0].images[:64])


def slants(images: torch.Tensor) -> np.ndarray:
    """(N,) slopes of the least squares lines through the squared ink."""
    rows, columns = np.mgrid[:28, :28]
    found = []
    for ink in images.squeeze(1).numpy() ** 2:
        x, y = (np.average(places, weights=ink) for places in (columns, rows))
        covariance = np.average((columns - x) * (rows - y), weights=ink)
        found.append(covariance / np.average((rows - y) ** 2, weights=ink))
    return np.array(found)


def sheared(images: torch.Tensor, degrees: float) -> torch.Tensor:
    none = torch.zeros(len(images))
    slant = torch.full_like(none, np.radians(degrees))
    return resample(images, affine_matrices(none, slant, none + 1, none, none))


def test_digits_stand_upright_afterwards(images):
    before, after = slants(images), slants(Deslant()(images))
    writing = np.abs(before) < MOST_SLANT
    assert writing.mean() > 0.9
    assert np.abs(before[writing]).mean() > 0.2
    assert np.abs(after[writing]).max() < 0.12  # the sampling's own error


def test_moves_pixels_where_scipy_would(images):
    for image, slant, ours in zip(images, slants(images), Deslant()(images), strict=True):
        ink = image[0].numpy()
        middle = np.average(np.arange(28), weights=(ink**2).sum(1))
        shear = [[1, 0], [slant, 1]]  # reads column x + slant * (row - middle)
        expected = affine_transform(ink, shear, offset=[0, -slant * middle], order=1)
        if abs(slant) < MOST_SLANT:
            np.testing.assert_allclose(ours[0].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("degrees", [-15, 15])
def test_a_digit_and_the_same_digit_slanted_become_alike(images, degrees):
    straight, slanted = Deslant()(images), Deslant()(sheared(images, degrees))
    moved = (images - sheared(images, degrees)).abs().mean()
    assert (slanted - straight).abs().mean() < moved / 2


def test_a_line_is_set_upright_by_the_slope_that_scipy_fits():
    rows = np.arange(4, 24)
    columns = np.round(14 + 0.4 * (rows - 13.5)).astype(int)
    image = torch.zeros(1, 1, 28, 28)
    image[0, 0, rows, columns] = 1
    slope = linregress(rows, columns).slope
    assert slants(image)[0] == pytest.approx(slope)
    line = Deslant()(image)[0, 0]
    assert line.sum(0).topk(3).values.sum() > 0.95 * line.sum()  # within three columns


def test_leans_no_further_than_handwriting_does():
    image = torch.zeros(1, 1, 28, 28)
    for row in range(10, 18):  # a flat diagonal, 72 degrees from upright
        image[0, 0, row, 3 * (row - 10) : 3 * (row - 10) + 3] = 1
    assert slants(image)[0] > 2
    assert slants(Deslant()(image))[0] == pytest.approx(slants(image)[0] - MOST_SLANT, abs=0.1)


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_leaves_what_leans_nowhere_as_it_is(fill):
    image = torch.full((2, 1, 28, 28), fill)
    torch.testing.assert_close(Deslant()(image), image, atol=1e-5, rtol=0)


def test_a_dash_one_pixel_high_stays():
    image = torch.zeros(1, 1, 28, 28)
    image[0, 0, 9, 5:23] = 1
    torch.testing.assert_close(Deslant()(image), image, atol=1e-5, rtol=0)


def test_gives_the_kind_of_numbers_that_it_got_without_losing_places(images):
    low = Deslant()(images.bfloat16())
    assert low.dtype == torch.bfloat16
    torch.testing.assert_close(low.float(), Deslant()(images), atol=0.02, rtol=0)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(Deslant()(images), Deslant()(images.clone()))
        assert Deslant()(images).dtype == torch.float32


def test_gradients_reach_the_image(images):
    image = images[:2].clone().requires_grad_()
    Deslant()(image).square().sum().backward()
    assert image.grad.isfinite().all()
    assert image.grad.abs().sum() > 0


def test_shows_what_a_network_sees(few):
    image = few[0].images[3].numpy()
    expected = Deslant()(as_input(few[0].images[3:4]))[0, 0].numpy()
    assert upright(image).dtype == np.uint8
    np.testing.assert_allclose(upright(image) / 255, expected, atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize(("network", "does"), [("upright", True), ("keen", False)])
def test_knows_which_networks_do_so(network, does):
    assert deslants(build(network)) is does
