"""A photo of a sheet: given, kept while the session lasts, and shown with its digits numbered."""

import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw, ImageFont

from digitcore.own.sheet import Piece, Sheet, example

WAYS = {"Upload": ":material/upload:", "Camera": ":material/photo_camera:",
        "Example": ":material/description:"}  # fmt: skip
KINDS = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]
PHOTO, WAY, ROUND = "sheet photo", "sheet way", "sheet round"
TAG = 25  # pixels of a number where the picture is WIDE: 9 on a phone
WIDE, HIGH = 1000, 3000
DENSE, FIFTH = 70, 5
"""With more digits than that, only the first of each row and every fifth have their numbers."""
SURE, DOUBTFUL, PASSED_OVER = (11, 110, 153), (176, 64, 0), (120, 120, 120)


def give_photo() -> bytes | None:
    """An image file as the person gave it, or None so far."""
    way = st.segmented_control(
        "How to give the sheet", list(WAYS), default="Upload", required=True,
        format_func=lambda name: f"{WAYS[name]} {name}", label_visibility="collapsed", key=WAY,
        persist_state="session",
    )  # fmt: skip
    if way == "Upload":
        key = _key(way)
        st.file_uploader("A photo or a scan of a sheet: PNG, JPEG or WebP, up to 10 MB", KINDS,
                         key=key, on_change=_take, args=(key,), max_upload_size=10)  # fmt: skip
    elif way == "Camera":
        key = _key(way)
        st.camera_input("A photo of the sheet", key=key, on_change=_take, args=(key,))
    else:
        _offer_example()
    return st.session_state.get(PHOTO)


def _key(way: str) -> str:
    """The widget's. One that was gone for a while comes back as a new one: it would say that it
    is empty now, and the photo is here already."""
    key = f"sheet {way} {st.session_state.get(ROUND, 0)}"
    if st.session_state.get(PHOTO) and key not in st.session_state:
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        key = f"sheet {way} {st.session_state[ROUND]}"
    return key


def _take(key: str) -> None:
    """Keep what was given over a page switch, which empties the widget; to take it out there
    forgets it."""
    given = st.session_state[key]
    st.session_state[PHOTO] = given.getvalue() if given else None


def forget_photo() -> None:
    """With an empty place for another one."""
    st.session_state.pop(PHOTO, None)
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _offer_example() -> None:
    st.caption(
        "Forty of MNIST's training digits as if they were written on ruled paper: four rows that "
        "read 0 1 2 3 4 5 6 7 8 9."
    )
    with st.container(horizontal=True):
        st.button("Take the example", icon=":material/check:", on_click=_take_example)
        st.download_button("Download it", _example(), "example-sheet.jpg", "image/jpeg",
                           icon=":material/download:", on_click="ignore")  # fmt: skip


def _take_example() -> None:
    st.session_state[PHOTO] = _example()


@st.cache_data(show_spinner=False)
def _example() -> bytes:
    return example()


def show_photo(sheet: Sheet) -> None:
    """The sheet with a number on each digit, and what was left out and why."""
    many = len(sheet.pieces)
    st.image(
        _numbered(sheet),
        width="stretch",
        caption="The digits as they were found, numbered as they are read"
        + (" (of many, only the first of each row and every fifth)" if many > DENSE else "")
        + ". A thick frame: perhaps no single digit. A thin grey frame: a mark that was not taken.",
        alt=f"The photo of the sheet with numbered boxes around {many} digits",
    )
    if sheet.left_out:
        st.caption("Left out: " + ", ".join(
            f"{why} ({many:,})" for why, many in sheet.reasons.items()) + ".")  # fmt: skip


@st.cache_data(show_spinner=False, max_entries=8, hash_funcs={Sheet: lambda sheet: (
    sheet.picture.tobytes(), tuple(piece.box for piece in sheet.pieces))})  # fmt: skip
def _numbered(sheet: Sheet) -> bytes:
    """A JPEG file of the part of the sheet that has digits, as wide as it is to be seen."""
    top, left, bottom, right = _part(sheet)
    times = WIDE / (right - left)
    times = min(times, HIGH / (bottom - top))
    size = round((right - left) * times), round((bottom - top) * times)
    picture = Image.fromarray(sheet.picture[top:bottom, left:right]).resize(size)
    brush = ImageDraw.Draw(picture)
    corner = np.array((left, top, left, top))
    for mark in sheet.left_out:
        brush.rectangle(_corners(mark.box, corner, times), outline=PASSED_OVER)
    _tag(brush, sheet.pieces, corner, times)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


def _part(sheet: Sheet) -> tuple[int, int, int, int]:
    """Around all digits, with room for the numbers."""
    boxes = np.array([piece.box for piece in sheet.pieces])
    room = round(0.06 * max(sheet.picture.shape[:2]))
    top, left = np.maximum(boxes[:, :2].min(axis=0) - room, 0)
    bottom, right = np.minimum(boxes[:, 2:].max(axis=0) + room, sheet.picture.shape[:2])
    return int(top), int(left), int(bottom), int(right)


def _corners(box: Sequence[int], corner: np.ndarray, times: float) -> list[float]:
    top, left, bottom, right = box
    return list((np.array((left, top, right, bottom)) - corner) * times)


def _tag(brush: ImageDraw.ImageDraw, pieces: Sequence[Piece], corner: np.ndarray,
         times: float) -> None:  # fmt: skip
    """A frame around each digit and its number above the frame's left corner."""
    high = float(np.median([piece.box[2] - piece.box[0] for piece in pieces])) * times
    font = ImageFont.load_default(size=min(TAG, max(14.0, 0.6 * high)))
    shown = _numbers(pieces)
    for place, piece in enumerate(pieces):
        colour = DOUBTFUL if piece.doubt else SURE
        corners = _corners(piece.box, corner, times)
        brush.rectangle(corners, outline=colour, width=6 if piece.doubt else 2)
        if place not in shown:
            continue
        at = corners[0], max(0.0, corners[1] - font.size * 1.1)
        left, top, right, bottom = brush.textbbox(at, str(place + 1), font)
        brush.rectangle((left - 3, top - 3, right + 3, bottom + 3), fill=colour)
        brush.text(at, str(place + 1), (255, 255, 255), font)


def _numbers(pieces: Sequence[Piece]) -> set[int]:
    """Places of those whose number is shown, so that numbers do not hide the digits."""
    if len(pieces) <= DENSE:
        return set(range(len(pieces)))
    starts: dict[int, int] = {}
    for place, piece in enumerate(pieces):
        starts.setdefault(piece.row, place)
    return {place for place, piece in enumerate(pieces)
            if place == starts[piece.row] or (place + 1) % FIFTH == 0 or piece.doubt}  # fmt: skip
