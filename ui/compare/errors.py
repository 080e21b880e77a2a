"""Where they fail: how far errors overlap, on which digits, and what is taken for what."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from digitcore.comparison import overlap
from digitcore.comparison.overlap import Confused, told
from digitcore.figures import errors as figures
from digitcore.report import Piece
from digitcore.words import counted
from ui.charts import show_chart
from ui.compare import rates
from ui.compare.digit import pictures, show_digits
from ui.compare.error_words import (
    agreement_words,
    group_words,
    how_many,
    overlap_words,
    pair_words,
    pairs_words,
    subject,
)
from ui.compare.seen import Seen
from ui.kept import kept_among
from ui.words import in_words

ROWS, PAIRS = 15, 12  # as many as a chart can hold on a phone
GROUP, PAIR, LOOK = "errors group", "errors pair", "look"
WIDTH = 340  # pixels that a chart needs
BY_MODELS = "Those first that most models misread so."
ALL, RIGHT, WRONG, DISPUTED = (
    "all misread", "one alone reads rightly", "one alone misreads", "most disputed",
)  # fmt: skip


def show(seen: Seen) -> None:
    several = len(seen.names) > 1
    erring = overlap.wrong(seen.predictions).any()
    if not erring:
        st.info(f"{subject(seen)} each of the {seen.where} rightly: there is no error to look at.",
                icon=":material/check_circle:")  # fmt: skip
    elif several:
        _show_overlap(seen)
        _show_look(seen)
    else:
        _show_mistakes(seen)
    if erring:
        _show_pairs(seen)
    rates.show(seen)
    if several:
        _show_agreement(seen)


def pieces(seen: Seen) -> Iterator[Piece]:
    several = len(seen.names) > 1
    found = overlap.overlap(seen.predictions, ROWS)
    confused = overlap.confused(seen.predictions)[:PAIRS]
    if found.erring and several:
        yield Piece("How far their errors overlap", overlap_words(seen, found),
                    figures.overlap(found, seen.styles))  # fmt: skip
        hard = overlap.all_wrong(seen.predictions)
        yield Piece("Misread by all", how_many(hard, seen), pictures=pictures(seen, hard))
    split = overlap.disputed(seen.predictions)
    if len(split):
        yield Piece("Most disputed", how_many(split, seen), pictures=pictures(seen, split))
    if confused:
        yield Piece("Most confused pairs", pairs_words(seen, confused),
                    figures.confused(confused, seen.styles))  # fmt: skip
        yield _pair_piece(seen, confused)
    yield rates.piece(seen)
    if several:
        yield Piece("How alike they answer", agreement_words(seen), _agreement(seen))


def _pair_piece(seen: Seen, found: Sequence[Confused]) -> Piece:
    """The digits of the chosen pair, at first the one confused most."""
    row = kept_among(PAIR, range(len(found)))
    places = overlap.where_confused(seen.predictions, found[row].label, found[row].answer)
    return Piece(pair_words(found, row), f"{how_many(places, seen)} {BY_MODELS}",
                 pictures=pictures(seen, places))  # fmt: skip


@st.fragment
@in_words()
def _show_mistakes(seen: Seen) -> None:
    """One model: there is no overlap, but there are its errors."""
    (name,) = seen.names
    mistakes, rate = seen.predictions[name].mistakes(), seen.predictions[name].error_rate
    st.markdown("### What it misreads")
    st.caption(
        f"{name} misreads {len(mistakes):,} of {seen.where}: {rate.words}, the most "
        "confident first. Choose a second model to see how far their errors overlap."
    )
    show_digits(seen, [mistake.index for mistake in mistakes], "errors one")


@st.fragment
@in_words()
def _show_overlap(seen: Seen) -> None:
    found = overlap.overlap(seen.predictions, ROWS)
    st.markdown("### How far their errors overlap")
    st.caption(overlap_words(seen, found))
    rows = range(len(found.groups))
    with st.grid(2, min_column_width=WIDTH):
        chart, digits = st.container(), st.container()
    with digits:
        row = _choose("Digits that exactly these models misread", rows, GROUP,
                      partial(group_words, found.groups, seen.names))  # fmt: skip
        show_digits(seen, found.groups[row].places.tolist(), f"{GROUP} {row}")
    with chart:
        _clickable(figures.overlap(found, seen.styles, row), GROUP,
                   f"{len(rows)} sets of models and the digits that exactly they misread. The "
                   f"largest: {group_words(found.groups, seen.names, 0)}.")  # fmt: skip


def _choose(label: str, rows: Sequence, key: str, words: Callable) -> Any:
    """One of the rows by the keyboard; a click on the chart beside it sets the same."""
    kept_among(key, rows)
    return st.selectbox(label, rows, key=key, format_func=words, persist_state="session")


def _clickable(figure: go.Figure, key: str, alt: str) -> None:
    """A chart whose rows can be clicked; the row that is chosen is marked in it, so that each
    choice draws it anew and the browser keeps no selection of its own."""
    show_chart(
        figure, key=f"{key} chart", on_select=partial(_pick, key), selection_mode="points",
        alt=alt,
    )  # fmt: skip


def _pick(key: str) -> None:
    points = st.session_state[f"{key} chart"].selection.points
    if points:
        st.session_state[key] = int(points[0]["customdata"][0])


@st.fragment
@in_words()
def _show_look(seen: Seen) -> None:
    """The digits on which models differ most, or not at all."""
    st.markdown("### Digits to look at")
    look = st.segmented_control(
        "Digits that", [ALL, RIGHT, WRONG, DISPUTED], default=ALL, required=True, key=LOOK,
        bind="query-params", persist_state="session", wrap=True,
    )  # fmt: skip
    if look in (RIGHT, WRONG):
        places, words = _choose_alone(seen, look)
    elif look == ALL:
        places = overlap.all_wrong(seen.predictions)
        words = f"that {told(seen.names, seen.names)} models misread"
    else:
        places = overlap.disputed(seen.predictions)
        words = "that get more than one answer, those first on which the votes are split most"
    if len(places):
        st.caption(f"{len(places):,} of {seen.where} {words}.")
        show_digits(seen, places.tolist(), f"errors look {words}")
    else:
        st.info(f"There is no digit {words}, of {seen.where}.", icon=":material/check_circle:")


def _choose_alone(seen: Seen, look: str) -> tuple[np.ndarray, str]:
    """What one model alone reads rightly, or misreads: at first the one with most such digits."""
    alone = (overlap.only_right if look == RIGHT else overlap.only_wrong)(seen.predictions)
    names = sorted(alone, key=lambda name: -len(alone[name]))
    name = _choose("Model", names, f"errors {look}",
                   lambda name: f"{name}: {counted(len(alone[name]))}")  # fmt: skip
    how = "reads rightly and all others misread" if look == RIGHT else "alone misreads"
    return alone[name], f"that {name} {how}"


@st.fragment
@in_words()
def _show_pairs(seen: Seen) -> None:
    found = overlap.confused(seen.predictions)[:PAIRS]
    st.markdown("### Most confused pairs")
    st.caption(pairs_words(seen, found))
    with st.grid(2, min_column_width=WIDTH):
        chart, digits = st.container(), st.container()
    with digits:
        row = _choose("Digits of a confused pair", range(len(found)), PAIR,
                      partial(pair_words, found))  # fmt: skip
        pair = found[row]
        places = overlap.where_confused(seen.predictions, pair.label, pair.answer)
        st.caption(f"{counted(len(places))} of {pair.support:,}, those first that most models "
                   "misread so.")  # fmt: skip
        show_digits(seen, places.tolist(), f"{PAIR} {row}")
    with chart:
        _clickable(figures.confused(found, seen.styles, row), PAIR,
                   f"Most confused pairs of digits. First: {pair_words(found, 0)}.")  # fmt: skip


@st.fragment
@in_words()
def _show_agreement(seen: Seen) -> None:
    st.markdown("### How alike they answer")
    st.caption(agreement_words(seen))
    show_chart(
        _agreement(seen), key="errors agreement",
        alt=f"How many of {seen.where} each two models answer differently. "
        f"{agreement_words(seen)}",
    )  # fmt: skip


def _agreement(seen: Seen) -> go.Figure:
    shares = overlap.agreement(seen.predictions)
    return figures.agreement(shares, seen.names, len(seen.numbers))
