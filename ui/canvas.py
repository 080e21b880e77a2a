"""The drawing canvas without its own toolbar.

The toolbar lies invisible over the canvas's upper right corner until the mouse comes near: a
finger that starts a stroke there presses one of its buttons instead. Its Undo, Edit and Reset know
nothing of ours, and nothing else can hide it, since the canvas draws itself in a shadow tree. So
the component is registered once more, with the package's own files and one rule more.
"""

import logging
from pathlib import Path

import streamlit as st
import streamlit_drawable_canvas as package

NAME = "streamlit-drawable-canvas.streamlit_drawable_canvas"
STYLES = Path(package.__file__).parent / "frontend" / "build"
NO_TOOLBAR = "\n.dc-toolbar { display: none !important; }\n"


def _without_toolbar() -> None:
    (styles,) = STYLES.glob("index-*.css")
    log = logging.getLogger("streamlit.components.v2.component_registry")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns that a definition is replaced, which is what we want
    package.out = st.components.v2.component(
        NAME,
        js="index-*.js",
        css=styles.read_text("utf-8") + NO_TOOLBAR,
        html='<div class="canvas-root"></div>',
        isolate_styles=True,
    )
    log.setLevel(level)


_without_toolbar()
st_canvas = package.st_canvas
