"""The ensembles that people make of their runs and of shipped models: folders beside the runs.

Each is complete or not there: its ensemble.json is written apart and moved into place. Changes are
made under the queue's lock, as those of runs are. Draw and REST read the folders anew each time,
so that what is made, renamed or deleted is known to them at once.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from digitcore.folder import NAME, RunDamaged
from digitcore.names import Refused, checked, discard
from digitcore.runs import ENSEMBLE, WEIGHTS, Ensemble, Run, RunStore, load_ensemble, save_ensemble
from digitcore.standing import is_run
from digitcore.waiting import Queue

MOST_MEMBERS = 50  # so that votes outweigh what breaks their ties


@dataclass(frozen=True)
class Own:
    """An ensemble that somebody made here. It answers where nothing is missing or damaged.

    ensemble: None where its file is damaged. missing: members that are no finished runs any more.
    damage: in words.
    """

    name: str
    ensemble: Ensemble | None
    missing: tuple[str, ...] = ()
    damage: str = ""

    @property
    def whole(self) -> bool:
        return self.ensemble is not None and not self.missing


class Ensembles:
    """The ensembles in one folder of runs. Raises Refused, or OSError."""

    def __init__(self, folder: Path, shipped: Path = WEIGHTS) -> None:
        self.folder, self.shipped, self.queue = folder, shipped, Queue(folder)

    def all(self) -> list[Own]:
        """Every ensemble that was made here, by name, with what is wrong with it."""
        runs = RunStore(self.shipped, self.folder).runs()
        return [_own(path, runs) for path in self._paths()]

    def using(self, model: str) -> list[str]:
        """Names of the ensembles made here that have a model as a member."""
        return [ensemble.name for ensemble in self._with(model)]

    def create(self, ensemble: Ensemble) -> None:
        """Keep a new ensemble of finished models. Raises Refused; a full disk leaves nothing."""
        with self.queue.changing():
            name = checked(ensemble.name, self.folder, self.shipped)
            self._refuse_misfits(ensemble)
            with _apart(self.folder / f".making-{name}") as apart:
                save_ensemble(apart, ensemble)
                apart.rename(self.folder / name)

    def rename(self, name: str, new: str) -> None:
        """Raises Refused for a name that is taken or no name."""
        with self.queue.changing():
            self._path(name).rename(self.folder / checked(new, self.folder, self.shipped))

    def delete(self, name: str) -> None:
        """Delete an ensemble that was made here; its members stay."""
        with self.queue.changing():
            discard(self._path(name))

    @contextmanager
    def following(self, name: str, new: str) -> Iterator[None]:
        """Meanwhile a model is renamed; then all that have it as a member call it so too.

        Only while the queue is changing. What needs room on the disk is done before: where there
        is none, an OSError comes before the model is renamed, and nothing has changed.
        """
        with _apart(self.folder / f".renaming-{name}") as apart:
            users = self._with(name)
            for user in users:
                members = tuple(new if member == name else member for member in user.members)
                save_ensemble(apart / user.name, replace(user, members=members))
            yield
            for user in users:
                os.replace(apart / user.name / ENSEMBLE, self.folder / user.name / ENSEMBLE)

    # --- inside

    def _paths(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from sorted(path for path in self.folder.iterdir() if _is_ensemble(path))

    def _with(self, model: str) -> list[Ensemble]:
        return [
            own.ensemble for own in self.all() if own.ensemble and model in own.ensemble.members
        ]

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name) or not _is_ensemble(self.folder / name):
            raise Refused("No ensemble of that name was made here.")
        return self.folder / name

    def _refuse_misfits(self, ensemble: Ensemble) -> None:
        members, runs = ensemble.members, RunStore(self.shipped, self.folder).runs()
        unknown = [member for member in members if member not in runs]
        if unknown:
            raise Refused(f"There is no finished model called {', '.join(unknown)}.")
        if len(members) < 2 or len(set(members)) < len(members):
            raise Refused("An ensemble needs two models or more, each of them once.")
        if len(members) > MOST_MEMBERS:
            raise Refused(f"An ensemble has at most {MOST_MEMBERS} models.")
        try:
            ensemble.combine(np.ones((len(members), 1, 10)))
        except ValueError as error:
            raise Refused(str(error)) from error


@contextmanager
def _apart(path: Path) -> Iterator[Path]:
    """A folder that is in no list, to prepare something in; nothing of it stays."""
    shutil.rmtree(path, ignore_errors=True)  # of one that was killed at this before
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _is_ensemble(path: Path) -> bool:
    named = bool(NAME.fullmatch(path.name))
    return named and (path / ENSEMBLE).is_file() and not is_run(path)


def _own(path: Path, runs: Mapping[str, Run]) -> Own:
    try:
        ensemble = load_ensemble(path)
    except RunDamaged as damage:
        return Own(path.name, None, damage=str(damage))
    missing = tuple(member for member in ensemble.members if member not in runs)
    return Own(path.name, ensemble, missing)
