"""The digits of an own set as a table that a person can read: number, label, source.

Only the sources are read from it: the labels that count are those beside the images.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from digitcore.own.told import source

HEADS = ("number", "label", "source")


def written(labels: Iterable[int], sources: Iterable[str]) -> str:
    """The text of the table; numbers count from 0, as everywhere."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(HEADS)
    pairs = zip(labels, sources, strict=True)
    table.writerows((number, int(label), told) for number, (label, told) in enumerate(pairs))
    return text.getvalue()


def sources_in(file: Path) -> list[str]:
    """What the table says of each digit. Raises ValueError, or OSError for no file."""
    with file.open(encoding="utf-8", newline="") as opened:
        try:
            heads, *found = [*csv.reader(opened)] or [[]]
        except csv.Error as error:
            raise ValueError(str(error)) from error
    if tuple(heads) != HEADS:
        raise ValueError("its columns are not number, label and source")
    numbers = [row[0] for row in found if len(row) == len(HEADS)]
    if numbers != [str(number) for number in range(len(found))]:
        raise ValueError("its rows are not numbered one after another")
    return [source(row[2]) for row in found]
