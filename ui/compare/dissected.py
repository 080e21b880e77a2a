"""Which ensemble is looked into, and what its members answered to the shown digits."""

from dataclasses import dataclass, replace

import streamlit as st

from digitcore import figures
from digitcore.comparison.anatomy import Anatomy
from digitcore.ensemble import WAYS
from digitcore.evaluation import Predictions
from digitcore.members import DEFAULT
from digitcore.runs import Ensemble
from ui.compare.part import VALIDATION
from ui.compare.seen import Seen, apart_from
from ui.kept import kept_among
from ui.loaders import Part, answers, leaderboard, members

WHICH, HOW = "anatomy", "combined"  # the address and the session keep the choice under these names
TOGETHER = "these models together"
HELD_OUT = "5,000 validation digits"


@dataclass(frozen=True, eq=False)
class Dissected:
    """An ensemble on the shown digits and on the validation digits.

    seen: the ensemble and its members on the shown digits.
    """

    ensemble: Ensemble
    shown: Anatomy
    held_out: Anatomy
    seen: Seen

    @property
    def parts(self) -> dict[str, Anatomy]:
        """By where, the validation digits first; one where they are the shown ones."""
        return {HELD_OUT: self.held_out, self.seen.where: self.shown}


def options(seen: Seen) -> list[str]:
    """Ensembles to look into, at first a chosen one, else the default one."""
    known = {
        name: ensemble for name, ensemble in members().store.ensembles().items()
        if len(ensemble.members) == len(set(ensemble.members)) > 1  # a file may say anything
    }  # fmt: skip
    order = [name for name in (*seen.names, DEFAULT, *known) if name in known]
    return [*dict.fromkeys(order), *([TOGETHER] if len(seen.single) > 1 else [])]


def asked(seen: Seen, which: str, how: str) -> Ensemble:
    """Raises RunDamaged where weights are asked for and answers are damaged."""
    if which != TOGETHER:
        return members().store.ensembles()[which]
    return members().combined(tuple(seen.single), how, TOGETHER)


def kept(seen: Seen, known: list[str]) -> Ensemble:
    """The one that was chosen last, or the first. Raises RunDamaged."""
    return asked(seen, kept_among(WHICH, known), kept_among(HOW, WAYS))


def choose(seen: Seen, known: list[str]) -> Ensemble:
    kept_among(WHICH, known)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.selectbox("Ensemble", known, key=WHICH, bind="query-params",
                             persist_state="session", width=280)  # fmt: skip
        how = WAYS[0]
        if which == TOGETHER:
            how = st.selectbox("How they are combined", WAYS, key=HOW, bind="query-params",
                               persist_state="session", width=200)  # fmt: skip
    return asked(seen, which, how)


def dissect(seen: Seen, ensemble: Ensemble) -> Dissected:
    """Raises RunDamaged, NotMeasured where a member has not read the shown digits, or KeyError
    where it has been deleted just now."""
    seen = apart_from(seen, ensemble.members)
    shown, held_out = (anatomy(ensemble, part) for part in (seen.part, VALIDATION))
    every = {ensemble.name: shown.together, **shown.members}
    rows = {row.name: row for row in leaderboard()[0] if row.name in every}
    styles = figures.styles_of([*seen.names, *every], [*seen.ensembles, ensemble.name])
    looks = {name: seen.styles.get(name, styles[name]) for name in every}
    return Dissected(
        ensemble, shown, held_out, replace(seen, predictions=every, rows=rows, styles=looks)
    )


def anatomy(ensemble: Ensemble, part: Part) -> Anatomy:
    """An ensemble on some digits, kept as long as its members' answers to them are.

    Raises RunDamaged, NotMeasured where a member has not read these digits, or KeyError.
    """
    read = {name: answers(name, part) for name in ensemble.members}
    return _anatomy(read, ensemble.how, ensemble.weights, ensemble.temperature)


# The loaders give the same object until a run is written anew, and what is kept here holds on to
# it, so that no other object gets its id.
@st.cache_resource(show_spinner=False, max_entries=60, hash_funcs={Predictions: id})
def _anatomy(
    read: dict[str, Predictions], how: str, weights: tuple[float, ...] | None, temperature: float
) -> Anatomy:
    return Anatomy(read, how, weights, temperature)
