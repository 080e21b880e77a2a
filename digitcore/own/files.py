"""Uploaded files of any kind -> the digits in them. What a file is, its first bytes say."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from digitcore.own.arrays import NPY, parse_idx, parse_npy, read_arrays, read_npz
from digitcore.own.csvs import PIXELS, SEPARATORS, read_csv
from digitcore.own.pictures import LOOSE, PACKED, Unreadable, read_pictures
from digitcore.own.reading import (
    MEGA,
    Found,
    Limits,
    Tell,
    check_count,
    joined,
    say_nothing,
)
from digitcore.own.store import Refused
from digitcore.own.told import listed, shown
from digitcore.own.zips import files_in, read_zip

LIMITS = Limits()
PART = 2**20  # bytes that are unpacked at once
GZIP = b"\x1f\x8b"
NO_MEMBERS = b"PK\x05\x06"
NUMBERS = (8, 9, 11, 12, 13, 14)  # the kinds of number that an IDX file can hold
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF")
NAMED_SO = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
KINDS = "a ZIP of pictures, a CSV, IDX files, an NPZ file, NPY files, or pictures"
Job = Callable[[], Found]


@dataclass(frozen=True)
class Upload:
    """A file that a person sent, by a name that is not to be trusted."""

    name: str
    data: bytes


def read_files(files: Sequence[Upload], limits: Limits = LIMITS, tell: Tell = say_nothing) -> Found:
    """The digits of all the files together. A file among several that cannot be read is left out.

    Raises Refused where there is no digit to be taken, with the reasons; for files that are too
    large together or hold too many digits; and for a single file that plays tricks.
    """
    if sum(len(file.data) for file in files) > limits.upload:
        raise Refused(f"The files have more than {limits.upload / MEGA:,.0f} MB together.")
    parts: list[Found] = []
    left_out: list[str] = []
    files = [inner for file in files for inner in _taken_out(file, limits)]
    for name, job in _jobs(_unpacked(files, limits, left_out), limits, tell, left_out):
        several = name and len(files) > 1
        try:
            found = job()
        except Refused as refused:
            if len(files) == 1:
                raise
            left_out.append(f"{name}: {refused}" if several else str(refused))
        else:
            found = found.of(name) if several else found
            left_out += found.left_out
            parts.append(found)
            check_count(sum(len(part.labels) for part in parts), limits)
    return _whole(parts, left_out)


def kind_of(file: Upload) -> str:
    """By its first bytes, and only where they say nothing by its name: "zip", "npz", "gzip",
    "npy", "idx", "picture", "csv". Raises Unreadable for anything else."""
    data, name = file.data, file.name.lower()
    if not data:
        raise Unreadable("The file is empty.")
    if data.startswith((PACKED, NO_MEMBERS)):
        return "npz" if _first_member(data).endswith(b".npy") else "zip"
    for begin, kind in ((GZIP, "gzip"), (NPY, "npy")):
        if data.startswith(begin):
            return kind
    if data[:2] == b"\0\0" and len(data) > 3 and data[2] in NUMBERS:
        return "idx"
    if data.startswith(PICTURES):
        return "picture"
    if name.endswith((".csv", ".tsv")) or _is_table(data):
        return "csv"
    if name.endswith(NAMED_SO):  # the reader of pictures says what is wrong with it
        return "picture"
    raise Unreadable(f"It is none of the files that can be read: {KINDS}.")


def _taken_out(file: Upload, limits: Limits) -> list[Upload]:
    """What lies in a ZIP of files, or the file itself; why a ZIP cannot be read its reader says."""
    try:
        inner = files_in(file.data, limits) if kind_of(file) == "zip" else []
    except (Refused, Unreadable):
        inner = []
    return [Upload(name, data) for name, data in inner] or [file]


def _first_member(data: bytes) -> bytes:
    return data[30 : 30 + int.from_bytes(data[26:28], "little")]


def _is_table(data: bytes) -> bool:
    first = data[: 64 * PIXELS].splitlines()[0]
    return max(first.count(separator.encode()) for separator in SEPARATORS) >= PIXELS


def _unpacked(files: Sequence[Upload], limits: Limits, left_out: list[str]) -> Iterator[Upload]:
    """The files, with what is packed by gzip unpacked, which has a bound for all of them."""
    left = limits.unpacked
    for file in files:
        if not file.data.startswith(GZIP):
            yield file
            continue
        data = bytearray()
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(file.data)) as packed:
                while left >= 0 and (part := packed.read(PART)):
                    data += part
                    left -= len(part)  # also of one that is damaged further on
        except (OSError, EOFError, zlib.error):
            left_out.append(f"{shown(file.name)}: It is damaged or was cut off.")
            continue
        if left < 0:
            raise Refused(f"Unpacked, {shown(file.name)} has more than the "
                          f"{limits.unpacked / MEGA:,.0f} MB that can be read.")  # fmt: skip
        yield Upload(
            file.name[:-3] if file.name.lower().endswith(".gz") else file.name, bytes(data)
        )


def _jobs(
    files: Iterator[Upload], limits: Limits, tell: Tell, left_out: list[str]
) -> Iterator[tuple[str, Job]]:
    """What there is to read, with the file's name where it is one file: arrays belong together,
    and so do pictures."""
    arrays: dict[str, np.ndarray] = {}
    pictures: list[Upload] = []
    alone = {"zip": read_zip, "npz": read_npz, "csv": read_csv}
    for file in files:
        name = shown(file.name)
        try:
            kind = kind_of(file)
            if kind in alone:
                yield name, partial(alone[kind], file.data, limits, tell)
            elif kind == "picture":
                pictures.append(file)
            elif kind == "gzip":
                raise Unreadable("It is packed twice. Unpack it once.")
            elif name in arrays:
                raise Unreadable("Another file has the same name. Rename one of them.")
            else:
                arrays[name] = (parse_idx if kind == "idx" else parse_npy)(file.data)
        except Unreadable as problem:
            left_out.append(f"{name}: {problem}")
    if arrays:
        origin = "NPY" if any(name.endswith(".npy") for name in arrays) else "IDX"
        yield "", partial(read_arrays, arrays, origin, limits, tell)
    if pictures:
        data = ((file.name, partial(bytes, file.data)) for file in pictures)
        yield "", partial(read_pictures, data, len(pictures), LOOSE, limits, tell)


def _whole(parts: Sequence[Found], left_out: Sequence[str]) -> Found:
    found = joined(parts, left_out)
    if not len(found.labels):
        raise Refused("\n".join(["No digit could be read.", *listed(left_out, 10)]))
    return found
