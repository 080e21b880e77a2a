"""Sets of penned digits, equally many of each form; and of other things."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from digitcore.digits import DigitSet
from digitcore.penned.forms import FORMS, NO_DIGIT, OTHERS, Form
from digitcore.penned.paths import Chance
from digitcore.penned.pen import drawn


def penned_digits(count: int, seed: int) -> DigitSet:
    """`count` digits drawn by the prototypes in low.py and high.py; the same for the same seed.

    Fewer than there are FORMS are of the first ones alone, and lack the higher digits.
    """
    images = _drawn(FORMS, count, Generator().manual_seed(seed))
    shares = torch.tensor(_shares(count, len(FORMS)))
    labels = torch.tensor([form.digit for form in FORMS]).repeat_interleave(shares)
    return DigitSet("penned digits", torch.cat(images), labels)


def penned_others(count: int, seed: int) -> DigitSet:
    """`count` letters, signs, scribbles, shapes and pairs of digits, all labelled NO_DIGIT."""
    images = _drawn(OTHERS, count, Generator().manual_seed(seed))
    return DigitSet("no digits", torch.cat(images), torch.full((count,), NO_DIGIT))


def penned_form(form: Form, count: int, seed: int) -> Tensor:
    """uint8 (count, 28, 28) of one form of a digit, or of one other thing."""
    return drawn(form.shape, Chance(count, Generator().manual_seed(seed)), form.narrowest)


def _drawn(forms: Sequence[Form], count: int, generator: Generator) -> list[Tensor]:
    return [
        drawn(form.shape, Chance(share, generator), form.narrowest)
        for form, share in zip(forms, _shares(count, len(forms)), strict=True)
        if share
    ]


def _shares(count: int, parts: int) -> list[int]:
    """`count` in `parts` whole numbers that differ by one at most."""
    return [count // parts + (part < count % parts) for part in range(parts)]
