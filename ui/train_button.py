"""The button that starts a training, and the name of what it will make."""

from collections.abc import Sequence

import streamlit as st

from digitcore.jobs import Jobs
from digitcore.recipes import Recipe
from digitcore.standing import Job
from ui.states import attempt


def show_train_button(jobs: Jobs, recipe: Recipe | None) -> None:
    """Train now, or after what is being trained."""
    if st.session_state.pop("train_begun", False):
        st.session_state.run_name = ""
    name = st.text_input(
        "Name of the run",
        key="run_name",
        placeholder="may stay empty",
        max_chars=64,
        width=260,
        persist_state="session",
        help="Letters, digits, dots, dashes and underscores. Empty: the network and a number.",
    )
    name = name.strip()
    refusal = jobs.refusal(name) if name else ""
    # no callback: it would be given what the form held before the last edit
    pressed = st.button(
        _words(jobs.active(), jobs.at_once),
        type="primary",
        icon=":material/play_arrow:",
        disabled=recipe is None or bool(refusal),
        key="train",
    )
    if refusal:  # here, and as long as it stands: a toast is gone before it is read
        st.error(refusal, icon=":material/block:")
    if pressed and recipe:
        path = attempt(jobs.create, recipe, name)
        if path:
            st.session_state.train_begun = True
            st.session_state.watch_next = path.name
            st.toast(f"{path.name} is on its way: its bar and curves are below the form.")
            st.rerun()


def _words(active: Sequence[Job], at_once: int) -> str:
    """What pressing it will do."""
    if len(active) < at_once:
        return "Train"
    return f"Train after {active[0].name}" if len(active) == 1 else "Train after the others"
