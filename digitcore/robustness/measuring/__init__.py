"""How far runs are measured for their sturdiness, and the process that measures them.

What is measured is stored with the run every few seconds: a process that is stopped or killed loses
little, and the next one goes on from there. measuring.json in the run's folder says how far it is,
and is locked by the process until it is done with that run. What still waits is locked too. So
nothing is measured twice at a time, and it is known when a process has died. See __main__.py.
"""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from digitcore.folder import UNREADABLE, RunDamaged, dump
from digitcore.locks import Locked, holding, is_held
from digitcore.memory import is_lacking
from digitcore.robustness import measured
from digitcore.robustness.distortions import SAMPLE, SETTINGS
from digitcore.runs import Run

ROOT = Path(__file__).resolve().parent.parent.parent.parent
LOCK, STOP = "measuring.json", "measuring.stop"
AT_WORK, ENDED = ("waiting", "measuring"), ("measured", "stopped", "failed")
_CHILDREN: list[subprocess.Popen] = []  # let go at the next start, so that zombies do not pile up


@dataclass(frozen=True)
class Progress:
    """How far a run is measured. state: 'waiting' or 'measuring' while a process lives that has it
    in hand; else 'measured' once it is under all settings, 'stopped' by a person, 'failed' with a
    message, 'interrupted' where its process died, or 'not measured'.

    done: settings that are stored; seconds_left: measured, for this run, while it is measured.
    """

    state: str
    done: int = 0
    of: int = len(SETTINGS)
    seconds_left: float | None = None
    message: str = ""

    def __post_init__(self) -> None:
        numbers = (self.done, self.of, self.seconds_left or 0)
        if self.of != len(SETTINGS) or not all(isinstance(n, int | float) for n in numbers):
            raise ValueError("these are no counts of what was measured")

    @property
    def alive(self) -> bool:
        return self.state in AT_WORK

    @property
    def share(self) -> float:
        """Of the settings that are done, 0..1."""
        return self.done / self.of


def is_stopping(run: Run) -> bool:
    """Whether a person has asked to stop, and the process has not yet obeyed."""
    return (run.path / STOP).exists()


def progress(run: Run) -> Progress:
    """How far a run is measured; nothing that is wrong with its files is raised."""
    held, said = is_held(run.path / LOCK), _said(run.path)
    if not held and said and said.alive:
        held = is_held(run.path / LOCK)  # it may have begun in between
    if held:
        return said if said and said.alive else Progress("waiting")
    try:
        done = len(measured(run))
    except RunDamaged as damage:
        return Progress("failed", message=str(damage))
    if done == len(SETTINGS):
        return Progress("measured", done)
    if said and said.state == "measured":  # of earlier weights
        said = None
    state = "not measured" if not said else "interrupted" if said.alive else said.state
    return Progress(state, done, message=said.message if said else "")


def estimate(run: Run) -> float:
    """Seconds that are left to measure of a run, roughly, if nothing else runs. Raises RunDamaged.

    By the time for one image alone, which is more than in a batch.
    """
    return (len(SETTINGS) - len(measured(run))) * SAMPLE * run.result.milliseconds / 1000


def seconds_left(run: Run) -> float:
    """Until a run is measured whole: as its process has measured, or else estimated."""
    now = progress(run)
    return estimate(run) if now.seconds_left is None else now.seconds_left


def start(paths: Sequence[Path]) -> list[str]:
    """Measure runs in one new process, but for those that are in hand already.

    Gives those that cannot be measured, in words. Raises OSError where no process can be started.
    """
    _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]
    locks: dict[Path, int] = {}
    refused = []
    with ExitStack() as held:
        for path in paths:
            if is_held(path / LOCK):
                continue
            try:
                lock = held.enter_context(holding(path / LOCK, wait=0.2))
                (path / STOP).unlink(missing_ok=True)
                say(lock, _waiting(path))
                locks[path] = lock
            except Locked:  # somebody else was a moment earlier
                continue
            except OSError as error:
                refused.append(f"{path.name}: {in_words(error)}")
        if locks:
            _spawn(locks)
    return refused


def stop(paths: Sequence[Path]) -> None:
    """Ask the process to leave off these runs; what it has measured is kept. Raises OSError."""
    for path in paths:
        if is_held(path / LOCK):
            with suppress(FileNotFoundError):  # the whole run has just been deleted
                (path / STOP).touch()


def _spawn(locks: Mapping[Path, int]) -> None:
    """A process that holds each run's lock from its first moment on."""
    command = [sys.executable, "-m", __name__, *(str(p.resolve()) for p in locks),
               "--locks", *map(str, locks.values())]  # fmt: skip
    _CHILDREN.append(subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        pass_fds=list(locks.values()), start_new_session=True,
    ))  # fmt: skip


def _waiting(path: Path) -> Progress:
    with suppress(RunDamaged):
        return Progress("waiting", len(measured(Run(path))))
    return Progress("waiting")


def say(lock: int, progress: Progress) -> None:
    """Into the locked file itself: it goes where its folder goes, and needs no room on the disk
    that it had not before."""
    words = dump(asdict(progress)).encode()
    os.pwrite(lock, words, 0)
    os.ftruncate(lock, len(words))


def _said(path: Path) -> Progress | None:
    """What was last said; None where that is nothing, or just being written."""
    with suppress(*UNREADABLE):
        said = Progress(**json.JSONDecoder().raw_decode((path / LOCK).read_text("utf-8"))[0])
        return said if said.state in AT_WORK + ENDED else None
    return None


def in_words(error: Exception) -> str:
    """What went wrong and what to do, for a person."""
    match error:
        case RunDamaged() | ValueError():
            return str(error)
        case FileNotFoundError():
            return "It is not there any more."
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG):
            return (
                f"The disk is full ({error.strerror}). What was measured before is kept: make "
                "room, then measure again."
            )
        case OSError():
            return f"Its folder cannot be written: {error.strerror or error}."
        case _ if is_lacking(error):
            return "There is not enough memory."
        case _:
            return f"The measuring broke off: {type(error).__name__}: {error}"
