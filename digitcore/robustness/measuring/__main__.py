"""Measures how sturdy networks are, in a process of its own at low priority.

python -m digitcore.robustness.measuring RUN ...   run folders in turn; Ctrl-C interrupts
"""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from tqdm import tqdm

from digitcore.folder import RunDamaged
from digitcore.locks import Locked, holding
from digitcore.robustness import encode, fingerprint, measure, measuring, save, stored
from digitcore.robustness.distortions import SETTINGS
from digitcore.robustness.measuring import LOCK, STOP, Progress, in_words
from digitcore.runs import RESULT, Run

NICE = 15  # as a worker that trains
SAFE = 3.0  # seconds between two writings of what was measured


def work(path: Path, lock: int, bar: tqdm) -> Progress:
    """Measure what is left of a run, and say how it ended, whatever happens."""

    def say(progress: Progress) -> None:
        bar.update(progress.done - bar.n)
        measuring.say(lock, progress)

    try:
        ended = _measure(path, say)
    except Exception as error:
        ended = Progress("failed", message=in_words(error))
        with suppress(OSError):
            traceback.print_exc()
    with suppress(OSError):
        if path.exists():  # else it was deleted or renamed: under its new name it is interrupted
            say(ended)
    (path / STOP).unlink(missing_ok=True)
    return ended


def _measure(path: Path, say: Callable[[Progress], None]) -> Progress:
    run, of = Run(path), fingerprint(path)
    codes = {}
    with suppress(RunDamaged):  # what cannot be read is measured anew
        codes = stored(run)
    left = [setting for name, setting in SETTINGS.items() if name not in codes]
    if not left:
        return Progress("measured", len(codes))
    say(Progress("measuring", len(codes)))
    network = run.network()
    began = saved = time.perf_counter()
    for count, (setting, probs) in enumerate(measure(network, left), start=1):
        codes[setting.name] = encode(probs)
        now = time.perf_counter()
        if (path / STOP).exists():
            break
        if now - saved >= SAFE:
            _keep(path, of, codes)
            saved = now
        to_come = (now - began) / count * (len(left) - count)
        say(Progress("measuring", len(codes), seconds_left=round(to_come, 1)))
    _keep(path, of, codes)
    return Progress("measured" if len(codes) == len(SETTINGS) else "stopped", len(codes))


def _keep(path: Path, of: bytes, codes: Mapping) -> None:
    """Raises RunDamaged where the network has changed since it was loaded, or is gone."""
    if fingerprint(path) != of:
        raise RunDamaged(f"{path.name} was trained further meanwhile: measure it again.")
    save(path, of, codes)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m digitcore.robustness.measuring",
        description="Measure how sturdy networks are.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a finished run's folder")
    parser.add_argument("--locks", type=int, nargs="*", help=argparse.SUPPRESS)  # held by start()
    arguments = parser.parse_args()
    os.nice(max(0, NICE - os.nice(0)))
    if arguments.locks:
        for path, lock in zip(arguments.runs, arguments.locks, strict=True):
            work(path, lock, tqdm(disable=True))
            os.close(lock)
        return
    with suppress(KeyboardInterrupt):  # what is stored stays, and the next one goes on from there
        ended = [_by_hand(path) for path in arguments.runs]
        sys.exit(not all(ended))


def _by_hand(path: Path) -> bool:
    """Whether a run is measured in the end; what is no run is left out."""
    if not (path / RESULT).is_file():
        print(f"{path} is no finished run: left out.")
        return True
    try:
        with holding(path / LOCK, wait=1) as lock, _bar(path) as bar:
            (path / STOP).unlink(missing_ok=True)  # of one that was killed before it could obey
            ended = work(path, lock, bar)
    except Locked:
        ended = Progress("failed", message="It is being measured already.")
    except OSError as error:
        ended = Progress("failed", message=in_words(error))
    print(f"{path.name}: {ended.state}. {ended.message}".rstrip())
    return ended.state == "measured"


def _bar(path: Path) -> tqdm:
    return tqdm(total=len(SETTINGS), desc=path.name, unit="setting", dynamic_ncols=True)


if __name__ == "__main__":
    main()
