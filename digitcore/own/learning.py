"""What a recipe learns from: MNIST's digits, an own set's, or both; and that it is what it was."""

from dataclasses import replace

import torch

from digitcore.digits import DataDamaged, DigitSet, load_mnist, split, subset
from digitcore.own.parts import Parts, divide
from digitcore.own.store import OwnSets
from digitcore.recipes import Recipe


class SetChanged(DataDamaged):
    """An own set is not the one that a recipe was made with; the message says what to do."""


def settled(recipe: Recipe, parts: Parts | None) -> Recipe:
    """The recipe with its own set as it is now, None for none. Raises ValueError for too little."""
    if not parts:
        return replace(recipe, own_learned=0, own_fingerprint="")
    return replace(recipe, own_learned=len(parts.learned), own_fingerprint=parts.fingerprint)


def found(recipe: Recipe, sets: OwnSets) -> Recipe:
    """The recipe settled with the set of that name. Raises NoSuchSet, DataDamaged, ValueError."""
    return settled(recipe, divide(sets.load(recipe.own)) if recipe.own else None)


def learning_digits(recipe: Recipe, sets: OwnSets) -> tuple[DigitSet, DigitSet]:
    """(to learn from, to validate on), the latter always of MNIST, so that curves compare.

    Of an own set only what parts.learn_and_hold leaves to be learned. Raises NoSuchSet, DataDamaged
    and, where the set is not what it was when the recipe was settled, SetChanged.
    """
    training, validation = split(load_mnist(train=True), recipe.validation_share)
    of_mnist = subset(training, recipe.of_mnist, recipe.seed)
    if not recipe.own:
        return of_mnist, validation
    own = _own(recipe, sets)
    return (_both(of_mnist, own) if recipe.mnist else own), validation


def _own(recipe: Recipe, sets: OwnSets) -> DigitSet:
    parts = divide(sets.load(recipe.own))
    if parts.fingerprint != recipe.own_fingerprint:
        raise SetChanged(
            f"The set {recipe.own} does not hold the digits that this training was planned with. "
            "Nothing is lost: put those back to go on, or begin a new training with what it "
            "holds now."
        )
    return parts.digits.take(parts.learned, f"{recipe.own}, to learn from")


def _both(a: DigitSet, b: DigitSet) -> DigitSet:
    images, labels = torch.cat([a.images, b.images]), torch.cat([a.labels, b.labels])
    return DigitSet(f"{a.name} and {b.name}", images, labels)
