"""How a run's state is told, and how a wish for it is passed on, on every page alike."""

from collections.abc import Callable
from math import isfinite
from typing import Any

import streamlit as st

from digitcore.jobs import Jobs, Refused
from digitcore.standing import Job

ICONS = {
    "starting": ":material/hourglass_top:",
    "training": ":material/play_circle:",
    "finishing": ":material/flag:",
    "pausing": ":material/pause:",
    "stopping": ":material/stop:",
    "waiting": ":material/schedule:",
    "not started": ":material/radio_button_unchecked:",
    "paused": ":material/pause_circle:",
    "interrupted": ":material/power_off:",
    "stopped": ":material/stop_circle:",
    "failed": ":material/error:",
    "finished": ":material/check_circle:",
    "damaged": ":material/broken_image:",
}
SYMBOLS = {  # for tables, which draw no icons; signs that every font has
    "starting": "…", "training": "▶", "finishing": "…", "pausing": "‖", "stopping": "■",
    "waiting": "…", "not started": "○", "paused": "‖", "interrupted": "!", "stopped": "■",
    "failed": "✖", "finished": "✔", "damaged": "!",
}  # fmt: skip


def show_state(job: Job) -> None:
    """A run's name, and how it stands."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{job.name}**", width="content")
        st.badge(job.state, icon=ICONS[job.state])


def where(job: Job) -> str:
    """How far a run is, in words."""
    status = job.status
    if job.state == "starting":
        return "the worker starts: some seconds, and longer while the machine is busy"
    if not status or not status.epochs or job.state == "waiting":
        return ""
    if job.state == "finishing":
        return "restoring the best epoch and reading the test digits"
    words = [f"epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}"]
    if status.batches:
        words.append(f"batch {status.batch:,} of {status.batches:,}")
    if job.state == "training" and status.images_per_second:
        words.append(f"{status.images_per_second:,.0f} images/s")
        words.append(f"{duration(status.seconds_left)} left" if status.seconds_left else "")
    return ", ".join(word for word in words if word)


def duration(seconds: float | None) -> str:
    """Seconds in the words of a person."""
    if seconds is None or not isfinite(seconds):
        return "unknown"
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min"


def attempt(verb: Callable, *arguments: object, done: str = "") -> Any:
    """Do what a person asks for and give its result (True for none), or say why it cannot be.

    done: what is then said, where it cannot be seen at once.
    """
    try:
        result = verb(*arguments)
        if done:
            st.toast(done, icon=":material/check:")
        return True if result is None else result
    except Refused as reason:
        _say_why_not(str(reason), ":material/block:")
    except KeyError:
        _say_why_not("That run is not there any more.", ":material/block:")
    except OSError as error:
        _say_why_not(f"The disk refuses: {error.strerror or error}", ":material/error:")
    return None


def resume(jobs: Jobs, name: str) -> None:
    """Go on with a run, and look at it."""
    if attempt(jobs.start, name):
        st.session_state.watch_next = name


def _say_why_not(reason: str, icon: str) -> None:
    """Until the person takes it away: four seconds are too short to read a reason and act on it."""
    st.toast(reason, icon=icon, duration="infinite")


LABELS = {  # as the form has them
    "network": "network", "optimizer": "optimiser", "patience": "early stopping",
    "average": "averaging", "digits": "training digits", "validation_share": "validation share",
    "perspective_p": "share with perspective", "own": "own set", "mnist": "MNIST",
    "own_learned": "own digits", "penned": "penned digits", "others": "pictures of no digit",
    "unwarped": "last epochs without warps",
    "own_fingerprint": "state of the own set", "taught": "the teachers' share",
}  # fmt: skip


def told(name: str, of: object) -> str:
    """A field of a recipe and its value, in the form's words."""
    return f"{LABELS.get(name, name.replace('_', ' '))} {value(name, of)}"


def value(name: str, of: object) -> str:
    """A field's value, short."""
    if name == "teachers":
        return ", ".join(of) if isinstance(of, tuple) and of else "none"
    if isinstance(of, tuple):
        return " to ".join(value(name, part) for part in of)
    if name == "own":
        return str(of) or "none"
    if name == "mnist":
        return "learned from" if of else "not learned from"
    if name == "digits":
        return f"{of:,}" if of else "all"
    return f"{of:.4g}" if isinstance(of, float) else str(of)
