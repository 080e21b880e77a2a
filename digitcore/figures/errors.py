"""Where models fail, and whether they fail alike, as figures that can be read on a phone.

A point of overlap() and confused() carries in its customdata the row that it belongs to, counted
from 0 at the top, so that a click anywhere on a row says which.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from digitcore.comparison.overlap import ClassRates, Confused, Overlap, told
from digitcore.figures.style import GREY, SHADED, Style, short, ticks
from digitcore.words import counted

FAINT, CHOSEN = "rgba(138, 148, 155, 0.12)", "#0077BB"
ROW = 26  # pixels a row needs to be hit with a finger
_MARGIN = {"l": 8, "r": 8, "t": 48, "b": 8}
_LEGEND = {"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"}
_STAY = {"marker": {"opacity": 1}}  # a click must not fade what was not clicked


def overlap(found: Overlap, styles: Mapping[str, Style], chosen: int | None = None) -> go.Figure:
    """An UpSet plot: a row for each group of models, with a mark for each model that is in it, and
    the number of digits that exactly these models get wrong.

    styles: of all compared models, in the order of the columns. chosen: the row to be marked.
    """
    figure = go.Figure([_links(found, styles), _marks(found, styles), *_bars(found, styles)])
    room = min(0.5, 0.06 + 0.035 * len(styles))  # of the width, for the marks
    _mark_row(figure, chosen)
    letters = max(map(len, ticks(styles)), default=0)
    top = 48 + 6 * letters
    figure.update_layout(
        title={"text": "Digits that exactly these models get wrong", "yref": "container", "y": 1,
               "yanchor": "top", "pad": {"t": 12}},
        height=top + ROW * len(found.groups) + 44, margin={**_MARGIN, "t": top},
        showlegend=False, dragmode=False, barmode="overlay", bargap=0.3,
        xaxis={"domain": [0, room], "range": [-0.6, len(styles) - 0.4], "side": "top",
               "tickvals": list(range(len(styles))), "ticktext": ticks(styles),
               "tickangle": -90, "tickfont": {"size": max(7, min(12, 160 // max(1, len(styles))))},
               "showgrid": False, "zeroline": False, "fixedrange": True},
        xaxis2={"domain": [room + 0.02, 1], "range": [0, _end(found)], "title": "digits",
                "fixedrange": True, "nticks": 5},
        yaxis={"range": [len(found.groups) - 0.5, -0.5], "visible": False, "fixedrange": True},
    )  # fmt: skip
    return figure


def _mark_row(figure: go.Figure, row: int | None) -> None:
    """A band behind the row that is chosen, if one is, through all that is drawn."""
    if row is not None:
        figure.add_shape(
            type="rect", xref="paper", x0=0, x1=1, y0=row - 0.5, y1=row + 0.5, fillcolor=CHOSEN,
            opacity=0.18, line_width=0, layer="below",
        )  # fmt: skip


def _end(found: Overlap) -> float:
    """Where the axis of counts ends: past the longest bar and its number."""
    return 1.25 * max((len(group.places) for group in found.groups), default=1)


def _marks(found: Overlap, styles: Mapping[str, Style]) -> go.Scatter:
    """Filled in the model's look where it errs, an empty ring where it does not."""
    cells = [
        (row, column, style if name in group.models else None)
        for row, group in enumerate(found.groups)
        for column, (name, style) in enumerate(styles.items())
    ]
    return go.Scatter(
        x=[column for _, column, _ in cells], y=[row for row, _, _ in cells], mode="markers",
        customdata=[[row] for row, _, _ in cells], selected=_STAY, unselected=_STAY,
        marker={
            "symbol": [style.symbol if style else "circle-open" for *_, style in cells],
            "color": [style.colour if style else GREY for *_, style in cells],
            "size": [10 if style else 5 for *_, style in cells],
            "opacity": 1,  # Plotly's own is less where sizes differ
        },
        hovertext=[_words(found, row, styles) for row, _, _ in cells], hoverinfo="text",
    )  # fmt: skip


def _links(found: Overlap, styles: Mapping[str, Style]) -> go.Scatter:
    """A line through the marks of each group."""
    columns = {name: column for column, name in enumerate(styles)}
    x: list[float | None] = []
    y: list[float | None] = []
    for row, group in enumerate(found.groups):
        places = [columns[name] for name in group.models]
        x += [min(places), max(places), None]
        y += [row, row, None]
    return go.Scatter(
        x=x, y=y, mode="lines", line={"color": GREY, "width": 2}, hoverinfo="skip",
    )  # fmt: skip


def _bars(found: Overlap, styles: Mapping[str, Style]) -> list[go.Bar]:
    """The counts, and behind them lanes as long as the axis: a bar of one digit is hard to hit."""
    counts = [len(group.places) for group in found.groups]
    rows = list(range(len(counts)))
    shared = {
        "y": rows, "orientation": "h", "xaxis": "x2", "customdata": [[row] for row in rows],
        "selected": _STAY, "unselected": _STAY, "hoverinfo": "text",
        "hovertext": [_words(found, row, styles) for row in rows],
    }  # fmt: skip
    lanes = go.Bar(x=[_end(found)] * len(rows), marker={"color": FAINT}, **shared)
    bars = go.Bar(
        x=counts, marker={"color": CHOSEN}, text=[f"{count:,}" for count in counts],
        textposition="outside", cliponaxis=False, **shared,
    )  # fmt: skip
    return [lanes, bars]


def _words(found: Overlap, row: int, styles: Mapping[str, Style]) -> str:
    group = found.groups[row]
    who = told(group.models, list(styles))
    return f"{counted(len(group.places))} misread by<br>{who}"


def confused(
    found: Sequence[Confused], styles: Mapping[str, Style], chosen: int | None = None
) -> go.Figure:
    """How often each digit is taken for another: a row for each pair, its models' counts stacked.

    chosen: the row to be marked.
    """
    rows = list(range(len(found)))
    figure = go.Figure([_share(name, style, found) for name, style in styles.items()])
    totals = [pair.total for pair in found]
    figure.add_scatter(
        x=totals, y=rows, mode="markers+text", text=[f"{total:,}" for total in totals],
        textposition="middle right", cliponaxis=False, showlegend=False, hoverinfo="skip",
        marker={"size": 24, "color": "rgba(0, 0, 0, 0)"}, customdata=[[row] for row in rows],
        selected=_STAY, unselected=_STAY,
    )  # fmt: skip
    _mark_row(figure, chosen)
    of = "" if len(styles) == 1 else f", {len(styles)} models in sum"
    figure.update_layout(
        title=f"Most confused pairs{of}", barmode="stack", bargap=0.3, dragmode=False,
        height=110 + ROW * len(rows) + 12 * len(styles), margin=_MARGIN,
        showlegend=len(styles) > 1, legend={**_LEGEND, "traceorder": "normal"},
        xaxis={"title": "errors", "range": [0, 1.2 * max(totals, default=1)], "nticks": 5,
               "fixedrange": True},
        yaxis={"title": "digit, read as", "range": [len(rows) - 0.5, -0.5], "tickvals": rows,
               "ticktext": [f"{pair.label} → {pair.answer}" for pair in found],
               "showgrid": False, "fixedrange": True},
    )  # fmt: skip
    return figure


def _share(name: str, style: Style, found: Sequence[Confused]) -> go.Bar:
    hover = [
        f"{pair.counts[name]:,} of {pair.support:,} digits {pair.label} read as {pair.answer}"
        for pair in found
    ]
    return go.Bar(
        x=[pair.counts[name] for pair in found], y=list(range(len(found))), orientation="h",
        name=short(name, 14), customdata=[[row] for row in range(len(found))],
        marker={"color": style.colour, "pattern": {
            "shape": style.pattern, "fillmode": "overlay", "fgcolor": "rgba(255, 255, 255, 0.6)",
            "solidity": 0.2,
        }},
        hovertext=hover, hovertemplate=f"%{{hovertext}}<extra>{name}</extra>",
        selected=_STAY, unselected=_STAY,
    )  # fmt: skip


def class_rates(
    rates: Mapping[str, Sequence[ClassRates]], metric: str, styles: Mapping[str, Style]
) -> go.Figure:
    """One metric of overlap.METRICS for each digit and model, as dots with 95 % intervals.

    rates: each model's ten classes. A digit that does not occur is said not to.
    """
    figure = go.Figure()
    for place, (name, classes) in enumerate(rates.items()):
        aside = 0.8 * ((place + 0.5) / len(rates) - 0.5)  # models lie beside each other
        figure.add_trace(_dots(name, styles[name], classes, metric, aside))
    for digit in range(0, 10, 2):
        figure.add_hrect(digit - 0.5, digit + 0.5, fillcolor=FAINT, line_width=0, layer="below")
    for digit in _missing(rates):
        figure.add_annotation(x=0, xref="x domain", y=digit, text="no such digit here",
                              xanchor="left", showarrow=False)  # fmt: skip
    name = {"f1": "F1"}.get(metric, metric)
    figure.update_layout(
        title=f"{name[0].upper()}{name[1:]} of each digit, 95 % intervals",
        height=130 + 10 * max(20, 8 + 12 * len(rates)) + 12 * len(rates), margin=_MARGIN,
        dragmode=False, showlegend=True, legend=_LEGEND,
        xaxis={"title": name, "tickformat": ".3~%", "nticks": 5, "fixedrange": True},
        yaxis={"title": "digit", "range": [9.5, -0.5], "dtick": 1, "showgrid": False,
               "zeroline": False, "fixedrange": True},
    )  # fmt: skip
    return figure


def _missing(rates: Mapping[str, Sequence[ClassRates]]) -> list[int]:
    first = next(iter(rates.values()), ())
    return [of.digit for of in first if of.support == 0]


def _dots(
    name: str, style: Style, classes: Sequence[ClassRates], metric: str, aside: float
) -> go.Scatter:
    known = [(of.digit, rate) for of in classes if (rate := getattr(of, metric)) is not None]
    return go.Scatter(
        x=[rate.value for _, rate in known], y=[digit + aside for digit, _ in known],
        mode="markers", name=short(name, 14),
        marker={"color": style.colour, "symbol": style.symbol, "size": 9},
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 3, "color": style.colour,
            "array": [rate.high - rate.value for _, rate in known],
            "arrayminus": [rate.value - rate.low for _, rate in known],
        },
        hovertext=[
            f"{rate.words}, n = {rate.n:,}, digit {digit}" for digit, rate in known
        ],
        hovertemplate=f"%{{hovertext}}<extra>{name}</extra>",
    )  # fmt: skip


def agreement(shares: np.ndarray, names: Sequence[str], n: int) -> go.Figure:
    """How many of n digits each two of M models answer differently; shares: (M, M), in 0..1.

    Each pair stands once, so there are M - 1 rows and columns.
    """
    differing = np.rint(n * (1 - shares[1:, :-1]))
    below = np.tri(len(differing), dtype=bool)
    words = [[f"{value:.0f}" if there else "" for value, there in zip(row, seen, strict=True)]
             for row, seen in zip(differing, below, strict=True)]  # fmt: skip
    figure = go.Figure(
        go.Heatmap(
            z=np.where(below, differing, np.nan), text=words,
            x=list(range(len(differing))), y=list(range(len(differing))),
            customdata=np.where(below, shares[1:, :-1], 0),
            zmin=0, xgap=1, ygap=1, **SHADED,
            hovertext=[[f"{row} and {column}" for column in names[:-1]] for row in names[1:]],
            hovertemplate="%{hovertext} answer %{customdata:.2%}<br>of the digits alike"
            "<extra></extra>",
        )
    )  # fmt: skip
    axis = {"tickvals": list(range(len(differing))), "showgrid": False, "zeroline": False,
            "fixedrange": True}  # fmt: skip
    figure.update_layout(
        title=f"Of {n:,} digits, answered differently", dragmode=False, margin=_MARGIN,
        height=100 + ROW * len(names) + 7 * max(map(len, ticks(names))),
        xaxis={**axis, "ticktext": ticks(names[:-1]), "tickangle": -90},
        yaxis={**axis, "ticktext": ticks(names[1:]), "autorange": "reversed"},
    )  # fmt: skip
    return figure
