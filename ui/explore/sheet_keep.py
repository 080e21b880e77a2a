"""The labelled digits of a sheet: what there is, what to know of it, and keeping it as a set."""

import numpy as np
import streamlit as st

from digitcore.own.advice import counts, warnings
from digitcore.own.sheet.labelling import Labelled
from digitcore.own.store import own_sets
from ui.explore.saving import saved
from ui.loaders import test_digits

NAME = "sheet name"


def offer_keeping(labelled: Labelled) -> str | None:
    """Gives the name under which the digits were just kept."""
    images, labels = labelled.kept()
    bare = len(labelled.labels) - len(labels)
    if not len(labels):
        st.info("No digit has a label yet. Fill them in above, or type them.",
                icon=":material/edit:")  # fmt: skip
        return None
    st.text(_counted(labels, bare))
    if labelled.unseen:
        st.warning(
            f"{labelled.unseen} of the {len(labels)} labels are guesses that you have not "
            "confirmed. Kept as they are, any accuracy on this set would flatter.",
            icon=":material/psychology_alt:",
        )
    for words in warnings(images, labels, test_digits().images.numpy()):
        st.warning(words, icon=":material/warning:")
    with (
        st.form("keep sheet", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        given = st.text_input("Name of the set", "sheet", key=NAME, max_chars=64, width=260,
                              persist_state="session")  # fmt: skip
        asked = st.form_submit_button(f"Keep {len(labels):,}", type="primary",
                                      icon=":material/save:")  # fmt: skip
    name = given.strip()
    return name if asked and _saved(name, labelled) else None


def _counted(labels: np.ndarray, bare: int) -> str:
    """How many of each class, and how many of none."""
    of_each = ", ".join(f"{many} x {digit}" for digit, many in enumerate(counts(labels)) if many)
    out = f"; {bare} without a label are left out" if bare else ""
    return f"{len(labels):,} to keep: {of_each}{out}."


def _saved(name: str, labelled: Labelled) -> bool:
    def write() -> None:
        own_sets().save(name, *labelled.kept(), labelled.about(), labelled.sources())

    return saved(write, "your labels are")
