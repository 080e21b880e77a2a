"""Test digits that are harder to read, by known amounts: how sturdy a network is, is measured on
these.

A fixed sample of the test digits is shifted, turned, scaled, made thinner or thicker, made noisy,
blurred or partly covered. Half of each class goes each way, and all levels of a kind share their
random numbers, so that levels and models differ by nothing but what is measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from math import ceil, radians

import numpy as np
import torch
from torch import Generator, Tensor
from torchvision.transforms import functional

from digitcore.augment import (
    SIDE,
    add_noise,
    affine_matrices,
    resample,
    thicken,
    uncovered,
)
from digitcore.digits import CLASSES, DigitSet, load_mnist

SAMPLE = 2000  # digits, 200 of each class
SEED = 1998  # any fixed number would do
TAIL = 4  # standard deviations at which a blur's bell is cut off

Distort = Callable[[Tensor, float, Tensor], Tensor]


@dataclass(frozen=True)
class Kind:
    """A way to distort digits. axis: what its levels are, with their unit; clean: the level that
    changes nothing; words: a level for a person, to be put after "test digits, "."""

    name: str
    axis: str
    clean: float
    levels: tuple[float, ...]
    words: Callable[[float], str]
    distort: Distort  # ((N, 1, 28, 28) ink in 0..1, level, (N,) place within its class) -> ink


@dataclass(frozen=True)
class Setting:
    """A kind of distortion, by name, at one level of its axis."""

    kind: str
    level: float

    @property
    def name(self) -> str:
        """As addresses and files carry it, such as 'rotation 30'."""
        return f"{self.kind} {self.level:g}"

    @property
    def words(self) -> str:
        """For a person, such as 'rotated by 30 degrees to either side'."""
        return KINDS[self.kind].words(self.level)


@cache
def sample() -> np.ndarray:
    """(2000,) ascending indices of test digits, equally many of each class. Read-only."""
    labels = load_mnist(train=False).labels
    shuffled = torch.randperm(len(labels), generator=_generator())
    classes = [shuffled[labels[shuffled] == digit] for digit in range(CLASSES)]
    chosen = torch.cat([members[: SAMPLE // CLASSES] for members in classes]).sort().values.numpy()
    chosen.flags.writeable = False
    return chosen


@cache
def clean() -> DigitSet:
    """The sample as it is."""
    return load_mnist(train=False).take(sample().tolist(), "sampled test digits")


@lru_cache(maxsize=12)  # of 1.6 MB each
def distorted(setting: Setting) -> DigitSet:
    """The sample under a setting, the same for everybody. Read-only."""
    digits = clean()
    ink = digits.images.unsqueeze(1).float() / 255
    ink = KINDS[setting.kind].distort(ink, setting.level, _place_in_class(digits.labels))
    images = (ink[:, 0] * 255).round().clamp(0, 255).byte()
    return DigitSet(f"test digits, {setting.words}", images, digits.labels)


def _generator() -> Generator:
    return torch.Generator().manual_seed(SEED)


def _place_in_class(labels: Tensor) -> Tensor:
    """(N,) how many of the same class come before each digit."""
    of_class = torch.nn.functional.one_hot(labels, CLASSES)
    return (of_class.cumsum(0) * of_class).sum(1) - 1


def _either_way(place: Tensor) -> Tensor:
    """(N,) 1 and -1 in turns."""
    return 1.0 - 2.0 * (place % 2)


def _moved(
    ink: Tensor, angle: Tensor | float = 0, size: float = 1, right: Tensor | float = 0,
    down: Tensor | float = 0,
) -> Tensor:  # fmt: skip
    """Turned (radians, clockwise), scaled and shifted (pixels); numbers or one for each image."""
    each = [torch.zeros(len(ink)) + value for value in (angle, 0, size, right, down)]
    return resample(ink, affine_matrices(*each))


def _shift(ink: Tensor, pixels: float, place: Tensor) -> Tensor:
    """Right, left, down and up in turns."""
    way, across = pixels * _either_way(place), place % 4 < 2
    return _moved(ink, right=way * across, down=way * ~across)


def _rotate(ink: Tensor, degrees: float, place: Tensor) -> Tensor:
    return _moved(ink, angle=radians(degrees) * _either_way(place))


def _scale(ink: Tensor, factor: float, place: Tensor) -> Tensor:
    return _moved(ink, size=factor)


def _thicken(ink: Tensor, pixels: float, place: Tensor) -> Tensor:
    """In steps of at most one pixel, which is as far as augment.thicken goes."""
    steps = ceil(abs(pixels))
    for _ in range(steps):
        ink = thicken(ink, torch.full((len(ink),), pixels / steps))
    return ink


def _add_noise(ink: Tensor, deviation: float, place: Tensor) -> Tensor:
    return add_noise(ink, torch.full((len(ink),), deviation), _generator())


def _blur(ink: Tensor, deviation: float, place: Tensor) -> Tensor:
    if not deviation:
        return ink
    size = 2 * ceil(TAIL * deviation) + 1
    return functional.gaussian_blur(ink, [size, size], [deviation, deviation])


def _cover(ink: Tensor, side: float, place: Tensor) -> Tensor:
    """A square of background around one of the pixels that are at least half inked."""
    dark = (ink >= 0.5).flatten(1)
    centre = (torch.rand(dark.shape, generator=_generator()) * dark).argmax(1)
    middle = (SIDE - side % 2) / 2  # the middle of an even side lies between two pixels
    down, right = centre // SIDE - middle, centre % SIDE - middle
    return ink * uncovered(torch.full((len(ink),), side), right, down)


def _pixels(count: float) -> str:
    return f"{count:g} pixel{'' if count == 1 else 's'}"


def _thickness_in_words(pixels: float) -> str:
    how = "thicker" if pixels > 0 else "thinner"
    return f"with strokes {_pixels(abs(pixels))} {how} on each side"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("shift", "shift in pixels, to all four sides", 0, (1, 2, 3, 4, 6),
             lambda level: f"shifted by {_pixels(level)} to either side, up or down", _shift),
        Kind("rotation", "rotation in degrees, to either side", 0, (10, 20, 30, 45, 60),
             lambda level: f"rotated by {level:g} degrees to either side", _rotate),
        Kind("scale", "scale as a factor", 1, (0.5, 0.65, 0.8, 1.2, 1.35),
             lambda level: f"scaled to {level:.0%}", _scale),
        Kind("thickness", "strokes thinner or thicker, in pixels a side", 0, (-1, -0.5, 0.5, 1, 2),
             _thickness_in_words, _thicken),
        Kind("noise", "noise, standard deviation as a share of full ink", 0,
             (0.1, 0.2, 0.3, 0.4, 0.5),
             lambda level: f"with noise of {level:.0%} of full ink", _add_noise),
        Kind("blur", "blur, standard deviation in pixels", 0, (0.5, 0.75, 1, 1.5, 2),
             lambda level: f"blurred by {_pixels(level)}", _blur),
        Kind("occlusion", "side of the square that is covered, in pixels", 0, (4, 6, 8, 10, 12),
             lambda level: f"with a square of {_pixels(level)} a side covered", _cover),
    )
}  # fmt: skip
SETTINGS = {
    setting.name: setting
    for kind in KINDS.values()
    for setting in (Setting(kind.name, level) for level in kind.levels)
}
