"""The digits themselves: MNIST as tensors in memory, and the split that every recipe keeps to."""

import gzip
import hashlib
import os
import shutil
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from torch import Tensor

DATA = Path(__file__).resolve().parent.parent / "data"
CLASSES = 10
SPLIT_SEED = 1998  # the year MNIST was published; any fixed number would do
HELD_OUT_SHARE = 1 / 12  # 5,000 of 60,000: held out by every recipe
# The published archives and their MD5 sums, as in torchvision's own MNIST class. That is not used
# here because its import takes as long as torch's.
ARCHIVES = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
IMAGES_START, LABELS_START = 16, 8  # bytes, after the file's own header

_UNPACKING = Lock()


class DataDamaged(RuntimeError):
    """A data file is missing or not what was published; the message says how to restore it."""


@dataclass(frozen=True)
class DigitSet:
    """Images and what they show.

    images: uint8 (N, 28, 28), 0 background to 255 ink. labels: int64 (N,), 0 to 9.
    """

    name: str
    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: str) -> "DigitSet":
        """The same digits in a device's memory."""
        return DigitSet(self.name, self.images.to(device), self.labels.to(device))

    def take(self, indices: Tensor | Sequence[int], name: str | None = None) -> "DigitSet":
        """The digits at `indices`, in that order."""
        index = torch.as_tensor(indices, dtype=torch.long)
        return DigitSet(name or self.name, self.images[index], self.labels[index])


@cache
def load_mnist(train: bool, root: Path = DATA) -> DigitSet:
    """MNIST's 60,000 training or 10,000 test digits, from the shipped archives.

    Read once per process; treat as read-only. Never touches the network. Raises DataDamaged.
    Source: LeCun, Cortes, Burges (1998), in their IDX format.
    """
    raw = root / "MNIST" / "raw"
    with _UNPACKING:  # sessions of a server may ask at once
        _unpack(raw)
    part = "train" if train else "t10k"
    images = np.fromfile(raw / f"{part}-images-idx3-ubyte", np.uint8, offset=IMAGES_START)
    labels = np.fromfile(raw / f"{part}-labels-idx1-ubyte", np.uint8, offset=LABELS_START)
    name = "MNIST training" if train else "MNIST test"
    return DigitSet(
        name, torch.from_numpy(images).view(-1, 28, 28), torch.from_numpy(labels).long()
    )


def split(digits: DigitSet, validation_share: float = HELD_OUT_SHARE) -> tuple[DigitSet, DigitSet]:
    """(training, validation): the same for everybody, with equally many of each class held out.

    Nested: a larger share holds out all that a smaller one does, so the digits of
    HELD_OUT_SHARE are unseen in training by every recipe, and models can be compared on them.
    Raises ValueError as places_held_out does.
    """
    held_out = places_held_out(digits, validation_share)
    kept = torch.ones(len(digits), dtype=torch.bool)
    kept[held_out] = False
    return (
        digits.take(kept.nonzero().flatten(), f"{digits.name}, to learn from"),
        digits.take(held_out, f"{digits.name}, held out"),
    )


def places_held_out(digits: DigitSet, validation_share: float = HELD_OUT_SHARE) -> Tensor:
    """Ascending places in `digits` of those that split() holds out. Raises ValueError for a share
    that is none, or that leaves nothing of a class to learn from."""
    if not 0 <= validation_share < 1:
        raise ValueError(f"The validation share must lie in 0 to 1, not {validation_share}.")
    per_class = round(len(digits) * validation_share / CLASSES)
    shuffled = torch.randperm(len(digits), generator=torch.Generator().manual_seed(SPLIT_SEED))
    labels = digits.labels[shuffled]
    by_class = [shuffled[labels == digit] for digit in range(CLASSES)]
    if min(len(members) for members in by_class) <= per_class:
        raise ValueError(f"A validation share of {validation_share:.0%} leaves a class empty.")
    return torch.cat([members[:per_class] for members in by_class]).sort().values


@cache
def held_out() -> DigitSet:
    """The 5,000 training digits that no recipe learns from."""
    return split(load_mnist(train=True), HELD_OUT_SHARE)[1]


def subset(digits: DigitSet, size: int, seed: int) -> DigitSet:
    """`size` digits drawn at random without replacement (seeded); all of them where size is N."""
    if not 0 < size <= len(digits):
        raise ValueError(f"Choose between 1 and {len(digits)} digits, not {size}.")
    if size == len(digits):
        return digits
    chosen = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))[:size]
    return digits.take(chosen.sort().values)


@cache
def _unpack(raw: Path) -> None:
    """Unpack what is not unpacked yet, after checking it against its MD5 sum."""
    for archive_name, md5 in ARCHIVES.items():
        archive, target = raw / archive_name, raw / archive_name.removesuffix(".gz")
        if _complete(archive, target):
            continue
        if not (archive.is_file() and _md5(archive) == md5):
            what = "damaged" if archive.exists() else "missing"
            raise DataDamaged(
                f"{archive_name} is {what}. Restore the shipped file with "
                "'git checkout -- data/MNIST/raw', or clone the project again."
            )
        # Several processes may unpack at once: each renames a whole file of its own into place.
        part = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        try:
            with gzip.open(archive) as packed, part.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
            os.replace(part, target)
        except OSError as error:
            raise DataDamaged(
                f"{archive_name} cannot be unpacked beside itself: {error}"
            ) from error
        finally:
            part.unlink(missing_ok=True)


def _md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()


def _complete(archive: Path, target: Path) -> bool:
    """Whether `target` has the check sum and size that gzip wrote at the archive's end."""
    if not (archive.is_file() and target.is_file() and archive.stat().st_size > 8):
        return False
    with archive.open("rb") as packed:
        packed.seek(-8, os.SEEK_END)
        checksum, size = struct.unpack("<II", packed.read(8))
    return target.stat().st_size == size and zlib.crc32(target.read_bytes()) == checksum
