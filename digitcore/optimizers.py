"""How weights follow their gradients: the optimisers of a recipe, and its learning rate by step."""

import math
from collections.abc import Callable
from inspect import unwrap
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from digitcore.recipes import Recipe

WARM_UP = 0.25  # share of the steps of a one-cycle schedule that raise the learning rate


def _plain(kind: type[Optimizer]) -> type[Optimizer]:
    """A kind of optimiser with the same arithmetic, but without torch.compile's hold on it.

    torch wraps these methods so that the first call imports its compiler: 1.5 seconds that a
    training's start would wait for in vain, and some work in every step.
    """
    wrapped = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
    bare = {name: unwrap(getattr(kind, name)) for name in wrapped}
    return type(kind.__name__, (kind,), bare | {"step": torch.no_grad()(unwrap(kind.step))})


KINDS: dict[str, tuple[Callable[..., Optimizer], dict[str, Any]]] = {
    "adam": (_plain(torch.optim.Adam), {"fused": True}),
    "adamw": (_plain(torch.optim.AdamW), {"fused": True}),
    "adamax": (_plain(torch.optim.Adamax), {}),
    "rmsprop": (_plain(torch.optim.RMSprop), {}),
    "sgd": (_plain(torch.optim.SGD), {"fused": True, "momentum": 0.9, "nesterov": True}),
}


def build_optimizer(recipe: Recipe, network: nn.Module) -> Optimizer:
    """The recipe's optimiser over the network's weights."""
    kind, more = KINDS[recipe.optimizer]
    return kind(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay,
                **more)  # fmt: skip


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
