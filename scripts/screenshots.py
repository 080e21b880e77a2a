"""Take README's screenshots from the real app: `python -m scripts.screenshots`."""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

from digitcore.jobs import Jobs
from digitcore.recipes import Recipe
from digitcore.zoo import ZOO
from tests import pictures
from tests.server import browser, draw, running

ROOT = Path(__file__).resolve().parent.parent
ISLAND = "25000-0-31500-0-31500-4200-25000-4200"  # of sevens, apart from all others
VIEWS = (
    ("home", "", "light", 1280, 1150),
    ("draw", "draw", "dark", 1280, 960),
    ("train", "train", "light", 1280, 1900),
    ("compare", "compare?view=Confusion&models=champion&models=classic&models=dense", "light",
     1280, 1320),
    ("gaps", "compare?view=Gaps", "dark", 1280, 1560),
    ("map", f"dataset?side=Map&outline={ISLAND}", "dark", 1280, 1180),
    ("suspects", "dataset?side=Suspects&suspects+part=test", "light", 1280, 1000),
    ("sheet", "dataset?side=Your+own&from=A+photo+of+a+sheet", "light", 1280, 1860),
)  # fmt: skip
WARPED = replace(ZOO["warped"].recipe, digits=20_000, epochs=6)
SHOWN = {  # two runs to compare, of which the second is still being trained
    "straight": Recipe("classic", digits=20_000, epochs=6, schedule="one-cycle"),
    "warped-digits": WARPED,
}


def train(jobs: Jobs) -> None:
    """The first run to its end, the second one past its middle."""
    for name, recipe in SHOWN.items():
        jobs.create(recipe, name)
    while (job := jobs.job(name)).state != "training" or job.status.share < 0.6:
        time.sleep(0.5)


def take(chromium: Browser, address: str, folder: Path) -> None:
    """One picture for each view; on the Draw page a three is drawn first."""
    for name, path, scheme, width, height in VIEWS:
        page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.goto(f"{address}/{path}")
        if name == "train":
            choose_both(page)
        if name == "sheet":
            take_the_example(page)
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


def choose_both(page: Page) -> None:
    """Put both runs on the curves."""
    page.get_by_role("combobox", name="Runs on the curves").click()
    page.get_by_role("option", name="straight").click()
    page.keyboard.press("Escape")


def take_the_example(page: Page) -> None:
    """Cut the example of a sheet, and say what each row reads."""
    page.get_by_text("Example", exact=True).click()
    page.get_by_role("button", name="Take the example").click()
    page.get_by_text("Each row reads").click()
    page.get_by_role("button", name="Fill in the labels").click()
    page.get_by_role("textbox", name="Name of the set").wait_for()
    page.get_by_role("heading", level=1).scroll_into_view_if_needed()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "docs", metavar="FOLDER")
    folder = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as runs, browser() as chromium:
        jobs = Jobs(Path(runs))
        with running(runs=Path(runs)) as address:
            train(jobs)
            take(chromium, address, folder)
        for job in jobs.active():
            jobs.pause(job.name)
            while jobs.job(job.name).alive:
                time.sleep(0.5)


if __name__ == "__main__":
    main()
