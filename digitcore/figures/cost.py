"""Accuracy against cost, with the front of those that none beats."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from digitcore.comparison.cost import Cost, Offer, on_front
from digitcore.figures.style import GREY, Style, short
from digitcore.words import counted

FAINT = 0.75
FEW_DECADES = 2.5  # of costs: there is room for ticks at 1, 2 and 5 in each
# The room for names, in pixels: the axes are at least as wide and high on a phone of 375 pixels.
NARROW, HEIGHT = 260, 280
LETTER, LINE, GAP = 7.0, 16.0, 9.0  # pixels: of a letter, of a line, from a dot to its name
PHONE, AROUND = 330, 120  # pixels: of a phone's width that a figure has; of title and ticks
ROW, SAMPLE = 28, 40  # pixels: of a line of the legend, and of a symbol in it
MOST_LETTERS = 16
# The front climbs to the right, so names at these two places never get nearer to each other on a
# screen that is wider than a phone.
PLACES = ("top left", "bottom right")
Box = tuple[float, float, float, float]  # left, right, low, high


def cost_front(offers: Sequence[Offer], cost: Cost, styles: Mapping[str, Style]) -> go.Figure:
    """Accuracy with its 95 % interval against cost on a log axis, and the front as steps.

    Those on the front have their names beside them, as far as no two overlap on a phone; the
    others are fainter. What has no finite cost above 0 is left out.
    """
    drawn = [offer for offer in offers if offer.known]
    best = on_front(drawn)
    window = _window(drawn)
    named = _names(best, drawn, window)
    figure = go.Figure([_steps(best, window)] if best else [])
    for offer in drawn:
        on = offer in best
        figure.add_trace(_dot(offer, cost, styles[offer.name], on, named.get(offer.name)))
    return _laid_out(figure, cost, window, [offer.name for offer in drawn])


def _steps(best: Sequence[Offer], window: Box) -> go.Scatter:
    """The best accuracy that can be had for each cost: it rises where the next one is bought."""
    shares = [offer.accuracy.value for offer in best]
    return go.Scatter(
        x=[*(offer.cost for offer in best), 10 ** window[1]], y=[*shares, shares[-1]],
        mode="lines", name="front", line={"color": GREY, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )  # fmt: skip


def _dot(offer: Offer, cost: Cost, style: Style, on: bool, place: str | None) -> go.Scatter:
    share = offer.accuracy
    told = f"{cost.told(offer.cost)}<br>{counted(offer.errors, 'error')} of {share.n:,}"
    return go.Scatter(
        x=[offer.cost], y=[share.value], name=offer.name, legendgroup=offer.name,
        mode="markers+text" if place else "markers",
        text=[short(offer.name, MOST_LETTERS)], textposition=place or PLACES[0], cliponaxis=False,
        opacity=1 if on else FAINT,
        marker={
            "color": style.colour, "size": 11 if on else 9,
            "symbol": style.symbol if on else f"{style.symbol}-open",
            "line": {"width": 1 if on else 2, "color": style.colour},
        },
        error_y={
            "type": "data", "symmetric": False, "array": [share.high - share.value],
            "arrayminus": [share.value - share.low], "color": GREY, "thickness": 1.2, "width": 3,
        },
        hovertemplate=f"{share.words}<br>{told}<extra>{offer.name}</extra>",
    )  # fmt: skip


def _laid_out(figure: go.Figure, cost: Cost, window: Box, names: Sequence[str]) -> go.Figure:
    longest = max(map(len, names), default=0)
    in_a_row = max(1, int(PHONE / (SAMPLE + LETTER * longest)))
    legend = ROW * math.ceil((len(names) + 1) / in_a_row)
    figure.update_layout(
        title="Accuracy against cost, and the front",
        height=HEIGHT + AROUND + legend, dragmode=False,
        margin={"l": 8, "r": 12, "t": 48, "b": 8},
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
        xaxis={
            "title": cost.axis, "type": "log", "tickformat": cost.ticks, "fixedrange": True,
            "range": window[:2], "dtick": "D2" if window[1] - window[0] < FEW_DECADES else 1,
        },
        yaxis={"title": "accuracy, 95 % interval", "tickformat": ".3~%", "fixedrange": True,
               "range": window[2:]},
    )  # fmt: skip
    if not figure.data:
        figure.add_annotation(text="No cost is known.", x=0.5, y=0.5, xref="paper", yref="paper",
                              showarrow=False)  # fmt: skip
    return figure


def _window(drawn: Sequence[Offer]) -> Box:
    """What the axes show: decades of cost, and accuracy; with room at the edges for names."""
    if not drawn:
        return 0.0, 1.0, 0.0, 1.0
    costs = np.log10([offer.cost for offer in drawn])
    low = min(offer.accuracy.low for offer in drawn)
    high = max(offer.accuracy.high for offer in drawn)
    beside = 0.12 * max(costs.max() - costs.min(), 0.5)
    above = 0.06 * max(high - low, 1e-3)
    return (
        float(costs.min() - beside), float(costs.max() + beside),
        float(low - above), float(high + above),
    )  # fmt: skip


def _names(best: Sequence[Offer], drawn: Sequence[Offer], window: Box) -> dict[str, str]:
    """Where the names of those on the front stand, for as many as there is room on a phone."""
    taken = [_around(*_pixels(offer, window)) for offer in drawn]
    found: dict[str, str] = {}
    for offer in sorted(best, key=lambda o: o not in (best[0], best[-1])):  # the ends first
        for place in PLACES:
            box = _box(*_pixels(offer, window), place, short(offer.name, MOST_LETTERS))
            if offer.name not in found and _fits(box) and not any(_meet(box, o) for o in taken):
                found[offer.name] = place
                taken.append(box)
    return found


def _pixels(offer: Offer, window: Box) -> tuple[float, float]:
    """Where a dot is on a phone, from the lower left corner of the axes."""
    left, right, low, high = window
    return (
        NARROW * (math.log10(offer.cost) - left) / (right - left),
        HEIGHT * (offer.accuracy.value - low) / (high - low),
    )


def _around(x: float, y: float) -> Box:
    return x - GAP / 2, x + GAP / 2, y - GAP / 2, y + GAP / 2


def _box(x: float, y: float, place: str, words: str) -> Box:
    """The pixels of a name beside a dot, as Plotly places it."""
    width = LETTER * len(words)
    left = x - GAP / 2 - width if place.endswith("left") else x + GAP / 2
    low = y + GAP / 2 if place.startswith("top") else y - GAP / 2 - LINE
    return left, left + width, low, low + LINE


def _fits(box: Box) -> bool:
    return box[0] >= 0 and box[1] <= NARROW and box[2] >= 0 and box[3] <= HEIGHT


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
