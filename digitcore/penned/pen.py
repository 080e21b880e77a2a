"""From strokes to images as MNIST holds digits: one hand's slant and wobble, one pen's width."""

from math import pi

import torch
from torch import Tensor

from digitcore.ink.mnist import BOX, CENTRE, SIDE
from digitcore.penned.paths import Chance, Shape, traced

AT_ONCE = 64  # drawings, so that the distances fit into the cache
JITTER = 0.028  # of each given point, as a share of the digit's height
NARROWEST, WIDEST = 0.32, 1.1  # a drawing's width as a share of its height
WIDTHS = (1.3, 4.2)  # of the pen, in pixels of a digit 20 pixels high; MNIST's are 2 to 3.5
EDGE = 1.1  # pixels over which a stroke's edge fades


def drawn(shape: Shape, chance: Chance, narrowest: float = NARROWEST) -> Tensor:
    """uint8 (count, 28, 28), ink 255: centred by mass as MNIST is, the longest side 20 pixels as
    there, or 21 and sometimes 22 with the faded edge of a stroke that was pressed."""
    strokes = [traced(stroke, JITTER, chance) for stroke in shape(chance)]
    ends = [len(stroke[0]) for stroke in strokes]
    points = _by_hand(torch.cat(strokes, dim=1), chance(narrowest, WIDEST), chance)
    width = chance(*WIDTHS)
    starts, stops = _placed(*_segments(points, ends), width)
    pressure = _pressure(starts.shape[1], chance)
    parts = zip(*(x.split(AT_ONCE) for x in (starts, stops, width, pressure)), strict=True)
    return _centred(torch.cat([_inked(*part) for part in parts]))


def _by_hand(points: Tensor, aspect: Tensor, chance: Chance) -> Tensor:
    """(count, K, 2) as a hand puts them: with a wobble, narrow or wide, slanted and turned."""
    phase, bend = 2 * pi * chance.normal(2, 2), 0.02 * chance.normal(2, 2)
    waves = [(2 * pi * f * points.flip(2) + phase[:, None, f - 1]).sin() for f in (1, 2)]
    points = points + sum(bend[:, None, i] * wave for i, wave in enumerate(waves))
    points = points - 0.5
    slant, turn = chance(-0.35, 0.55), chance(-0.12, 0.12)
    x, y = points[..., 0] * aspect[:, None], points[..., 1]
    x = x - slant[:, None] * y
    cos, sin = turn.cos()[:, None], turn.sin()[:, None]
    return torch.stack([cos * x - sin * y, sin * x + cos * y], dim=2)


def _segments(points: Tensor, ends: list[int]) -> tuple[Tensor, Tensor]:
    """(count, S, 2) starts and stops of the pieces of all strokes; `ends`: points of each."""
    inside = torch.ones(points.shape[1] - 1, dtype=torch.bool)
    inside[torch.tensor(ends).cumsum(0)[:-1] - 1] = False  # the pen is lifted there
    return points[:, :-1][:, inside], points[:, 1:][:, inside]


def _placed(starts: Tensor, stops: Tensor, width: Tensor) -> tuple[Tensor, Tensor]:
    """In pixels: the strokes with their width fill the box, which lies about the middle."""
    both = torch.cat([starts, stops], dim=1)
    extent = (both.amax(1) - both.amin(1)).amax(1).clamp(min=1e-3)
    size = ((BOX - width) / extent).view(-1, 1, 1)
    lengths = (stops - starts).norm(dim=2, keepdim=True)
    mass = ((starts + stops) / 2 * lengths).sum(1, keepdim=True) / lengths.sum(1, keepdim=True)
    return (starts - mass) * size + CENTRE, (stops - mass) * size + CENTRE


def _pressure(pieces: int, chance: Chance) -> Tensor:
    """(count, pieces) factors on the pen's width: a slow wave along the strokes."""
    way = torch.linspace(0, 2 * pi, pieces)
    return (
        1 + chance(0, 0.25)[:, None] * (chance(0.5, 2)[:, None] * way + 6 * chance.normal(1)).sin()
    )


def _inked(starts: Tensor, stops: Tensor, width: Tensor, pressure: Tensor) -> Tensor:
    """Ink of each pixel by its distance to the nearest piece."""
    axis = torch.arange(SIDE) + 0.5
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    pixels = torch.stack([x.flatten(), y.flatten()], dim=1)  # (784, 2)
    way = stops - starts
    length = way.square().sum(2).clamp(min=1e-6)
    # how far along each piece the nearest point lies, (count, S, 784), without a fourth axis
    along = (way @ pixels.T - (way * starts).sum(2, keepdim=True)) / length.unsqueeze(2)
    along = along.clamp_(0, 1)
    off_x = starts[..., :1] + along * way[..., :1] - pixels[:, 0]
    off_y = starts[..., 1:] + along * way[..., 1:] - pixels[:, 1]
    distance = (off_x.square_() + off_y.square_()).sqrt_()
    depth = (width.view(-1, 1, 1) * pressure.unsqueeze(2) / 2 - distance).amax(1)
    ink = (0.5 + depth / EDGE).clamp(0, 1).view(-1, SIDE, SIDE)
    brightest = ink.amax((1, 2), keepdim=True).clamp(min=0.1)  # a pen thinner than a pixel
    return (ink / brightest * 255).round().to(torch.uint8)


def _centred(images: Tensor) -> Tensor:
    """Moved by whole pixels, as MNIST's were, until the mass lies in the middle pixel."""
    axis, weights = torch.arange(SIDE), images.float()
    for side in (1, 2):
        mass = weights.sum(3 - side) @ axis.float() / weights.sum((1, 2))
        places = axis - (CENTRE - mass).round().long()[:, None]
        inside = (places >= 0) & (places < SIDE)
        index = places.clamp(0, SIDE - 1).unsqueeze(3 - side).expand_as(images)
        images = images.gather(side, index) * inside.unsqueeze(3 - side)
    return images
