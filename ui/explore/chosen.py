"""Which digits the Explore page looks at: MNIST's, or a set of a person's own."""

import streamlit as st

from digitcore.exploration import catalogue
from digitcore.exploration.catalogue import MNIST, Catalogue
from digitcore.exploration.insights import NETWORK
from digitcore.folder import NAME
from digitcore.own.store import own_sets
from ui.kept import kept_among
from ui.loaders import members

ASKED, KEPT = "set asked for", "set just kept"
DONE = "set just corrected"  # the session keeps what was done under this, to be told once
SET = "set"  # the address and the session keep the chosen set's name under this


def choose_set() -> str:
    """The name of the set that the person chooses, which travels in the address."""
    names = [MNIST, *own_sets().names()]
    if done := st.session_state.pop(DONE, ""):
        st.toast(done, icon=":material/check:")
    _say_what_is_gone(names)
    if len(names) == 1 and SET not in st.session_state:
        st.query_params.pop(SET, None)  # nothing to choose from
        return MNIST
    _turn_to_asked(names)
    kept_among(SET, names)
    return st.selectbox("Digits", names, key=SET, bind="query-params", persist_state="session",
                        width=260)  # fmt: skip


def _say_what_is_gone(names: list[str]) -> None:
    """Once, of a set that was chosen, or is asked for by the address, and is not there."""
    asked = st.session_state.get(SET, st.query_params.get(SET, MNIST))
    if asked in names:
        return
    if NAME.fullmatch(asked) and ASKED not in st.session_state:
        st.info(f"There is no set called {asked} here, or not any more. MNIST's digits are shown "
                "instead.", icon=":material/folder_off:")  # fmt: skip


def ask_for_set(name: str, kept: bool = False) -> None:
    """Choose a set when the page is drawn next; kept: say that it is kept now."""
    st.session_state[ASKED] = name
    st.session_state[KEPT] = kept


def _turn_to_asked(names: list[str]) -> None:
    name = st.session_state.pop(ASKED, None)
    if name in names:
        if SET not in st.session_state:  # a widget that was not there before does not write it
            st.query_params[SET] = name
        st.session_state[SET] = name
        if st.session_state.pop(KEPT, False):
            st.toast(f"{name} is kept, and shown here.", icon=":material/check:")


def load_catalogue(name: str) -> Catalogue:
    """All that is known of a set, shared by all sessions and read-only.

    Raises NoSuchSet, DataDamaged, RunDamaged.
    """
    return catalogue.of_mnist() if name == MNIST else _of_own(name, own_sets().stamp(name))


@st.cache_resource(show_spinner="Measuring each digit ...", max_entries=4)
def _of_own(name: str, stamp: tuple) -> Catalogue:
    return catalogue.of_own(own_sets().load(name), members().store.run(NETWORK).network())
