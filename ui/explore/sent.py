"""From any view to another one, with digits to look at there, which travel in the address too."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitcore.exploration.catalogue import MNIST, Catalogue
from ui.explore.chosen import SET, ask_for_set

ASKED, SENT, FRESH = "view asked for", "digits sent", "digits just sent"
ADDRESS = "digits"  # the address keeps them under this, as places in base 36
MOST = 1000  # digits that the address can hold
WRITTEN = re.compile(r"[0-9a-z]{1,4}(-[0-9a-z]{1,4})*")


@dataclass(frozen=True)
class Sent:
    """Digits of a set by their places in it, in order, and what they are, for a person: "inside
    the outline on the map". pictures: of the set, for whose digits alone the places are right."""

    name: str
    pictures: str
    places: tuple[int, ...]
    words: str


def go_to_view(view: str) -> None:
    """Show another view of the Explore page now."""
    st.session_state[ASKED] = view
    st.rerun(scope="app")


def send_to_gallery(catalogue: Catalogue, places: Iterable[int], words: str) -> None:
    """Show digits of a set, which may be another one than the page's, in the gallery: it keeps
    them until they are dropped."""
    if catalogue.name != st.session_state.get(SET, MNIST):
        ask_for_set(catalogue.name)
    _keep(catalogue, places, words)
    st.session_state[FRESH] = True
    go_to_view("Gallery")


def _keep(catalogue: Catalogue, places: Iterable[int], words: str) -> None:
    where = tuple(int(place) for place in places)
    st.session_state[SENT] = Sent(catalogue.name, catalogue.pictures, where, words)


def sent(catalogue: Catalogue) -> Sent | None:
    """What was last sent, if it is of this set as it is now."""
    found = st.session_state.get(SENT)
    same = found and (found.name, found.pictures) == (catalogue.name, catalogue.pictures)
    return found if same else None


def just_sent() -> bool:
    """Whether digits were sent since the gallery was last drawn: then no other filter counts."""
    return bool(st.session_state.pop(FRESH, False))


def drop_sent() -> None:
    st.session_state.pop(SENT, None)
    st.query_params.pop(ADDRESS, None)


def view_asked() -> str | None:
    """The view that was asked for since the page was last drawn."""
    return st.session_state.pop(ASKED, None)


def keep_in_address(catalogue: Catalogue) -> None:
    """Let what was sent of a set travel in the address; or take from there what has come with it,
    where nothing was sent since the page was opened."""
    _drop_what_is_past(catalogue)
    if SENT not in st.session_state and ADDRESS in st.query_params:
        places = decode(st.query_params[ADDRESS], len(catalogue))
        if places:
            _keep(catalogue, places, "named in the page's address")
    found = sent(catalogue)
    if found and len(found.places) <= MOST:
        _write(encode(found.places))
    elif ADDRESS in st.query_params:
        del st.query_params[ADDRESS]


def _drop_what_is_past(catalogue: Catalogue) -> None:
    """What was sent of this set when it had other digits at these places."""
    known = st.session_state.get(SENT)
    if known and known.name == catalogue.name and not sent(catalogue):
        drop_sent()
        st.toast(f"{catalogue.name} has other digits now: those that were chosen are not known any "
                 "more.", icon=":material/deselect:")  # fmt: skip


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
