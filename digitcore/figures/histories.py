"""How trainings went, overlaid: by epoch, by the time that they took, or by the images they saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from digitcore.figures.curves import as_curve, as_points, laid_out, wrong_of
from digitcore.figures.style import Style

ALONG = {"epoch": "epochs", "time": "minutes of training", "images": "images seen"}
METRICS = {  # column of a history, and its axis
    "validation loss": ("validation_loss", "loss in nats"),
    "training loss": ("train_loss", "loss in nats"),
    "validation accuracy": ("validation_accuracy", "accuracy"),
    "learning rate": ("learning_rate", "learning rate"),
}
NOTHING = "None of these runs has a history to draw."


@dataclass(frozen=True)
class History:
    """A run's table of epochs (see Run.history), and how many digits it was trained and validated
    on in each."""

    epochs: pd.DataFrame
    learned: int
    held_out: int

    @cached_property
    def along(self) -> pd.DataFrame:
        """Where each epoch ended: columns epoch, time (minutes, validation included), images."""
        epoch = self.epochs["epoch"]
        minutes = self.epochs["seconds"].cumsum() / 60
        return pd.DataFrame({"epoch": epoch, "time": minutes, "images": epoch * self.learned})

    @cached_property
    def best(self) -> slice:
        """The row of the least validation loss, whose weights the run keeps; of none, no row."""
        losses = self.epochs["validation_loss"].to_numpy(dtype=float)
        there = np.isfinite(losses)
        row = int(np.where(there, losses, np.inf).argmin()) if there.any() else len(losses)
        return slice(row, row + 1)


def overlaid(
    histories: Mapping[str, History],
    metric: str,
    along: str,
    log: bool,
    styles: Mapping[str, Style],
) -> go.Figure:
    """One of METRICS of each run along one of ALONG; each run's symbol marks its best epoch.

    An accuracy has nothing to show on a log axis: there, the share read wrongly is drawn.
    """
    errors = log and metric == "validation accuracy"
    figure = go.Figure()
    for name, history in histories.items():
        x, values = history.along[along], history.epochs[METRICS[metric][0]]
        y = 1 - values if errors else values
        points, best = as_points(x, y, log), as_points(x[history.best], y[history.best], log)
        words = [_told(history, metric, row) for row in points.index]
        figure.add_traces(_traces(name, styles[name], points, words, best))
    what = ("validation error", "share read wrongly") if errors else (metric, METRICS[metric][1])
    title = f"{what[0].capitalize()}, best epoch marked"
    laid_out(figure, title, what[1], log, NOTHING).update_layout(dragmode=False)
    figure.update_xaxes(title=ALONG[along], fixedrange=True, uirevision=along)
    figure.update_yaxes(fixedrange=True)
    if along == "images":
        figure.update_xaxes(tickformat="~s")  # 500k, 1M
    if metric == "validation accuracy":
        figure.update_yaxes(tickformat=".3~%")
    return figure


def _traces(
    name: str, style: Style, points: pd.DataFrame, words: list[str], best: pd.DataFrame
) -> list[go.Scatter]:
    """The curve, and its best epoch, which also stands for both in the legend."""
    hover = f"%{{customdata}}<extra>{name}</extra>"
    return [
        as_curve(name, style, points, customdata=words, hovertemplate=hover, showlegend=False),
        as_curve(
            name, style, best, mode="lines+markers", hoverinfo="skip",
            marker={"color": style.colour, "symbol": f"{style.symbol}-open", "size": 13,
                    "line": {"width": 2}},
        ),
    ]  # fmt: skip


def _told(history: History, metric: str, row: int) -> str:
    """An epoch's figure with the digits that it was measured on."""
    value, along = history.epochs[METRICS[metric][0]].iloc[row], history.along.iloc[row]
    when = f"epoch {along.epoch:.0f}, {along.time:.1f} min, {along.images:,.0f} images"
    return f"{_value(history, metric, value)}<br>{when}"


def _value(history: History, metric: str, value: float) -> str:
    if metric == "learning rate":
        return f"{value:.3g}"
    if metric == "validation accuracy":
        return wrong_of(value, history.held_out)
    digits = history.learned if metric == "training loss" else history.held_out
    return f"{value:.4g} nats on {digits:,} digits"


def summary(histories: Mapping[str, History]) -> pd.DataFrame:
    """One line a run that has a history: how long, how fast, and what it came to.

    Losses in nats; images seen: epochs times training digits; images/s with validation's time.
    """
    return pd.DataFrame([_line(name, h) for name, h in histories.items() if len(h.epochs)])


def _line(name: str, history: History) -> dict[str, object]:
    epochs, last = history.epochs, history.along.iloc[-1]
    best = epochs.iloc[history.best].to_dict("list")  # of one value each, or none
    return {
        "Model": name,
        "Epochs": int(last.epoch),
        "Best epoch": next(map(int, best["epoch"]), None),
        "Minutes": float(last.time),
        "Images seen": int(last.images),
        "Images/s": float(last.images / last.time / 60) if last.time > 0 else None,
        "Best validation loss": next(iter(best["validation_loss"]), None),
        "Last validation loss": float(epochs["validation_loss"].iloc[-1]),
        "Validation digits": history.held_out,
    }


def validated_on(histories: Mapping[str, History]) -> str:
    """On how many digits the runs were validated, in words; they differ where recipes do."""
    groups: dict[int, list[str]] = {}
    for name, history in histories.items():
        groups.setdefault(history.held_out, []).append(name)
    if not groups:
        return ""
    usual, *others = sorted(groups, key=lambda n: -len(groups[n]))
    said = f"Validated on {usual:,} digits"
    if not others:
        return f"{said}."
    more = ", ".join(f"{n:,} for {' and '.join(groups[n])}" for n in sorted(others))
    return f"{said}, {more}: between those, small differences may come from the digits."
