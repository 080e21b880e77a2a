"""Rows of digits with words under them."""

import numpy as np
import streamlit as st

from ui.loaders import mistakes, test_digits
from ui.pictures import enlarge

TILE = 84  # pixels


def show_mistakes(model: str, most: int = 12) -> None:
    """The test digits that a model misreads, the most confident mistakes first."""
    digits = test_digits()
    st.header(f"What {model} misreads")
    st.caption(
        "Its most confident mistakes on the test digits. Some are hard for people, some may be "
        "mislabelled."
    )
    with st.grid("auto", min_column_width=TILE + 8):
        for mistake in mistakes(model)[:most]:
            words = f"{mistake.label}, read as {mistake.answer}"
            show_digit(
                digits.images[mistake.index].numpy(), words,
                alt=f"Test digit {mistake.index}, labelled {words}",
            )  # fmt: skip


def show_digit(image: np.ndarray, words: str, alt: str) -> None:
    """A uint8 (28, 28) image as a tile with words under it."""
    st.image(enlarge(image, TILE), width=TILE, caption=words, alt=alt)
