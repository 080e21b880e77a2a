"""The sets that are kept: what is in each, and looking at it, taking it away or deleting it."""

from datetime import datetime

import pandas as pd
import streamlit as st

from digitcore.digits import DataDamaged
from digitcore.own.csvs import write_csv
from digitcore.own.examples import write_npz
from digitcore.own.store import NoSuchSet, own_sets
from digitcore.own.told import listed
from digitcore.words import counted
from ui.explore import own_correct
from ui.explore.chosen import ask_for_set
from ui.explore.learners import learners_words
from ui.explore.sent import go_to_view
from ui.explore.sources import show_sources
from ui.kept import kept_among
from ui.own_choice import OWN
from ui.tables import show_table
from ui.words import go_to, in_words

CHOSEN, TROUBLE = "own set", "own set that stays"
DAMAGED = "cannot be read"
COLUMNS = {
    "Digits": st.column_config.NumberColumn(format="localized"),
    "Kept": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
}


def show() -> None:
    st.header("Kept sets")
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.error(trouble, icon=":material/error:")
    names = own_sets().names()
    if not names:
        st.info("There is none yet. Send some digits above, and keep them under a name.",
                icon=":material/inventory_2:")  # fmt: skip
        return
    table = pd.DataFrame([_row(name, own_sets().stamp(name)) for name in names])
    show_table(table, "The sets that are kept, with their sizes.", COLUMNS, most=10)
    kept_among(CHOSEN, names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Set", names, key=CHOSEN, persist_state="session", width=260)
        _offer(name)
    _show_details(name)


@st.cache_data(show_spinner=False, max_entries=200)
def _row(name: str, stamp: tuple[int, int]) -> dict[str, object]:
    """What the table says of a set as it was written at a time."""
    written = datetime.fromtimestamp(stamp[0] / 1e9) if stamp[0] else None
    try:
        digits, about = own_sets().load(name), own_sets().about(name)
    except (DataDamaged, NoSuchSet):
        return {"Set": name, "Digits": None, "Classes": DAMAGED, "From": "", "Kept": written}
    classes = "".join(str(int(digit)) for digit in digits.labels.unique())
    return {"Set": name, "Digits": len(digits), "Classes": " ".join(classes),
            "From": about.origin, "Kept": written}  # fmt: skip


def _offer(name: str) -> None:
    if st.button("Explore", icon=":material/search:"):
        ask_for_set(name)
        go_to_view("At a glance")
    if st.button("Train on it", icon=":material/model_training:"):
        go_to("pages/train.py", {OWN: name})
    for kind, write, mime in (
        ("NPZ", write_npz, "application/octet-stream"),
        ("CSV", write_csv, "text/csv"),
    ):
        st.download_button(
            kind, lambda write=write: write(own_sets().load(name)), f"{name}.{kind.lower()}", mime,
            icon=":material/download:", on_click="ignore",
            help=f"The set's images and labels as {kind}, which can be sent here again.",
        )  # fmt: skip
    if st.button("Delete", icon=":material/delete:"):
        st.dialog(f"Delete {name}?")(_ask)(name)


def _ask(name: str) -> None:
    """Ends once the set is deleted, here or by somebody else, or cannot be."""
    if TROUBLE in st.session_state or name not in own_sets().names():
        st.rerun(scope="app")
    with in_words():
        size = _row(name, own_sets().stamp(name))["Digits"]
        st.text(f"{counted(size)} will be gone." if size else "It cannot be read.")
        for words in learners_words(name, gone=True):
            st.text(words)
        with st.container(horizontal=True):
            st.button("Delete", type="primary", key="delete for good", on_click=_delete,
                      args=(name,))  # fmt: skip
            if st.button("Keep it"):
                st.rerun(scope="app")


def _delete(name: str) -> None:
    try:
        own_sets().delete(name)
    except NoSuchSet:
        pass  # somebody else was faster
    except OSError as error:
        st.session_state[TROUBLE] = f"{name} could not be deleted: {error.strerror or error}."


def _show_details(name: str) -> None:
    """What was not taken when the set was kept, since that may matter now; which file each digit
    was; and the way to correct it."""
    try:
        _show_left_out(name)
        show_sources(name)
        own_correct.show(name)
    except DataDamaged as damage:
        st.error(str(damage), icon=":material/broken_image:")


def _show_left_out(name: str) -> None:
    lines = own_sets().about(name).left_out
    if lines:
        with st.expander(f"What was left out of {name}"):
            st.text("\n".join(listed(lines)))
