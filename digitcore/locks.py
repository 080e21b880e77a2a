"""Locks on files that the kernel lets go when their holder dies, however it dies.

So whether a worker lives never depends on a process number, a clock or a last sign of life. The
lock belongs to the open file: a child that inherits it holds it on. Source: flock(2).
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Locked(OSError):
    """Somebody else holds the lock."""


@contextmanager
def holding(file: Path, wait: float = 5.0) -> Iterator[int]:
    """Hold `file`'s lock, after at most `wait` seconds; gives its descriptor. Raises Locked."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, file, time.monotonic() + wait)
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(file: Path) -> bool:
    """Whether a process that lives holds `file`'s lock. Raises OSError where that cannot be asked:
    to be told that nobody does, a run could be deleted under its worker."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: askers do not see another
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, file: Path, end: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # perhaps only by somebody who asks whether it is held
            if time.monotonic() > end:
                raise Locked(f"{file} is in use.") from None
            time.sleep(0.02)
