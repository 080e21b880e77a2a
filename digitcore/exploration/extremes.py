"""How far a warp can go: one digit at both ends of each of its parts, all else left as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import radians

import torch
from torch import Generator, Tensor

from digitcore.augment import (
    SIDE,
    Warp,
    add_noise,
    affine_matrices,
    draw_elastic,
    perspective_matrices,
    resample,
    thicken,
    uncovered,
)

DRAWN = ("one draw", "another draw")


@dataclass(frozen=True)
class Extreme:
    """Of one part of a warp, named as its field: the digit at its two ends, (2, 1, 28, 28) in
    0..1, and what each of them is, for a person."""

    field: str
    images: Tensor
    words: tuple[str, str]


def extremes(digit: Tensor, how: Warp, generator: Generator) -> Iterator[Extreme]:
    """Of a (1, 1, 28, 28) digit in 0..1: for each part of the warp that is switched on.

    Elastic bending and noise have no ends: they are shown as drawn twice by the generator.
    """
    both = digit.expand(2, -1, -1, -1)
    yield from _affine_ends(both, how)
    if how.elastic:
        bent = resample(both, _matrices(), draw_elastic(how.elastic, 2, generator))
        yield Extreme("elastic", bent, DRAWN)
    if how.thickness:
        told = f"{how.thickness:g} pixels"
        words = (f"{told} thinner on each side", f"{told} thicker on each side")
        yield Extreme("thickness", thicken(both, _ends(how.thickness)), words)
    most = int(how.perspective * (SIDE // 2))  # torchvision draws whole pixels
    if most and how.perspective_p:
        inward = torch.zeros(2, 4, 2)
        inward[0, :2], inward[1, 2:] = most, most
        tilted = resample(both, perspective_matrices(inward))
        yield Extreme("perspective", tilted, ("top corners in", "bottom corners in"))
    if how.cover:
        yield Extreme("cover", *_covered(both, how.cover))
    if how.noise:
        noisy = add_noise(both, torch.full((2,), how.noise), generator).clamp(0, 1)
        yield Extreme("noise", noisy, DRAWN)


def _affine_ends(both: Tensor, how: Warp) -> Iterator[Extreme]:
    for field, turn in (("rotation", "angle"), ("shear", "slant")):
        degrees = getattr(how, field)
        if degrees:
            matrices = _matrices(**{turn: _ends(radians(degrees))})
            words = (f"{degrees:g}° to the left", f"{degrees:g}° to the right")
            yield Extreme(field, resample(both, matrices), words)
    if how.scale != (1.0, 1.0):
        low, high = how.scale
        sized = resample(both, _matrices(size=torch.tensor(how.scale)))
        yield Extreme("scale", sized, (f"{low:g} times", f"{high:g} times"))
    if how.shift:
        far = how.shift * SIDE
        moved = resample(both, _matrices(right=_ends(far), down=_ends(far)))
        told = f"{far:.1f} pixels"
        yield Extreme("shift", moved, (f"{told} up and left", f"{told} down and right"))


def _covered(both: Tensor, longest: float) -> tuple[Tensor, tuple[str, str]]:
    """The longest square, first left of the middle and then right of it."""
    window = uncovered(torch.full((2,), longest), _ends(longest / 2), torch.zeros(2))
    told = f"a square of {longest:g} pixels"
    return both * window, (f"{told} on the left", f"{told} on the right")


def _ends(most: float) -> Tensor:
    return torch.tensor([-most, most])


def _matrices(**changed: Tensor) -> Tensor:
    """(2, 3, 3) that differ from standing still only in what is given."""
    still = {name: torch.zeros(2) for name in ("angle", "slant", "right", "down")}
    return affine_matrices(**{**still, "size": torch.ones(2), **changed})
