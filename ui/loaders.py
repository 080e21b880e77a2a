"""Cached loaders. What comes from here is shared by all sessions and read-only."""

import streamlit as st

from digitcore.digits import DigitSet, load_mnist
from digitcore.evaluation import Mistake
from digitcore.leaderboard import Row, rows
from digitcore.members import Members
from digitcore.runs import RunStore


@st.cache_resource(show_spinner=False)
def members() -> Members:
    """The models of this server: one object for every page, session and REST call."""
    return Members(RunStore())


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


@st.cache_data(show_spinner=False)
def _leaderboard(versions: tuple) -> tuple[list[Row], list[str]]:
    return rows(members().store)


@st.cache_data(show_spinner=False)
def _mistakes(model: str, versions: tuple) -> list[Mistake]:
    return members().store.answers(model).mistakes()
