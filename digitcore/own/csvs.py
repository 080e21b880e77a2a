"""A CSV with a digit in each row: its label and 784 pixels, row by row from the top left."""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from digitcore.digits import CLASSES, DigitSet
from digitcore.ink.mnist import SIDE
from digitcore.own.reading import (
    Found,
    Limits,
    Tell,
    as_bytes,
    check_count,
    convert_all,
    say_nothing,
    with_labels,
)
from digitcore.own.store import Refused
from digitcore.own.told import shown

PIXELS = SIDE * SIDE
LABELS = ("label", "labels", "class", "classes", "target", "targets", "digit", "digits", "y")
NUMBERED = re.compile(r"\D*(\d+)")
PIXEL = re.compile(r"(?:pixel|px|p)?[ _.]?\d+(?:x\d+)?", re.IGNORECASE)
SEPARATORS = ",;\t"
LONGEST = 32 * (PIXELS + 64)  # bytes of a line
AT_ONCE = 1000  # lines


class BadRow(ValueError):
    """A line that is no digit; the message says why."""


@dataclass(frozen=True)
class Layout:
    """Where things are: what parts columns, how many of them, which is the label, which the pixels;
    and the number of the first line with a digit, from 1."""

    separator: str
    width: int
    label: int
    pixels: tuple[int, ...]
    first: int


def read_csv(data: bytes, limits: Limits, tell: Tell = say_nothing) -> Found:
    """The digits of a CSV. Raises Refused where it does not have the columns, or too many rows."""
    data = data.removeprefix(BOM_UTF8).rstrip()
    check_count(max(data.count(b"\n"), data.count(b"\r")), limits)  # lines take much room
    lines = data.splitlines()
    layout = _layout(lines)
    lines = lines[layout.first - 1 :]
    check_count(len(lines), limits)
    numbers, places, left_out = _numbers(lines, layout)
    labels, good, unlabelled = with_labels(
        numbers[:, 0], lambda row: f"line {layout.first + places[row]:,}"
    )
    pixels, unit = as_bytes(numbers[good, 1:])
    places = places[good]
    origin = "CSV with pixels from 0 to 1" if unit and len(pixels) else "CSV"
    origin += ", the label in its last column" if layout.label == layout.width - 1 else ""
    found = convert_all(pixels.reshape(-1, SIDE, SIDE), labels[good], origin,
                        lambda row: f"line {layout.first + places[row]:,}", tell)  # fmt: skip
    return replace(found, left_out=(*left_out, *unlabelled, *found.left_out))


def write_csv(digits: DigitSet) -> bytes:
    """A set as a CSV that read_csv reads: label, pixel0 to pixel783, each from 0 to 255."""
    table = pd.DataFrame(digits.images.flatten(1).numpy())
    table.columns = pd.Index([f"pixel{place}" for place in range(PIXELS)])
    table.insert(0, "label", digits.labels.numpy())
    return table.to_csv(index=False).encode()


def _layout(lines: Sequence[bytes]) -> Layout:
    """From the first line, which may be a row of headings. Raises Refused."""
    if not lines or not lines[0].strip():
        raise Refused("The CSV is empty, or begins with an empty line.")
    if b"\0" in lines[0]:
        raise Refused("The CSV is not written as plain text. Save it as CSV in UTF-8.")
    start = lines[0][:LONGEST]
    separator = max(SEPARATORS, key=lambda known: start.count(known.encode()))
    cells = _cells(start, separator)
    names = [cell.strip().lower() for cell in cells]
    headed = bool(set(LABELS) & set(names)) or 2 * sum(map(_is_number, cells)) <= len(cells)
    label = _label_by_name(names) if headed else None
    if label is None:
        label = _label_by_content(lines[headed:], len(cells), separator)
    others = [place for place in range(len(names)) if place != label]
    if headed and len(others) != PIXELS:  # others are no harm, if the pixels can be told from them
        others = [place for place in others if PIXEL.fullmatch(names[place])]
    _check_width(len(others))
    if headed:
        others = _in_order(others, names)
    return Layout(separator, len(names), label, tuple(others), 1 + headed)


def _label_by_name(names: Sequence[str]) -> int | None:
    """The column whose heading says it, or the only one beside the pixels."""
    for known in LABELS:
        if known in names:
            return names.index(known)
    rest = [place for place, name in enumerate(names) if not PIXEL.fullmatch(name)]
    return rest[0] if len(rest) == 1 and len(names) == 1 + PIXELS else None


def _label_by_content(lines: Sequence[bytes], width: int, separator: str) -> int:
    """The first column, or the last where only that holds digits: a pixel in a corner is empty
    throughout, or any number. In all lines, for they may be in the order of their labels."""
    part = separator.encode()
    first = [line.split(part, 1)[0] for line in lines]
    last = [line.rsplit(part, 1)[-1] for line in lines]
    return width - 1 if _are_digits(last) and not _are_digits(first) else 0


def _are_digits(cells: Sequence[bytes]) -> bool:
    """Whether these are whole numbers from 0 to 9, and not 0 throughout."""
    try:
        numbers = {float(cell.strip(b'" ')) for cell in cells if cell.strip()}
    except ValueError:
        return False
    return numbers <= set(range(CLASSES)) and numbers != {0}


def _in_order(places: Sequence[int], names: Sequence[str]) -> list[int]:
    """Columns of pixels by the number in their headings, where each has its own."""
    found = [NUMBERED.fullmatch(names[place]) for place in places]
    numbers = [int(match[1]) for match in found if match]
    if len(set(numbers)) < len(places):
        return list(places)
    return [place for _, place in sorted(zip(numbers, places, strict=True))]


def _check_width(pixels: int) -> None:
    if pixels == PIXELS - 1:
        raise Refused(
            f"The first line of the CSV has {PIXELS} columns: pixels, and no label beside them."
        )
    if pixels != PIXELS:
        raise Refused(
            f"A row of the CSV has to hold a label and {PIXELS} pixels. The first line has "
            f"{max(pixels, 0):,} columns that can be pixels."
        )


def _cells(line: bytes, separator: str) -> list[str]:
    text = line.decode("utf-8", "replace")
    return next(csv.reader([text], delimiter=separator, strict=False), [])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(lines: Sequence[bytes], layout: Layout) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """float32 (N, 785) with the label first; (N,) places in `lines`; what was left out."""
    found, places, left_out = [], [], []
    for start in range(0, len(lines), AT_ONCE):
        part = lines[start : start + AT_ONCE]
        rows, at = _at_once(part, layout)
        if rows is None:
            rows, at, bad = _one_by_one(part, layout, layout.first + start)
            left_out += bad
        found.append(rows)
        places.append(at + start)
    if not found:
        return np.zeros((0, 1 + PIXELS), np.float32), np.zeros(0, np.int64), []
    return np.concatenate(found), np.concatenate(places), left_out


def _at_once(part: Sequence[bytes], layout: Layout) -> tuple[np.ndarray | None, np.ndarray]:
    """All rows of a part, or None where any of them is not as it should be."""
    at = np.arange(len(part))
    if max(map(len, part)) > LONGEST:
        return None, at
    try:
        table = pd.read_csv(
            io.BytesIO(b"\n".join(part)), sep=layout.separator, header=None, dtype=np.float32,
            usecols=[layout.label, *layout.pixels], skip_blank_lines=False, na_filter=True,
        )  # fmt: skip
    except (ValueError, OverflowError):  # pandas' own errors are ValueErrors
        return None, at
    rows = table[[layout.label, *layout.pixels]].to_numpy()
    whole = len(rows) == len(part) and table.shape[1] == 1 + PIXELS
    good = whole and bool(((rows >= 0) & (rows <= 255)).all())  # NaN is neither
    return (rows if good else None), at


def _one_by_one(
    part: Sequence[bytes], layout: Layout, first: int
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The rows that are as they should be, where they stand in the part, and why others do not.

    first: the number of the part's first line.
    """
    found, at, left_out = [np.zeros((0, 1 + PIXELS), np.float32)], [], []
    for place, line in enumerate(part):
        try:
            found.append(_row(line, layout)[None])
            at.append(place)
        except BadRow as bad:
            left_out.append(f"line {first + place:,}: {bad}")
    return np.concatenate(found), np.array(at, dtype=np.int64), left_out


def _row(line: bytes, layout: Layout) -> np.ndarray:
    """float32 (785,), the label first. Raises BadRow."""
    if len(line) > LONGEST or b"\0" in line:
        raise BadRow("It is not a row of numbers.")
    cells = _cells(line, layout.separator)
    if len(cells) != layout.width:
        raise BadRow(f"It has {len(cells):,} columns, not {layout.width:,}.")
    numbers = [_number(cells[place]) for place in (layout.label, *layout.pixels)]
    return np.array(numbers, dtype=np.float32)


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise BadRow(f'"{shown(cell)}" is not a number.') from None
    if not 0 <= value <= 255:
        raise BadRow(f"{value:g} is not a number from 0 to 255.")
    return value
