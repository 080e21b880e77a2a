"""What models answer, and how often they are right, as figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from digitcore.figures.style import ENSEMBLE_STYLE, style_of, styles_of
from digitcore.leaderboard import Row

ENSEMBLE = "ensemble"
MOST_BARS = 5  # members whose bars can still be told apart on a phone


def probabilities(together: np.ndarray, members: Mapping[str, np.ndarray]) -> go.Figure:
    """The ensemble's (10,) and each member's (10,) probabilities of the ten digits, in 0..1.

    Grouped bars for a few members; for more, whose bars would be too thin, a table of shades.
    """
    if len(members) > MOST_BARS:
        return _shades(together, members)
    return _bars(together, members)


def _bars(together: np.ndarray, members: Mapping[str, np.ndarray]) -> go.Figure:
    figure = go.Figure()
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
        title="Probability of each digit, 0 to 9",
        barmode="group", bargap=0.25, height=340,
        margin={"l": 8, "r": 8, "t": 48, "b": 8},
        legend={"orientation": "h", "y": -0.12, "yanchor": "top"},
        xaxis={"dtick": 1, "fixedrange": True},
        yaxis={"title": "probability", "range": [0, 1.02], "tickformat": ".0%", "fixedrange": True},
    )  # fmt: skip
    return figure


def _shades(together: np.ndarray, members: Mapping[str, np.ndarray]) -> go.Figure:
    rows = np.stack([together, *members.values()])[::-1]  # Plotly counts rows from below
    words = [[f"{100 * p:.0f}" if p >= 0.005 else "" for p in row] for row in rows]
    figure = go.Figure(
        go.Heatmap(
            z=rows, x=list(range(10)), y=[ENSEMBLE, *members][::-1], text=words,
            texttemplate="%{text}", zmin=0, zmax=1, colorscale="Cividis", xgap=2, ygap=2,
            hovertemplate="%{y}: %{z:.1%} for %{x}<extra></extra>", showscale=False,
        )
    )  # fmt: skip
    figure.update_layout(
        title="Probability of each digit, 0 to 9, in percent",
        height=100 + 26 * len(rows), margin={"l": 8, "r": 8, "t": 48, "b": 8},
        xaxis={"dtick": 1, "fixedrange": True, "showgrid": False},
        yaxis={"fixedrange": True, "showgrid": False},
    )  # fmt: skip
    return figure


def accuracies(board: Sequence[Row]) -> go.Figure:
    """Dots with 95 % intervals, the first row on top."""
    rows = board[::-1]
    styles = [ENSEMBLE_STYLE if row.members else style_of(row.name) for row in rows]
    shares = [row.accuracy.value for row in rows]
    figure = go.Figure(
        go.Scatter(
            x=shares, y=[row.name for row in rows], mode="markers",
            customdata=[row.errors for row in rows],
            marker={
                "size": 11,
                "color": [style.colour for style in styles],
                "symbol": [style.symbol for style in styles],
            },
            error_x={
                "type": "data", "symmetric": False, "color": "#8a949b", "thickness": 1.5,
                "array": [row.accuracy.high - row.accuracy.value for row in rows],
                "arrayminus": [row.accuracy.value - row.accuracy.low for row in rows],
            },
            hovertemplate="%{y}: %{x:.2%}, %{customdata} errors<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        title="Accuracy with 95 % interval",
        height=90 + 30 * len(rows), margin={"l": 8, "r": 8, "t": 48, "b": 8},
        xaxis={"title": "share of the test digits", "tickformat": ".1%", "fixedrange": True},
        yaxis={"fixedrange": True},
    )  # fmt: skip
    return figure
