"""Corrections of a person's own set: made, and told."""

from collections.abc import Sequence

import streamlit as st

from digitcore.digits import CLASSES, DataDamaged, DigitSet
from digitcore.own.store import NoSuchSet, Refused, own_sets
from ui.explore.chosen import DONE, load_catalogue

LEAVE_OUT = "leave out"
WAYS = [*map(str, range(CLASSES)), LEAVE_OUT]
TROUBLE = "correction that was not made"


def offer(name: str, number: int, seen: DigitSet | None = None) -> None:
    """Another label for a digit of an own set, or none: a choice and a button. Once it is done the
    session has DONE, by which whoever shows the digit knows that it is past.

    seen: the set as it is on the screen, which may be another one by now; then nothing is done.
    """
    digits = seen if seen is not None else load_catalogue(name).digits
    label, key = str(int(digits.labels[number])), f"correct {name} {number}"

    def apply() -> None:
        correct(name, [number], st.session_state[key], digits)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.selectbox("Correct its label", WAYS, WAYS.index(label), key=key, width=150)
        st.button("Leave it out" if way == LEAVE_OUT else f"Label it {way}",
                  icon=":material/edit:", disabled=way == label, key=f"{key} now",
                  on_click=apply)  # fmt: skip
    show_trouble()


def correct(name: str, numbers: Sequence[int], way: str, seen: DigitSet) -> bool:
    """Whether the digits with these numbers could be labelled, or left out; `way` is one of WAYS.
    What was done, or why not, is in the session, to be told once."""
    label = None if way == LEAVE_OUT else int(way)
    try:
        now = own_sets().correct(name, dict.fromkeys(numbers, label), seen)
    except (Refused, NoSuchSet, DataDamaged) as reason:
        st.session_state[TROUBLE] = str(reason)
        return False
    except OSError as error:
        st.session_state[TROUBLE] = (
            f"{name} could not be written: {error.strerror or error}. It is as it was."
        )
        return False
    st.session_state[DONE] = _words(name, len(numbers), label, len(now))
    return True


def _words(name: str, many: int, label: int | None, left: int) -> str:
    what = "1 digit is" if many == 1 else f"{many:,} digits are"
    if label is not None:
        return f"{what} labelled {label} now in {name}."
    return f"{what} left out of {name}, which has {left:,} now. Those behind have lower numbers."


def show_trouble() -> None:
    """Why the last correction was not made, once."""
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.error(trouble, icon=":material/block:")
