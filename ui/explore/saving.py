"""A set of a person's own digits is written, or it is said why not."""

from collections.abc import Callable

import streamlit as st

from digitcore.own.store import Refused
from ui.words import show_refused


def saved(write: Callable[[], object], left: str) -> bool:
    """Whether it could be written. left: what is not lost where it could not, for a person."""
    try:
        write()
    except Refused as refused:
        show_refused(refused)
        return False
    except OSError as error:
        st.error(
            f"The set could not be written: {error.strerror or error}. Nothing of it is on the "
            f"disk, and {left} still here: make room, then press Keep again.",
            icon=":material/hard_drive:",
        )
        return False
    return True
