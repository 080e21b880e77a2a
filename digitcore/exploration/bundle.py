"""Digits of a catalogue as files to take away: pictures in folders, a table, or NumPy's own.

The table begins with `label,pixel0,...,pixel783`, as MNIST is often passed on, so that it can be
read again as a set of one's own; what else is known of a digit stands behind its pixels.
"""

import io
import zipfile
from collections.abc import Sequence

import numpy as np
import pandas as pd
from PIL import Image

from digitcore.exploration.catalogue import Catalogue

MOST_PICTURES = 10_000
INDEX = "index.csv"
PIXELS = 28 * 28
AT_ONCE = 4096  # digits, of which the text takes about 14 MB while it is made
WRITTEN = np.array([f",{value}" for value in range(256)], dtype="S4")  # filled up with zero bytes


class TooManyPictures(ValueError):
    """More than MOST_PICTURES digits as single pictures; the message says what to do instead."""


def as_csv(catalogue: Catalogue, places: Sequence[int] | np.ndarray) -> bytes:
    """A line of headings and one for each digit: label, 784 pixels of 0 to 255, row by row from the
    top left, and the other columns of the catalogue's table. About 2 kB a digit."""
    at = np.asarray(places, dtype=np.int64)
    rest = catalogue.table.drop(columns="label")
    headings = ["label", *(f"pixel{place}" for place in range(PIXELS)), *rest.columns]
    parts = [
        _lines(catalogue.images[part], catalogue.labels[part], rest.iloc[part])
        for part in np.split(at, range(AT_ONCE, len(at), AT_ONCE))
        if len(part)
    ]
    return b"".join([",".join(headings).encode(), b"\n", *parts])


def as_npz(catalogue: Catalogue, places: Sequence[int] | np.ndarray) -> bytes:
    """images uint8 (N, 28, 28), labels uint8, splits as text, numbers int32: each digit's place in
    its own set."""
    at = np.asarray(places, dtype=np.int64)
    rows = catalogue.table.iloc[at]
    file = io.BytesIO()
    np.savez_compressed(
        file,
        images=catalogue.images[at],
        labels=catalogue.labels[at].astype(np.uint8),
        splits=rows["split"].to_numpy(dtype=str),
        numbers=rows["number"].to_numpy(dtype=np.int32),
    )
    return file.getvalue()


def as_zip(catalogue: Catalogue, places: Sequence[int] | np.ndarray) -> bytes:
    """PNGs in a folder for each label, such as 4/test-00247.png, and index.csv, which says of each
    file what the catalogue's table knows. Raises TooManyPictures."""
    at = np.asarray(places, dtype=np.int64)
    if len(at) > MOST_PICTURES:
        raise TooManyPictures(
            f"Up to {MOST_PICTURES:,} digits can be taken as pictures, not {len(at):,}. "
            "Take fewer, or a CSV or NumPy file, which have no limit."
        )
    rows = catalogue.table.iloc[at]
    names = [
        f"{label}/{split}-{number:05}.png"
        for label, split, number in zip(rows["label"], rows["split"], rows["number"], strict=True)
    ]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNGs are packed already
        for name, image in zip(names, catalogue.images[at], strict=True):
            archive.writestr(name, _png(image))
        index = rows.copy()
        index.insert(0, "file", names)
        archive.writestr(INDEX, index.to_csv(index=False))
    return file.getvalue()


def _lines(images: np.ndarray, labels: np.ndarray, rest: pd.DataFrame) -> bytes:
    """The lines of (n, 28, 28) digits. All parts of a line are as long as the longest of their
    kind at first, filled up with zero bytes, which are then taken out at once."""
    tails = np.array(rest.to_csv(index=False, header=False).splitlines(), dtype=bytes)
    parts = (
        labels.astype("S1"), WRITTEN[images.reshape(len(images), -1)],
        np.full(len(images), b","), tails, np.full(len(images), b"\n"),
    )  # fmt: skip
    letters = [np.ascontiguousarray(p).view(np.uint8).reshape(len(images), -1) for p in parts]
    return np.concatenate(letters, axis=1).tobytes().translate(None, b"\0")


def _png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()
