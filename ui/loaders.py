"""Cached loaders. What comes from here is shared by all sessions and read-only."""

import os
from pathlib import Path

import pandas as pd
import streamlit as st

from digitcore import progress, robustness
from digitcore.digits import DigitSet, load_mnist
from digitcore.distortions import SETTINGS
from digitcore.evaluation import Mistake, Predictions
from digitcore.jobs import RUNS, Jobs
from digitcore.leaderboard import Row, rows
from digitcore.members import Members
from digitcore.runs import COLUMNS, HISTORY, WEIGHTS, Run, RunStore


@st.cache_resource(show_spinner=False)
def members() -> Members:
    """The models of this server: one object for every page, session and REST call."""
    return Members(RunStore(WEIGHTS, jobs().folder))


def jobs() -> Jobs:
    """The runs of this server's users: in runs/, or where DIGITS_RUNS says."""
    return Jobs(Path(os.environ.get("DIGITS_RUNS", RUNS)))


def test_digits() -> DigitSet:
    """The 10,000 test digits, to be shown and never learned from."""
    return load_mnist(train=False)


def leaderboard() -> tuple[list[Row], list[str]]:
    """Every model and ensemble, most accurate first; and what is damaged, in words."""
    return _leaderboard(_versions())


def mistakes(model: str) -> list[Mistake]:
    """The test digits that a model or ensemble misreads, the most confident first."""
    return _mistakes(model, _versions())


def _versions() -> tuple:
    """Changes with every run that is finished or written anew, and with every ensemble."""
    store = members().store
    stamps = tuple((name, run.stamp) for name, run in store.runs().items())
    return stamps, tuple(store.ensembles().values())


def answers(name: str, part: str = "test") -> Predictions:
    """What a model or an ensemble answered to the test or 'validation' digits, or to warped ones.

    part: 'test', 'validation' or a name in distortions.SETTINGS. Stored with the run, and kept here
    with the figures that were asked of it. Raises KeyError, RunDamaged or robustness.NotMeasured.
    """
    version = robustness.stamp(members().store, name) if part in SETTINGS else _version(name)
    return _answers(name, part, version)


def _version(name: str) -> tuple:
    """Changes when a model, or an ensemble or one of its members, is written anew."""
    store = members().store
    return store.ensembles().get(name), tuple((run.path, run.stamp) for run in store.members(name))


@st.cache_resource(show_spinner=False, max_entries=300)
def _answers(name: str, part: str, version: tuple) -> Predictions:
    if part in SETTINGS:
        return robustness.answers(members().store, name, SETTINGS[part])
    return members().store.answers(name, part)


@st.cache_data(show_spinner=False)
def _leaderboard(versions: tuple) -> tuple[list[Row], list[str]]:
    return rows(members().store)


@st.cache_data(show_spinner=False)
def _mistakes(model: str, versions: tuple) -> list[Mistake]:
    return members().store.answers(model).mistakes()


def history(path: Path) -> pd.DataFrame:
    """A run's table of epochs, empty before the first one has ended. Raises RunDamaged."""
    if not (path / HISTORY).exists():
        return pd.DataFrame({column: [] for column in COLUMNS}, dtype=float)
    return _history(path, _stamp(path / HISTORY))


def batches(path: Path) -> pd.DataFrame:
    """A run's table of batches, empty before the first ones. Raises RunDamaged."""
    return _batches(path, _stamp(path / progress.BATCHES))


def _stamp(file: Path) -> tuple[int, int]:
    """Changes with every writing; compared for equality only, since clocks may jump."""
    try:
        known = file.stat()
    except OSError:
        return 0, 0
    return known.st_mtime_ns, known.st_size


@st.cache_data(show_spinner=False, max_entries=50)
def _history(path: Path, stamp: tuple) -> pd.DataFrame:
    return Run(path).history


@st.cache_data(show_spinner=False, max_entries=20)
def _batches(path: Path, stamp: tuple) -> pd.DataFrame:
    return progress.read_batches(path)
