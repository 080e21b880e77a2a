"""Comparing models in a real browser on the real server: clicks lead to the right images."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from digitcore import robustness
from digitcore.comparison.confusion import moved, places
from digitcore.robustness.distortions import SETTINGS, sample
from digitcore.runs import RunStore
from tests.server import SECONDS
from ui.compare.views import SHOW

pytestmark = pytest.mark.browser
HEIGHT = 1500  # of the window


def open_view(page: Page, view: str, **asked) -> None:
    page.goto(f"/compare?{urlencode({'view': view, **asked}, doseq=True)}")
    expect(page.get_by_role("radio", name=view, exact=True)).to_be_checked(timeout=SECONDS)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=SECONDS)


def click_cell(page: Page, matrix: int, label: int, answer: int) -> None:
    """Click a cell off the diagonal of one of the matrices."""
    chart = page.get_by_test_id("stPlotlyChart").nth(matrix)
    cell = chart.locator(".scatterlayer .point").nth(9 * label + answer - (answer > label))
    cell.wait_for()
    box = cell.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def shown_numbers(page: Page) -> list[int]:
    """The numbers of the digits whose tiles are shown."""
    pictures = page.locator("button img").all()
    return [int(re.match(r"No\. (\d+)", image.get_attribute("alt"))[1]) for image in pictures]


def test_a_clicked_cell_shows_just_the_digits_that_the_predictions_say(page):
    store = RunStore()
    open_view(page, "Confusion", models=["champion", "dense"])
    dense = store.answers("dense")
    label, answer = 4, 9
    expected = places(dense, label, answer).tolist()
    assert 3 < len(expected) <= 24
    click_cell(page, 1, label, answer)
    words = f"{len(expected)} digits: a {label} that dense reads as {answer}"
    expect(page.get_by_text(words)).to_be_visible(timeout=SECONDS)
    expect(page.locator("button img")).to_have_count(len(expected), timeout=SECONDS)
    assert shown_numbers(page) == expected

    only_a, only_b = moved(store.answers("champion"), dense, label, answer)
    click_cell(page, 2, label, answer)
    expect(page.get_by_text("dense does not")).to_be_visible(timeout=SECONDS)
    expect(page.locator("button img")).to_have_count(len(only_a) + len(only_b), timeout=SECONDS)
    assert sorted(shown_numbers(page)) == sorted([*only_a, *only_b])


def test_a_digit_is_opened_with_the_keyboard_and_asked_on_draw(page):
    open_view(page, "Confusion", models=["champion", "dense"])
    first = page.locator("button:has(img)").first
    expect(first).to_be_visible(timeout=SECONDS)
    number = shown_numbers(page)[0]
    first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"Test digit {number:,}").first).to_be_visible(timeout=SECONDS)
    expect(dialog.locator(".main-svg").first).to_be_visible(timeout=SECONDS)
    chart = dialog.get_by_test_id("stPlotlyChart")
    members = RunStore().ensembles()["champion"].members
    for name in ("champion", *members, "dense"):
        expect(chart.get_by_text(name, exact=True)).to_be_visible()
    probs = RunStore().answers("dense").probs[number]
    expect(dialog.get_by_text(f"{100 * probs.max():.0f}", exact=True).first).to_be_visible()
    dialog.get_by_role("button", name="Ask about it on Draw").click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("spinbutton").first).to_have_value(str(number), timeout=SECONDS)


@pytest.mark.parametrize("view", list(SHOW))
def test_no_view_is_wider_than_a_phone(page, view):
    page.set_viewport_size({"width": 375, "height": 800})
    open_view(page, view)
    page.wait_for_timeout(1500)
    width = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 375


def test_the_address_alone_brings_the_same_view(page):
    asked = {"models": ["tiny", "trio"], "on": "validation digits", "numbers": "by row"}
    open_view(page, "Confusion", **asked)
    expect(page.get_by_role("radio", name="by row")).to_be_checked(timeout=SECONDS)
    expect(page.get_by_text("of the 5,000 validation digits")).to_be_visible(timeout=SECONDS)
    errors = RunStore().answers("trio", "validation").errors
    expect(page.get_by_text(f"trio: {errors} errors").first).to_be_visible(timeout=SECONDS)


def test_back_and_forth_between_pages_keeps_what_was_chosen(page):
    """The browser's Back brings no address with it, and took all choices away."""
    open_view(page, "Confusion", models=["champion", "dense"])
    page.get_by_role("radio", name="by row", exact=True).click()
    page.wait_for_url("**numbers=by+row**", timeout=SECONDS)
    page.get_by_role("link", name="Draw").first.click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible(timeout=SECONDS)
    page.go_back()
    expect(page.get_by_role("radio", name="by row", exact=True)).to_be_checked(timeout=SECONDS)
    expect(page.get_by_role("radio", name="Confusion", exact=True)).to_be_checked()
    page.wait_for_url(lambda url: "numbers=by+row" in url and "models=dense" in url)


def test_a_clicked_point_shows_just_the_digits_that_flip(page):
    store, setting = RunStore(), SETTINGS["blur 0.75"]
    open_view(page, "Sturdiness", models=["champion", "dense"], distortion="blur")
    lines = page.get_by_test_id("stPlotlyChart").nth(1).locator(".scatterlayer .trace")
    point = lines.nth(1).locator(".point").nth(2)  # of dense, after the clean level and 0.5
    point.wait_for()
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("What flips for dense")).to_be_visible(timeout=SECONDS)
    after = robustness.answers(store, "dense", setting)
    lost = robustness.flips(robustness.sampled(store.answers("dense")), after).lost
    assert 3 < len(lost) <= 24
    expect(page.get_by_text(f"{len(lost)} turn wrong")).to_be_visible(timeout=SECONDS)
    expect(page.locator("button img")).to_have_count(len(lost), timeout=SECONDS)
    assert shown_numbers(page) == sample()[lost].tolist()
