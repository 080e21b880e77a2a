"""How accuracy falls as digits get harder to read, as figures that can be read on a phone."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from digitcore.evaluation import Rate
from digitcore.figures.style import GREY, SHADED, Style, ticks
from digitcore.robustness import Sturdiness
from digitcore.robustness.distortions import KINDS, SAMPLE

CLEAN = "clean"
FEW = 4  # models whose intervals can still be told apart where their lines are close
ROW = 26  # pixels
_MARGIN = {"l": 8, "r": 8, "t": 48, "b": 8}


def overview(models: Mapping[str, Sturdiness]) -> go.Figure:
    """Models by kinds: mean accuracy over a kind's levels, in percent; first, of clean digits.

    A cell is empty where a model was not measured at all levels.
    """
    columns = [CLEAN, *KINDS]
    shares = np.array([[of.clean.value, *map(of.mean, KINDS)] for of in models.values()])
    shares = shares.reshape(len(models), len(columns))
    words = [["" if np.isnan(share) else f"{100 * share:.1f}" for share in row] for row in shares]
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=columns, y=list(range(len(models))), text=words,
            zmax=1, zmin=_least(shares), xgap=1, ygap=1, **SHADED,
            hovertext=[[name] * len(columns) for name in models],
            hovertemplate="%{hovertext}, %{x}: %{z:.2%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        title="Mean accuracy by distortion, in percent",
        height=150 + ROW * len(models), margin=_MARGIN, dragmode=False,
        xaxis={"fixedrange": True, "showgrid": False, "tickangle": -45},
        yaxis={"fixedrange": True, "showgrid": False, "autorange": "reversed", "zeroline": False,
               "tickvals": list(range(len(models))), "ticktext": ticks(models)},
    )  # fmt: skip
    return figure


def by_level(
    kind: str,
    models: Mapping[str, Sturdiness],
    styles: Mapping[str, Style],
    chosen: tuple[str, float] | None = None,
) -> go.Figure:
    """Accuracy against a kind's level, a line for each model, with 95 % intervals where they are
    few. A point's customdata is (model, level); `chosen` is ringed."""
    figure = go.Figure([
        _line(name, kind, of, styles[name], len(models) <= FEW) for name, of in models.items()
    ])  # fmt: skip
    levels = sorted([KINDS[kind].clean, *KINDS[kind].levels])
    figure.add_vline(
        x=KINDS[kind].clean, line={"color": GREY, "width": 1, "dash": "dash"},
        annotation={"text": CLEAN, "yanchor": "bottom", "y": 1,
                    "yref": "paper", "xanchor": "center"},
    )  # fmt: skip
    if chosen:
        _ring(figure, models[chosen[0]].curve(kind).get(chosen[1]), chosen[1])
    figure.update_layout(
        title=f"Accuracy under {kind}", height=320 + 17 * len(models),
        margin={**_MARGIN, "t": 64}, dragmode=False, showlegend=True,
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
        xaxis={"title": KINDS[kind].axis, "fixedrange": True, "tickvals": levels,
               "zeroline": False, "ticktext": [f"{level:g}" for level in levels]},
        yaxis={"title": f"accuracy, n = {SAMPLE:,}", "tickformat": ".0%", "fixedrange": True},
    )  # fmt: skip
    return figure


def _line(name: str, kind: str, of: Sturdiness, style: Style, bars: bool) -> go.Scatter:
    curve = of.curve(kind)
    rates = list(curve.values())
    return go.Scatter(
        x=list(curve), y=[rate.value for rate in rates], name=name, mode="lines+markers",
        customdata=[(name, level) for level in curve], hovertext=[rate.words for rate in rates],
        line={"color": style.colour, "dash": style.dash, "width": 2},
        marker={"color": style.colour, "symbol": style.symbol, "size": 9},
        # a click must not fade what was not clicked
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
        error_y={
            "type": "data", "symmetric": False, "visible": bars, "thickness": 1.2, "width": 3,
            "array": [rate.high - rate.value for rate in rates],
            "arrayminus": [rate.value - rate.low for rate in rates],
        },
        hovertemplate=f"%{{hovertext}} at %{{x}}<extra>{name}</extra>",
    )  # fmt: skip


def _ring(figure: go.Figure, rate: Rate | None, level: float) -> None:
    if rate:
        figure.add_scatter(
            x=[level], y=[rate.value], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"size": 18, "symbol": "circle-open", "color": GREY, "line": {"width": 2}},
        )  # fmt: skip


def _least(shares: np.ndarray) -> float:
    """Where the shades begin: at the least accuracy, and never where they would end."""
    known = shares[np.isfinite(shares)]
    return min(float(known.min()), 0.99) if known.size else 0.0
