"""How fast a drawing is answered: `python -m scripts.bench_draw`.

From mouse-up to the answer on screen, median over strokes, in a real browser: our Draw page
against a bare page that only echoes the canvas (the number of its strokes), in turn, so that the
difference is what we add to Streamlit and the canvas. Then a switch between the pages, and
POST /predict on loopback.
"""

import argparse
import io
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from PIL import Image
from playwright.sync_api import Page

from digitcore.digits import load_mnist
from tests import pictures
from tests.server import browser, draw, running

BARE = """
import streamlit as st
from streamlit_drawable_canvas import st_canvas
canvas = st_canvas(key="pad", width=320, height=320, stroke_width=18, return_image_data=True)
strokes = len(canvas.json_data["objects"]) if canvas.json_data else 0
st.metric("Strokes", strokes)
"""
WATCH = """() => {
    window.changed = 0;
    const text = () => document.querySelector('[data-testid=stMetricValue]')?.innerText ?? '';
    let before = text();
    const look = () => {
        if (text() !== before) { window.changed = performance.now(); before = text(); }
        requestAnimationFrame(look);
    };
    window.up = 0;
    window.addEventListener('mouseup', () => { window.up = performance.now(); window.changed = 0; },
        true);
    window.addEventListener('pointerup', () => { window.up = performance.now();
        window.changed = 0; }, true);
    look();
}"""


def one_and_back(page: Page, clear_after: bool) -> float:
    """Milliseconds from the end of a drawn stroke to a new number on screen."""
    page.evaluate("() => { window.changed = 0; }")
    draw(page, [[(160, 60), (160, 260)]])
    page.wait_for_function("() => window.changed > window.up && window.up > 0")
    taken = float(page.evaluate("() => window.changed - window.up"))
    if clear_after:
        page.get_by_role("button", name="Clear").click()
        page.get_by_text("Nothing to read yet").wait_for()
    page.wait_for_timeout(300)
    return taken


def measure_strokes(ours: str, bare: str, strokes: int) -> tuple[list[float], list[float]]:
    with browser() as chromium:
        pages = []
        for address in (f"{ours}/draw", bare):
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address)
            page.locator("canvas.upper-canvas").wait_for()
            page.wait_for_timeout(1500)
            page.evaluate(WATCH)
            pages.append(page)
        taken: tuple[list[float], list[float]] = ([], [])
        for stroke in range(strokes + 2):
            for page, times, clear in zip(pages, taken, (True, False), strict=True):
                milliseconds = one_and_back(page, clear)
                if stroke >= 2:  # the first ones warm up
                    times.append(milliseconds)
        return taken


def measure_switches(address: str, times: int) -> list[float]:
    """Milliseconds from a click in the navigation to the other page's heading on screen."""
    taken = []
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/draw")
        page.locator("canvas.upper-canvas").wait_for()
        for i in range(2 * times + 4):
            link, heading = (("Home", "Handwritten"), ("Draw", "Draw a digit"))[i % 2]
            page.wait_for_timeout(1500)
            began = time.perf_counter()
            page.get_by_role("link", name=link, exact=True).first.click()
            page.get_by_role("heading", name=heading).wait_for()
            taken.append((time.perf_counter() - began) * 1000)
    return taken[4:]


def measure_rest(address: str, times: int) -> list[float]:
    """Milliseconds of POST /predict, for a drawing on a canvas and for a test digit in turn."""
    bodies = []
    for picture in (pictures.draw_digit(5), load_mnist(train=False).images[0].numpy()):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        bodies.append(file.getvalue())
    taken = []
    for i in range(times):
        request = urllib.request.Request(f"{address}/predict", data=bodies[i % 2], method="POST")
        began = time.perf_counter()
        with urllib.request.urlopen(request) as response:
            response.read()
        taken.append((time.perf_counter() - began) * 1000)
    return taken[4:]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--strokes", type=int, default=20)
    arguments = parser.parse_args()
    with ExitStack() as servers, tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE)
        ours, bare = servers.enter_context(running()), servers.enter_context(running(script))
        mine, echo = measure_strokes(ours, bare, arguments.strokes)
        print(f"Draw page, mouse-up to answer: median {median(mine):.0f} ms")
        print(f"bare canvas page, mouse-up to echo: median {median(echo):.0f} ms")
        print(f"we add {median(mine) - median(echo):.0f} ms ({len(mine)} strokes each)")
        switches = measure_switches(ours, 10)
        print(f"page switch: median {median(switches):.0f} ms over {len(switches)}")
        rest = measure_rest(ours, 104)
        print(f"POST /predict: median {median(rest):.1f} ms over {len(rest)} requests")


if __name__ == "__main__":
    main()
