"""How fast models are compared: `python -m scripts.bench_compare`.

All shipped models on the Compare page of a server that has shown no page of it yet: from the
address to the last chart of each view, then what a person does there: another view, another
matrix, a click on a cell, on a digit. Everything in a real browser.
"""

import argparse
from functools import partial
from statistics import median

from playwright.sync_api import Browser, expect

from scripts.timing import (
    bare_page,
    measure_bare,
    measure_opening,
    measure_views,
    paths,
    timed,
    wait_until_still,
)
from tests.server import browser, running
from ui.compare.views import QUESTIONS


def measure_confusion(chromium: Browser, address: str, rounds: int) -> dict[str, list[float]]:
    """Other numbers in the cells; a click on a cell to its digits; a digit opened large."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1600})
    page.goto(f"{address}/compare?view=Confusion")
    page.get_by_role("radio", name="by row").wait_for()
    wait_until_still(page)
    taken: dict[str, list[float]] = {"scale": [], "cell": [], "digit": []}
    cells = page.get_by_test_id("stPlotlyChart").first.locator(".scatterlayer text")
    for i in range(rounds + 1):
        scale = page.get_by_role("radio", name=("by row", "counts")[i % 2], exact=True)
        told = cells.first.locator("xpath=../..")
        changed = partial(expect(told).not_to_have_text, told.text_content() or "")
        taken["scale"].append(timed(page, scale.click, changed))
        filled = [cell for cell in cells.all() if cell.text_content()]
        box = filled[i % len(filled)].bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        words = page.get_by_text("that champion reads as").first
        before = words.inner_text()
        click = partial(page.mouse.click, x, y)
        taken["cell"].append(timed(page, click, partial(expect(words).not_to_have_text, before)))
        tile = page.locator("button:has(img)").first
        large = page.get_by_role("dialog").get_by_test_id("stPlotlyChart")
        taken["digit"].append(timed(page, tile.click, large.wait_for))
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.wait_for_timeout(500)
    page.close()
    return {name: times[1:] for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with browser() as chromium, running() as address, bare_page() as bare:
        measure_opening(chromium, address, bare, paths("compare", "view", QUESTIONS), rounds)
        measure_bare(chromium, bare, rounds)
        measure_views(chromium, f"{address}/compare", QUESTIONS, rounds)
        for name, times in measure_confusion(chromium, address, rounds).items():
            print(f"confusion, {name}: median {median(times):.0f} ms")


if __name__ == "__main__":
    main()
