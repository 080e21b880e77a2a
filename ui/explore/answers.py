"""What every model answers to a digit of a set: as stored, else by asking the networks."""

from contextlib import suppress
from functools import cache

import numpy as np
import torch

from digitcore.digits import load_mnist, places_held_out
from digitcore.exploration.catalogue import TEST, TRAINING, VALIDATION, Catalogue
from digitcore.folder import RunDamaged
from digitcore.own.parts import looks, looks_of_mnist
from ui import loaders

# networks that have not learned from the digit, as the catalogue has them; no run has a space
UNLEARNED = "not learned"


def answers_to(catalogue: Catalogue, place: int) -> dict[str, np.ndarray]:
    """By model, its (10,) probabilities, first those of networks that have not learned from the
    digit; a model that is damaged or gone is left out."""
    found = {UNLEARNED: catalogue.probs[place]} if catalogue.is_mnist else {}
    for name in loaders.members().names():
        with suppress(RunDamaged, KeyError):
            found[name] = _answer(name, catalogue, place)
    return found


def answers_words(catalogue: Catalogue, place: int) -> str:
    """Who answers, and what it is worth."""
    owners = [name for name, own in _own_sets().items() if own == catalogue.name]
    if not catalogue.is_mnist:
        if owners:
            return f"Learned from digits of this set, perhaps from this one: {', '.join(owners)}."
        look = looks(torch.from_numpy(catalogue.images[[place]]))
        if np.isin(look, looks_of_mnist(train=True)).any():
            return ("Pixel for pixel one of MNIST's training digits, from which nearly all models "
                    "have learned: their answers say little.")  # fmt: skip
        return "No model has learned from this set under its name."
    words = f"{UNLEARNED}: networks that have not learned from this digit."
    if catalogue.table["split"].iat[place] == TRAINING:
        return f"{words} Most of the others have, so that their answers say little."
    learners = ", ".join(_own_sets())
    but = f", unless their own sets hold a copy of it: {learners}" if learners else ""
    return f"{words} Nor has any of the others{but}."


def _own_sets() -> dict[str, str]:
    """Of the models that learned from an own set: which."""
    found = {}
    for name, run in loaders.members().store.runs().items():
        with suppress(RunDamaged):
            if run.recipe.own:
                found[name] = run.recipe.own
    return found


def _answer(name: str, catalogue: Catalogue, place: int) -> np.ndarray:
    row = catalogue.table.iloc[place]
    if row["split"] == TEST:
        return loaders.answers(name, "test").probs[row["number"]]
    if row["split"] == VALIDATION:
        stored = int(np.searchsorted(held_out_numbers(), row["number"]))
        return loaders.answers(name, "validation").probs[stored]
    return loaders.members().probs([name], catalogue.images[[place]])[0, 0]


@cache
def held_out_numbers() -> np.ndarray:
    """Ascending places in MNIST's training set of the 5,000 validation digits."""
    return places_held_out(load_mnist(train=True)).numpy()
