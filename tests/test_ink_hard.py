"""Pictures that people send and that are no plain drawings: thin pens, frames, grain, windows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.datasets import load_digits

from digitcore import ink
from digitcore.digits import load_mnist
from digitcore.evaluation import predict
from digitcore.ink.frames import unframed
from digitcore.ink.pixels import unrepeated
from digitcore.ink.plate import off_transparency
from digitcore.runs import RunStore
from tests import pictures
from tests.pictures import difference

DIGITS = range(10)
NETWORK = RunStore().run("keen-taught").network()
RANDOM = np.random.default_rng(0)


def as_read(picture: np.ndarray) -> int | None:
    """What a network reads; None where no digit is seen."""
    try:
        image = ink.read(picture).image
    except ink.NoInk:
        return None
    return int(predict(NETWORK, torch.from_numpy(image[None]))[0].argmax())


def right(pictures_by_digit: list[np.ndarray]) -> int:
    """How many of ten pictures, of a 0 to a 9, are read rightly."""
    return sum(as_read(picture) == digit for digit, picture in enumerate(pictures_by_digit))


def grey(digit: int, **how: object) -> np.ndarray:
    """(H, W) uint8, black on white."""
    return pictures.draw_digit(digit, **how)[:, :, 0]


# --- a thin pen on a large canvas


@pytest.mark.parametrize(
    ("side", "pen"),
    [(280, 1), (280, 2), (400, 1), (600, 1), (600, 2), (1000, 2), (1000, 4), (1500, 3), (2000, 8)],
)
def test_a_thin_pen_on_a_large_canvas_is_read(side: int, pen: int) -> None:
    """Shrunk, its line is now there and now not, and loops seem open."""
    assert right([grey(d, canvas=(side, side), size=0.7 * side, pen=pen) for d in DIGITS]) == 10


# --- frames


def boxed(digit: int, margin: int, width: int, radius: int = 0, colour: int = 0) -> np.ndarray:
    """A digit in a frame that lies inside a larger white picture."""
    page = Image.fromarray(np.pad(grey(digit, size=150), margin, constant_values=255))
    ends = (margin - width, margin - width, margin + 279 + width, margin + 279 + width)
    ImageDraw.Draw(page).rounded_rectangle(ends, radius, outline=colour, width=width)
    return np.asarray(page)


@pytest.mark.parametrize(
    ("margin", "width", "radius", "colour"),
    [(10, 2, 0, 0), (40, 2, 0, 0), (80, 6, 0, 0), (150, 4, 0, 0), (60, 3, 20, 0), (80, 2, 0, 160)],
)
@pytest.mark.parametrize("negative", [False, True])
def test_a_frame_around_the_digit_is_none_of_its_ink(margin, width, radius, colour, negative):
    framed = [boxed(digit, margin, width, radius, colour) for digit in DIGITS]
    assert right([255 - one if negative else one for one in framed]) == 10


@pytest.mark.parametrize(("side", "width"), [(28, 1), (64, 1), (64, 2), (96, 3), (280, 2)])
@pytest.mark.parametrize("negative", [False, True])
def test_a_frame_along_the_border_is_none_of_its_ink(side, width, negative):
    framed = []
    for digit in DIGITS:
        drawn = grey(digit, canvas=(side, side), size=0.6 * side, pen=side / 14).copy()
        drawn[:width] = drawn[-width:] = drawn[:, :width] = drawn[:, -width:] = 0
        framed.append(255 - drawn if negative else drawn)
    assert right(framed) == 10


@pytest.mark.parametrize("squeezed", [1.0, 0.8])
@pytest.mark.parametrize("width", [3, 8])
def test_a_ring_around_the_digit_is_none_of_its_ink(squeezed: float, width: int) -> None:
    """As a teacher draws one by hand; a 1 in it is taken for the stroke through a 0."""
    ringed = []
    for digit in DIGITS:
        page = Image.fromarray(np.pad(grey(digit, size=110), 60, constant_values=255))
        turn = np.linspace(0, 2 * np.pi, 200)
        radius = 130 + 9 * np.sin(2 * turn + digit) + 5 * np.cos(3 * turn)
        points = np.stack([200 + radius * np.cos(turn) * squeezed, 200 + radius * np.sin(turn)], 1)
        ImageDraw.Draw(page).line([*map(tuple, points)], fill=0, width=width, joint="curve")
        ringed.append(np.asarray(page))
    assert all(as_read(page) == digit for digit, page in enumerate(ringed) if digit != 1)


@pytest.mark.parametrize("touching", [False, True])
def test_a_stroke_through_a_zero_is_no_digit_in_a_ring(touching: bool) -> None:
    page = Image.new("L", (280, 280), 255)
    brush = ImageDraw.Draw(page)
    brush.ellipse((80, 50, 200, 230), outline=0, width=14)
    room = 0 if touching else 34
    brush.line((100 + room / 2, 205 - room, 180 - room / 2, 75 + room), fill=0, width=12)
    drawn = np.asarray(page)
    assert unframed(1 - drawn / np.float32(255)).sum() == (drawn == 0).sum()


def test_a_zero_drawn_as_a_frame_stays_one() -> None:
    """Nothing is in it, or a dot or a speck."""
    drawn = np.full((280, 280), 255, np.uint8)
    drawn[60:220, 80:200] = 0
    drawn[76:204, 96:184] = 255
    dotted = drawn.copy()
    dotted[130:150, 130:150] = 0
    for picture in (drawn, dotted):
        assert unframed(1 - picture / np.float32(255)).sum() == (picture == 0).sum()
    assert as_read(drawn) == 0


# --- grain, and lines over half as dark as the ink


def pencil(digit: int) -> np.ndarray:
    grain = ndimage.gaussian_filter(np.random.default_rng(digit).normal(size=(750, 1000)), 1.5)
    grain = np.clip(0.55 + 0.4 * grain / grain.std(), 0, 1)
    covered = ndimage.gaussian_filter(pictures.coverage(digit, (750, 1000), 350, pen=20) * grain, 1)
    noise = np.random.default_rng(digit).normal(0, 5, covered.shape)
    return np.clip(226 - 155 * covered + noise, 0, 255).astype(np.uint8)


def spray(digit: int) -> np.ndarray:
    near = ndimage.gaussian_filter(pictures.coverage(digit, pen=6), 5)
    return np.where(np.random.default_rng(digit).random(near.shape) < 1.2 * near, 0, 255)


def ruled(digit: int, level: int, squares: bool) -> np.ndarray:
    page = np.full((280, 280), 255, np.uint8)
    page[14::28] = level
    if squares:
        page[:, 14::28] = level
    return np.minimum(page, grey(digit))


GRAINY = {
    "pinholes": lambda d: np.where(RANDOM.random((280, 280)) < 0.1, 255, grey(d)),
    "half missing": lambda d: np.where(RANDOM.random((280, 280)) < 0.5, 255, grey(d)),
    "pencil": pencil,
    "spray": spray,
    "dithered": lambda d: np.asarray(
        Image.fromarray(np.clip(215 - 165 * pictures.coverage(d, (500, 500), 350, pen=30), 0, 255)
                        .astype(np.uint8)).convert("1")) * np.uint8(255),
    "dark rules": lambda d: ruled(d, 100, squares=False),
    "black rules": lambda d: ruled(d, 0, squares=False),
    "black squares": lambda d: ruled(d, 0, squares=True),
}  # fmt: skip


@pytest.mark.parametrize("kind", GRAINY)
def test_grain_and_dark_rules_do_not_hide_a_digit(kind: str) -> None:
    assert right([GRAINY[kind](digit).astype(np.uint8) for digit in DIGITS]) >= 9


# --- a picture that lies on transparency, or whose sheet is written on up to its edge


def on_glass(picture: np.ndarray, shape: np.ndarray, soft: float = 0) -> np.ndarray:
    """(H, W) grey and where it is opaque -> (H, W, 4), with a shadow around it."""
    around = ndimage.gaussian_filter(shape * 255.0, soft) * 0.5 if soft else np.zeros(shape.shape)
    alpha = np.where(shape, 255, around).astype(np.uint8)
    colour = np.where(shape, picture, 0).astype(np.uint8)
    return np.dstack([colour, colour, colour, alpha])


ROW, COLUMN = np.mgrid[:280, :280]
SHAPES = {
    "window": np.ones((280, 280), bool),
    "disc": (ROW - 140) ** 2 + (COLUMN - 140) ** 2 < 139**2,
}


@pytest.mark.parametrize("shape", ["window", "disc"])
@pytest.mark.parametrize("soft", [0, 20])
@pytest.mark.parametrize("negative", [False, True])
def test_a_window_on_transparency_is_no_ink(shape, soft, negative):
    room = np.pad(SHAPES[shape], 50)
    drawn = [np.pad(grey(digit, size=130), 50, constant_values=255) for digit in DIGITS]
    assert right([on_glass(255 - d if negative else d, room, soft) for d in drawn]) == 10


def test_a_stroke_on_transparency_is_no_window() -> None:
    """Whatever its colours, and however thick it is."""
    for digit in DIGITS:
        covered = pictures.coverage(digit, size=120, pen=40)
        for drawn in (pictures.transparent(covered), pictures.transparent(covered, (200, 20, 60))):
            assert off_transparency(drawn) is drawn
            two = drawn.copy()
            two[:140, :, :3] = 90
            assert off_transparency(two) is two


@pytest.mark.parametrize("page", [30, 0])
@pytest.mark.parametrize("negative", [False, True])
def test_a_pad_on_a_page_is_read_up_to_its_edge(page, negative):
    pads = []
    for digit in DIGITS:
        drawn = grey(digit, size=200, at=(140, 120))
        whole = np.full((400, 400), page, np.uint8)
        whole[60:340, 60:340] = drawn
        pads.append(255 - whole if negative else whole)
    assert right(pads) == 10


def test_a_note_beside_the_digit_is_not_the_sheet() -> None:
    """A blank one, and small: a rubber, say."""
    noted = []
    for digit in DIGITS:
        page = pictures.photo(digit, at=(380, 375)).copy()
        page[100:350, 700:930] = 250
        noted.append(page)
    assert right(noted) == 10


# --- few pixels, and few pixels enlarged


def test_digits_of_eight_by_eight_pixels_are_read_however_they_are_enlarged() -> None:
    digits = load_digits()
    images = (digits.images[:200] * 15.9).astype(np.uint8)
    for times in (1, 10, 50):
        enlarged = [image.repeat(times, 0).repeat(times, 1) for image in images]
        found = [as_read(255 - one if times == 50 else one) for one in enlarged]
        assert (
            np.mean([one == label for one, label in zip(found, digits.target, strict=False)]) > 0.96
        )


def test_mnist_cut_close_is_read() -> None:
    test = load_mnist(train=False).take(range(200))
    for negative in (False, True):
        found = []
        for image in test.images.numpy():
            rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
            close = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            found.append(as_read(255 - close if negative else close))
        assert np.mean([one == label for one, label in zip(found, test.labels, strict=True)]) > 0.96


def test_only_pixels_that_were_repeated_are_taken_together() -> None:
    image = load_mnist(train=False).images[0].numpy()[:, :, None]
    for times in (2, 3, 10):
        assert np.array_equal(unrepeated(image.repeat(times, 0).repeat(times, 1)), image)
    assert unrepeated(image) is image
    bar = np.full((280, 280, 1), 255, np.uint8)
    bar[40:240, 120:160] = 0  # of two colours: its sides are no pixels
    assert unrepeated(bar) is bar
    assert as_read(bar) == 1
    drawn = pictures.draw_digit(3)
    assert unrepeated(drawn) is drawn


@pytest.mark.parametrize("digit", DIGITS)
def test_ordinary_drawings_are_seen_as_before(digit: int) -> None:
    """None of the above changes what was read already: a frame taken away leaves the very ink."""
    plain = np.pad(grey(digit, size=150), 60, constant_values=255)
    framed = boxed(digit, 60, 3)
    assert difference(ink.read(framed), ink.read(plain)) < 1
