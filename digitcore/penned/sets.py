"""Sets of penned digits, equally many of each digit and each of its forms; and of other things."""

from collections.abc import Iterable

import torch
from torch import Generator, Tensor

from digitcore.digits import CLASSES, DigitSet
from digitcore.penned.forms import FORMS
from digitcore.penned.others import OTHERS
from digitcore.penned.paths import Chance, Shape
from digitcore.penned.pen import drawn

NO_DIGIT = -1  # the label of what is no digit


def penned_digits(count: int, seed: int) -> DigitSet:
    """`count` digits drawn by the prototypes in forms.py; the same for the same seed."""
    generator = Generator().manual_seed(seed)
    shares = _shares(count, CLASSES)
    images, labels = [], []
    for digit, share in enumerate(shares):
        of_digit = [form.shape for form in FORMS if form.digit == digit]
        images += _drawn(of_digit, share, generator)
        labels += [digit] * share
    return DigitSet("penned digits", torch.cat(images), torch.tensor(labels))


def penned_others(count: int, seed: int) -> DigitSet:
    """`count` letters, signs, scribbles, shapes and pairs of digits, all labelled NO_DIGIT."""
    images = _drawn(OTHERS.values(), count, Generator().manual_seed(seed))
    return DigitSet("no digits", torch.cat(images), torch.full((count,), NO_DIGIT))


def penned_form(shape: Shape, count: int, seed: int) -> Tensor:
    """uint8 (count, 28, 28) of one form or one other thing."""
    return drawn(shape, Chance(count, Generator().manual_seed(seed)))


def _drawn(shapes: Iterable[Shape], count: int, generator: Generator) -> list[Tensor]:
    shapes = list(shapes)
    shares = zip(shapes, _shares(count, len(shapes)), strict=True)
    return [drawn(shape, Chance(share, generator)) for shape, share in shares if share]


def _shares(count: int, parts: int) -> list[int]:
    """`count` in `parts` whole numbers that differ by one at most."""
    return [count // parts + (part < count % parts) for part in range(parts)]
