"""Warps: torchvision is the oracle for what one does, and for how they are distributed."""

from math import degrees, radians

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from scipy.stats import ks_2samp, normaltest
from torchvision.transforms import InterpolationMode, RandomAffine, RandomPerspective
from torchvision.transforms import functional as oracle

from digitcore.augment import (
    Warp,
    add_noise,
    affine_matrices,
    draw_elastic,
    draw_matrices,
    perspective_matrices,
    resample,
    thicken,
    uncovered,
    warp,
)
from digitcore.evaluation import as_input
from digitcore.zoo import ZOO

NETWORK_C = ZOO["warped"].recipe.warp
EVERYTHING = Warp(15, 15, (0.7, 1.3), 0.1, 0.3, 0.5, 1.5, thickness=1.0, cover=9, noise=0.3)
ONE_EACH = {
    "rotation": 20.0, "shear": 20.0, "scale": (0.5, 1.5), "shift": 0.2, "perspective": 0.5,
    "elastic": 2.0, "thickness": 1.0, "cover": 20.0, "noise": 0.3,
}  # fmt: skip
STANDING = {"thickness", "cover", "noise"}  # change a digit where it is
DRAWS = 4000


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def digits(few):
    """(16, 1, 28, 28) in 0..1"""
    return as_input(few[0].images[:16])


@pytest.fixture(scope="module")
def official():
    """(rotation, scale, shear) in torchvision's own draws for network C, and corner offsets."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        affine = [
            RandomAffine.get_params([-10.0, 10.0], None, [0.8, 1.2], [-10.0, 10.0], [28, 28])
            for _ in range(DRAWS)
        ]
        corners = [RandomPerspective.get_params(28, 28, 0.2) for _ in range(DRAWS)]
    moved = np.abs([np.subtract(end, start) for start, end in corners])
    return {
        "rotation": np.array([angle for angle, _, _, _ in affine]),
        "scale": np.array([scale for _, _, scale, _ in affine]),
        "shear": np.array([shear[0] for _, _, _, shear in affine]),
        "corners": moved,
    }


def decompose(matrices: torch.Tensor) -> dict[str, np.ndarray]:
    """Rotation and shear in degrees and the scale that (N, 3, 3) output-to-input matrices make."""
    m = matrices.double()
    scale = 1 / torch.hypot(m[:, 1, 0], m[:, 1, 1])
    angle = torch.atan2(-m[:, 1, 0], m[:, 1, 1])
    slant = torch.atan(scale * (m[:, 0, 1] * angle.cos() - m[:, 0, 0] * angle.sin()))
    return {
        "rotation": angle.rad2deg().numpy(),
        "scale": scale.numpy(),
        "shear": slant.rad2deg().numpy(),
    }


def corner_offsets(matrices: torch.Tensor) -> np.ndarray:
    """(N, 4, 2): how far each corner of the image lands inside of where it was, in pixels."""
    corners = torch.tensor([[-14.0, -14, 1], [13, -14, 1], [13, 13, 1], [-14, 13, 1]]).double()
    landed = corners @ matrices.double().inverse().transpose(1, 2)
    return (landed[..., :2] / landed[..., 2:] - corners[:, :2]).abs().numpy()


@given(
    angle=st.floats(-180, 180),
    slant=st.floats(-60, 60),
    size=st.floats(0.3, 3),
    right=st.floats(-14, 14),
    down=st.floats(-14, 14),
)
def test_affine_is_torchvisions(digits, angle, slant, size, right, down):
    numbers = (torch.tensor([n]) for n in (radians(angle), radians(slant), size, right, down))
    ours = resample(digits, affine_matrices(*numbers).expand(len(digits), 3, 3))
    theirs = oracle.affine(
        digits, angle, [right, down], size, [slant, 0.0], InterpolationMode.BILINEAR
    )
    torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=0)


@given(st.lists(st.integers(0, 12), min_size=8, max_size=8))
def test_perspective_is_torchvisions(digits, inward):
    pulled = torch.tensor(inward).view(4, 2)
    corners = torch.tensor([[0, 0], [27, 0], [27, 27], [0, 27]])
    signs = torch.tensor([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    ours = resample(digits, perspective_matrices(pulled[None].float()).expand(len(digits), 3, 3))
    theirs = oracle.perspective(
        digits, corners.tolist(), (corners + signs * pulled).tolist(), InterpolationMode.BILINEAR
    )
    torch.testing.assert_close(ours, theirs, atol=2e-3, rtol=0)


@pytest.mark.parametrize("parameter", ["rotation", "scale", "shear"])
def test_network_c_draws_affine_warps_as_torchvision_does(official, parameter):
    only_affine = Warp(NETWORK_C.rotation, NETWORK_C.shear, NETWORK_C.scale)
    ours = decompose(draw_matrices(only_affine, DRAWS, seeded()))[parameter]
    theirs = official[parameter]
    assert ks_2samp(ours, theirs).pvalue > 0.01
    np.testing.assert_allclose([ours.min(), ours.max()], [theirs.min(), theirs.max()], rtol=0.01)


def test_network_c_draws_corners_in_whole_pixels_as_torchvision_does(official):
    always = Warp(perspective=NETWORK_C.perspective, perspective_p=1.0)
    offsets = corner_offsets(draw_matrices(always, DRAWS, seeded()))
    ours = offsets.round()
    np.testing.assert_allclose(offsets, ours, atol=1e-3)
    assert np.unique(ours).tolist() == np.unique(official["corners"]).tolist() == [0, 1, 2]
    np.testing.assert_allclose(ours.mean(0), official["corners"].mean(0), atol=0.06)
    np.testing.assert_allclose(ours.std(0), official["corners"].std(0), atol=0.04)


def test_network_c_tilts_half_of_the_images():
    matrices = draw_matrices(
        Warp(perspective=NETWORK_C.perspective, perspective_p=0.5), DRAWS, seeded()
    )
    tilted = (corner_offsets(matrices) > 0.5).any((1, 2)).mean()
    assert tilted == pytest.approx(0.5, abs=0.03)


def test_network_c_warps_as_its_authors_did():
    stated = Warp(rotation=10, shear=10, scale=(0.8, 1.2), perspective=0.2, perspective_p=0.5)
    assert stated == NETWORK_C


def test_perspective_comes_after_the_affine_warp():
    tilt = {"perspective": 0.5, "perspective_p": 1.0}
    alone = draw_matrices(Warp(**tilt), 8, seeded())
    both = draw_matrices(Warp(**tilt, scale=(1.25, 1.25)), 8, seeded())
    shrink = torch.diag(torch.tensor([0.8, 0.8, 1.0]))
    torch.testing.assert_close(both, shrink @ alone)


def test_shift_is_a_share_of_the_side():
    matrices = draw_matrices(Warp(shift=0.25), DRAWS, seeded())
    moved = matrices[:, :2, 2]
    assert 6.9 < moved.abs().max() <= 7
    assert moved.mean(0).abs().max() < 0.2


@pytest.mark.parametrize("name", ONE_EACH)
def test_each_warp_differs_from_image_to_image(digits, name):
    same = (digits[:1] + 0.1).clamp(max=1).expand(8, -1, -1, -1)  # a square covers something
    warped = warp(same, Warp(**{name: ONE_EACH[name]}, perspective_p=1.0), seeded())
    assert len({image.numpy().tobytes() for image in warped}) == 8
    assert not any(torch.equal(image, same[0]) for image in warped)


def test_no_warp_changes_nothing(digits):
    assert torch.equal(warp(digits, Warp(), seeded()), digits)


@pytest.mark.parametrize("name", ONE_EACH)
def test_every_displacement_counts_as_moving(name):
    assert Warp(**{name: ONE_EACH[name]}).moves == (name not in STANDING)


def test_standing_still_reads_every_pixel_where_it_is(digits):
    still = torch.eye(3).expand(len(digits), 3, 3)
    torch.testing.assert_close(resample(digits, still), digits, atol=1e-5, rtol=0)


def test_elastic_offsets_are_added_to_the_matrices(digits):
    one_right = torch.zeros(len(digits), 28, 28, 2)
    one_right[..., 0] = 1  # reads one pixel to the right: the image moves left
    bent = resample(digits, torch.eye(3).expand(len(digits), 3, 3), one_right)
    torch.testing.assert_close(bent[..., :-1], digits[..., 1:], atol=1e-5, rtol=0)


def test_same_seed_same_warp(digits):
    first = warp(digits, EVERYTHING, seeded(4))
    assert torch.equal(first, warp(digits, EVERYTHING, seeded(4)))
    assert not torch.equal(first, warp(digits, EVERYTHING, seeded(5)))


def test_warping_leaves_its_input_and_the_global_rng_alone(digits):
    before, kept = torch.get_rng_state(), digits.clone()
    warp(digits, EVERYTHING, seeded())
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(digits, kept)


warps = st.builds(
    Warp,
    rotation=st.floats(0, 180),
    shear=st.floats(0, 60),
    scale=st.tuples(st.floats(0.2, 3), st.floats(0.2, 3)).map(sorted),
    shift=st.floats(0, 0.5),
    perspective=st.floats(0, 0.6),
    perspective_p=st.floats(0, 1),
    elastic=st.floats(0, 5),
    thickness=st.floats(0, 1),
    cover=st.floats(0, 28),
    noise=st.floats(0, 1),
)


@given(how=warps, seed=st.integers(0, 2**31))
def test_any_warp_gives_pictures_again(digits, how, seed):
    warped = warp(digits, how, seeded(seed))
    assert warped.shape == digits.shape
    assert warped.isfinite().all()
    assert warped.min() >= 0
    assert warped.max() <= 1 + 1e-6


def test_a_horizon_right_through_a_pixel_gives_no_nan(digits):
    """As a strong perspective has it now and then: that pixel lies infinitely far."""
    through = torch.eye(3).expand(len(digits), 3, 3).clone()
    through[:, 2, 0] = -2.0  # a depth of 0 half a pixel to the right of the middle
    assert resample(digits, through).isfinite().all()


@pytest.mark.parametrize("pixels", [0.5, 2.0])
def test_elastic_has_the_stated_root_mean_square(pixels):
    field = draw_elastic(pixels, 32, seeded())
    assert field.shape == (32, 28, 28, 2)
    assert field.square().mean().sqrt().item() == pytest.approx(pixels, rel=1e-4)


def test_elastic_is_smooth():
    field = draw_elastic(1.0, 32, seeded())
    for along in (1, 2):  # steps between neighbours; 1.4 if these knew nothing of each other
        assert field.diff(dim=along).square().mean().sqrt() < 0.3


def test_thickest_is_dilation_and_thinnest_erosion(digits):
    pictures = digits.numpy()
    window = (1, 1, 3, 3)
    thick = thicken(digits, torch.ones(len(digits))).numpy()
    thin = thicken(digits, -torch.ones(len(digits))).numpy()
    np.testing.assert_allclose(thick, ndimage.grey_dilation(pictures, window), atol=1e-6)
    np.testing.assert_allclose(thin, ndimage.grey_erosion(pictures, window), atol=1e-6)


def test_thickness_in_between_mixes(digits):
    half = thicken(digits, torch.full((len(digits),), 0.5))
    torch.testing.assert_close(half, (digits + thicken(digits, torch.ones(len(digits)))) / 2)
    assert torch.equal(thicken(digits, torch.zeros(len(digits))), digits)


def test_squares_are_covered_anywhere_and_up_to_the_stated_side():
    full = torch.ones(DRAWS, 1, 28, 28)
    bare = 1 - warp(full, Warp(cover=8), seeded())[:, 0]
    assert set(bare.unique().tolist()) == {0, 1}
    height, width = bare.amax(2).sum(1), bare.amax(1).sum(1)
    assert torch.equal(bare.sum((1, 2)), height * width)
    assert height.max() == width.max() == 8
    often = bare.mean(0)[6:-6, 6:-6]  # where no edge is near: (8 ** 2 / 3) / 28 ** 2
    assert often.mean() == pytest.approx(64 / 3 / 784, rel=0.1)
    assert often.std() < 0.2 * often.mean()


def test_a_square_lies_where_it_is_said_to():
    side, right, down = torch.tensor([[4.0, 28, 0], [-5, 0, 3], [2, 0, 3]])
    first, second, third = 1 - uncovered(side, right, down)[:, 0]
    assert first.nonzero().amin(0).tolist() == [14, 7]
    assert first.nonzero().amax(0).tolist() == [17, 10]
    assert first.sum() == 16
    assert second.all()
    assert not third.any()


def test_noise_has_any_deviation_up_to_the_stated_one():
    grey = torch.full((DRAWS, 1, 28, 28), 0.5)  # far from 0 and 1, where noise is cut off
    deviations = (warp(grey, Warp(noise=0.1), seeded()) - grey).flatten(1).std(1)
    assert ks_2samp(deviations, np.linspace(0, 0.1, DRAWS)).pvalue > 0.01


def test_noise_is_normal_and_a_warp_stays_within_ink(digits):
    noisy = add_noise(torch.full((40, 1, 28, 28), 0.5), torch.full((40,), 0.5), seeded())
    assert normaltest(noisy.flatten()).pvalue > 0.01
    loud = warp(digits, Warp(noise=0.9), seeded())
    assert (loud.min(), loud.max()) == (0, 1)


@pytest.mark.parametrize("name", [name for name in ONE_EACH if name != "scale"])
@pytest.mark.parametrize("value", [-0.1, 1000.0, float("nan"), float("inf"), "much", None])
def test_impossible_value_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"Warp: {name} "):
        Warp(**{name: value})


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_impossible_perspective_share_is_refused_by_name(value):
    with pytest.raises(ValueError, match="Warp: perspective_p "):
        Warp(perspective_p=value)


@pytest.mark.parametrize(
    "value",
    [(1.2, 0.8), (0.1, 1), (1, 4), (1,), (1, 1, 1), (), (float("nan"), 1), 1.0, ("a", "b"), None],
)
def test_impossible_scale_is_refused_by_name(value):
    with pytest.raises(ValueError, match="Warp: scale "):
        Warp(scale=value)


def test_scale_from_json_is_a_tuple_again():
    assert Warp(scale=[0.8, 1.2]) == Warp(scale=(0.8, 1.2))


def test_decompose_reads_what_affine_matrices_wrote():
    """The reader that the distribution tests rest on."""
    written = affine_matrices(*(torch.tensor([n]) for n in (0.3, -0.2, 1.4, 0.0, 0.0)))
    read = {name: value[0] for name, value in decompose(written).items()}
    assert read == pytest.approx(
        {"rotation": degrees(0.3), "scale": 1.4, "shear": degrees(-0.2)}, rel=1e-4
    )
