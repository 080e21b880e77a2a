"""Follows one training and writes down what happens, only into the run's folder.

All that costs time is done at most once in 1/200 of an epoch, so that the training keeps the
speed of the bare loop. A run that is ended in any way goes on from its last checkpoint and ends
with the weights of a run that was never interrupted.
"""

import errno
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from digitcore import progress, runs, wishes
from digitcore.digits import DataDamaged, DigitSet
from digitcore.evaluation import predict
from digitcore.explain import first_filters
from digitcore.finish import finish
from digitcore.folder import RunDamaged
from digitcore.learner import Checkpoint, is_over
from digitcore.memory import is_lacking
from digitcore.models import build
from digitcore.own.learning import learning_digits
from digitcore.own.store import NoSuchSet, own_sets
from digitcore.progress import Changes, Glimpse, Status
from digitcore.showcase import showcase
from digitcore.standing import last_status
from digitcore.teaching import Teacher, TeacherChanged, check_same, fingerprints, teacher_of
from digitcore.training import (
    BatchEnd,
    Diverged,
    EpochEnd,
    Finished,
    Started,
    best_of,
    to_go_further,
    train,
)

ROWS = 200  # of batches.csv in an epoch, at most
EVERY = 1.0  # seconds between two writings of the status
SAFE = 60.0  # seconds between two checkpoints within an epoch
NOTHING_YET = "Stopped before the first epoch ended, so there is no model to keep yet."


class Worker:
    """Follows the events of one training and writes down what happens."""

    def __init__(self, path: Path, bar: "tqdm[Any]") -> None:
        self.path, self.bar = path, bar
        self.recipe = runs.Run(path).recipe
        self.changes = progress.read_changes(path)
        self.planned = self.changes.applied(self.recipe)
        self.rates = dict(self.changes.rates)
        self.checkpoint, self.history = progress.load_checkpoint(path, self.recipe)
        if self.checkpoint and self.checkpoint["epoch"] in self.changes.epochs:
            self.checkpoint = to_go_further(self.checkpoint)
        known = last_status(path) or Status("starting")  # how far it was stays known
        if self.checkpoint and "threads" in self.checkpoint:
            torch.set_num_threads(self.checkpoint["threads"])  # others would give other last bits
        threads = torch.get_num_threads()
        self.status = replace(known, state="starting", message="", threads=threads)
        self.losses: list[float] = []
        self.rows: list[tuple[float, ...]] = []

    def work(self) -> Status:
        """Train until the end, a wish, or a failure; gives the last status."""
        lessons = self._lessons()
        if not lessons:
            return self._keep()
        digits, teacher = lessons
        for event in train(self.planned, *digits, self.checkpoint, self.rates, teacher):
            match event:
                case Started():
                    self._start(event)
                case BatchEnd():
                    self._batch(event)
                case EpochEnd():
                    self._epoch(event)
                case Finished():
                    return self._finish(event)
            wish = wishes.asked(self.path) if self._between_rows(event) else None
            if wish:
                if isinstance(event, BatchEnd):
                    self._save(event.checkpoint())
                wish = wishes.asked(self.path) or wish  # it may have been changed meanwhile
                wishes.forget(self.path)
                return self._pause() if wish == "pause" else self._stop()
        raise AssertionError("train() ends with Finished")

    def _start(self, event: Started) -> None:
        self.started = event
        self.every = -(-event.batches // (ROWS - 1))  # rounded up; the first has its own
        self.began = self.saved = time.perf_counter()
        self.said = self.began - EVERY  # the first point of a curve is shown at once
        self.earlier = sum(row["seconds"] for row in self.history)
        self.earlier += self.checkpoint["seconds"] if self.checkpoint else 0.0
        self.done_before, self.images = event.epoch + event.batch / event.batches, 0.0
        self.status = replace(
            self.status, state="training", epoch=event.epoch, epochs=event.epochs,
            batch=event.batch, batches=event.batches, seconds=self.earlier,
        )  # fmt: skip
        progress.begin_batches(self.path, event.epoch, event.batch)
        self._change_rate(event.epoch * event.batches + event.batch)
        if not event.epoch and not event.batch:
            self._glimpse(0, build(self.recipe.network, self.recipe.seed))
        progress.save_status(self.path, self.status)
        self.bar.total, self.bar.n = event.epochs * event.batches, event.epoch * event.batches
        self.bar.update(event.batch)

    def _between_rows(self, event: object) -> bool:
        """Whether an event ends a row of batches.csv: only there anything but training is done."""
        if isinstance(event, BatchEnd):
            return event.batch % self.every == 0 or event.batch in (1, self.started.batches)
        return True

    def _batch(self, event: BatchEnd) -> None:
        self.losses.append(event.loss)
        if not self._between_rows(event):
            return
        done = event.epoch - 1 + event.batch / self.started.batches
        loss = sum(self.losses) / len(self.losses)
        self.rows.append((event.epoch, event.batch, done, loss, event.learning_rate))
        self.bar.update(len(self.losses))
        self.images += len(self.losses) * self.started.digits / self.started.batches
        self.losses = []
        self.status = replace(self.status, batch=event.batch)
        self._change_rate(event.step + 1)
        now = time.perf_counter()
        if now - self.said >= EVERY:
            self._say(now)
        if now - self.saved >= SAFE:
            self._save(event.checkpoint())

    def _say(self, now: float) -> None:
        """Write down the new rows and where the training stands."""
        self._flush()
        done = self.status.epoch + self.status.batch / self.status.batches - self.done_before
        taken = now - self.began
        left = (self.status.epochs - self.done_before - done) * taken / done if done > 0 else None
        self.status = replace(
            self.status, images_per_second=round(self.images / max(taken, 1e-9)),
            seconds=round(self.earlier + taken, 1),
            seconds_left=None if left is None else round(left, 1),
        )  # fmt: skip
        progress.save_status(self.path, self.status)
        self.said = now

    def _flush(self) -> None:
        progress.append_batches(self.path, self.rows)
        self.rows = []

    def _epoch(self, event: EpochEnd) -> None:
        self.history.append({column: getattr(event, column) for column in runs.COLUMNS})
        self.status = replace(self.status, epoch=event.epoch, batch=0)
        self._glimpse(event.epoch, event.network)
        runs.save_history(self.path, self.history)
        self._save(event.checkpoint)
        self._say(time.perf_counter())
        self.bar.set_postfix_str(
            f"validation {event.validation_accuracy:.2%}, loss {event.validation_loss:.4f}"
        )

    def _save(self, checkpoint: Checkpoint) -> None:
        self._flush()  # what a checkpoint has behind it is not trained again
        self.checkpoint = checkpoint
        progress.save_checkpoint(self.path, self.recipe, checkpoint, self.history)
        self.saved = time.perf_counter()

    def _glimpse(self, epoch: int, network: torch.nn.Module) -> None:
        probs = predict(network, showcase().images)
        progress.save_glimpse(self.path, epoch, Glimpse(probs, first_filters(network)))

    def _change_rate(self, step: int) -> None:
        """Written down before it takes effect, so that a resumed training repeats it."""
        wanted = wishes.take_rate(self.path)
        if wanted is None:
            return
        for later in [known for known in self.rates if known > step]:
            del self.rates[later]  # made in a time that is trained again: the newest wish counts
        self.rates[step] = wanted / self.recipe.learning_rate
        progress.save_changes(self.path, Changes(self.rates, self.changes.epochs))

    def _pause(self) -> Status:
        self._say(time.perf_counter())
        return replace(self.status, state="paused")

    def _stop(self) -> Status:
        self._say(time.perf_counter())
        if not self.history or not self.checkpoint:
            return replace(self.status, state="paused", message=NOTHING_YET)
        return self._finish_at(self.checkpoint)

    def _lessons(self) -> tuple[tuple[DigitSet, DigitSet], Teacher | None] | None:
        """To learn from and to validate on, and who teaches; None where an own set or a teacher is
        gone that is not needed any more, since all that is asked for is to stop and keep the best
        epoch."""
        try:
            return learning_digits(self.recipe, own_sets()), self._teacher()
        except (NoSuchSet, DataDamaged, runs.NoSuchModel, RunDamaged, TeacherChanged):
            if wishes.asked(self.path) == "stop" and self.history:
                return None
            raise

    def _teacher(self) -> Teacher | None:
        """The same as when the training began: other weights would lead it elsewhere."""
        store = runs.RunStore(runs.WEIGHTS, self.path.parent)
        teacher = teacher_of(self.recipe, store)
        if teacher:
            now = fingerprints(self.recipe, store)
            check_same(progress.read_teachers(self.path) if self.checkpoint else {}, now)
            progress.save_teachers(self.path, now)
        return teacher

    def _keep(self) -> Status:
        """Make a run of what there is, where nothing can be trained."""
        wishes.forget(self.path)
        checkpoint = self.checkpoint
        assert checkpoint  # which has the history with it
        self.started = Started(
            checkpoint["epoch"], checkpoint["batch"], self.planned.epochs, self.status.batches,
            self.recipe.learned, "cuda" if torch.cuda.is_available() else "cpu",
            checkpoint["precision"],
        )  # fmt: skip
        self.status = replace(self.status, epoch=checkpoint["epoch"], epochs=self.planned.epochs)
        return self._finish_at(checkpoint)

    def _finish_at(self, checkpoint: Checkpoint) -> Status:
        """As it is: stopped, unless the training had come to its end by itself."""
        so_far = (checkpoint[key] for key in ("epoch", "best_epoch", "patient_since"))
        state = "finished" if is_over(self.planned, *so_far) else "stopped"
        return self._finish(best_of(checkpoint), state)

    def _finish(self, event: Finished, state: str = "finished") -> Status:
        self.status = replace(self.status, state="finishing", seconds_left=None)
        progress.save_status(self.path, self.status)
        finish(self.path, self.recipe, self.started, event, self.history)
        wishes.forget_rate(self.path)  # that came too late, and is not for a later training
        return replace(self.status, state=state, batch=0)


def work(path: Path, bar: "tqdm[Any] | None" = None) -> Status:
    """Train the run in `path` and write down how it ended, whatever happens."""
    status = Status("starting")
    worker = None
    try:
        status = replace(last_status(path) or status, state="starting", message="")
        progress.save_status(path, status)
        if status.threads:
            torch.set_num_threads(status.threads)  # of a run whose checkpoint does not tell it
        progress.sweep(path)
        worker = Worker(path, bar if bar is not None else tqdm(disable=True))
        status = worker.work()
    except Exception as error:
        with suppress(OSError):  # a full disk has no room for it either
            traceback.print_exc()
        known = worker.status if worker else status
        status = replace(known, state="failed", message=in_words(error), seconds_left=None)
    progress.save_status(path, status)
    return status


def in_words(error: Exception) -> str:
    """What went wrong and what to do, for a person."""
    match error:
        case Diverged() | RunDamaged() | DataDamaged() | ValueError():
            return str(error)
        case NoSuchSet():
            return (
                f"{error} Nothing of the run is lost: put the set back under its name and resume, "
                "or keep the best epoch so far."
            )
        case runs.NoSuchModel():
            return (
                f"Its teacher {error.args[0]} is not there any more. Nothing of the run is lost: "
                "keep the best epoch so far, or train anew with another teacher."
            )
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG):
            return (
                f"The disk is full ({error.strerror}). The run is kept as it was at its last "
                "checkpoint: make room, then resume it."
            )
        case _ if is_lacking(error):
            return "There is not enough memory. Try a smaller batch or a smaller network."
        case _:
            return f"The training broke off: {type(error).__name__}: {error}"
