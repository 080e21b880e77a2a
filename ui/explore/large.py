"""One digit large: its pixels, what was measured on it, its neighbours, and the models' answers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from digitcore import figures
from digitcore.exploration.catalogue import TEST, Catalogue
from digitcore.exploration.neighbours import Neighbours
from digitcore.exploration.selection import MEASURED, standing
from digitcore.own.store import own_sets
from ui.charts import show_chart
from ui.explore.answers import answers_to, answers_words
from ui.explore.captions import caption
from ui.explore.chosen import DONE
from ui.explore.corrections import offer
from ui.explore.found import reasons
from ui.explore.sources import source
from ui.explore.spaces import feature_neighbours, pixel_neighbours
from ui.pixels import SIDE, show_pixels, values_told
from ui.tables import show_table
from ui.tiles import show_tiles
from ui.words import a_digit, go_to, in_words

PLACE, HOME = "digit large", "digit large of the list"  # the session keeps places under these
NEAR = 8  # neighbours
WIDTH = 360  # CSS pixels that half of the dialog needs
COLUMNS = {  # so narrow that a phone shows all three
    "Measured": st.column_config.TextColumn(width=150),
    "Value": st.column_config.NumberColumn(format="%.2f", width=60),
    "Above": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100,
                                             width=80),
}  # fmt: skip


def turn_to(place: int) -> None:
    """Show this digit the next time that the dialog is drawn."""
    st.session_state[PLACE] = int(place)


@in_words()
def show_large(catalogue: Catalogue, among: Sequence[int] | np.ndarray) -> None:
    """The body of the dialog, which runs by itself. among: the list that the digit is of."""
    if DONE in st.session_state:  # the digit was corrected: drawn anew, the page has no dialog
        st.rerun(scope="app")
    place = st.session_state[PLACE]
    _show_title(catalogue, place, np.asarray(among, dtype=np.int64))
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=SIDE):
            _show_image(catalogue, place)
        with st.container(width="stretch"):
            _show_answers(catalogue, place)
    with st.grid(2, min_column_width=WIDTH):
        with st.container():
            _show_measured(catalogue, place)
        with st.container():
            _show_near(catalogue, place)


def _show_title(catalogue: Catalogue, place: int, among: np.ndarray) -> None:
    """Which digit it is, and the way to the others of the list."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{catalogue.title(place)}, {a_digit(catalogue.labels[place])}**")
        at = np.flatnonzero(among == place)
        if len(at):
            st.session_state[HOME] = place
            _offer_next(among, int(at[0]))
        elif st.session_state.get(HOME) in among:
            st.button(f"Back to {catalogue.title(st.session_state[HOME])}",
                      icon=":material/arrow_back:", key="digit back",
                      on_click=lambda: turn_to(st.session_state[HOME]))  # fmt: skip


def _offer_next(among: np.ndarray, at: int) -> None:
    """To those before and after the one at `at` in the list."""
    if len(among) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.caption(f"{at + 1:,} of {len(among):,}", width="content")
        for words, step, icon, key in (("Previous", -1, "chevron_left", "Left"),
                                       ("Next", 1, "chevron_right", "Right")):  # fmt: skip
            there = 0 <= at + step < len(among)
            st.button(words, icon=f":material/{icon}:", key=f"digit {words}", disabled=not there,
                      on_click=turn_to, args=(among[at + step] if there else 0,),
                      shortcut=key)  # fmt: skip


def _show_image(catalogue: Catalogue, place: int) -> None:
    image, row = catalogue.images[place], catalogue.table.iloc[place]
    show_pixels(image, f"{catalogue.title(place)}, large. Arrow keys go from pixel to pixel.",
                "digit pixels")  # fmt: skip
    with st.expander("All 784 values", icon=":material/grid_on:", key="digit values"):
        st.code(values_told(image), language=None)
    if catalogue.is_mnist:
        st.caption(f"It is in the {row['split']} split.")
    for reason in reasons(catalogue, place):
        st.caption(reason)
    if not catalogue.is_mnist:
        _show_origin(catalogue, int(row["number"]))
    if row["split"] == TEST and st.button("Ask about it on Draw", icon=":material/draw:",
                                          key="digit draw"):  # fmt: skip
        st.session_state.way, st.session_state.test_index = "Test digit", int(row["number"])
        go_to("pages/draw.py")


def _show_origin(catalogue: Catalogue, number: int) -> None:
    """Where a digit of an own set came from, and how to correct it."""
    origin = source(catalogue.name, number)
    if origin:
        st.text(f"From: {origin}")
    if catalogue.name in own_sets().names():
        offer(catalogue.name, number, catalogue.digits)


def _show_answers(catalogue: Catalogue, place: int) -> None:
    probs = answers_to(catalogue, place)
    show_chart(
        figures.shades(probs, int(catalogue.labels[place])),
        alt=f"Probabilities of {', '.join(probs)} for the digits 0 to 9; the label is "
        f"{catalogue.labels[place]}.", key="digit answers",
    )  # fmt: skip
    st.caption(answers_words(catalogue, place))


def _show_measured(catalogue: Catalogue, place: int) -> None:
    found = standing(catalogue.table, place)
    others = int(found["n"].max())
    st.markdown("**What was measured**")
    st.caption(
        f"Above: the share of the {others:,} other digits of class {catalogue.labels[place]} "
        "that have less of it, and half of those that have as much."
        if others else "There is no other digit of its class to compare."
    )  # fmt: skip
    show_table(_table(found), f"{len(found)} values of {catalogue.title(place)}.", COLUMNS)


def _table(found: pd.DataFrame) -> pd.DataFrame:
    """standing() for a person."""
    return pd.DataFrame({
        "Measured": [MEASURED[name].axis for name in found.index],
        "Value": found["value"].to_numpy(), "Above": 100 * found["below"].to_numpy(),
    })  # fmt: skip


def _show_near(catalogue: Catalogue, place: int) -> None:
    if len(catalogue) < 2:
        return
    for words, space in (("By pixels", pixel_neighbours), ("By features", feature_neighbours)):
        st.markdown(f"**Nearest digits, {words.lower()}**")
        _show_nearest(catalogue, place, words, space(catalogue))


def _show_nearest(catalogue: Catalogue, place: int, words: str, space: Neighbours) -> None:
    """Tiles; a click goes on to that digit."""
    places, distances = space.nearest_to(place, NEAR)

    def told(at: int) -> str:
        return f"{caption(catalogue, int(places[at]))}\n{distances[at]:.2f} away"

    show_tiles(catalogue.images, told, f"digit {words}", NEAR, places,
               at_once=lambda at: turn_to(int(places[at])))  # fmt: skip
