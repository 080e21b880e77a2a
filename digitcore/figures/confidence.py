"""Whether confidence can be trusted, and what it is good for, as figures.

Shipped models are so good that their lines would lie on the frame of a plot from 0 to 1: axes are
logarithmic or zoomed to where the lines differ, and say so. On a log axis 0 has a tick of its own.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from digitcore.comparison.abstention import Abstention, Coverage
from digitcore.comparison.calibration import Histogram, Reliability
from digitcore.comparison.ranking import Curve
from digitcore.figures.style import Style

Styles = Mapping[str, Style]
GREY = "#8a949b"  # can be told from both backgrounds
LEAST_ERRORS, LEAST_DOUBT = 1e-4, 1e-5  # where log axes begin; what is less is drawn there
NOTHING = "No digit to draw a curve from."


def reliability(found: Reliability, name: str, style: Style) -> go.Figure:
    """A model's accuracy against its confidence, with 95 % intervals and the diagonal of trust.

    Bins of equal width on plain axes. Bins of equal count crowd at full confidence, so they are
    drawn as expected against actual errors, 1 minus each, on log axes.
    """
    draw = _errors_expected if found.by == "equal count" else _accuracy_by_confidence
    figure = draw(found, style)
    figure.data[1].customdata = [
        f"{n:,} digits, mean confidence {c:.4%}, right {a:.2%} ({low:.2%} to {high:.2%})"
        for n, c, a, low, high in zip(
            found.count, found.confidence, found.accuracy, found.low, found.high, strict=True
        )
    ]
    figure.data[1].hovertemplate = f"%{{customdata}}<extra>{name}</extra>"
    return figure.update_layout(
        title_text=f"{name}: {figure.layout.title.text}", showlegend=False, height=300
    )


def _accuracy_by_confidence(found: Reliability, style: Style) -> go.Figure:
    ends = (found.high - found.accuracy, found.accuracy - found.low)
    figure = _points_by_diagonal((0, 1), found.confidence, found.accuracy, ends, style)
    axis = {"range": [0, 1.03], "dtick": 0.2, "tickformat": ".0%"}
    below = f"{len(found.count)} bins of equal width; bars: 95 % interval"
    return _titled(figure, "accuracy by confidence", below, {"title": "confidence", **axis},
                   {"title": "right answers", **axis})  # fmt: skip


def _errors_expected(found: Reliability, style: Style) -> go.Figure:
    doubt, errors = 1 - found.confidence, 1 - found.accuracy
    x, y = np.maximum(doubt, LEAST_DOUBT), np.maximum(errors, LEAST_ERRORS)
    ends = (1 - found.low - y, np.maximum(y - (1 - found.high), 0))
    figure = _points_by_diagonal((LEAST_ERRORS, 1), x, y, ends, style)
    figure.data[1].marker.symbol = [
        f"{style.symbol}-open" if none else style.symbol for none in errors == 0
    ]
    return _titled(
        figure, "errors expected and made",
        f"{len(x)} bins of about equal count; open: no error; log axes",
        _log_axis("expected: 1 \u2212 confidence, %", LEAST_DOUBT, "\u22640.001"),
        _log_axis("actual errors, %", LEAST_ERRORS, "0"),
    )  # fmt: skip


def _points_by_diagonal(
    diagonal: tuple[float, float], x: np.ndarray, y: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray], style: Style,
) -> go.Figure:  # fmt: skip
    """Points with bars up and down by `ends`, over the line on which x and y are the same."""
    figure = go.Figure()
    figure.add_scatter(
        x=diagonal, y=diagonal, mode="lines", hoverinfo="skip",
        line={"color": GREY, "dash": "dot", "width": 1.5},
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=y, mode="markers",
        marker={"color": style.colour, "symbol": style.symbol, "size": 9},
        error_y={"type": "data", "symmetric": False, "array": ends[0], "arrayminus": ends[1],
                 "color": style.colour, "thickness": 1.5, "width": 3},
    )  # fmt: skip
    return figure


def _log_axis(title: str, least: float, word: str) -> dict:
    """A log axis in percent from `least`, whose tick is called `word`, to 100."""
    first = int(np.floor(np.log10(least) + 1.1))
    ticks = [10.0**power for power in range(first, 1)]
    return {
        "title": title, "type": "log", "range": [np.log10(least) - 0.15, 0.1], "tickangle": 0,
        "tickvals": [least, *ticks], "ticktext": [word, *(f"{100 * tick:g}" for tick in ticks)],
    }  # fmt: skip


def histogram(found: Histogram, name: str, style: Style) -> go.Figure:
    """How often a model is how sure, right and wrong answers apart, on a log axis."""
    figure, middle = go.Figure(), (found.edges[1:] + found.edges[:-1]) / 2
    spans = [f"{low:.0%} to {high:.0%}" for low, high in pairwise(found.edges)]
    looks = {
        "right": (found.right, {"color": style.colour}),
        "wrong": (
            found.wrong,
            {"color": "rgba(0, 0, 0, 0)", "line": {"color": style.colour, "width": 1.5},
             "pattern": {"shape": "x", "fgcolor": style.colour, "size": 5}},
        ),
    }  # fmt: skip
    for what, (count, marker) in looks.items():
        figure.add_bar(
            x=middle, y=count, name=what, marker=marker, customdata=spans,
            hovertemplate=f"%{{y:,}} {what}, %{{customdata}} sure<extra>{name}</extra>",
        )  # fmt: skip
    every = found.right + found.wrong
    least = found.edges[np.flatnonzero(every)[0]]
    most = np.log10(every.max()) + 0.15
    _titled(
        figure, f"{name}: answers by confidence", "right and wrong ones apart; log axis",
        {"title": "confidence", "tickformat": ".0%", "dtick": 0.2, "range": [least - 0.01, 1.02]},
        {"title": "digits", "type": "log", "range": [np.log10(0.7), max(1, most)], "dtick": 1,
         "tickformat": "~s"},
    )  # fmt: skip
    figure.update_layout(
        barmode="group", bargap=0.1, height=280,
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def abstention(
    curves: Mapping[str, Coverage], styles: Styles, marks: Mapping[str, Abstention] | None = None
) -> go.Figure:
    """The share of errors among what is answered, against what is left to a person: 1 - coverage.

    On log axes, where the first few digits that are left over take as much room as they matter.
    `marks` are ringed: the threshold that is looked at.
    """
    figure = go.Figure()
    least = _nothing_of(curve.n for curve in curves.values())
    for name, curve in curves.items():
        x, y = np.maximum(1 - curve.share, least), np.maximum(1 - curve.accuracy, least)
        hover = f"%{{customdata}}<extra>{name}</extra>"
        line = _line(name, styles[name], x, y, "linear", hover)
        figure.add_trace(line.update(customdata=_told(curve)))
    for name, mark in (marks or {}).items():
        if mark.accuracy:
            figure.add_scatter(
                x=[max(1 - mark.coverage, least)], y=[max(1 - mark.accuracy.value, least)],
                mode="markers", showlegend=False, hoverinfo="skip",
                marker={"color": styles[name].colour, "symbol": f"{styles[name].symbol}-open",
                        "size": 12, "line": {"width": 2}},
            )  # fmt: skip
    ringed = "; ringed: the threshold chosen" if marks else ""
    return _laid_out(
        figure, "Errors among the answered", f"log axes{ringed}",
        _log_axis("left to a person (1 \u2212 coverage), %", least, "0"),
        {**_log_axis("wrong of the answered, %", least, "0"), "autorange": "max"},
    )  # fmt: skip


def _nothing_of(counts: Iterable[int]) -> float:
    """Where 0 stands on a log axis of shares: left of one of the largest count."""
    return 0.3 / max(counts, default=1000)


def _told(curve: Coverage) -> list[str]:
    low, high = curve.interval
    return [
        f"from {t:.5g}: {e:,} of {k:,} wrong<br>({1 - hi:.2%} to {1 - lo:.2%})"
        for t, k, e, lo, hi in zip(
            curve.threshold, curve.answered, curve.errors, low, high, strict=True
        )
    ]


def before_after(
    values: Mapping[str, tuple[float, float]], styles: Styles, title: str, unit: str
) -> go.Figure:
    """A figure of each model before (open) and after (filled), joined by a line; less is better."""
    names = list(values)[::-1]  # Plotly counts rows from below
    figure = go.Figure()
    for name in names:
        style = styles[name]
        figure.add_scatter(
            x=values[name], y=[name, name], mode="lines+markers",
            line={"color": style.colour, "width": 2},
            marker={"color": style.colour, "size": 11, "line": {"width": 2, "color": style.colour},
                    "symbol": [f"{style.symbol}-open", style.symbol]},
            customdata=["before", "after"],
            hovertemplate=f"%{{customdata}}: %{{x:.4g}}<extra>{name}</extra>",
        )  # fmt: skip
    figure.update_layout(showlegend=False, height=130 + 30 * len(names))
    return _titled(
        figure, title, "open: before; filled: after; less is better",
        {"title": unit, "rangemode": "tozero", "tickformat": "~g"}, {"automargin": True},
    )  # fmt: skip


def roc(curves: Mapping[str, Curve], styles: Styles, of: str) -> go.Figure:
    """Each model's ROC curve of what `of` names: false alarms on a log axis, hits zoomed."""
    figure = go.Figure()
    rare = _nothing_of(curve.negatives for curve in curves.values())
    for name, curve in curves.items():
        hover = f"%{{y:.2%}} found at %{{x:.3%}} false alarms<extra>{name}</extra>"
        x = np.maximum(curve.x, rare)
        figure.add_trace(_line(name, styles[name], x, curve.y, "linear", hover))
    first = min((float(np.interp(0, c.x, c.y)) for c in curves.values()), default=0.0)
    least = float(np.clip(np.floor(110 * first - 10) / 100, 0, 0.99))  # below all at no false alarm
    return _laid_out(
        figure, f"ROC of {of}", f"log axis; zoomed: found from {least:.0%}",
        _log_axis("false alarms (1 \u2212 specificity), %", rare, "0"),
        {"title": "found (recall)", **_from(least)},
    )  # fmt: skip


def precision_recall(curves: Mapping[str, Curve], styles: Styles, of: str) -> go.Figure:
    """Each model's precision against recall of what `of` names, zoomed to the upper right."""
    figure = go.Figure()
    for name, curve in curves.items():
        hover = f"recall %{{x:.2%}}, precision %{{y:.2%}}<extra>{name}</extra>"
        figure.add_trace(_line(name, styles[name], curve.x, curve.y, "vh", hover))
    corners = [float(np.minimum(curve.x, curve.y).max()) for curve in curves.values()]
    least = max(0.0, np.floor(1000 - 4000 * (1 - min(corners, default=0)) - 2) / 1000)
    return _laid_out(
        figure, f"Precision and recall of {of}", f"zoomed: both from {least:.1%}",
        {"title": "recall", **_from(least)}, {"title": "precision", **_from(least)},
    )  # fmt: skip


def _from(least: float) -> dict:
    return {"range": [least, 1 + (1 - least) / 40], "tickformat": ".4~%"}


def _line(
    name: str, style: Style, x: np.ndarray, y: np.ndarray, shape: str, hover: str
) -> go.Scatter:
    return go.Scatter(
        x=_small(x), y=_small(y), name=name, mode="lines", hovertemplate=hover,
        line={"color": style.colour, "dash": style.dash, "width": 2, "shape": shape},
    )  # fmt: skip


def _small(values: np.ndarray) -> np.ndarray:
    """Plotly sends float32 as base64: 5 bytes a number."""
    return np.asarray(values, dtype=np.float32)


def _titled(figure: go.Figure, title: str, below: str, x: dict, y: dict) -> go.Figure:
    """A title with a smaller line below, and axes that leave a finger to the page's scrolling."""
    figure.update_layout(
        title={"text": title, "subtitle": {"text": below}}, dragmode=False,
        margin={"l": 8, "r": 8, "t": 64, "b": 8},
        xaxis={"fixedrange": True, **x}, yaxis={"fixedrange": True, **y},
    )  # fmt: skip
    return figure


def _laid_out(figure: go.Figure, title: str, below: str, x: dict, y: dict) -> go.Figure:
    """The look of line charts: the legend below, which takes no room from the lines."""
    _titled(figure, title, below, x, y)
    named = sum(trace.showlegend is not False for trace in figure.data)
    figure.update_layout(
        showlegend=True, height=300 + 16 * named,
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )  # fmt: skip
    if not figure.data:
        figure.add_annotation(text=NOTHING, x=0.5, y=0.5, xref="paper", yref="paper",
                              showarrow=False)  # fmt: skip
    return figure
