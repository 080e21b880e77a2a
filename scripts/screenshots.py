"""Take README's screenshots from the real app: `python -m scripts.screenshots`."""

import argparse
from pathlib import Path

from playwright.sync_api import Browser

from tests import pictures
from tests.server import browser, draw, running

ROOT = Path(__file__).resolve().parent.parent
VIEWS = (
    ("home", "", "light", 1280, 1150),
    ("draw", "draw", "dark", 1280, 960),
)


def take(chromium: Browser, address: str, folder: Path) -> None:
    """One picture for each view; on the Draw page a three is drawn first."""
    for name, path, scheme, width, height in VIEWS:
        page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.goto(f"{address}/{path}")
        page.get_by_role("heading", level=1).wait_for()
        if path == "draw":
            page.locator("canvas.upper-canvas").wait_for()
            page.wait_for_timeout(1000)
            points = [(80 + 150 * x, 60 + 190 * y) for x, y in pictures.STROKES[3][0]]
            draw(page, [points])
            page.get_by_test_id("stMetricValue").wait_for()
            page.mouse.move(width - 5, height - 5)
        page.wait_for_timeout(3000)
        page.screenshot(path=folder / f"{name}.png")
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "docs", metavar="FOLDER")
    folder = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    with running() as address, browser() as chromium:
        take(chromium, address, folder)


if __name__ == "__main__":
    main()
