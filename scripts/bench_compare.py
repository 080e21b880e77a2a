"""How fast models are compared: `python -m scripts.bench_compare`.

All shipped models on the Compare page of a server that has shown no page of it yet: from the
address to the last chart of each view, then what a person does there: another view, another
matrix, a click on a cell, on a digit. Everything in a real browser; beside it a bare page with one
chart, as the measure of what Streamlit and this machine take for themselves.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import quote_plus

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.server import browser, running
from ui.compare.views import QUESTIONS, SHOW

BARE = """
import plotly.express as px
import streamlit as st
st.plotly_chart(px.bar(x=["a", "b"], y=[1, st.slider("Height", 1, 9)]))
"""
STILL = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const charts = [...document.querySelectorAll('[data-testid=stPlotlyChart]')];
    const drawn = charts.every((chart) => chart.querySelector('.main-svg'));
    const runs = app?.dataset.testScriptState !== 'notRunning';
    const stale = document.querySelector('[data-stale=true]');
    return !runs && !stale && drawn && !document.querySelector('[data-testid=stSkeleton]');
}"""


def wait_until_still(page: Page) -> None:
    """Until the script has ended and every chart is drawn."""
    page.wait_for_function(STILL, polling=20)


def open_page(browsing: BrowserContext, address: str, ready: Callable[[Page], Locator]) -> float:
    """Milliseconds from the address to the last chart, in a session of its own."""
    page = browsing.new_page()
    began = time.perf_counter()
    page.goto(address)
    ready(page).wait_for()
    wait_until_still(page)
    taken = (time.perf_counter() - began) * 1000
    page.close()
    return taken


def measure_opening(chromium: Browser, address: str, bare: str, rounds: int) -> None:
    """In a browser that has seen Home, and so need not fetch Streamlit's and Plotly's scripts."""
    browsing = chromium.new_context(viewport={"width": 1280, "height": 1400})
    page = browsing.new_page()
    page.goto(address)
    page.locator(".main-svg").first.wait_for()
    page.wait_for_timeout(8000)  # in which the server imports what the pages need
    page.close()
    slider = [open_page(browsing, bare, lambda p: p.get_by_role("slider")) for _ in range(rounds)]
    print(f"open a bare page with one chart: {median(slider):.0f} ms")
    for view in SHOW:
        asked = f"{address}/compare?view={quote_plus(view)}"
        first, *later = (
            open_page(browsing, asked, lambda p, v=view: p.get_by_role("radio", name=v, exact=True))
            for _ in range(rounds + 1)
        )
        print(f"open {view}: {first:.0f} ms, later {median(later):.0f} ms", flush=True)
    browsing.close()


def timed(page: Page, act: Callable[[], None], done: Callable[[], None]) -> float:
    """Milliseconds from an act to what it is for, and to a page that is still again."""
    began = time.perf_counter()
    act()
    done()
    wait_until_still(page)
    taken = (time.perf_counter() - began) * 1000
    page.wait_for_timeout(400)
    return taken


def measure_views(chromium: Browser, address: str, rounds: int) -> dict[str, list[float]]:
    """From a click on a view to its last chart, for each view."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{address}/compare")
    page.get_by_role("radio").first.wait_for()
    wait_until_still(page)
    taken: dict[str, list[float]] = {view: [] for view in SHOW}
    for view in [*SHOW] * (rounds + 1):
        choice = page.get_by_role("radio", name=view, exact=True)
        heading = page.get_by_role("heading", name=QUESTIONS[view])
        taken[view].append(timed(page, choice.click, heading.wait_for))
    page.close()
    return {view: times[1:] for view, times in taken.items()}


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
        words = page.get_by_text("that preferred reads as").first
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


def measure_bare(chromium: Browser, address: str, rounds: int) -> list[float]:
    page = chromium.new_page()
    page.goto(address)
    slider = page.get_by_role("slider")
    slider.wait_for()
    wait_until_still(page)
    taken = []
    for i in range(rounds + 1):
        slider.focus()
        moved = partial(expect(slider).to_have_value, str(i + 2))
        taken.append(timed(page, partial(page.keyboard.press, "ArrowRight"), moved))
    page.close()
    return taken[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        script = Path(folder) / "bare.py"
        script.write_text(BARE)
        with running() as address, running(script) as bare:
            measure_opening(chromium, address, bare, rounds)
            bars = measure_bare(chromium, bare, rounds)
            print(f"a bare page's slider to its chart: median {median(bars):.0f} ms")
            views = {v: median(t) for v, t in measure_views(chromium, address, rounds).items()}
            print("another view:", ", ".join(f"{v} {t:.0f}" for v, t in views.items()), "ms")
            print(f"another view: median {median(views.values()):.0f} ms")
            for name, times in measure_confusion(chromium, address, rounds).items():
                print(f"confusion, {name}: median {median(times):.0f} ms")


if __name__ == "__main__":
    main()
