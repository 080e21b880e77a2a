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

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
BEFORE = r"(?:(?:digit|class|label|number)[ _-]?)?"
FOLDER = re.compile(rf"{BEFORE}([0-9]|{'|'.join(WORDS)})", re.IGNORECASE)
PADDED = re.compile(rf"{BEFORE}0+([0-9])", re.IGNORECASE)  # 03, which may also count writers
FILE = re.compile(r"([0-9])(?![0-9]).*")
NUMBER = re.compile(r"([0-9]+)(.*)")
RULE = (
    "The folder that a picture lies in says which digit it is: 0 to 9, digit_0 to digit_9, or zero "
    "to nine. Without such a folder the picture's own name does, if it begins with one digit, as "
    "in 7_0001.png; names that only count, from 1.png to 10.png and on, say nothing."
)
LOOSE = "pictures"
PACKED = b"PK\x03\x04"


class Unreadable(ValueError):
    """A file that cannot be read; the message says why."""


def label_of(path: str) -> int | None:
    """The digit that a picture's path says it is, by the RULE; None if it says none."""
    folder = _by_folder(path)
    if folder is not None:
        return folder
    named = FILE.fullmatch(_parts(path)[-1]) if path else None
    return int(named[1]) if named else None


def _by_folder(path: str) -> int | None:
    folders = [folder.strip() for folder in reversed(_parts(path)[:-1])]
    for form in (FOLDER, PADDED):
        for folder in folders:  # the innermost says it
            if found := form.fullmatch(folder):
                word = found[1].lower()
                return WORDS.index(word) if word in WORDS else int(word)
    return None


def _parts(path: str) -> tuple[str, ...]:
    return PurePosixPath(path.replace("\\", "/")).parts


def _counts(path: str) -> tuple[int, str] | None:
    """How many digits the number has with which a picture's name begins, and what follows it; None
    where it begins otherwise, or a folder says which digit it is."""
    found = NUMBER.fullmatch(PurePosixPath(path.replace("\\", "/")).stem)
    return (len(found[1]), found[2]) if found and _by_folder(path) is None else None


def read_pictures(
    files: Iterable[tuple[str, Callable[[], bytes]]], total: int, origin: str, limits: Limits,
    tell: Tell = say_nothing,
) -> Found:  # fmt: skip
    """All pictures that can be taken; there may be none.

    files: the path of each and what gives its bytes, or raises Unreadable. total: how many there
    are. Raises Refused for too many digits, or too many pixels together.
    """
    files = list(files)
    # 1_scan.png means nothing where there is a 10_scan.png
    counting = {rest for length, rest in filter(None, (_counts(path) for path, _ in files))
                if length > 1}  # fmt: skip
    images: list[Bytes] = []
    labels: list[int] = []
    sources: list[str] = []
    left_out: list[str] = []
    changed = pixels = 0
    for done, (path, read) in enumerate(files):
        tell(done, total)
        try:
            label, data = _label(path, counting), read()
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


def _label(path: str, counting: set[str]) -> int:
    """counting: what follows the numbers of names that only count the pictures."""
    label = label_of(path)
    counts = _counts(path)
    if label is None or (counts and counts[1] in counting):
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
