"""A model goes through a whole set before its neighbours can be asked for: offered, with a bar."""

import streamlit as st

from digitcore.exploration.catalogue import Catalogue
from digitcore.exploration.reading import Reading
from ui.explore.spaces import Busy, reading, start_reading
from ui.loaders import members
from ui.states import attempt, duration
from ui.words import in_words

EVERY = 1.0  # seconds between two looks at the bar


def show_reading(catalogue: Catalogue, model: str) -> None:
    """What is being read by a model, or could be."""
    now = reading(catalogue, model)
    if now is not None and now.alive:
        st.fragment(in_words()(_watch), run_every=EVERY)(now, model)
    else:
        _offer(catalogue, model, now)


def _offer(catalogue: Catalogue, model: str, last: Reading | None) -> None:
    count = len(catalogue)
    milliseconds = members().store.run(model).result.milliseconds
    with st.container(border=True):
        st.markdown(f"**{model} has not gone through these {count:,} digits yet**")
        if last is not None and last.failure is not None:
            st.warning("It broke off, and this is what it said last:", icon=":material/error:")
            st.text(str(last.failure))
        st.caption(
            f"That takes at most about {duration(count * milliseconds / 1000)}. It goes on in the "
            "background when you leave the page, and is kept until the server stops or other "
            "models need the room."
        )
        if st.button("Go through them", type="primary", icon=":material/play_arrow:",
                     key="near read"):  # fmt: skip
            _start(catalogue, model)


def _start(catalogue: Catalogue, model: str) -> None:
    try:
        begun = attempt(start_reading, catalogue, model)
    except Busy as busy:
        st.warning(str(busy), icon=":material/hourglass_empty:")
        return
    if begun:
        st.rerun()


def _watch(now: Reading, model: str) -> None:
    """Looks again every so often, until there is more to draw."""
    if not now.alive:
        st.rerun()
    with st.container(border=True):
        st.progress(now.done / now.of, f"{model}: {_words(now)}")
        if st.button("Stop", icon=":material/stop:", key="near stop",
                     help="What has been read is not kept."):  # fmt: skip
            now.stop()
            st.rerun()


def _words(now: Reading) -> str:
    if now.seconds_left is None:
        return f"the process starts, then come {now.of:,} digits"
    return (f"{now.done:,} of {now.of:,} digits, {now.rate:,.0f} a second, "
            f"{duration(now.seconds_left)} left")  # fmt: skip
