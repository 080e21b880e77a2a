"""How fast the digits are explored: `python -m scripts.bench_explore`.

MNIST's 70,000 on the Explore page of a server that has shown no page of it yet: from the address
to the last chart of each view, then what a person does there: another view, another page of the
gallery, another filter, another digit's neighbours, panning the map. Everything in a real browser.
"""

import argparse
import itertools
import math
import time
from functools import partial
from statistics import median

from playwright.sync_api import Browser, Page, expect

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
from ui.explore.views import QUESTIONS, VIEW

FRAMES = """() => {
  globalThis.frames = [];
  const note = (time) => { globalThis.frames.push(time); requestAnimationFrame(note); };
  requestAnimationFrame(note);
}"""
CLASSES = (0, 1, 2, 3, 4, 6, 7, 8, 9)  # not 5, as the first digit of all is one


def open_view(chromium: Browser, address: str, view: str) -> Page:
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{address}/dataset?{VIEW}={view}")
    page.get_by_role("heading", name=QUESTIONS[view]).wait_for()
    wait_until_still(page)
    page.wait_for_timeout(1500)
    return page


def measure_gallery(chromium: Browser, address: str, rounds: int) -> dict[str, float]:
    """Medians from a click to other tiles."""
    page = open_view(chromium, address, "Gallery")
    words = page.locator(".tiles span").first
    taken: dict[str, list[float]] = {"another page": [], "another filter": []}
    for digit in CLASSES[: rounds + 1]:
        for what, name in (("another filter", f"{digit}"), ("another page", "Next page")):
            pill = page.get_by_role("button", name=name, exact=True)
            changed = partial(expect(words).not_to_have_text, words.text_content() or "")
            taken[what].append(timed(page, pill.click, changed))
        page.get_by_role("button", name=f"{digit}", exact=True).click()
        page.wait_for_timeout(800)
    page.close()
    return {what: median(times[1:]) for what, times in taken.items()}


def measure_neighbours(chromium: Browser, address: str, rounds: int) -> float:
    """Median from a click on another digit to its neighbours."""
    page = open_view(chromium, address, "Neighbours")
    words, other = page.locator(".tiles span").first, page.get_by_role("button", name="Any other")
    taken = []
    for _ in range(rounds + 1):
        changed = partial(expect(words).not_to_have_text, words.text_content() or "")
        taken.append(timed(page, other.click, changed))
    page.close()
    return median(taken[1:])


def measure_panning(chromium: Browser, address: str, seconds: float = 3) -> list[float]:
    """Milliseconds between frames while the map of 70,000 is dragged about."""
    page = open_view(chromium, address, "Map")
    plane = page.locator(".plane[data-view]")
    plane.wait_for()
    box = plane.bounding_box() or {}
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.evaluate(FRAMES)
    page.mouse.down()
    end = time.monotonic() + seconds
    for step in itertools.count():
        page.mouse.move(x + 80 * math.sin(step / 9), y + 60 * math.sin(step / 7))
        if time.monotonic() > end:
            break
    page.mouse.up()
    frames = page.evaluate("frames")
    page.close()
    return [after - before for before, after in itertools.pairwise(frames)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with browser() as chromium, running() as address, bare_page() as bare:
        measure_opening(chromium, address, bare, paths("dataset", VIEW, QUESTIONS), rounds)
        measure_bare(chromium, bare, rounds)
        measure_views(chromium, f"{address}/dataset", QUESTIONS, rounds)
        for what, taken in measure_gallery(chromium, address, rounds).items():
            print(f"gallery, {what}: median {taken:.0f} ms")
        print(
            f"neighbours of any other digit: {measure_neighbours(chromium, address, rounds):.0f} ms"
        )
        frames = measure_panning(chromium, address)
        late = sum(frame > 34 for frame in frames) / len(frames)
        print(f"panning the map: median frame {median(frames):.1f} ms, longest {max(frames):.0f} "
              f"ms, {late:.0%} of {len(frames)} took two frames or more")  # fmt: skip


if __name__ == "__main__":
    main()
