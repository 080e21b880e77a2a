"""What is being trained, as it happens: how far, what to do about it, and what to make of it."""

from collections.abc import Callable, Sequence

import streamlit as st

from digitcore.folder import RunDamaged
from digitcore.guidance import Advice, advise
from digitcore.jobs import Jobs
from digitcore.standing import Job
from ui import loaders
from ui.curves import show_curves
from ui.showcase import show_learning
from ui.states import ICONS, attempt, where

# Seconds between two looks, while something runs. Each costs the training some of its cores, for
# the page and for the browser if that is here too: most where many charts are drawn.
BARS, CURVES, DIGITS = 1.0, 3.0, 6.0
HALTED = ("paused", "interrupted", "failed")  # and can be resumed
SIGNS = {
    "diverging": ":material/trending_up:",
    "overfitting": ":material/psychology_alt:",
    "plateau": ":material/horizontal_rule:",
    "rate too high": ":material/speed:",
    "rate too low": ":material/hourglass_bottom:",
}


def watch(jobs: Jobs) -> None:
    """Looks at the run folders about once a second while something runs, and else not at all."""
    before = standing(jobs)
    boxes = st.container()
    chosen = _choose_runs(jobs)
    with boxes:
        _live(BARS, before)(_show_standing)(jobs, before, [job.name for job in chosen])
    if chosen:
        _live(CURVES, before)(_show_curves)(chosen)
        _live(DIGITS, before)(show_learning)(chosen)
    else:
        st.info(
            "Nothing has been trained here yet. Press Train: the curves will be drawn here as the "
            "network learns, and you can go to other pages meanwhile.",
            icon=":material/show_chart:",
        )


def standing(jobs: Jobs) -> list[tuple[str, str, bool, bool]]:
    """(name, state, whether it is active, whether it has a curve) of every run under way."""
    return [(job.name, job.state, job.active, job.has_curve) for job in jobs.active()]


def _live(seconds: float, before: list) -> Callable:
    """Drawn again every so many seconds as long as something is under way."""
    return st.fragment(run_every=seconds if before else None)


def _show_standing(jobs: Jobs, before: list, chosen: Sequence[str]) -> None:
    active = jobs.active()
    if standing(jobs) != before:
        st.rerun()  # the whole page: what can be done, and which models there are, has changed
    halted = [job for job in jobs.all() if job.name in chosen and job.state in HALTED]
    for job in [*(job for job in active if job.alive), *halted]:
        _show_training(jobs, job)
    waiting = [job for job in active if not job.alive]
    if waiting:
        _show_queue(jobs, waiting)


def _show_curves(chosen: Sequence[Job]) -> None:
    for job in chosen:
        _show_advice(job)
    show_curves(chosen)


def _show_training(jobs: Jobs, job: Job) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{job.name}**", width="content")
            st.badge(job.state, icon=ICONS[job.state])
        share = job.status.share if job.status else 0.0
        st.progress(share, text=where(job) or "The worker is starting: about four seconds.")
        if job.state in HALTED and job.status and job.status.message:
            st.error(job.status.message, icon=":material/error:")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _show_controls(jobs, job)


def _show_controls(jobs: Jobs, job: Job) -> None:
    name, training = job.name, job.state == "training"
    if job.state in HALTED:
        st.button("Resume", icon=":material/play_arrow:", key=f"resume {name}", type="primary",
                  on_click=attempt, args=(jobs.start, name))  # fmt: skip
    else:
        st.button("Pause", icon=":material/pause:", key=f"pause {name}", disabled=not training,
                  on_click=attempt, args=(jobs.pause, name))  # fmt: skip
    if training or (job.state in HALTED and job.begun):
        st.button("Stop and keep the best", icon=":material/stop:", key=f"stop {name}",
                  on_click=attempt, args=(jobs.stop, name))  # fmt: skip
    if training or job.state in HALTED:
        with st.popover("Learning rate", icon=":material/tune:"):
            _change_rate(jobs, job)


def _change_rate(jobs: Jobs, job: Job) -> None:
    table = loaders.batches(job.path)
    now = float(table.learning_rate.iloc[-1]) if len(table) else job.recipe.learning_rate
    rate = st.number_input(
        "Learning rate from the next batches on", 1e-7, 10.0, float(f"{now:.2g}"), format="%g",
        step=float(f"{now / 10:.1g}"), key=f"rate {job.name}",
        help="A schedule keeps its shape, scaled to pass through this value.",
    )  # fmt: skip
    st.caption(f"Now {now:.3g}.")
    st.button("Change it", key=f"set rate {job.name}", on_click=attempt,
              args=(jobs.set_rate, job.name, rate))  # fmt: skip


def _show_queue(jobs: Jobs, waiting: list[Job]) -> None:
    with st.container(border=True):
        st.markdown(f"**Waiting: {len(waiting)}**")
        for place, job in enumerate(waiting):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{place + 1}. {job.name}", width=200)
                st.button("Earlier", icon=":material/arrow_upward:", key=f"earlier {job.name}",
                          disabled=place == 0, on_click=attempt,
                          args=(jobs.move, job.name, -1))  # fmt: skip
                st.button("Later", icon=":material/arrow_downward:", key=f"later {job.name}",
                          disabled=place == len(waiting) - 1, on_click=attempt,
                          args=(jobs.move, job.name, 1))  # fmt: skip
                st.button("Cancel", icon=":material/close:", key=f"cancel {job.name}",
                          on_click=attempt, args=(jobs.cancel, job.name))  # fmt: skip


def _choose_runs(jobs: Jobs) -> list[Job]:
    """The runs on the curves: what is under way and the newest, unless others are chosen."""
    known = {job.name: job for job in jobs.all() if job.recipe}
    if not known:
        return []
    under_way = [name for name, job in known.items() if job.alive]
    names = list(known)
    kept = [name for name in st.session_state.get("watched", []) if name in known]
    st.session_state.watched = kept or under_way or names[:1]
    chosen = st.multiselect("Runs on the curves", names, key="watched", persist_state="session")
    return [known[name] for name in chosen]


def _show_advice(job: Job) -> None:
    try:
        found = advise(job.recipe, loaders.history(job.path), loaders.batches(job.path))
    except RunDamaged as damage:
        st.warning(str(damage), icon=":material/broken_image:")
        return
    for advice in found:
        _show(job.name, advice)


def _show(name: str, advice: Advice) -> None:
    st.warning(
        f"**{name}, {advice.kind}.** {advice.words} **Try:** {advice.remedy}",
        icon=SIGNS.get(advice.kind, ":material/lightbulb:"),
    )
