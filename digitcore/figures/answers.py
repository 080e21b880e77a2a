"""What models answer, and how often they are right, as figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from digitcore.evaluation import Rate
from digitcore.figures.style import ENSEMBLE_STYLE, GREY, SHADED, Style, short, styles_of
from digitcore.leaderboard import Row
from digitcore.words import counted

ENSEMBLE = "ensemble"
MOST_BARS = 5  # members whose bars can still be told apart on a phone


def probabilities(together: np.ndarray, members: Mapping[str, np.ndarray]) -> go.Figure:
    """The ensemble's (10,) and each member's (10,) probabilities of the ten digits, in 0..1.

    Grouped bars for a few members; for more, whose bars would be too thin, a table of shades.
    """
    if len(members) > MOST_BARS:
        return shades({ENSEMBLE: together, **members})
    return _bars(together if len(members) > 1 else None, members)


def _bars(together: np.ndarray | None, members: Mapping[str, np.ndarray]) -> go.Figure:
    """together: None where a single model is no ensemble."""
    figure = go.Figure()
    if together is not None:
        figure.add_bar(
            x=list(range(10)), y=together, name=ENSEMBLE, marker={"color": ENSEMBLE_STYLE.colour},
            hovertemplate="%{y:.1%} for %{x}<extra>ensemble</extra>",
        )  # fmt: skip
    styles = styles_of(members)
    for name, probs in members.items():
        style = styles[name]
        figure.add_bar(
            x=list(range(10)), y=probs, name=name,
            marker={
                "color": style.colour,
                "pattern": {
                    "shape": style.pattern,
                    "fillmode": "overlay",
                    "fgcolor": "rgba(255, 255, 255, 0.6)",
                    "solidity": 0.2,
                },
            },
            hovertemplate=f"%{{y:.1%}} for %{{x}}<extra>{name}</extra>",
        )  # fmt: skip
    figure.update_layout(
        showlegend=True,  # it names the model where it is a single one
        title="Probability of each digit, 0 to 9",
        barmode="group", bargap=0.25, height=340,
        margin={"l": 8, "r": 8, "t": 48, "b": 8},
        legend={"orientation": "h", "y": -0.12, "yanchor": "top"},
        xaxis={"dtick": 1, "fixedrange": True},
        yaxis={"title": "probability", "range": [0, 1.02], "tickformat": ".0%", "fixedrange": True},
    )  # fmt: skip
    return figure


def shades(answers: Mapping[str, np.ndarray], label: int | None = None) -> go.Figure:
    """Each model's (10,) probabilities as a table of shades; the `label`'s column is framed.

    What rounds to 0 % has no shade.
    """
    names = list(answers)[::-1]  # Plotly counts rows from below
    rows = np.stack([answers[name] for name in names])
    rows = np.where(rows >= 0.005, rows, np.nan)
    words = [["" if np.isnan(p) else f"{100 * p:.0f}" for p in row] for row in rows]
    figure = go.Figure(
        go.Heatmap(
            z=rows, x=list(range(10)), y=names, text=words,
            zmin=0, zmax=1, xgap=2, ygap=2, **SHADED,
            hovertemplate="%{y}: %{z:.1%} for %{x}<extra></extra>",
        )
    )  # fmt: skip
    if label is not None:
        figure.add_vrect(label - 0.5, label + 0.5, line={"color": "#EC6619", "width": 2})
    figure.update_layout(
        title="Probability of each digit, 0 to 9, in percent",
        height=100 + 26 * len(rows), margin={"l": 8, "r": 8, "t": 48, "b": 8},
        xaxis={"dtick": 1, "fixedrange": True, "showgrid": False},
        yaxis={"type": "category",  # else names that are numbers would be numbers
               "fixedrange": True, "showgrid": False},
    )  # fmt: skip
    return figure


def accuracies(board: Sequence[Row]) -> go.Figure:
    """Each row's accuracy on the test digits with its 95 % interval, the first row on top."""
    return intervals(
        {row.name: row.accuracy for row in board},
        styles_of([row.name for row in board], [row.name for row in board if row.members]),
        {row.name: counted(row.errors, "error") for row in board},
        "share of the test digits",
    )


def intervals(
    rates: Mapping[str, Rate], styles: Mapping[str, Style], told: Mapping[str, str], axis: str
) -> go.Figure:
    """Dots of accuracies with their 95 % intervals, the first on top.

    All are by name. told: what else is said where one points at a dot.
    """
    names = list(rates)[::-1]  # Plotly counts rows from below
    shares = [rates[name].value for name in names]
    figure = go.Figure(
        go.Scatter(
            x=shares, y=names, mode="markers",
            customdata=[f"{rates[name].interval}, {told[name]}" for name in names],
            marker={
                "size": 11,
                "color": [styles[name].colour for name in names],
                "symbol": [styles[name].symbol for name in names],
            },
            error_x={
                "type": "data", "symmetric": False, "color": GREY, "thickness": 1.5,
                "array": [rates[name].high - rates[name].value for name in names],
                "arrayminus": [rates[name].value - rates[name].low for name in names],
            },
            hovertemplate="%{y}: %{x:.2%}<br>%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        title="Accuracy with 95 % interval", dragmode=False,
        height=90 + 30 * len(names), margin={"l": 8, "r": 8, "t": 48, "b": 8},
        xaxis={"title": axis, "tickformat": ".3~%", "fixedrange": True},
        yaxis={"type": "category", "tickvals": names, "ticktext": [short(name) for name in names],
               "fixedrange": True},
    )  # fmt: skip
    return figure
