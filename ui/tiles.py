"""Digits as tiles that can be clicked, or reached by Tab and pressed, each with words under it."""

import base64
import io
from collections.abc import Callable

import numpy as np
import streamlit as st
from PIL import Image

SIDE = 84  # pixels
CSS = """
.tiles { display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); }
button {
  font: inherit; color: var(--st-text-color); background: none; cursor: pointer; padding: 4px;
  border: 1px solid transparent; border-radius: var(--st-base-radius); text-align: center;
  display: flex; flex-direction: column; align-items: center;
}
button:hover { background: var(--st-secondary-background-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
img { width: SIDEpx; height: SIDEpx; image-rendering: pixelated; background: #000; }
span { display: block; font-size: 0.8rem; line-height: 1.3; white-space: pre-line;
  overflow-wrap: anywhere; }
""".replace("SIDE", str(SIDE))
JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const tiles = document.createElement("div");
  tiles.className = "tiles";
  for (const { place, picture, caption } of data.tiles) {
    const tile = document.createElement("button");
    const image = document.createElement("img");
    const words = document.createElement("span");
    tile.type = "button";
    image.src = picture;
    image.alt = caption;
    words.textContent = caption;
    tile.append(image, words);
    tile.onclick = () => setTriggerValue("clicked", place);
    tiles.append(tile);
  }
  parentElement.querySelector("#root").replaceChildren(tiles);
}
"""
_TILES = st.components.v2.component("digit_tiles", html='<div id="root"></div>', css=CSS, js=JS)


def show_tiles(
    images: np.ndarray, captions: Callable[[int], str], key: str, most: int = 24
) -> int | None:
    """Show uint8 (N, 28, 28) images; gives the place in 0..N-1 of the one that was just clicked.

    captions: the words under the image at a place, with line ends between lines. More than `most`
    are shown in pages.
    """
    start = _choose_page(len(images), most, key)
    shown = range(start, min(start + most, len(images)))
    tiles = [
        {"place": place, "picture": _picture(images[place]), "caption": captions(place)}
        for place in shown
    ]
    clicked = _TILES(data={"tiles": tiles}, key=f"{key} tiles", on_clicked_change=lambda: None)
    return int(clicked.clicked) if clicked.clicked is not None else None


def _choose_page(count: int, most: int, key: str) -> int:
    """The first place on the chosen page; which of them are shown, in words."""
    if count <= most:
        return 0
    pages = -(-count // most)
    name = f"{key} page"
    if st.session_state.get(name, 1) > pages:  # of a longer list
        st.session_state[name] = 1
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=name, max_visible_pages=5)
        start = (page - 1) * most
        st.caption(f"{start + 1:,} to {min(start + most, count):,} of {count:,}", width="content")
    return start


def _picture(image: np.ndarray) -> str:
    """A (28, 28) image as the address of a PNG that holds it."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
