"""What a run leaves in its folder while it is trained: all that a worker and a page share.

    status.json     where the training stands, about once a second
    batches.csv     loss and learning rate, up to 200 rows an epoch
    epochs/0007.npz what the network answers to the showcase after epoch 7, and its first filters
    checkpoint.pt   all that is needed to go on; read without pickle
    changes.json    what a person changed on the way: learning rate, more epochs
    teachers.json   which weights its teachers had, where it has any
    note.txt        a person's words
    lock            held by the worker as long as it lives
    log.txt         what the worker had to say

The recipe, the history and what a finished run consists of are runs.py's; what is asked of the
worker is wishes.py's.
"""

import io
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from digitcore.digits import CLASSES
from digitcore.folder import RunDamaged, arrays_in, dump, read, write, write_text
from digitcore.learner import Checkpoint
from digitcore.recipes import LEARNING_RATES, Recipe
from digitcore.runs import HISTORY, Epoch
from digitcore.showcase import HARD, PLAIN

STATUS, BATCHES, CHANGES, CHECKPOINT = "status.json", "batches.csv", "changes.json", "checkpoint.pt"
NOTE, LOCK, LOG = "note.txt", "lock", "log.txt"
TEACHERS = "teachers.json"
EPOCHS = "epochs"
AT_WORK = ("starting", "training", "finishing")
ENDED = ("paused", "stopped", "failed", "finished")
DONE = ("finished", "stopped")  # with a model to show for it
BATCH_COLUMNS = ("epoch", "batch", "epochs_done", "loss", "learning_rate")
DIGITS = "%.7g"  # of a number in batches.csv, so that a row read and written is the same row
LONGEST = 1e12  # seconds, or images a second: more is no measurement
NOTE_LENGTH = 2000  # characters


@dataclass(frozen=True)
class Status:
    """Where a training stands, as its worker last wrote it; the worker may have died since.

    epoch: finished ones; batch: the last one of the epoch after that. seconds of training so far;
    seconds_left: measured, until the last epoch. message: why it failed, for a person.
    threads: that the training computes with, which decides its last bits.
    """

    state: str
    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    images_per_second: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
    message: str = ""
    threads: int = 0

    def __post_init__(self) -> None:
        if self.state not in AT_WORK + ENDED:
            raise ValueError(f"no state is called {self.state!r}")
        left = 0 if self.seconds_left is None else self.seconds_left
        counts = (self.epoch, self.epochs, self.batch, self.batches, self.threads)
        if not all(isinstance(count, int) and count >= 0 for count in counts):
            raise ValueError("its counts are not all whole numbers")
        times = (self.images_per_second, self.seconds, left)
        if not all(isinstance(time, int | float) and 0 <= time < LONGEST for time in times):
            raise ValueError("its times are not all numbers")
        if not isinstance(self.message, str):
            raise ValueError("its message is no text")

    @property
    def share(self) -> float:
        """Of the whole training that is done, 0..1."""
        done = self.epoch + (self.batch / self.batches if self.batches else 0)
        return min(1.0, done / self.epochs) if self.epochs else 0.0


@dataclass(frozen=True)
class Changes:
    """What a person changed on the way. rates: step -> factor on the scheduled learning rate from
    there on. epochs: finished epoch -> so many epochs in all from there on."""

    rates: Mapping[int, float] = field(default_factory=dict)
    epochs: Mapping[int, int] = field(default_factory=dict)

    def applied(self, recipe: Recipe) -> Recipe:
        """The recipe as it is trained now."""
        return replace(recipe, epochs=self.epochs[max(self.epochs)]) if self.epochs else recipe

    def as_it_learns(self, recipe: Recipe) -> Recipe:
        """The same, with the learning rate that a person has last asked for."""
        factor = self.rates[max(self.rates)] if self.rates else 1.0
        lowest, highest = LEARNING_RATES
        rate = min(max(recipe.learning_rate * factor, lowest), highest)
        return replace(self.applied(recipe), learning_rate=rate)


@dataclass(frozen=True)
class Glimpse:
    """After an epoch: probabilities (24, 10) of the showcase, and filters (n, side, side)."""

    probs: np.ndarray
    filters: np.ndarray


def read_status(path: Path) -> Status | None:
    """None where no worker has begun. Raises RunDamaged."""
    if not (path / STATUS).exists():
        return None
    return read(path / STATUS, lambda file: Status(**json.loads(file.read_text("utf-8"))))


def save_status(path: Path, status: Status) -> None:
    """Where the disk is too full for a new file, over the old one: the last word must get out."""
    text = dump(asdict(status))
    try:
        write_text(path / STATUS, text)
    except OSError:
        with (path / STATUS).open("r+", encoding="utf-8") as file:
            file.write(text)
            file.truncate()


def read_changes(path: Path) -> Changes:
    """None made where there is no file. Raises RunDamaged."""
    if not (path / CHANGES).exists():
        return Changes()
    return read(path / CHANGES, _load_changes)


def _load_changes(file: Path) -> Changes:
    values = json.loads(file.read_text("utf-8"))
    rates = {int(step): float(rate) for step, rate in values["rates"].items()}
    if not all(0 < rate < math.inf for rate in rates.values()):
        raise ValueError("its learning rates are not all positive numbers")
    return Changes(rates, {int(after): int(more) for after, more in values["epochs"].items()})


def save_changes(path: Path, changes: Changes) -> None:
    write_text(path / CHANGES, dump(asdict(changes)))


def read_teachers(path: Path) -> dict[str, str]:
    """Fingerprints by name; none where nothing is known. Raises RunDamaged."""
    if not (path / TEACHERS).exists():
        return {}
    return read(path / TEACHERS, lambda file: dict(json.loads(file.read_text("utf-8"))))


def save_teachers(path: Path, fingerprints: Mapping[str, str]) -> None:
    write_text(path / TEACHERS, dump(dict(fingerprints)))


def read_batches(path: Path) -> pd.DataFrame:
    """One row for a few batches each: mean loss in nats, learning rate. Raises RunDamaged."""
    if not (path / BATCHES).exists():
        return _no_batches()
    return read(path / BATCHES, _load_batches)


def _no_batches() -> pd.DataFrame:
    return pd.DataFrame({column: [] for column in BATCH_COLUMNS}, dtype=float)


def _load_batches(file: Path) -> pd.DataFrame:
    """A last line that is just being written is left out."""
    rows = pd.read_csv(file, on_bad_lines="skip")
    if tuple(rows.columns) != BATCH_COLUMNS:
        raise ValueError(f"it needs the columns {', '.join(BATCH_COLUMNS)}")
    return rows.apply(pd.to_numeric, errors="coerce").dropna().astype(float)


def begin_batches(path: Path, epoch: int, batch: int) -> None:
    """Keep the rows up to this batch of the epoch after `epoch`, which will be trained again.

    A damaged curve begins anew: it is not worth the training.
    """
    rows = _no_batches()
    with suppress(RunDamaged):
        rows = read_batches(path)
    kept = rows[(rows.epoch <= epoch) | ((rows.epoch == epoch + 1) & (rows.batch <= batch))]
    kept = kept.astype({"epoch": int, "batch": int})
    write(path / BATCHES, lambda part: kept.to_csv(part, index=False, float_format=DIGITS))


def append_batches(path: Path, rows: Sequence[tuple[float, ...]]) -> None:
    """Rows in the order of BATCH_COLUMNS."""
    with (path / BATCHES).open("a", encoding="utf-8") as file:
        file.write("".join(",".join(DIGITS % value for value in row) + "\n" for row in rows))


def save_glimpse(path: Path, epoch: int, glimpse: Glimpse) -> None:
    def compress(part: Path) -> None:
        with part.open("wb") as file:
            half = {name: array.astype(np.float16) for name, array in vars(glimpse).items()}
            np.savez_compressed(file, **half)

    write(path / EPOCHS / f"{epoch:04}.npz", compress)


def glimpses(path: Path) -> list[int]:
    """Epochs of which there is a glimpse, in order; 0 is before the training."""
    names = (file.stem for file in (path / EPOCHS).glob("*.npz"))
    return sorted(int(name) for name in names if name.isdecimal())


def read_glimpse(path: Path, epoch: int) -> Glimpse:
    """Raises RunDamaged."""
    return read(path / EPOCHS / f"{epoch:04}.npz", _load_glimpse)


def _load_glimpse(file: Path) -> Glimpse:
    with arrays_in(file) as arrays:
        probs, filters = (arrays[name].astype(np.float32) for name in ("probs", "filters"))
    if probs.shape != (PLAIN + HARD, CLASSES) or filters.ndim != 3 or not filters.size:
        raise ValueError("it holds no answers to the digits that are shown, or no filters")
    return Glimpse(probs, filters)


def save_checkpoint(
    path: Path, recipe: Recipe, checkpoint: Checkpoint, history: Sequence[Epoch]
) -> None:
    state = {
        "recipe": recipe.to_json(), "checkpoint": checkpoint, "history": list(history),
    }  # fmt: skip
    whole = io.BytesIO()  # torch's own writer does not say that a disk is full
    torch.save(state, whole)
    write(path / CHECKPOINT, lambda part: part.write_bytes(whole.getbuffer()))


def load_checkpoint(path: Path, recipe: Recipe) -> tuple[Checkpoint | None, list[Epoch]]:
    """(checkpoint, history so far) of this very recipe; (None, []) where there is none yet.

    Raises RunDamaged, also where the checkpoint is another recipe's.
    """
    file = path / CHECKPOINT
    if not file.exists():
        return None, []
    trained, checkpoint, history = read(file, _load_state)
    if trained != recipe:
        raise RunDamaged(f"{path.name}/{CHECKPOINT} is of another recipe than {path.name}'s.")
    return checkpoint, history


def _load_state(file: Path) -> tuple[Recipe, Checkpoint, list[Epoch]]:
    try:
        # wherever it was trained, for it may go on where there is no GPU
        state = torch.load(file, map_location="cpu", weights_only=True)
        return Recipe.from_json(state["recipe"]), state["checkpoint"], state["history"]
    except Exception as error:  # a garbled file can fail in any part of torch's reader
        raise ValueError(f"it is no checkpoint ({type(error).__name__})") from error


def sweep(path: Path) -> None:
    """Take away what a worker killed in mid-write has left; only for who holds the lock."""
    for file in (CHECKPOINT, BATCHES, STATUS, CHANGES, TEACHERS, HISTORY, f"{EPOCHS}/*"):
        for part in path.glob(f"{file}.*.tmp"):
            part.unlink(missing_ok=True)


def read_note(path: Path) -> str:
    with suppress(OSError, ValueError):
        return (path / NOTE).read_text("utf-8")[:NOTE_LENGTH]
    return ""


def save_note(path: Path, text: str) -> None:
    write_text(path / NOTE, text[:NOTE_LENGTH])
