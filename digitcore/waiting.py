"""The queue of a folder of runs: queue.json, changed by one at a time, whoever it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from digitcore.folder import NAME, UNREADABLE, dump, write_text
from digitcore.locks import holding
from digitcore.standing import is_run

QUEUE, LOCK = "queue.json", "queue.lock"
DAMAGED = tuple(kind for kind in UNREADABLE if kind is not OSError)


@dataclass(frozen=True)
class Waiting:
    """waiting: names in the order in which they will start. at_once: how many train together."""

    waiting: tuple[str, ...] = ()
    at_once: int = 1

    def without(self, name: str) -> "Waiting":
        return replace(self, waiting=tuple(other for other in self.waiting if other != name))


class Queue:
    """Who waits in a folder of runs; nothing of it is kept in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def now(self) -> Waiting:
        """Who waits; nobody where that cannot be read: no run is lost with it."""
        with suppress(OSError):
            return self._read()
        return Waiting()

    @contextmanager
    def changing(self) -> Iterator[Waiting]:
        """Who waits, while nobody else can change it. Raises Locked or OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with holding(self.folder / LOCK):
            yield self._read()

    def save(self, now: Waiting) -> None:
        """Only while changing."""
        write_text(self.folder / QUEUE, dump(asdict(now)))

    def _read(self) -> Waiting:
        """A damaged file is an empty queue; one that cannot be read now is an OSError, or who
        writes it anew would lose all who wait."""
        with suppress(FileNotFoundError, *DAMAGED):
            values = json.loads((self.folder / QUEUE).read_text("utf-8"))
            names = [name for name in values["waiting"] if NAME.fullmatch(name)]
            present = tuple(name for name in names if is_run(self.folder / name))
            return Waiting(present, max(1, int(values["at_once"])))
        return Waiting()
