"""Random warps of a whole batch at once, with a different warp for each image.

Rotation, scale, shear, shift and perspective are 3x3 matrices, multiplied into one per image, and
elastic bending is a smooth field of offsets on top: the image is sampled once, so several warps
blur no more than one. Stroke thickness is changed afterwards; then a square is covered, and noise
is added.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from math import radians

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

SIDE = 28
HORIZON = 1e-6  # depths below it; 1 where nothing is tilted
COARSE = 5  # points a side of the grid that elastic bending is drawn on


@dataclass(frozen=True)
class Warp:
    """How far the warps of a batch may go; each image draws its own, uniformly. All 0: no warp.

    rotation, shear: degrees to either side (shear along x, as torchvision's RandomAffine(shear=s)).
    scale: (smallest, largest) factor. shift: share of the side, to either side, in x and y.
    perspective: torchvision's distortion_scale, 0 to 0.6 (from 9/14 on corners may come to lie on
    one line), in steps of a pixel, 1/14; given to a share perspective_p of images.
    elastic: root mean square of the bending, in pixels.
    thickness: 0 to 1, how far strokes may go towards one pixel thinner or thicker on each side.
    cover: pixels, the longest side of a square of background laid on the image anywhere.
    noise: largest standard deviation of what is added to each pixel, as a share of full ink.
    """

    rotation: float = 0.0
    shear: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    perspective: float = 0.0
    perspective_p: float = 0.5
    elastic: float = 0.0
    thickness: float = 0.0
    cover: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.scale, list):  # as JSON gives it
            object.__setattr__(self, "scale", tuple(self.scale))
        limits = {
            "rotation": (self.rotation, 180.0), "shear": (self.shear, 60.0),
            "shift": (self.shift, 0.5), "perspective": (self.perspective, 0.6),
            "perspective_p": (self.perspective_p, 1.0), "elastic": (self.elastic, 5.0),
            "thickness": (self.thickness, 1.0), "cover": (self.cover, SIDE),
            "noise": (self.noise, 1.0),
        }  # fmt: skip
        for name, (value, most) in limits.items():
            if not isinstance(value, (int, float)) or not 0 <= value <= most:
                raise ValueError(f"Warp: {name} must lie between 0 and {most:g}, not {value}.")
        if not _is_span(self.scale, 0.2, 3):
            raise ValueError(
                f"Warp: scale must be (smallest, largest) within 0.2 to 3, not {self.scale}."
            )

    @property
    def moves(self) -> bool:
        """Whether any of the warps displaces pixels."""
        steady = (self.rotation, self.shear, self.shift, self.perspective, self.elastic)
        return any(steady) or self.scale != (1.0, 1.0)

    def alike(self, other: "Warp") -> bool:
        """Whether both do the same: who gets a perspective counts only where there is one."""
        return self._effective == other._effective

    @property
    def _effective(self) -> "Warp":
        if self.perspective and self.perspective_p:
            return self
        return replace(self, perspective=0.0, perspective_p=0.0)


def _is_span(value: object, least: float, most: float) -> bool:
    """Whether value is a tuple of two numbers, smallest first, within the limits."""
    match value:
        case (int() | float() as low, int() | float() as high):
            return isinstance(value, tuple) and least <= low <= high <= most
        case _:
            return False


def warp(images: Tensor, how: Warp, generator: Generator) -> Tensor:
    """Warp (N, 1, 28, 28) floats in 0..1, ink 1; what comes in from outside is background."""
    if how.moves:
        matrices = draw_matrices(how, len(images), generator)
        bend = draw_elastic(how.elastic, len(images), generator) if how.elastic else None
        images = resample(images, matrices, bend)
    if how.thickness:
        images = thicken(images, _uniform(len(images), how.thickness, generator))
    if how.cover:
        images = images * draw_uncovered(how.cover, len(images), generator).to(images.device)
    if how.noise:
        deviation = torch.rand(len(images), generator=generator) * how.noise
        images = add_noise(images, deviation, generator).clamp(0, 1)
    return images


def draw_matrices(how: Warp, count: int, generator: Generator) -> Tensor:
    """(count, 3, 3): where each output pixel comes from, in pixels from the image's centre.

    The distribution is that of torchvision's RandomAffine followed by RandomPerspective.
    """
    angle = _uniform(count, radians(how.rotation), generator)
    slant = _uniform(count, radians(how.shear), generator)
    low, high = how.scale
    size = torch.rand(count, generator=generator) * (high - low) + low
    shift = _uniform((2, count), how.shift * SIDE, generator)
    matrices = affine_matrices(angle, slant, size, shift[0], shift[1])
    if how.perspective and how.perspective_p:
        matrices = matrices @ _draw_perspective(how, count, generator)
    return matrices


def affine_matrices(
    angle: Tensor, slant: Tensor, size: Tensor, right: Tensor, down: Tensor
) -> Tensor:
    """(N, 3, 3) output-to-input matrices of torchvision.transforms.functional.affine.

    angle (clockwise) and slant (along x) in radians (N,), size a factor, right and down in pixels.
    Source: the inverse matrix in torchvision's _get_inverse_affine_matrix, with shear (slant, 0).
    """
    cos, sin, tan = angle.cos(), angle.sin(), slant.tan()
    inverse = torch.zeros(len(angle), 3, 3)
    inverse[:, 0, 0] = (cos - sin * tan) / size
    inverse[:, 0, 1] = (sin + cos * tan) / size
    inverse[:, 1, 0] = -sin / size
    inverse[:, 1, 1] = cos / size
    inverse[:, :2, 2:] = -inverse[:, :2, :2] @ torch.stack([right, down], dim=1).unsqueeze(2)
    inverse[:, 2, 2] = 1
    return inverse


def perspective_matrices(inward: Tensor) -> Tensor:
    """(N, 3, 3) output-to-input matrices that pull each corner of the image inwards.

    inward: (N, 4, 2) pixels in x and y, for top left, top right, bottom right, bottom left.
    The corners are torchvision's: those of the first and last pixel, in coordinates in which the
    image spans 0 to 28, here counted from its centre.
    """
    first, last = -SIDE / 2, SIDE / 2 - 1
    corners = torch.tensor([[first, first], [last, first], [last, last], [first, last]])
    signs = torch.tensor([[1.0, 1], [-1, 1], [-1, -1], [1, -1]])
    pulled = corners + signs * inward
    x0, x1, x2, x3, y0, y1, y2, y3 = pulled.permute(2, 1, 0).flatten(0, 1)
    # the unit square onto the pulled corners, in closed form: Heckbert (1989), section 2.2.3
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / area, (dx1 * dy3 - dx3 * dy1) / area
    u = torch.stack([x1 - x0 + g * x1, y1 - y0 + g * y1, g], dim=1)
    v = torch.stack([x3 - x0 + h * x3, y3 - y0 + h * y3, h], dim=1)
    w = torch.stack([x0, y0, torch.ones_like(x0)], dim=1)
    # its inverse, up to a factor that the division by the third coordinate takes away
    back = torch.stack([v.cross(w, dim=1), w.cross(u, dim=1), u.cross(v, dim=1)], dim=1)
    span = last - first
    square = torch.tensor([[span, 0, first], [0, span, first], [0, 0, 1]])
    matrices = square @ back
    return matrices / matrices[:, 2:, 2:]


def resample(images: Tensor, matrices: Tensor, elastic: Tensor | None = None) -> Tensor:
    """Read (N, 1, 28, 28) images bilinearly where (N, 3, 3) matrices and offsets say.

    elastic: (N, 28, 28, 2) offsets in pixels, or None.
    """
    tilted = bool((matrices[:, 2, :2] != 0).any())
    matrices, centres = matrices.to(images.device), _pixel_centres().to(images.device)
    to_unit = 2 / SIDE  # grid_sample's square runs from -1 to 1
    places = (matrices[:, :2] * to_unit) @ centres
    if tilted:
        depth = matrices[:, 2:] @ centres
        if depth.amin() < HORIZON:  # what lies just on the horizon is infinitely far: a NaN
            depth.masked_fill_(depth.abs() < HORIZON, HORIZON)
        places /= depth
    # x and y each lie in one piece, as they do in elastic: 5 times as fast as side by side
    places = places.view(-1, 2, SIDE, SIDE).permute(0, 2, 3, 1)
    if elastic is not None:
        places += elastic.to(images.device) * to_unit
    return F.grid_sample(images, places, mode="bilinear", align_corners=False)


@cache
def _pixel_centres() -> Tensor:
    """(3, 784): x, y and 1 of each pixel's centre, row by row, in pixels from the image's."""
    axis = torch.arange(SIDE) - (SIDE - 1) / 2
    down, right = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([right.flatten(), down.flatten(), torch.ones(SIDE * SIDE)])


def thicken(images: Tensor, amount: Tensor) -> Tensor:
    """Strokes of (N, 1, 28, 28) towards one pixel thicker (amount 1) or thinner (-1) on each side.

    amount: (N,) in -1..1; between, the image is mixed with its dilation or erosion.
    """
    share = amount.to(images.device).view(-1, 1, 1, 1)
    wider = _of_neighbours(torch.maximum, F.pad(images, (1, 1, 1, 1), value=0))
    narrower = _of_neighbours(torch.minimum, F.pad(images, (1, 1, 1, 1), value=1))
    return images + share.clamp(min=0) * (wider - images) + share.clamp(max=0) * (images - narrower)


def _of_neighbours(extreme: Callable[[Tensor, Tensor], Tensor], padded: Tensor) -> Tensor:
    """The extreme of each pixel and its eight neighbours; max_pool2d takes 8 times as long."""
    across = extreme(extreme(padded[..., :-2], padded[..., 1:-1]), padded[..., 2:])
    return extreme(extreme(across[..., :-2, :], across[..., 1:-1, :]), across[..., 2:, :])


def draw_elastic(pixels: float, count: int, generator: Generator) -> Tensor:
    """(count, 28, 28, 2) smooth random offsets of `pixels` root mean square.

    Source: after Simard et al. (2003), with noise on a coarse grid in place of their blurred one.
    """
    coarse = torch.randn(count * 2, COARSE * COARSE, generator=generator)
    field = (coarse @ _smooth_basis()).view(count, 2, SIDE, SIDE)
    return (field * (pixels / field.square().mean().sqrt())).permute(0, 2, 3, 1)


@cache
def _smooth_basis() -> Tensor:
    """(25, 784): the bicubic bump that each point of the coarse grid adds to the fine one."""
    points = torch.eye(COARSE * COARSE).view(-1, 1, COARSE, COARSE)
    return F.interpolate(points, size=SIDE, mode="bicubic", align_corners=True).flatten(1)


def draw_uncovered(longest: float, count: int, generator: Generator) -> Tensor:
    """(count, 1, 28, 28): squares of 0 to `longest` pixels a side about any point of the image.

    Source: random erasing, Zhong et al. (2017), arXiv 1708.04896.
    """
    side = torch.rand(count, generator=generator) * longest
    right, down = _uniform((2, count), SIDE / 2, generator)
    return uncovered(side, right, down)


def uncovered(side: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """(N, 1, 28, 28): 0 on a square, 1 elsewhere. All (N,) and in pixels: how long its side is, and
    where its centre lies from the image's."""
    axis, half = torch.arange(SIDE) - (SIDE - 1) / 2, side.view(-1, 1) / 2
    across, along = ((axis - place.view(-1, 1)).abs() < half for place in (right, down))
    return (~(along.unsqueeze(2) & across.unsqueeze(1))).float().unsqueeze(1)


def add_noise(images: Tensor, deviation: Tensor, generator: Generator) -> Tensor:
    """Normal noise on each pixel of (N, 1, 28, 28) images. deviation: (N,) shares of full ink."""
    noise = torch.randn(images.shape, generator=generator) * deviation.view(-1, 1, 1, 1)
    return images + noise.to(images.device)


def _draw_perspective(how: Warp, count: int, generator: Generator) -> Tensor:
    most = int(how.perspective * (SIDE // 2))  # torchvision draws whole pixels
    inward = torch.randint(0, most + 1, (count, 4, 2), generator=generator).float()
    chosen = torch.rand(count, generator=generator) < how.perspective_p
    return perspective_matrices(inward * chosen.view(-1, 1, 1))


def _uniform(size: int | tuple[int, ...], most: float, generator: Generator) -> Tensor:
    """Between -most and most."""
    shape = (size,) if isinstance(size, int) else size
    return (torch.rand(shape, generator=generator) * 2 - 1) * most
