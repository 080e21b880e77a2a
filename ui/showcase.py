"""Watch it learn: the same 24 validation digits after each epoch, and the first layer's filters."""

from collections.abc import Sequence

import streamlit as st

from digitcore import progress
from digitcore.explain import paint_filters
from digitcore.folder import RunDamaged
from digitcore.progress import Glimpse
from digitcore.showcase import HARD, PLAIN, showcase
from digitcore.standing import Job
from ui.pictures import enlarge, sheet

TILE, FILTER = 64, 36  # pixels


def show_learning(chosen: Sequence[Job]) -> None:
    """One run's answers, at the newest epoch or at an earlier one."""
    epochs = {job.name: progress.glimpses(job.path) for job in chosen}
    seen = [job for job in chosen if epochs[job.name]]
    if not seen:
        return
    st.header("Watch it learn")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        job = _choose(seen)
        epoch = _choose_epoch(job.name, epochs[job.name])
    try:
        glimpse = progress.read_glimpse(job.path, epoch)
    except RunDamaged as damage:
        st.warning(str(damage), icon=":material/broken_image:")
        return
    _show_digits(glimpse, epoch)
    _show_filters(glimpse, job.name)


def _choose(seen: Sequence[Job]) -> Job:
    known = {job.name: job for job in seen}
    if st.session_state.get("learner_next") in known:  # what was begun last, since it has answers
        st.session_state.learner = st.session_state.pop("learner_next")
    if st.session_state.get("learner") not in known:
        st.session_state.learner = next(iter(known))
    name = st.selectbox("Run", list(known), key="learner", width=220, persist_state="session",
                        help="One of those on the curves.")  # fmt: skip
    return known[name]


def _choose_epoch(name: str, epochs: Sequence[int]) -> int:
    """Follows the newest epoch until an earlier one is chosen."""
    if len(epochs) < 2:
        return epochs[-1]
    newest, key = epochs[-1], f"epoch of {name}"
    at = st.session_state.get(key)
    if at not in epochs or at == st.session_state.get(f"newest {key}"):
        st.session_state[key] = newest
    st.session_state[f"newest {key}"] = newest
    return st.select_slider("After epoch", epochs, key=key, width=320,
                            help="0 is before the training: it guesses.")  # fmt: skip


def _show_digits(glimpse: Glimpse, epoch: int) -> None:
    digits = showcase()
    labels, answers = digits.labels.numpy(), glimpse.probs.argmax(1)
    right = int((answers == labels).sum())
    st.caption(
        f"{right} of {len(digits)} right {f'after epoch {epoch}' if epoch else 'before training'}. "
        f"{PLAIN} validation digits that look like their kind, then {HARD} that look more like "
        "another. It learns from none of them. ✖ 4 as 9: a 4 that it reads as a 9."
    )
    with st.grid("auto", min_column_width=TILE + 8):
        for image, label, answer, probs in zip(
            digits.images.numpy(), labels, answers, glimpse.probs, strict=True
        ):
            said = f"✔ {answer}" if answer == label else f"✖ {label} as {answer}"
            st.image(
                enlarge(image, TILE),
                width=TILE,
                caption=f"{said}, {probs[answer]:.0%}",
                alt=f"A {label}, read as {answer} with {probs[answer]:.0%}",
            )


def _show_filters(glimpse: Glimpse, name: str) -> None:
    side = glimpse.filters.shape[-1]
    filters = glimpse.filters[:8] if side > 14 else glimpse.filters  # a dense layer's are large
    count = len(filters)
    st.caption(
        f"What the first layer of {name} looks for, {count} of its filters of {side} x {side}: "
        "blue wants ink there, orange wants none."
    )
    columns = count // 2 if count % 2 == 0 and count > 8 else count
    st.image(
        sheet(paint_filters(filters), columns, times=max(2, round(FILTER / side))),
        alt=f"{count} filters of the first layer of {name}",
    )
