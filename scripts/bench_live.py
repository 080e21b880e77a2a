"""What training from the browser costs: `python -m scripts.bench_live`.

1. Images per second of a worker, against the bare train() loop in a process of its own, in turn;
   and of one worker with its live page open in a browser on the same machine and closed, in turn.
2. Seconds from the press of Train to the first point of a curve, for several networks.
3. While a run trains on all cores: how fast pages switch, and how much longer a drawing waits for
   its answer than when nothing runs.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from digitcore import progress, training
from digitcore.digits import load_mnist, split
from digitcore.jobs import Jobs
from digitcore.recipes import Recipe
from digitcore.zoo import ZOO
from scripts.bench_draw import BARE, measure_strokes, measure_switches
from tests.server import browser, running

ROOT = Path(__file__).resolve().parent.parent
ENDLESS = replace(ZOO["classic"].recipe, epochs=1000, precision="bfloat16")
WARM_UP = 10.0  # seconds that are not counted: a page looks often at a training that is young


def bare_rate(recipe: Recipe, seconds: float) -> float:
    """Images per second of train() alone, validation included, as a worker has it too."""
    train_set, validation_set = split(load_mnist(train=True))
    began = images = 0.0
    for event in training.train(recipe, train_set, validation_set):
        if isinstance(event, training.Started):
            start = time.perf_counter()
        if isinstance(event, training.BatchEnd):
            now = time.perf_counter()
            if began:
                images += recipe.batch_size
                if now - began > seconds:
                    return images / (now - began)
            elif now - start > WARM_UP:
                began = now
    raise AssertionError("The recipe ends too soon to be measured.")


def in_own_process(seconds: float) -> float:
    command = [sys.executable, "-m", "scripts.bench_live", "--bare", str(seconds)]
    return float(subprocess.run(command, check=True, cwd=ROOT, capture_output=True).stdout)


@contextmanager
def training_run(folder: Path, recipe: Recipe = ENDLESS) -> Iterator[Jobs]:
    """A run that trains for as long as it is needed."""
    jobs = Jobs(folder)
    path = jobs.create(recipe)
    try:
        while jobs.job(path.name).state != "training":
            time.sleep(0.1)
        yield jobs
    finally:
        jobs.pause(path.name)
        while jobs.job(path.name).alive:
            time.sleep(0.1)
        jobs.delete(path.name)


def worker_rate(folder: Path, seconds: float) -> float:
    with training_run(folder) as jobs:
        time.sleep(WARM_UP)
        return rate_of(jobs, seconds)


def rate_of(jobs: Jobs, seconds: float) -> float:
    """Images per second between two writings of the status."""
    (job,) = jobs.active()
    began, first = next_status(jobs, job.name)
    end = began + seconds
    while True:
        now, last = next_status(jobs, job.name)
        if now > end:
            return (last - first) * ENDLESS.batch_size / (now - began)


def next_status(jobs: Jobs, name: str) -> tuple[float, int]:
    """(time, batches done) at the moment at which the worker writes its status anew."""
    path = jobs.folder / name
    before = progress.read_status(path)
    while (status := progress.read_status(path)) == before or status is None:
        time.sleep(0.05)  # seldom: what looks takes the training's cores, too
    return time.perf_counter(), status.epoch * status.batches + status.batch


def compare_rates(rounds: int, seconds: float) -> None:
    rates: dict[str, list[float]] = {"bare train()": [], "worker": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            rates["bare train()"].append(in_own_process(seconds))
            rates["worker"].append(worker_rate(Path(folder), seconds))
            print({name: round(values[-1]) for name, values in rates.items()}, flush=True)
    bare, worker = (median(values) for values in rates.values())
    print(f"worker / bare train(): {worker / bare:.3f} (medians of {rounds})")


def measure_live_page(rounds: int, seconds: float) -> None:
    """One training, with its live page open and closed in turn."""
    rates: dict[str, list[float]] = {"/train": [], "about:blank": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        browser() as chromium,
        running(runs=Path(folder)) as address,
        training_run(Path(folder)) as jobs,
    ):
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        for _ in range(rounds):
            for path, taken in rates.items():
                page.goto(f"{address}{path}" if path == "/train" else path)
                time.sleep(WARM_UP)
                taken.append(rate_of(jobs, seconds))
            print({name: round(values[-1]) for name, values in rates.items()}, flush=True)
    watched, alone = (median(values) for values in rates.values())
    print(f"worker with its live page open / closed: {watched / alone:.3f} (medians of {rounds})")


def first_point(page: Page, address: str, network: str) -> float:
    """Seconds from the press of Train to the first point of a curve on screen."""
    page.goto(f"{address}/train?start={network}")
    page.get_by_text("on this machine").wait_for()
    if network != "classic":
        page.get_by_role("combobox", name="Start from").click()
        page.get_by_role("option", name=network, exact=True).click()
        page.wait_for_timeout(3000)
    began = time.perf_counter()
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator(".scatterlayer .trace").first.wait_for()
    return time.perf_counter() - began


def measure_first_points(networks: list[str]) -> None:
    for network in networks:
        with tempfile.TemporaryDirectory() as folder, running(runs=Path(folder)) as address:
            with browser() as chromium:
                page = chromium.new_page(viewport={"width": 1280, "height": 1000})
                taken = first_point(page, address, network)
            print(f"press of Train to the first point, {network}: {taken:.1f} s", flush=True)
            jobs = Jobs(Path(folder))
            for job in jobs.active():
                jobs.pause(job.name)
                while jobs.job(job.name).alive:
                    time.sleep(0.1)


def measure_pages(strokes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE)
        with running(runs=Path(folder) / "runs") as address, running(script) as bare:
            idle, _ = measure_strokes(address, bare, strokes)
            switches = measure_switches(address, 10)
            print(f"idle: page switch {median(switches):.0f} ms, answer {median(idle):.0f} ms")
            with training_run(Path(folder) / "runs"):
                busy, echo = measure_strokes(address, bare, strokes)
                switches = measure_switches(address, 10)
            print(f"training: page switch {median(switches):.0f} ms, answer {median(busy):.0f} ms, "
                  f"bare canvas {median(echo):.0f} ms")  # fmt: skip
            print(f"an answer waits {median(busy) - median(idle):.0f} ms longer")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--strokes", type=int, default=15)
    parser.add_argument("--networks", nargs="*", default=["classic", "strong", "wide"])
    parser.add_argument("--only", choices=["rates", "points", "pages"])
    parser.add_argument("--bare", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bare:
        print(bare_rate(ENDLESS, arguments.bare))
        return
    if arguments.only in (None, "rates"):
        compare_rates(arguments.rounds, arguments.seconds)
        measure_live_page(arguments.rounds, arguments.seconds)
    if arguments.only in (None, "points"):
        measure_first_points(arguments.networks)
    if arguments.only in (None, "pages"):
        measure_pages(arguments.strokes)


if __name__ == "__main__":
    main()
