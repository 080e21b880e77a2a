"""The table of models."""

from collections.abc import Sequence

import streamlit as st

from digitcore.leaderboard import Row
from digitcore.zoo import ZOO

PERCENT = "%.2f %%"


def comparable(board: Sequence[Row]) -> list[Row]:
    """Without the runs that read worse than every shipped model: they would squeeze the rest."""
    shipped = [row.accuracy.value for row in board if row.name in ZOO]
    return [row for row in board if not shipped or row.accuracy.value >= min(shipped)]


def show_board(board: Sequence[Row]) -> None:
    """One line for each model and ensemble; a click on a heading sorts."""
    st.dataframe(
        [_line(row) for row in board],
        hide_index=True,
        height="content",
        placeholder="",
        alt=f"Accuracy, size, speed and training of {len(board)} models and ensembles",
        column_config={
            "Model": st.column_config.TextColumn(pinned=True),
            "Accuracy": st.column_config.NumberColumn(format=PERCENT),
            "95 % from": st.column_config.NumberColumn(format=PERCENT),
            "to": st.column_config.NumberColumn(format=PERCENT),
            "Claimed": st.column_config.NumberColumn(
                format=PERCENT, help="By the network's authors, for the same test digits."
            ),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Size": st.column_config.NumberColumn(format="%.2f MiB"),
            "One image": st.column_config.NumberColumn(
                format="%.2f ms", help="On one thread of the machine that trained it."
            ),
            "Training": st.column_config.NumberColumn(format="%.1f min"),
            "What it is": st.column_config.TextColumn(width="large"),
        },
    )


def _line(row: Row) -> dict:
    entry = ZOO.get(row.name)
    return {
        "Model": row.name,
        "Accuracy": 100 * row.accuracy.value,
        "95 % from": 100 * row.accuracy.low,
        "to": 100 * row.accuracy.high,
        f"Errors of {row.accuracy.n:,}": row.errors,
        "Claimed": 100 * entry.claimed if entry and entry.claimed else None,
        "Parameters": row.parameters,
        "Size": row.megabytes,
        "One image": row.milliseconds,
        "Training": row.result.seconds / 60 if row.result else None,
        "What it is": row.description,
    }
