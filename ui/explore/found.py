"""The suspects of a set, kept for all sessions; and why a digit is among them."""

import streamlit as st

from digitcore.exploration import suspects
from digitcore.exploration.catalogue import Catalogue
from digitcore.exploration.suspects import KINDS, LABELS, OUTLIERS, Found


def find(catalogue: Catalogue, kind: str) -> Found:
    """Those of a kind. Raises DataDamaged."""
    return _find(catalogue.state, kind, catalogue)


def reasons(catalogue: Catalogue, place: int) -> list[str]:
    """Why a digit is suspect, by kind, in plain words; empty where it is not."""
    told = []
    for kind in KINDS if catalogue.is_mnist else (LABELS, OUTLIERS):  # pairs take seconds to find
        table = find(catalogue, kind).table
        about = table.loc[table["place"] == place, "reason"]
        told += [f"{kind}: {reason}" for reason in about[:1]]
    return told


@st.cache_resource(show_spinner="Looking at each digit ...", max_entries=16)
def _find(state: tuple, kind: str, _catalogue: Catalogue) -> Found:
    return suspects.find(_catalogue, kind)
