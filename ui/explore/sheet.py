"""A photo of a sheet: cut into its digits, labelled by the person, and kept as a set."""

import zlib
from collections.abc import Callable, Mapping

import streamlit as st

from digitcore import ink
from digitcore.exploration.insights import NETWORK
from digitcore.own.sheet import (
    Mismatch,
    Sheet,
    cut_file,
    joined,
    parted,
    row_lengths,
    rows_in_order,
    rows_of_one_digit,
    typed,
)
from digitcore.own.sheet.labelling import Labelled, unlabelled
from ui.explore.labels import type_labels
from ui.explore.photo import forget_photo, give_photo, show_photo
from ui.explore.sheet_keep import offer_keeping
from ui.loaders import members

WORK, REFUSED = "sheet work", "sheet refused"
SCHEME, TEXT, SORT = "sheet scheme", "sheet text", "sheet sort"
ONE, OTHER, NO_DIGIT = "sheet one", "sheet other", "sheet no digit"
ONE_DIGIT = "Each row is one digit, from 0 down"
IN_ORDER = "Each row reads 0 1 2 ... 9"
TYPED = "I type what is written"
GUESSED = "Let a network guess, and I correct it"
READING, LEAST_SURE = "As they are read", "Least sure first"


def show() -> str | None:
    """Gives the name of a set that was just kept."""
    st.markdown(
        "Write digits on paper, with room between them, and photograph the sheet. Lines or "
        "squares on the paper and a shadow do no harm, and a sheet that lies askew on a table is "
        "laid straight where its four corners are seen. What you write is cut into digits here, "
        "and you say what each one is."
    )
    photo = give_photo()
    if photo is None:
        _forget_work()
        return None
    labelled = _work(photo)
    if labelled is None:
        return None
    _show_found(labelled.sheet)
    _offer_mending(len(labelled.labels))
    st.header("What is written?")
    labelled = _fill(labelled)
    _show_labels(labelled, f"{zlib.crc32(photo)} {labelled.version}")
    st.header("Keep them")
    name = offer_keeping(labelled)
    if name:
        forget_photo()
        _forget_work()
    return name


def _forget_work() -> None:
    for key in (WORK, REFUSED):
        st.session_state.pop(key, None)


def _work(photo: bytes) -> Labelled | None:
    """What was made of this photo so far, cut when it is new. Says why it cannot be."""
    kept = st.session_state
    if kept.get(WORK, (None,))[0] != photo and kept.get(REFUSED, (None,))[0] != photo:
        _forget_work()
        kept.pop(TEXT, None)
        try:
            with st.spinner("Cutting the sheet into digits ..."):
                kept[WORK] = photo, unlabelled(cut_file(photo))
        except (ink.BadPicture, ink.NoInk) as refusal:
            kept[REFUSED] = photo, refusal
    if REFUSED in kept:
        _say_refused(kept[REFUSED][1])
        return None
    return kept[WORK][1]


def _say_refused(refusal: Exception) -> None:
    if isinstance(refusal, ink.BadPicture):
        st.error(str(refusal), icon=":material/broken_image:")
    else:
        st.warning(f"No digits to be seen: {refusal}", icon=":material/visibility_off:")


def _change(how: Callable[[Labelled], Labelled]) -> None:
    """Write down what changes, before anything is drawn anew."""
    photo, labelled = st.session_state[WORK]
    st.session_state[WORK] = photo, how(labelled)


def _show_found(sheet: Sheet) -> None:
    lengths = row_lengths(sheet.pieces)
    many, rows = len(sheet.pieces), len(lengths)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{many:,} {'digit' if many == 1 else 'digits'} found**, in {rows:,} "
            f"{'row' if rows == 1 else 'rows'} of {_enumerated(lengths)}.",
            width="content",
        )
        st.button("Forget this photo", icon=":material/close:", type="tertiary",
                  on_click=forget_photo)  # fmt: skip
    show_photo(sheet)


def _enumerated(lengths: list[int]) -> str:
    """10, or 9 to 10 where they differ."""
    least, most = min(lengths), max(lengths)
    return str(least) if least == most else f"{least} to {most}"


def _offer_mending(many: int) -> None:
    for key in (ONE, OTHER):  # of a sheet with more digits
        st.session_state[key] = min(st.session_state.get(key, 1), many)
    with st.expander("Was a digit cut wrongly?"):
        st.caption("A digit without a label is left out: that is the way to drop one.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.number_input("Digit number", 1, many, key=ONE, width=130)
            st.number_input("and number", 1, many, key=OTHER, width=130)
            same = st.session_state[ONE] == st.session_state[OTHER]
            st.button("Join the two", disabled=same, on_click=_join)
            st.button("Cut the first in two", on_click=_part)
        if st.session_state.pop(NO_DIGIT, False):
            st.warning("That would be no digit but a spot or a scribble, so nothing is changed.",
                       icon=":material/block:")  # fmt: skip


def _join() -> None:
    one, other = st.session_state[ONE] - 1, st.session_state[OTHER] - 1
    _mend(lambda sheet: joined(sheet, one, other))


def _part() -> None:
    _mend(lambda sheet: parted(sheet, st.session_state[ONE] - 1))


def _mend(how: Callable[[Sheet], Sheet]) -> None:
    try:
        _change(lambda labelled: labelled.mended(how(labelled.sheet)))
    except ink.NoInk:
        st.session_state[NO_DIGIT] = True


def _fill(labelled: Labelled) -> Labelled:
    """All labels at once, where asked; they can be corrected one by one after it."""
    scheme = st.radio("How to say it", [ONE_DIGIT, IN_ORDER, TYPED, GUESSED], index=2, key=SCHEME,
                      persist_state="session", label_visibility="collapsed")  # fmt: skip
    many = len(labelled.labels)
    if scheme == TYPED:
        st.text_area(
            f"The {many:,} digits in the order of their numbers, and - for one to be left out",
            key=TEXT, persist_state="session", placeholder="3141592653", max_chars=4 * many + 200,
            help="Spaces and line ends do not count. Or type below, digit by digit.",
        )  # fmt: skip
    elif scheme == GUESSED:
        st.caption(
            f"The network '{NETWORK}' reads each digit. Its guesses are marked until you type "
            "over them or confirm them; what you have typed below stays. Labels that nobody looked "
            "at make a network look better than it is: where it errs, its error becomes the truth."
        )
    if st.button("Fill in the labels", icon=":material/edit_note:", type="primary"):
        try:
            _change(lambda labelled: _filled(scheme, labelled))
        except Mismatch as mismatch:
            st.warning(str(mismatch), icon=":material/rule:")
    return st.session_state[WORK][1]


def _filled(scheme: str, labelled: Labelled) -> Labelled:
    """Raises Mismatch, RunDamaged, NoSuchModel."""
    pieces = labelled.sheet.pieces
    if scheme == GUESSED:
        return labelled.guessed(members().probs([NETWORK], labelled.sheet.images)[0])
    if scheme == TYPED:
        return labelled.told(typed(st.session_state.get(TEXT, ""), len(pieces)))
    return labelled.told((rows_of_one_digit if scheme == ONE_DIGIT else rows_in_order)(pieces))


def _show_labels(labelled: Labelled, version: str) -> None:
    st.caption(
        "Click a digit's label and type: the next one follows by itself. Delete leaves a digit "
        "out, and the arrow keys move. A dashed frame is a guess, with the network's probability "
        "for it; Enter confirms it."
    )
    places = list(range(len(labelled.labels)))
    if any(labelled.probs):
        with st.container(horizontal=True, vertical_alignment="center"):
            sort = st.segmented_control("Order", [READING, LEAST_SURE], default=READING,
                                        required=True, key=SORT, persist_state="session",
                                        label_visibility="collapsed")  # fmt: skip
            st.button("I have looked: the guesses are right", icon=":material/done_all:",
                      disabled=not labelled.unseen, on_click=_change,
                      args=(Labelled.confirmed,))  # fmt: skip
        places = labelled.least_sure_first() if sort == LEAST_SURE else places
        version += sort
    type_labels(labelled, places, version, _take_edits)


def _take_edits(edits: Mapping[int, int | None]) -> None:
    _change(lambda labelled: labelled.edited(edits))
