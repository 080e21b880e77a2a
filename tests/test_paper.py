"""A sheet of paper that lies on a table: the digit is on it, however it lies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from digitcore import ink
from tests import pictures
from tests.pictures import difference

DIGITS = range(10)
NEARLY = 16.0  # mean difference in grey levels of the 28x28, as for a photo of a page alone
SHEET = (500, 380)
POSES = [(0, 0), (0, 0.15), (8, 0), (-12, 0.15), (25, 0.15), (-30, 0)]


def paper(digit: int, **how: object) -> np.ndarray:
    return pictures.photo(digit, SHEET, light=0, noise=0, **how)


def steps(seen: ink.Ink) -> list[str]:
    return [step.name for step in seen.steps]


@pytest.mark.parametrize("table", pictures.TABLES)
@pytest.mark.parametrize(("angle", "leaning"), POSES)
def test_the_digit_on_it_is_laid_straight(table: str, angle: float, leaning: float) -> None:
    digit = (round(angle) + len(table)) % 10
    photo = pictures.on_table(paper(digit), pictures.table(table), angle, leaning)
    seen = ink.read(photo)
    assert difference(seen, ink.read(paper(digit))) < NEARLY
    assert steps(seen)[:3] == ["Given", "Sheet", "Ink"]
    height, width = seen.steps[1].picture.shape
    assert height / width == pytest.approx(SHEET[0] / SHEET[1], rel=0.2)


@pytest.mark.parametrize("digit", DIGITS)
def test_every_digit_on_it_is_read(digit: int) -> None:
    photo = pictures.on_table(paper(digit), pictures.table("pale"), 10, 0.1, seed=digit)
    assert difference(ink.read(photo), ink.read(paper(digit))) < NEARLY


@pytest.mark.parametrize(
    "how",
    [{"paper": (235, 220, 110)}, {"paper": (35, 35, 40), "ink": (235, 235, 225)}],
    ids=["a yellow note", "chalk on a slate"],
)
def test_it_need_not_be_white(how: dict) -> None:
    photo = pictures.on_table(paper(3, **how), pictures.table("pale"), -14, 0.1)
    assert difference(ink.read(photo), ink.read(paper(3, **how))) < NEARLY
    assert "Sheet" in steps(ink.read(photo))


def test_squared_paper_is_paper() -> None:
    squared = paper(4)
    squared[10::34], squared[:, 10::34] = (170, 185, 200), (170, 185, 200)
    photo = pictures.on_table(squared, pictures.table("pale"), 7, 0.1)
    assert difference(ink.read(photo), ink.read(paper(4))) < NEARLY


def test_it_may_run_off_the_picture() -> None:
    photo = pictures.on_table(paper(5), pictures.table("dark"), at=(0, 160))
    assert difference(ink.read(photo), ink.read(paper(5))) < NEARLY


@pytest.mark.parametrize("table", pictures.TABLES)
@pytest.mark.parametrize("angle", [0, 17])
def test_a_blank_one_is_empty(table: str, angle: float) -> None:
    blank = np.full((*SHEET, 3), (225, 220, 205), dtype=np.uint8)
    with pytest.raises(ink.NoInk):
        ink.read(pictures.on_table(blank, pictures.table(table), angle, 0.1))


@pytest.mark.parametrize("pen", [40, 60, 80])
@pytest.mark.parametrize("dark", [False, True])
def test_a_one_drawn_as_a_straight_bar_is_no_sheet(pen: int, dark: bool) -> None:
    canvas = np.zeros((280, 280), dtype=np.uint8)
    canvas[20:260, 140 - pen // 2 : 140 + pen // 2] = 255
    seen = ink.read(255 - canvas if dark else canvas)
    assert "Sheet" not in steps(seen)
    rows, columns = np.nonzero(seen.image > 127)
    assert np.ptp(rows) > 2 * np.ptp(columns)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 199), st.integers(0, 199)), min_size=3, max_size=6),
    st.booleans(),
)
def test_any_figure_is_read_or_refused_in_words(corners: list, dark: bool) -> None:
    figure = Image.new("L", (200, 200), 200 if dark else 30)
    ImageDraw.Draw(figure).polygon(corners, fill=30 if dark else 200)
    try:
        seen = ink.read(np.asarray(figure))
    except ink.NoInk as no:
        assert str(no)
    else:
        assert seen.image.shape == (28, 28)


def test_a_triangle_is_no_sheet() -> None:
    figure = np.zeros((280, 280), dtype=np.uint8)
    figure[40:240, 40:240] = 255 * np.tri(200, dtype=np.uint8)
    assert "Sheet" not in steps(ink.read(figure))


@pytest.mark.parametrize("digit", DIGITS)
def test_a_drawing_and_a_page_that_fills_the_photo_are_left_alone(digit: int) -> None:
    for picture in (pictures.draw_digit(digit, size=200, pen=30), pictures.photo(digit)):
        assert "Sheet" not in steps(ink.read(picture))


@pytest.mark.parametrize("lit", [100, 180, 260])
def test_a_patch_of_light_across_a_digit_is_no_sheet(lit: int) -> None:
    page = pictures.photo(2, (600, 500), light=0)
    light = np.zeros((600, 500), dtype=bool)
    light[:lit, 60:440] = True
    assert difference(ink.read(pictures.shaded(page, ~light, 0.4)), ink.read(page)) < NEARLY
