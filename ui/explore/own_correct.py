"""Correcting a kept set: digits by their numbers, seen, and then labelled or left out."""

from collections.abc import Sequence

import streamlit as st

from digitcore.digits import DigitSet
from digitcore.own.correcting import numbers_in
from digitcore.own.store import Refused
from ui.explore.chosen import DONE, load_catalogue
from ui.explore.corrections import WAYS, correct, show_trouble
from ui.explore.digit import open_digit
from ui.explore.learners import learners_words
from ui.explore.sources import source
from ui.loaders import own_parts
from ui.tiles import show_tiles

OPEN, NUMBERS, WAY = "own correct", "own correct numbers", "own correct way"
MOST = 12  # tiles at once


def show(name: str) -> None:
    """Raises NoSuchSet, DataDamaged."""
    with st.expander(f"Correct {name}", key=OPEN, on_change="rerun") as place:
        if place.open:
            _show_form(name)


def _show_form(name: str) -> None:
    if done := st.session_state.pop(DONE, ""):
        st.success(done, icon=":material/check:")
    show_trouble()
    digits = own_parts(name).digits
    st.caption(
        f"The digits of {name} are numbered from 0 to {len(digits) - 1:,}, and every view shows "
        "their numbers. Suspects lists those whose labels are doubtful."
    )
    key = f"{NUMBERS} {name}"
    text = st.text_input("Numbers of the digits", key=key, placeholder="21, 40-42", max_chars=2000,
                         width=360)  # fmt: skip
    try:
        numbers = numbers_in(text, len(digits))
    except Refused as refused:
        st.warning(str(refused), icon=":material/rule:")
        return
    if numbers:
        _show_digits(name, digits, numbers)
        _offer(name, key, digits, numbers)


def _show_digits(name: str, digits: DigitSet, numbers: Sequence[int]) -> None:
    """Tiles; a click opens one."""

    def told(at: int) -> str:
        number = numbers[at]
        words = f"No. {number:,}\nlabelled {int(digits.labels[number])}"
        return f"{words}\n{source(name, number)}".rstrip()

    clicked = show_tiles(digits.images[numbers].numpy(), told, f"{OPEN} digits", MOST)
    if clicked is not None and clicked < len(numbers):
        open_digit(load_catalogue(name), numbers[clicked], numbers)


def _offer(name: str, key: str, digits: DigitSet, numbers: Sequence[int]) -> None:
    for words in learners_words(name, gone=False):
        st.warning(words, icon=":material/model_training:")

    def apply() -> None:
        if correct(name, numbers, st.session_state[WAY], digits):
            st.session_state[key], st.session_state[WAY] = "", None

    many = "it" if len(numbers) == 1 else f"these {len(numbers):,}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.selectbox(f"Label {many} as", WAYS, None, key=WAY, width=220,
                           placeholder="0 to 9, or leave out")  # fmt: skip
        st.button("Apply", type="primary", icon=":material/edit:", disabled=way is None,
                  key=f"{OPEN} apply", on_click=apply)  # fmt: skip
