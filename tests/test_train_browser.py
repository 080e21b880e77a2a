"""A training from the first press to the Draw page, in a real browser on the real server."""

import re
import signal
import subprocess
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from digitcore.augment import Warp
from digitcore.jobs import Jobs
from digitcore.zoo import ZOO
from tests.server import draw, running

pytestmark = pytest.mark.browser
SECONDS = 60_000  # ms; the machine that runs this may be busy
LONG = (
    "network=slim&epochs=1000&digits=2000&batch_size=64&precision=float32"
    "&learning_rate=0.001&schedule=constant"
)


@pytest.fixture
def runs(tmp_path):
    """The server's folder of runs; whatever still trains there is ended."""
    folder = tmp_path / "runs"
    yield folder
    for job in Jobs(folder).all():
        subprocess.run(["pkill", "-9", "-f", str(job.path)], check=False)


@pytest.fixture
def page(runs, chromium):
    failures = []
    with running(runs=runs) as address:
        page = chromium.new_page(viewport={"width": 1280, "height": 1000}, base_url=address)
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: failures.append(str(error)))
        yield page
        page.close()
    assert not failures


def button(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True).first


def open_train(page: Page, recipe: str) -> None:
    page.goto(f"/train?{recipe}")
    expect(page.get_by_role("heading", name="Train a network")).to_be_visible(timeout=SECONDS)
    expect(button(page, "Train")).to_be_enabled(timeout=SECONDS)


def go_to(page: Page, link: str, heading: str) -> None:
    page.get_by_role("link", name=link, exact=True).first.click()
    expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=SECONDS)


def batch(page: Page) -> tuple[int, int]:
    """(epoch, batch) that the bar tells."""
    words = page.get_by_text(re.compile(r"epoch \d+ of 1000, batch")).first.inner_text()
    return tuple(int(number) for number in re.findall(r"(?:epoch|batch) (\d+)", words))


def test_a_training_is_watched_left_paused_changed_stopped_and_asked(page, runs):
    open_train(page, LONG)
    page.get_by_role("textbox", name="Name of the run").fill("mine")
    page.get_by_role("textbox", name="Name of the run").press("Enter")
    button(page, "Train").click()
    expect(page.locator(".scatterlayer .trace").first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text(re.compile("images/s")).first).to_be_visible(timeout=SECONDS)

    first = batch(page)
    go_to(page, "Home", "Handwritten digits")
    expect(page.get_by_role("link", name="mine training")).to_be_visible(timeout=SECONDS)
    go_to(page, "Train", "Train a network")
    expect(page.get_by_text(re.compile("images/s")).first).to_be_visible(timeout=SECONDS)
    while batch(page) <= first:
        page.wait_for_timeout(200)

    button(page, "Pause").click()
    expect(button(page, "Resume")).to_be_visible(timeout=SECONDS)
    assert Jobs(runs).job("mine").state == "paused"
    button(page, "Resume").click()
    expect(button(page, "Pause")).to_be_enabled(timeout=SECONDS)

    button(page, "Learning rate").click()
    page.get_by_role("spinbutton", name="Learning rate from the next batches on").fill("0.0002")
    page.keyboard.press("Enter")
    button(page, "Change it").click()
    page.wait_for_function("() => document.body.innerText.includes('Now 0.0002.')")
    page.keyboard.press("Escape")

    expect(page.get_by_role("heading", name="Watch it learn")).to_be_visible(timeout=SECONDS)
    while batch(page)[0] < 2:  # before the first epoch has ended there is no best to keep
        page.wait_for_timeout(200)
    button(page, "Stop and keep the best").click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_have_count(0, timeout=SECONDS)
    job = Jobs(runs).job("mine")
    assert job.state == "stopped"
    assert job.result.test_n == 10_000
    assert job.changes.rates[max(job.changes.rates)] == pytest.approx(0.2)

    go_to(page, "Draw", "Draw a digit")
    page.goto("/draw?ensemble=own+choice&members=mine")
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=SECONDS)
    draw(page, [[(200, 60), (165, 270)]])
    expect(page.locator(".legendtext")).to_have_text(["mine"], timeout=SECONDS)


def test_a_second_tab_a_closed_tab_and_a_killed_worker_lose_nothing(page, runs):
    open_train(page, LONG)
    button(page, "Train").click()
    expect(page.get_by_text(re.compile("images/s")).first).to_be_visible(timeout=SECONDS)
    other = page.context.browser.new_page(base_url=page.url.split("/train")[0])
    other.goto("/train")
    expect(other.get_by_text(re.compile("images/s")).first).to_be_visible(timeout=SECONDS)
    page.goto("about:blank")
    (job,) = Jobs(runs).active()
    subprocess.run(["pkill", f"-{int(signal.SIGKILL)}", "-f", str(job.path)], check=True)
    expect(button(other, "Resume")).to_be_visible(timeout=SECONDS)
    assert Jobs(runs).job(job.name).state == "interrupted"
    button(other, "Resume").click()
    expect(button(other, "Pause")).to_be_enabled(timeout=SECONDS)
    other.close()


def test_a_training_survives_the_restart_of_the_server(runs, chromium):
    """The worker goes on without a server, and the next one finds it running."""
    jobs = Jobs(runs)
    with running(runs=runs) as address:
        page = chromium.new_page(base_url=address)
        open_train(page, LONG)
        button(page, "Train").click()
        expect(page.get_by_text(re.compile("images/s")).first).to_be_visible(timeout=SECONDS)
        while not jobs.active():  # the estimate before it speaks of images/s too
            page.wait_for_timeout(200)
        page.close()
    (job,) = jobs.active()
    before = job.status
    with running(runs=runs) as address:
        page = chromium.new_page(base_url=address)
        page.goto("/train")
        expect(page.get_by_text(re.compile("images/s")).first).to_be_visible(timeout=SECONDS)
        while jobs.job(job.name).status.epoch <= before.epoch:
            page.wait_for_timeout(200)
        page.close()


def test_the_recipe_in_the_address_is_the_one_that_is_trained(page, runs):
    open_train(page, "network=dense&epochs=1&digits=500&precision=float32&seed=3&rotation=5")
    page.get_by_role("tab", name="Learning").click()
    field = page.get_by_role("spinbutton", name="Epochs")
    field.fill("2")
    field.press("Enter")
    expect(page).to_have_url(re.compile("epochs=2"), timeout=SECONDS)
    page.reload()
    expect(button(page, "Train")).to_be_enabled(timeout=SECONDS)
    button(page, "Train").click()
    expect(page.get_by_text(re.compile("Run to go on with"))).to_be_visible(timeout=SECONDS)
    (job,) = Jobs(runs).all()
    asked = {"network": "dense", "epochs": 2, "digits": 500, "precision": "float32", "seed": 3}
    assert job.recipe == replace(ZOO["classic"].recipe, **asked, warp=Warp(rotation=5))
