"""What is in a set of digits, as figures: how many of each class, and how their measures spread."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from digitcore.exploration.spread import Spread
from digitcore.exploration.statistics import Statistic
from digitcore.figures.style import GREY

COLOURS = ("#0077BB", "#EC6619", "#009988")  # Paul Tol's vibrant scheme
PATTERNS = ("", "/", ".")
BLUE, ORANGE = COLOURS[:2]
WIDE = 0.42  # of the room of a class, that half its outline may take
_MARGIN = {"l": 8, "r": 8, "t": 48, "b": 8}


def balance(table: pd.DataFrame) -> go.Figure:
    """Shares of each class in each split, with 95 % intervals, from balance.balance()."""
    splits = list(dict.fromkeys(table["Split"]))
    drawn = table["Low"] < table["High"]  # else as many of each were taken on purpose
    figure = go.Figure([
        _bars(table[table["Split"] == split], COLOURS[place % 3], PATTERNS[place % 3])
        for place, split in enumerate(splits[:3])
    ])  # fmt: skip
    figure.add_hline(0.1, line={"color": GREY, "width": 1, "dash": "dash"})  # all alike
    figure.update_layout(
        title="Share of each digit" + (", with 95 % interval" if drawn.any() else ""),
        height=320, dragmode=False, margin=_MARGIN,
        barmode="group", bargap=0.25, showlegend=len(splits) > 1,
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
        xaxis={"title": "digit", "dtick": 1, "fixedrange": True},
        yaxis={"title": "share; dashed: all alike", "tickformat": ".0%", "fixedrange": True,
               "rangemode": "tozero"},
    )  # fmt: skip
    return figure


def _bars(rows: pd.DataFrame, colour: str, pattern: str) -> go.Bar:
    words = [
        f"{row.Count:,} of {row.Of:,}: {row.Share:.2%}"
        + (f" ({row.Low:.2%} to {row.High:.2%})" if row.Low < row.High else ", drawn so")
        for row in rows.itertuples()
    ]
    split = rows["Split"].iloc[0]
    return go.Bar(
        x=rows["Digit"].tolist(), y=rows["Share"].tolist(), name=split, hovertext=words,
        hovertemplate=f"%{{x}}: %{{hovertext}}<extra>{split}</extra>",
        error_y={
            "type": "data", "symmetric": False, "color": GREY, "thickness": 1.2, "width": 2,
            "array": (rows["High"] - rows["Share"]).tolist(),
            "arrayminus": (rows["Share"] - rows["Low"]).tolist(),
        },
        marker={
            "color": colour,
            "pattern": {"shape": pattern, "fillmode": "overlay", "solidity": 0.2,
                        "fgcolor": "rgba(255, 255, 255, 0.7)"},
        },
    )  # fmt: skip


def distribution(
    statistic: Statistic, found: Mapping[int, Spread], chosen: int | None = None
) -> go.Figure:
    """How a statistic spreads within each class, from spread.spreads().

    An outline as wide as there are digits of a value, or a point for each digit where they are few;
    in it a line from 5 to 95 % of them, a broad one over the middle half, and a mark at the median,
    whose customdata is the class. chosen: the class in another colour.
    """
    place = {digit: at for at, digit in enumerate(found)}
    figure = go.Figure()
    for digits, colour in ((set(found) - {chosen}, BLUE), (set(found) & {chosen}, ORANGE)):
        shown = [(place[digit], spread) for digit, spread in found.items() if digit in digits]
        figure.add_traces([*_shapes(shown, colour)])
    figure.add_trace(_medians(statistic, found, chosen))
    figure.update_layout(
        title=f"{statistic.label} by digit", height=380, showlegend=False, dragmode=False,
        margin=_MARGIN, hoverdistance=40,
        xaxis={"title": "digit", "range": [-0.5, len(place) - 0.5], "fixedrange": True,
               "tickvals": list(place.values()), "ticktext": [str(digit) for digit in place],
               "showgrid": False, "zeroline": False},
        yaxis={"title": statistic.unit, "fixedrange": True, "zeroline": False,
               "range": _range(found)},
    )  # fmt: skip
    return figure


def _range(found: Mapping[int, Spread]) -> tuple[float, float]:
    """All values with a little room, and some even where all are the same."""
    ends = [end for spread in found.values() for end in (spread.least, spread.most)] or [0.0]
    room = 0.04 * (max(ends) - min(ends)) or 1.0
    return min(ends) - room, max(ends) + room


def _shapes(spreads: Sequence[tuple[int, Spread]], colour: str) -> Iterable[go.Scatter]:
    """Outlines, points, thin and broad lines of classes at these places: a trace of each kind."""
    drawn = {"hoverinfo": "skip", "mode": "lines"}
    outlines = [_outline(at, spread) for at, spread in spreads if not len(spread.values)]
    if outlines:
        yield go.Scatter(**_joined(outlines), fill="toself", opacity=0.55, **drawn,
                         line={"color": colour, "width": 1})  # fmt: skip
    points = [
        (at + _aside(spread.n), spread.values) for at, spread in spreads if len(spread.values)
    ]
    if points:
        yield go.Scatter(**_joined(points), hoverinfo="skip", mode="markers", opacity=0.7,
                         marker={"color": colour, "size": 7})  # fmt: skip
    for least, most, width in ((0, 4, 1.5), (1, 3, 6)):
        lines = [
            (np.array([at, at]), np.array([spread.quantiles[least], spread.quantiles[most]]))
            for at, spread in spreads if not len(spread.values)
        ]  # fmt: skip
        if lines:
            yield go.Scatter(**_joined(lines), **drawn, line={"color": colour, "width": width})


def _outline(at: int, spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    half = WIDE * spread.density
    return (np.concatenate([at - half, at + half[::-1]]),
            np.concatenate([spread.places, spread.places[::-1]]))  # fmt: skip


def _aside(count: int) -> np.ndarray:
    """Where points stand beside each other, so that equal ones can be told apart."""
    return np.linspace(-0.2, 0.2, count) if count > 1 else np.zeros(1)


def _joined(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, list]:
    """Several lines as one with gaps."""
    gap = [None]
    return {
        axis: [value for part in parts for value in (*np.round(part[side], 3).tolist(), *gap)]
        for side, axis in enumerate("xy")
    }


def _medians(statistic: Statistic, found: Mapping[int, Spread], chosen: int | None) -> go.Scatter:
    kept = {"marker": {"opacity": 1}}  # a click does not fade the others
    return go.Scatter(
        x=list(range(len(found))), y=[spread.median for spread in found.values()],
        mode="markers", customdata=list(found), selected=kept, unselected=kept,
        marker={"symbol": ["diamond" if digit == chosen else "line-ew" for digit in found],
                "size": 15, "color": GREY,
                "line": {"width": 3, "color": [GREY if len(spread.values) else "#FFFFFF"
                                               for spread in found.values()]}},
        hovertext=[_hover(spread) for spread in found.values()],
        hovertemplate=f"%{{customdata}}: median %{{y:.1f}} {statistic.unit}<br>%{{hovertext}}"
                      "<extra></extra>",
    )  # fmt: skip


def _hover(spread: Spread) -> str:
    least, low, _, high, most = spread.quantiles
    return (
        f"half of {spread.n:,}: {low:.1f} to {high:.1f}<br>90 % of them: {least:.1f} to {most:.1f}"
    )
