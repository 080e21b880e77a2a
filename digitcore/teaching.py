"""Distillation: networks that have learned already tell one that learns what they see.

A label says which digit a picture is; a teacher's answer also says how sure one can be of it, and
what else it could be. Source: Hinton, Vinyals and Dean (2015), arXiv 1503.02531.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from hashlib import blake2b, file_digest
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from digitcore.engines import fold
from digitcore.evaluation import Floats
from digitcore.recipes import Recipe
from digitcore.runs import STATE, RunStore, expanded


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


class TeacherChanged(ValueError):
    """A teacher is not the one that a training began with; the message says which."""


def fingerprints(recipe: Recipe, store: RunStore) -> dict[str, str]:
    """By the name of each teacher 16 letters and digits that other weights would not have.

    Raises NoSuchModel."""
    return {name: _fingerprint(store.run(name).path / STATE) for name in recipe.teachers}


def _fingerprint(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, partial(blake2b, digest_size=8)).hexdigest()


def check_same(known: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raises TeacherChanged where a teacher has other weights than when the training began."""
    changed = [name for name in now if known.get(name, now[name]) != now[name]]
    if changed:
        raise TeacherChanged(
            f"Its teacher {changed[0]} has other weights than when this training began, so it "
            "would not end as it would have. Nothing of the run is lost: keep the best epoch so "
            "far, or train anew."
        )


def resolved(names: Iterable[str], store: RunStore) -> tuple[str, ...]:
    """Models' names, with an ensemble's replaced by its members', each once. Raises NoSuchModel."""
    return tuple(store.run(name).name for name in expanded(names, store.ensembles()))


def least_sure(probs: Floats, most: int) -> np.ndarray:
    """Places of those (N, 10) answers whose likeliest digit is least probable, the least first."""
    return np.argsort(probs.max(1), kind="stable")[:most]
