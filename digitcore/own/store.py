"""Own sets of digits: each a folder that a person can read.

    digits.npz    images uint8 (N, 28, 28) and labels uint8 (N,)
    digits.csv    number, label and source of each: which file or line it was; need not be there
    about.json    where they came from, what was left out and why; a folder without it is no set
    answers/      what models answered to them, see answers.py; can be deleted at any time

A set is written beside the others under a name that is none, and then renamed: it is there whole
or not at all, and of two that want the same name at once one gets it. A correction is written
beside the set too, and then moved into it file by file, the digits last.
"""

import errno
import json
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import torch

from digitcore.digits import CLASSES, DataDamaged, DigitSet
from digitcore.folder import NAME, RunDamaged, arrays_in, dump, read, stamp_of, write, write_text
from digitcore.locks import holding
from digitcore.own.correcting import Corrections, changed, corrected, same, told_left_out
from digitcore.own.refusals import NoSuchSet, Refused
from digitcore.own.table import sources_in, written
from digitcore.own.told import listed, source

__all__ = ["About", "NoSuchSet", "OwnSets", "Refused", "own_sets"]
OWN = Path(__file__).resolve().parent.parent.parent / "own"
DIGITS, TABLE, ABOUT = "digits.npz", "digits.csv", "about.json"
LOCK = ".lock"  # of a set that is being corrected
ANSWERS = "answers"  # the folder of what models answered, see answers.py
OURS = (DIGITS, TABLE, ABOUT, LOCK, ANSWERS)
MOST = 100_000  # digits in a set
NEW, GONE = ".new-", ".deleted-"  # a name cannot begin with a dot
ABANDONED = 3600.0  # seconds after which nobody writes or deletes any more
RESERVED = ("mnist", "own", "test", "validation", "training")  # they mean something here


@dataclass(frozen=True)
class About:
    """origin: what kind of file it was, for a person. left_out: what was not taken, and why."""

    origin: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnSets:
    """The sets in a folder, which need not exist yet."""

    folder: Path = OWN

    def names(self) -> list[str]:
        """Of all whole sets, in the order of the alphabet."""
        if not self.folder.is_dir():
            return []
        found = (path.name for path in self.folder.iterdir() if (path / ABOUT).is_file())
        return sorted(name for name in found if NAME.fullmatch(name))

    def load(self, name: str) -> DigitSet:
        """Raises NoSuchSet or DataDamaged."""
        try:
            return read(self._path(name) / DIGITS, lambda file: _load(name, file))
        except RunDamaged as damage:
            self._path(name)  # perhaps it was deleted meanwhile
            raise DataDamaged(f"own/{damage} Delete the set, or put the file back.") from damage

    def sources(self, name: str) -> list[str]:
        """Which file or line each digit was, in the set's order; "" where nobody knows, as in a
        set that was kept before that was written down. Raises NoSuchSet or DataDamaged."""
        size = len(self.load(name))
        with suppress(RunDamaged):
            found = read(self._path(name) / TABLE, sources_in)
            if len(found) == size:
                return found
        return [""] * size

    def about(self, name: str) -> About:
        """Raises NoSuchSet or DataDamaged."""
        try:
            return read(self._path(name) / ABOUT, _load_about)
        except RunDamaged as damage:
            self._path(name)
            raise DataDamaged(f"own/{damage} Delete the set, or put the file back.") from damage

    def stamp(self, name: str) -> tuple[int, int]:
        """Changes with every writing of a set's digits. Raises NoSuchSet."""
        return stamp_of(self._path(name) / DIGITS)

    def save(self, name: str, images: np.ndarray, labels: Sequence[int] | np.ndarray,
             about: About, sources: Sequence[str] = ()) -> DigitSet:  # fmt: skip
        """Keep uint8 (N, 28, 28) images with their labels, 0 to 9, under a new name.

        sources: for each, which file or line it was; none where nobody knows. Raises Refused for a
        name that is taken or none, and for no digits or too many; OSError where the disk is full:
        then nothing of it is left.
        """
        path = self.folder / self._new(name)
        if not 0 < len(images) <= MOST:
            raise Refused(f"A set has 1 to {MOST:,} digits, not {len(images):,}.")
        digits = _checked(name, np.asarray(images), np.asarray(labels))
        told = [source(words) for words in sources] or [""] * len(digits)
        stage = self._aside(NEW)
        try:
            _write(stage, digits, told, about)
            self._move_in(stage, path)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        return digits

    def correct(self, name: str, labels: Corrections, seen: DigitSet | None = None) -> DigitSet:
        """Give digits other labels, by their numbers, or leave them out where the label is None.

        seen: the set as the numbers were read from it; where it is another one by now, nothing is
        changed. Raises Refused for that, for numbers and labels that there are not, and where no
        digit would stay; NoSuchSet, DataDamaged, and OSError where the disk is full.
        """
        path = self._path(name)
        with holding(path / LOCK):
            digits, stamp = self.load(name), self.stamp(name)
            if seen is not None and not same(digits, seen):
                raise changed(name)
            new, kept = corrected(digits, labels)
            if same(new, digits):
                return digits
            self._replace(path, stamp, new, kept)
        return new

    def _replace(self, path: Path, stamp: tuple[int, int], new: DigitSet, kept: np.ndarray) -> None:
        """Other digits in a set's folder: `kept`, the places of those that it holds still. All is
        on the disk before any of it counts. Raises Refused where the set is not the same now."""
        about, sources = self.about(path.name), self.sources(path.name)
        about = About(about.origin, tuple(told_left_out(about.left_out, kept, sources)))
        stage = self._aside(NEW)
        try:
            _write(stage, new, [sources[place] for place in kept], about)
            if self.stamp(path.name) != stamp:
                raise changed(path.name)
            for file in (ABOUT, TABLE, DIGITS):
                os.replace(stage / file, path / file)
        except FileNotFoundError as error:  # deleted meanwhile
            raise NoSuchSet(path.name) from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def delete(self, name: str) -> None:
        """Raises NoSuchSet, OSError."""
        path = self._path(name)
        gone = self._aside(GONE)
        try:
            path.rename(gone)
        except FileNotFoundError as error:  # somebody else was faster
            raise NoSuchSet(name) from error
        shutil.rmtree(gone, ignore_errors=True)

    def _aside(self, kind: str) -> Path:
        """A path that nobody else uses; what was left at others by one that was killed goes."""
        for path in self.folder.glob(f"{kind}*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > ABANDONED:
                    shutil.rmtree(path, ignore_errors=True)
        return self.folder / f"{kind}{uuid4().hex}"

    def _move_in(self, stage: Path, path: Path) -> None:
        """All of a set at once. Raises Refused where another took the name meanwhile."""
        self._clear(path)
        try:
            stage.rename(path)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # perhaps deleted again by now
                raise _taken(path.name) from error
            raise

    def _clear(self, path: Path) -> None:
        """What is left at the path of a set that is none any more goes; another's set that comes
        there meanwhile stays, because what is looked at and then deleted is out of anybody's
        reach."""
        if not path.is_dir() or (path / ABOUT).is_file():  # in this order: a set may come between
            return
        if any(child.name not in OURS for child in path.iterdir()):
            return  # somebody's own folder, whose files are not ours to delete
        gone = self._aside(GONE)
        with suppress(OSError):
            path.rename(gone)
        if (gone / ABOUT).is_file():
            gone.rename(path)
        else:
            shutil.rmtree(gone, ignore_errors=True)

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name) or not (self.folder / name / ABOUT).is_file():
            raise NoSuchSet(name)
        return self.folder / name

    def _new(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise Refused(
                "A name has up to 64 letters, digits, dots, dashes and underscores, "
                "and begins with a letter or a digit."
            )
        if name.lower() in RESERVED:
            raise Refused(f"{name} has a meaning of its own here. Choose another name.")
        taken = {known.lower(): known for known in self.names()}
        if name.lower() in taken:
            raise _taken(taken[name.lower()])
        return name


def _write(stage: Path, digits: DigitSet, sources: Sequence[str], about: About) -> None:
    """All files of a set. Raises OSError, and ValueError for other sources than digits."""
    images, labels = digits.images.numpy(), digits.labels.numpy().astype(np.uint8)
    write(stage / DIGITS, lambda part: _compress(part, {"images": images, "labels": labels}))
    write_text(stage / TABLE, written(labels, sources))
    write_text(stage / ABOUT, dump(asdict(about)))


def _taken(name: str) -> Refused:
    return Refused(f"There is a set or a folder called {name} already. Choose another name.")


def own_sets() -> OwnSets:
    """The sets of this machine's users: in own/, or where DIGITS_OWN says."""
    return OwnSets(Path(os.environ.get("DIGITS_OWN") or OWN))


def _load(name: str, file: Path) -> DigitSet:
    with arrays_in(file) as arrays:
        return _checked(name, arrays["images"], arrays["labels"])


def _checked(name: str, images: np.ndarray, labels: np.ndarray) -> DigitSet:
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
        raise ValueError("its images are not (N, 28, 28) bytes with as many labels")
    if labels.dtype.kind not in "iu" or not np.isin(labels, np.arange(CLASSES)).all():
        raise ValueError("its labels are not all 0 to 9")
    return DigitSet(name, torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64)))


def _load_about(file: Path) -> About:
    values = json.loads(file.read_text("utf-8"))
    return About(str(values["origin"]), listed(tuple(map(str, values["left_out"]))))


def _compress(part: Path, arrays: dict[str, np.ndarray]) -> None:
    with part.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
