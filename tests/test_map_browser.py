"""The map in a real browser on the real server: pans, is outlined, and shows just those digits."""

import itertools
import math
import re
import statistics
import time
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from digitcore.exploration import insights
from digitcore.exploration.outline import Outline
from digitcore.figures.map import middles
from tests.server import SECONDS

pytestmark = pytest.mark.browser
HEIGHT = 1400  # of the window
FRAMES = 5  # that have to be drawn, however long a slow machine takes
ROOM = 0.95  # of the picture that the whole map fills, as in places.js
WATCH = """() => {
  globalThis.frames = [];
  const note = (time) => { globalThis.frames.push(time); requestAnimationFrame(note); };
  requestAnimationFrame(note);
}"""


def pan(page: Page, x: float, y: float, seconds: float = 1) -> list[float]:
    """Drag around for a while, and until it was drawn a few times; gives the milliseconds between
    frames."""
    page.mouse.move(x, y)
    page.evaluate(WATCH)
    page.mouse.down()
    end = time.monotonic() + seconds
    for step in itertools.count():
        page.mouse.move(x + 60 + 50 * math.sin(step / 9), y + 40 + 40 * math.cos(step / 7))
        assert time.monotonic() < end + SECONDS / 1000, "nothing is drawn"
        if time.monotonic() > end and page.evaluate("frames.length") > FRAMES:
            break
    page.mouse.up()
    return [after - before for before, after in itertools.pairwise(page.evaluate("frames"))]


def outline(page: Page, x: float, y: float, radius: float) -> None:
    """Draw a circle with Shift held."""
    turns = np.linspace(0, 2 * math.pi, 33)
    page.mouse.move(x + radius, y)
    page.keyboard.down("Shift")
    page.mouse.down()
    for turn in turns:
        page.mouse.move(x + radius * math.cos(turn), y + radius * math.sin(turn))
    page.mouse.up()
    page.keyboard.up("Shift")


def inside(corners: tuple[tuple[int, int], ...], places: np.ndarray) -> np.ndarray:
    """The even-odd rule, in floating point."""
    odd = np.zeros(len(places), dtype=bool)
    x, y = places.T.astype(float)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if ay != by:
            odd ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return odd


def test_the_map_is_panned_and_an_outline_gives_just_the_digits_inside(page):
    page.goto("/dataset?side=Map")
    plane = page.locator(".plane[data-view]")
    plane.wait_for()
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    view, picture = plane.get_attribute("data-view"), plane.screenshot()
    frames = pan(page, *middle)
    print(f"panning 70,000 digits: {len(frames)} frames, median {statistics.median(frames):.1f} ms,"
          f" longest {max(frames):.1f} ms")  # fmt: skip
    assert plane.get_attribute("data-view") != view
    assert plane.screenshot() != picture

    page.get_by_role("button", name="Whole map").click()
    expect(plane).to_have_attribute("data-view", view, timeout=SECONDS)
    known = insights.load()
    places, labels = known.maps["umap"], insights.both().labels.numpy()
    scale = ROOM * min(box["width"], box["height"]) / insights.HIGHEST
    x, y = middles(places, labels)[0]
    outline(page, middle[0] + (x - insights.HIGHEST / 2) * scale,
            middle[1] - (y - insights.HIGHEST / 2) * scale, 40)  # fmt: skip
    heading = page.get_by_role("heading", name=re.compile("inside the outline"))
    heading.wait_for()
    drawn = Outline.read(parse_qs(urlsplit(page.url).query)["outline"][0])
    found = np.flatnonzero(inside(drawn.corners, places))
    assert len(found) > 1000 and (labels[found] == 0).mean() > 0.5
    assert np.hypot(*(np.array(drawn.corners).mean(0) - (x, y))) * scale < 5
    expect(heading).to_have_text(re.compile(f"^{len(found):,} digits"), timeout=SECONDS)

    quality = known.probs[found, labels[found]]
    first = found[np.argsort(quality, kind="stable")][:24]
    titles = [f"Test {n - 60_000:,}" if n >= 60_000 else f"Train {n:,}" for n in first]
    tiles = page.locator(".tiles span")
    expect(tiles).to_have_count(24, timeout=SECONDS)
    assert [words.split("\n")[0] for words in tiles.all_text_contents()] == titles

    page.get_by_role("button", name="To the gallery").click()
    gallery = page.get_by_role("radio", name="Gallery", exact=True)
    expect(gallery).to_be_checked(timeout=SECONDS)
