"""Digits of a set as tiles, and one of them large: for every view of the Explore page."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st

from digitcore.exploration.catalogue import Catalogue
from ui.explore.captions import SHORT, caption
from ui.explore.large import show_large, turn_to
from ui.tiles import Ticks, show_tiles

__all__ = ["SHORT", "caption", "open_digit", "show_digits"]


def show_digits(
    catalogue: Catalogue,
    places: Sequence[int] | np.ndarray,
    key: str,
    words: Callable[[int], str] | None = None,
    most: int = 24,
    ticks: Ticks | None = None,
) -> None:
    """Tiles of the digits at `places`, `most` a page; a click opens one.

    words: gives the caption of a place in the catalogue, with line ends between lines; without,
    what the digit is and what it is read as. ticks: of places in `places`.
    """
    told = words or partial(caption, catalogue)
    among = np.asarray(places, dtype=np.int64)
    clicked = show_tiles(
        catalogue.images, lambda at: told(int(among[at])), key, most, among, ticks
    )  # fmt: skip
    if clicked is not None and clicked < len(among):  # else of a longer list before
        open_digit(catalogue, int(among[clicked]), among)


def open_digit(catalogue: Catalogue, place: int, among: Sequence[int] | np.ndarray = ()) -> None:
    """One digit large, in a dialog, from which one can go on to those `among` which it is."""
    turn_to(place)
    st.dialog("One digit", width="large")(show_large)(catalogue, among)
