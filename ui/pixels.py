"""One image large, whose pixels tell their values where one points, or by the arrow keys."""

import base64

import numpy as np
import streamlit as st

SIDE = 280  # CSS pixels
CSS = """
.digit { position: relative; width: SIDEpx; max-width: 100%; aspect-ratio: 1; cursor: crosshair;
  touch-action: none; outline-offset: 2px; }
.digit:focus-visible { outline: 2px solid var(--st-primary-color); }
canvas { width: 100%; height: 100%; image-rendering: pixelated; display: block; }
.at { position: absolute; box-sizing: border-box; border: 2px solid var(--st-primary-color);
  pointer-events: none; }
p { margin: 0.3rem 0 0; font-size: 0.8rem; line-height: 1.3; color: var(--st-text-color); }
""".replace("SIDE", str(SIDE))
JS = """
const HINT = "Point at a pixel, or use the arrow keys, to read its value.";
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export default function ({ data, parentElement }) {
  const digit = parentElement.querySelector(".digit");
  const at = parentElement.querySelector(".at");
  const words = parentElement.querySelector("p");
  const values = Uint8Array.from(atob(data.values), (letter) => letter.charCodeAt(0));
  const { side } = data;
  if (digit.drawn === data.values) return;
  digit.drawn = data.values;
  digit.setAttribute("aria-label", data.alt);
  const picture = new ImageData(side, side);
  values.forEach((value, place) => picture.data.set([value, value, value, 255], 4 * place));
  const canvas = parentElement.querySelector("canvas");
  canvas.width = canvas.height = side;
  canvas.getContext("2d").putImageData(picture, 0, 0);
  at.hidden = true;
  words.textContent = HINT;

  const inside = (value) => Math.min(side - 1, Math.max(0, value));
  const tell = (column, row) => {
    digit.at = [inside(column), inside(row)];
    const [x, y] = digit.at;
    at.hidden = false;
    at.style.left = `${(100 * x) / side}%`;
    at.style.top = `${(100 * y) / side}%`;
    at.style.width = at.style.height = `${100 / side}%`;
    words.textContent =
      `Row ${y + 1}, column ${x + 1} of ${side}: ${values[y * side + x]} of 255`;
  };
  digit.onpointermove = digit.onpointerdown = (event) => {
    const box = digit.getBoundingClientRect();
    tell(Math.floor((side * (event.clientX - box.left)) / box.width),
         Math.floor((side * (event.clientY - box.top)) / box.height));
  };
  digit.onkeydown = (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = digit.at ?? [side / 2 - 1, side / 2];
    tell(x + step[0], y + step[1]);
  };
}
"""
HTML = """
<div class="digit" tabindex="0" role="application">
  <canvas></canvas><div class="at" hidden></div>
</div>
<p aria-live="polite"></p>
"""
_PIXELS = st.components.v2.component("digit_pixels", html=HTML, css=CSS, js=JS)


def show_pixels(image: np.ndarray, alt: str, key: str) -> None:
    """Show a square uint8 image, 0 to 255, SIDE wide. alt: what it is."""
    values = base64.b64encode(np.ascontiguousarray(image).tobytes()).decode()
    _PIXELS(data={"values": values, "side": len(image), "alt": alt}, key=key)


def values_told(image: np.ndarray) -> str:
    """All values as lines of numbers, each as wide as the others."""
    return "\n".join(" ".join(f"{value:3}" for value in row) for row in image.tolist())
