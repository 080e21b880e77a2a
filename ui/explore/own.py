"""A person's own digits: sent as files or as a photo of a sheet, checked, and kept under a name."""

import streamlit as st

from digitcore.own.store import own_sets
from ui.explore import own_list, sheet, uploaded
from ui.explore.chosen import ask_for_set
from ui.explore.sent import go_to_view

FILES, SHEET = "Files", "A photo of a sheet"
WAY = "from"


def show() -> None:
    st.markdown(
        "Digits of your own can be looked at like MNIST's, learned from on Train, and used to "
        f"compare models. They stay on this server, in its folder `{own_sets().folder.name}`."
    )
    way = st.segmented_control("How they come", [FILES, SHEET], default=FILES, required=True,
                               key=WAY, persist_state="session", bind="query-params")  # fmt: skip
    kept = uploaded.show() if way == FILES else sheet.show()
    if kept:
        keep(kept)
    own_list.show()


def keep(name: str) -> None:
    """Show the set that was just kept, from its first side, and say so. Runs the page anew."""
    ask_for_set(name, kept=True)
    go_to_view("At a glance")
