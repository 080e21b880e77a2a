"""Reading files in a thread of its own: it can be asked how far it is, and stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import cached_property
from threading import Event, Thread

from digitcore.digits import load_mnist
from digitcore.own.advice import warnings
from digitcore.own.files import LIMITS, Upload, read_files
from digitcore.own.reading import Found, Limits
from digitcore.own.store import Refused

LEFT = 300.0  # seconds without a question after which nobody waits for the answer any more


class Stopped(Exception):
    """Nobody wants the answer any more."""


class Checking:
    """The digits of some files: found, or refused and why, once it has ended; or neither, where it
    was stopped. done, total: pictures so far."""

    def __init__(self, files: Sequence[Upload], limits: Limits = LIMITS) -> None:
        self.found: Found | None = None
        self.refused = ""
        self.done = self.total = 0
        self._stop = Event()
        self._begun = self._asked = time.monotonic()
        self._thread = Thread(target=self._read, args=(files, limits), daemon=True)
        self._thread.start()

    def ended(self, patience: float = 0.0) -> bool:
        """Whether it has, after waiting for that at most so many seconds."""
        self._asked = time.monotonic()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """It ends after the picture that it is at."""
        self._stop.set()

    @cached_property
    def warnings(self) -> list[str]:
        """What of the digits is not as it should be. Raises DataDamaged."""
        if not self.found:
            return []
        test, training = (load_mnist(train=train).images.numpy() for train in (False, True))
        return warnings(self.found.images, self.found.labels, test, training)

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.done / max(time.monotonic() - self._begun, 1e-9)

    def _read(self, files: Sequence[Upload], limits: Limits) -> None:
        try:
            self.found = read_files(files, limits, self._tell)
        except Stopped:
            pass
        except Refused as refused:
            self.refused = str(refused)
        except MemoryError:
            self.refused = "The server has no room for so much at once. Upload a part of it."
        except Exception:
            logging.exception("Files could not be read")
            self.refused = "The files could not be read. The server's log says why."

    def _tell(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if self._stop.is_set() or time.monotonic() - self._asked > LEFT:
            raise Stopped
