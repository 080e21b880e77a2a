"""What runs and ensembles may be called: they share their names, here and with what is shipped."""

import shutil
from pathlib import Path

from digitcore.folder import NAME
from digitcore.members import CHOSEN, DEFAULT
from digitcore.waiting import LOCK, QUEUE

DELETED = ".deleted-"
RESERVED = (
    CHOSEN,
    DEFAULT,
    "ensemble",
    "preferred",
)  # they mean something of their own on Draw and to REST


class Refused(ValueError):
    """What is asked for does not fit how things stand; the message says why."""


def checked(name: str, folder: Path, shipped: Path) -> str:
    """The name, if a new run or ensemble in `folder` may have it. Raises Refused.

    Champion is no name beside champion: people and some disks do not tell them apart.
    """
    if not NAME.fullmatch(name):
        raise Refused(
            "A name has up to 64 letters, digits, dots, dashes and underscores, no spaces, "
            "and begins with a letter or a digit."
        )
    taken = {path.name.lower(): path.name for there in (folder, shipped) for path in _inside(there)}
    if name.lower() in taken and taken[name.lower()] not in (QUEUE, LOCK):
        known = taken[name.lower()]
        raise Refused(f"There is a model called {known} already. Choose another name.")
    if name.lower() in (QUEUE, LOCK, *RESERVED):
        raise Refused(f"{name} has a meaning of its own here. Choose another name.")
    return name


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def discard(path: Path) -> None:
    """Take a run or an ensemble out of every list at once, then delete its files."""
    gone = path.with_name(f"{DELETED}{path.name}")
    shutil.rmtree(gone, ignore_errors=True)  # of one that was killed at this before
    path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
