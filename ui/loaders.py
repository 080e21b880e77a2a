"""Cached loaders. What comes from here is shared by all sessions and read-only."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from digitcore import progress, robustness
from digitcore.digits import DigitSet, load_mnist
from digitcore.evaluation import Mistake, Predictions
from digitcore.folder import stamp_of
from digitcore.jobs import Jobs, runs_folder
from digitcore.leaderboard import Row, rows
from digitcore.members import Members
from digitcore.own.answers import OwnPart, keep, stored
from digitcore.own.parts import Parts, divide
from digitcore.own.store import OwnSets, own_sets
from digitcore.robustness import NotMeasured
from digitcore.robustness.distortions import SETTINGS
from digitcore.runs import COLUMNS, HISTORY, WEIGHTS, Run, RunStore

Part = str | OwnPart  # of what there is to read


@st.cache_resource(show_spinner=False)
def members() -> Members:
    """The models of this server: one object for every page, session and REST call."""
    return Members(RunStore(WEIGHTS, jobs().folder))


def jobs() -> Jobs:
    """The runs of this server's users."""
    return Jobs(runs_folder())


def test_digits() -> DigitSet:
    """The 10,000 test digits, to be shown and never learned from."""
    return load_mnist(train=False)


def own_parts(name: str) -> Parts:
    """A person's own set, with what of it is learned from and what is held out.

    Raises NoSuchSet or DataDamaged.
    """
    sets = own_sets()
    return _own_parts(sets, name, sets.stamp(name))


@st.cache_resource(show_spinner=False, max_entries=4)
def _own_parts(sets: OwnSets, name: str, stamp: tuple) -> Parts:
    return divide(sets.load(name))


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


def answers(name: str, part: Part = "test") -> Predictions:
    """What a model or an ensemble answered to the test or 'validation' digits, or to warped ones.

    part: 'test', 'validation', a name in distortions.SETTINGS or a part of an own set. Stored with
    the run, or with the set, and kept here with the figures that were asked of it. Raises KeyError,
    RunDamaged, robustness.NotMeasured, and DataDamaged for an own set.
    """
    if isinstance(part, OwnPart):
        return _answers_to_own(name, part, _version(name), own_parts(part.name).fingerprint)
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


@st.cache_resource(show_spinner=False, max_entries=100)
def _answers_to_own(name: str, part: OwnPart, version: tuple, fingerprint: str) -> Predictions:
    parts = own_parts(part.name)
    places = part.places(parts)
    if not len(places):
        raise NotMeasured(f"None of the digits of {part.name} is held out to judge by.")
    ensemble = members().store.ensembles().get(name)
    read = [read_own(run, parts)[places] for run in members().store.members(name)]
    probs = ensemble.combine(np.stack(read)) if ensemble else read[0]
    return Predictions(probs, parts.digits.labels.numpy()[places])


def read_own(run: Run, parts: Parts) -> np.ndarray:
    """(N, 10) probabilities of a model for all of an own set. Raises NotMeasured, RunDamaged."""
    probs = _kept_in_memory().get(_key(run, parts))
    probs = stored(own_sets(), run, parts) if probs is None else probs
    if probs is None:
        raise NotMeasured(f"{run.name} has not read the digits of {parts.digits.name}.")
    return probs


def keep_own(run: Run, parts: Parts, probs: np.ndarray) -> None:
    """Keep what a model answered to all of an own set; only here, where the disk is full."""
    if not keep(own_sets(), run, parts, probs):
        _kept_in_memory()[_key(run, parts)] = probs


@st.cache_resource(show_spinner=False)
def _kept_in_memory() -> dict[tuple, np.ndarray]:
    return {}


def _key(run: Run, parts: Parts) -> tuple:
    return run.path, run.stamp, parts.fingerprint


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
    return _history(path, stamp_of(path / HISTORY))


def batches(path: Path) -> pd.DataFrame:
    """A run's table of batches, empty before the first ones. Raises RunDamaged."""
    return _batches(path, stamp_of(path / progress.BATCHES))


@st.cache_data(show_spinner=False, max_entries=50)
def _history(path: Path, stamp: tuple) -> pd.DataFrame:
    return Run(path).history


@st.cache_data(show_spinner=False, max_entries=20)
def _batches(path: Path, stamp: tuple) -> pd.DataFrame:
    return progress.read_batches(path)
