"""A map of many digits, drawn by WebGL in the browser, which is panned, zoomed and outlined.

Places and codes cross the wire once, as bytes of their own: Streamlit sends only a reference for
what a browser has already, so another colouring costs a byte a digit, and an outline nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from digitcore.exploration.catalogue import Catalogue
from digitcore.exploration.outline import NoOutline, Outline
from digitcore.figures.map import Colouring, middles

HERE = Path(__file__).parent
SCRIPTS = ("places.js", "drawing.js", "component.js", "listening.js")  # one module, in this order
PALE = "#8a949b"  # of what is not looked at
_PART = st.components.v2.component(
    "digit_map_part", html="<i></i>", js=(HERE / "part.js").read_text("utf-8")
)
_MAP = st.components.v2.component(
    "digit_map", html='<div id="root"></div>', css=(HERE / "scatter.css").read_text("utf-8"),
    js="\n".join((HERE / name).read_text("utf-8") for name in SCRIPTS),
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What a map shows.

    places: uint16 (N, 2). labels: (N,) 0 to 9. series: what the digits are called from a place on,
    where each begins at number 0. background: others' places, drawn pale. few: draw all large.
    """

    places: np.ndarray
    labels: np.ndarray
    series: Sequence[tuple[int, str]]
    background: np.ndarray | None = None
    few: bool = False


@dataclass(frozen=True)
class Drawn:
    """What was just drawn on a map. outline: None where it was taken away. only: the kind that was
    singled out meanwhile, by its code."""

    outline: Outline | None
    only: int | None


def scene_of(catalogue: Catalogue, name: str, background: np.ndarray | None) -> Scene:
    """A catalogue on one of its maps."""
    begins = np.flatnonzero(catalogue.table["number"].to_numpy() == 0)
    series = [(int(place), catalogue.title(int(place)).rpartition(" ")[0]) for place in begins]
    return Scene(catalogue.maps[name], catalogue.labels, series, background,
                 few=background is not None)  # fmt: skip


def show_scatter(
    scene: Scene, colouring: Colouring, outline: Outline | None, words: str, key: str,
    take: Callable[[Drawn], None],
) -> int | None:  # fmt: skip
    """Draw a map; gives which digit has just been clicked.

    words: what it shows, for those who do not see it. take: called with what is drawn on it.
    """
    parts = {"places": scene.places.astype("<u2").tobytes(), "codes": colouring.codes.tobytes(),
             "labels": scene.labels.astype(np.uint8).tobytes()}  # fmt: skip
    if scene.background is not None:
        parts["background"] = scene.background.astype("<u2").tobytes()
    with st.container(gap=None):
        names = {part: _send(data, f"{key} {part}") for part, data in parts.items()}
        told = _MAP(
            data=_data(scene, colouring, outline, words) | {"background": None} | names, key=key,
            on_outlined_change=partial(_take, key, len(colouring.kinds), take),
            on_clicked_change=lambda: None,
        )  # fmt: skip
    return _clicked(told.clicked, len(scene.places))


def _take(key: str, kinds: int, take: Callable[[Drawn], None]) -> None:
    """Before the page is drawn again, so that the outline is there at once."""
    drawn = _drawn(st.session_state[key].outlined, kinds)
    if drawn:
        take(drawn)


def _send(data: bytes, key: str) -> str:
    """Bytes to the browser, where they are known by the name that this gives, 16 letters."""
    name = blake2b(data, digest_size=8).hexdigest()
    _PART(data=name.encode() + data, key=key, height=1)
    return name


def _data(
    scene: Scene, colouring: Colouring, outline: Outline | None, words: str
) -> dict[str, Any]:
    kinds = [
        {"name": kind.name, "colour": kind.colour, "large": kind.large, "count": count}
        for kind, count in zip(colouring.kinds, colouring.counts, strict=True)
    ]
    return {
        "kinds": kinds, "title": colouring.title, "byClass": colouring.title == "Class",
        "series": [{"from": place, "name": name} for place, name in scene.series],
        "names": [] if scene.few else _names(scene), "few": scene.few, "pale": PALE, "words": words,
        "outline": [list(corner) for corner in outline.corners] if outline else [],
    }  # fmt: skip


def _names(scene: Scene) -> list[tuple[int, int, str]]:
    """Each class's digit, where it is written; few digits bear theirs each."""
    found = middles(scene.places, scene.labels)
    return [(x, y, str(digit)) for digit, (x, y) in found.items()]


def _drawn(told: Mapping[str, Any] | None, kinds: int) -> Drawn | None:
    """What the browser says, as far as it can be."""
    if not told:
        return None
    try:
        corners = tuple((int(x), int(y)) for x, y in told["corners"])
        only = int(told["only"])
        outline = Outline(corners) if corners else None
    except (KeyError, TypeError, ValueError, NoOutline):
        return None
    return Drawn(outline, only if 0 <= only < kinds else None)


def _clicked(told: Any, count: int) -> int | None:
    return told if isinstance(told, int) and 0 <= told < count else None
