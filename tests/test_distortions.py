"""Distorted digits: NumPy, SciPy and torchvision are the oracles for what each kind does."""

import itertools
import subprocess
import sys
from math import radians
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage
from torchvision.transforms.v2 import functional as oracle

from digitcore.augment import affine_matrices, resample
from digitcore.digits import load_mnist
from digitcore.robustness.distortions import (
    KINDS,
    SAMPLE,
    SETTINGS,
    Setting,
    clean,
    distorted,
    sample,
)

ROOT = Path(__file__).resolve().parent.parent
EVERY_SETTING = pytest.mark.parametrize("name", SETTINGS)
SUMS = """
from zlib import crc32
from digitcore.robustness.distortions import SETTINGS, distorted, sample
print(crc32(sample().tobytes()), *(crc32(distorted(s).images.numpy().tobytes())
                                   for s in SETTINGS.values()))
"""


def images(name: str) -> np.ndarray:
    """(2000, 28, 28) in 0..1 under a setting."""
    return distorted(SETTINGS[name]).images.numpy() / 255


@pytest.fixture(scope="module")
def before() -> np.ndarray:
    """(2000, 28, 28) in 0..1 as they are."""
    return clean().images.numpy() / 255


@pytest.fixture(scope="module")
def place() -> np.ndarray:
    """(2000,) how many of the same class come before each digit, counted one by one."""
    seen = dict.fromkeys(range(10), 0)
    places = []
    for label in clean().labels.tolist():
        places.append(seen[label])
        seen[label] += 1
    return np.array(places)


def distort(kind: str, ink: torch.Tensor, level: float) -> np.ndarray:
    """(N, 28, 28) of any ink in 0..1, all of one class."""
    return KINDS[kind].distort(ink, level, torch.arange(len(ink)))[:, 0].numpy()


def test_the_sample_is_balanced_and_of_the_test_digits():
    chosen, labels = sample(), load_mnist(train=False).labels.numpy()
    assert len(chosen) == len(np.unique(chosen)) == SAMPLE == 2000
    assert (np.diff(chosen) > 0).all() and chosen[0] >= 0 and chosen[-1] < 10_000
    assert np.bincount(labels[chosen]).tolist() == [200] * 10
    assert np.array_equal(clean().labels.numpy(), labels[chosen])
    with pytest.raises(ValueError, match="read-only"):
        chosen[0] = 1


def test_every_process_has_the_same_digits():
    script = [sys.executable, "-c", SUMS]
    first, second = (
        subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second and len(first.split()) == 36


@EVERY_SETTING
def test_a_setting_changes_the_images_and_nothing_else(name):
    digits = distorted(SETTINGS[name])
    assert digits.images.shape == (SAMPLE, 28, 28) and digits.images.dtype == torch.uint8
    assert torch.equal(digits.labels, clean().labels)
    changed = (digits.images != clean().images).flatten(1).any(1)
    assert changed.float().mean() > 0.99


@EVERY_SETTING
def test_a_setting_is_found_by_the_name_that_an_address_carries(name):
    setting = SETTINGS[name]
    assert setting.name == name and setting.words
    kind, level = name.split(" ")
    assert Setting(kind, float(level)) == setting
    assert setting.level != KINDS[kind].clean and setting.level in KINDS[kind].levels


@pytest.mark.parametrize("kind", KINDS)
def test_the_clean_level_changes_nothing(kind):
    digits = distorted(Setting(kind, KINDS[kind].clean))
    assert torch.equal(digits.images, clean().images)


@pytest.mark.parametrize("kind", KINDS)
def test_further_from_the_clean_level_changes_more(kind, before):
    of = KINDS[kind]
    for side in (-1, 1):
        levels = sorted((level - of.clean) * side for level in of.levels)
        levels = [level for level in levels if level > 0]
        changes = [np.abs(images(Setting(kind, round(of.clean + side * level, 6)).name) - before)
                   for level in levels]  # fmt: skip
        means = [change.mean() for change in changes]
        assert means == sorted(means)


@pytest.mark.parametrize("pixels", KINDS["shift"].levels)
def test_a_shift_is_a_roll_with_background_coming_in(pixels, before, place):
    shifted = images(f"shift {pixels}")
    for turn, (axis, way) in enumerate([(2, 1), (2, -1), (1, 1), (1, -1)]):
        of = place % 4 == turn
        padded = np.pad(before[of], [(0, 0), (pixels, pixels), (pixels, pixels)])
        expected = np.roll(padded, way * pixels, axis)[:, pixels:-pixels, pixels:-pixels]
        assert np.array_equal(shifted[of], expected)


@pytest.mark.parametrize("degrees", KINDS["rotation"].levels)
def test_half_of_each_class_is_turned_each_way_as_torchvision_turns(degrees, before, place):
    turned = images(f"rotation {degrees}")
    for parity, angle in ((0, degrees), (1, -degrees)):
        of = place % 2 == parity
        expected = oracle.affine(  # which turns clockwise
            torch.from_numpy(before[of]).unsqueeze(1), angle, [0, 0], 1, [0, 0],
            interpolation=oracle.InterpolationMode.BILINEAR,
        )[:, 0].numpy()  # fmt: skip
        assert np.abs(turned[of] - expected).max() < 0.01


def test_a_digit_turned_there_and_back_is_nearly_itself(before):
    turned = torch.from_numpy(images("rotation 30")[:1]).float().unsqueeze(1)
    still = torch.zeros(1)
    back = affine_matrices(still - radians(30), still, still + 1, still, still)
    again = resample(turned, back)[0, 0].numpy()
    alike = [np.corrcoef(one.ravel(), before[0].ravel())[0, 1] for one in (again, turned.numpy())]
    assert alike[0] > 0.95 > 0.8 > alike[1]


@pytest.mark.parametrize("factor", KINDS["scale"].levels)
def test_a_scaled_digit_has_as_much_ink_as_its_area_says(factor, before):
    scaled = images(f"scale {factor}")
    assert scaled.sum() == pytest.approx(before.sum() * factor**2, rel=0.03)
    for axis in (1, 2):
        widths = [np.ptp(np.flatnonzero(digit.any(axis - 1))) + 1 for digit in before[:50]]
        after = [np.ptp(np.flatnonzero(digit.any(axis - 1))) + 1 for digit in scaled[:50]]
        assert np.mean(after) == pytest.approx(min(28, factor * np.mean(widths)), abs=1.2)


@pytest.mark.parametrize(
    ("pixels", "extreme", "size"),
    [(-1, ndimage.minimum_filter, 3), (1, ndimage.maximum_filter, 3),
     (2, ndimage.maximum_filter, 5)],
)  # fmt: skip
def test_strokes_change_by_whole_pixels_as_scipy_dilates_and_erodes(pixels, extreme, size, before):
    expected = extreme(before, size=(1, size, size), mode="nearest")
    inside = (slice(None), slice(1, -1), slice(1, -1))  # what lies beyond the edge is told apart
    assert np.allclose(images(f"thickness {pixels}")[inside], expected[inside], atol=0.003)


@pytest.mark.parametrize("pixels", [-0.5, 0.5])
def test_strokes_change_by_half_a_pixel_as_a_mixture(pixels, before):
    whole = images(f"thickness {int(2 * pixels)}")
    assert np.abs(images(f"thickness {pixels}") - (before + whole) / 2).max() < 0.005


@pytest.mark.parametrize("deviation", KINDS["noise"].levels)
def test_noise_has_the_deviation_that_it_claims_and_stays_within_the_ink(deviation):
    grey = torch.full((300, 1, 28, 28), 0.5)
    noise = distort("noise", grey, deviation) - 0.5
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(deviation, rel=0.01)
    pixels = images(f"noise {deviation}")
    assert pixels.min() == 0 and pixels.max() == 1


def test_all_levels_of_noise_share_their_random_numbers():
    grey = torch.full((10, 1, 28, 28), 0.5)
    weak, strong = (distort("noise", grey, level) - 0.5 for level in (0.1, 0.5))
    assert np.allclose(5 * weak, strong, atol=1e-6)
    assert abs(np.corrcoef(weak[0].ravel(), weak[1].ravel())[0, 1]) < 0.15


@pytest.mark.parametrize("deviation", KINDS["blur"].levels)
def test_blur_is_scipys(deviation, before):
    expected = ndimage.gaussian_filter(
        before, (0, deviation, deviation), mode="mirror", truncate=4
    )  # fmt: skip
    assert np.abs(images(f"blur {deviation}") - expected).max() < 0.004


@pytest.mark.parametrize("side", KINDS["occlusion"].levels)
def test_a_covered_square_hits_ink_and_leaves_the_rest(side, before):
    changed = images(f"occlusion {side}") != before
    assert changed.any((1, 2)).all()
    for digit, change in zip(before[:300], changed[:300], strict=True):
        rows, columns = np.flatnonzero(change.any(1)), np.flatnonzero(change.any(0))
        assert max(np.ptp(rows), np.ptp(columns)) < side
        assert digit[change].max() >= 0.5
    ones = torch.ones(400, 1, 28, 28)
    covered = (distort("occlusion", ones, side) == 0).sum((1, 2))
    assert covered.max() == side**2 and (covered >= (side // 2) ** 2).all()


def test_a_larger_square_covers_all_that_a_smaller_one_does():
    sizes = [images(f"occlusion {side}") == 0 for side in KINDS["occlusion"].levels]
    assert all((small <= large).all() for small, large in itertools.pairwise(sizes))


def test_covered_places_are_spread_over_the_ink():
    ones = torch.ones(1000, 1, 28, 28)
    covered = distort("occlusion", ones, 4) == 0
    assert (covered.sum(0) > 0).all()
