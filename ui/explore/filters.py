"""What digits a person asks for, as widgets whose values travel in the address."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from digitcore.digits import CLASSES
from digitcore.exploration.catalogue import TEST, TRAINING, VALIDATION, Catalogue
from digitcore.exploration.insights import NETWORK
from digitcore.exploration.selection import MEASURED, SORTS, Range, Selection, read_by
from digitcore.folder import RunDamaged
from digitcore.runs import NoSuchModel
from ui import loaders
from ui.explore.answers import UNLEARNED, held_out_numbers
from ui.explore.sent import MOST, drop_sent, just_sent, keep_in_address, sent
from ui.explore.told import sort_name
from ui.kept import kept_among, kept_numbers, kept_some

# What the address and the session keep is called so.
SPLIT, CLASS, READ, ANSWER = "show-split", "show-class", "show-read", "show-answer"
READER, SORT, ORDER = "show-reader", "sort-by", "sort-order"
RIGHT, WRONG = "rightly", "wrongly"
LOWEST, HIGHEST = "lowest first", "highest first"
FINE = {"quality": 2, "typicality": 2, "apart": 1, "thickness": 1, "centre_x": 1, "centre_y": 1}
READ_HELP = {
    True: "By networks that have not learned from the digit; More filters has others to ask.",
    False: f"By the network {NETWORK}, which learned from MNIST's training digits alone.",
}
WIDE = 230  # pixels that a slider needs
LIMITS = "gallery limits"  # the session keeps between what the sliders went under this, by key


@dataclass(frozen=True)
class Chosen:
    """The digits that a person asked for. places: in the catalogue, in order; table: of all that
    could be asked for; reader: the model or ensemble whose answers count, or UNLEARNED."""

    selection: Selection
    places: np.ndarray
    table: pd.DataFrame
    reader: str

    @property
    def count(self) -> int:
        """How many filters are at work: a reader is one, since not all digits were read."""
        return self.selection.count + (self.reader != UNLEARNED)


def choose(catalogue: Catalogue) -> Chosen:
    """Draw the filters and give what they come to."""
    if just_sent():
        _ask_for_all(catalogue)
    keep_in_address(catalogue)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _choose_some("Split", SPLIT, splits(catalogue))
        _choose_some("Class", CLASS, list(map(str, catalogue.classes)))
        st.segmented_control("Read", [RIGHT, WRONG], key=READ, persist_state="session",
                             bind="query-params", help=READ_HELP[catalogue.is_mnist])  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose_order()
    _choose_more(catalogue)
    _show_sent(catalogue)
    return chosen(catalogue)


def chosen(catalogue: Catalogue) -> Chosen:
    """The same from what the session keeps, where the filters are not drawn."""
    table, reader = _table(catalogue)
    selection = kept(catalogue)
    return Chosen(selection, selection.places(table), table, reader)


def kept(catalogue: Catalogue) -> Selection:
    """What the session keeps of the filters, as far as this set has what they ask for."""
    found = sent(catalogue)
    return Selection(
        splits=tuple(kept_some(SPLIT, splits(catalogue))),
        labels=tuple(map(int, kept_some(CLASS, list(map(str, catalogue.classes))))),
        answers=tuple(map(int, kept_some(ANSWER, list(map(str, range(CLASSES)))))),
        right={RIGHT: True, WRONG: False}.get(kept_among(READ, [None, RIGHT, WRONG])),
        ranges=_ranges(catalogue),
        only=found.places if found else None,
        sort=kept_among(SORT, SORTS, told=sort_name),
        descending=kept_among(ORDER, [LOWEST, HIGHEST]) == HIGHEST,
    )  # fmt: skip


def clear(catalogue: Catalogue) -> None:
    """Ask for all digits again, in the same order; before the filters are drawn."""
    _ask_for_all(catalogue)
    drop_sent()


def _ask_for_all(catalogue: Catalogue) -> None:
    state = st.session_state
    state[SPLIT], state[CLASS], state[ANSWER], state[READ] = [], [], [], None
    state[READER] = UNLEARNED
    for name, whole in bounds(catalogue.table).items():
        state[range_key(name)] = whole


def splits(catalogue: Catalogue) -> list[str]:
    """Those of a set that has several."""
    return [TRAINING, VALIDATION, TEST] if catalogue.is_mnist else []


def bounds(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Of each of MEASURED on which the digits differ, the least and the most, on whole steps."""
    values = table[list(MEASURED)].to_numpy()
    found = {}
    # fmin and fmax, of all at once, pass over what has no number.
    for name, low, high in zip(MEASURED, np.fmin.reduce(values), np.fmax.reduce(values),
                               strict=True):  # fmt: skip
        if low < high:
            steps = 10 ** decimals(name)
            found[name] = (math.floor(float(low) * steps) / steps,
                           math.ceil(float(high) * steps) / steps)  # fmt: skip
    if "quality" in found:
        found["quality"] = 0.0, 1.0  # whoever reads them
    return found


def decimals(name: str) -> int:
    """To which one of MEASURED is chosen."""
    return FINE.get(name, 0)


def range_key(name: str) -> str:
    return f"show-{name.replace('_', '-')}"


def _ranges(catalogue: Catalogue) -> dict[str, Range]:
    """Those that are narrower than all digits need."""
    found = {}
    for name, whole in bounds(catalogue.table).items():
        asked = _asked(name, whole)
        if asked != whole:
            found[name] = Range(*asked)
    return found


def _asked(name: str, whole: tuple[float, float]) -> tuple[float, float]:
    """What the session keeps, between this set's limits. An end that stood at a limit of the set
    that was shown before asks for nothing, and stands at this one's."""
    key, (least, most) = range_key(name), whole
    low, high = kept_numbers(key, whole)
    before = st.session_state.get(LIMITS, {}).get(key, whole)
    low = least if low <= before[0] else max(low, least)
    high = most if high >= before[1] else min(high, most)
    return (low, high) if low <= high else whole


def _choose_some(label: str, key: str, options: list[str]) -> None:
    """Any of the options, none meaning all; nothing to choose where there are not two."""
    if key in st.session_state:  # as another set had them
        st.session_state[key] = [name for name in st.session_state[key] if name in options]
    if len(options) > 1:
        st.pills(label, options, selection_mode="multi", key=key, bind="query-params",
                 persist_state="session", wrap=True)  # fmt: skip


def _choose_order() -> None:
    st.selectbox("Sort by", SORTS, key=SORT, bind="query-params", persist_state="session",
                 format_func=sort_name, width=190)  # fmt: skip
    st.segmented_control("Order", [LOWEST, HIGHEST], default=LOWEST, required=True, key=ORDER,
                         bind="query-params", persist_state="session",
                         label_visibility="collapsed")  # fmt: skip


def _choose_more(catalogue: Catalogue) -> None:
    limits = bounds(catalogue.table)
    for name, whole in limits.items():
        _keep_within(name, whole)
    used = _in_use(catalogue, limits)
    title = f"More filters: {used} in use" if used else "More filters"
    with st.expander(title, key="gallery more", icon=":material/tune:"):
        with st.container(horizontal=True, gap="medium"):
            _choose_some("Read as", ANSWER, list(map(str, range(CLASSES))))
            _choose_reader(catalogue)
        with st.grid("auto", min_column_width=WIDE):
            for name, whole in limits.items():
                _choose_range(name, whole)


def _in_use(catalogue: Catalogue, limits: dict[str, tuple[float, float]]) -> int:
    """How many of these filters ask for something; of one never drawn yet the address knows."""
    nothing = {ANSWER: [], **{range_key(name): whole for name, whole in limits.items()}}
    if catalogue.is_mnist:
        nothing[READER] = UNLEARNED
    state = st.session_state
    return sum(state[key] != none if key in state else key in st.query_params
               for key, none in nothing.items())  # fmt: skip


def _keep_within(name: str, whole: tuple[float, float]) -> None:
    """Let what the session keeps be what this set's slider shows."""
    key = range_key(name)
    if key in st.session_state:
        st.session_state[key] = _asked(name, whole)
    st.session_state.setdefault(LIMITS, {})[key] = whole


def _choose_range(name: str, whole: tuple[float, float]) -> None:
    st.slider(MEASURED[name].axis, *whole, whole, 10.0 ** -decimals(name), key=range_key(name),
              format=f"%.{decimals(name)}f", bind="query-params", persist_state="session",
              help=MEASURED[name].words)  # fmt: skip


def _choose_reader(catalogue: Catalogue) -> None:
    """Whose answers count: there are stored ones for MNIST's test and validation digits."""
    if not catalogue.is_mnist:
        return
    names = _readers()
    kept_among(READER, names)
    st.selectbox(
        "Who reads them", names, key=READER, bind="query-params", persist_state="session",
        format_func=_reader_name,
        help="Each digit can be read by networks that have not learned from it. A model or an "
        "ensemble by name has its answers stored for the test and the validation digits: then "
        "only these are shown.", width=300,
    )  # fmt: skip


def _readers() -> list[str]:
    board, _ = loaders.leaderboard()
    return [UNLEARNED, *(row.name for row in board)]


def _reader_name(name: str) -> str:
    return "networks that did not learn the digit" if name == UNLEARNED else name


def _table(catalogue: Catalogue) -> tuple[pd.DataFrame, str]:
    """What is known of the digits that the chosen reader has read."""
    reader = UNLEARNED
    if catalogue.is_mnist:
        reader = kept_among(READER, _readers(), told=_reader_name)
    if reader == UNLEARNED:
        return catalogue.table, reader
    try:
        answers = [loaders.answers(reader, part) for part in ("validation", "test")]
    except (RunDamaged, NoSuchModel, KeyError) as damage:
        st.warning(f"{reader} cannot be asked: {damage}", icon=":material/broken_image:")
        return catalogue.table, UNLEARNED
    test = np.flatnonzero(catalogue.table["split"] == TEST)
    places = np.concatenate([held_out_numbers(), test])
    probs = np.concatenate([found.probs for found in answers])
    return read_by(catalogue.table, places, probs), reader


def _show_sent(catalogue: Catalogue) -> None:
    found = sent(catalogue)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Only {len(found.places):,} digits that were chosen: {found.words}.",
                width="content")  # fmt: skip
        if len(found.places) > MOST:
            st.caption(f"More than {MOST} do not travel in the page's address.", width="content")
        st.button("Show all again", icon=":material/close:", on_click=drop_sent,
                  key="gallery drop")  # fmt: skip
