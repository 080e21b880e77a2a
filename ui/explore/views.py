"""The sides from which a set of digits is looked at, one at a time."""

from collections.abc import Callable, Iterator
from functools import partial

import streamlit as st

from digitcore.exploration.catalogue import MNIST, Catalogue
from digitcore.report import Piece
from ui.explore import atlas, gallery, glance, neighbours, own, report, suspects, warps
from ui.explore.chosen import load_catalogue
from ui.explore.sent import view_asked
from ui.explore.spaces import feature_neighbours, pixel_neighbours
from ui.words import in_words

VIEW = "side"  # the address and the session keep the chosen view under this name
VIEWS = {  # by name: where it stands, and the question that it answers
    "At a glance": (glance, "What is in it?"),
    "Gallery": (gallery, "Which digits are like this?"),
    "Map": (atlas, "What looks like what?"),
    "Neighbours": (neighbours, "Which digits are closest?"),
    "Suspects": (suspects, "What is odd, doubled or mislabelled?"),
    "Warps": (warps, "What will training do to them?"),
}
OWN, REPORT = "Your own", "Report"  # have no pieces of their own: they are of the other views
PIECES: dict[str, Callable[[Catalogue], Iterator[Piece]]] = {
    name: view.pieces for name, (view, _) in VIEWS.items()
}
SHOW: dict[str, Callable[[Catalogue], None]] = {
    **{name: view.show for name, (view, _) in VIEWS.items()},
    REPORT: partial(report.show, views=PIECES),
}
QUESTIONS = {
    **{name: asked for name, (_, asked) in VIEWS.items()},
    OWN: "Digits of your own",
    REPORT: "All of it, to keep",
}


def warm_up() -> None:
    """What the first person to explore the digits would wait for."""
    catalogue = load_catalogue(MNIST)
    pixel_neighbours(catalogue)
    feature_neighbours(catalogue)


def choose_view() -> str:
    """One view at a time: each opens at once, and its name travels in the address."""
    asked = view_asked()
    if asked:
        st.session_state[VIEW] = asked
    return st.segmented_control(
        "View",
        list(QUESTIONS),
        default=next(iter(QUESTIONS)),
        required=True,
        key=VIEW,
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
        wrap=True,
    )


def show_view(view: str, name: str) -> None:
    """A view of the set with this name. Runs by itself when something in it is chosen, so that the
    rest of the page stays."""
    st.header(QUESTIONS[view])
    st.fragment(_show)(view, name)


def _show(view: str, name: str) -> None:
    with in_words():
        if view == OWN:
            own.show()  # where also a damaged set can be deleted
        else:
            SHOW[view](load_catalogue(name))
