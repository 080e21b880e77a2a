"""The frame around every page: the navigation, and what is being trained."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

from ui.loaders import jobs
from ui.strip import show_strip
from ui.words import GOING, go_to, in_words

SEEN, ON_SHOW = "pages seen", "page on show"  # the session keeps their paths under these
FAVICON = Path(__file__).with_name("favicon.png")  # an MNIST digit; an icon's name would be fetched


def own_navigation() -> None:
    """Make a server's first session start in the frame, whichever page it asks for.

    Streamlit takes a folder named pages/ for its older kind of multipage app until a script has
    called st.navigation once, and would run a page asked for by its address without the frame.
    """
    PagesManager.uses_pages_directory = False


def show() -> None:
    """Draw the navigation and run the page that is chosen."""
    # first: else the browser would fetch the icons that are named below from elsewhere
    st.set_page_config(page_icon=str(FAVICON), layout="wide")
    page = st.navigation(
        [
            st.Page(
                "pages/welcome.py",
                title="Home",
                icon=":material/home:",
                default=True,
                help="What this is and how well the models read.",
            ),
            st.Page(
                "pages/dataset.py",
                title="Explore",
                icon=":material/search:",
                help="What is in the data, what is odd, and what looks like what.",
            ),
            st.Page(
                "pages/train.py",
                title="Train",
                icon=":material/model_training:",
                help="Train a network and watch it learn.",
            ),
            st.Page(
                "pages/compare.py",
                title="Compare",
                icon=":material/balance:",
                help="Which model to use, and whether a gap is luck.",
            ),
            st.Page(
                "pages/draw.py",
                title="Draw",
                icon=":material/draw:",
                help="Draw a digit and see what every model thinks of it.",
            ),
        ],
        position="top",
    )
    st.set_page_config(page_title=f"{page.title} - Digits")
    _keep_choices(page)
    if page.url_path != "train":  # which shows all of it
        show_strip(jobs())
    with in_words():
        page.run()


def _keep_choices(page: StreamlitPage) -> None:
    """The browser's Back comes to a page without what its address had, which Streamlit takes for
    all its choices undone. Where the page is switched to they are kept, and written there anew."""
    kept = st.session_state
    seen, going = kept.setdefault(SEEN, set()), kept.pop(GOING, False)
    come_to = kept.get(ON_SHOW) != page.url_path
    kept[ON_SHOW] = page.url_path
    if come_to and page.url_path in seen and not going and not st.query_params:
        go_to(page)
    seen.add(page.url_path)
