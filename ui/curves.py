"""The curves of chosen runs, overlaid."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from digitcore import figures
from digitcore.folder import RunDamaged
from digitcore.standing import Job
from ui import loaders
from ui.charts import show_chart


def show_batches(chosen: Sequence[Job]) -> None:
    """Training loss by batch, as it happens."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        smoothing = st.slider("Smoothing", 0.0, 0.99, 0.9, 0.01, key="smoothing", width=220,
                              persist_state="session",
                              help="Of the loss per batch, as a moving average.")  # fmt: skip
        log = st.toggle("Logarithmic losses", value=True, key="log", persist_state="session",
                        help="Shows small losses as clearly as large ones.")  # fmt: skip
    batches = _tables(chosen, loaders.batches)
    _chart(figures.batch_losses(batches, smoothing, log), "batch_losses",
           f"Training loss per batch of {_names(chosen)}. {_last(batches, 'loss')}")  # fmt: skip


def show_epochs(chosen: Sequence[Job]) -> None:
    """Losses and accuracy by epoch, and the learning rate."""
    histories = _tables(chosen, loaders.history)
    held = {job.name: job.recipe.held_out for job in chosen}
    names, log = _names(chosen), st.session_state.get("log", True)
    with st.grid(3, min_column_width=300):
        _chart(figures.losses(histories, log), "losses",
               f"Training and validation loss per epoch of {names}. "
               f"{_last(histories, 'validation_loss')}")  # fmt: skip
        _chart(figures.accuracies_by_epoch(histories, held), "accuracies",
               f"Validation accuracy per epoch of {names}. {_so_far(histories)}")  # fmt: skip
        rates = _tables(chosen, loaders.batches)
        _chart(figures.learning_rates(rates), "rates",
               f"Learning rate of {names}. {_last(rates, 'learning_rate')}")  # fmt: skip


def _names(chosen: Sequence[Job]) -> str:
    return ", ".join(job.name for job in chosen)


def _chart(figure: object, key: str, alt: str) -> None:
    figure.update_layout(dragmode=False)  # a finger on a phone scrolls the page
    show_chart(figure, key=key, alt=alt)


def _tables(chosen: Sequence[Job], load: Callable) -> dict[str, pd.DataFrame]:
    """What can be read; a run of which it cannot is named where it is listed."""
    tables = {}
    for job in chosen:
        try:
            tables[job.name] = load(job.path)
        except RunDamaged as damage:
            st.warning(str(damage), icon=":material/broken_image:")
    return tables


def _last(tables: dict[str, pd.DataFrame], column: str) -> str:
    """What each curve has come to, for who cannot see it."""
    return " ".join(
        f"{name}: {table[column].iloc[-1]:.3g} at last." for name, table in tables.items()
        if len(table)
    )  # fmt: skip


def _so_far(histories: dict[str, pd.DataFrame]) -> str:
    return " ".join(
        f"{name}: {table.validation_accuracy.max():.2%} at best." for name, table in
        histories.items() if len(table)
    )  # fmt: skip
