"""What will training do to them? Each warp of a recipe on one digit, and on a sheet of many."""

from collections.abc import Iterator
from dataclasses import replace
from random import randrange

import numpy as np
import streamlit as st
import torch

from digitcore.augment import Warp
from digitcore.evaluation import as_input
from digitcore.exploration.catalogue import OWN, TEST, TRAINING, VALIDATION, Catalogue
from digitcore.exploration.extremes import extremes
from digitcore.report import Piece
from ui.explore.warp_choice import choose_start, choose_warp, kept_warp, told, train_with, whose
from ui.kept import kept_among
from ui.pictures import sheet
from ui.recipe_form import starting_points
from ui.warp_fields import WARPS
from ui.warp_preview import as_images, warped
from ui.words import a_digit

SPLIT, NUMBER, THROW = "warp_split", "warp_digit", "warps thrown"
BESIDE = 11  # warped copies beside the original
SHEET, ROW = 25, 5  # digits on the sheet, and in a row of it
WIDTH = 300  # pixels that a picture needs
HOW = (
    "In each epoch a training sees every digit once, and each time with a new throw of the dice: "
    "all its warps together, each anywhere between its two ends. Validation and test digits are "
    "never warped, nor is any digit in the last epochs of a recipe that leaves these without."
)


def show(catalogue: Catalogue) -> None:
    st.caption(HOW)
    start, recipes = choose_start()
    how = choose_warp()
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Train with these warps", icon=":material/model_training:",
                            help=f"Fills the Train page with the recipe of {start} and these "
                            "warps. Nothing is started yet.")  # fmt: skip
        st.button("Throw the dice again", icon=":material/casino:", on_click=_throw)
    if pressed:
        train_with(start, replace(recipes[start], warp=how))
    st.text(whose(how, recipes))
    _show_one(catalogue, how)
    _show_sheet(catalogue, how)


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    how, place = kept_warp(), _kept_place(catalogue)
    before = catalogue.images[place]
    title = f"{catalogue.title(place)}, {a_digit(catalogue.labels[place])}"
    yield Piece("Warps", f"{whose(how, starting_points())} {told(how)}".rstrip() + f"\n\n{HOW}")
    copies = [(image, f"throw {at}") for at, image in enumerate(_copies(catalogue, how, place), 1)]
    yield Piece(f"{title}, warped {BESIDE} times", pictures=[(before, "as it is"), *copies])
    for label, images, words in _ends(catalogue, how, place):
        yield Piece(f"{label}, alone", pictures=[*zip(images, words, strict=True)])


def _throw() -> None:
    st.session_state[THROW] = st.session_state.get(THROW, 0) + 1


def _thrown() -> int:
    return st.session_state.get(THROW, 0)


# --- one digit


def _show_one(catalogue: Catalogue, how: Warp) -> None:
    st.header("One digit")
    place = _choose_place(catalogue)
    title = f"{catalogue.title(place)}, {a_digit(catalogue.labels[place])}"
    before = catalogue.images[place : place + 1]
    pictures = np.concatenate([before, _copies(catalogue, how, place)])
    st.image(sheet(pictures, columns=6, times=4), width="stretch",
             alt=f"{title}, and {BESIDE} warped copies of it")  # fmt: skip
    st.caption(f"{title}: first as it is, then as {BESIDE} epochs would see it.")
    ends = [*_ends(catalogue, how, place)]
    if ends:
        st.markdown("**Each warp alone, at its two ends**")
    with st.grid("auto", min_column_width=220):
        for label, images, words in ends:
            three = f"{words[0]}; as it is; {words[1]}"
            with st.container():
                st.image(sheet(np.stack([images[0], before[0], images[1]]), columns=3, times=4),
                         width="stretch", alt=f"{title}. {label}: {three}")  # fmt: skip
                st.caption(f"{label}: {three}")


def _copies(catalogue: Catalogue, how: Warp, place: int) -> np.ndarray:
    """uint8 (BESIDE, 28, 28)"""
    digit = catalogue.digits.images[place]
    return warped(digit.expand(BESIDE, -1, -1).contiguous(), how, _thrown())


def _ends(
    catalogue: Catalogue, how: Warp, place: int
) -> Iterator[tuple[str, np.ndarray, tuple[str, str]]]:
    """Of each warp that is switched on: what it is called, the digit at its ends, and in words."""
    digit = as_input(catalogue.digits.images[place : place + 1])
    for end in extremes(digit, how, torch.Generator().manual_seed(_thrown())):
        yield WARPS[end.field][0].split(",")[0], as_images(end.images), end.words


def _choose_place(catalogue: Catalogue) -> int:
    """By split and number, or any."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        splits = _splits(catalogue)
        split = kept_among(SPLIT, splits)
        if len(splits) > 1:
            split = st.selectbox("Digit of", splits, key=SPLIT, width=140, bind="query-params",
                                 persist_state="session")  # fmt: skip
        last = _last(catalogue, split)
        st.session_state[NUMBER] = min(max(st.session_state.get(NUMBER, 0), 0), last)
        number = st.number_input("Number", 0, last, 0, key=NUMBER, width=160, bind="query-params",
                                 persist_state="session")  # fmt: skip
        st.button("Another one", icon=":material/shuffle:", on_click=_turn, args=(catalogue,))
    return catalogue.place_of(split, number)


def _splits(catalogue: Catalogue) -> list[str]:
    return [TRAINING, TEST] if catalogue.is_mnist else [OWN]


def _last(catalogue: Catalogue, split: str) -> int:
    """The highest number; validation is a part of training."""
    splits = (TRAINING, VALIDATION) if split == TRAINING else (split,)
    return int(catalogue.table.loc[catalogue.table["split"].isin(splits), "number"].max())


def _turn(catalogue: Catalogue) -> None:
    split = kept_among(SPLIT, _splits(catalogue))
    st.session_state[NUMBER] = randrange(_last(catalogue, split) + 1)


def _kept_place(catalogue: Catalogue) -> int:
    split = kept_among(SPLIT, _splits(catalogue))
    return catalogue.place_of(split, min(st.session_state.get(NUMBER, 0), _last(catalogue, split)))


# --- many digits


def _show_sheet(catalogue: Catalogue, how: Warp) -> None:
    st.header("As one epoch sees them")
    places = _sheet_places(catalogue)
    before = catalogue.digits.images[places]
    kind = "training digits" if catalogue.is_mnist else f"digits of {catalogue.name}"
    after = warped(before, how, _thrown())
    with st.grid(2, min_column_width=WIDTH):
        for images, what in ((before.numpy(), "as they are"), (after, "as one epoch sees them")):
            st.image(_square(images), width="stretch", alt=f"{len(places)} {kind}, {what}")
    st.caption(f"{len(places)} {kind}: first as they are, then as one epoch of a "
               "training sees them. The next throw is the next epoch.")  # fmt: skip


def _sheet_places(catalogue: Catalogue) -> np.ndarray:
    """The same each time, of those that a training learns from."""
    learned = np.flatnonzero(catalogue.table["split"].isin([TRAINING, OWN]))
    count = min(SHEET, len(learned))
    return np.random.default_rng(1).choice(learned, count, replace=False)


def _square(images: np.ndarray) -> np.ndarray:
    """One picture, in rows of at most ROW, with black where there is no digit."""
    columns = min(ROW, len(images))
    return sheet(np.pad(images, ((0, -len(images) % columns), (0, 0), (0, 0))), columns, times=4)
