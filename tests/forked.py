"""Real processes that cost no start-up: forked from one that has torch and the digits loaded.

    python -m tests.forked     reads requests, one JSON line each: [function, arguments]

What is done to a run happens at an exact moment, not after some time: at a batch, or just before
a file is renamed into place. So nothing here hangs on how busy the machine is.
"""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from digitcore import progress, wishes
from digitcore.digits import held_out, load_mnist
from digitcore.jobs import Jobs, Refused
from digitcore.locks import Locked, holding
from digitcore.recipes import Recipe
from digitcore.showcase import showcase
from digitcore.worker import work
from digitcore.worker.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
Moment = tuple[str, int]  # ("batch", so many trained) or (file name, its so manieth writing)
BALLAST = "ballast"


class Forks:
    """Where the test asks for processes; each must be waited for, or is killed at the end."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process

    def start(self, function: Callable[..., None], *arguments: Any) -> int:
        """The process number of a new process that calls the function."""
        return self._ask(function.__name__, *arguments)

    def wait(self, number: int) -> int:
        """Its exit code; minus the signal that killed it."""
        return os.waitstatus_to_exitcode(self._ask("wait", number))

    def run(self, function: Callable[..., None], *arguments: Any) -> int:
        return self.wait(self.start(function, *arguments))

    def _ask(self, what: str, *arguments: Any) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([what, arguments], default=str) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def forks() -> Iterator[Forks]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forked"], cwd=ROOT, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        try:
            yield Forks(process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


# --- what a forked process can be asked to do


def train(path: str, moment: Moment | None = None, happening: str = "kill") -> None:
    """Train the run in `path` as a worker does; at the moment, what `happening` names happens."""
    folder = Path(path)
    with (folder / progress.LOG).open("ab") as log:
        os.dup2(log.fileno(), 2)
    bar = tqdm(disable=True)
    if moment:
        bar = _arranged(folder, moment[0], moment[1], happening)
    with holding(folder / progress.LOCK):
        sys.exit(work(folder, bar).state == "failed")


def serve(folder: str, recipe: str, name: str, stay: bool) -> None:
    """A server that creates a run, and then exits or lives on."""
    Jobs(Path(folder)).create(Recipe.from_json(recipe), name)
    (Path(folder) / name / "created").touch()
    if stay:
        signal.pause()


def hammer(folder: str, recipe: str, seed: int, turns: int) -> None:
    """A busy server: creates a run and then asks for everything at random."""
    jobs, draw = Jobs(Path(folder)), random.Random(seed)
    jobs.create(Recipe.from_json(recipe), f"mine-{seed}")
    for _ in range(turns):
        name = draw.choice(jobs.all()).name
        verb = draw.choice(("start", "cancel", "move", "advance", "at_once", "create"))
        with suppress(Refused, Locked, KeyError):
            match verb:
                case "start":
                    jobs.start(name)
                case "cancel":
                    jobs.cancel(name)
                case "move":
                    jobs.move(name, draw.choice((-1, 1)))
                case "advance":
                    jobs.advance()
                case "at_once":
                    jobs.train_at_once(draw.choice((1, 2)))
                case "create":
                    jobs.create(Recipe.from_json(recipe), f"spare-{draw.randrange(2)}", False)


def headless(arguments: list[str], log: str) -> None:
    """The worker's command line, with what it says in a file."""
    with Path(log).open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["worker", *arguments]
    try:
        main()
    finally:
        sys.stdout.flush()


# --- inside a forked process


class _Bar(tqdm):
    """Counts batches as the worker reports them, after each row of batches.csv."""

    def __init__(self, at: int, happen: Callable[[], None]) -> None:
        super().__init__(disable=True)
        self.left, self.happen = at, happen

    def update(self, n: float | None = 1) -> None:
        before, self.left = self.left, self.left - int(n or 0)
        if before > 0 >= self.left:
            self.happen()


def _arranged(folder: Path, what: str, count: int, happening: str) -> tqdm:
    happen = {
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "pause": lambda: wishes.ask(folder, "pause"),
        "stop": lambda: wishes.ask(folder, "stop"),
        "limit": lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY)
        ),
        "fill": lambda: _fill(folder.parent / BALLAST),
    }[happening]
    if what == "batch":
        return _Bar(count, happen)
    seen = 0

    def watch(event: str, arguments: tuple) -> None:
        nonlocal seen
        if event == "os.rename" and Path(os.fsdecode(arguments[1])).name == what:
            seen += 1
            if seen == count:
                happen()

    sys.addaudithook(watch)
    return tqdm(disable=True)


def _fill(file: Path) -> None:
    """Until not a byte more goes onto the disk."""
    with suppress(OSError), file.open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))


def _main() -> None:
    torch.set_num_threads(1)  # a fork takes no threads along
    load_mnist(train=False), held_out(), showcase()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        what, arguments = json.loads(line)
        if what == "wait":
            print(os.waitpid(arguments[0], 0)[1], file=answers)
            continue
        number = os.fork()
        if not number:
            _call(globals()[what], arguments)
        print(number, file=answers)


def _call(function: Callable[..., None], arguments: list) -> None:
    """Never returns: the child must not read on what its parent is asked."""
    code = 1
    try:
        function(*arguments)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _main()
