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
from ui.compare.seen import Seen, redraw_if_asked
from ui.words import in_words

VIEWS = {  # by name: where it stands, and the question that it answers
    "Leaderboard": (board, "Who reads best?"),
    "Confusion": (confusion, "What is taken for what?"),
    "Gaps": (gaps, "Is the gap real, or luck?"),
    "Errors": (errors, "Where do they fail?"),
    "Confidence": (confidence, "Can their confidence be trusted?"),
    "Sturdiness": (robustness, "How sturdy are they?"),
    "Cost": (cost, "What do they cost?"),
    "Ensembles": (ensembles, "What does each member of an ensemble add?"),
    "Training": (training, "How did they learn?"),
}
REPORT = "Report"  # has no question and no pieces of its own: it collects those of the others
PIECES: dict[str, Callable[[Seen], Iterator[Piece]]] = {
    name: view.pieces for name, (view, _) in VIEWS.items()
}
SHOW: dict[str, Callable[[Seen], None]] = {
    **{name: view.show for name, (view, _) in VIEWS.items()},
    REPORT: partial(report.show, views=PIECES),
}
QUESTIONS = {**{name: asked for name, (_, asked) in VIEWS.items()}, REPORT: "All of it, to keep"}


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
    st.header(QUESTIONS[view])
    st.fragment(_show)(view, seen)


def _show(view: str, seen: Seen) -> None:
    redraw_if_asked()
    with in_words():
        SHOW[view](seen)
