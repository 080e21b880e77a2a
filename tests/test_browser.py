"""A few stories in a real browser on the real server."""

import io
import json
import re
from urllib.request import Request, urlopen

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import pictures
from tests.server import blameless_page, draw, running

pytestmark = pytest.mark.browser
SECONDS = 30_000  # ms; the machine that runs this may be busy


@pytest.fixture(scope="module")
def server():
    with running() as address:
        yield address


@pytest.fixture
def page(chromium, server):
    with blameless_page(chromium, server, height=900, timeout=SECONDS) as page:
        yield page


def open_draw(page: Page, server: str) -> None:
    page.goto(f"{server}/draw")
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible(timeout=SECONDS)
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=SECONDS)


def expect_answer(page: Page, digit: int) -> None:
    answer = page.get_by_test_id("stMetricValue")
    expect(answer).to_have_text(str(digit), timeout=SECONDS)


def strokes(digit: int, size: float, left: float, top: float) -> list:
    """A digit's strokes as tests/pictures.py has them, in pixels of the pad."""
    return [
        [(left + x * size, top + y * size) for x, y in stroke] for stroke in pictures.STROKES[digit]
    ]


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Nothing to read yet")).to_be_visible(timeout=SECONDS)


def test_each_page_has_a_title_of_its_own(page):
    for address, title in (("", "Home"), ("train", "Train"), ("draw", "Draw")):
        page.goto(f"/{address}")
        expect(page).to_have_title(f"{title} - Digits")


@pytest.mark.parametrize("digits", [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9)])
def test_digits_drawn_anywhere_and_of_any_size_are_read(page, server, digits):
    open_draw(page, server)
    places = [(220, 40, 50), (110, 10, 10), (110, 190, 190), (150, 20, 150), (190, 110, 30)]
    for digit, (size, left, top) in zip(digits, places, strict=True):
        draw(page, strokes(digit, size, left, top))
        expect_answer(page, digit)
        clear(page)


def test_a_drawing_survives_a_page_switch_and_can_be_undone(page, server):
    open_draw(page, server)
    one, bar = [(200, 60), (165, 270)], [(80, 62), (200, 60)]  # the bar makes a seven of the one
    draw(page, [one])
    expect_answer(page, 1)
    draw(page, [bar])
    expect_answer(page, 7)
    page.get_by_role("link", name="Home").first.click()
    expect(page.get_by_role("heading", name="Handwritten digits")).to_be_visible(timeout=SECONDS)
    page.get_by_role("link", name="Draw", exact=True).first.click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible(timeout=SECONDS)
    expect_answer(page, 7)
    page.get_by_role("button", name="Undo").first.click()
    expect_answer(page, 1)
    draw(page, [bar])
    expect_answer(page, 7)
    clear(page)


def test_quick_undos_take_away_one_stroke_each(page, server):
    open_draw(page, server)
    one, bar = [(200, 60), (165, 270)], [(80, 62), (200, 60)]
    draw(page, [one, bar, [(90, 160), (250, 170)]])
    expect(page.get_by_test_id("stMetricValue")).to_be_visible(timeout=SECONDS)
    page.wait_for_timeout(1500)
    undo = page.get_by_role("button", name="Undo").first
    undo.click()
    undo.click()
    expect_answer(page, 1)
    page.wait_for_timeout(1500)
    undo.click()
    expect(page.get_by_text("Nothing to read yet")).to_be_visible(timeout=SECONDS)


def test_the_choice_of_models_stays_open_and_travels_in_the_address(page, server):
    open_draw(page, server)
    page.get_by_text("Who answers:").click()
    page.wait_for_timeout(1000)  # the panel slides open
    page.get_by_role("combobox", name="Who answers").click()
    page.get_by_role("option", name="own choice").click()
    expect(page.get_by_text("Models", exact=True)).to_be_visible(timeout=SECONDS)
    expect(page).to_have_url(re.compile("ensemble=own"), timeout=SECONDS)


def test_an_address_chooses_who_answers_and_says_so(page, server):
    page.goto(f"{server}/draw?ensemble=trio&how=vote")
    expect(page.get_by_text("Who answers: the trio ensemble")).to_be_visible(timeout=SECONDS)
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=SECONDS)
    draw(page, strokes(3, 200, 60, 60))
    expect_answer(page, 3)
    legend = page.locator(".legendtext")
    expect(legend).to_have_text(["ensemble", "wide", "classic", "warped"], timeout=SECONDS)


def test_a_stroke_may_start_in_the_upper_right_corner(page, server):
    open_draw(page, server)
    draw(page, [[(304, 10), (304, 250)]])
    expect_answer(page, 1)


def test_a_phone_photo_is_read_and_a_text_called_png_is_refused(page, server):
    open_draw(page, server)
    page.get_by_text("Upload", exact=True).click()
    chooser = page.locator("input[type=file]")
    photo = pictures.turned(pictures.megapixels(pictures.photo(4), 3), orientation=6)
    chooser.set_input_files({"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo})
    expect_answer(page, 4)
    chooser = page.locator("input[type=file]")
    chooser.set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.get_by_text("not a picture")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_test_id("stMetricValue")).to_have_count(0)


def test_rest_answers_while_the_page_is_open(page, server):
    open_draw(page, server)
    draw(page, strokes(2, 200, 60, 60))
    expect_answer(page, 2)
    with urlopen(f"{server}/health") as response:
        assert json.load(response)["status"] == "ok"
    file = io.BytesIO()
    Image.fromarray(pictures.draw_digit(3)).save(file, "PNG")
    request = Request(f"{server}/predict", data=file.getvalue(), method="POST")
    with urlopen(request) as response:
        assert json.load(response)["prediction"] == 3
    expect_answer(page, 2)


@pytest.mark.parametrize("path", ["", "draw"])
@pytest.mark.parametrize("width", [375, 700, 1280])
def test_nothing_is_wider_than_the_window(page, server, path, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{server}/{path}")
    expect(page.get_by_role("heading", level=1)).to_have_count(1, timeout=SECONDS)
    if path == "draw":
        expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=SECONDS)
        box = page.locator("canvas.upper-canvas").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    overflow = "() => document.scrollingElement.scrollWidth - window.innerWidth"
    assert page.evaluate(overflow) <= 0
    assert not re.search("Traceback|Error:", page.inner_text("body"))


def test_rest_documentation_opens_without_the_outside_world(page, server):
    page.goto(f"{server}/api/docs")
    expect(page.get_by_text("/predict")).to_be_visible(timeout=SECONDS)
