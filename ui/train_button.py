"""The button that starts a training, and the name of what it will make."""

import streamlit as st

from digitcore.jobs import Jobs
from digitcore.recipes import Recipe
from ui.states import attempt


def show_train_button(jobs: Jobs, recipe: Recipe | None) -> None:
    """Train now, or after what is being trained."""
    busy = bool(jobs.active())
    st.text_input(
        "Name of the run",
        key="run_name",
        placeholder="network and number",
        max_chars=64,
        width=260,
        persist_state="session",
    )
    st.button(
        "Train after the others" if busy else "Train",
        type="primary",
        icon=":material/play_arrow:",
        disabled=recipe is None,
        on_click=_train,
        args=(jobs, recipe),
    )


def _train(jobs: Jobs, recipe: Recipe) -> None:
    before = {job.name for job in jobs.all()}
    if attempt(jobs.create, recipe, st.session_state.run_name.strip()):
        st.session_state.run_name = ""
        new = [job.name for job in jobs.all() if job.name not in before]
        st.session_state.watched = [*new, *st.session_state.get("watched", [])][:4]
