"""Files of digits: sent, checked, and kept under a name when the check has been seen."""

import re
from pathlib import PurePath

import streamlit as st

from digitcore.own.checking import Checking
from digitcore.own.files import LIMITS, Upload
from digitcore.own.reading import MEGA, Found
from digitcore.own.store import RESERVED, About, Refused, own_sets
from digitcore.own.told import listed
from ui.explore import own_check
from ui.explore.own_kinds import explain
from ui.explore.saving import saved
from ui.states import duration
from ui.words import in_words, show_refused

ROUND, CHECKING, NAME = "own files round", "own check", "own name"
PATIENCE = 0.7  # seconds in which most checks end
EVERY = 0.5  # seconds between two words on how far a longer one is


def show() -> str | None:
    """Gives the name of a set that was just kept."""
    explain()
    key = _key()
    st.file_uploader(
        f"Files, up to {LIMITS.upload // MEGA} MB together", accept_multiple_files=True, key=key,
        max_upload_size=LIMITS.upload // MEGA, on_change=_begin, args=(key,),
    )  # fmt: skip
    checking = st.session_state.get(CHECKING)
    return _show_check(checking) if checking else None


def _key() -> str:
    """The widget's. One that was gone for a while, with another view or page in its place, comes
    back as a new one: it would say that it is empty now, and its files are checked already."""
    key = f"own files {st.session_state.get(ROUND, 0)}"
    if CHECKING in st.session_state and key not in st.session_state:
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        key = f"own files {st.session_state[ROUND]}"
    return key


def _begin(key: str) -> None:
    """Check what is there now; nothing, where the last file was taken out."""
    _end_check()
    files = st.session_state[key]
    if files:
        st.session_state[NAME] = suggested(files[0].name)
        uploads = [Upload(file.name, file.getvalue()) for file in files]
        st.session_state[CHECKING] = Checking(uploads)


def _end_check() -> None:
    checking = st.session_state.pop(CHECKING, None)
    if checking:
        checking.stop()


def _forget() -> None:
    """The files and their check, with an empty place for others."""
    _end_check()
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def suggested(name: str) -> str:
    """A file's name made into one that a set may have."""
    stem = PurePath(name.replace("\\", "/")).name.split(".")[0]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "mine"
    return f"{name}-digits" if name.lower() in RESERVED else name


def _show_check(checking: Checking) -> str | None:
    if not checking.ended(PATIENCE):
        st.fragment(_watch, run_every=EVERY)(checking)
        return None
    kept = None
    if checking.found:
        own_check.show(checking.found, checking.warnings)
        kept = _keep(checking.found)
    elif checking.refused:
        show_refused(Refused(checking.refused))
    else:
        st.info("The check was stopped, and nothing is kept.", icon=":material/stop_circle:")
    st.button("Forget these files", on_click=_forget, icon=":material/close:", type="tertiary")
    return kept


def _watch(checking: Checking) -> None:
    """How far it is; the whole page once it has ended."""
    with in_words():
        if checking.ended():
            st.rerun(scope="app")
        st.progress(checking.done / max(checking.total, 1), _how_far(checking))
        st.button("Stop the check", icon=":material/stop:", on_click=checking.stop)


def _how_far(checking: Checking) -> str:
    if not checking.done:
        return "Reading the files"
    left = duration((checking.total - checking.done) / checking.rate)
    return (
        f"{checking.done:,} of {checking.total:,} pictures, {checking.rate:,.0f} a second, about "
        f"{left} left"
    )


def _keep(found: Found) -> str | None:
    """Its name once it is kept."""
    with (
        st.form("keep own", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        given = st.text_input("Name of the set", key=NAME, max_chars=64, width=260,
                              persist_state="session")  # fmt: skip
        asked = st.form_submit_button("Keep", type="primary", icon=":material/save:")
    name = given.strip()
    if not asked or not _saved(name, found):
        return None
    _forget()
    return name


def _saved(name: str, found: Found) -> bool:
    about = About(found.origin, listed(found.left_out))

    def write() -> None:
        with st.spinner("Keeping ..."):
            own_sets().save(name, found.images, found.labels, about, found.sources)

    return saved(write, "what was read is")
