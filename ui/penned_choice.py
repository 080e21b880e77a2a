"""What penned digits and pictures of no digit are, shown where a recipe asks for them."""

import numpy as np
import streamlit as st

from digitcore.penned import FORMS, OTHERS, penned_form
from ui.pictures import sheet

COLUMNS = 20


def show_penned(penned: int, others: int) -> None:
    """The pictures that are learned from besides; nothing where the recipe asks for none."""
    if penned:
        st.caption(
            f"Penned digits are drawn by {len(FORMS)} stroke prototypes, each time with another "
            "hand and pen: flagged ones, hooked nines, crossed sevens, open fours, slashed zeros "
            "and the common forms."
        )
        st.image(_forms(), width="stretch", alt=f"One digit of each of {len(FORMS)} penned forms")
    if others:
        st.caption(
            "Of pictures of no digit the network learns to find all ten answers alike probable, so "
            "that it can say no. Validation is on MNIST's digits alone."
        )
        st.image(_others(), width="stretch", alt=f"{len(OTHERS)} letters, signs, scribbles, things")


@st.cache_data(show_spinner=False)
def _forms() -> np.ndarray:
    return sheet(_one_each([form.shape for form in FORMS]), columns=COLUMNS)


@st.cache_data(show_spinner=False)
def _others() -> np.ndarray:
    return sheet(_one_each(list(OTHERS.values())), columns=COLUMNS)


def _one_each(shapes: list) -> np.ndarray:
    return np.concatenate([penned_form(shape, 1, seed=1).numpy() for shape in shapes])
