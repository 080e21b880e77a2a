"""Data -> Plotly figures, pure. Backgrounds are left to the page's light or dark theme.

Every model has one colour, one pattern and one marker, the same on every page, so that nothing
hangs on colour alone. The colours are Paul Tol's vibrant and muted schemes, which colour-blind
people can tell apart, as far as they show on black and on white.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from digitcore.recipes import ZOO

ENSEMBLE = "ensemble"
_COLOURS = (
    "#0077BB", "#EC6619", "#009988", "#CC3311", "#AA4499", "#939331",
    "#888888", "#EE3377", "#40A070", "#2999C4", "#6677CC", "#9A6A4F",
    "#B08A3C",
)  # fmt: skip
_PATTERNS = ("", "/", "x", "-", "\\", "+", ".", "|")
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "hexagon")


@dataclass(frozen=True)
class Style:
    """How a model looks: CSS colour, Plotly bar pattern, Plotly marker symbol."""

    colour: str
    pattern: str
    symbol: str


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
    """Grouped bars over the ten digits: the ensemble's (10,) and each member's (10,) in 0..1."""
    figure = go.Figure()
    figure.add_bar(
        x=list(range(10)), y=together, name=ENSEMBLE, marker={"color": "#7a8791"},
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
        title="Probability of each digit, by model",
        barmode="group", bargap=0.25, height=340,
        margin={"l": 8, "r": 8, "t": 48, "b": 8},
        legend={"orientation": "h", "y": -0.22},
        xaxis={"title": "digit", "dtick": 1, "fixedrange": True},
        yaxis={"title": "probability", "range": [0, 1.02], "tickformat": ".0%", "fixedrange": True},
    )  # fmt: skip
    return figure


def accuracies(board: pd.DataFrame) -> go.Figure:
    """Dots with 95 % intervals, best on top. board: model, accuracy, low, high (0..1), errors."""
    rows = board.iloc[::-1]
    styles = [style_of(model) for model in rows.model]
    figure = go.Figure(
        go.Scatter(
            x=rows.accuracy, y=rows.model, mode="markers", customdata=rows.errors,
            marker={
                "size": 11,
                "color": [style.colour for style in styles],
                "symbol": [style.symbol for style in styles],
            },
            error_x={
                "type": "data", "symmetric": False, "color": "#8a949b", "thickness": 1.5,
                "array": rows.high - rows.accuracy, "arrayminus": rows.accuracy - rows.low,
            },
            hovertemplate="%{y}: %{x:.2%}, %{customdata} errors<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        title="Accuracy with 95 % interval",
        height=90 + 30 * len(rows), margin={"l": 8, "r": 8, "t": 48, "b": 8},
        xaxis={"title": "share of 10,000 test digits", "tickformat": ".1%", "fixedrange": True},
        yaxis={"fixedrange": True},
    )  # fmt: skip
    return figure
