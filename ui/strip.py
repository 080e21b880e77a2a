"""What is running, on every page."""

import streamlit as st

from digitcore.jobs import Jobs
from ui.states import ICONS, where

EVERY = 2.0  # seconds


def show_strip(jobs: Jobs) -> None:
    """One line while something is trained or waits, and nothing else; nothing is asked then."""
    active = jobs.active()
    if active:
        st.fragment(_strip, run_every=EVERY)(jobs)


def _strip(jobs: Jobs) -> None:
    active = jobs.active()
    if not active:
        st.rerun()  # and there is nothing to ask for any more
    first, others = active[0], len(active) - 1
    share = first.status.share if first.status else 0.0
    more = f"{others} more under way or waiting" if others else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link("pages/train.py", label=f"{first.name} {first.state}", icon=ICONS[first.state])
        st.progress(share, text=", ".join(filter(None, [where(first), more])) or first.state)
