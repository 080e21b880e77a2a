"""By what the digits on a map are coloured, and a map as a figure that stands still."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from digitcore.evaluation import Floats
from digitcore.exploration.statistics import Statistic
from digitcore.figures.style import GREY

# Of each class; wherever they are used, a class bears its digit besides.
CLASS_COLOURS = (
    "#0077BB", "#EC6619", "#009988", "#CC3311", "#AA4499",
    "#2999C4", "#9A6A4F", "#40A070", "#B08A3C", "#6677CC",
)  # fmt: skip
QUALITY = (0.01, 0.1, 0.5, 0.9, 0.99)  # where one band of label quality ends and the next begins
QUALITY_COLOURS = ("#CC3311", "#EC6619", "#D9A51E", "#40A070", "#2999C4", GREY)
RAMP = ("#4A5FC1", "#7B55C7", "#B04FB0", "#D85C80", "#E8824A", "#D2A92C")  # from low to high
DRAWN = 5_000  # digits in a figure that stands still
FEW = 500  # digits whose points can be larger


@dataclass(frozen=True)
class Kind:
    """Digits that look alike on a map: their name for a person, a CSS colour, and whether they are
    drawn large and above the others, as what is rare and matters is."""

    name: str
    colour: str
    large: bool = False


@dataclass(frozen=True)
class Colouring:
    """title: what it goes by. codes: uint8 (N,), each digit's place in kinds."""

    title: str
    codes: np.ndarray
    kinds: tuple[Kind, ...]

    @property
    def counts(self) -> list[int]:
        return np.bincount(self.codes, minlength=len(self.kinds)).tolist()


def by_class(labels: np.ndarray) -> Colouring:
    """labels: (N,) 0 to 9."""
    kinds = tuple(Kind(str(digit), colour) for digit, colour in enumerate(CLASS_COLOURS))
    return Colouring("Class", labels.astype(np.uint8), kinds)


def by_right(right: np.ndarray) -> Colouring:
    """right: (N,) bool, whether each is read as its label."""
    kinds = (Kind("Read rightly", GREY), Kind("Misread", "#EC6619", large=True))
    return Colouring("Right or wrong", (~right).astype(np.uint8), kinds)


def by_quality(quality: Floats) -> Colouring:
    """quality: (N,) 0..1, the probability that is given to each one's label."""
    names = ["under 1%", "1% to 10%", "10% to 50%", "50% to 90%", "90% to 99%", "99% and more"]
    kinds = tuple(
        Kind(name, colour, large=place < 3)
        for place, (name, colour) in enumerate(zip(names, QUALITY_COLOURS, strict=True))
    )
    return Colouring("Label quality", np.digitize(quality, QUALITY).astype(np.uint8), kinds)


def by_statistic(values: Floats, statistic: Statistic) -> Colouring:
    """values: (N,), in bands of about equally many; those without a number are grey."""
    known = ~np.isnan(values)
    cuts = np.empty(0)
    if known.any():
        cuts = np.unique(np.quantile(values[known], np.arange(1, 6) / 6).round(1))
    codes = np.where(known, np.digitize(values, cuts), len(cuts) + 1).astype(np.uint8)
    ramp = [RAMP[round(place)] for place in np.linspace(0, len(RAMP) - 1, len(cuts) + 1)]
    kinds = [Kind(name, colour) for name, colour in zip(_bands(cuts.tolist()), ramp, strict=True)]
    if not known.all():
        kinds.append(Kind("no number", GREY))
    return Colouring(statistic.axis, codes, tuple(kinds))


def _bands(cuts: list[float]) -> list[str]:
    """The words for the bands between cuts: one more than there are cuts."""
    if not cuts:
        return ["all"]
    between = [f"{low:g} to {high:g}" for low, high in pairwise(cuts)]
    return [f"under {cuts[0]:g}", *between, f"{cuts[-1]:g} and more"]


def middles(places: np.ndarray, labels: np.ndarray) -> dict[int, tuple[int, int]]:
    """Where to write each digit 0..9 that occurs on a map: its class's median place."""
    found = {}
    for digit in np.unique(labels):
        x, y = np.median(places[labels == digit], 0)
        found[int(digit)] = (int(x), int(y))
    return found


def drawn_every(count: int) -> int:
    """One in so many digits is drawn on a still map of `count`, 1 or more."""
    return -(-count // DRAWN)


def still_map(places: np.ndarray, labels: np.ndarray, title: str) -> go.Figure:
    """A map by class: each class in its colour, with its digit at its middle.

    places: (N, 2); of more than DRAWN, every so manieth is drawn.
    """
    step = drawn_every(len(places))
    shown, classes = places[::step], labels[::step]
    size = 3 if len(shown) > FEW else 7
    figure = go.Figure([
        go.Scatter(
            x=shown[classes == digit, 0], y=shown[classes == digit, 1], mode="markers",
            name=str(digit),
            marker={"size": size, "color": CLASS_COLOURS[digit], "opacity": 0.7},
            hoverinfo="name",
        )
        for digit in np.unique(classes)
    ])  # fmt: skip
    for digit, (x, y) in middles(places, labels).items():
        figure.add_annotation(x=x, y=y, text=f"<b>{digit}</b>", showarrow=False,
                              font={"size": 16}, bgcolor="rgba(128, 128, 128, 0.35)")  # fmt: skip
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False}
    return figure.update_layout(
        title=title, height=560, xaxis=bare, yaxis=bare | {"scaleanchor": "x"},
        legend={"title": "Class", "itemsizing": "constant", "orientation": "h", "y": -0.02},
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
    )  # fmt: skip
