"""What a person chose before, as far as it can still be chosen; else what the address asks for."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any

import streamlit as st


def kept_among(
    key: str, options: Sequence, first: Any = None, told: Callable[[Any], str] = str
) -> Any:
    """The choice that the session keeps under `key`; else that of the address, if it has been
    drawn nowhere yet; else `first`, or the first of the options.

    told: how the address and the widget write an option. A choice that is no option any more
    becomes the first, in its widget too: to be asked before that is drawn. To forget it would not
    do: the browser would go on showing it.
    """
    first = options[0] if first is None else first
    if key not in st.session_state:
        asked = st.query_params.get(key)
        return next((option for option in options if told(option) == asked), first)
    if st.session_state[key] not in options:
        st.session_state[key] = first
    return st.session_state[key]


def kept_some(key: str, options: Sequence[str]) -> list[str]:
    """The same of a choice of several: those of the options, in their order."""
    state = st.session_state
    chosen = state[key] if key in state else st.query_params.get_all(key)
    return [option for option in options if option in (chosen or ())]


def kept_on(key: str, first: bool = False) -> bool:
    """The same of a switch."""
    if key in st.session_state:
        return bool(st.session_state[key])
    return {"true": True, "false": False}.get(st.query_params.get(key, ""), first)


def kept_numbers(key: str, first: Any) -> Any:
    """The same of a slider, of one number or of two."""
    if key in st.session_state:
        return st.session_state[key]
    with suppress(ValueError):
        asked = tuple(float(part) for part in st.query_params.get_all(key))
        if all(map(isfinite, asked)):
            if isinstance(first, tuple):
                return asked if len(asked) == len(first) else first
            return asked[0] if len(asked) == 1 else first
    return first
