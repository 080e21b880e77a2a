"""Three equal ways to give a picture of a digit: draw it, upload it, or take a test digit."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitcore.folder import NAME
from digitcore.ink import Ink, decode
from ui.canvas import st_canvas
from ui.loaders import test_digits
from ui.pictures import enlarge

SIDE = 320  # pixels; fits a phone that is 375 wide
PEN = 18  # pixels
WAYS = {"Draw": ":material/draw:", "Upload": ":material/upload:", "Test digit": ":material/casino:"}
TAKEN = ("png", "jpg", "jpeg", "webp", "gif", "bmp")
# These come too, to be refused in words: what the browser refuses leaves the picture before it.
NAMED = ("heic", "heif", "avif", "tif", "tiff", "svg", "pdf")
Picture = bytes | np.ndarray


def give_picture() -> tuple[Picture | None, DeltaGenerator]:
    """What the person gives: bytes of an image file, a uint8 (28, 28) array, or None so far.

    And room beside it for a word: on a phone the answer stands below what the screen shows.
    """
    way = st.segmented_control(
        "How to give a digit",
        list(WAYS),
        default="Draw",
        required=True,
        format_func=lambda name: f"{WAYS[name]} {name}",
        label_visibility="collapsed",
        key="way",
        persist_state="session",
    )
    match way:
        case "Upload":
            return _upload(), st.empty()
        case "Test digit":
            return _test_digit(), st.empty()
        case _:
            return _draw()


def _draw() -> tuple[bytes | None, DeltaGenerator]:
    """The pad. Its strokes and picture are kept, so that they are there after a page switch."""
    kept = st.session_state
    kept.setdefault("pad_strokes", [])
    kept.setdefault("pad_picture", None)
    if "pad" not in kept:  # the pad is new on this page: give it what was drawn before
        kept.pad_start = _drawing(kept.pad_strokes)
    canvas = st_canvas(
        key="pad",
        width=SIDE,
        height=SIDE,
        stroke_width=kept.get("pen", PEN),
        stroke_color="#111111",
        background_color="#ffffff",
        initial_drawing=kept.pad_start,
        return_image_data=True,
    )
    if canvas.image_bytes is not None and canvas.json_data != kept.get("pad_stale"):
        kept.pad_strokes, kept.pad_raw = canvas.json_data["objects"], canvas.json_data
        kept.pad_picture, kept.pad_stale = canvas.image_bytes, None
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width=SIDE):
        empty = not kept.pad_strokes
        st.button("Undo", icon=":material/undo:", on_click=_undo, disabled=empty)
        st.button("Clear", icon=":material/delete:", on_click=_clear, disabled=empty)
        with st.popover("Pen", icon=":material/line_weight:"):
            st.slider("Width in pixels", 4, 40, PEN, key="pen", persist_state="session")
        beside = st.empty()
    return kept.pad_picture if kept.pad_strokes else None, beside


def _undo() -> None:
    _draw_anew(st.session_state.pad_strokes[:-1])


def _clear() -> None:
    _draw_anew([])


def _draw_anew(strokes: list[dict]) -> None:
    """Hand the canvas other strokes. Until it has drawn them it still reports the old ones."""
    st.session_state.pad_stale = st.session_state.get("pad_raw")
    st.session_state.pad_strokes = strokes
    st.session_state.pad_start = _drawing(strokes)


def _drawing(strokes: list[dict]) -> dict:
    """A drawing for the canvas, which loads it only if it differs from the last one given."""
    count = st.session_state.get("pad_loads", 0) + 1
    st.session_state.pad_loads = count
    return {"objects": strokes, "load": count}


def _upload() -> bytes | None:
    file = st.file_uploader(
        "A picture of one digit: PNG, JPEG or WebP, up to 10 MB",
        type=[*TAKEN, *NAMED],
        key="upload",
        on_change=_keep_upload,
        max_upload_size=10,  # MB, as over REST
    )
    kept = st.session_state.get("kept_upload")
    if kept:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"File: {kept.name}")  # as text: a file may be named like Markdown
            if file is None:  # the widget forgot it on a page switch, and offers no way out
                st.button("Forget it", on_click=_forget_upload)
    return kept.getvalue() if kept else None


def _forget_upload() -> None:
    st.session_state.kept_upload = None


def _keep_upload() -> None:
    """Keep the file over a page switch, which empties the widget; taking it out forgets it."""
    st.session_state.kept_upload = st.session_state.upload


def show_given(seen: Ink) -> None:
    """An upload as it was understood, upright; what is drawn or chosen is seen already."""
    if st.session_state.way == "Upload":
        given = seen.steps[0]
        name = st.session_state.kept_upload.name
        told = f"{name}: {given.caption}" if NAME.fullmatch(name) else given.caption  # no Markdown
        _show_upload(given.picture, told)


def show_refused(picture: Picture) -> None:
    """An upload in which no digit was seen, as it was decoded, so that one sees why."""
    if st.session_state.way == "Upload" and isinstance(picture, bytes):
        _show_upload(decode(picture), "As it came.")


def _show_upload(picture: np.ndarray, caption: str) -> None:
    height, width = picture.shape[:2]
    if SIDE * height < width:  # it would be less than a pixel high
        st.caption(f"It is {width:,} pixels wide and {height} high: too flat to be shown.")
    else:
        st.image(picture, width=SIDE, caption=caption, alt="The uploaded picture")


def _test_digit() -> np.ndarray:
    digits = test_digits()
    st.session_state.setdefault("test_index", 7)
    st.button("Another one", icon=":material/casino:", on_click=_draw_lot, shortcut="N")
    index = st.number_input(
        f"Number of the test digit, 0 to {len(digits) - 1:,}",
        0,
        len(digits) - 1,
        key="test_index",
        persist_state="session",
        width=SIDE,
    )
    image = digits.images[index].numpy()
    label = int(digits.labels[index])
    st.image(
        enlarge(image, SIDE),
        width=SIDE,
        caption=f"Test digit {index:,}, labelled {label}",
        alt=f"A handwritten digit from MNIST, labelled {label}",
    )
    return image


def _draw_lot() -> None:
    lot = np.random.default_rng().integers(len(test_digits()))
    st.session_state.test_index = int(lot)
