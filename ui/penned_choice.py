"""What penned digits and pictures of no digit are, shown where a recipe asks for them."""

import numpy as np
import streamlit as st

from digitcore.penned import FORMS, OTHERS, Form, penned_form
from ui.pictures import sheet

COLUMNS = 14  # so that they can be told apart on a phone


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
    return sheet(_one_each(FORMS), columns=COLUMNS)


@st.cache_data(show_spinner=False)
def _others() -> np.ndarray:
    return sheet(_one_each(OTHERS), columns=COLUMNS)


def _one_each(forms: list[Form]) -> np.ndarray:
    """One picture of each form, in full rows."""
    pictures = np.concatenate([penned_form(form, 1, seed=1).numpy() for form in forms])
    return np.pad(pictures, ((0, -len(pictures) % COLUMNS), (0, 0), (0, 0)))
