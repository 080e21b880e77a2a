"""Rows of digits with words under them."""

import streamlit as st

from ui.loaders import mistakes, test_digits
from ui.pictures import enlarge

TILE = 84  # pixels


def show_mistakes(model: str, most: int = 12) -> None:
    """The test digits that a model misreads, the most confident mistakes first."""
    digits = test_digits()
    st.subheader(f"What {model} misreads")
    st.caption(
        "Its most confident mistakes on the test digits. Some are hard for people, some may be "
        "mislabelled."
    )
    with st.grid("auto", min_column_width=TILE + 8):
        for mistake in mistakes(model)[:most]:
            words = f"{mistake.label}, read as {mistake.answer}"
            st.image(
                enlarge(digits.images[mistake.index].numpy(), TILE),
                width=TILE,
                caption=words,
                alt=f"Test digit {mistake.index}, labelled {words}",
            )
