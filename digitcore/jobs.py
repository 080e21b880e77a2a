"""Starts, queues, pauses and stops the workers that train, and tells how every run stands.

Nothing is kept in memory: what is running follows from the locks that workers hold, what waits
from queue.json, the rest from the run folders. So servers come and go, and several may share one
folder of runs; each change is made under the queue's lock.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from digitcore import progress, wishes
from digitcore.ensembles import Ensembles
from digitcore.folder import NAME
from digitcore.locks import Locked, holding, is_held
from digitcore.names import DELETED, Refused, checked, discard
from digitcore.own.store import own_sets
from digitcore.progress import Changes, Status
from digitcore.recipes import Recipe
from digitcore.runs import WEIGHTS, save_recipe
from digitcore.standing import HALTED, Job, age, is_run, last_status, stand
from digitcore.waiting import Queue, Waiting

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / "runs"
MOST_WAITING = 100
NO_MORE = ("finishing", "stopping", *progress.DONE, "damaged")
_CHILDREN: list[subprocess.Popen] = []  # kept until they end, so that none stays a zombie


class Jobs:
    """The runs in one folder. Raises KeyError for an unknown run, Refused, or OSError."""

    def __init__(self, folder: Path = RUNS, shipped: Path = WEIGHTS) -> None:
        self.folder, self.shipped, self.queue = folder, shipped, Queue(folder)
        self.ensembles = Ensembles(folder, shipped)

    # --- how they stand

    def all(self) -> list[Job]:
        """Every run, the newest first; what is damaged is listed as such."""
        waiting = self.queue.now.waiting
        paths = sorted(self._paths(), key=age, reverse=True)
        return [stand(path, path.name in waiting) for path in paths]

    def job(self, name: str) -> Job:
        """One run. Raises KeyError, whatever the name looks like."""
        if not NAME.fullmatch(name) or not is_run(self.folder / name):
            raise KeyError(name)
        return stand(self.folder / name, name in self.queue.now.waiting)

    def active(self) -> list[Job]:
        """What is training, then what waits, in its order."""
        waiting = self.queue.now.waiting
        alive = [path for path in self._paths() if is_held(path / progress.LOCK)]
        queued = [self.folder / name for name in waiting if self.folder / name not in alive]
        return [stand(path, path.name in waiting) for path in [*alive, *queued] if is_run(path)]

    @property
    def waiting(self) -> tuple[str, ...]:
        return self.queue.now.waiting

    @property
    def at_once(self) -> int:
        return self.queue.now.at_once

    def refusal(self, name: str) -> str:
        """Why no new run may be called so, in words; nothing where one may."""
        try:
            self._checked(name)
        except Refused as reason:
            return str(reason)
        return ""

    # --- what can be done

    def create(self, recipe: Recipe, name: str = "", start: bool = True) -> Path:
        """A new run's folder; `start` puts it at the end of the queue. Raises Refused."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.queue.changing() as queue:
            if start and len(queue.waiting) >= MOST_WAITING:
                raise Refused(f"{MOST_WAITING} runs wait already. Cancel some of them first.")
            path = self.folder / (self._checked(name) if name else self._free(recipe.network))
            path.mkdir()
            try:
                save_recipe(path, recipe)
            except OSError:  # a full disk: the name stays free
                path.rmdir()
                raise
            if start:
                self.queue.save(replace(queue, waiting=(*queue.waiting, path.name)))
        if start:
            self.advance()
        return path

    def start(self, name: str) -> None:
        """Go on with a run, or begin it: next in the queue. Raises Refused."""
        with self.queue.changing() as queue:
            job = self.job(name)
            if job.state not in (*HALTED, "not started"):
                raise Refused(f"{name} is {job.state}: there is nothing to resume.")
            self._enqueue(queue, name, first=job.state != "not started")
        self.advance()

    def pause(self, name: str) -> None:
        """Keep everything as it is and let the worker end. Raises Refused."""
        if not self.job(name).alive:
            raise Refused(f"{name} is not being trained, so it cannot be paused.")
        wishes.ask(self.folder / name, "pause")

    def stop(self, name: str) -> None:
        """End the training and keep its best epoch as the finished run. Raises Refused."""
        job = self.job(name)
        if job.alive:
            return wishes.ask(job.path, "stop")
        if not job.begun or job.state in (*progress.DONE, "damaged"):
            raise Refused(f"{name} is {job.state}: there is nothing to stop.")
        with self.queue.changing() as queue:  # at once: it takes seconds, not a place in line
            self.queue.save(queue.without(name))
            self._spawn(name, "stop")

    def extend(self, name: str, epochs: int) -> None:
        """Train a finished or stopped run for so many epochs more. Raises Refused."""
        with self.queue.changing() as queue:
            job = self.job(name)
            self._teaches_nobody(name, "trained further")
            progress.save_changes(job.path, _longer(job, epochs))
            try:
                self._enqueue(queue, name)
            except OSError:
                progress.save_changes(job.path, job.changes)
                raise
        self.advance()

    def set_rate(self, name: str, learning_rate: float) -> None:
        """Another learning rate in place of the recipe's, from the next batches on. Raises Refused.

        A schedule keeps its shape and is scaled with it.
        """
        job = self.job(name)
        if not job.recipe or job.state in NO_MORE:
            raise Refused(f"{name} is {job.state}: it learns no more.")
        try:
            replace(job.recipe, learning_rate=learning_rate)
        except ValueError as error:
            raise Refused(str(error)) from error
        wishes.ask_rate(job.path, learning_rate)

    def cancel(self, name: str) -> None:
        """Take a waiting run out of the queue. Raises Refused where it does not wait any more."""
        with self.queue.changing() as queue:
            if name not in queue.waiting:
                raise Refused(f"{name} does not wait any more.")
            self.queue.save(queue.without(name))
            job = self.job(name)
            if job.status and job.status.state in progress.DONE:
                kept = {e: n for e, n in job.changes.epochs.items() if e < job.status.epoch}
                progress.save_changes(job.path, replace(job.changes, epochs=kept))

    def move(self, name: str, by: int) -> None:
        """Let a waiting run start earlier (by -1) or later (1)."""
        with self.queue.changing() as queue:
            if name not in queue.waiting:
                raise Refused(f"{name} does not wait any more.")
            order = list(queue.waiting)
            place = order.index(name)
            order.insert(max(0, place + by), order.pop(place))
            self.queue.save(replace(queue, waiting=tuple(order)))

    def train_at_once(self, count: int) -> None:
        """How many runs may train at the same time; they share the cores."""
        with self.queue.changing() as queue:
            self.queue.save(replace(queue, at_once=max(1, count)))
        self.advance()

    def rename(self, name: str, new: str) -> None:
        """Raises Refused while it is trained, and for a name that is taken or no name."""
        with self.queue.changing() as queue:
            self._idle(name, "renamed")
            self._teaches_nobody(name, "renamed")
            path, there = self.folder / name, self.folder / self._checked(new)
            order = tuple(new if waiting == name else waiting for waiting in queue.waiting)
            with self.ensembles.following(name, new):
                path.rename(there)
                try:
                    self._keep_order(queue, order)
                except OSError:  # a full disk: nothing has changed
                    there.rename(path)
                    raise

    def learning_from(self, name: str) -> list[str]:
        """Names of the runs that have not ended yet and have this one as a teacher."""
        return [job.name for job in self.all() if job.recipe and name in job.recipe.teachers
                and job.state not in progress.DONE]  # fmt: skip

    def write_note(self, name: str, text: str) -> None:
        progress.save_note(self.job(name).path, text)

    def delete(self, name: str) -> None:
        """Delete a run with all its files. Raises Refused while it is trained."""
        with self.queue.changing() as queue:
            self._idle(name, "deleted")
            for gone in self.folder.glob(f"{DELETED}*"):  # and what was killed at this before
                shutil.rmtree(gone, ignore_errors=True)
            discard(self.folder / name)
            self._keep_order(queue, queue.without(name).waiting)

    def advance(self, ended: str = "") -> None:
        """Start what waits while there is room. `ended`: a run whose worker is about to exit.

        Where the queue cannot be changed, now or because the disk is full, all wait on. What cannot
        be started, for want of processes, say, has failed, and says so; the others wait on.
        """
        _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]
        if not self.waiting:
            return
        with suppress(OSError), self.queue.changing() as queue:
            training = {p.name for p in self._paths() if is_held(p / progress.LOCK)} - {ended}
            for name in queue.waiting:
                if len(training) >= queue.at_once:
                    break
                queue = queue.without(name)
                self.queue.save(queue)  # first: else it could be started for ever
                if name not in training and not self._spawned(name):
                    break
                training.add(name)

    # --- inside

    def _paths(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (p for p in self.folder.iterdir() if NAME.fullmatch(p.name) and is_run(p))

    def _keep_order(self, queue: Waiting, order: tuple[str, ...]) -> None:
        """Written only where it changes: a full disk has room for that."""
        if order != queue.waiting:
            self.queue.save(replace(queue, waiting=order))

    def _enqueue(self, queue: Waiting, name: str, first: bool = False) -> None:
        others = queue.without(name).waiting
        self.queue.save(replace(queue, waiting=(name, *others) if first else (*others, name)))

    def _spawned(self, name: str) -> bool:
        """Whether a worker could be started; else the run has failed, with the reason."""
        try:
            self._spawn(name)
        except OSError as error:
            path = self.folder / name
            message = f"It could not be started: {error.strerror or error}."
            with suppress(OSError):
                known = last_status(path) or Status("failed")
                progress.save_status(path, replace(known, state="failed", message=message))
            return False
        return True

    def _spawn(self, name: str, wish: str = "") -> None:
        """Start a worker, which holds the run's lock from its first moment to its last."""
        path = self.folder / name
        try:
            with holding(path / progress.LOCK, wait=1) as lock:
                known = last_status(path) or Status("starting")
                progress.save_status(path, replace(known, state="starting", message=""))
                wishes.forget(path)
                if wish or known.state == "finishing":  # killed at it: shall finish
                    wishes.ask(path, wish or "stop")
                command = [sys.executable, "-m", "digitcore.worker", str(path.resolve()),
                           "--lock", str(lock)]  # fmt: skip
                with (path / progress.LOG).open("ab") as log:
                    _CHILDREN.append(subprocess.Popen(
                        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                        pass_fds=[lock], start_new_session=True,
                        env={**os.environ, "DIGITS_OWN": str(own_sets().folder.resolve())},
                    ))  # fmt: skip
        except Locked:
            if wish:  # else all is well: somebody else has just started it
                raise Refused(f"{name} has just been started by somebody else.") from None

    def _idle(self, name: str, done: str) -> None:
        if self.job(name).alive:
            raise Refused(f"{name} is being trained. Pause or stop it before it is {done}.")

    def _teaches_nobody(self, name: str, done: str) -> None:
        learners = self.learning_from(name)
        if learners:
            raise Refused(
                f"{name} teaches {', '.join(learners)}, whose training has not ended. Let it end, "
                f"or stop or delete it, before {name} is {done}."
            )

    def _checked(self, name: str) -> str:
        return checked(name, self.folder, self.shipped)

    def _free(self, network: str) -> str:
        number = 1
        while (self.folder / f"{network}-{number}").exists():
            number += 1
        return f"{network}-{number}"


def runs_folder() -> Path:
    """Where this machine's users have their runs: in runs/, or where DIGITS_RUNS says."""
    return Path(os.environ.get("DIGITS_RUNS") or RUNS)


def _longer(job: Job, epochs: int) -> Changes:
    """The changes of a run that is trained for so many epochs more. Raises Refused."""
    if job.state not in progress.DONE or not job.status or not job.recipe:
        raise Refused(f"{job.name} is {job.state}: only a finished run can be trained further.")
    if not job.begun:
        raise Refused(f"{job.name} has no checkpoint to go on from.")
    if epochs < 1:
        raise Refused("A run is trained further by at least one epoch.")
    done = job.status.epoch
    changes = replace(job.changes, epochs={**job.changes.epochs, done: done + epochs})
    try:
        changes.applied(job.recipe)
    except ValueError as error:
        raise Refused(str(error)) from error
    return changes
