"""Digits that are odd, doubled or mislabelled: each with the reason, and found by which rule."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import streamlit as st

from digitcore.exploration.catalogue import OWN, SPLITS, Catalogue
from digitcore.exploration.suspects import (
    DOUBLES,
    ENOUGH,
    KINDS,
    LABELS,
    OUTLIERS,
    OVERLAP,
    Found,
    can_be_marked,
    share_words,
)
from digitcore.report import Piece
from digitcore.words import counted
from ui.explore.digit import SHORT, show_digits
from ui.explore.found import find
from ui.explore.pairs import digit_pictures, each_once, names, other_names, shared, show_pairs
from ui.explore.sent import send_to_gallery
from ui.explore.sources import source
from ui.kept import kept_among
from ui.tables import offer_csv

KIND, PART, SURE = "suspects", "suspects part", "suspects marked"
ALL, FLAG = "all parts", "⚑"
PICTURED = 12  # digits of a kind in a report, or half as many pairs
NONE = {
    LABELS: "Each digit is read as what its label says.",
    OUTLIERS: "No digit lies far from all others.",
    DOUBLES: "No two digits are near-duplicates.",
    OVERLAP: "No digit of one part has a near-duplicate in another one.",
}
JUST_LOOKED = "Suspects are found to be looked at, and a rule can be wrong about each of them."
OF_TEST = (
    " Test digits are among them for the same reason alone: no model and no training setting is "
    "chosen by them."
)


def show(catalogue: Catalogue) -> None:
    st.caption(JUST_LOOKED + OF_TEST * catalogue.is_mnist)
    kind = st.segmented_control(
        "Kind of suspect", list(KINDS), default=LABELS, required=True, key=KIND,
        bind="query-params", persist_state="session", wrap=True,
    )  # fmt: skip
    found = find(catalogue, kind)
    st.markdown(f"**{count_words(catalogue, found)}**")
    st.caption(found.rule)
    if not len(found):
        st.info(NONE[kind], icon=":material/check_circle:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown, words = _choose(catalogue, found)
        _offer(catalogue, kind, shown, words)
    _show_them(catalogue, kind, shown, words)


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    """For a report: how many of each kind, by which rule, and the first of them."""
    for kind in KINDS:
        found = find(catalogue, kind)
        words = f"{count_words(catalogue, found)}\n\n{found.rule}"
        yield Piece(kind, words, pictures=_pictures(catalogue, found))
    yield Piece("What suspects are", JUST_LOOKED + OF_TEST * catalogue.is_mnist)


def _pictures(catalogue: Catalogue, found: Found) -> list[tuple[np.ndarray, str]]:
    """The first of them with their words."""
    if found.pairs:
        return list(digit_pictures(catalogue, found, PICTURED // 2))
    first = found.table["place"].to_numpy()[:PICTURED]
    return [(catalogue.images[place], caption(catalogue, found, row))
            for row, place in enumerate(first)]  # fmt: skip


# --- in words


def count_words(catalogue: Catalogue, found: Found) -> str:
    """How many there are, in all and in each part, of how many."""
    if found.pairs:
        return _count_pairs(catalogue, found)
    parts = [f"{_in(found, part):,} of {_digits(size, part)}"
             for part, size in _sizes(catalogue).items()]  # fmt: skip
    if found.kind != LABELS:
        return f"{found.kind}: {', '.join(parts)}."
    if not can_be_marked(catalogue.labels):
        return (f"Read otherwise than labelled: {', '.join(parts)}. Confident learning was not "
                f"asked: it needs two classes or more, and {ENOUGH} digits of each that there "
                "is.")  # fmt: skip
    sure = int(found.table["marked"].sum())
    return (f"Read otherwise than labelled: {', '.join(parts)}. Of these, confident learning "
            f"counts {sure:,} as label errors ({FLAG}).")  # fmt: skip


def _count_pairs(catalogue: Catalogue, found: Found) -> str:
    more = "" if found.whole else ", and there may be more"
    which = ("of a digit of the set and one of MNIST's" if shared(catalogue, found)
             else f"among {_digits(len(catalogue))}")  # fmt: skip
    parts = [f"{count:,} in {part}" for part, count in found.table["split"].value_counts().items()
             if part != OWN]  # fmt: skip
    copies = int(found.table["copy"].sum())
    clashes = int((found.table["label"] != found.table["other_label"]).sum())
    return (
        f"{found.kind}: {_pairs(len(found))} {which}{more}{': ' if parts else ''}"
        f"{', '.join(parts)}. Exact copies: {copies:,}. Labelled differently: {clashes:,}."
    )


def _digits(count: int, part: str = "") -> str:
    return counted(count, f"{part} digit".lstrip())


def _pairs(count: int) -> str:
    return "1 pair" if count == 1 else f"{count:,} pairs"


def _sizes(catalogue: Catalogue) -> dict[str, int]:
    """How many digits each part has, without those that have none."""
    counts = catalogue.table["split"].value_counts()
    return {part: int(counts[part]) for part in SPLITS if counts.get(part)}


def _in(found: Found, part: str) -> int:
    return int((found.table["split"] == part).sum())


def caption(catalogue: Catalogue, found: Found, row: int) -> str:
    """What stands under a digit, in lines."""
    at = found.table.iloc[row]
    line = catalogue.table.loc[at["place"]]
    which = f"{SHORT[line['split']]} {line['number']:,}"
    if found.kind == OUTLIERS:
        return f"{which}\nlabelled {at['label']}\n{at['times']:.1f}-fold distance"
    sign = f" {FLAG}" if at["marked"] else ""
    return (f"{which}{sign}\nlabelled {at['label']}: {share_words(at['given'])}\n"
            f"read as {at['suggested']}: {share_words(at['likely'])}")  # fmt: skip


# --- what is shown


def _choose(catalogue: Catalogue, found: Found) -> tuple[Found, str]:
    """The part of the data and, of label errors, whether all; and these in words."""
    table = found.table
    parts = [ALL, *(part for part in dict.fromkeys(_ordered(table["split"])))]
    part, sure = ALL, False
    if len(parts) > 2:
        kept_among(PART, parts)
        part = st.selectbox("Part of the data", parts, key=PART, bind="query-params",
                            persist_state="session", width=260)  # fmt: skip
    if found.kind == LABELS and table["marked"].any():
        sure = st.toggle("Only those that confident learning counts", key=SURE,
                         bind="query-params", persist_state="session")  # fmt: skip
    chosen = (table["split"] == part) if part != ALL else np.ones(len(table), dtype=bool)
    if sure:
        chosen &= table["marked"]
    words = found.kind.lower() + (f", {part}" if part != ALL else "") + (", marked" if sure else "")
    return Found(found.kind, found.rule, table[chosen].reset_index(drop=True), found.whole), words


def _ordered(splits: pd.Series) -> list[str]:
    """Training before validation before test, also of pairs."""
    rank = {part: place for place, part in enumerate(SPLITS)}
    return sorted(splits.unique(), key=lambda name: [rank.get(w, 9) for w in name.split()])


def _offer(catalogue: Catalogue, kind: str, shown: Found, words: str) -> None:
    places = each_once(catalogue, shown) if shown.pairs else shown.table["place"].to_numpy()
    if st.button("To the gallery", icon=":material/grid_view:", disabled=not len(places),
                 help="Filter, sort, tick and send on these digits there."):  # fmt: skip
        send_to_gallery(catalogue, places.tolist(), words)
    offer_csv(
        written(catalogue, shown), f"suspects-{catalogue.name}", words.replace(",", ""), words
    )


def written(catalogue: Catalogue, found: Found) -> pd.DataFrame:
    """The suspects as a file has them: each digit by its part and its number in its own set."""
    sides = {"place": names(catalogue, found.table["place"])}
    if found.pairs:
        sides["other"] = other_names(catalogue, found)
    plain = {side: [name.replace(",", "") for name in called] for side, called in sides.items()}
    if not catalogue.is_mnist:
        plain["source"] = [source(catalogue.name, int(place)) for place in found.table["place"]]
    return found.table.assign(**plain).rename(columns={"place": "digit"}).round(6)


def _show_them(catalogue: Catalogue, kind: str, shown: Found, words: str) -> None:
    if not len(shown):
        st.info("None of them is in this part of the data.", icon=":material/check_circle:")
    elif shown.pairs:
        show_pairs(catalogue, shown, f"suspects {words}")
    else:
        rows = {place: row for row, place in enumerate(shown.table["place"].tolist())}
        show_digits(catalogue, shown.table["place"].to_numpy(), f"suspects {words}",
                    lambda place: caption(catalogue, shown, rows[place]))  # fmt: skip
