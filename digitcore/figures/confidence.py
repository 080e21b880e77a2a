"""Whether confidence can be trusted, and what it is good for, as figures.

Shipped models are so good that their lines would lie on the frame of a plot from 0 to 1: axes are
logarithmic or zoomed to where the lines differ, and say so. On a log axis 0 has a tick of its own.
What belongs together is one figure of two plots, which a browser draws sooner than two figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from digitcore.comparison.abstention import Abstention, Coverage
from digitcore.comparison.calibration import Histogram, Reliability, Tempered
from digitcore.comparison.ranking import Curve
from digitcore.figures.style import GREY, Style, ticks

Styles = Mapping[str, Style]
LEAST_ERRORS, LEAST_DOUBT = 1e-4, 1e-5  # where log axes begin; what is less is drawn there
NOTHING = "No digit to draw a curve from."
LABELS = 52  # pixels below a plot for its ticks and the title of its axis


def reliability(found: Reliability, sure: Histogram, name: str, style: Style) -> go.Figure:
    """A model's accuracy by its confidence, with 95 % intervals and the diagonal of trust; below
    it how often the model is how sure, right and wrong answers apart, on a log axis.

    Bins of equal width share the confidence axis with what is below. Bins of equal count crowd at
    full confidence, so they are drawn as expected against actual errors, 1 minus each, on log axes.
    """
    apart = found.by == "equal count"
    points, layout = (_errors_expected if apart else _accuracy_by_confidence)(found, style)
    points[1].customdata = [
        f"{n:,} digits, mean confidence {c:.4%}, right {a:.2%} ({low:.2%} to {high:.2%})"
        for n, c, a, low, high in zip(
            found.count, found.confidence, found.accuracy, found.low, found.high, strict=True
        )
    ]
    points[1].hovertemplate = f"%{{customdata}}<extra>{name}</extra>"
    layout["title"] = f"{name}: {layout['title']}"
    bars, counts = _answers_by_confidence(sure, name, style, "x2" if apart else "x")
    return _figure([*points, *bars], **layout, yaxis2=counts, barmode="overlay", bargap=0.15)


def _accuracy_by_confidence(found: Reliability, style: Style) -> tuple[list[go.Scatter], dict]:
    ends = (found.high - found.accuracy, found.accuracy - found.low)
    axis = {"range": [0, 1.03], "dtick": 0.2, "tickformat": ".0%"}
    return _points_by_diagonal((0, 1), found.confidence, found.accuracy, ends, style), {
        "title": "accuracy by confidence", "height": 420,
        "below": f"{len(found.count)} bins of equal width; bars: 95 % interval<br>"
        "below: right and, hatched, wrong; log axis",
        "xaxis": {"title": "confidence", "anchor": "y2", **axis},
        "yaxis": {"title": "right answers", "domain": [0.35, 1], **axis},
    }  # fmt: skip


def _errors_expected(found: Reliability, style: Style) -> tuple[list[go.Scatter], dict]:
    doubt, errors = 1 - found.confidence, 1 - found.accuracy
    x, y = np.maximum(doubt, LEAST_DOUBT), np.maximum(errors, LEAST_ERRORS)
    ends = (1 - found.low - y, np.maximum(y - (1 - found.high), 0))
    points = _points_by_diagonal((LEAST_ERRORS, 1), x, y, ends, style)
    points[1].marker.symbol = [
        f"{style.symbol}-open" if none else style.symbol for none in errors == 0
    ]
    return points, {
        "title": "errors expected and made", "height": 500,
        "below": f"{len(x)} bins of about equal count; open: no error<br>"
        "log axes; below: right and, hatched, wrong",
        "xaxis": _log_axis("expected: 1 \u2212 confidence, %", LEAST_DOUBT, "\u22640.001"),
        "yaxis": {"domain": [0.46, 1], **_log_axis("actual errors, %", LEAST_ERRORS, "0")},
        "xaxis2": {"title": "confidence", "anchor": "y2", "range": [0, 1.03], "dtick": 0.2,
                   "tickformat": ".0%"},
    }  # fmt: skip


def _points_by_diagonal(
    diagonal: tuple[float, float], x: np.ndarray, y: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray], style: Style,
) -> list[go.Scatter]:  # fmt: skip
    """The line on which x and y are the same, and points with bars up and down by `ends`."""
    line = go.Scatter(
        x=diagonal, y=diagonal, mode="lines", hoverinfo="skip",
        line={"color": GREY, "dash": "dot", "width": 1.5},
    )  # fmt: skip
    points = go.Scatter(
        x=x, y=y, mode="markers", cliponaxis=False,
        marker={"color": style.colour, "symbol": style.symbol, "size": 9},
        error_y={"type": "data", "symmetric": False, "array": ends[0], "arrayminus": ends[1],
                 "color": style.colour, "thickness": 1.5, "width": 3},
    )  # fmt: skip
    return [line, points]


def _log_axis(title: str, least: float, word: str) -> dict:
    """A log axis in percent from `least`, whose tick is called `word`, to 100."""
    first = int(np.floor(np.log10(least) + 1.1))
    places = [10.0**power for power in range(first, 1)]
    return {
        "title": title, "type": "log", "range": [np.log10(least) - 0.15, 0.1], "tickangle": 0,
        "tickvals": [least, *places], "ticktext": [word, *(f"{100 * place:g}" for place in places)],
    }  # fmt: skip


def _answers_by_confidence(
    sure: Histogram, name: str, style: Style, axis: str
) -> tuple[list[go.Bar], dict]:
    """Bars of right and wrong answers on this x axis, and their own axis."""
    middle = (sure.edges[1:] + sure.edges[:-1]) / 2
    spans = [f"{low:.0%} to {high:.0%}" for low, high in pairwise(sure.edges)]
    looks = {
        "right": (sure.right, {"color": style.colour, "opacity": 0.5}),
        "wrong": (
            sure.wrong,
            {"color": "rgba(0, 0, 0, 0)", "line": {"color": style.colour, "width": 1.5},
             "pattern": {"shape": "x", "fgcolor": style.colour, "size": 5}},
        ),
    }  # fmt: skip
    bars = [
        go.Bar(
            x=middle, y=count, name=what, marker=marker, customdata=spans, xaxis=axis, yaxis="y2",
            hovertemplate=f"%{{y:,}} {what}, %{{customdata}} sure<extra>{name}</extra>",
        )
        for what, (count, marker) in looks.items()
    ]  # fmt: skip
    most = np.log10((sure.right + sure.wrong).max()) + 0.15
    return bars, {
        "title": "digits", "type": "log", "range": [np.log10(0.7), max(1, most)], "dtick": 1,
        "tickformat": "~s", "domain": [0, 0.27], "anchor": axis,
    }  # fmt: skip


def abstention(
    curves: Mapping[str, Coverage], styles: Styles, marks: Mapping[str, Abstention] | None = None
) -> go.Figure:
    """The share of errors among what is answered, against what is left to a person: 1 - coverage.

    On log axes, where the first few digits that are left over take as much room as they matter.
    `marks` are ringed: the threshold that is looked at.
    """
    least = _nothing_of(curve.n for curve in curves.values())
    traces = []
    for name, curve in curves.items():
        x, y = np.maximum(1 - curve.share, least), np.maximum(1 - curve.accuracy, least)
        hover = f"%{{customdata}}<extra>{name}</extra>"
        traces.append(_line(name, styles[name], x, y, hover, customdata=_told(curve)))
    for name, mark in (marks or {}).items():
        if mark.accuracy:
            traces.append(go.Scatter(
                x=[max(1 - mark.coverage, least)], y=[max(1 - mark.accuracy.value, least)],
                mode="markers", showlegend=False, hoverinfo="skip",
                marker={"color": styles[name].colour, "symbol": f"{styles[name].symbol}-open",
                        "size": 12, "line": {"width": 2}},
            ))  # fmt: skip
    ringed = "; ringed: the threshold chosen" if marks else ""
    return _figure(
        traces, "Errors among the answered", f"log axes{ringed}", 330, legend=list(curves),
        xaxis=_log_axis("left to a person (1 \u2212 coverage), %", least, "0"),
        yaxis={**_log_axis("wrong of the answered, %", least, "0"), "autorange": "max"},
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


def tempered(results: Mapping[str, Tempered], styles: Styles) -> go.Figure:
    """Each model's log-loss, and beside it its calibration error, before (open) and after (filled)
    temperature scaling, joined by a line."""
    names = list(results)[::-1]  # Plotly counts rows from below
    traces = [
        go.Scatter(
            x=pair, y=[name, name], mode="lines+markers", xaxis=place,
            line={"color": style.colour, "width": 2},
            marker={"color": style.colour, "size": 11, "line": {"width": 2, "color": style.colour},
                    "symbol": [f"{style.symbol}-open", style.symbol]},
            customdata=["before", "after"],
            hovertemplate=f"%{{customdata}}: %{{x:.4g}}<extra>{name}</extra>",
        )
        for name, one, style in ((name, results[name], styles[name]) for name in names)
        for place, pair in (("x", one.log_loss), ("x2", one.calibration_error))
    ]  # fmt: skip
    told = ticks(names)
    axis = {"rangemode": "tozero", "nticks": 3, "tickangle": 0}
    return _figure(
        traces, "Log-loss and calibration error", "open: before; filled: after; less is better",
        130 + 30 * len(names), left=20 + 7 * max(len(name) for name in told),
        xaxis={"title": "log-loss, nats", "domain": [0, 0.47], "tickformat": "~g", **axis},
        xaxis2={"title": "calibration error", "domain": [0.53, 1], "tickformat": "~%", **axis},
        yaxis={"type": "category", "tickvals": names, "ticktext": told},  # names may be numbers
    )  # fmt: skip


def ranks(
    rocs: Mapping[str, Curve], precisions: Mapping[str, Curve], styles: Styles, of: str
) -> go.Figure:
    """Each model's ROC curve of what `of` names, false alarms on a log axis and hits zoomed; below
    it its precision against recall, zoomed to the upper right."""
    rare = _nothing_of(curve.negatives for curve in rocs.values())
    above = [
        _line(name, styles[name], np.maximum(curve.x, rare), curve.y,
              f"%{{y:.2%}} found at %{{x:.3%}} false alarms<extra>{name}</extra>", legendgroup=name)
        for name, curve in rocs.items()
    ]  # fmt: skip
    below = [
        _line(name, styles[name], curve.x, curve.y,
              f"recall %{{x:.2%}}, precision %{{y:.2%}}<extra>{name}</extra>", "vh",
              xaxis="x2", yaxis="y2", legendgroup=name, showlegend=False)
        for name, curve in precisions.items()
    ]  # fmt: skip
    first = min((float(np.interp(0, c.x, c.y)) for c in rocs.values()), default=0.0)
    found = float(np.clip(np.floor(110 * first - 10) / 100, 0, 0.99))  # below all at no false alarm
    corners = [float(np.minimum(curve.x, curve.y).max()) for curve in precisions.values()]
    least = max(0.0, np.floor(1000 - 4000 * (1 - min(corners, default=0)) - 2) / 1000)
    return _figure(
        [*above, *below], f"ROC, precision and recall: {of}",
        f"above: ROC, log axis, found from {found:.0%}<br>below: both from {least:.1%}; all zoomed",
        580, legend=list(rocs),
        xaxis=_log_axis("false alarms (1 \u2212 specificity), %", rare, "0"),
        yaxis={"title": "found (recall)", "domain": [0.58, 1], **_from(found)},
        xaxis2={"title": "recall", "anchor": "y2", **_from(least)},
        yaxis2={"title": "precision", "anchor": "x2", "domain": [0, 0.42], **_from(least)},
    )  # fmt: skip


def _from(least: float) -> dict:
    return {"range": [least, 1 + (1 - least) / 40], "tickformat": ".4~%"}


def _line(
    name: str, style: Style, x: np.ndarray, y: np.ndarray, hover: str, shape: str = "linear",
    **more: Any,
) -> go.Scatter:  # fmt: skip
    return go.Scatter(
        x=_small(x), y=_small(y), name=name, mode="lines", hovertemplate=hover,
        line={"color": style.colour, "dash": style.dash, "width": 2, "shape": shape}, **more,
    )  # fmt: skip


def _small(values: np.ndarray) -> np.ndarray:
    """Plotly sends float32 as base64: 5 bytes a number."""
    return np.asarray(values, dtype=np.float32)


def _figure(
    traces: Sequence[go.Scatter | go.Bar], title: str, below: str, height: int, left: int = 62,
    legend: Sequence[str] = (), **layout: Any,
) -> go.Figure:  # fmt: skip
    """Plots under a title with smaller lines below, with axes that leave a finger to the page's
    scrolling. Margins are fixed: to fit them to what is in them, a browser draws everything twice.

    height, left: pixels, of all but the legend, and beside the plots. layout: the axes and more.
    """
    top, bottom = 74 + 15 * below.count("<br>"), _legend_height(legend)
    every = {
        "title": {"text": title, "subtitle": {"text": below}}, "dragmode": False,
        "height": height + bottom, "showlegend": bottom > 0,
        "legend": {"orientation": "h", "x": 0, "yanchor": "top",
                   "y": -LABELS / (height - top - LABELS)},
        "margin": {"l": left, "r": 12, "t": top, "b": LABELS + bottom, "autoexpand": False},
    }  # fmt: skip
    axes = {name: {"fixedrange": True, **axis} for name, axis in layout.items() if "axis" in name}
    if not traces:
        every["annotations"] = [{"text": NOTHING, "x": 0.5, "y": 0.5, "xref": "paper",
                                 "yref": "paper", "showarrow": False}]  # fmt: skip
    return go.Figure(traces, every | layout | axes)


def _legend_height(names: Sequence[str]) -> int:
    """Pixels that a legend of these may take on a phone, in columns as wide as the longest name."""
    if not names:
        return 0
    across = max(1, 270 // (50 + 7 * max(map(len, names))))
    return 12 + 24 * -(-len(names) // across)
