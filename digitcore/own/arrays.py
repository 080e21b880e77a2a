"""Digits as arrays: IDX files as MNIST's own, NumPy's NPY, and NPZ with several arrays."""

from __future__ import annotations

import io
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from tokenize import TokenError
from typing import Any, Literal

import numpy as np
from numpy.lib import format as npy

from digitcore.digits import CLASSES
from digitcore.ink.outcome import Bytes
from digitcore.own.pictures import Unreadable
from digitcore.own.reading import (
    Found,
    Limits,
    Tell,
    as_bytes,
    check_count,
    convert_all,
    joined,
    say_nothing,
    with_labels,
)
from digitcore.own.store import Refused
from digitcore.own.told import shown
from digitcore.own.zips import open_zip, read_member

IDX_IMAGES, IDX_LABELS = b"\0\0\x08\x03", b"\0\0\x08\x01"  # 2051 and 2049
NPY = b"\x93NUMPY"
CHANNELS = (3, 4)
SIDES = (8, 2000)  # of a picture
ROLES = {  # what arrays are called; the rest of a name says which belong together
    "images", "image", "labels", "label", "x", "y", "data", "target", "targets", "digits",
    "idx1", "idx3", "ubyte", "gz", "npy", "pixels", "arr", "0", "1",
}  # fmt: skip
DAMAGE = (ValueError, EOFError, SyntaxError, TypeError, RecursionError, MemoryError, TokenError)
LABELS = {"labels", "label", "y", "target", "targets", "idx1"}
OTHERS = {"weight", "weights", "index", "indices", "id", "ids", "writer", "writers", "fold"}
"""What else there may be one of for each picture."""
MOST_ARRAYS = 1000  # of an NPZ: each is held against each other one
Arrays = Mapping[str, np.ndarray]


def read_npz(data: bytes, limits: Limits, tell: Tell = say_nothing) -> Found:
    """The digits of an NPZ file. Raises Refused for a file that plays tricks
    or is too large."""
    arrays, lines = {}, []
    with open_zip(data, limits) as archive:
        if len(archive.infolist()) > MOST_ARRAYS:
            raise Refused(f"The NPZ file has more than {MOST_ARRAYS:,} arrays. It is not read.")
        for member in archive.infolist():
            name = shown(member.filename.removesuffix(".npy"))
            try:
                arrays[name] = parse_npy(read_member(archive, member, limits.unpacked))
            except Unreadable as problem:
                if ROLES.intersection(_words(name)):  # others may hold what they like
                    lines.append(f"{name}: {problem}")
    return read_arrays(arrays, "NPZ", limits, tell, lines)


def parse_npy(data: bytes) -> np.ndarray:
    """An array out of the bytes of an NPY file, whose header is not believed. Raises Unreadable."""
    file = io.BytesIO(data)
    try:
        version = npy.read_magic(file)
        read: Any = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, by_columns, kind = read(file)
    except DAMAGE as damage:
        raise Unreadable("It is no NPY file, or damaged.") from damage
    if kind.hasobject or kind.kind not in "buif":
        raise Unreadable("It holds other things than numbers.")
    if math.prod(shape) * kind.itemsize != len(data) - file.tell():
        raise Unreadable("It is damaged or was cut off: its size is not what it says.")
    flat = np.frombuffer(data, kind, offset=file.tell())
    return _shaped(flat, shape, "F" if by_columns else "C")


def parse_idx(data: bytes) -> np.ndarray:
    """An array of bytes out of an IDX file. Raises Unreadable.

    Source: the format as described with MNIST (LeCun, Cortes, Burges 1998): two zeros, the kind of
    number, how many dimensions, the size of each as big-endian int32, then the numbers.
    """
    dimensions = data[3]
    head = 4 + 4 * dimensions
    if data[2] != 8 or dimensions not in (1, 3) or len(data) < head:
        raise Unreadable("It is an IDX file, but neither of images nor of labels in bytes.")
    shape = struct.unpack(f">{dimensions}I", data[4:head])
    if math.prod(shape) != len(data) - head:
        raise Unreadable(
            f"It is damaged or was cut off: it says that it holds {' x '.join(map(str, shape))} "
            f"bytes, and holds {len(data) - head:,}."
        )
    return _shaped(np.frombuffer(data, np.uint8, offset=head), shape)


def _shaped(flat: np.ndarray, shape: tuple[int, ...], order: Literal["C", "F"] = "C") -> np.ndarray:
    """Raises Unreadable for a shape that no array has, though its product is right."""
    try:
        return flat.reshape(shape, order=order)
    except DAMAGE as damage:
        raise Unreadable("It is damaged: no array has the shape that it says.") from damage


def read_arrays(arrays: Arrays, origin: str, limits: Limits, tell: Tell = say_nothing,
                lines: Sequence[str] = ()) -> Found:  # fmt: skip
    """All arrays of images for which there are labels. Raises Refused for too many digits.

    lines: what was left out before.
    """
    belonging, without = pairs(arrays)
    check_count(sum(len(arrays[images]) for images, _ in belonging), limits)
    parts, left_out = [], [*lines, *without]
    for images, labels in belonging:
        try:
            found = _read_pair(images, arrays[images], arrays[labels], origin, tell)
        except Refused as refused:
            left_out.append(f"{images}: {refused}")
        else:
            parts.append(found)
            left_out += found.left_out
    return joined(parts, left_out)


def pairs(arrays: Arrays) -> tuple[list[tuple[str, str]], list[str]]:
    """(images, labels) by name, and a line for each array without the other.

    Those belong together that have as many entries; where there is a choice, those whose names say
    the same besides what they hold, as x_train and y_train.
    """
    flat = [name for name, array in arrays.items() if _is_flat(array)]
    labels = [name for name in flat if not OTHERS.intersection(_words(name))]
    found, alone = [], []
    for name, array in arrays.items():
        if name in flat:
            continue
        fitting = [known for known in labels if array.ndim and len(arrays[known]) == len(array)]
        like = [known for known in fitting if _rest(known) == _rest(name)]
        if not like and len(fitting) != 1:
            alone.append(f"{name}: There are no labels beside it, one for each of its pictures.")
            continue
        chosen = (like or fitting)[0]
        found.append((name, chosen))
        labels.remove(chosen)
    rest = [name for name in labels if not found or LABELS.intersection(_words(name))]
    return found, [
        *alone,
        *(f"{name}: There are no pictures beside these labels." for name in rest),
    ]


def _is_flat(array: np.ndarray) -> bool:
    """Whether it holds one thing of each picture, say its label."""
    return array.ndim == 1 or (array.ndim == 2 and array.shape[1] in (1, CLASSES))


def _rest(name: str) -> list[str]:
    return [word for word in _words(name) if word not in ROLES]


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]


def _read_pair(name: str, images: np.ndarray, labels: np.ndarray, origin: str,
               tell: Tell) -> Found:  # fmt: skip
    """Raises Refused for an array that cannot be pictures."""

    def title(place: int) -> str:
        return f"No. {place:,} of {name}"  # from 0, as arrays count

    pictures, unit = as_bytes(_as_pictures(images))
    if "emnist" in _words(name) and origin != "NPZ" and not name.endswith(".npy"):
        pictures, origin = pictures.swapaxes(1, 2), "IDX of EMNIST, set upright"
    one_hot = labels.ndim == 2 and labels.shape[1] > 1
    numbers, good, unlabelled = with_labels(
        _from_one_hot(labels) if one_hot else labels.reshape(-1), title
    )
    places = np.flatnonzero(good)
    origin = f"{origin} with pixels from 0 to 1" if unit and images.dtype.kind == "f" else origin
    found = convert_all(pictures[good], numbers[good], origin,
                        lambda place: title(int(places[place])), tell)  # fmt: skip
    return replace(found, left_out=(*unlabelled, *found.left_out))


def _from_one_hot(labels: np.ndarray) -> np.ndarray:
    """(N, 10) -> (N,) float64: where the 1 is, or NaN for a row that is no share of ten classes."""
    rows = labels.astype(np.float64)
    shares = (rows >= 0).all(1) & np.isclose(rows.sum(1), 1, atol=1e-3)  # NaN is neither
    return np.where(shares, rows.argmax(1), np.nan)


def _as_pictures(array: np.ndarray) -> Bytes:
    """(N, H, W) or (N, H, W, 3 or 4) of the same numbers. Raises Refused."""
    if array.ndim == 2 and math.isqrt(array.shape[1]) ** 2 == array.shape[1]:
        side = math.isqrt(array.shape[1])
        array = array.reshape(-1, side, side)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    sides = array.shape[1:3]
    flat = array.ndim == 3 or (array.ndim == 4 and array.shape[3] in CHANNELS)
    if flat and all(SIDES[0] <= side <= SIDES[1] for side in sides):
        return array
    raise Refused(
        f"Its shape is {array.shape}. Pictures have the shape (count, height, width), or "
        "(count, 784), and sides of 8 to 2,000 pixels."
    )
