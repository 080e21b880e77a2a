"""Trains one run in a process of its own.

python -m digitcore.worker RECIPE.json     trains a recipe into a new run, with a progress bar
python -m digitcore.worker runs/NAME       goes on with a run, as the Train page does
"""

import argparse
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event

import torch
from tqdm import tqdm

from digitcore import progress, runs, wishes
from digitcore.digits import DataDamaged
from digitcore.folder import RunDamaged
from digitcore.jobs import Jobs, runs_folder
from digitcore.locks import Locked, holding
from digitcore.own.learning import found
from digitcore.own.store import NoSuchSet, own_sets
from digitcore.progress import Status
from digitcore.recipes import Recipe
from digitcore.standing import is_run, last_status
from digitcore.teaching import resolved
from digitcore.worker.follow import work

NICE = 15  # so that pages stay quick: see scripts/bench_live


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m digitcore.worker", description="Train a recipe into a run folder."
    )
    parser.add_argument("what", type=Path, metavar="RECIPE.json or RUN", help="or a run's folder")
    parser.add_argument("--name", default="", help="of the new run; default: network and number")
    parser.add_argument("--runs", type=Path, default=runs_folder(), metavar="FOLDER")
    parser.add_argument("--lock", type=int, help=argparse.SUPPRESS)  # held by whom jobs has started
    arguments = parser.parse_args()
    try:
        path = arguments.what if arguments.what.is_dir() else _new(arguments)
        if not is_run(path) or path.resolve().parent == runs.WEIGHTS:
            raise ValueError(f"{path} is no run that can be trained.")
        if arguments.lock:
            os.set_inheritable(arguments.lock, False)  # no child shall hold it on
            status = _in_background(path)
        else:
            with holding(path / progress.LOCK, wait=1):
                _refuse_ended(path)
                wishes.forget(path)
                status = _by_hand(path)
    except Locked:
        parser.error(f"{arguments.what} is being trained already.")
    except (OSError, ValueError, RunDamaged, DataDamaged) as error:
        parser.error(str(error))
    sys.exit(status.state == "failed")


def _new(arguments: argparse.Namespace) -> Path:
    try:
        recipe = Recipe.from_json(arguments.what.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{arguments.what} is no recipe: {error}") from error
    try:
        recipe = found(recipe, own_sets())
        teachers = resolved(recipe.teachers, runs.RunStore(runs.WEIGHTS, arguments.runs))
        recipe = replace(recipe, teachers=teachers)
    except (NoSuchSet, runs.NoSuchModel) as error:
        raise ValueError(str(error)) from error
    return Jobs(arguments.runs).create(recipe, arguments.name, start=False)


def _refuse_ended(path: Path) -> None:
    """What somebody has stopped, or what is done, goes on only where it waits to be trained
    further."""
    known = last_status(path)
    if known and known.state in progress.DONE and path.name not in Jobs(path.parent).waiting:
        raise ValueError(f"{path.name} is {known.state}. The Train page can train it further.")


def _in_background(path: Path) -> Status:
    os.nice(max(0, NICE - os.nice(0)))  # a worker that was started by another is nice already
    if not (path / progress.CHECKPOINT).exists():
        torch.set_num_threads(max(1, torch.get_num_threads() // Jobs(path.parent).at_once))
    told_to_end = _pause_when_told_to_end(path)
    try:
        return work(path)
    finally:
        if not told_to_end.is_set():  # else the machine is going down
            Jobs(path.parent).advance(ended=path.name)


def _by_hand(path: Path) -> Status:
    print(f"Training {path}. Ctrl-C pauses it; the same command with that folder goes on.")
    _pause_when_told_to_end(path)
    with tqdm(desc=path.name, unit="batch", dynamic_ncols=True) as bar:
        status = work(path, bar)
    print(f"{path.name}: {status.state}. {status.message}".rstrip())
    if status.state in progress.DONE:
        result = runs.Run(path).result
        print(f"Best epoch {result.best_epoch}, test digits right: {result.test_correct:,} "
              f"of {result.test_n:,}.")  # fmt: skip
    return status


def _pause_when_told_to_end(path: Path) -> Event:
    """The event is set when a signal has asked for the end."""
    told = Event()

    def pause(*_: object) -> None:
        told.set()
        wishes.ask(path, "pause")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pause)
    return told


if __name__ == "__main__":
    main()
