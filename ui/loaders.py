"""Cached loaders. What comes from here is shared by all sessions and read-only."""

from dataclasses import asdict

import pandas as pd
import streamlit as st

from digitcore.digits import DigitSet, load_mnist
from digitcore.evaluation import Mistake, wilson
from digitcore.members import Members
from digitcore.recipes import ZOO
from digitcore.runs import RunDamaged, RunStore


@st.cache_resource(show_spinner=False)
def members() -> Members:
    """The models of this server: one object for every page, session and REST call."""
    return Members(RunStore())


def test_digits() -> DigitSet:
    """The 10,000 test digits, to be shown and never learned from."""
    return load_mnist(train=False)


def leaderboard() -> pd.DataFrame:
    """One row for each model and ensemble, best first: see _leaderboard for the columns."""
    store = members().store
    versions = tuple((name, run.stamp) for name, run in store.runs().items())
    return _leaderboard(versions, tuple(store.ensembles().values()))


@st.cache_data(show_spinner=False)
def _leaderboard(versions: tuple, ensembles: tuple) -> pd.DataFrame:
    """accuracy, low and high in 0..1; errors of n test digits; parameters; megabytes; words."""
    store = members().store
    rows = []
    for name, _ in versions:
        try:
            run, entry = store.run(name), ZOO.get(name)
            result = run.result
            rows.append(
                _row(name, result.test_correct, result.test_n)
                | {
                    "parameters": result.parameters,
                    "megabytes": run.weights_bytes / 2**20,
                    "what": entry.description if entry else f"A run of {run.recipe.network}.",
                }
            )
        except RunDamaged as damage:
            st.warning(f"{name} is left out: {damage}", icon=":material/broken_image:")
    by_name = {row["model"]: row for row in rows}
    for ensemble in ensembles:
        together = store.ensemble_predictions(ensemble)
        parts = [by_name[member] for member in ensemble.members]
        rows.append(
            _row(ensemble.name, together.correct, len(together))
            | {key: sum(part[key] for part in parts) for key in ("parameters", "megabytes")}
            | {"what": f"Ensemble of {', '.join(ensemble.members)}."}
        )
    return pd.DataFrame(rows).sort_values("accuracy", ascending=False, ignore_index=True)


def _row(name: str, correct: int, n: int) -> dict:
    rate = asdict(wilson(correct, n))
    return {"model": name, "accuracy": rate.pop("value"), **rate, "errors": n - correct}


@st.cache_data(show_spinner=False)
def mistakes(model: str) -> list[Mistake]:
    """The test digits that a model or ensemble misreads, the most confident first."""
    return members().store.answers(model).mistakes()
