"""What a person asks of a worker while it trains: two files in the run's folder.

    wish.json    'pause' or 'stop'
    rate.json    another learning rate from the next batches on

The page writes them, the worker takes them away; what cannot be read was never asked.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from digitcore.folder import dump, write_text

WISH, RATE = "wish.json", "rate.json"
WISHES = ("pause", "stop")


def ask(path: Path, what: str) -> None:
    """Ask the worker to 'pause' or 'stop' after the batches that it is at."""
    if what not in WISHES:
        raise ValueError(f"A worker can be asked to {' or '.join(WISHES)}, not to {what!r}.")
    write_text(path / WISH, dump({"wish": what}))


def asked(path: Path) -> str | None:
    """What is asked of the worker: 'pause', 'stop' or nothing."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        what = json.loads((path / WISH).read_text("utf-8"))["wish"]
        return what if what in WISHES else None
    return None


def forget(path: Path) -> None:
    (path / WISH).unlink(missing_ok=True)


def ask_rate(path: Path, learning_rate: float) -> None:
    """Ask for another learning rate from the next batches on, in place of the recipe's."""
    write_text(path / RATE, dump({"learning_rate": learning_rate}))


def take_rate(path: Path) -> float | None:
    """The learning rate that is asked for, once; taken before it is read: no newer one is lost."""
    taken = path / f"{RATE}.taken"
    with suppress(OSError):
        os.replace(path / RATE, taken)
        return _rate_in(taken)
    return None


def asked_rate(path: Path) -> float | None:
    """The learning rate that is asked for and was not taken yet."""
    return _rate_in(path / RATE)


def _rate_in(file: Path) -> float | None:
    with suppress(OSError, ValueError, TypeError, KeyError):
        rate = float(json.loads(file.read_text("utf-8"))["learning_rate"])
        return rate if rate > 0 else None
    return None


def forget_rate(path: Path) -> None:
    (path / RATE).unlink(missing_ok=True)
