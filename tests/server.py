"""The real app on a free port, and a real browser: for the browser stories and the benchmarks."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from math import dist
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60_000  # ms that a page may take; the machine that runs this may be busy
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def running(script: Path = ROOT / "Home.py", runs: Path | None = None) -> Iterator[str]:
    """Serve a Streamlit script on a free port of this machine; gives its address.

    runs: the folder of its users' runs, beside which their own sets lie; without, empty ones that
    are taken away again.
    """
    with TemporaryDirectory() as empty, _serving(script, runs or Path(empty, "runs")) as address:
        yield address


@contextmanager
def _serving(script: Path, runs: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}",
               "--server.address=127.0.0.1"]  # fmt: skip
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DIGITS_RUNS": str(runs),
        "DIGITS_OWN": str(runs.with_name(f"{runs.name} own")),
    }
    server = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_until_up(address: str, server: subprocess.Popen, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("The server did not come up.")


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM
        )
        yield chromium
        chromium.close()


@contextmanager
def blameless_page(chromium: Browser, server: str, height: int, timeout: int) -> Iterator[Page]:
    """A page of which no script may fail and no request may go elsewhere. timeout: milliseconds."""
    failures: list[str] = []
    asked: list[str] = []
    page = chromium.new_page(viewport={"width": 1280, "height": height}, base_url=server)
    page.set_default_timeout(timeout)
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    assert not failures
    ours = (server, server.replace("http", "ws", 1), "data:", "blob:")
    assert not [address for address in asked if not address.startswith(ours)]


def draw(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    """Draw strokes on the pad with the mouse; points are pixels from its top left corner."""
    pad = page.locator("canvas.upper-canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for stroke in strokes:
        page.mouse.move(box["x"] + stroke[0][0], box["y"] + stroke[0][1])
        page.mouse.down()
        for start, end in pairwise(stroke):
            # a hand passes through what lies between; the browser drops moves that come too fast
            steps = max(1, round(dist(start, end) / 10))
            page.mouse.move(box["x"] + end[0], box["y"] + end[1], steps=steps)
        page.mouse.up()
