"""Data -> Plotly figures, pure. Backgrounds are left to the page's light or dark theme.

Every model has one colour, one pattern and one marker, the same on every page, so that nothing
hangs on colour alone. The colours are Paul Tol's vibrant and muted schemes, which colour-blind
people can tell apart, as far as they show on black and on white.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import plotly.graph_objects as go

from digitcore.leaderboard import Row
from digitcore.recipes import ZOO

ENSEMBLE = "ensemble"
MOST_BARS = 5  # members whose bars can still be told apart on a phone
_COLOURS = (
    "#0077BB", "#EC6619", "#009988", "#CC3311", "#AA4499", "#939331",
    "#888888", "#EE3377", "#40A070", "#2999C4", "#6677CC", "#9A6A4F",
    "#B08A3C",
)  # fmt: skip
_PATTERNS = ("", "/", "x", "-", "\\", "+", ".", "|")
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "pentagon", "hexagon")


@dataclass(frozen=True)
class Style:
    """How a model looks: CSS colour, Plotly bar pattern, Plotly marker symbol."""

    colour: str
    pattern: str
    symbol: str


# Ensembles look alike and like no model: grey, with a star.
ENSEMBLE_STYLE = Style("#7A8791", "", "star")


def style_of(model: str) -> Style:
    """A model's look: by its place in the zoo, or from its name where it is a user's run."""
    order = list(ZOO)
    place = order.index(model) if model in order else crc32(model.encode())
    return Style(
        _COLOURS[place % len(_COLOURS)],
        _PATTERNS[place % len(_PATTERNS)],
        _SYMBOLS[place % len(_SYMBOLS)],
    )


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
    for name, probs in members.items():
        style = style_of(name)
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
