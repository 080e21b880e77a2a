"""Pictures of one digit each, whose folders or names say which digit it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

import numpy as np

from digitcore import ink
from digitcore.ink.mnist import SIDE
from digitcore.ink.outcome import Bytes
from digitcore.own.reading import (
    PROBLEMS,
    Found,
    Limits,
    Tell,
    check_count,
    converted,
    say_nothing,
)
from digitcore.own.store import Refused
from digitcore.own.told import shown, source

FOLDER = re.compile(r"(?:(?:digit|class|label)[ _-]?)?([0-9])", re.IGNORECASE)
FILE = re.compile(r"([0-9])(?![0-9]).*")
RULE = (
    "The folder that a picture lies in says which digit it is: 0 to 9, or digit_0 to digit_9. "
    "Without such a folder the picture's own name does, if it begins with one digit, as in "
    "7_0001.png."
)
LOOSE = "pictures"
PACKED = b"PK\x03\x04"


class Unreadable(ValueError):
    """A file that cannot be read; the message says why."""


def label_of(path: str) -> int | None:
    """The digit that a picture's path says it is, by the RULE; None if it says none."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    for folder in reversed(parts[:-1]):  # the innermost says it
        if found := FOLDER.fullmatch(folder.strip()):
            return int(found[1])
    named = FILE.fullmatch(parts[-1]) if parts else None
    return int(named[1]) if named else None


def read_pictures(
    files: Iterable[tuple[str, Callable[[], bytes]]], total: int, origin: str, limits: Limits,
    tell: Tell = say_nothing,
) -> Found:  # fmt: skip
    """All pictures that can be taken; there may be none.

    files: the path of each and what gives its bytes, or raises Unreadable. total: how many there
    are. Raises Refused for too many digits, or too many pixels together.
    """
    images: list[Bytes] = []
    labels: list[int] = []
    sources: list[str] = []
    left_out: list[str] = []
    changed = pixels = 0
    for done, (path, read) in enumerate(files):
        tell(done, total)
        try:
            label, data = _label(path), read()
            pixels = _counted(pixels, data, limits)
            image, differs = _image(data)
        except (Unreadable, *PROBLEMS) as problem:
            left_out.append(f"{shown(path)}: {problem}")
            continue
        images.append(image)
        labels.append(label)
        sources.append(source(path))
        changed += differs
        check_count(len(images), limits)
    stack = np.stack(images) if images else np.zeros((0, SIDE, SIDE), dtype=np.uint8)
    return Found(stack, np.array(labels, dtype=np.int64), origin, tuple(left_out), changed,
                 tuple(sources))  # fmt: skip


def _label(path: str) -> int:
    label = label_of(path)
    if label is None:
        raise Unreadable("Neither its folder nor its name says which digit it is.")
    return label


def _counted(before: int, data: bytes, limits: Limits) -> int:
    """Pixels so far: a small file may hold very many, and each costs time."""
    pixels = before + min(ink.count_pixels(data), ink.MAX_PIXELS)
    if pixels > limits.pixels:
        raise Refused(
            f"The pictures have more than {limits.pixels / 1e6:,.0f} million pixels together. "
            "Save them smaller, or upload fewer at a time."
        )
    return pixels


def _image(data: bytes) -> tuple[Bytes, bool]:
    if data.startswith(PACKED):
        raise Unreadable("It is a ZIP inside a ZIP. Upload it by itself.")
    return converted(ink.decode(data))
