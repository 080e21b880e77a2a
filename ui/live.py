"""What is being trained, as it happens: how far, what to do about it, and what to make of it."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from digitcore import wishes
from digitcore.evaluation import wilson
from digitcore.folder import RunDamaged, stamp_of
from digitcore.guidance import Advice, advise
from digitcore.jobs import Jobs
from digitcore.progress import DONE
from digitcore.runs import RESULT
from digitcore.standing import HALTED, Job
from ui import loaders
from ui.curves import show_batches, show_epochs
from ui.recipe_fields import LIMITS
from ui.run_panel import show_ways_on
from ui.showcase import show_learning
from ui.states import attempt, resume, show_state, where
from ui.words import in_words

# Seconds between two looks at the bars, the loss by batch, and all the rest. Each look costs the
# training up to a tenth of a second of a core, in the page and in a browser that is here too: so
# they are many while a training is young, and few when it goes on for long (scripts/bench_live).
YOUNG, GROWN = (1.0, 2.0, 4.0), (3.0, 8.0, 20.0)
YOUTH, SHORT = 8, 60  # seconds: since when it trains, and that it takes in all
MOST = 6  # runs on the curves that are kept there when another one is started
SIGNS = {
    "diverging": ":material/trending_up:",
    "overfitting": ":material/psychology_alt:",
    "plateau": ":material/horizontal_rule:",
    "rate too high": ":material/speed:",
    "rate too low": ":material/hourglass_bottom:",
    "too short": ":material/timer:",
}


def watch(jobs: Jobs) -> None:
    """Looks at the run folders every second or so while something runs, and else not at all."""
    active = jobs.active()
    before = standing(active)
    bars, losses, rest = YOUNG if any(young(job) for job in active) else GROWN
    every = jobs.all()
    for job in _ended(every, active):
        _show_end(job)
    boxes = st.container()
    chosen = _choose_runs(every)
    with boxes:
        halted = [job for job in chosen if job.state in HALTED]
        _live(bars, before, _show_standing, jobs, before, halted)
    if chosen:
        _live(losses, before, _show_losses, chosen)
        _live(rest, before, _show_epochs, chosen)
    else:
        st.info(
            "Nothing has been trained here yet. Press Train: the curves will be drawn here as the "
            "network learns, and you can go to other pages meanwhile.",
            icon=":material/show_chart:",
        )


def _ended(every: Sequence[Job], active: Sequence[Job]) -> list[Job]:
    """The runs that this session saw under way and that have a result now, until they are put
    away."""
    kept = st.session_state
    now = {job.name: stamp_of(job.path / RESULT) for job in every}
    before, under_way = kept.get("under_way", {}), {job.name for job in active}
    kept.under_way = {name: before.get(name, now[name]) for name in under_way}
    # one that was to be trained further and was cancelled has the result that it had
    gone = {name for name, then in before.items() if now.get(name) != then}
    gone = gone.union(kept.get("ended", ())) - under_way
    ended = [job for job in every if job.name in gone and job.result and job.state in DONE]
    kept.ended = [job.name for job in ended]
    return ended


def _show_end(job: Job) -> None:
    """What a run has come to, and the way on."""
    with st.container(border=True):
        show_state(job)
        share = wilson(job.result.test_correct, job.result.test_n)
        seen = "which it saw for the first time at the end"
        if job.changes.epochs:
            seen = "of which it was also asked before it was trained further"
        st.markdown(
            f"It reads **{share.value:.2%}** of the {share.n:,} test digits, {seen} "
            f"(95 % interval {share.interval})."
        )
        with st.container(horizontal=True):
            show_ways_on(job.name, "ended")
            st.button("Put away", icon=":material/check:", key=f"put away {job.name}",
                      on_click=st.session_state.ended.remove, args=(job.name,),
                      help="It stays in the table of runs below.")  # fmt: skip


def standing(active: Sequence[Job]) -> list[tuple[str, str, bool, bool]]:
    """What of the active runs makes the page be drawn anew when it changes."""
    return [(job.name, job.state, job.has_curve, young(job)) for job in active]


def young(job: Job) -> bool:
    """Whether a run that is trained has no curve yet, or not for long, or will soon be done."""
    if not job.alive or not job.status or not job.has_curve:
        return job.alive
    seconds, left = job.status.seconds, job.status.seconds_left
    return seconds < YOUTH or (left is not None and seconds + left < SHORT)


def _live(seconds: float, before: list, show: Callable, *arguments: object) -> None:
    """Show something, and again every so many seconds as long as something is under way."""

    def shown() -> None:
        with in_words():
            show(*arguments)

    st.fragment(shown, run_every=seconds if before else None, key=show.__name__)()


def _show_standing(jobs: Jobs, before: list, halted: Sequence[Job]) -> None:
    """halted: as they stood when the page was drawn, for nothing happens to them by itself."""
    active = jobs.active()
    if standing(active) != before:
        st.rerun()  # the whole page: what can be done, and which models there are, has changed
    for job in [*(job for job in active if job.alive), *halted]:
        _show_training(jobs, job)
    waiting = [job for job in active if not job.alive]
    if waiting:
        _show_queue(jobs, waiting)


def _show_losses(chosen: Sequence[Job]) -> None:
    for job in chosen:
        _show_advice(job)
    show_batches(chosen)


def _show_epochs(chosen: Sequence[Job]) -> None:
    show_epochs(chosen)
    show_learning(chosen)


def _show_training(jobs: Jobs, job: Job) -> None:
    with st.container(border=True):
        show_state(job)
        share = job.status.share if job.status else 0.0
        st.progress(share, text=where(job) or "nothing trained yet")
        if job.state in HALTED and job.status and job.status.message:
            st.error(job.status.message, icon=":material/error:")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _show_controls(jobs, job)


def _show_controls(jobs: Jobs, job: Job) -> None:
    name, training = job.name, job.state == "training"
    if job.state in HALTED:
        kind = "secondary" if job.state == "failed" else "primary"  # else it fails again
        st.button("Resume", icon=":material/play_arrow:", key=f"resume {name}", type=kind,
                  on_click=resume, args=(jobs, name))  # fmt: skip
    else:
        st.button("Pause", icon=":material/pause:", key=f"pause {name}", disabled=not training,
                  on_click=attempt, args=(jobs.pause, name))  # fmt: skip
    if training or (job.state in HALTED and job.has_best):
        st.button("Stop and keep the best", icon=":material/stop:", key=f"stop {name}",
                  on_click=attempt, args=(jobs.stop, name))  # fmt: skip
    if job.recipe and (training or job.state in HALTED):
        with st.popover("Learning rate", icon=":material/tune:"):
            _change_rate(jobs, job)


def _change_rate(jobs: Jobs, job: Job) -> None:
    key, recipe = f"rate {job.name}", job.recipe
    low, high = LIMITS["learning_rate"]
    st.number_input(
        "Learning rate from the next batches on", low, high, recipe.learning_rate,
        format="%g", step=recipe.learning_rate / 10, key=key,
        help="In place of the recipe's.",
    )  # fmt: skip
    scaled = "" if recipe.schedule == "constant" else (
        f" The {recipe.schedule} schedule keeps its shape, with this as its highest rate."
    )  # fmt: skip
    asked = wishes.asked_rate(job.path)
    then = f", and {asked:.3g} from the next batches on" if asked else ""
    st.caption(f"Now {_rate_of(job):.3g}{then}.{scaled}")
    st.button("Change it", key=f"set {key}", on_click=lambda: attempt(
        jobs.set_rate, job.name, st.session_state[key],
        done=f"{job.name} learns on with {st.session_state[key]:g}."))  # fmt: skip


def _rate_of(job: Job) -> float:
    """The last rate that is known, of a schedule perhaps next to nothing."""
    with suppress(RunDamaged):
        table = loaders.batches(job.path)
        if len(table):
            return float(table.learning_rate.iloc[-1])
    return job.recipe.learning_rate


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


def _choose_runs(every: Sequence[Job]) -> list[Job]:
    """The runs on the curves: what is under way and the newest, unless others are chosen."""
    known = {job.name: job for job in every if job.recipe}
    if not known:
        return []
    under_way = [name for name, job in known.items() if job.alive]
    names = list(known)
    watched = st.session_state.get("watched", [])
    new = st.session_state.pop("watch_next", None)
    if new:
        st.session_state.learner_next = new
    kept = [name for name in dict.fromkeys([new, *watched]) if name in known]
    kept = kept[:MOST] if new else kept
    st.session_state.watched = kept or under_way or names[:1]
    chosen = st.multiselect(
        "Runs on the curves",
        names,
        key="watched",
        persist_state="session",
        help="Several are laid over each other, to be compared.",
    )
    return [known[name] for name in chosen]


def _show_advice(job: Job) -> None:
    try:
        since = max(job.changes.epochs, default=0)
        changed = max(job.changes.rates, default=0)
        history, batches = loaders.history(job.path), loaders.batches(job.path)
        found = advise(job.as_it_learns, history, batches, since, changed)
    except RunDamaged as damage:
        st.warning(str(damage), icon=":material/broken_image:")
        return
    for advice in found:
        _show(job.name, advice)


def _show(name: str, advice: Advice) -> None:
    st.warning(
        f"**{name}, {advice.kind}.** {advice.words} {advice.remedy}",
        icon=SIGNS.get(advice.kind, ":material/lightbulb:"),
    )
