"""Workers as the kernel sees them: which live, for which run; and waiting for what will come."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from digitcore import jobs
from digitcore.jobs import QUEUE

PATIENCE = 180.0  # seconds; a busy machine takes long, and a failure may


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for a condition to hold; what is waited for is never a matter of time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.005)


def workers(folder: Path) -> dict[int, str]:
    """Process number -> name of its run, of all workers that live on runs in a folder."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode().split("\0")
            if "digitcore.worker" in words:
                runs = [Path(word) for word in words if word.startswith(f"{folder}/")]
                found |= {int(entry.name): path.name for path in runs[:1]}
    return found


def end_workers(folder: Path) -> None:
    """Kill what still lives on runs in a folder, and wait until it is gone."""

    def gone() -> bool:
        for number in workers(folder):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return not workers(folder)

    (folder / QUEUE).unlink(missing_ok=True)  # nothing follows what ends
    until(gone)
    for child in jobs._CHILDREN:
        child.wait()
