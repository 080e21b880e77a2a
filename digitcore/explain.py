"""What an answer hangs on, and what a network looks for first.

An answer: how it changes when a patch of the ink is taken away. Source: occlusion, after Zeiler
and Fergus (2014), arXiv 1311.2901.
"""

import numpy as np
import torch
from torch import Tensor, nn

from digitcore.evaluation import Floats, predict_logits

PATCH = 5  # pixels a side of what is taken away
STEP = 2  # pixels between patches
MOST_FILTERS = 32
FOR, AGAINST = np.array([64, 160, 255]), np.array([255, 140, 40])  # blue and orange: for all eyes


def occlusion(network: nn.Module, image: np.ndarray, digit: int) -> Floats:
    """(28, 28) nats: how far the log-odds of `digit` fall, on average, without a pixel's patches.

    image: uint8 (28, 28). Positive where the ink speaks for the digit, negative where it speaks
    against it, 0 where there is none to take away.
    """
    whole = torch.from_numpy(np.ascontiguousarray(image))
    patches = _patches_with_ink(whole)
    relevance, times = torch.zeros(28, 28), torch.zeros(28, 28)
    if patches:
        without = whole.repeat(len(patches), 1, 1)
        for covered, (rows, columns) in zip(without, patches, strict=True):
            covered[rows, columns] = 0
        odds = _log_odds(predict_logits(network, torch.cat([whole[None], without])), digit)
        for fall, (rows, columns) in zip(odds[0] - odds[1:], patches, strict=True):
            relevance[rows, columns] += fall
            times[rows, columns] += 1
    shown = relevance / times.clamp(min=1) * (whole > 0)
    return shown.numpy()


def colour(image: np.ndarray, relevance: Floats) -> np.ndarray:
    """(28, 28, 3) uint8: the ink in blue where it speaks for the digit, orange where against.

    The strongest pixel has the full colour; what matters little stays grey.
    """
    ink = image[..., None] / 255
    share = (relevance / max(float(np.abs(relevance).max()), 1e-9))[..., None]
    grey = np.full(3, 110.0)
    tint = grey + np.abs(share) * (np.where(share > 0, FOR, AGAINST) - grey)
    return np.round(ink * tint).astype(np.uint8)


def first_filters(network: nn.Module) -> Floats:
    """(n, side, side) weights of the first layer, at most 32: what it looks for in the ink."""
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
    weights = first.weight.detach().float().cpu()[:MOST_FILTERS]
    side = weights.shape[-1] if weights.ndim == 4 else 28
    return weights.reshape(-1, side, side).numpy().copy()  # the network learns on


def paint_filters(filters: Floats) -> np.ndarray:
    """(n, side, side) weights -> (n, side, side, 3) uint8: blue wants ink, orange wants none.

    Each filter's strongest weight has the full colour, its zero is dark.
    """
    strongest = np.abs(filters).max(axis=(1, 2), keepdims=True)
    share = (filters / np.maximum(strongest, 1e-9))[..., None]
    return np.round(np.abs(share) * np.where(share > 0, FOR, AGAINST)).astype(np.uint8)


def _patches_with_ink(image: Tensor) -> list[tuple[slice, slice]]:
    starts = range(-PATCH + STEP, 28, STEP)
    squares = [
        (slice(max(top, 0), top + PATCH), slice(max(left, 0), left + PATCH))
        for top in starts
        for left in starts
    ]
    return [square for square in squares if image[square].any()]


def _log_odds(logits: Tensor, digit: int) -> Tensor:
    """(N,) log of p / (1 - p) of one digit, from (N, 10) logits, without rounding p to 1."""
    others = torch.cat([logits[:, :digit], logits[:, digit + 1 :]], dim=1)
    return logits[:, digit] - others.logsumexp(1)
