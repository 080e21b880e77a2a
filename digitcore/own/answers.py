"""What networks answer to an own set: read once, and kept beside the set's digits.

    answers/MODEL.npz   probabilities (N, 10), and fingerprints of the digits and of the model, so
                        that what was read of others, or by another of that name, does not count

An ensemble reads nothing: it follows from its members.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident

import numpy as np
from torch import nn

from digitcore.evaluation import Floats, predict
from digitcore.folder import RunDamaged, arrays_in, read
from digitcore.own.parts import Parts
from digitcore.own.store import ANSWERS, OwnSets
from digitcore.recipes import Recipe
from digitcore.robustness import fingerprint
from digitcore.runs import Run

AT_ONCE = 256  # digits: at most a second, after which somebody can be told or give up
NOTHING, TOLD, UNTOLD = "nothing", "all but what is held out", "other digits under its name"


@dataclass(frozen=True)
class OwnPart:
    """An own set as digits to compare models on: all of them, or only those held out."""

    name: str
    held_out: bool = False

    def __str__(self) -> str:
        return f"own {self.name}"

    def places(self, parts: Parts) -> np.ndarray:
        """Ascending places in the set; none where none is held out."""
        return parts.held_out.numpy() if self.held_out else np.arange(len(parts))


def learned_from(recipe: Recipe, parts: Parts) -> str:
    """What a training has learned from the set: NOTHING, TOLD or UNTOLD.

    UNTOLD is where the set was another one under the same name: which of its present digits were
    in that, nobody knows.
    """
    if recipe.own_fingerprint == parts.fingerprint:
        return TOLD
    return UNTOLD if recipe.own == parts.digits.name else NOTHING


def reading(network: nn.Module, parts: Parts) -> Iterator[Floats]:
    """(n, 10) probabilities of one digit after another, several at once. To stop, stop asking."""
    for images in parts.digits.images.split(AT_ONCE):
        yield predict(network, images)


def stored(sets: OwnSets, run: Run, parts: Parts) -> Floats | None:
    """What a model answered to all digits of the set, float32 (N, 10); None where that is not
    there to be read. Raises RunDamaged where the model is damaged."""
    of = _of(run, parts)
    with suppress(RunDamaged):
        return read(_file(sets, run, parts), lambda file: _load(file, of, len(parts)))
    return None


def keep(sets: OwnSets, run: Run, parts: Parts, probs: Floats) -> bool:
    """Whether that could be written; where the disk is full or the set is gone, it could not.

    Raises RunDamaged where the model is damaged.
    """
    of, file = _of(run, parts), _file(sets, run, parts)
    part = file.with_name(f"{file.name}.{os.getpid()}-{get_ident()}.tmp")
    try:
        file.parent.mkdir(exist_ok=True)  # not its parents: a set that is gone is not made again
        with part.open("wb") as opened:
            np.savez(opened, of=np.array(of), probs=probs)
        os.replace(part, file)
        return True
    except OSError:
        return False
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _file(sets: OwnSets, run: Run, parts: Parts) -> Path:
    return sets.folder / parts.digits.name / ANSWERS / f"{run.name}.npz"


def _of(run: Run, parts: Parts) -> str:
    return f"{fingerprint(run.path).hex()} {parts.fingerprint}"


def _load(file: Path, of: str, count: int) -> Floats | None:
    with arrays_in(file) as arrays:
        if str(arrays["of"]) != of:
            return None
        probs: Floats = arrays["probs"]
    if probs.shape != (count, 10) or not np.isfinite(probs).all():
        raise ValueError("its answers are not all there")
    return probs
