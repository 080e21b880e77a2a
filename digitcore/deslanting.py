"""A layer that sets digits upright, so that a network need not learn how each writer leans."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from digitcore.augment import SIDE

MOST_SLANT = 0.7  # pixels to the side a pixel down, 35 degrees: what leans more is no handwriting


class Deslant(nn.Module):
    """(N, 1, 28, 28) in 0..1 -> the same, each image sheared along x about its ink's middle.

    The straight line that fits the middles of the rows' ink best is made to stand. Ink counts
    squared, so that faint noise counts little. An empty image stays as it is.
    Source: MNIST's deslanted version, LeCun et al. (1998), Gradient-based learning applied to
    document recognition.
    """

    def forward(self, images: Tensor) -> Tensor:
        shown = images.float()  # bfloat16 is too coarse for places
        axis = torch.arange(SIDE, dtype=torch.float32, device=images.device) - (SIDE - 1) / 2
        slant, middle = _lean(shown.square().squeeze(1), axis)
        # Not by augment.resample, whose matrix product autocast would do in bfloat16.
        across = axis + (slant * (axis - middle)).unsqueeze(2)  # (N, 28, 28): where to read
        places = torch.stack([across, axis.unsqueeze(1).expand_as(across)], dim=3)
        to_unit = 2 / SIDE  # grid_sample's square runs from -1 to 1
        return F.grid_sample(shown, places * to_unit, align_corners=False).to(images.dtype)


def deslants(network: nn.Module) -> bool:
    """Whether a network sets digits upright before it reads them."""
    return any(isinstance(layer, Deslant) for layer in network.modules())


def upright(image: np.ndarray) -> np.ndarray:
    """uint8 (28, 28) -> the same as such networks see it."""
    seen = Deslant()(torch.from_numpy(np.ascontiguousarray(image))[None, None] / 255)
    return (seen[0, 0] * 255).round().byte().numpy()


def _lean(ink: Tensor, axis: Tensor) -> tuple[Tensor, Tensor]:
    """(N, 28, 28) -> (N, 1) pixels to the side a pixel down, and (N, 1) the row of its middle.

    The slope of the least squares line is the covariance of x and y over the variance of y.
    """
    share = ink / ink.sum((1, 2), keepdim=True).clamp(min=1e-6)
    rows, columns = share.sum(2), share.sum(1)
    middle = (rows * axis).sum(1, keepdim=True)
    down, right = axis - middle, axis - (columns * axis).sum(1, keepdim=True)
    variance = (rows * down.square()).sum(1, keepdim=True)
    covariance = ((share * right.unsqueeze(1)).sum(2) * down).sum(1, keepdim=True)
    slant = covariance / variance.clamp(min=1)  # a flat stroke leans nowhere
    return slant.clamp(-MOST_SLANT, MOST_SLANT), middle
