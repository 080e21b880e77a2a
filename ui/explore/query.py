"""Whose neighbours are asked for: a digit of a set, by its number, or what was drawn last."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitcore import ink
from digitcore.exploration.catalogue import Catalogue
from ui.kept import kept_among
from ui.words import go_to

FROM, SPLIT, NUMBER = "near-to", "near-split", "near-number"  # so called in the address
DIGIT, DRAWING = "a digit", "my drawing"


@dataclass(frozen=True)
class Query:
    """image: uint8 (28, 28). place: in its catalogue, and label: 0 to 9; None for a drawing."""

    image: np.ndarray
    title: str
    place: int | None = None
    label: int | None = None


def choose_query(catalogue: Catalogue) -> Query | None:
    """The person's choice, which travels in the address; None, and why, where there is nothing."""
    kept_among(FROM, [DIGIT, DRAWING])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = st.segmented_control(
            "Nearest to", [DIGIT, DRAWING], default=DIGIT, required=True, key=FROM,
            bind="query-params", persist_state="session",
        )  # fmt: skip
        if kind == DIGIT:
            return _digit(catalogue, _choose_place(catalogue))
    return _drawing()


def _digit(catalogue: Catalogue, place: int) -> Query:
    return Query(catalogue.images[place], catalogue.title(place), place,
                 int(catalogue.labels[place]))  # fmt: skip


def _choose_place(catalogue: Catalogue) -> int:
    splits = catalogue.numbered
    split = kept_among(SPLIT, list(splits))
    if len(splits) > 1:
        split = st.segmented_control("Split", list(splits), default=split, required=True, key=SPLIT,
                                     bind="query-params", persist_state="session")  # fmt: skip
    count = splits[split]
    if st.session_state.get(NUMBER, 0) >= count:  # of another split or set
        st.session_state[NUMBER] = 0
    number = st.number_input(f"Number, 0 to {count - 1:,}", 0, count - 1, 0, key=NUMBER, width=170,
                             bind="query-params", persist_state="session")  # fmt: skip
    st.button("Any other", icon=":material/casino:", key="near lot", on_click=_draw_lot,
              args=(count,), disabled=count == 1)  # fmt: skip
    return catalogue.place_of(split, int(number))


def _draw_lot(count: int) -> None:
    """Never the same again: there are at least two."""
    step = int(np.random.default_rng().integers(1, count))
    st.session_state[NUMBER] = (st.session_state.get(NUMBER, 0) + step) % count


def _drawing() -> Query | None:
    """What is on the pad of the Draw page, as the networks see it there."""
    kept = st.session_state
    picture = kept.get("pad_picture") if kept.get("pad_strokes") else None
    if picture is None:
        st.info("There is no drawing yet. Draw a digit on the Draw page, then come back.",
                icon=":material/draw:")  # fmt: skip
        _offer_draw("Go and draw")
        return None
    try:
        return Query(ink.read_file(picture).image, "Your drawing")
    except (ink.NoInk, ink.BadPicture) as reason:
        st.warning(f"No digit to be seen in your drawing: {reason}", icon=":material/draw:")
        _offer_draw("Draw another")
        return None


def _offer_draw(words: str) -> None:
    if st.button(words, icon=":material/draw:", key="near draw"):
        go_to("pages/draw.py")
