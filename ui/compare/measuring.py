"""Models that are not measured yet: named, measured at the press of a button, with a bar."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from digitcore.folder import RunDamaged
from digitcore.robustness import measuring
from digitcore.robustness.measuring import Progress
from digitcore.runs import NoSuchModel, Run
from digitcore.words import counted
from ui.loaders import members
from ui.states import attempt, duration
from ui.words import in_words

EVERY = 2.0  # seconds between two looks at the bar
REFUSED = "sturdiness refused"  # the session keeps what could not be begun, in words
UNDONE = {
    "interrupted": "was interrupted, and goes on from there",
    "stopped": "was stopped, and goes on from there",
}


def show_measuring(names: Sequence[str]) -> None:
    """What is measured now or could be, of models and of the members of ensembles."""
    runs = _runs(names)
    now = {name: measuring.progress(run) for name, run in runs.items()}
    alive = {name: run for name, run in runs.items() if now[name].alive}
    if alive:
        st.fragment(in_words()(_watch), run_every=EVERY)(alive)
    left = {name: run for name, run in runs.items() if name not in alive}
    left = {name: run for name, run in left.items() if now[name].state != "measured"}
    if left:
        _offer(left, now)


def _runs(names: Sequence[str]) -> dict[str, Run]:
    """The single models that the answers of these models and ensembles follow from."""
    found: dict[str, Run] = {}
    for name in names:
        with suppress(NoSuchModel):
            found |= {run.name: run for run in members().store.members(name)}
    return found


def _offer(left: dict[str, Run], now: dict[str, Progress]) -> None:
    with st.container(border=True):
        st.markdown(f"**Not measured yet: {', '.join(left)}**")
        for name in left:
            if standing := _standing(name, now[name]):
                st.caption(standing)
        for words in st.session_state.get(REFUSED, []):
            st.warning(words, icon=":material/error:")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(f"Measure {counted(len(left), 'model')}", type="primary",
                      icon=":material/speed:", key="sturdiness measure",
                      on_click=_start, args=(list(left.values()),))  # fmt: skip
            st.caption(f"Each network reads 2,000 test digits in 35 ways: {_estimate(left)}. It "
                       "goes on in the background when you leave the page.")  # fmt: skip


def _standing(name: str, now: Progress) -> str:
    """What is to be known of a model before it is measured; nothing for one that never was."""
    if now.message:
        return f"{name}: {now.message}"
    if now.state in UNDONE:
        return f"{name} {UNDONE[now.state]}: {now.done} of {now.of} settings are done."
    return ""


def _estimate(runs: dict[str, Run]) -> str:
    try:
        return f"about {duration(sum(measuring.seconds_left(run) for run in runs.values()))}"
    except RunDamaged:
        return "it takes minutes"


def _start(runs: Sequence[Run]) -> None:
    refused = attempt(measuring.start, [run.path for run in runs])
    st.session_state[REFUSED] = refused if isinstance(refused, list) else []


def _watch(alive: dict[str, Run]) -> None:
    """Looks again every so often, until one of them is done: then there is more to draw."""
    now = {name: measuring.progress(run) for name, run in alive.items()}
    if not all(progress.alive for progress in now.values()):
        st.rerun()
    done, of = (sum(getattr(p, what) for p in now.values()) for what in ("done", "of"))
    busy = next((name for name, p in now.items() if p.state == "measuring"), None)
    words = f"Measuring {busy}" if busy else "The process starts: about five seconds"
    stopping = any(measuring.is_stopping(run) for run in alive.values())
    words = "Stopping after the setting it is at" if stopping else words
    with st.container(border=True):
        st.progress(done / of, f"{words}. {done:,} of {of:,} settings, {_estimate(alive)} left")
        st.button("Stop, and keep what is measured", icon=":material/stop:",
                  key="sturdiness stop", disabled=stopping, on_click=attempt,
                  args=(measuring.stop, [run.path for run in alive.values()]))  # fmt: skip
