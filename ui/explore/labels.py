"""Digits with a place to type each one's label: the next one follows by itself."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from PIL import Image

from digitcore.own.sheet.labelling import Labelled

CSS = """
.labels { display: grid; gap: 0.6rem 0.4rem;
  grid-template-columns: repeat(auto-fill, minmax(72px, 1fr)); }
.digit { display: flex; flex-direction: column; align-items: center; gap: 3px;
  color: var(--st-text-color); font-size: 0.75rem; line-height: 1.25; text-align: center;
  white-space: pre-line; }
img { width: 56px; height: 56px; image-rendering: pixelated; background: #000; }
.doubt img { outline: 3px solid #d9730d; }
input { font: inherit; font-size: 1.15rem; font-weight: 600; width: 56px; height: 34px;
  box-sizing: border-box; text-align: center; color: var(--st-text-color);
  background: var(--st-secondary-background-color); border-radius: var(--st-base-radius);
  border: 1px solid var(--st-border-color); caret-color: transparent; }
.guess input { border: 2px dashed var(--st-text-color); font-style: italic; font-weight: 400; }
.bare input { border-color: #d9730d; border-width: 2px; }
input:focus { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""
JS = """
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

function drawDigit({ place, picture, label, guess, doubt }) {
  const digit = document.createElement("div");
  const image = document.createElement("img");
  const input = document.createElement("input");
  const words = document.createElement("span");
  image.src = picture;
  image.alt = "";
  input.value = label ?? "";
  input.inputMode = "numeric";
  input.autocomplete = "off";
  input.dataset.place = place;
  input.guess = guess;
  input.doubt = doubt;
  digit.append(image, input, words);
  tell(digit, input, words);
  return digit;
}

function tell(digit, input, words) {
  const number = Number(input.dataset.place) + 1;
  const guessed = input.guess !== null && input.value !== "";
  digit.className = "digit" + (guessed ? " guess" : "") + (input.value === "" ? " bare" : "")
    + (input.doubt ? " doubt" : "");
  const state = input.value === "" ? "left out"
    : guessed ? "guess, " + Math.min(99, Math.floor(100 * input.guess)) + " %" : "";
  words.textContent = number + (input.doubt ? ", wide" : "") + "\\n" + state;
  input.setAttribute("aria-label", "Label of digit " + number
    + (input.doubt ? ", " + input.doubt : "") + (state ? ", " + state : ""));
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector("#root");
  if (root.version !== data.version) {  // else the focus and what was just typed stay
    root.version = data.version;
    root.edits = {};
    const grid = document.createElement("div");
    grid.className = "labels";
    grid.append(...data.digits.map(drawDigit));
    root.replaceChildren(grid);
  }
  const inputs = [...root.querySelectorAll("input")];
  const go = (place) => { const to = inputs[place]; if (to) { to.focus(); to.select(); } };
  const send = () => setStateValue("edits", { version: data.version, labels: { ...root.edits } });
  const set = (input, label) => {
    input.value = label;
    input.guess = null;
    tell(input.parentElement, input, input.nextElementSibling);
    root.edits[input.dataset.place] = label === "" ? null : Number(label);
    clearTimeout(root.soon);
    root.soon = setTimeout(send, 400);
  };
  const flush = () => { if (root.soon) { clearTimeout(root.soon); root.soon = null; send(); } };
  inputs.forEach((input, place) => {
    input.onfocus = () => input.select();
    input.onclick = () => input.select();
    input.onblur = (event) => { if (!inputs.includes(event.relatedTarget)) flush(); };
    input.oninput = () => {
      const typed = input.value.replace(/[^0-9]/g, "").slice(-1);
      const emptied = input.value === "";
      if (typed === "" && !emptied) { input.value = ""; }
      set(input, typed);
      if (typed !== "") go(place + 1);
    };
    input.onkeydown = (event) => {
      const { key } = event;
      const step = STEPS[key];
      if (step) { event.preventDefault(); go(place + step); }
      else if (key === "ArrowDown" || key === "ArrowUp") {
        event.preventDefault();
        const across = getComputedStyle(root.firstChild).gridTemplateColumns.split(" ").length;
        go(place + (key === "ArrowDown" ? across : -across));
      } else if (key === "Enter") {
        event.preventDefault();
        if (input.value !== "" && input.guess !== null) set(input, input.value);
        go(place + 1);
      } else if (key === "Backspace" || key === "Delete" || key === "-" || key === "x") {
        event.preventDefault();
        if (input.value === "" && key === "Backspace") go(place - 1);
        else { set(input, ""); if (key === "-" || key === "x") go(place + 1); }
      }
      event.stopPropagation();
    };
  });
}
"""
_LABELS = st.components.v2.component("digit_labels", html='<div id="root"></div>', css=CSS, js=JS)
KEY = "sheet labels"


def type_labels(labelled: Labelled, places: Sequence[int], version: str,
                change: Callable[[Mapping[int, int | None]], None]) -> None:  # fmt: skip
    """Show the digits at `places`, in that order, each with its label.

    version: another one draws all of it anew, and what was typed before counts no more; change:
    is called with what was typed since, by place.
    """
    digits = [
        {"place": place, "picture": _picture(labelled, place), "label": labelled.labels[place],
         "guess": labelled.probs[place] if labelled.open[place] else None,
         "doubt": labelled.sheet.pieces[place].doubt}
        for place in places
    ]  # fmt: skip
    _LABELS(key=KEY, data={"digits": digits, "version": version},
            on_edits_change=lambda: _take(version, change))  # fmt: skip


def _take(version: str, change: Callable[[Mapping[int, int | None]], None]) -> None:
    told = st.session_state[KEY].edits
    if told and told["version"] == version:
        change({int(place): None if label is None else int(label)
                for place, label in told["labels"].items()})  # fmt: skip


def _picture(labelled: Labelled, place: int) -> str:
    """A digit as it will be kept, as the address of a PNG that holds it."""
    file = io.BytesIO()
    Image.fromarray(labelled.sheet.pieces[place].image).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
