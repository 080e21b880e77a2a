"""What a recipe learns from: MNIST's digits, an own set's, which is checked, and penned ones."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from digitcore.digits import DataDamaged, DigitSet, load_mnist, split, subset
from digitcore.own.parts import Parts, divide
from digitcore.own.store import OwnSets
from digitcore.penned import penned_digits, penned_others
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

    Of an own set only what parts.learn_and_hold leaves to be learned. What is penned is drawn anew,
    the same for the recipe's seed; no digits are labelled NO_DIGIT. Raises NoSuchSet, DataDamaged
    and, where the set is not what it was when the recipe was settled, SetChanged.
    """
    training, validation = split(load_mnist(train=True), recipe.validation_share)
    parts = [subset(training, recipe.of_mnist, recipe.seed)] if recipe.mnist else []
    if recipe.own:
        parts.append(_own(recipe, sets))
    if recipe.penned:
        parts.append(penned_digits(recipe.penned, recipe.seed))
    if recipe.others:
        parts.append(penned_others(recipe.others, recipe.seed))
    return joined(parts), validation


def _own(recipe: Recipe, sets: OwnSets) -> DigitSet:
    parts = divide(sets.load(recipe.own))
    if parts.fingerprint != recipe.own_fingerprint:
        raise SetChanged(
            f"The set {recipe.own} does not hold the digits that this training was planned with. "
            "Nothing is lost: put those back to go on, or begin a new training with what it "
            "holds now."
        )
    return parts.digits.take(parts.learned, f"{recipe.own}, to learn from")


def joined(sets: Sequence[DigitSet]) -> DigitSet:
    """Several sets of digits, one after another; one alone as it is."""
    if len(sets) == 1:
        return sets[0]
    return DigitSet(
        " and ".join(digits.name for digits in sets),
        torch.cat([digits.images for digits in sets]),
        torch.cat([digits.labels for digits in sets]),
    )
