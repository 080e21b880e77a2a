"""How weights follow their gradients: the optimisers of a recipe, and its learning rate by step."""

import math

import torch
from torch import nn

from digitcore.recipes import Recipe

WARM_UP = 0.25  # share of the steps of a one-cycle schedule that raise the learning rate


def build_optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    """The recipe's optimiser over the network's weights."""
    weights, rate, decay = network.parameters(), recipe.learning_rate, recipe.weight_decay
    match recipe.optimizer:
        case "adam":
            return torch.optim.Adam(weights, rate, weight_decay=decay, fused=True)
        case "adamw":
            return torch.optim.AdamW(weights, rate, weight_decay=decay, fused=True)
        case "adamax":
            return torch.optim.Adamax(weights, rate, weight_decay=decay)
        case "rmsprop":
            return torch.optim.RMSprop(weights, rate, weight_decay=decay)
        case _:
            return torch.optim.SGD(
                weights, rate, momentum=0.9, nesterov=True, weight_decay=decay, fused=True
            )


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The learning rate at `step` (from 0) of `steps`, by the recipe's schedule.

    One-cycle is Smith and Topin's (2018, arXiv 1708.07120) with PyTorch's cosine arcs.
    """
    done = step / max(steps, 1)
    match recipe.schedule:
        case "one-cycle" if done < WARM_UP:
            factor = _arc(1 / 25, 1.0, done / WARM_UP)
        case "one-cycle":
            factor = _arc(1.0, 1e-3, (done - WARM_UP) / (1 - WARM_UP))
        case "cosine":
            factor = _arc(1.0, 0.0, done)
        case _:
            factor = 1.0
    return recipe.learning_rate * factor


def _arc(start: float, end: float, done: float) -> float:
    """Half a cosine wave from start to end as done goes from 0 to 1."""
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2
