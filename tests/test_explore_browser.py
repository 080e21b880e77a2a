"""The gallery in a real browser on the real server: filter, page, tick, open, and come again."""

import io
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from digitcore.digits import load_mnist
from digitcore.exploration import insights
from digitcore.own.store import About, OwnSets
from digitcore.runs import RunStore
from tests.server import SECONDS, blameless_page, running

pytestmark = pytest.mark.browser
HEIGHT = 1100  # of the window


def expect_tiles(page: Page, numbers: list[int]) -> None:
    """Of test digits, just these, in this order."""
    first = page.locator(".tiles span").first
    expect(first).to_contain_text(f"Test {numbers[0]:,}", timeout=SECONDS)
    expect(page.locator(".tiles span")).to_have_count(len(numbers), timeout=SECONDS)
    words = page.locator(".tiles span").all_text_contents()
    assert [text.split("\n")[0] for text in words] == [f"Test {n:,}" for n in numbers]


def test_the_only_own_set_is_deleted_and_mnist_takes_its_place(chromium, tmp_path):
    """Its name stands in the address, bound to a box that has nothing to offer any more."""
    digits = load_mnist(train=False).take(range(12))
    own = OwnSets(tmp_path / "runs own")
    own.save("brief", digits.images.numpy(), digits.labels.numpy(), About("a test"))
    with (
        running(runs=tmp_path / "runs") as address,
        blameless_page(chromium, address, HEIGHT, timeout=SECONDS) as page,
    ):
        page.goto("/dataset?side=Your+own&set=brief")
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        gone = page.get_by_text("There is no set called brief here")
        expect(gone).to_be_visible(timeout=SECONDS)
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=SECONDS)
        page.get_by_text("At a glance", exact=True).click()
        expect(page.get_by_text("70,000", exact=True).first).to_be_visible(timeout=SECONDS)
        assert not own.names()


def test_digits_are_filtered_paged_opened_ticked_and_come_again(page):
    page.goto("/dataset?side=Gallery&show-split=test&sort-by=Label+quality")
    page.locator(".tiles").wait_for()
    test = load_mnist(train=False)
    nines = np.flatnonzero(test.labels == 9)
    quality = insights.load().probs[insights.COUNT - len(test) + nines, 9]
    numbers = nines[np.argsort(quality, kind="stable")].tolist()

    page.get_by_role("button", name="9", exact=True).click()
    expect_tiles(page, numbers[:48])
    page.get_by_role("button", name="Next page").click()
    expect_tiles(page, numbers[48:96])

    number = numbers[50]
    page.get_by_role("checkbox", name=f"Tick Test {number:,}", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Untick 1")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Download").click()
    csv = page.get_by_role("button", name="CSV, about")
    with page.expect_download() as taken:
        csv.click()
    (row,) = pd.read_csv(io.BytesIO(taken.value.path().read_bytes())).to_dict("records")
    assert (row["label"], row["split"], row["number"]) == (9, "test", number)
    page.keyboard.press("Escape")
    expect(csv).to_be_hidden(timeout=SECONDS)  # by then it has given the focus back
    page.mouse.move(0, 0)  # away from where the pixels will be

    page.locator(".tiles button").nth(2).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"Test digit {number:,}, a 9")).to_be_visible(timeout=SECONDS)
    expect(dialog.get_by_text(f"51 of {len(numbers):,}")).to_be_visible(timeout=SECONDS)
    highest = 100 * RunStore().answers("dense").probs[number].max()
    chart = dialog.get_by_test_id("stPlotlyChart")
    expect(chart.get_by_text(f"{highest:.0f}", exact=True).first).to_be_visible(timeout=SECONDS)
    dialog.get_by_role("application").focus()
    page.keyboard.press("ArrowDown")
    value = f"Row 16, column 14 of 28: {test.images[number, 15, 13]} of 255"
    expect(dialog.get_by_text(value)).to_be_visible(timeout=SECONDS)
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text(f"Test digit {numbers[51]:,}, a 9")).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden(timeout=SECONDS)

    address = urlsplit(page.url)
    assert parse_qs(address.query)["show-class"] == ["9"]
    page.goto("about:blank")
    page.goto(f"{address.path}?{address.query}")
    expect_tiles(page, numbers[:48])
