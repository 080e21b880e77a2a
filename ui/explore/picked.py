"""Digits that a person ticks one by one, and what is taken away as files: those, or all shown."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st

from digitcore.exploration import bundle
from digitcore.exploration.bundle import MOST_PICTURES
from digitcore.exploration.catalogue import Catalogue
from ui.tiles import Ticks

PICKED = "digits ticked"  # the session keeps (pictures, places) of each set under this, by name
TICKED, ALL = "ticked", "all"
HEADING, BYTES = 8000, 1930  # of a CSV file's first line and of a digit in it, about


def picked(catalogue: Catalogue) -> set[int]:
    """Places in the set of the digits that are ticked."""
    kept = st.session_state.setdefault(PICKED, {})
    of, known = kept.get(catalogue.name, (catalogue.pictures, set()))
    if of != catalogue.pictures:  # other digits stand at these places now
        if known:
            st.toast(f"{catalogue.name} has other digits now: none is ticked any more.",
                     icon=":material/deselect:")  # fmt: skip
        of, known = catalogue.pictures, set()
    kept[catalogue.name] = of, known
    return known


def ticks(catalogue: Catalogue, places: np.ndarray) -> Ticks:
    """The ticks of tiles that show `places`, in their order."""
    known = picked(catalogue)

    def change(shown: Sequence[int], on: Sequence[int]) -> None:
        inside = [at for at in shown if at < len(places)]
        known.difference_update(places[inside].tolist())
        known.update(places[[at for at in on if at < len(places)]].tolist())

    return Ticks(lambda at: int(places[at]) in known, change)


def show_picked(catalogue: Catalogue, places: np.ndarray) -> None:
    """How many are ticked, how to tick all or none, and the way to the files."""
    known = picked(catalogue)
    with st.container(horizontal=True, vertical_alignment="center"):
        tick = f"Tick all {len(places):,}" if len(places) > 1 else "Tick it"
        st.button(tick, icon=":material/select_all:", key="gallery tick all",
                  on_click=lambda: known.update(places.tolist()))  # fmt: skip
        if known:
            untick = f"Untick all {len(known):,}" if len(known) > 1 else "Untick 1"
            st.button(untick, icon=":material/deselect:",
                      key="gallery untick", on_click=known.clear)  # fmt: skip
        with st.popover("Download", icon=":material/download:", key="gallery download"):
            _offer_files(catalogue, _choose_what(known, places))


def _choose_what(known: set[int], places: np.ndarray) -> np.ndarray:
    """The places of the ticked digits, or of all that the filter gives."""
    hidden = len(known.difference(places.tolist()))
    ticked = f"The {len(known):,} ticked" if len(known) > 1 else "The one that is ticked"
    words = {
        TICKED: ticked + (f", {hidden:,} of them not shown now" if hidden else ""),
        ALL: f"All {len(places):,} that are filtered" if len(places) > 1 else "The one shown",
    }
    if not known:
        st.caption(f"{words[ALL]}. Tick some to take only these.")
        return places
    what = st.radio("Which digits", [TICKED, ALL], key="gallery what", format_func=words.get)
    return np.array(sorted(known)) if what == TICKED else places


def _offer_files(catalogue: Catalogue, places: np.ndarray) -> None:
    """Each is made when its button is pressed."""
    count, name = len(places), f"{catalogue.name.lower()}-{len(places)}-digits"

    def offer(label: str, how: Callable, ending: str, mime: str, words: str, **more: bool) -> None:
        st.download_button(label, partial(how, catalogue, places), f"{name}.{ending}", mime,
                           key=f"gallery {ending}", on_click="ignore", help=words,
                           icon=":material/download:", width="stretch", **more)  # fmt: skip

    offer("Images, a ZIP file", bundle.as_zip, "zip", "application/zip",
          "A PNG of 28 by 28 pixels for each digit, in a folder for each class, and index.csv "
          "with all that is known of them.", disabled=count > MOST_PICTURES)  # fmt: skip
    offer(f"CSV, {_size(HEADING + count * BYTES)}", bundle.as_csv, "csv", "text/csv",
          "A line for each digit: its label, its 784 pixels, and all that is known of it. It can "
          "be read again as a set of your own.")  # fmt: skip
    offer("NumPy, an NPZ file", bundle.as_npz, "npz", "application/octet-stream",
          "The arrays images, labels, splits and numbers.")  # fmt: skip
    if count > MOST_PICTURES:
        st.caption(f"As images up to {MOST_PICTURES:,} digits, the other files hold any number.")


def _size(count: int) -> str:
    """Bytes in words."""
    return f"about {count / 1e6:,.0f} MB" if count > 1e6 else f"about {max(1, count // 1000)} kB"
