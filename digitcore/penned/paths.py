"""Strokes as curves through points, many drawings at once.

A stroke is a list of points (x, y), x to the right and y down, about 0 to 1; each coordinate is a
number, or (N,) numbers, one a drawing. Between points it bends smoothly, at a corner it turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sin

import torch
from torch import Generator, Tensor

Number = float | Tensor
A_SIDE = 5  # points that a curve is drawn by, from one given point to the next


@dataclass(frozen=True)
class Point:
    x: Number
    y: Number
    corner: bool = False


Stroke = list[Point]


@dataclass(frozen=True)
class Chance:
    """Draws for `count` drawings at once: chance(low, high) is (count,), uniform."""

    count: int
    generator: Generator

    def __call__(self, low: float, high: float) -> Tensor:
        return torch.rand(self.count, generator=self.generator) * (high - low) + low

    def normal(self, *more: int) -> Tensor:
        """(count, *more) of the standard normal distribution."""
        return torch.randn(self.count, *more, generator=self.generator)


Shape = Callable[[Chance], list[Stroke]]


def curve(*points: tuple[Number, Number] | Point) -> Stroke:
    """Smooth through the points, but for those given as corner(x, y)."""
    return [point if isinstance(point, Point) else Point(*point) for point in points]


def corner(x: Number, y: Number) -> Point:
    return Point(x, y, corner=True)


def line(*points: tuple[Number, Number]) -> Stroke:
    """Straight from each point to the next."""
    return [corner(x, y) for x, y in points]


def arc(
    centre: tuple[Number, Number],
    radius: tuple[Number, Number],
    start: float = -90,
    sweep: float = 360,
    end_radius: Number = 1.0,
) -> Stroke:
    """Part of an ellipse, clockwise from `start` in degrees (0 is right, 90 down); its radius
    grows evenly to `end_radius` times what it was."""
    steps = max(3, round(abs(sweep) / 40))
    points = []
    for step in range(steps + 1):
        angle, size = radians(start + sweep * step / steps), 1 + (end_radius - 1) * (step / steps)
        points.append(Point(centre[0] + radius[0] * size * cos(angle),
                            centre[1] + radius[1] * size * sin(angle)))  # fmt: skip
    return points


def moved(strokes: list[Stroke], right: Number, down: Number, size: Number = 1.0) -> list[Stroke]:
    """The same strokes elsewhere, and larger or smaller from their origin."""
    return [[Point(p.x * size + right, p.y * size + down, p.corner) for p in s] for s in strokes]


def traced(stroke: Stroke, jitter: float, chance: Chance) -> Tensor:
    """(count, K, 2) points along a stroke, each given point moved by `jitter` (a deviation)."""
    each = [torch.stack([_full(p.x, chance), _full(p.y, chance)], dim=1) for p in stroke]
    places = torch.stack(each, dim=1)
    places = places + jitter * chance.normal(len(stroke), 2)
    turns = [i for i, p in enumerate(stroke) if p.corner and 0 < i < len(stroke) - 1]
    bounds = [0, *turns, len(stroke) - 1]
    pieces = [_smooth(places[:, a : b + 1]) for a, b in pairwise(bounds)]
    return torch.cat(pieces, dim=1)


def _full(value: Number, chance: Chance) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float32).expand(chance.count)


def _smooth(points: Tensor) -> Tensor:
    """(N, P, 2) -> (N, (P - 1) * A_SIDE + 1, 2) along Catmull and Rom's spline through them."""
    first, last = 2 * points[:, :1] - points[:, 1:2], 2 * points[:, -1:] - points[:, -2:-1]
    whole = torch.cat([first, points, last], dim=1)
    a, b, c, d = whole[:, :-3], whole[:, 1:-2], whole[:, 2:-1], whole[:, 3:]
    t = (torch.arange(A_SIDE) / A_SIDE).view(1, 1, -1, 1)
    a, b, c, d = (part.unsqueeze(2) for part in (a, b, c, d))
    bent = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return torch.cat([bent.flatten(1, 2), points[:, -1:]], dim=1)
