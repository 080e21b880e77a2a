"""Digits as tiles that can be clicked, or reached by Tab and pressed, each with words under it.

Where asked, each has a box to tick in its corner too.
"""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

SIDE = 84  # pixels
CSS = """
.tiles { display: grid; gap: 0.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(var(--wide), 100%), 1fr)); }
.tile { position: relative; display: flex; }
button {
  font: inherit; color: var(--st-text-color); background: none; cursor: pointer; padding: 4px;
  border: 1px solid transparent; border-radius: var(--st-base-radius); text-align: center;
  display: flex; flex-direction: column; align-items: center; flex: 1;
}
button:hover { background: var(--st-secondary-background-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
.ticked button { border-color: var(--st-primary-color); }
img { height: SIDEpx; image-rendering: pixelated; background: #000; }
span { display: block; font-size: 0.8rem; line-height: 1.3; white-space: pre-line;
  overflow-wrap: anywhere; }
label { position: absolute; top: 5px; left: calc(50% - SIDEpx / 2); padding: 0 16px 16px 0;
  cursor: pointer; }
input { display: block; margin: 0; width: 16px; height: 16px; opacity: 0.45; cursor: pointer;
  accent-color: var(--st-primary-color); }
.tile:hover input, .tile:focus-within input, input:checked { opacity: 1; }
input:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
""".replace("SIDE", str(SIDE))
JS = """
function drawTile({ place, picture, caption }, ticks) {
  const tile = document.createElement("div");
  const button = document.createElement("button");
  const image = document.createElement("img");
  const words = document.createElement("span");
  tile.className = "tile";
  button.type = "button";
  button.dataset.place = place;
  image.src = picture;
  image.alt = caption;
  words.textContent = caption;
  words.ariaHidden = "true"; // the picture says the same
  button.append(image, words);
  tile.append(button);
  if (ticks) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = place;
    box.setAttribute("aria-label", "Tick " + caption.split("\\n")[0]);
    label.append(box);
    tile.append(label);
  }
  return tile;
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector("#root");
  const { tiles, ticks, wide } = data;
  const drawn = JSON.stringify([tiles, Boolean(ticks)]);
  if (root.drawn !== drawn) {  // else the focus stays where it is
    const grid = document.createElement("div");
    grid.className = "tiles";
    grid.style.setProperty("--wide", wide + "px");
    grid.append(...tiles.map((tile) => drawTile(tile, ticks)));
    root.replaceChildren(grid);
    root.drawn = drawn;
  }
  for (const button of root.querySelectorAll("button")) {
    button.onclick = () => setTriggerValue("clicked", Number(button.dataset.place));
  }
  if (!ticks) return;
  const boxes = [...root.querySelectorAll("input")];
  const on = () => boxes.filter((box) => box.checked).map((box) => Number(box.value));
  const mark = (box) => box.closest(".tile").classList.toggle("ticked", box.checked);
  // What was ticked since this was sent is known here alone yet.
  const current = ticks.count >= (root.count ?? 0);
  for (const box of boxes) {
    if (current) box.checked = ticks.on.includes(Number(box.value));
    mark(box);
    box.onchange = () => {
      mark(box);
      root.count = Math.max(root.count ?? 0, ticks.count) + 1;
      setStateValue("ticks", { count: root.count, shown: boxes.map((b) => Number(b.value)),
                               on: on() });
    };
  }
}
"""
_TILES = st.components.v2.component("digit_tiles", html='<div id="root"></div>', css=CSS, js=JS)


@dataclass(frozen=True)
class Ticks:
    """Whether a place is ticked, and what is called with (shown, ticked among them) on a change."""

    on: Callable[[int], bool]
    change: Callable[[Sequence[int], Sequence[int]], None]


def show_tiles(
    images: np.ndarray,
    captions: Callable[[int], str],
    key: str,
    most: int = 24,
    among: np.ndarray | None = None,
    ticks: Ticks | None = None,
    at_once: Callable[[int], None] | None = None,
) -> int | None:
    """Show uint8 images, or those `among` them; gives the place of the one that was just clicked.

    images: (M, 28, W); W is more than 28 for several side by side. among: (N,) which of them, in
    order; without, all. A place is 0..N-1. captions: the words under the image at a place, with
    line ends between lines. More than `most` are shown in pages. ticks: gives each one a box
    to tick. at_once: is called with the place that was clicked before anything is drawn anew.
    """
    count = len(images) if among is None else len(among)
    start = _choose_page(count, most, key)
    shown = range(start, min(start + most, count))
    tiles = [
        {"place": place, "picture": _picture(images[place if among is None else among[place]]),
         "caption": captions(place)}
        for place in shown
    ]  # fmt: skip
    name = f"{key} tiles"
    clicked = _TILES(
        key=name,
        data={"tiles": tiles, "ticks": _ticks(ticks, shown, name), "wide": _wide(images)},
        on_clicked_change=lambda: _take_click(at_once, name),
        on_ticks_change=lambda: _take_ticks(ticks, name),
    )  # fmt: skip
    return int(clicked.clicked) if clicked.clicked is not None else None


def _wide(images: np.ndarray) -> int:
    """Pixels that the tile of an image takes at least."""
    return round(SIDE * images.shape[2] / images.shape[1]) + 8


def _ticks(ticks: Ticks | None, shown: range, name: str) -> dict[str, Any] | None:
    """Those of the page; count: of the last change that came from the browser."""
    if ticks is None:
        return None
    told = getattr(st.session_state.get(name), "ticks", None)
    return {"count": told["count"] if told else 0, "on": [at for at in shown if ticks.on(at)]}


def _take_click(at_once: Callable[[int], None] | None, name: str) -> None:
    if at_once is not None:
        at_once(int(st.session_state[name].clicked))


def _take_ticks(ticks: Ticks | None, name: str) -> None:
    told = st.session_state[name].ticks
    if ticks is not None and told:
        ticks.change([int(at) for at in told["shown"]], [int(at) for at in told["on"]])


def _choose_page(count: int, most: int, key: str) -> int:
    """The first place on the chosen page; which of them are shown, in words."""
    if count <= most:
        return 0
    pages = -(-count // most)
    name = f"{key} page"
    if st.session_state.get(name, 1) > pages:  # of a longer list
        st.session_state[name] = 1
    # one below the other: in a row, Streamlit 1.67 leaves out buttons that would have room
    page = st.pagination(pages, key=name, max_visible_pages=5)
    start = (page - 1) * most
    st.caption(f"{start + 1:,} to {min(start + most, count):,} of {count:,}")
    return start


def _picture(image: np.ndarray) -> str:
    """A (28, 28) image as the address of a PNG that holds it."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
