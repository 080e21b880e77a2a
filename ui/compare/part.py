"""What the models on the Compare page read: MNIST's digits, spoilt ones, or an own set's."""

import numpy as np
import streamlit as st

from digitcore.digits import DigitSet, held_out, load_mnist, places_held_out
from digitcore.folder import NAME
from digitcore.own.answers import OwnPart
from digitcore.own.store import own_sets
from digitcore.robustness.distortions import SETTINGS, distorted, sample
from digitcore.words import counted
from ui import loaders
from ui.kept import kept_among
from ui.loaders import Part

ON = "on"  # the address and the session keep the choice under this name
TEST, VALIDATION = "test", "validation"
OWN, DIGITS_OF = "own ", "digits of "  # before the name of an own set, here and in the address


def choose_part() -> Part:
    """The person's choice, which travels in the address."""
    own = {str(OwnPart(name)): OwnPart(name) for name in own_sets().names()}
    options = [TEST, VALIDATION, *own, *SETTINGS]
    kept_among(ON, options)
    chosen = st.selectbox(
        "What they read",
        options,
        key=ON,
        bind="query-params",
        persist_state="session",
        format_func=_named,
        width=220,
        help="The 10,000 test digits, which were predicted once, when a training had ended; the "
        "5,000 training digits that every recipe holds out, by which all choices are made; or "
        "2,000 test digits, spoilt in one of many ways: by so many pixels, degrees, and so on; or "
        "a set of your own, which the Explore page takes in.",
    )
    return own.get(chosen, chosen)


def say_what_set_is_gone() -> None:
    """An own set that was chosen, or is asked for by the address, and is not there any more."""
    asked = st.session_state[ON] if ON in st.session_state else st.query_params.get(ON, "")
    name = asked.removeprefix(OWN).removeprefix(DIGITS_OF)
    if name != asked and NAME.fullmatch(name) and name not in own_sets().names():
        st.info(f"There is no set called {name} here, or not any more. Test digits are shown "
                "instead.")  # fmt: skip


def digits_of(part: Part) -> tuple[DigitSet, np.ndarray, str]:
    """(the digits, (N,) the place of each in its set, what they are in words, to stand after a
    number). Raises NoSuchSet, DataDamaged."""
    if isinstance(part, OwnPart):
        parts = loaders.own_parts(part.name)
        places = part.places(parts)
        what = "held-out digit" if part.held_out else "digit"
        where = f"{counted(len(places), what)} of {part.name}"
        return parts.digits.take(places), places, where
    if part in SETTINGS:
        setting = SETTINGS[part]
        digits = distorted(setting)
        return digits, sample(), f"{len(digits):,} test digits {setting.words}"
    if part == VALIDATION:
        digits, numbers = held_out(), places_held_out(load_mnist(train=True)).numpy()
        return digits, numbers, f"{len(digits):,} validation digits"
    digits = loaders.test_digits()
    return digits, np.arange(len(digits)), f"{len(digits):,} test digits"


def _named(part: str) -> str:
    if part in SETTINGS:
        return part
    own = part.removeprefix(OWN)
    return f"{part} digits" if own == part else f"{DIGITS_OF}{own}"
