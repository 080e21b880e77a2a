"""What is taken for what: confusion matrices side by side, their difference, and the digits."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from digitcore.comparison.confusion import SCALES, most_confused, moved, places, scaled
from digitcore.figures.confusion import Cell, confusion, difference, strongest
from digitcore.report import Piece
from digitcore.words import counted
from ui.charts import show_chart
from ui.compare.digit import show_digits
from ui.compare.seen import Seen
from ui.kept import kept_among
from ui.words import a_digit, text_colour

Pair = tuple[str, str]
MOST = 4  # matrices side by side
WIDTH = 350  # pixels a matrix needs
DIGITS = list(range(10))
OF, LABEL, ANSWER = "confusion of", "confusion label", "confusion answer"
MATRICES, DIFFERENCE = "matrices", "the difference"
NUMBERS = "numbers"  # and so in the address: a recipe has a field called scale


def show(seen: Seen) -> None:
    shown, scale, diagonal, pair = _choose(seen)
    if not shown:
        st.info("Choose at least one model to see its matrix.", icon=":material/checklist:")
        return
    st.caption(
        f"How many of the {seen.where} are read as what; all matrices share one scale. Click a "
        "cell to see its digits, or choose it below."
    )
    _begin_cell(seen, shown, pair)
    _show_matrices(seen, shown, scale, diagonal, pair)
    _show_cell(seen, shown, pair)


def pieces(seen: Seen) -> Iterator[Piece]:
    shown, scale, diagonal, pair = kept_choice(seen)
    top = _top(seen, shown, scale)
    for name in shown:
        found = seen.predictions[name]
        yield Piece(
            f"Confusion matrix of {name}",
            f"Rows are true digits, columns answers; {scale}. n = {seen.where}, of which "
            f"{found.errors:,} are errors, off the diagonal.",
            confusion(found.confusion, scale, name, top, diagonal),
        )
    if pair:
        yield Piece(
            f"Confusion matrix of {pair[0]} minus {pair[1]}",
            f"Orange with + is what {pair[0]} does more often than {pair[1]}, blue with \u2212 "
            f"what it does less often; {scale}, n = {seen.where}.",
            _difference(seen, pair, scale, diagonal),
        )


def kept_choice(seen: Seen) -> tuple[list[str], str, bool, Pair | None]:
    """What was chosen in the view, as far as it fits these models, else what it begins with."""
    kept, names = st.session_state, seen.names
    shown = [name for name in kept.get(MATRICES, ()) if name in names] or names[:2]
    scale, diagonal = kept_among(NUMBERS, SCALES), kept.get("diagonal", False)
    if len(names) < 2:
        return shown, scale, diagonal, None
    a = kept_among("minuend", names)
    return shown, scale, diagonal, (a, kept_among("subtrahend", [n for n in names if n != a]))


def _choose(seen: Seen) -> tuple[list[str], str, bool, Pair | None]:
    names = seen.names
    if not {*(st.session_state.get(MATRICES) or names)} & {*names}:  # of another choice of models
        st.session_state[MATRICES] = names[:2]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.multiselect(
            f"Side by side, up to {MOST}", names, default=names[:2], max_selections=MOST,
            key=MATRICES, width=420, persist_state="session",
        )  # fmt: skip
        scale = st.segmented_control("Numbers", SCALES, default=SCALES[0], required=True,
                                     key=NUMBERS, bind="query-params", persist_state="session",
                                     help="by row: of all digits of a kind, the share that is "
                                     "read so. by column: of all answers of a kind.")  # fmt: skip
        diagonal = st.toggle("Right answers too", key="diagonal", persist_state="session",
                             help="The diagonal: what is read as what it is.")  # fmt: skip
    if len(names) < 2:
        return shown, scale, diagonal, None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        a = st.selectbox("Difference: of", names, key="minuend", width=200,
                         persist_state="session")  # fmt: skip
        others = [name for name in names if name != a]
        b = st.selectbox("take away", others, key="subtrahend", width=200,
                         persist_state="session")  # fmt: skip
    return shown, scale, diagonal, (a, b)


def _show_matrices(
    seen: Seen, shown: list[str], scale: str, diagonal: bool, pair: Pair | None
) -> None:
    top = _top(seen, shown, scale)
    with st.grid("auto", min_column_width=WIDTH):
        for name in shown:
            found = seen.predictions[name]
            errors = counted(found.errors, "error")
            figure = confusion(found.confusion, scale, f"{name}: {errors}", top,
                               diagonal, text_colour(), _chosen(name))  # fmt: skip
            _show_matrix(figure, name, f"Confusion matrix of {name}, {errors}")
        if pair:
            figure = _difference(seen, pair, scale, diagonal, text_colour(), _chosen(DIFFERENCE))
            _show_matrix(figure, DIFFERENCE, f"Confusion matrix of {pair[0]} minus {pair[1]}")
    if pair:
        st.caption(
            f"In the difference, orange with + is what {pair[0]} does more often than {pair[1]}, "
            "blue with \u2212 what it does less often."
        )


def _show_matrix(figure: go.Figure, name: str, alt: str) -> None:
    key = f"confusion matrix {name}"
    show_chart(
        figure,
        key=key,
        on_select=partial(_pick, key, name),
        selection_mode="points",
        alt=alt,
    )


def _pick(key: str, name: str) -> None:
    """The cell that was clicked is chosen in the boxes as well."""
    points = st.session_state[key].selection.points
    if points:
        label, answer, *_ = points[0]["customdata"]
        st.session_state[OF], st.session_state[LABEL] = name, int(label)
        st.session_state[ANSWER] = int(answer)


def _show_cell(seen: Seen, shown: list[str], pair: Pair | None) -> None:
    """The digits of the chosen cell."""
    of, label, answer = _choose_cell(shown, pair)
    if of == DIFFERENCE and pair:
        only_a, only_b = moved(*(seen.predictions[name] for name in pair), label, answer)
        for (name, other), found in zip((pair, pair[::-1]), (only_a, only_b), strict=True):
            title = f"{a_digit(label)} that {name} reads as {answer} and {other} does not"
            _show_group(seen, title, found, f"confusion {name}", list(pair))
        return
    found = places(seen.predictions[of], label, answer)
    _show_group(
        seen, f"{a_digit(label)} that {of} reads as {answer}", found, "confusion cell", seen.names
    )


def _begin_cell(seen: Seen, shown: list[str], pair: Pair | None) -> None:
    """A cell is chosen from the start: what the first model confuses most."""
    kept = st.session_state
    label, answer = most_confused(seen.predictions[shown[0]])
    kept.setdefault(LABEL, label)
    kept.setdefault(ANSWER, answer)
    kept.setdefault(OF, kept_among(OF, _options(shown, pair)))


def _options(shown: list[str], pair: Pair | None) -> list[str]:
    return [*shown, *([DIFFERENCE] if pair else [])]


def _chosen(name: str) -> Cell | None:
    """The chosen cell, if it is of this matrix. Framing it there lets it be clicked once more."""
    kept = st.session_state
    return (kept[LABEL], kept[ANSWER]) if kept[OF] == name else None


def _choose_cell(shown: list[str], pair: Pair | None) -> tuple[str, int, int]:
    """The same without a mouse."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = st.selectbox("Digits of", _options(shown, pair), key=OF, width=200)
        label = st.selectbox("that are a", DIGITS, key=LABEL, width=110)
        answer = st.selectbox("read as", DIGITS, key=ANSWER, width=110)
    return of, label, answer


def _show_group(seen: Seen, words: str, found: np.ndarray, key: str, names: list[str]) -> None:
    st.markdown(f"**{counted(len(found))}**: {words}" if len(found) else f"No digit is {words}.")
    if len(found):
        show_digits(seen, found.tolist(), key, names)


def _top(seen: Seen, names: list[str], scale: str) -> float:
    return strongest([scaled(seen.predictions[name].confusion, scale) for name in names])


def _difference(
    seen: Seen, pair: Pair, scale: str, diagonal: bool, text: str = "", chosen: Cell | None = None
) -> go.Figure:
    a, b = (seen.predictions[name].confusion for name in pair)
    top = strongest([scaled(a, scale) - scaled(b, scale)])
    return difference(a, b, scale, f"{pair[0]} minus {pair[1]}", top, diagonal, text, chosen)
