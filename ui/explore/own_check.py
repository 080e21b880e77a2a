"""What was found in files, to be seen before any of it is kept."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from digitcore.digits import CLASSES
from digitcore.own.advice import counts
from digitcore.own.reading import Found
from digitcore.own.told import listed
from ui.pictures import sheet
from ui.tables import show_table

ACROSS, LINES = 10, 240  # samples of a class, and pixels of the list of what was left out


def show(found: Found, warnings: Sequence[str]) -> None:
    """warnings: what of it is not as it should be."""
    many, out = len(found.labels), len(found.left_out)
    st.markdown(f"**{many:,} {'digit' if many == 1 else 'digits'} can be kept**")
    st.caption(_words(found))
    for words in warnings:
        st.warning(words, icon=":material/warning:")
    if out:
        with (
            st.expander(f"{out:,} left out, and why", expanded=True),
            st.container(height=LINES if out > 8 else "content", border=False),
        ):
            st.text("\n".join(listed(found.left_out)))
    left, right = st.columns([2, 3])
    with left:
        _show_classes(found.labels)
    with right:
        _show_samples(found)


def _words(found: Found) -> str:
    """Where they come from, and what was done to them."""
    many = len(found.labels)
    if not found.changed:
        done = "all as MNIST's already, so not a pixel was changed"
    elif found.changed == many:
        done = "none as MNIST's, so each was placed and sized as MNIST does"
    else:
        done = (f"{many - found.changed:,} as MNIST's already and left as they are, and "
                f"{found.changed:,} placed and sized as MNIST does")  # fmt: skip
    return f"From {found.origin}: {done}."


def _show_classes(labels: np.ndarray) -> None:
    table = pd.DataFrame({"Digit": [*map(str, range(CLASSES))], "How many": counts(labels)})
    column = st.column_config.ProgressColumn(
        format="%d", min_value=0, max_value=int(table["How many"].max())
    )
    show_table(table, "How many digits there are of each class.", {"How many": column})


def _show_samples(found: Found) -> None:
    """Up to ten of each class that occurs, a class in each row, spread over the set."""
    across = min(ACROSS, int(counts(found.labels).max()))
    classes = np.flatnonzero(counts(found.labels))
    rows = [
        _spread(found.images, np.flatnonzero(found.labels == digit), across) for digit in classes
    ]
    names = ", ".join(map(str, classes))
    st.image(
        sheet(np.concatenate(rows), across, times=2),
        width="content",
        caption=f"As they will be kept: up to {ACROSS} of each class, in rows for {names}.",
        alt=f"Samples of the digits {names} as they will be kept",
    )


def _spread(images: np.ndarray, places: np.ndarray, across: int) -> np.ndarray:
    """(across, 28, 28) of those at the places, from first to last; black where there are fewer."""
    chosen = np.unique(np.linspace(0, len(places) - 1, across).round().astype(int))
    row = np.zeros((across, *images.shape[1:]), dtype=np.uint8)
    row[: len(chosen)] = images[places[chosen]]
    return row
