"""What the benchmarks of pages share: real pages in a real browser, timed until they are still.

Beside every page a bare one with one chart, as the measure of what Streamlit and this machine take
for themselves.
"""

import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import quote_plus

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.server import running

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


def measure_opening(
    chromium: Browser, address: str, bare: str, pages: Mapping[str, str], rounds: int
) -> None:
    """pages: view -> its path. In a browser that has seen Home, and so need not fetch Streamlit's
    and Plotly's scripts."""
    browsing = chromium.new_context(viewport={"width": 1280, "height": 1400})
    page = browsing.new_page()
    page.goto(address)
    page.locator(".main-svg").first.wait_for()
    page.wait_for_timeout(8000)  # in which the server imports what the pages need
    page.close()
    slider = [open_page(browsing, bare, lambda p: p.get_by_role("slider")) for _ in range(rounds)]
    print(f"open a bare page with one chart: {median(slider):.0f} ms")
    for view, path in pages.items():
        first, *later = (
            open_page(browsing, f"{address}/{path}",
                      lambda p, v=view: p.get_by_role("radio", name=v, exact=True))
            for _ in range(rounds + 1)
        )  # fmt: skip
        print(f"open {view}: {first:.0f} ms, later {median(later):.0f} ms", flush=True)
    browsing.close()


def paths(page: str, key: str, views: Collection[str]) -> dict[str, str]:
    """View -> its path on a page that keeps it under a key."""
    return {view: f"{page}?{key}={quote_plus(view)}" for view in views}


def timed(page: Page, act: Callable[[], None], done: Callable[[], None]) -> float:
    """Milliseconds from an act to what it is for, and to a page that is still again."""
    began = time.perf_counter()
    act()
    done()
    wait_until_still(page)
    taken = (time.perf_counter() - began) * 1000
    page.wait_for_timeout(400)
    return taken


def measure_views(
    chromium: Browser, address: str, questions: Mapping[str, str], rounds: int
) -> None:
    """From a click on a view to its last chart, for each view of the page at an address."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(address)
    page.get_by_role("radio").first.wait_for()
    wait_until_still(page)
    taken: dict[str, list[float]] = {view: [] for view in questions}
    for view in [*questions] * (rounds + 1):
        choice = page.get_by_role("radio", name=view, exact=True)
        heading = page.get_by_role("heading", name=questions[view])
        taken[view].append(timed(page, choice.click, heading.wait_for))
    page.close()
    found = {view: median(times[1:]) for view, times in taken.items()}
    print("another view:", ", ".join(f"{view} {time:.0f}" for view, time in found.items()), "ms")
    print(f"another view: median {median(found.values()):.0f} ms")


def measure_bare(chromium: Browser, address: str, rounds: int) -> None:
    """A bare page's slider to its chart."""
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
    print(f"a bare page's slider to its chart: median {median(taken[1:]):.0f} ms")


@contextmanager
def bare_page() -> Iterator[str]:
    """The address of a server of nothing but a slider and a chart."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE)
        with running(script) as address:
            yield address
