"""The road from any picture to 28x28: what passes, what must not matter, and what is refused."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

from digitcore import ink
from digitcore.digits import load_mnist
from digitcore.evaluation import predict_logits
from digitcore.ink.mnist import like_mnist
from digitcore.ink.pixels import as_bytes
from digitcore.ink.road import SOFT_STROKE
from digitcore.runs import RunStore
from tests import pictures
from tests.pictures import difference

DIGITS = range(10)
NEARLY = 8.0
"""Mean absolute difference, in grey levels, of two images that show the same drawing."""
property_of_drawings = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def colour_distance(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    return float(np.sqrt(np.mean((np.array(one, dtype=float) - np.array(other)) ** 2)))


@pytest.fixture(scope="module")
def mnist_test() -> np.ndarray:
    return load_mnist(train=False).images.numpy()


# What comes out


@pytest.mark.parametrize("digit", DIGITS)
def test_a_drawing_comes_out_as_mnist_holds_a_digit(digit: int) -> None:
    result = ink.read(pictures.draw_digit(digit, slant=0.1))
    assert result.image.shape == (28, 28) and result.image.dtype == np.uint8
    assert like_mnist(result.image)
    assert result.image.max() == 255 and result.image[0].max() == 0


def test_every_step_can_be_shown() -> None:
    steps = ink.read(pictures.draw_digit(5)).steps
    assert [step.name for step in steps] == ["Given", "Ink", "Crop", "Stroke", "Image"]
    for step in steps:
        assert step.picture.ndim == 2 and step.picture.dtype == np.uint8
        assert step.name == "Given" or step.picture.mean() < 128, "ink is bright on dark"
        assert step.caption.endswith(".")


def test_the_result_passes_unchanged_when_read_again() -> None:
    once = ink.read(pictures.draw_digit(7))
    assert np.array_equal(ink.read(once.image).image, once.image)


def test_the_picture_that_was_given_is_left_alone() -> None:
    picture = pictures.draw_digit(3)
    before = picture.copy()
    ink.read(picture)
    assert np.array_equal(picture, before)
    image = ink.read(before).image
    copied = ink.read(image).image
    copied[:] = 0
    assert image.any()


# MNIST itself


def test_all_of_mnist_passes_unchanged(mnist_test: np.ndarray) -> None:
    for image in mnist_test:
        assert np.array_equal(ink.read(image).image, image)


def test_the_training_images_are_known_as_mnist_too() -> None:
    images = load_mnist(train=True).images.numpy()
    assert all(like_mnist(image) for image in images[::10])


def test_the_negative_of_mnist_becomes_mnist(mnist_test: np.ndarray) -> None:
    for image in mnist_test[::100]:
        assert np.array_equal(ink.read(255 - image).image, image)
        assert np.array_equal(ink.read(np.dstack([255 - image] * 3)).image, image)


def test_mnist_survives_a_file(mnist_test: np.ndarray) -> None:
    image = mnist_test[7]
    assert np.array_equal(ink.read_file(pictures.encoded(image)).image, image)


def test_mnist_enlarged_and_moved_comes_back_nearly_the_same(mnist_test: np.ndarray) -> None:
    differences = []
    for image in mnist_test[::200]:
        large = Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC)
        canvas = np.zeros((400, 500), dtype=np.uint8)
        canvas[90:370, 180:460] = large
        back = ink.read(canvas).image
        nearest = min(
            np.abs(np.roll(back, shift, (0, 1)).astype(float) - image).mean()
            for shift in np.ndindex(3, 3)
            for shift in [(shift[0] - 1, shift[1] - 1)]
        )
        differences.append(nearest)
    assert np.median(differences) < 10


def test_mnist_moved_by_some_pixels_is_put_back_and_keeps_its_grey_levels(
    mnist_test: np.ndarray,
) -> None:
    differences, soft = [], []
    for image in mnist_test[::50]:
        moved = ink.read(np.roll(image, (3, -4), (0, 1)))
        soft.append(moved.steps[3].caption == SOFT_STROKE)
        differences.append(np.abs(moved.image.astype(float) - image).mean())
    assert np.mean(soft) > 0.9
    assert np.median(differences) < 1  # by its outline alone it would be 8


def test_a_picture_of_eight_by_eight_pixels_is_read() -> None:
    digits = load_digits()
    images, labels = np.round(digits.images * 255 / 16).astype(np.uint8)[:300], digits.target[:300]
    read = np.stack([ink.read(image).image for image in images])
    network = RunStore().run("upright-strong").network()
    answer = predict_logits(network, torch.from_numpy(read))
    assert (answer.argmax(1).numpy() == labels).mean() > 0.9


@pytest.mark.parametrize("at", [(8, 9), (20, 18), (14, 14)])
def test_a_small_picture_that_is_not_mnists_is_fitted(at: tuple[int, int]) -> None:
    size = 24 if at == (14, 14) else 12
    picture = pictures.coverage(2, canvas=(28, 28), size=size, at=at, pen=2) * 255
    result = ink.read(picture.astype(np.uint8))
    assert len(result.steps) == 5 and like_mnist(result.image)
    assert difference(result, ink.read(pictures.draw_digit(2, pen=18))) < 25


# What must not matter

drawings = st.fixed_dictionaries(
    {
        "digit": st.sampled_from(DIGITS),
        "size": st.integers(120, 180),
        "pen": st.integers(12, 22),
        "slant": st.floats(-0.2, 0.3),
    }
)
colours = st.tuples(*[st.integers(0, 255)] * 3)


@property_of_drawings
@given(drawings, st.integers(-25, 25), st.integers(-25, 25))
def test_where_it_is_drawn_does_not_matter(drawing: dict, right: int, down: int) -> None:
    still = ink.read(pictures.draw_digit(**drawing))
    moved = ink.read(pictures.draw_digit(**drawing, at=(140 + right, 140 + down)))
    assert difference(still, moved) < 1


@property_of_drawings
@given(drawings, st.floats(0.3, 1.0))
def test_how_large_it_is_drawn_does_not_matter(drawing: dict, scale: float) -> None:
    smaller = drawing | {"size": drawing["size"] * scale, "pen": drawing["pen"] * scale}
    whole = ink.read(pictures.draw_digit(**drawing))
    assert difference(whole, ink.read(pictures.draw_digit(**smaller))) < NEARLY


@property_of_drawings
@given(drawings)
def test_black_on_white_is_as_good_as_white_on_black(drawing: dict) -> None:
    dark = pictures.draw_digit(**drawing)
    assert difference(ink.read(dark), ink.read(255 - dark)) < 1


@property_of_drawings
@given(drawings, colours, colours)
def test_its_colours_do_not_matter(drawing: dict, colour: tuple, background: tuple) -> None:
    if colour_distance(colour, background) < 20:
        return
    black = ink.read(pictures.draw_digit(**drawing))
    recoloured = ink.read(pictures.draw_digit(**drawing, colour=colour, background=background))
    assert difference(black, recoloured) < NEARLY


@property_of_drawings
@given(drawings, colours)
def test_a_transparent_canvas_is_as_good_as_a_white_one(drawing: dict, colour: tuple) -> None:
    covered = pictures.coverage(**drawing)
    white = ink.read(pictures.painted(covered))
    assert difference(white, ink.read(pictures.transparent(covered, colour))) < 3


@pytest.mark.parametrize("digit", DIGITS)
def test_the_width_of_the_pen_matters_little(digit: int) -> None:
    middle = ink.read(pictures.draw_digit(digit, pen=22)).image > 127
    for pen in (2, 4, 8, 34):
        image = ink.read(pictures.draw_digit(digit, size=200, pen=pen)).image
        assert 40 <= (image > 127).sum() <= 2.4 * middle.sum()


@pytest.mark.parametrize("digit", [0, 6, 8, 9])
@pytest.mark.parametrize("pen", [3, 16, 40])
def test_no_loop_is_closed(digit: int, pen: int) -> None:
    from scipy import ndimage

    image = ink.read(pictures.draw_digit(digit, size=200, pen=pen)).image
    _, backgrounds = ndimage.label(image < 160)
    assert backgrounds == (3 if digit == 8 else 2)


@pytest.mark.parametrize(
    "kind", ["bool", "int64", "uint16", "float32 to 1", "float64 to 255", "(H, W, 1)", "(H, W, 2)"]
)
def test_any_kind_of_array_will_do(kind: str) -> None:
    grey = np.round(pictures.coverage(4) * 255).astype(np.uint8)
    same = {
        "bool": grey > 127,
        "int64": grey.astype(np.int64),
        "uint16": grey.astype(np.uint16) * 257,
        "float32 to 1": grey.astype(np.float32) / 255,
        "float64 to 255": grey.astype(float),
        "(H, W, 1)": grey[:, :, None],
        "(H, W, 2)": np.dstack([grey, np.full_like(grey, 255)]),
    }[kind]
    assert difference(ink.read(grey), ink.read(same)) < 3


@pytest.mark.parametrize("digit", DIGITS)
def test_a_tight_crop_keeps_its_polarity(digit: int) -> None:
    whole = ink.read(pictures.draw_digit(digit, slant=0.15, pen=30))
    covered = pictures.coverage(digit, slant=0.15, pen=30)
    rows, columns = np.nonzero(covered.any(axis=1))[0], np.nonzero(covered.any(axis=0))[0]
    crop = covered[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    for picture in (crop * 255, 255 - crop * 255):
        assert difference(whole, ink.read(picture)) < 3


@pytest.mark.parametrize("pen", [8, 14, 22])
def test_a_digit_from_corner_to_corner_is_read(pen: int) -> None:
    picture = Image.new("L", (320, 320), 255)
    ImageDraw.Draw(picture).line([(2, 2), (318, 2), (2, 318), (318, 318)], fill=0, width=pen)
    dark = np.asarray(picture)
    image = ink.read(dark).image
    assert difference(ink.read(dark), ink.read(255 - dark)) < 3
    assert image[4:8].mean() > 60 < image[20:24].mean()  # its bars
    assert image[12:16, 4:8].mean() < 20 > image[12:16, 20:24].mean()


@pytest.mark.parametrize("corner", [(0, 0, 0), (60, 60, 60), (120, 70, 30), (200, 30, 30)])
@pytest.mark.parametrize("angle", [4, 9])
def test_the_dark_corners_of_a_turned_scan_are_not_ink(corner: tuple, angle: int) -> None:
    page = Image.fromarray(pictures.draw_digit(3, size=120, pen=12)).convert("RGB")
    white = page.rotate(angle, fillcolor=(255, 255, 255))
    turned = page.rotate(angle, fillcolor=corner)
    assert difference(ink.read(np.asarray(white)), ink.read(np.asarray(turned))) < NEARLY


# Photos and files


@pytest.mark.parametrize("digit", DIGITS)
def test_a_phone_photo_is_read(digit: int) -> None:
    photo = pictures.photo(digit, seed=digit)
    file = pictures.encoded(pictures.megapixels(photo, 2), "JPEG", quality=80)
    clean = ink.read(pictures.draw_digit(digit, size=200, pen=10))
    assert difference(clean, ink.read_file(file)) < 16


@pytest.mark.parametrize("depth", [0.25, 0.45])
def test_a_phones_own_shadow_across_a_digit_is_not_ink(depth: float) -> None:
    differences = []
    for digit in DIGITS:
        page = pictures.photo(digit, (600, 500))
        phone = np.zeros((600, 500), dtype=bool)
        phone[200 + 15 * digit :, 130 + 10 * digit : 300 + 10 * digit] = True
        shaded = ink.read(pictures.shaded(page, phone, depth))
        differences.append(difference(shaded, ink.read(page)))
    assert np.median(differences) < 6
    assert max(differences) < 30  # of another digit, or of the shadow itself, 50 to 80


def test_a_pale_pencil_on_a_large_photo_is_read() -> None:
    photo = pictures.megapixels(pictures.photo(3, ink=(140, 140, 140), pen=9, blur=1))
    clean = ink.read(pictures.draw_digit(3, size=200, pen=6))
    assert photo.shape == (3000, 4000, 3)
    assert difference(clean, ink.read(photo)) < 16


def test_chalk_on_a_board_is_read() -> None:
    board = pictures.photo(2, (600, 800), ink=(235, 235, 225), paper=(40, 70, 50))
    assert difference(ink.read(board), ink.read(pictures.draw_digit(2, size=200, pen=10))) < 16


def test_the_table_around_the_paper_is_not_ink() -> None:
    paper = pictures.photo(5, (600, 800))
    table = np.full_like(paper, 50)
    table[80:520, 150:650] = paper[80:520, 150:650]
    corner = paper.copy()
    corner[:, :90] = 45
    for photo in (table, corner):
        assert difference(ink.read(photo), ink.read(paper)) < 10


def test_a_frame_specks_and_pale_lines_are_not_ink() -> None:
    plain = pictures.draw_digit(5)
    spoilt = plain.copy()
    spoilt[6:9, 6:-6] = spoilt[-9:-6, 6:-6] = spoilt[6:-6, 6:9] = spoilt[6:-6, -9:-6] = 0
    spoilt[40:43, 30:33] = spoilt[200:203, 235:238] = 0
    spoilt[::28] = np.minimum(spoilt[::28], 190)
    assert difference(ink.read(plain), ink.read(spoilt)) < 3


def test_the_separate_bar_of_a_five_is_kept() -> None:
    covered = pictures.coverage(5, pen=12)
    covered[56:64, :] = 0
    rows = np.nonzero(ink.read(covered).steps[1].picture.any(axis=1))[0]
    assert (np.diff(rows) > 1).any(), "two parts, one above the other"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_is_turned_upright(orientation: int, kind: str) -> None:
    picture = pictures.draw_digit(7, canvas=(200, 160), size=120)
    decoded = ink.decode(pictures.turned(picture, orientation, kind))
    assert decoded.shape == picture.shape
    assert difference(ink.read(decoded), ink.read(picture)) < 6


@pytest.mark.parametrize("mode", ["1", "LA", "P", "RGB"])
def test_a_large_picture_of_any_mode_is_averaged_down(mode: str) -> None:
    """A palette packs very well: fifty megapixels of it are a file of 50 kB."""
    image, file = Image.new("L", (3100, 2100), 255), io.BytesIO()
    image.paste(0, (1000, 1000, 1100, 1400))
    image.convert(mode).save(file, "PNG")
    pixels = ink.decode(file.getvalue())
    assert pixels.shape[:2] == (700, 1034)
    assert pixels.min() == 0 and pixels.max() == 255


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_mode_of_a_file_is_read(mode: str) -> None:
    picture = pictures.draw_digit(6)
    image = Image.fromarray(picture)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert("LA" if mode == "PA" else mode)
    file = io.BytesIO()
    image.save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert difference(ink.read_file(file.getvalue()), ink.read(picture)) < 6


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_every_kind_of_file_is_read(kind: str) -> None:
    picture = pictures.draw_digit(8)
    file = pictures.encoded(picture, kind)
    assert difference(ink.read_file(file), ink.read(picture)) < 6


def test_odd_exif_data_refuse_no_picture() -> None:
    """A resolution that is text, as some programs write it, beside a good orientation."""
    tags = b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + b"\x1a\x01\x02\0\x02\0\0\0ab\0\0"
    exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0" + tags + bytes(4)
    for canvas in ((200, 160), (3000, 2400)):
        picture = pictures.draw_digit(7, canvas=canvas, size=0.6 * canvas[0], pen=canvas[0] / 14)
        lying = np.rot90(picture).copy()
        seen = ink.read_file(pictures.encoded(lying, "JPEG", exif=exif))
        assert difference(seen, ink.read(picture)) < 6


def test_sixteen_bits_may_hold_eight() -> None:
    picture = pictures.draw_digit(6)[:, :, 0]
    file = pictures.encoded(picture.astype(np.uint16))
    assert difference(ink.read_file(file), ink.read(picture)) < 1


def test_a_large_jpeg_is_shrunk_while_it_is_unpacked() -> None:
    file = pictures.encoded(np.full((3000, 4000, 3), 200, dtype=np.uint8), "JPEG")
    assert max(ink.decode(file).shape) < 4000


# No ink

ROW, COLUMN = np.mgrid[:280, :280]
RANDOM = np.random.default_rng(0)
DISC = (ROW - 140) ** 2 + (COLUMN - 140) ** 2
EMPTY = {
    "black": np.zeros((280, 280)),
    "white": np.full((280, 280, 3), 255),
    "black 28": np.zeros((28, 28)),
    "white 28": np.full((28, 28), 255),
    "transparent": np.zeros((280, 280, 4)),
    "white transparent": np.dstack([np.full((280, 280, 3), 255), np.zeros((280, 280))]),
    "opaque canvas": np.full((280, 280, 4), 255),
    "one pixel": np.zeros((1, 1)),
    "a line of pixels": RANDOM.integers(0, 256, (1, 5000)),
    "a column of pixels": RANDOM.integers(0, 256, (5000, 1, 3)),
    "tiny": RANDOM.integers(0, 256, (5, 5)),
    "dot": (DISC < 80) * 255,
    "dot on white": 255 - (DISC < 80) * 255,
    "large dot": (DISC < 9000) * 255,
    "speck": (DISC < 3) * 255,
    "square": (np.maximum(abs(ROW - 140), abs(COLUMN - 140)) < 90) * 255,
    "black square": 255 - (np.maximum(abs(ROW - 140), abs(COLUMN - 140)) < 130) * 255,
    "half": (COLUMN < 140) * 255,
    "quarter": ((COLUMN < 140) & (ROW < 140)) * 255,
    "gradient": COLUMN * 0.9,
    "faint gradient": 200 + COLUMN * 0.15,
    "vignette": np.clip(255 - np.sqrt(DISC) * 0.8, 0, 255),
    "hard shadow": 220 - 80.0 * (ROW + COLUMN > 300),
    "soft shadow": 220 - 80 * np.exp(-DISC / 3000),
    "rules": np.where(ROW % 20 == 0, 180, 255),
    "checks": (ROW // 10 + COLUMN // 10) % 2 * 255,
    "noisy paper": pictures.photo(1, (600, 800), ink=(225, 220, 205)),
}


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("pen", [20, 36])
@pytest.mark.parametrize("room", [0, 2, 5, 12])
def test_a_digit_that_fills_its_picture_is_read(digit: int, pen: int, room: int) -> None:
    drawn = pictures.coverage(digit, (400, 400), 280, pen=pen)
    rows, columns = (np.flatnonzero((drawn > 0).any(axis=axis)) for axis in (1, 0))
    close = np.pad(drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], room)
    for colours in ((pictures.BLACK, pictures.WHITE), (pictures.WHITE, pictures.BLACK)):
        seen = ink.read(pictures.painted(close, *colours))
        assert difference(seen, ink.read(pictures.painted(drawn, *colours))) < 3


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("room", [0, 4, 12])
def test_a_photo_that_is_cut_close_to_its_digit_is_read(digit: int, room: int) -> None:
    photo = pictures.photo(digit, light=0.2, pen=24)
    covered = pictures.coverage(digit, photo.shape[:2], 300, pen=24) > 0
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    close = photo[rows[0] - room : rows[-1] + 1 + room, columns[0] - room : columns[-1] + 1 + room]
    assert difference(ink.read(close), ink.read(photo)) < 16  # as other photos


@pytest.mark.parametrize("gap", [25, 60, 130])
@pytest.mark.parametrize("negative", [False, True])
def test_two_digits_are_told_from_one_however_far_apart(gap: int, negative: bool) -> None:
    """Of two that are far apart one was read, surely, and the other left out without a word."""
    for first, second in [(1, 0), (7, 1), (1, 1), (0, 0), (4, 5), (5, 1), (2, 8)]:
        left = pictures.coverage(first, (300, 360), 110, at=(70, 130))
        right = pictures.coverage(second, (300, 360), 120, at=(145 + gap, 150))
        both = pictures.painted(np.maximum(left, right))
        assert ink.read(255 - both if negative else both).beside


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("pen", [4, 12, 30])
def test_one_digit_is_not_taken_for_two(digit: int, pen: int) -> None:
    assert not ink.read(pictures.draw_digit(digit, size=200, pen=pen)).beside
    dust = pictures.draw_digit(digit, size=150, pen=pen)
    dust[10:18, 10:18] = 0
    assert not ink.read(dust).beside


def test_no_drawn_digit_of_mnists_is_taken_for_two() -> None:
    images = load_mnist(train=False).images[:300].numpy()
    large = (np.asarray(Image.fromarray(image).resize((280, 280))) for image in images)
    assert not any(ink.read(255 - image).beside for image in large)


@pytest.mark.parametrize("depth", [0.25, 0.4])
@pytest.mark.parametrize("share", [0.35, 0.45, 0.5, 0.55])
def test_a_shadow_across_the_digit_on_evenly_lit_paper_is_not_ink(
    share: float, depth: float
) -> None:
    """Lit and shaded paper were taken for two colours, and the digit for the darker of them."""
    height, width = 500, 500
    rows, columns = np.mgrid[:height, :width]
    shaded = columns / width + 0.6 * rows / height > 1.6 * share
    random = np.random.default_rng(3)
    for digit in range(10):
        covered = pictures.coverage(digit, (height, width), 200, pen=8)
        page = pictures.painted(covered, (40, 45, 60), (235, 232, 225)).astype(float)
        noisy = np.clip(page + random.normal(0, 3, page.shape), 0, 255).astype(np.uint8)
        photo = pictures.shaded(noisy, shaded, depth, 8)
        assert difference(ink.read(photo), ink.read(noisy)) < 30


@pytest.mark.parametrize("name", EMPTY)
def test_a_picture_without_a_digit_is_refused(name: str) -> None:
    with pytest.raises(ink.NoInk) as refusal:
        ink.read(EMPTY[name].astype(np.uint8))
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("side", [28, 64, 280, 600])
@pytest.mark.parametrize("kind", ["uniform", "normal", "faint", "coloured", "sparse", "dense"])
def test_noise_is_refused(kind: str, side: int) -> None:
    random = np.random.default_rng(side)
    for _ in range(3):
        noise = {
            "uniform": random.integers(0, 256, (side, side)),
            "normal": np.clip(random.normal(128, 30, (side, side)), 0, 255),
            "faint": np.clip(random.normal(200, 8, (side, side)), 0, 255),
            "coloured": random.integers(0, 256, (side, side, 3)),
            "sparse": (random.random((side, side)) < 0.03) * 255,
            "dense": (random.random((side, side)) < 0.3) * 255,
        }[kind]
        with pytest.raises(ink.NoInk):
            ink.read(noise.astype(np.uint8))


@pytest.mark.parametrize(
    "picture",
    [
        pictures.draw_digit(1, size=60, pen=28),
        pictures.draw_digit(0, size=24, pen=4),
        pictures.draw_digit(8, size=30, pen=3),
        pictures.draw_digit(4, size=220, pen=2),
        pictures.draw_digit(9, canvas=(24, 24), size=18, pen=2.5),
        ((abs(ROW - 140) < 60) & (abs(COLUMN - 140) < 18)) * 255,
        ((abs(ROW - 140) < 8) & (abs(COLUMN - 140) < 80)) * 255,
    ],
    ids=["fat 1", "small 0", "small 8", "thin 4", "24 pixels", "bar", "line"],
)
def test_unusual_drawings_are_read(picture: np.ndarray) -> None:
    assert ink.read(picture).image.max() > 200


# Bad pictures

PNG = pictures.encoded(pictures.draw_digit(5))
JPEG = pictures.encoded(pictures.draw_digit(5), "JPEG")
BAD_FILES = {
    "nothing": b"",
    "text": b"This is not a picture at all, whatever its name says.\n" * 10,
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9"/></svg>',
    "heic": b"\0\0\0\x18ftypheic" + bytes(100),
    "avif": b"\0\0\0\x18ftypavif" + bytes(100),
    "tiff": b"II*\0" + bytes(100),
    "pdf": b"%PDF-1.7\n" + bytes(100),
    "bomb": pictures.bomb(100_000, 100_000),
    "smaller bomb": pictures.bomb(9_000, 9_000),
    "no size": pictures.bomb(0, 0),
    "cut PNG": PNG[: len(PNG) // 2],
    "cut JPEG": JPEG[: len(JPEG) // 2],
    "head of PNG": PNG[:20],
    "head of JPEG": JPEG[:20],
    "spoilt PNG": PNG[:60] + bytes(40) + PNG[100:],
    "too many bytes": PNG + bytes(ink.MAX_BYTES),
}


@pytest.mark.filterwarnings("default::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_in_plain_words(name: str) -> None:
    with pytest.raises(ink.BadPicture) as refusal:
        ink.read_file(BAD_FILES[name])
    assert str(refusal.value).endswith(".") and len(str(refusal.value)) > 30
    assert (name in ("heic", "avif", "tiff")) == (name.upper() in str(refusal.value))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([PNG, JPEG]), st.data())
def test_damage_never_raises_anything_else(file: bytes, data: st.DataObject) -> None:
    spoilt = bytearray(file)
    for _ in range(data.draw(st.integers(1, 6))):
        spoilt[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert ink.read_file(bytes(spoilt)).image.shape == (28, 28)
    except (ink.BadPicture, ink.NoInk) as refusal:
        assert str(refusal)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((0, 0)),
        np.zeros((0, 5, 3)),
        np.zeros(784),
        np.zeros((28, 28, 5)),
        np.zeros((2, 28, 28, 3)),
        np.full((28, 28), np.nan),
        np.full((28, 28), np.inf),
        np.full((28, 28), -1),
        np.full((28, 28), 1e9),
        np.full((28, 28), 1j),
        np.full((28, 28), "5"),
        np.array(None),
    ],
    ids=lambda picture: f"{picture.dtype} {picture.shape}",
)
def test_an_array_that_is_no_picture_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(ink.BadPicture):
        ink.read(picture)


def test_many_threads_read_at_once() -> None:
    files = [pictures.encoded(pictures.draw_digit(digit)) for digit in DIGITS]
    alone = [ink.read_file(file).image for file in files]
    together: dict[int, np.ndarray] = {}

    def work(digit: int) -> None:
        together[digit] = ink.read_file(files[digit]).image

    threads = [threading.Thread(target=work, args=(digit,)) for digit in DIGITS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[digit], together[digit]) for digit in DIGITS)


@pytest.mark.parametrize("shape", [(4000, 3200), (4000, 3200, 1), (6400, 3200, 3), (3200, 6400, 4)])
def test_a_picture_of_many_megapixels_is_thinned_before_anything_else(shape: tuple) -> None:
    assert max(as_bytes(np.zeros(shape, np.uint8)).shape[:2]) < 3200


def test_pixels_are_counted_from_the_header_alone() -> None:
    assert ink.count_pixels(pictures.bomb(30_000, 30_000)) in (0, 900_000_000)
    assert ink.count_pixels(pictures.encoded(np.zeros((20, 30), np.uint8))) == 600
    assert ink.count_pixels(b"no picture") == 0


def test_the_given_picture_is_shown_as_a_person_sees_it() -> None:
    covered = pictures.coverage(3)
    for colour, background in ((pictures.BLACK, 255), (pictures.WHITE, 0)):
        given = ink.read(pictures.transparent(covered, colour)).steps[0].picture
        assert given[0, 0] == background
        assert abs(int(given[covered > 0.99].mean()) - (255 - background)) < 3


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", [3, 6])
def test_a_large_file_of_any_kind_is_averaged_down_and_still_turned(
    kind: str, orientation: int
) -> None:
    large = pictures.megapixels(pictures.draw_digit(7), 10)
    data = pictures.turned(large, orientation, kind)
    assert max(ink.decode(data).shape[:2]) < 2 * 1024
    assert difference(ink.read_file(data), ink.read(pictures.draw_digit(7))) < 12
