"""How a run stands: what its folder says, and whether a worker lives that holds its lock."""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from digitcore import progress, wishes
from digitcore.folder import RunDamaged
from digitcore.locks import is_held
from digitcore.progress import Changes, Status
from digitcore.recipes import Recipe
from digitcore.runs import HISTORY, RECIPE, RESULT, STATE, Result, Run

HALTED = ("paused", "interrupted", "failed")  # and can be resumed
KNOWN = (RECIPE, HISTORY, STATE, RESULT, progress.STATUS, progress.CHECKPOINT)


@dataclass(frozen=True)
class Job:
    """A run as it stands. state: one of progress.AT_WORK while a worker lives ('pausing' and
    'stopping' once asked to), 'waiting', 'not started', 'interrupted' where its worker died,
    'damaged' with the damage in words, or one of progress.ENDED.
    """

    path: Path
    state: str
    status: Status | None = None
    recipe: Recipe | None = None
    changes: Changes = field(default_factory=Changes)
    damage: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def alive(self) -> bool:
        return self.state in (*progress.AT_WORK, "pausing", "stopping")

    @property
    def active(self) -> bool:
        """Whether something will happen to it by itself."""
        return self.alive or self.state == "waiting"

    @property
    def planned(self) -> Recipe | None:
        """The recipe with what was changed on the way."""
        return self.changes.applied(self.recipe) if self.recipe else None

    @property
    def as_it_learns(self) -> Recipe | None:
        """The recipe with all that was changed on the way, its learning rate too."""
        return self.changes.as_it_learns(self.recipe) if self.recipe else None

    @property
    def begun(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return (self.path / progress.CHECKPOINT).is_file()

    @property
    def has_best(self) -> bool:
        """Whether an epoch has ended, so that there is a best one to keep."""
        return self.begun and self.status is not None and self.status.epoch > 0

    @property
    def has_curve(self) -> bool:
        """Whether the first batches have been written down."""
        rows = self.path / progress.BATCHES
        return rows.is_file() and rows.stat().st_size > len(",".join(progress.BATCH_COLUMNS)) + 1

    @cached_property
    def result(self) -> Result | None:
        """The figures, once it is a finished run and they can be read."""
        with suppress(RunDamaged):
            return Run(self.path).result
        return None

    @cached_property
    def note(self) -> str:
        return progress.read_note(self.path)


def last_status(path: Path) -> Status | None:
    """As its worker last wrote it. Where that is gone or damaged, as other files tell how far the
    run is. None for one that never began."""
    with suppress(RunDamaged):
        known = progress.read_status(path)
        if known:
            return known
    run, epochs, finished = Run(path), 0, (path / RESULT).is_file()
    if not finished and not (path / progress.CHECKPOINT).is_file():
        return None
    with suppress(RunDamaged):
        epochs = len(run.history)
        finished = finished and run.result.epochs >= epochs  # else it is trained further
    with suppress(RunDamaged, ValueError):
        planned = progress.read_changes(path).applied(run.recipe)
        return Status("finished" if finished else "training", epochs, planned.epochs)
    return None


def stand(path: Path, queued: bool) -> Job:
    """How the run in a folder stands; what cannot be read makes it a damaged one."""
    held = is_held(path / progress.LOCK)  # before and after: it may end, or begin, in between
    try:
        status, changes = last_status(path), progress.read_changes(path)
        recipe = Run(path).recipe
        changes.applied(recipe)
    except (RunDamaged, ValueError) as damage:
        return Job(path, "training" if held else "damaged", damage=str(damage))
    held = held or is_held(path / progress.LOCK)
    return Job(path, _state(path, status, held, queued), status, recipe, changes)


def _state(path: Path, status: Status | None, held: bool, queued: bool) -> str:
    said = status.state if status else "not started"
    if held:
        wish = wishes.asked(path)
        if wish and said != "finishing":
            return {"pause": "pausing", "stop": "stopping"}[wish]
        leaving = {"paused": "pausing", "stopped": "stopping"}  # it has said so, and is not gone
        return said if said in progress.AT_WORK else leaving.get(said, "finishing")
    if queued:
        return "waiting"
    return "interrupted" if said in progress.AT_WORK else said


def is_run(path: Path) -> bool:
    """Whether a folder holds a run, if only the rest of one."""
    return path.is_dir() and any((path / name).exists() for name in KNOWN)


def age(path: Path) -> tuple[int, str]:
    """By when its recipe was written; a clock that jumps can only change the order of a list."""
    with suppress(OSError):
        return (path / RECIPE).stat().st_mtime_ns, path.name
    return 0, path.name
