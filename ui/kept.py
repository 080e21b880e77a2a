"""What a person chose before, as far as it can still be chosen."""

from collections.abc import Sequence
from typing import Any

import streamlit as st


def kept_among(key: str, options: Sequence) -> Any:
    """The choice that the session keeps under `key`, else the first of the options.

    A choice that is no option any more becomes the first, in its widget too: to be asked before
    that is drawn. To forget it would not do: the browser would go on showing it.
    """
    if key not in st.session_state:  # then the address may speak
        return options[0]
    if st.session_state[key] not in options:
        st.session_state[key] = options[0]
    return st.session_state[key]
