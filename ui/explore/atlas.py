"""The map: all digits in two dimensions, to be looked at closely, outlined and sent on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitcore.evaluation import wilson
from digitcore.exploration import insights
from digitcore.exploration.catalogue import Catalogue
from digitcore.exploration.insights import NETWORK
from digitcore.exploration.outline import Outline
from digitcore.exploration.statistics import STATISTICS
from digitcore.figures.map import (
    Colouring,
    by_class,
    by_quality,
    by_right,
    by_statistic,
    drawn_every,
    still_map,
)
from digitcore.report import Piece
from ui.explore.digit import open_digit, show_digits
from ui.explore.scatter import Drawn, scene_of, show_scatter
from ui.explore.sent import send_to_gallery
from ui.kept import kept_among

MAP, COLOUR = "map", "colour"  # the address and the session keep the choices under these names
OUTLINE = "outline"  # the address keeps it under this, the session under the next
DRAWN = "map outline"
WIDTH = 340  # pixels that a side needs
CLASS, RIGHT, QUALITY = "class", "right or wrong", "label quality"
COLOURS = [CLASS, RIGHT, QUALITY, *STATISTICS]


@dataclass(frozen=True)
class About:
    """title: of a map; shows: what is near on it; lacks: what cannot be read off it."""

    title: str
    shows: str
    lacks: str


ABOUT = {
    "umap": About(
        "UMAP of features",
        "Digits lie close together where the strong network makes much the same of them.",
        "UMAP keeps neighbours together and little else: how far two clusters are apart, how large "
        "one is and how dense mean little.",
    ),
    "tsne": About(
        "t-SNE of pixels",
        "Digits lie close together where their pixels are alike; no network has a say.",
        "t-SNE keeps neighbours together and little else: how far two clusters are apart, how "
        "large one is and how dense mean little.",
    ),
    "pca": About(
        "PCA of pixels",
        "The two directions along which the digits' pixels differ most. Distances are true to "
        "scale.",
        "Two directions of 784 show a small part of how digits differ: what lies on top of each "
        "other here may be far apart in the others.",
    ),
}


@dataclass(frozen=True)
class Picked:
    """An outline on a map of a set, and the kind that was singled out when it was drawn."""

    name: str
    map: str
    outline: Outline
    only: int | None = None


def show(catalogue: Catalogue) -> None:
    name, colour = _choose(catalogue)
    colouring = _colouring(catalogue, colour)
    picked = _picked(catalogue, name, colouring)
    about = ABOUT[name]
    st.caption(f"{about.shows} {about.lacks}")
    with st.grid(2, min_column_width=WIDTH):
        chart, digits = st.container(), st.container()
    with chart:
        st.markdown(f"**{_digits(len(catalogue))}, {about.title}, by {_colour_name(colour)}**")
        clicked = _show_map(catalogue, name, colouring, picked)
    with digits:
        _show_picked(catalogue, colouring, picked)
    if clicked is not None:
        open_digit(catalogue, clicked)


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    name = kept_among(MAP, list(catalogue.maps), told=_title)
    about = ABOUT[name]
    words = f"{about.shows} {about.lacks} Each class has its colour, and its digit at its middle."
    every = drawn_every(len(catalogue))
    words += f" Of {len(catalogue):,} digits one in {every} is drawn." if every > 1 else ""
    figure = still_map(catalogue.maps[name], catalogue.labels, about.title)
    yield Piece("A map of the digits", words, figure)


def _choose(catalogue: Catalogue) -> tuple[str, str]:
    """The map, and what its digits are coloured by."""
    names = [name for name in ABOUT if name in catalogue.maps]
    kept_among(MAP, names)
    kept_among(COLOUR, COLOURS)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = st.segmented_control(
            "Map", names, default=names[0], required=True, key=MAP, bind="query-params",
            persist_state="session", format_func=_title, wrap=True,
            on_change=_all_kinds,
        )  # fmt: skip
        colour = st.selectbox(
            "Coloured by", COLOURS, key=COLOUR, bind="query-params", persist_state="session",
            format_func=_colour_name, width=260, on_change=_all_kinds,
        )  # fmt: skip
    return name, colour


def _title(name: str) -> str:
    return ABOUT[name].title


def _colour_name(colour: str) -> str:
    return STATISTICS[colour].label.lower() if colour in STATISTICS else colour


def _all_kinds() -> None:
    """What was singled out is a kind of another colouring now."""
    picked = st.session_state.get(DRAWN)
    if picked:
        st.session_state[DRAWN] = Picked(picked.name, picked.map, picked.outline)


def _colouring(catalogue: Catalogue, colour: str) -> Colouring:
    table = catalogue.table
    if colour in STATISTICS:
        return by_statistic(table[colour].to_numpy(), STATISTICS[colour])
    if colour == CLASS:
        return by_class(catalogue.labels)
    if colour == RIGHT:
        return by_right(table["right"].to_numpy())
    return by_quality(table["quality"].to_numpy())


def _picked(catalogue: Catalogue, name: str, colouring: Colouring) -> Picked | None:
    """What is outlined on this map; it travels in the address."""
    if DRAWN not in st.session_state and OUTLINE in st.query_params:
        st.session_state[DRAWN] = _read(catalogue, name, st.query_params[OUTLINE])
    picked = st.session_state.get(DRAWN)
    if not picked or (picked.name, picked.map) != (catalogue.name, name):
        st.query_params.pop(OUTLINE, None)
        return None
    if picked.only is not None and picked.only >= len(colouring.kinds):
        picked = Picked(picked.name, picked.map, picked.outline)
    written = _written(picked)
    if st.query_params.get(OUTLINE) != written:
        st.query_params[OUTLINE] = written
    return picked


def _written(picked: Picked) -> str:
    return picked.outline.written + ("" if picked.only is None else f"~{picked.only}")


def _read(catalogue: Catalogue, name: str, written: str) -> Picked | None:
    corners, _, only = written.partition("~")
    try:
        kind = int(only) if only.isdecimal() and len(only) < 3 else None
        return Picked(catalogue.name, name, Outline.read(corners), kind)
    except ValueError:  # NoOutline is one
        return None


def _show_map(
    catalogue: Catalogue, name: str, colouring: Colouring, picked: Picked | None
) -> int | None:
    """Gives the digit that was just clicked."""

    def take(drawn: Drawn) -> None:
        st.session_state[DRAWN] = drawn.outline and Picked(
            catalogue.name, name, drawn.outline, drawn.only
        )

    background = None if catalogue.is_mnist else insights.load().maps[name]
    behind = "" if background is None else " MNIST's 70,000 digits are drawn pale behind them."
    kinds = ", ".join(
        f"{kind.name}: {count:,}"
        for kind, count in zip(colouring.kinds, colouring.counts, strict=True)
    )
    words = (
        f"Map of {_digits(len(catalogue))}, {ABOUT[name].title}, coloured by {colouring.title} "
        f"({kinds}).{behind} Arrow keys pan, plus and minus zoom, 0 shows the whole map, Enter "
        "opens the digit in the middle."
    )
    return show_scatter(scene_of(catalogue, name, background), colouring,
                        picked and picked.outline, words, "digit map", take)  # fmt: skip


def _show_picked(catalogue: Catalogue, colouring: Colouring, picked: Picked | None) -> None:
    if picked is None:
        st.info(
            "Drag the map to pan, turn the wheel or pinch to zoom. Hold Shift and drag, or press "
            "'Draw an outline' first, to choose digits: they are shown here. A click on a digit "
            "opens it, a click below the map singles out one kind.",
            icon=":material/lasso_select:",
        )
        return
    places = _inside(catalogue, colouring, picked)
    singled = ""
    if picked.only is not None:
        singled = f", {colouring.title.lower()} {colouring.kinds[picked.only].name} alone"
    st.markdown(f"### {_digits(len(places))} inside the outline{singled}")
    if not len(places):
        st.info("No digit lies inside. Draw the outline around some.", icon=":material/crop_free:")
        return
    where = f"inside an outline on the map {ABOUT[picked.map].title}{singled}"
    st.caption(_words(catalogue, places))
    if st.button("To the gallery", icon=":material/grid_view:", key="map to gallery"):
        st.query_params.pop(OUTLINE, None)  # the gallery has an address of its own
        send_to_gallery(catalogue, places, where)
    show_digits(catalogue, places, "map digits")


def _digits(count: int) -> str:
    return f"{count:,} digit{'' if count == 1 else 's'}"


def _inside(catalogue: Catalogue, colouring: Colouring, picked: Picked) -> np.ndarray:
    """Places in the catalogue, those first whose label is least probable."""
    inside = picked.outline.inside(catalogue.maps[picked.map])
    if picked.only is not None:
        inside &= colouring.codes == picked.only
    places = np.flatnonzero(inside)
    quality = catalogue.table["quality"].to_numpy()[places]
    return places[np.argsort(quality, kind="stable")]


def _words(catalogue: Catalogue, places: np.ndarray) -> str:
    """How many of each class, and how many of them are misread."""
    counts = np.bincount(catalogue.labels[places], minlength=10)
    order = [digit for digit in np.argsort(-counts, kind="stable") if counts[digit]]
    classes = ", ".join(f"{counts[digit]:,} labelled {digit}" for digit in order)
    wrong = int((~catalogue.table["right"].to_numpy()[places]).sum())
    rate = wilson(wrong, len(places))
    who = f"The network {NETWORK} misreads"
    if catalogue.is_mnist:
        who = "Networks that have not learned from them misread"
    return (
        f"{classes}. {who} {wrong:,} of {len(places):,}: {rate.words}. Those first whose label is "
        "found least probable."
    )
