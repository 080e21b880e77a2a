"""How a model looks on every page: one colour, one pattern, one marker, one dash, so that nothing
hangs on colour alone.

The colours start from Paul Tol's vibrant and muted schemes, as far as these show on black and on
white; the others are those furthest from them that do.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from digitcore.zoo import ZOO

GREY = "#8a949b"  # can be told from both backgrounds
# Of tables whose figures stand on their shades: the lighter part of Cividis, on which the figures'
# one colour has a contrast of at least 5. Plotly's own choice for each cell goes down to 3.
SHADES = ["#898578", "#c2b26a", "#fee838"]
ON_SHADES = {"color": "#111111", "size": 11}
SHADED = {
    "texttemplate": "%{text}", "textfont": ON_SHADES, "colorscale": SHADES, "showscale": False,
    "hoverongaps": False,
}  # fmt: skip
_COLOURS = (
    "#0077BB", "#EC6619", "#009988", "#CC3311", "#AA4499", "#939331",
    "#FC00A8", "#EE3377", "#40A070", "#2999C4", "#6677CC", "#9A6A4F",
    "#B08A3C", "#9B5DE5", "#12A512", "#DD3FDD", "#B5566A", "#1854FC",
    "#AC7CB0", "#307818", "#8424FC",
)  # fmt: skip
_PATTERNS = ("", "/", "x", "-", "\\", "+", ".", "|")
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "pentagon", "hexagon")
# Lengths in pixels, because Plotly's own long dashes fill a legend's sample like a solid line. Dots
# are left out: they tell training from validation. Five has no factor in common with the other
# counts, so that runs that share a colour by chance seldom share a dash too.
_DASHES = ("solid", "8px,4px", "8px,3px,2px,3px", "15px,4px", "8px,3px,2px,3px,2px,3px")
_PARTS = (_COLOURS, _PATTERNS, _SYMBOLS, _DASHES)  # in the order of Style


@dataclass(frozen=True)
class Style:
    """How a model looks: CSS colour, Plotly bar pattern, Plotly marker symbol, Plotly line dash."""

    colour: str
    pattern: str
    symbol: str
    dash: str


# Ensembles look like no model: grey, with a star, of several kinds where there are several.
ENSEMBLE_STYLE = Style("#7A8791", "", "star", "solid")
SHIPPED_ENSEMBLES = ("champion", "preferred", "trio")
_STARS = ("star", "hexagram", "star-diamond", "star-square", "star-triangle-up")
_GREYS = ("#7A8791", "#96835F", "#6F8F86", "#8F7A96")
_LOOKS = len(_STARS) * len(_GREYS)  # looks: the counts have no factor in common


def style_of(model: str) -> Style:
    """A model's look: by its place in the zoo, or from its name where it is a user's run."""
    return _look([_place(model, list(ZOO))] * len(_PARTS))


def styles_of(models: Iterable[str], ensembles: Collection[str] = ()) -> dict[str, Style]:
    """The looks of models that are in one picture: each its own, and else no two the same colour,
    nor, of single models, the same pattern, marker or dash while there are enough of these.

    The first with a look keeps it, what is shipped before what is not; another after it takes the
    next that is free. ensembles: which of them are no single models.
    """
    names = list(models)
    stars = _shared_out([name for name in names if name in ensembles], SHIPPED_ENSEMBLES, _LOOKS)
    single = [name for name in names if name not in ensembles]
    colours = _shared_out(single, ZOO, len(_COLOURS))
    parts = [
        _shared_out(single, ZOO, len(looks)) if len(single) <= len(looks) else colours
        for looks in _PARTS
    ]
    return {
        name: _star(stars[name]) if name in stars else _look([part[name] for part in parts])
        for name in names
    }


def _shared_out(names: Iterable[str], shipped: Iterable[str], count: int) -> dict[str, int]:
    """Each name's place among `count` looks, which no two share while there are enough."""
    order = list(shipped)
    taken: dict[str, int] = {}
    for name in sorted(names, key=lambda name: name not in order):
        place = _place(name, order) % count
        free = [p for p in range(count) if p not in taken.values()] or [place]
        taken[name] = place if place in free else min(free, key=lambda p: (p < place, p))
    return taken


def _star(place: int) -> Style:
    """An ensemble's look."""
    return Style(
        _GREYS[place % len(_GREYS)],
        "",
        _STARS[place % len(_STARS)],
        _DASHES[place % len(_DASHES)],
    )


def short(name: str, most: int = 18) -> str:
    """A name with its middle left out where it has no room beside a chart; ends tell runs apart."""
    kept = most - 1
    return name if len(name) <= most else f"{name[: kept - kept // 2]}…{name[-(kept // 2) :]}"


def ticks(names: Iterable[str]) -> list[str]:
    """Names for an axis that has little room, on a phone above all."""
    return [short(name, 14) for name in names]


def _place(model: str, order: Sequence[str]) -> int:
    """By its place in an order, or by its name."""
    return order.index(model) if model in order else crc32(model.encode())


def _look(places: Sequence[int]) -> Style:
    """places: one for each of _PARTS."""
    return Style(*(looks[place % len(looks)] for looks, place in zip(_PARTS, places, strict=True)))
