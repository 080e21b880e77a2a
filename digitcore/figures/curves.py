"""How trainings go, as curves that several runs share.

A page redraws these about once a second while the training itself wants the cores, so each line
has at most MOST_POINTS points. They are float32 arrays, which Plotly sends as base64: 5 bytes a
number, less than any digits that would still tell 0.0123 from 0.0124. What cannot be drawn (not
finite, or zero on a log axis) is a gap.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from digitcore.figures.style import GREY, Style, styles_of

MOST_POINTS = 300
FEW_RUNS = 3  # beyond these, raw values behind the smoothed lines hide more than they show
FAR, VERY_FAR = 6, 27_000  # times the least value on a log axis
WIDE_RANGE = 100  # learning rates that span more than this factor need a log axis
NO_BATCHES = "The first point comes after a few batches."
NO_EPOCHS = "The first point comes after the first epoch."


def smooth(values: ArrayLike, weight: float) -> np.ndarray:
    """(N,) values -> (N,) exponential moving averages, debiased as in TensorBoard.

    `weight` in 0..0.99 is the share that the past keeps. Values that are not finite do not count
    and are NaN in the result.
    """
    series = pd.Series(_finite(values))
    means = series.ewm(alpha=1 - weight, adjust=True, ignore_na=True).mean()
    return means.where(series.notna()).to_numpy()  # pandas would carry the mean over a gap


def thin(table: pd.DataFrame, most: int = MOST_POINTS, by: str = "loss") -> pd.DataFrame:
    """At most `most` (4 or more) rows: the first, the last, and the extremes of equal stretches.

    Each stretch keeps the rows with its lowest and highest `by`, not a mean: a spike in one batch
    is what a person watches for, and every point drawn was measured. A stretch without any finite
    value keeps one row, which draws as a gap.
    """
    if len(table) <= most:
        return table
    values = pd.Series(_finite(table[by]))
    stretches = _stretches(len(table), (most - 2) // 2)
    lowest = values.fillna(np.inf).groupby(stretches).idxmin()
    highest = values.fillna(-np.inf).groupby(stretches).idxmax()
    return table.iloc[np.unique([0, *lowest, *highest, len(table) - 1])]


def thin_means(table: pd.DataFrame, most: int = MOST_POINTS) -> pd.DataFrame:
    """At most `most` (3 or more) rows: the first, the last, and the means of equal stretches.

    For what is smoothed already: extremes would make a zigzag of it, in which no dash can be seen,
    and rows picked at equal steps could miss a spike. NaN does not count.
    """
    if len(table) <= most:
        return table
    inner = table.iloc[1:-1]
    means = inner.groupby(_stretches(len(inner), most - 2)).mean()
    return pd.concat([table.iloc[:1], means, table.iloc[-1:]], ignore_index=True)


def _stretches(rows: int, most: int) -> np.ndarray:
    """(rows,) which of at most `most` equally long stretches each row is in."""
    return np.arange(rows) * most // rows


def batch_losses(batches: Mapping[str, pd.DataFrame], smoothing: float, log: bool) -> go.Figure:
    """Each run's training loss (nats) against epochs done, smoothed with a weight in 0..0.99.

    The tables have the columns epochs_done and loss. Few runs have their raw values behind them.
    """
    styles = styles_of(batches)
    lines = [_smoothed(name, styles[name], t, smoothing, log) for name, t in batches.items()]
    few = smoothing > 0 and len(batches) <= FEW_RUNS
    behind = [_raw(name, styles[name], t, log) for name, t in batches.items()] if few else []
    title = f"Training loss per batch{', smoothed' if smoothing > 0 else ''}"
    figure = go.Figure([*behind, *lines])
    return laid_out(figure, title, "loss in nats", log, NO_BATCHES)


def _smoothed(
    name: str, style: Style, table: pd.DataFrame, smoothing: float, log: bool
) -> go.Scatter:
    means = smooth(table["loss"], smoothing)
    points = as_points(table["epochs_done"], means, log, means=smoothing > 0)
    hover = f"%{{y:.4g}} nats after %{{x:.2f}} epochs<extra>{name}</extra>"
    return as_curve(name, style, points, hovertemplate=hover)


def _raw(name: str, style: Style, table: pd.DataFrame, log: bool) -> go.Scatter:
    return as_curve(
        name, style, as_points(table["epochs_done"], table["loss"], log), opacity=0.3,
        hoverinfo="skip", showlegend=False, line={"color": style.colour, "width": 1},
    )  # fmt: skip


def losses(histories: Mapping[str, pd.DataFrame], log: bool) -> go.Figure:
    """Each run's validation and training loss (nats) after each epoch; a ring marks the best.

    The tables have the columns epoch, train_loss and validation_loss.
    """
    figure, styles = go.Figure(), styles_of(histories)
    for name, table in histories.items():
        figure.add_traces(_losses_of(name, styles[name], table, log))
    return laid_out(figure, "Loss by epoch, best ringed", "loss in nats", log, NO_EPOCHS)


def _losses_of(name: str, style: Style, table: pd.DataFrame, log: bool) -> list[go.Scatter]:
    validation = as_points(table["epoch"], table["validation_loss"], log)
    training = as_points(table["epoch"], table["train_loss"], log)
    best = validation[validation["y"] == validation["y"].min()].head(1)
    hover = "%{y:.4g} nats after epoch %{x}<extra>%{fullData.name}</extra>"
    return [
        as_curve(
            name, style, validation, mode="lines+markers", hovertemplate=hover,
            name=f"{name}, validation",
        ),
        as_curve(
            name, style, training, mode="lines+markers", hovertemplate=hover,
            name=f"{name}, training", legendgroup=f"{name}, training",
            line={"color": style.colour, "width": 1, "dash": "dot"},
            marker={"color": style.colour, "symbol": f"{style.symbol}-open", "size": 6},
        ),
        as_curve(
            name, style, best, mode="markers", showlegend=False,
            marker={"color": style.colour, "symbol": "circle-open", "size": 16, "line_width": 2},
            hovertemplate=f"best: %{{y:.4g}} nats after epoch %{{x}}<extra>{name}</extra>",
        ),
    ]  # fmt: skip


def accuracies_by_epoch(histories: Mapping[str, pd.DataFrame], n: Mapping[str, int]) -> go.Figure:
    """Each run's validation accuracy after each epoch; `n` has each run's validation digits.

    The tables have the columns epoch and validation_accuracy (0..1).
    """
    figure, styles = go.Figure(), styles_of(histories)
    for name, table in histories.items():
        points = as_points(table["epoch"], table["validation_accuracy"])
        hover = f"epoch %{{x}}: %{{customdata}}<extra>{name}</extra>"
        words = [wrong_of(share, n[name]) for share in points["y"]]
        figure.add_trace(
            as_curve(
                name,
                styles[name],
                points,
                mode="lines+markers",
                customdata=words,
                hovertemplate=hover,
            )
        )
    laid_out(figure, "Validation accuracy by epoch", "accuracy", False, NO_EPOCHS)
    if max((len(table) for table in histories.values()), default=0) == 1:
        figure.update_yaxes(range=[0, 1])  # Plotly would go from -50 to 150 % around one point
    return figure.update_yaxes(tickformat=".3~%")


def wrong_of(share: float, n: int) -> str:
    """An accuracy in 0..1 of n digits in words; none where there is none."""
    if not np.isfinite(share):
        return ""
    return f"{100 * share:.4g} %, {round(n * (1 - share)):,} of {n:,} wrong"


def learning_rates(batches: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Each run's learning rate against epochs done; the axis is log where the rates span far.

    The tables have the columns epochs_done and learning_rate.
    """
    every = np.concatenate([[], *(table["learning_rate"] for table in batches.values())])
    rates = every[np.isfinite(every) & (every > 0)]
    log = rates.size > 0 and bool(rates.max() > WIDE_RANGE * rates.min())
    figure, styles = go.Figure(), styles_of(batches)
    for name, table in batches.items():
        points = as_points(table["epochs_done"], table["learning_rate"], log)
        hover = f"%{{y:.3g}} after %{{x:.2f}} epochs<extra>{name}</extra>"
        figure.add_trace(as_curve(name, styles[name], points, hovertemplate=hover))
    if not log:  # else Plotly lays -1 to 1 about a rate that is always 0.001
        figure.update_yaxes(rangemode="tozero")
    return laid_out(figure, "Learning rate", "learning rate", log, NO_BATCHES)


def range_test(rates: ArrayLike, losses: ArrayLike, suggestion: float | None) -> go.Figure:
    """The (N,) smoothed losses (nats) that (N,) rising learning rates led to, and the rate to take.

    Leslie Smith's learning-rate range test: where the loss falls fastest is a good rate.
    """
    points = as_points(_drawable(rates, True), losses)
    hover = "%{y:.4g} nats at learning rate %{x:.3g}<extra></extra>"
    curve = go.Scatter(x=points["x"], y=points["y"], mode="lines", hovertemplate=hover)
    figure = laid_out(
        go.Figure(curve), "Loss at rising learning rates", "loss in nats", False, NO_BATCHES
    )
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title="learning rate", type="log", tickformat="~g")
    if len(points) and suggestion is not None and 0 < suggestion < np.inf:
        _mark(figure, suggestion, right_half=suggestion**2 > points["x"].min() * points["x"].max())
    return figure


def _mark(figure: go.Figure, rate: float, right_half: bool) -> None:
    """A vertical line at a learning rate, and words above it on the side where there is room."""
    figure.add_vline(x=rate, line={"color": GREY, "width": 2, "dash": "dash"})
    figure.update_layout(margin_t=64)
    figure.add_annotation(
        x=np.log10(rate),  # annotations, unlike shapes, want the exponent on a log axis
        y=1, yref="paper", yanchor="bottom", xanchor="right" if right_half else "left",
        text=f"suggested: {rate:.2g}", showarrow=False,
    )  # fmt: skip


def _finite(values: ArrayLike) -> np.ndarray:
    numbers = np.asarray(values, dtype=float)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _drawable(values: ArrayLike, log: bool = False) -> np.ndarray:
    """(N,) float32 values, NaN for what has no place on a linear or a log axis."""
    with np.errstate(over="ignore"):
        numbers = np.asarray(values, dtype=float).astype(np.float32)
    there = np.isfinite(numbers) & (numbers > 0 if log else True)
    return np.where(there, numbers, np.float32(np.nan))


def as_points(x: ArrayLike, y: ArrayLike, log: bool = False, means: bool = False) -> pd.DataFrame:
    """What a trace shows: float32 columns x and y, few enough rows to redraw every second."""
    table = pd.DataFrame({"x": _drawable(x), "y": _drawable(y, log)})
    thinned = thin_means(table) if means else thin(table, by="y")
    return thinned.astype(np.float32)  # pandas takes means in double precision


def as_curve(run: str, style: Style, points: pd.DataFrame, **look: object) -> go.Scatter:
    """A trace in the run's style, as far as `look` does not say otherwise."""
    return go.Scatter({
        "x": points["x"], "y": points["y"], "name": run, "legendgroup": run,
        # a line of one point would not show
        "mode": "lines" if len(points) > 1 else "markers",
        "line": {"color": style.colour, "dash": style.dash, "width": 2},
        "marker": {"color": style.colour, "symbol": style.symbol, "size": 7},
        **look,
    })  # fmt: skip


def laid_out(figure: go.Figure, title: str, y: str, log: bool, nothing: str) -> go.Figure:
    """The look that all curves share; `nothing` is said where no trace has a point."""
    named = sum(trace.showlegend is not False for trace in figure.data)
    figure.update_layout(
        title=title, uirevision="keep", margin={"l": 8, "r": 8, "t": 48, "b": 8},
        height=280 + 16 * named,  # a long legend takes its room from the curves
        showlegend=True,  # one run too wants its name
        legend={
            "orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom",
            # Plotly knows a run that was hidden by its place, so other runs start all visible
            "uirevision": " ".join(str(trace.name) for trace in figure.data),
        },
        xaxis={"title": "epochs", "rangemode": "tozero"},
        yaxis={
            "title": y,
            "type": "log" if log else "linear",
            "tickformat": "~g",  # else Plotly writes a learning rate as 500μ
            "uirevision": f"keep {log}",  # a zoom in linear units means nothing on a log axis
            "dtick": _log_ticks(figure) if log else None,
        },
    )  # fmt: skip
    if not any(np.isfinite(trace.y).any() for trace in figure.data):
        _say_nothing_yet(figure, nothing)
    return figure


def _log_ticks(figure: go.Figure) -> str | int | None:
    """Where a log axis spans far, Plotly's own ticks stand upon each other."""
    values = np.concatenate([[], *(np.asarray(trace.y, dtype=float) for trace in figure.data)])
    drawn = values[np.isfinite(values) & (values > 0)]
    if not drawn.size or drawn.max() < FAR * drawn.min():
        return None
    return "D2" if drawn.max() < VERY_FAR * drawn.min() else 1  # 1, 2 and 5; or powers of ten


def _say_nothing_yet(figure: go.Figure, words: str) -> None:
    figure.update_xaxes(range=[0, 1])  # else Plotly draws its epochs from -1
    figure.update_yaxes(showticklabels=False)
    figure.add_annotation(text=words, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
