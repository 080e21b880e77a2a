"""Small files that show how own digits may be sent, made of MNIST's own."""

from __future__ import annotations

import io
from zipfile import ZipFile

import numpy as np
from PIL import Image

from digitcore.digits import CLASSES, DigitSet
from digitcore.own.csvs import write_csv


def example_csv(digits: DigitSet) -> bytes:
    """One digit of each class, as a CSV."""
    return write_csv(_first(digits, 1))


def example_zip(digits: DigitSet) -> bytes:
    """Two digits of each class, as PNG files in folders 0 to 9."""
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        chosen = _first(digits, 2)
        for place, (image, label) in enumerate(zip(chosen.images, chosen.labels, strict=True)):
            archive.writestr(f"digits/{int(label)}/{place:02}.png", png(image.numpy()))
    return file.getvalue()


def write_npz(digits: DigitSet) -> bytes:
    """A set as an NPZ with images and labels."""
    file = io.BytesIO()
    np.savez_compressed(file, images=digits.images.numpy(), labels=digits.labels.numpy())
    return file.getvalue()


def png(image: np.ndarray) -> bytes:
    """(28, 28) uint8 as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def _first(digits: DigitSet, many: int) -> DigitSet:
    """The first so many of each class, class by class."""
    labels = digits.labels.numpy()
    places = [np.flatnonzero(labels == digit)[:many] for digit in range(CLASSES)]
    return digits.take(np.concatenate(places).tolist())
