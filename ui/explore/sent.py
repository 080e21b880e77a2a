"""From any view to another one, with digits to look at there, which travel in the address too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitcore.exploration.catalogue import MNIST
from ui.explore.chosen import SET, ask_for_set

ASKED, SENT, FRESH = "view asked for", "digits sent", "digits just sent"
ADDRESS = "digits"  # the address keeps them under this, as places in base 36
MOST = 1000  # digits that the address can hold
WRITTEN = re.compile(r"[0-9a-z]{1,4}(-[0-9a-z]{1,4})*")


@dataclass(frozen=True)
class Sent:
    """Digits of a set by their places in it, in order, and what they are, for a person: "inside
    the outline on the map"."""

    name: str
    places: tuple[int, ...]
    words: str


def go_to_view(view: str) -> None:
    """Show another view of the Explore page now."""
    st.session_state[ASKED] = view
    st.rerun(scope="app")


def send_to_gallery(name: str, places: Sequence[int], words: str) -> None:
    """Show digits of the set `name`, which may be another one than the page's, in the gallery: it
    keeps them until they are dropped."""
    if name != st.session_state.get(SET, MNIST):
        ask_for_set(name)
    st.session_state[SENT] = Sent(name, tuple(int(place) for place in places), words)
    st.session_state[FRESH] = True
    go_to_view("Gallery")


def sent(name: str) -> Sent | None:
    """What was last sent, if it is of this set."""
    found = st.session_state.get(SENT)
    return found if found and found.name == name else None


def just_sent() -> bool:
    """Whether digits were sent since the gallery was last drawn: then no other filter counts."""
    return bool(st.session_state.pop(FRESH, False))


def drop_sent() -> None:
    st.session_state.pop(SENT, None)
    st.query_params.pop(ADDRESS, None)


def view_asked() -> str | None:
    """The view that was asked for since the page was last drawn."""
    return st.session_state.pop(ASKED, None)


def keep_in_address(name: str, size: int) -> None:
    """Let what was sent of the set `name`, which has `size` digits, travel in the address; or take
    from there what has come with it, where nothing was sent since the page was opened."""
    if SENT not in st.session_state and ADDRESS in st.query_params:
        places = decode(st.query_params[ADDRESS], size)
        if places:
            st.session_state[SENT] = Sent(name, places, "named in the page's address")
    found = sent(name)
    if found and len(found.places) <= MOST:
        _write(encode(found.places))
    elif ADDRESS in st.query_params:
        del st.query_params[ADDRESS]


def _write(written: str) -> None:
    if st.query_params.get(ADDRESS) != written:
        st.query_params[ADDRESS] = written


def encode(places: Sequence[int]) -> str:
    """Places in order, as base 36 with dashes between: 70,000 of them need at most 4 letters."""
    return "-".join(np.base_repr(place, 36).lower() for place in places)


def decode(written: str, size: int) -> tuple[int, ...]:
    """The places below `size` that encode has written; none where it is not what encode writes."""
    if len(written) > 5 * MOST or not WRITTEN.fullmatch(written):
        return ()
    places = dict.fromkeys(int(place, 36) for place in written.split("-"))
    return tuple(place for place in places if place < size)
