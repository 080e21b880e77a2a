"""Which file, line or place on a sheet a digit of an own set was."""

import pandas as pd
import streamlit as st

from digitcore.digits import DataDamaged
from digitcore.exploration.catalogue import MNIST
from digitcore.own.store import NoSuchSet, OwnSets, own_sets
from ui.loaders import own_parts
from ui.tables import show_table

SHOWN = "own sources"
COLUMNS = {
    "No.": st.column_config.NumberColumn(width=70),
    "Label": st.column_config.NumberColumn(width=70),
    "Source": st.column_config.TextColumn(width="large"),
}


def source(name: str, number: int) -> str:
    """Of a digit by its number in the set of that name, to be shown as text alone, because it may
    be a file's name; "" where nobody knows, and for MNIST's."""
    known = sources(name)
    return known[number] if 0 <= number < len(known) else ""


def sources(name: str) -> tuple[str, ...]:
    """Of all digits of a set; none for MNIST's, and where the set is gone or damaged."""
    if name == MNIST:
        return ()
    try:
        return _sources(own_sets(), name, own_sets().stamp(name))
    except (NoSuchSet, DataDamaged):
        return ()


@st.cache_resource(show_spinner=False, max_entries=4)
def _sources(sets: OwnSets, name: str, stamp: tuple) -> tuple[str, ...]:
    return tuple(sets.sources(name))


def show_sources(name: str) -> None:
    """All of them as a table; nothing where none is known. Raises NoSuchSet, DataDamaged."""
    known = sources(name)
    if not any(known):
        return
    with st.expander(f"Where each digit of {name} came from", key=SHOWN,
                     on_change="rerun") as place:  # fmt: skip
        if place.open:
            table = pd.DataFrame({
                "No.": range(len(known)), "Label": own_parts(name).digits.labels.numpy(),
                "Source": known,
            })  # fmt: skip
            show_table(table, f"The {len(known):,} digits of {name} with their sources.", COLUMNS,
                       most=10)  # fmt: skip
