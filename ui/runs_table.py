"""The table of runs: how each stands, what differs between them, and how well they read."""

from collections.abc import Sequence

import streamlit as st

from digitcore.evaluation import wilson
from digitcore.folder import RunDamaged
from digitcore.jobs import Jobs
from digitcore.recipes import varying
from digitcore.standing import Job
from ui import loaders
from ui.run_panel import show_panel
from ui.states import SYMBOLS, attempt, duration, told

PERCENT = "%.2f %%"
HELD_OUT = "On this run's own validation digits, after its best epoch."
COLUMNS = {
    "State": st.column_config.TextColumn(pinned=True),
    "Run": st.column_config.TextColumn(pinned=True),
    "Validation": st.column_config.NumberColumn(format=PERCENT, help=HELD_OUT),
    "Test": st.column_config.NumberColumn(
        format=PERCENT, help="Of 10,000 test digits, read each time the run had ended."
    ),
    "Test, 95 % interval": st.column_config.TextColumn(),
    "Note": st.column_config.TextColumn(width="medium"),
}


def show_runs(jobs: Jobs) -> None:
    """One line a run; the chosen one's panel below."""
    every = jobs.all()
    st.header("Runs")
    if not every:
        st.caption("Every training is kept here with its recipe, its curves and its weights.")
        return
    _choose_how_many(jobs)
    varied = varying([job.recipe for job in every if job.recipe])
    fields = [name for name in varied if name != "network"]  # which has a column of its own
    lines = [_line(job, fields) for job in every]
    names = [job.name for job in every]
    # a new list begins without a chosen line: lines have moved, or one is chosen in the box
    key = f"runs {st.session_state.setdefault('runs_list', 0)} {' '.join(names)}"
    st.dataframe(
        lines,
        hide_index=True,
        height="content" if len(lines) <= 12 else 460,
        placeholder="",
        on_select=lambda: _pick(key, names),
        selection_mode=["single-row", "single-cell"],
        key=key,
        alt=f"{len(lines)} runs with their state, differences and accuracy",
        column_config=COLUMNS,
    )
    if st.session_state.get("chosen_run") not in names:
        st.session_state.chosen_run = None
    chosen = st.selectbox(
        "Run to go on with, rename, download or delete",
        names,
        index=None,
        key="chosen_run",
        on_change=_begin_list,
        placeholder="Choose one here, or a line of the table",
        persist_state="session",
        width=420,
    )
    if chosen:
        show_panel(jobs, every[names.index(chosen)])


def _choose_how_many(jobs: Jobs) -> None:
    """How many train at the same time, for all who use this server."""
    st.session_state.at_once = jobs.at_once
    st.number_input(
        "Train at once", 1, 8, key="at_once", width=160,
        on_change=lambda: attempt(jobs.train_at_once, st.session_state.at_once),
        help="How many runs train at the same time; they share the cores, so each is slower. "
        "Others wait. It holds for all who use this server.",
    )  # fmt: skip


def _pick(key: str, names: Sequence[str]) -> None:
    """A line of the table is chosen by the run's name, not by its place."""
    picked = st.session_state[key].selection
    rows = [*picked.rows, *(row for row, _ in picked.cells)]
    if rows:
        st.session_state.chosen_run = names[rows[0]]


def _begin_list() -> None:
    st.session_state.runs_list += 1


def _line(job: Job, fields: Sequence[str]) -> dict:
    result, status = job.result, job.status
    test = wilson(result.test_correct, result.test_n) if result else None
    return {
        "State": f"{SYMBOLS[job.state]} {job.state}",
        "Run": job.name,
        "Network": job.recipe.network if job.recipe else "",
        "What differs": _words(job, fields) if job.recipe else job.damage,
        "Epochs": _epochs(job),
        "Validation": None if job.alive else _best(job),
        "Test": 100 * test.value if test else None,
        "Test, 95 % interval": f"{100 * test.low:.2f} to {100 * test.high:.2f}" if test else "",
        "Training": duration(status.seconds) if status and not job.alive else "",
        "Note": job.note,
    }


def _epochs(job: Job) -> str:
    """While it is trained its bar tells more, and is drawn anew."""
    if not job.status or not job.status.epochs:
        return ""
    return f"of {job.status.epochs}" if job.alive else f"{job.status.epoch} of {job.status.epochs}"


def _best(job: Job) -> float | None:
    try:
        table = loaders.history(job.path)
    except RunDamaged:
        return None
    if not len(table):
        return None
    return 100 * float(table.validation_accuracy[table.validation_loss.idxmin()])


def _words(job: Job, fields: Sequence[str]) -> str:
    """What differs in its recipe, and the learning rate that it was changed to on the way."""
    flat = job.recipe.flat()
    words = [told(name, flat[name]) for name in fields]
    if job.changes.rates:
        words.append(f"changed to {told('learning_rate', job.as_it_learns.learning_rate)}")
    return ", ".join(words)
