"""Workers as the kernel sees them: which live, for which run; and waiting for what will come."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from digitcore import jobs
from digitcore.waiting import QUEUE

PATIENCE = 180.0  # seconds; a busy machine takes long, and a failure may


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for a condition to hold; what is waited for is never a matter of time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.005)


def workers(folder: Path) -> dict[int, str]:
    """Process number -> name of its run, of all workers that live on runs in a folder."""
    found, parents = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode().split("\0")
            if "digitcore.worker" in words:
                runs = [Path(word) for word in words if word.startswith(f"{folder}/")]
                found |= {int(entry.name): path.name for path in runs[:1]}
                after_name = (entry / "stat").read_text().rsplit(")", 1)[1]
                parents[int(entry.name)] = int(after_name.split()[1])
    # what a worker has just forked looks like the worker itself until it is what it will be
    return {
        number: name for number, name in found.items() if found.get(parents.get(number)) != name
    }


def end_workers(folder: Path) -> None:
    """Kill what still lives on runs in a folder, and wait until it is gone."""

    def gone() -> bool:
        for number in workers(folder):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return not workers(folder)

    with suppress(OSError):
        (folder / QUEUE).unlink()  # nothing follows what ends
    until(gone)
    for child in jobs._CHILDREN:
        child.wait()
