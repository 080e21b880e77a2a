"""Distillation: networks that have learned already tell one that learns what they see.

A label says which digit a picture is; a teacher's answer also says how sure one can be of it, and
what else it could be. Source: Hinton, Vinyals and Dean (2015), arXiv 1503.02531.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from digitcore.engines import fold
from digitcore.evaluation import Floats
from digitcore.recipes import Recipe
from digitcore.runs import RunStore, expanded


class Teacher(nn.Module):
    """Networks whose mean probability is learned from; they themselves learn nothing any more."""

    def __init__(self, networks: Iterable[nn.Sequential]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(fold(network) for network in networks)
        self.requires_grad_(False).eval()

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, 28, 28) in 0..1 -> (B, 10) probabilities, float32."""
        return torch.stack([net(images).float().softmax(1) for net in self.networks]).mean(0)


def teacher_of(recipe: Recipe, store: RunStore) -> Teacher | None:
    """The networks that a recipe names as teachers, loaded for it alone; None where it names none.

    Raises NoSuchModel where one is gone, and RunDamaged.
    """
    networks = [store.run(name).network() for name in recipe.teachers]
    return Teacher(networks) if networks else None


def resolved(names: Iterable[str], store: RunStore) -> tuple[str, ...]:
    """Models' names, with an ensemble's replaced by its members', each once. Raises NoSuchModel."""
    return tuple(store.run(name).name for name in expanded(names, store.ensembles()))


def least_sure(probs: Floats, most: int) -> np.ndarray:
    """Places of those (N, 10) answers whose likeliest digit is least probable, the least first."""
    return np.argsort(probs.max(1), kind="stable")[:most]
