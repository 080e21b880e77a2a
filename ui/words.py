"""What is said in place of a traceback, and where there is nothing to show."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from digitcore.digits import DataDamaged
from digitcore.folder import RunDamaged


@contextmanager
def in_words() -> Iterator[None]:
    """Say what is damaged on the disk and how to mend it, instead of a traceback."""
    try:
        yield
    except (DataDamaged, RunDamaged) as damage:
        st.error(str(damage), icon=":material/broken_image:")


def stop_without_models() -> None:
    """End the page with what to do, where there is no finished model yet."""
    st.info(
        "There is no trained model yet. Train one on the Train page, or all that are shipped with "
        "`python -m scripts.train_zoo`.",
        icon=":material/model_training:",
    )
    st.stop()


def text_colour() -> str:
    """The theme's own colour of text, for numbers on a shade; a chart's own text is paler."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    return str(st.get_option(f"theme.{theme}.textColor"))
