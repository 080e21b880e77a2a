"""The ten sides from which models are compared, one at a time."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module

import streamlit as st

from digitcore.comparison.scores import score
from digitcore.comparison.significance import every_pair
from digitcore.folder import RunDamaged
from digitcore.report import Piece
from ui import loaders
from ui.compare import (
    board,
    confidence,
    confusion,
    cost,
    ensembles,
    errors,
    gaps,
    report,
    robustness,
    training,
)
from ui.compare.seen import Seen
from ui.words import in_words

PIECES: dict[str, Callable[[Seen], Iterator[Piece]]] = {
    "Leaderboard": board.pieces,
    "Confusion": confusion.pieces,
    "Gaps": gaps.pieces,
    "Errors": errors.pieces,
    "Confidence": confidence.pieces,
    "Sturdiness": robustness.pieces,
    "Cost": cost.pieces,
    "Ensembles": ensembles.pieces,
    "Training": training.pieces,
}
SHOW: dict[str, Callable[[Seen], None]] = {
    "Leaderboard": board.show,
    "Confusion": confusion.show,
    "Gaps": gaps.show,
    "Errors": errors.show,
    "Confidence": confidence.show,
    "Sturdiness": robustness.show,
    "Cost": cost.show,
    "Ensembles": ensembles.show,
    "Training": training.show,
    "Report": partial(report.show, views=PIECES),
}
QUESTIONS = {  # that a view answers, under its name
    "Leaderboard": "Who reads best?",
    "Confusion": "What is taken for what?",
    "Gaps": "Is the gap real, or luck?",
    "Errors": "Where do they fail?",
    "Confidence": "Can their confidence be trusted?",
    "Sturdiness": "How sturdy are they?",
    "Cost": "What do they cost?",
    "Ensembles": "What does each member of an ensemble add?",
    "Training": "How did they learn?",
    "Report": "All of it, to keep",
}


def warm_up() -> None:
    """What the first person to compare models would wait for: libraries, and stored answers."""
    for library in ("sklearn.metrics", "scipy.stats", "scipy.optimize"):
        import_module(library)
    found = {}
    for row in loaders.leaderboard()[0]:
        with suppress(RunDamaged, KeyError):
            found[row.name] = loaders.answers(row.name)
            score(found[row.name])
    every_pair(found)


def choose_view() -> str:
    """One view at a time: each opens at once, and its name travels in the address."""
    return st.segmented_control(
        "View",
        list(SHOW),
        default=next(iter(SHOW)),
        required=True,
        key="view",
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
        wrap=True,
    )


def show_view(view: str, seen: Seen) -> None:
    """Runs by itself when something in it is chosen, so that the rest of the page stays."""
    st.subheader(QUESTIONS[view])
    st.fragment(_show)(view, seen)


def _show(view: str, seen: Seen) -> None:
    with in_words():
        SHOW[view](seen)
