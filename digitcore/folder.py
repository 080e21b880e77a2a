"""Files of a run: written whole or not at all, and read with words for what is wrong."""

import json
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from threading import get_ident
from tokenize import TokenError
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np
from safetensors import SafetensorError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
T = TypeVar("T")
UNREADABLE = (
    OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RuntimeError,
    EOFError, SafetensorError, BadZipFile, zlib.error, LZMAError, SyntaxError, TokenError,
)  # fmt: skip
"""Of any reader of files; the last two NumPy's own, of a garbled heading."""


class RunDamaged(RuntimeError):
    """A file of a run is missing or cannot be read; the message names it."""


def dump(values: Any) -> str:
    """Readable JSON with a last line end."""
    return json.dumps(values, indent=2) + "\n"


def write(target: Path, how: Callable[[Path], Any]) -> None:
    """Write a whole file beside `target`, then rename it into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}-{get_ident()}.tmp")
    try:
        how(part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a whole text in place of `target`."""
    write(target, lambda part: part.write_text(text, "utf-8"))


def stamp_of(file: Path) -> tuple[int, int]:
    """Changes with every writing of a file; (0, 0) where there is none. To be compared for equality
    alone, since clocks may jump."""
    try:
        known = file.stat()
    except OSError:
        return 0, 0
    return known.st_mtime_ns, known.st_size


@contextmanager
def arrays_in(file: Path) -> Iterator[Mapping[str, np.ndarray]]:
    """The arrays of an NPZ file by name, each unpacked when asked for. It is opened here, because
    NumPy leaves a damaged one open. Raises what is in UNREADABLE."""
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        yield arrays


def read(file: Path, how: Callable[[Path], T]) -> T:
    """What `how` makes of a file. Raises RunDamaged where that fails."""
    try:
        return how(file)
    except FileNotFoundError as error:
        raise RunDamaged(f"{file.parent.name}/{file.name} is missing.") from error
    except UNREADABLE as error:
        raise RunDamaged(f"{file.parent.name}/{file.name} cannot be read: {error}") from error
