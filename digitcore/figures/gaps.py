"""Gaps between models as figures: against one of them with intervals, and all pairs at a glance.

Nothing hangs on colour: a gap that is hardly luck has a filled marker or a sign of its own, one
that could be luck an open marker or the sign for 'about equal'.
"""

from collections.abc import Mapping, Sequence
from textwrap import wrap

import plotly.graph_objects as go

from digitcore.comparison.significance import Pair, sentence
from digitcore.figures.style import GREY, Style, short

BETTER, WORSE, EQUAL, SAME = ">", "<", "≈", "="
MEANING = {
    BETTER: "the row reads better than the column, and that is hardly luck",
    WORSE: "the column reads better, and that is hardly luck",
    EQUAL: "the gap could well be luck",
    SAME: "the same answers to all digits",
}
CELL = 26  # pixels a row needs to be hit with a finger
_SHADES = ("rgba(236, 102, 25, 0.6)", "rgba(128, 136, 142, 0.18)", "rgba(0, 119, 187, 0.6)")
_LEVEL = {WORSE: -1, EQUAL: 0, SAME: 0, BETTER: 1}  # which of the shades, about the middle one
_MARGIN = {"l": 8, "r": 12, "t": 48, "b": 8}


def forest(pairs: Sequence[Pair], reference: str, styles: Mapping[str, Style]) -> go.Figure:
    """How much better or worse than `reference` the other model of each pair reads: the other's
    accuracy less its own, in percentage points with the 95 % interval, the first pair on top.

    Raises ValueError for a pair without the reference.
    """
    others = [pair.of(reference).flipped for pair in pairs][::-1]  # Plotly counts from below
    names = [pair.a for pair in others]
    colours = [styles[name].colour for name in names]
    figure = go.Figure(
        go.Scatter(
            x=[100 * pair.difference for pair in others], y=names, mode="markers",
            customdata=[_hover(pair) for pair in others],
            marker={
                "size": 11, "color": colours, "line": {"width": 2, "color": colours},
                "symbol": [_symbol(pair, styles[pair.a]) for pair in others],
            },
            error_x={
                "type": "data", "symmetric": False, "color": GREY, "thickness": 1.5,
                "array": [100 * (pair.high - pair.difference) for pair in others],
                "arrayminus": [100 * (pair.difference - pair.low) for pair in others],
            },
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(0, line={"color": GREY, "width": 1.5, "dash": "dash"})
    figure.update_layout(
        title=f"Accuracy less that of {short(reference)}", dragmode=False,
        height=120 + 30 * max(2, len(names)), margin=_MARGIN,
        xaxis={"title": "percentage points, 95 % interval", "tickformat": ".2~f",
               "fixedrange": True, "zeroline": False},
        yaxis={"type": "category",  # else names that are numbers would be numbers
               "tickvals": names, "ticktext": [short(name) for name in names], "fixedrange": True},
    )  # fmt: skip
    return figure


def _symbol(pair: Pair, style: Style) -> str:
    return style.symbol if pair.better else f"{style.symbol}-open"


def _hover(pair: Pair) -> str:
    gap = f"{100 * pair.difference:+.2f} ({100 * pair.low:+.2f} to {100 * pair.high:+.2f}) points"
    return "<br>".join([gap, *wrap(sentence(pair), 44)])


def matrix(
    pairs: Sequence[Pair], order: Sequence[str], chosen: Pair | None = None, text: str = ""
) -> go.Figure:
    """All pairs as the upper half of a table: does the model of the row beat that of the column?

    order: all models, the best first; a column has its model's number only, so that fifteen fit on
    a phone. A point's customdata begins with both names. chosen: the pair to be framed. text: CSS
    colour of the signs.
    """
    place = {name: number for number, name in enumerate(order)}
    rows = [pair.of(min(pair.a, pair.b, key=place.__getitem__)) for pair in pairs]
    figure = go.Figure([_shading(rows, place), _signs(rows, place, text)])
    if chosen:
        row, column = sorted((place[chosen.a], place[chosen.b]))
        figure.add_shape(
            type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
            line={"width": 2.5, "color": text or GREY},
        )  # fmt: skip
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True}
    numbers = list(range(len(order)))
    figure.update_layout(
        title="Does the row beat the column?", showlegend=False, dragmode=False,
        height=96 + CELL * len(order), margin={**_MARGIN, "t": 72},
        xaxis={**axis, "side": "top", "range": [0.5, len(order) - 0.5], "tickvals": numbers[1:],
               "ticktext": [str(number + 1) for number in numbers[1:]], "tickangle": 0,
               "tickfont": {"size": 10}},
        yaxis={**axis, "range": [len(order) - 0.5, -0.5], "tickvals": numbers,
               "ticktext": [f"{short(name, 14)} {place[name] + 1}" for name in order]},
    )  # fmt: skip
    return figure


def _shading(rows: Sequence[Pair], place: Mapping[str, int]) -> go.Heatmap:
    shades: list[list[int | None]] = [[None] * len(place) for _ in place]
    for pair in rows:
        shades[place[pair.a]][place[pair.b]] = _LEVEL[sign(pair)]
    return go.Heatmap(
        z=shades, zmin=-1, zmax=1, xgap=2, ygap=2, showscale=False, hoverinfo="skip",
        colorscale=[[0, _SHADES[0]], [0.5, _SHADES[1]], [1, _SHADES[2]]],
    )  # fmt: skip


def _signs(rows: Sequence[Pair], place: Mapping[str, int], text: str) -> go.Scatter:
    """The signs, and what is clicked, since a heatmap gives no clicks."""
    colour = {"color": text} if text else {}
    same = {"marker": {"opacity": 1}, "textfont": colour}  # a click fades no other cell
    return go.Scatter(
        x=[place[pair.b] for pair in rows], y=[place[pair.a] for pair in rows],
        mode="markers+text", text=[sign(pair) for pair in rows], textfont={"size": 14, **colour},
        marker={"symbol": "square", "size": CELL - 4, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[pair.a, pair.b, "<br>".join(wrap(sentence(pair), 44))] for pair in rows],
        hovertemplate="%{customdata[2]}<extra></extra>", selected=same, unselected=same,
    )  # fmt: skip


def sign(pair: Pair) -> str:
    """Whether the first of a pair is better, worse, about equal or the same, as one sign."""
    if pair.same_answers:
        return SAME
    if pair.better is None:
        return EQUAL
    return BETTER if pair.better == pair.a else WORSE
