"""Models on an own set: who learned from it, and who has still to read it, which shows a bar."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

import numpy as np
import streamlit as st

from digitcore.digits import DataDamaged, DigitSet
from digitcore.folder import RunDamaged
from digitcore.own.answers import NOTHING, OwnPart, learned_from, reading
from digitcore.own.parts import Parts, looks, looks_of_mnist
from digitcore.own.store import NoSuchSet
from digitcore.recipes import Recipe
from digitcore.robustness import NotMeasured
from digitcore.runs import NoSuchModel, Run
from digitcore.words import counted
from ui.loaders import keep_own, members, own_parts, read_own
from ui.states import duration

PATIENCE = 20.0  # seconds for which nobody need be asked
IN_BATCHES = 0.5  # of the recorded time for one digit alone, on one thread


def learned(names: Iterable[str], part: OwnPart) -> dict[str, str]:
    """What models, and members of ensembles, learned from the set, of those that did: by the name
    of the model, see answers.learned_from. Raises NoSuchSet, DataDamaged."""
    parts, found = own_parts(part.name), {}
    for run in runs_of(names):
        with suppress(RunDamaged):  # which is told where its answers are asked for
            found[run.name] = learned_from(run.recipe, parts)
    return {name: what for name, what in found.items() if what != NOTHING}


def known_before(names: Iterable[str], digits: DigitSet, own: str = "") -> list[str]:
    """Which of the judged digits models have learned from elsewhere, pixel for pixel, in words: as
    digits of an own set, or of MNIST where they are of one themselves, which `own` names. Raises
    DataDamaged."""
    recipes = {}
    for run in runs_of(names):
        with suppress(RunDamaged):  # which is told where its answers are asked for
            recipes[run.name] = run.recipe
    by_mnist = [name for name, recipe in recipes.items() if own and recipe.mnist]
    others = {name: of for name, of in recipes.items() if of.own not in ("", own)}
    if not by_mnist and not others:
        return []  # as nearly always: then no digit need be looked at
    judged = looks(digits.images)
    shared = int(np.isin(judged, looks_of_mnist(train=True)).sum()) if by_mnist else 0
    told = [_of_another_set(name, recipe, judged) for name, recipe in others.items()]
    if shared:
        told.insert(0, f"{shared:,} of these {len(judged):,} digits are MNIST's own training "
                    f"digits, pixel for pixel. Their answers flatter {', '.join(by_mnist)}."
                    )  # fmt: skip
    return [words for words in told if words]


def _of_another_set(name: str, recipe: Recipe, judged: np.ndarray) -> str:
    with suppress(NoSuchSet, DataDamaged):
        other = own_parts(recipe.own)
        if other.fingerprint == recipe.own_fingerprint:
            shared = int(np.isin(judged, other.learned_looks).sum())
            told = f"{name} learned from {shared:,} of these {len(judged):,} digits, as digits of "
            return f"{told}{recipe.own}: their answers flatter it." if shared else ""
    return (
        f"{name} learned from the set {recipe.own}, which is not here any more as it was: whether "
        "some of these digits were in it is not known."
    )


def have_read(names: Iterable[str], part: OwnPart) -> bool:
    """Whether models, and members of ensembles, have read the set. They do so now, unless it takes
    so long that a person is asked first, and has not agreed. Raises NoSuchSet, DataDamaged."""
    parts = own_parts(part.name)
    left = [run for run in runs_of(names) if not _has_read(run, parts)]
    if left and not _agreed(left, parts):
        return False
    if left:
        _let_read(left, parts)
    return True


def runs_of(names: Iterable[str]) -> list[Run]:
    """The single models whose answers these models' and ensembles' follow from, each once."""
    found: dict[str, Run] = {}
    for name in names:
        with suppress(NoSuchModel):
            found |= {run.name: run for run in members().store.members(name)}
    return [*found.values()]


def _has_read(run: Run, parts: Parts) -> bool:
    try:
        read_own(run, parts)
    except NotMeasured:
        return False
    except RunDamaged:
        return True  # it never will, which is told where its answers are asked for
    return True


def _agreed(left: Sequence[Run], parts: Parts) -> bool:
    seconds = len(parts) * IN_BATCHES * sum(_milliseconds(run) for run in left) / 1000
    if seconds <= PATIENCE:
        return True
    who = counted(len(left), "model")
    asking = st.empty()
    with asking.container(border=True):
        pressed = st.button(
            f"Let {who} read the digits of {parts.digits.name}",
            type="primary", icon=":material/visibility:", key=f"read {parts.digits.name}",
        )  # fmt: skip
        st.caption(
            f"{len(parts):,} digits, not read yet: about {duration(seconds)}. It goes on while "
            "this page is open; each model that is through is kept."
        )
    if pressed:
        asking.empty()
    return pressed


def _milliseconds(run: Run) -> float:
    with suppress(RunDamaged):
        return run.result.milliseconds
    return 0.0


def _let_read(left: Sequence[Run], parts: Parts) -> None:
    """One after the other, with a bar by what each costs; who is damaged is named and left out."""
    bar, began, done = st.progress(0.0), time.perf_counter(), 0.0
    costs = [_milliseconds(run) or 1.0 for run in left]
    for run, cost in zip(left, costs, strict=True):
        probs: list[np.ndarray] = []
        try:
            for answered in reading(members().network(run.name), parts):
                probs.append(answered)
                done += cost * len(answered) / (sum(costs) * len(parts))
                to_come = (time.perf_counter() - began) * (1 - done) / done
                bar.progress(min(1.0, done), f"{run.name} reads the digits of {parts.digits.name}, "
                             f"{duration(to_come)} left")  # fmt: skip
            keep_own(run, parts, np.concatenate(probs))
        except (RunDamaged, NoSuchModel) as damage:
            st.warning(f"{run.name} cannot read them: {damage}", icon=":material/broken_image:")
    bar.empty()
