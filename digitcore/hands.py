"""Digits and letters of handwriting fonts, and shapes: pictures that no network here learns from.

Yardsticks for two questions that MNIST cannot answer: are digits read as other hands write them,
and is what is no digit turned away. data/hands/README.md says what they are and whose; never train
on them. The part 'dev' is for choosing, 'test' for the figure that is then published.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from digitcore.digits import DATA, DataDamaged
from digitcore.folder import UNREADABLE, arrays_in

FILE, README = "hands/hands.npz", "hands/README.md"
SIDE = 28
PARTS = ("dev", "test")
KINDS = (
    "digit", "letter", "look-alike letter", "fashion", "scribble", "two digits", "symbol",
)  # fmt: skip
ARRAYS = ("images", "labels", "kinds", "parts", "families", "texts", "names", "refused")


@dataclass(frozen=True)
class Hands:
    """N images as `ink.read` made them of large black-on-white pictures. Treat as read-only.

    images: uint8 (N, 28, 28), 0 background to 255 ink. labels: int8 (N,), 0 to 9, or -1 for what
    is no digit. kinds, parts: uint8 (N,), places in KINDS and PARTS. families: int16 (N,), places
    in names, or -1 for what was drawn without a font. texts: what is shown ('7', 'K', 'sandal').
    refused: int (K, 2), how many pictures of each kind and part `ink.read` found no digit in.
    """

    images: np.ndarray
    labels: np.ndarray
    kinds: np.ndarray
    parts: np.ndarray
    families: np.ndarray
    texts: np.ndarray
    names: np.ndarray
    refused: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def only(self, kind: str, part: str | None = None) -> "Hands":
        """The images of one of KINDS, in one of PARTS or in both. Raises ValueError."""
        chosen = self.kinds == KINDS.index(kind)
        if part is not None:
            chosen &= self.parts == PARTS.index(part)
        return self.take(chosen)

    def take(self, chosen: np.ndarray) -> "Hands":
        """The images at `chosen`: places, or a mask."""
        each = {name: getattr(self, name)[chosen] for name in ARRAYS[:6]}
        return replace(self, **each)


@cache
def load_hands(root: Path = DATA) -> Hands:
    """The shipped yardsticks, read once per process. Raises DataDamaged."""
    try:
        with arrays_in(root / FILE) as arrays:
            hands = Hands(**{name: arrays[name] for name in ARRAYS})
        _check(hands)
    except UNREADABLE as damage:
        raise DataDamaged(
            f"data/{FILE} is missing or damaged ({damage}). Restore the shipped file with "
            "'git checkout -- data/hands'."
        ) from damage
    return hands


def _check(hands: Hands) -> None:
    """Raises ValueError where the arrays do not fit each other."""
    n = len(hands.images)
    whole = (
        hands.images.dtype == np.uint8
        and hands.images.shape == (n, SIDE, SIDE)
        and all(getattr(hands, name).shape == (n,) for name in ARRAYS[1:6])
        and hands.refused.shape == (len(KINDS), len(PARTS))
        and n > 0
        and hands.kinds.max() < len(KINDS)
        and hands.parts.max() < len(PARTS)
        and -1 <= hands.labels.min() <= hands.labels.max() <= 9
        and -1 <= hands.families.min() <= hands.families.max() < len(hands.names)
    )
    if not whole:
        raise ValueError("its arrays do not fit each other")
