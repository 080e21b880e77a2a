"""All digits of a set, filtered, sorted and in pages; each opens, and any can be taken away."""

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from digitcore.exploration.catalogue import TEST, TRAINING, Catalogue
from digitcore.exploration.selection import MEASURED
from digitcore.report import Piece
from ui.explore import filters
from ui.explore.answers import UNLEARNED
from ui.explore.digit import caption, open_digit, show_digits
from ui.explore.filters import Chosen
from ui.explore.picked import show_picked, ticks
from ui.explore.told import filter_words, order_words
from ui.words import in_words

PAGE = 48  # tiles
PICTURED = 24  # digits in a report
SHOWN = "gallery shown"  # the session keeps what the pages are of under this


def show(catalogue: Catalogue) -> None:
    chosen = filters.choose(catalogue)
    _show_count(catalogue, chosen)
    if len(chosen.places):
        _begin_anew(catalogue, chosen)
        _show_pages(catalogue, chosen)


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    """The digits that the filters give, as they were last chosen."""
    chosen = filters.chosen(catalogue)
    some = chosen.places[:PICTURED]
    words = count_words(chosen)
    if len(chosen.places) > PICTURED:
        words += f" The first {PICTURED} are shown."
    yield Piece(
        "Digits as they were filtered", words,
        table=_by_class(chosen) if len(chosen.places) else None,
        pictures=[(catalogue.images[at], _words(catalogue, chosen, at)) for at in some.tolist()],
    )  # fmt: skip


def count_words(chosen: Chosen) -> str:
    """How many there are of how many, what they are, who reads them, and which come first."""
    selection, whole = chosen.selection, len(chosen.table)
    if selection.count:
        which = filter_words(selection)
        words = f"{len(chosen.places):,} of {whole:,} digits{': ' if which else ''}{which}."
    else:
        words = f"All {whole:,} digits." if whole > 1 else "One digit."
    if chosen.reader != UNLEARNED:
        words += (f" They are read by {chosen.reader}, whose answers are stored for the "
                  f"{whole:,} validation and test digits alone.")  # fmt: skip
    order = order_words(selection)
    return f"{words} {order[:1].upper()}{order[1:]}." if order else words


def _show_count(catalogue: Catalogue, chosen: Chosen) -> None:
    """In words, and the way back to all of them."""
    count = chosen.count
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(count_words(chosen), width="content")
        if count:
            st.button(
                "Clear the filter" if count == 1 else f"Clear all {count} filters",
                icon=":material/filter_alt_off:", key="gallery clear",
                on_click=filters.clear, args=(catalogue,),
            )  # fmt: skip
        _offer_by_number(catalogue)
    if not len(chosen.places):
        st.info(_none_words(chosen), icon=":material/search_off:")


def _none_words(chosen: Chosen) -> str:
    if chosen.reader != UNLEARNED and chosen.selection.splits == (TRAINING,):
        return (f"The answers of {chosen.reader} are stored for validation and test digits alone: "
                "choose another split, or other networks under More filters.")  # fmt: skip
    return "No digit is like this. Take a filter away, or make a range wider."


def _offer_by_number(catalogue: Catalogue) -> None:
    """Opens a digit that is known by its number."""
    with st.popover("By number", icon=":material/tag:", key="gallery by number"):
        numbered = catalogue.numbered
        split = next(iter(numbered))
        if len(numbered) > 1:
            split = st.segmented_control("Of which set", list(numbered), default=TEST,
                                         required=True, key="gallery number of")  # fmt: skip
        count = numbered[split]
        number = st.number_input(f"Number, 0 to {count - 1:,}", 0, count - 1, key="gallery number")
        if st.button("Open it", icon=":material/open_in_full:", key="gallery open number"):
            open_digit(catalogue, catalogue.place_of(split, int(number)))


def _begin_anew(catalogue: Catalogue, chosen: Chosen) -> None:
    """Other digits, or another order, are shown from the first page on."""
    of = catalogue.name, chosen.reader, chosen.selection
    if st.session_state.get(SHOWN, of) != of:
        st.session_state["gallery page"] = 1
    st.session_state[SHOWN] = of


@st.fragment
@in_words()
def _show_pages(catalogue: Catalogue, chosen: Chosen) -> None:
    """Runs by itself when a page is turned or a digit ticked."""
    show_picked(catalogue, chosen.places)
    show_digits(catalogue, chosen.places, "gallery", partial(_words, catalogue, chosen), PAGE,
                ticks(catalogue, chosen.places))  # fmt: skip


def _words(catalogue: Catalogue, chosen: Chosen, place: int) -> str:
    """A digit's caption, with what it is sorted by."""
    words, sort = caption(catalogue, place, chosen.table), chosen.selection.sort
    if sort not in MEASURED:
        return words
    value = chosen.table.at[place, sort]
    return f"{words}\n{MEASURED[sort].label} {value:.{filters.decimals(sort) + 1}f}"


def _by_class(chosen: Chosen) -> pd.DataFrame:
    """How many of each class there are, and how many of them are read wrongly."""
    of_class = chosen.table.loc[chosen.places].groupby("label")
    return pd.DataFrame({
        "digits": of_class.size(), "read wrongly": of_class.size() - of_class["right"].sum(),
        "median label quality": of_class["quality"].median(),
    }).rename_axis("class").reset_index()  # fmt: skip
