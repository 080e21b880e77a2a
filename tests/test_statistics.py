"""What is measured on pixels, against strokes drawn with known measures, loops and SciPy."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from digitcore.exploration.statistics import STATISTICS, statistics

OVER = 12  # drawn so much larger, then averaged, as an ideal camera would
ANGLES = (0, 13, 30, 45, 60, 77, 90)
places = st.tuples(st.integers(0, 27), st.integers(0, 27), st.integers(1, 255))
digits = st.lists(places, min_size=1, max_size=60).map(lambda dots: spotted(dots))


def spotted(dots) -> np.ndarray:
    image = np.zeros((28, 28), dtype=np.uint8)
    for row, column, ink in dots:
        image[row, column] = ink
    return image


def measured(*images: np.ndarray) -> pd.DataFrame:
    return statistics(torch.from_numpy(np.stack(images)))


def photographed(inside: np.ndarray) -> np.ndarray:
    """Bool (28 OVER, 28 OVER) -> uint8 (28, 28) with soft edges."""
    return np.rint(255 * inside.reshape(28, OVER, 28, OVER).mean((1, 3))).astype(np.uint8)


def paper() -> tuple[np.ndarray, np.ndarray]:
    """x and y of every point of the large drawing, in pixels of the small one."""
    axis = (np.arange(28 * OVER) + 0.5) / OVER
    return axis[None, :], axis[:, None]


def line(thickness: float, angle: float, centre=(14.0, 14.0), length: float = 14) -> np.ndarray:
    """With round ends; angle in degrees from the horizontal, clockwise."""
    x, y = paper()
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    along = (x - centre[0]) * cos + (y - centre[1]) * sin
    aside = (y - centre[1]) * cos - (x - centre[0]) * sin
    beyond = np.maximum(np.abs(along) - length / 2, 0)
    return photographed(np.hypot(beyond, aside) <= thickness / 2)


def ring(thickness: float, radius: float) -> np.ndarray:
    x, y = paper()
    return photographed(np.abs(np.hypot(x - 14.3, y - 13.8) - radius) <= thickness / 2)


def leaning(degrees: float, wide: float = 3, high: float = 16) -> np.ndarray:
    """An upright bar, sheared to the right."""
    x, y = paper()
    shifted = x - 14 + (y - 14) * np.tan(np.radians(degrees))
    return photographed((np.abs(shifted) <= wide / 2) & (np.abs(y - 14) <= high / 2))


# --- strokes of known measures


@pytest.mark.parametrize("thickness", [2.5, 3, 4, 5])
def test_thickness_of_lines_at_any_angle_and_place(thickness):
    drawn = [line(thickness, angle, (13.7, 14.2), long) for angle in ANGLES for long in (8, 16)]
    assert measured(*drawn)["thickness"].to_numpy() == pytest.approx(thickness, abs=0.15)


def test_thickness_of_thin_lines_is_over_rather_than_under():
    two = measured(*(line(2, angle, (13.7, 14.2)) for angle in ANGLES))["thickness"]
    one = measured(*(line(1, angle, (13.7, 14.2)) for angle in ANGLES))["thickness"]
    assert two.between(1.95, 2.3).all()
    assert one.between(0.95, 2.4).all()
    assert measured(line(1, 0, (14, 14.5)))["thickness"][0] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("thickness", [2, 3, 4])
def test_thickness_does_not_care_for_loops_pieces_and_crossings(thickness):
    cross = np.maximum(line(thickness, 0), line(thickness, 90))
    pieces = np.maximum(line(thickness, 0, (14, 6), 9), line(thickness, 0, (14, 21), 9))
    eight = np.maximum(np.roll(ring(thickness, 5), -5, 0), np.roll(ring(thickness, 5), 5, 0))
    found = measured(ring(thickness, 7), pieces, cross, eight)["thickness"].to_numpy()
    assert found[:2] == pytest.approx(thickness, abs=0.15)
    assert found[2:] == pytest.approx(thickness, rel=0.15)  # it is thicker where strokes meet


@pytest.mark.parametrize("degrees", [-40, -15, 0, 10, 35])
def test_slant_of_a_sheared_bar(degrees):
    assert measured(leaning(degrees))["slant"][0] == pytest.approx(degrees, abs=0.6)


def test_ink_is_the_area_of_what_was_drawn():
    assert measured(line(3, 30))["ink"][0] == pytest.approx(3 * 14 + np.pi * 1.5**2, rel=0.01)
    assert measured(leaning(20))["ink"][0] == pytest.approx(3 * 16, rel=0.01)


@pytest.mark.parametrize(("wide", "high"), [(1, 1), (28, 28), (3, 16), (20, 5)])
def test_width_and_height_of_boxes(wide, high):
    image = np.zeros((28, 28), dtype=np.uint8)
    image[28 - high :, :wide] = 255
    found = measured(image).iloc[0]
    assert (found["width"], found["height"]) == (wide, high)


def test_what_is_less_than_half_inked_does_not_widen():
    image = np.full((28, 28), 127, dtype=np.uint8)
    image[10:12, 5:9] = 128
    found = measured(image).iloc[0]
    assert (found["width"], found["height"]) == (4, 2)


def test_a_filled_disc_is_as_thick_as_it_is_wide():
    x, y = paper()
    disc = photographed(np.hypot(x - 14, y - 14) <= 5)
    assert measured(disc)["thickness"][0] == pytest.approx(10, rel=0.1)


# --- oracles


@given(digits)
def test_centre_of_mass_is_that_of_scipy(image):
    found = measured(image).iloc[0]
    down, right = ndimage.center_of_mass(image)
    assert found["centre_x"] == pytest.approx(right + 0.5, abs=1e-3)
    assert found["centre_y"] == pytest.approx(down + 0.5, abs=1e-3)


def test_slant_is_the_regression_of_x_on_y(mnist):
    for image in mnist.images[:20].numpy():
        y, x = np.indices((28, 28))
        slope = np.polyfit(y.ravel(), x.ravel(), 1, w=np.sqrt(image.ravel() / 255.0))[0]
        expected = np.degrees(np.arctan(-slope))
        assert measured(image)["slant"][0] == pytest.approx(expected, abs=0.01)


def test_thickness_is_steiners_by_a_loop(mnist):
    """With pieces and holes counted by SciPy, and the outline pixel by pixel."""
    for image in mnist.images[:30].numpy():
        solid, around = np.pad(image >= 128, 1), np.ones((3, 3))
        euler = ndimage.label(solid, around)[1] - (ndimage.label(~solid)[1] - 1)
        ink = np.pad(image / 255.0, 1)
        edge = sum(
            np.hypot(ink[r + 1, c + 1] - ink[r, c], ink[r + 1, c] - ink[r, c + 1]) / np.sqrt(2)
            for r in range(29) for c in range(29)
        )  # fmt: skip
        t = measured(image)["thickness"][0]
        length = (edge - euler * np.pi * t) / 2
        assert length * t + euler * np.pi * t**2 / 4 == pytest.approx(ink.sum(), rel=1e-3)


def test_boxes_are_those_of_a_loop(mnist):
    found = measured(*mnist.images[:50].numpy())
    for (_, row), image in zip(found.iterrows(), mnist.images[:50].numpy(), strict=True):
        rows, columns = np.nonzero(image >= 128)
        assert row["width"] == np.ptp(columns) + 1
        assert row["height"] == np.ptp(rows) + 1


# --- at the limits


def test_nothing_gives_an_empty_table_with_all_columns():
    found = statistics(torch.empty(0, 28, 28, dtype=torch.uint8))
    assert list(found) == list(STATISTICS)
    assert len(found) == 0


def test_a_blank_image_has_no_ink_no_size_and_no_number_for_the_rest():
    found = measured(np.zeros((28, 28), dtype=np.uint8)).iloc[0]
    assert (found[["ink", "width", "height"]] == 0).all()
    assert found.drop(["ink", "width", "height"]).isna().all()


@pytest.mark.parametrize("place", [(0, 0), (13, 20), (27, 27)])
def test_a_single_pixel(place):
    image = np.zeros((28, 28), dtype=np.uint8)
    image[place] = 255
    found = measured(image).iloc[0]
    assert (found["ink"], found["width"], found["height"]) == (1, 1, 1)
    assert found["thickness"] == pytest.approx(1, abs=0.5)
    assert np.isnan(found["slant"])
    assert (found["centre_x"], found["centre_y"]) == (place[1] + 0.5, place[0] + 0.5)


def test_a_single_row_and_a_single_column():
    image = np.zeros((28, 28), dtype=np.uint8)
    image[9] = 255
    row, column = (measured(one).iloc[0] for one in (image, image.T.copy()))
    assert np.isnan(row["slant"])
    assert column["slant"] == pytest.approx(0, abs=1e-3)
    assert row["thickness"] == column["thickness"] == pytest.approx(1, abs=0.1)


def test_a_page_of_ink_has_measures():
    assert np.isfinite(measured(np.full((28, 28), 255, dtype=np.uint8)).iloc[0]).all()


# --- properties


@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(0, 179))
def test_a_shift_moves_the_centre_and_nothing_else(right, down, angle):
    image = line(3, angle)
    before, after = measured(image, np.roll(image, (down, right), (0, 1))).to_numpy()
    moved = dict(zip(STATISTICS, after - before, strict=True))
    assert moved.pop("centre_x") == pytest.approx(right, abs=1e-3)
    assert moved.pop("centre_y") == pytest.approx(down, abs=1e-3)
    assert list(moved.values()) == pytest.approx([0] * len(moved), abs=1e-3)


@given(st.sampled_from(range(50)))
def test_a_mirror_image_leans_the_other_way(mnist, place):
    image = mnist.images[place].numpy()
    before, after = (row for _, row in measured(image, image[:, ::-1].copy()).iterrows())
    assert after["slant"] == pytest.approx(-before["slant"], abs=1e-2)
    assert after["centre_x"] == pytest.approx(28 - before["centre_x"], abs=1e-3)
    same = ["ink", "thickness", "width", "height", "centre_y"]
    assert after[same].to_numpy() == pytest.approx(before[same].to_numpy(), abs=1e-3)


@given(digits)
def test_whatever_is_drawn_has_measures_within_the_image(image):
    found = measured(image).iloc[0]
    assert 0 < found["ink"] <= 784
    assert 0 < found["centre_x"] < 28 and 0 < found["centre_y"] < 28
    assert found["thickness"] > 0
    assert np.isnan(found["slant"]) or -90 < found["slant"] < 90


def test_measures_do_not_hang_on_what_else_is_measured(mnist):
    """Parts of the whole are measured at once; the cut must not show."""
    together = statistics(mnist.images[4000:4200])
    alone = pd.concat([statistics(image[None]) for image in mnist.images[4000:4200:25]])
    assert together.iloc[::25].to_numpy() == pytest.approx(alone.to_numpy(), rel=1e-4, abs=1e-3)
    across = statistics(mnist.images[:4200])
    assert across.iloc[4000:].to_numpy() == pytest.approx(together.to_numpy(), rel=1e-4, abs=1e-3)
