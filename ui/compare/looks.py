"""Names and colours of the compared models: a user's run can be renamed, any model recoloured."""

import streamlit as st

from digitcore.standing import is_run
from ui.compare.seen import COLOURS, Seen, redraw_page, rename_model
from ui.kept import kept_among
from ui.loaders import jobs
from ui.states import attempt

OF = "board look"


def show(seen: Seen) -> None:
    """Choose a model, then its colour on this page and, for a user's run, its name."""
    with st.expander("Names and colours", icon=":material/palette:"):
        kept_among(OF, seen.names)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Model", seen.names, key=OF, width=240)
            _show_colour(seen, name)
            _show_name(name)
        if not is_run(jobs().folder / name):
            st.caption("Shipped models and ensembles keep their names.")


def _show_colour(seen: Seen, name: str) -> None:
    now = seen.styles[name].colour
    key = f"board colour {name} {now}"  # with the colour: a fresh one begins where it stands
    st.color_picker("Colour", now, key=key, on_change=_recolour, args=(name, key),
                    help="On this page and in its report, for you, until you reload. Choose what "
                    "can be told from the background and from the others.")  # fmt: skip
    st.button("Restore all colours", icon=":material/restart_alt:", on_click=_restore,
              disabled=not st.session_state.get(COLOURS))  # fmt: skip


def _recolour(name: str, key: str) -> None:
    own = st.session_state.get(COLOURS, {})
    st.session_state[COLOURS] = own | {name: st.session_state[key]}
    redraw_page()


def _restore() -> None:
    st.session_state[COLOURS] = {}
    redraw_page()


def _show_name(name: str) -> None:
    if not is_run(jobs().folder / name):
        return
    key = f"board name of {name}"
    st.text_input("Name", name, key=key, width=240, max_chars=64,
                  help="By which it is asked on the Draw page and over REST.")  # fmt: skip
    # the callback reads the field itself: an argument would hold what stood there before
    st.button("Rename", icon=":material/edit:", on_click=_rename, args=(name, key))


def _rename(name: str, key: str) -> None:
    new = st.session_state[key].strip()
    if attempt(jobs().rename, name, new, done=f"{name} is called {new} now."):
        rename_model(name, new)
        st.session_state[OF] = new
        redraw_page()
