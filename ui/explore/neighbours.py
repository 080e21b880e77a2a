"""The nearest digits to a digit or a drawing, by pixels and by what a network makes of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from digitcore.exploration.catalogue import MNIST, Catalogue
from digitcore.exploration.features import features
from digitcore.exploration.insights import NETWORK
from digitcore.exploration.neighbours import Neighbours
from digitcore.report import Piece
from digitcore.words import listed
from ui.explore.captions import SHORT
from ui.explore.chosen import load_catalogue
from ui.explore.digit import open_digit, show_digits
from ui.explore.query import Query, choose_query
from ui.explore.readings import show_reading
from ui.explore.sent import send_to_gallery
from ui.explore.spaces import NotReadYet, feature_neighbours, pixel_neighbours
from ui.kept import kept_among
from ui.loaders import members
from ui.pictures import enlarge
from ui.words import a_digit

AMONG, MODEL = "near-among", "near-model"  # the address and the session keep them so called
COUNT = 24  # neighbours
PICTURED = 12  # of them in a report
SIDE = 140  # pixels
WIDTH = 340  # pixels that a side needs


@dataclass(frozen=True)
class Found:
    """places: of the nearest in the set that was searched, nearest first, and their distances.
    label: what most of them show, or the asked digit's own; stranger: the place of the nearest with
    another label, and its distance, where there is one."""

    places: np.ndarray
    distances: np.ndarray
    label: int
    stranger: tuple[int, float] | None

    @property
    def shown(self) -> list[int]:
        return self.places.tolist()


def show(catalogue: Catalogue) -> None:
    query = choose_query(catalogue)
    if query is None:
        return
    searched, model = _choose_where(catalogue)
    if len(searched) == 1 and searched is catalogue and query.place is not None:
        st.info("This set has no other digit. Search among MNIST's instead.",
                icon=":material/search_off:")  # fmt: skip
        return
    by_pixels = _find(query, catalogue, searched, pixel_neighbours(searched), query.image)
    by_features = _by_features(query, catalogue, searched, model)
    _show_query(query, by_pixels, by_features, model)
    if query.place is not None and st.button("Open it large", icon=":material/open_in_full:",
                                             key="near large"):  # fmt: skip
        open_digit(catalogue, query.place)
    with st.grid(2, min_column_width=WIDTH, gap="large"):
        left, right = st.container(), st.container()
    with left:
        _show_space("by pixels", query, searched, by_pixels, by_features)
    with right:
        if by_features is None:
            show_reading(searched, model)
        else:
            _show_space(f"by features of {model}", query, searched, by_features, by_pixels)


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    """Of the set's least typical digit: whom an odd one is taken for says most."""
    if len(catalogue) == 1:
        return
    place = int(np.argmin(catalogue.table["typicality"].to_numpy()))
    query = Query(catalogue.images[place], catalogue.title(place), place,
                  int(catalogue.labels[place]))  # fmt: skip
    for name, space, asked in (
        ("pixels", pixel_neighbours(catalogue), query.image),
        (f"features of {NETWORK}", feature_neighbours(catalogue), catalogue.features[place]),
    ):
        found = _find(query, catalogue, catalogue, space, asked)
        own = (query.image, f"{query.title}\nlabelled {query.label}")
        near = [(catalogue.images[at], _caption(catalogue, at, distance, False))
                for at, distance in zip(found.shown, found.distances, strict=True)]  # fmt: skip
        yield Piece(f"The nearest to the least typical digit, by {name}", _vote(found, catalogue),
                    pictures=[own, *near[:PICTURED]])  # fmt: skip


def _choose_where(catalogue: Catalogue) -> tuple[Catalogue, str]:
    """The set that is searched, and the model whose features count."""
    sets = [MNIST] if catalogue.is_mnist else [catalogue.name, MNIST]
    models = sorted(members().names(), key=lambda name: name != NETWORK)
    among = kept_among(AMONG, sets)
    kept_among(MODEL, models)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if len(sets) > 1:
            among = st.segmented_control("Search among", sets, default=among, required=True,
                                         key=AMONG, bind="query-params",
                                         persist_state="session")  # fmt: skip
        model = st.selectbox("Features of", models, key=MODEL, bind="query-params",
                             persist_state="session", width=220)  # fmt: skip
    return (catalogue if among == catalogue.name else load_catalogue(MNIST)), model


def _by_features(
    query: Query, catalogue: Catalogue, searched: Catalogue, model: str
) -> Found | None:
    """None where the model has to go through the set first."""
    try:
        space = feature_neighbours(searched, model)
    except NotReadYet:
        return None
    image = torch.from_numpy(query.image)[None]
    if model != NETWORK:
        asked = features(members().network(model), image)[0]
    elif query.place is not None:
        asked = catalogue.features[query.place]
    else:
        asked = catalogue.axes.place(members().network(model), image)[0]
    return _find(query, catalogue, searched, space, asked)


def _find(
    query: Query, catalogue: Catalogue, searched: Catalogue, space: Neighbours, asked: np.ndarray
) -> Found:
    """The nearest, without the digit itself."""
    others = np.ones(len(searched), dtype=bool)
    if query.place is not None and searched is catalogue:
        others[query.place] = False
    places, distances = space.nearest(asked, COUNT, others)
    votes = np.bincount(searched.labels[places], minlength=10)
    label = int(votes.argmax()) if query.label is None else query.label
    strange, far = space.nearest(asked, 1, others & (searched.labels != label))
    return Found(places, distances, label, (int(strange[0]), float(far[0])) if len(far) else None)


def _show_query(query: Query, by_pixels: Found, by_features: Found | None, model: str) -> None:
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        st.image(enlarge(query.image, SIDE), width=SIDE, alt=query.title)
        with st.container(width="stretch"):
            label = "" if query.label is None else f", labelled {query.label}"
            st.markdown(f"### {query.title}{label}")
            if by_features is not None:
                both = len(set(by_pixels.shown) & set(by_features.shown))
                st.caption(
                    f"{both} of the {len(by_pixels.places)} nearest by pixels are among the "
                    f"nearest by features of {model} too; they are marked with =."
                )


def _show_space(
    name: str, query: Query, searched: Catalogue, found: Found, other: Found | None
) -> None:
    shared = set(other.shown) if other else set()
    distances = dict(zip(found.shown, found.distances.tolist(), strict=True))
    st.markdown(f"**Nearest {name}**")
    st.caption(f"{_vote(found, searched)} Distances are Euclidean.")
    if st.button("To the gallery", icon=":material/grid_view:", key=f"near {name} gallery"):
        send_to_gallery(searched, found.shown, f"nearest to {query.title} {name}")
    show_digits(searched, found.shown, f"near {name}",
                lambda at: _caption(searched, at, distances[at], at in shared))  # fmt: skip
    if found.stranger is not None and found.stranger[0] not in distances:
        place, distance = found.stranger
        st.caption("The nearest with another label:")
        show_digits(searched, [place], f"near {name} stranger",
                    lambda at: _caption(searched, at, distance, False))  # fmt: skip


def _caption(catalogue: Catalogue, place: int, distance: float, shared: bool) -> str:
    row = catalogue.table.iloc[place]
    mark = " =" if shared else ""
    return f"{SHORT[row['split']]} {row['number']:,}\na {row['label']} at {distance:.2f}{mark}"


def _vote(found: Found, searched: Catalogue) -> str:
    """Who they are, and how far away the first is that is somebody else."""
    words = f"Of the {len(found.places)} nearest, {_counts(searched.labels[found.places])}."
    if found.stranger is None:
        return f"{words} No digit of this set has another label."
    place, distance = found.stranger
    first = float(found.distances[0])
    times = f", {distance / first:.2f} times as far as the nearest of all" if first else ""
    if place == found.places[0]:
        times = ", the nearest of all"
    label = int(searched.labels[place])
    return (f"{words} The nearest that is no {found.label} is {a_digit(label)}, at {distance:.2f}"
            f"{times}.")  # fmt: skip


def _counts(labels: Sequence[int] | np.ndarray) -> str:
    """As '22 are labelled 4 and 2 are labelled 9', the most frequent first."""
    votes = np.bincount(labels, minlength=10)
    order = [digit for digit in np.argsort(-votes, kind="stable") if votes[digit]]
    parts = [f"{votes[d]} {'is' if votes[d] == 1 else 'are'} labelled {d}" for d in order]
    return listed(parts)
