"""What is in it? How many digits of each class, how they are drawn, and which stand for them."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from digitcore.digits import CLASSES
from digitcore.evaluation import wilson
from digitcore.exploration import balance as shares
from digitcore.exploration.catalogue import TEST, TRAINING, VALIDATION, Catalogue
from digitcore.exploration.prototypes import Prototype, prototypes
from digitcore.figures import data as figures
from digitcore.report import Piece
from ui.charts import show_chart
from ui.explore import measures
from ui.explore.chosen import own_sets
from ui.pictures import sheet
from ui.tables import offer_csv, show_table
from ui.words import in_words

ROW = 5  # pictures side by side
WIDTH = 300  # pixels that a sheet of pictures needs
PERCENT = st.column_config.NumberColumn(format="%.2f")
COLUMNS = dict.fromkeys(("Share %", "from %", "to %"), PERCENT)
SOURCE = (
    "MNIST: collected by Yann LeCun, Corinna Cortes and Christopher Burges (1998) from forms that "
    "employees of the United States Census Bureau and high-school students filled in for NIST. "
    "Each digit was shrunk to fit 20 by 20 pixels and placed by its centre of mass in 28 by 28."
)
USES = (
    "Networks learn from the training digits; on the validation digits, which are held out of "
    "them with as many of each class, the best epoch is chosen; the test digits are read once, at "
    "the end."
)
PIXELS = (
    "First the mean of all digits of a class, pixel by pixel: black is never inked, white "
    "always. Then their standard deviation: black where all agree, and brightest where "
    "some have ink and others none. "
)


def show(catalogue: Catalogue) -> None:
    table = shares.balance(catalogue.labels, catalogue.table["split"])
    _show_headline(catalogue, table)
    show_chart(figures.balance(table), key="glance balance",
                    alt=f"Share of each digit in each split. {_frequent(table)}")  # fmt: skip
    _show_table(catalogue, table)
    st.fragment(_show_measures)(catalogue)
    st.header("The average digit of each class")
    _show_prototypes(catalogue)


@st.fragment
@in_words()
def _show_table(catalogue: Catalogue, table: pd.DataFrame) -> None:
    """Drawn once it is opened: what draws tables takes a browser as long as a chart."""
    with (opened := st.expander("As a table", icon=":material/table:", on_change="rerun",
                                key="glance table")):  # fmt: skip
        if opened.open:
            written = _table(table)
            show_table(written, "How many digits of each class are in each split", COLUMNS, most=12)
            offer_csv(written, "balance", catalogue.name, _where(catalogue))


@in_words()
def _show_measures(catalogue: Catalogue) -> None:
    """Runs by itself when a measure or a class is chosen."""
    st.header("How they are drawn")
    measures.show(catalogue)


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    table = shares.balance(catalogue.labels, catalogue.table["split"])
    yield Piece("How many of each", "\n\n".join([_frequent(table), *_about(catalogue)]),
                figures.balance(table), _table(table))  # fmt: skip
    yield from measures.pieces(catalogue)
    found = prototypes_of(catalogue)
    mean, spread = (
        [(picture, f"{digit}\nn = {found[digit].n:,}")
         for digit, picture in zip(found, pictures, strict=True)]
        for pictures in (_means(found), _spreads(found))
    )  # fmt: skip
    yield Piece("The mean of each class", "Black is never inked, white always.", pictures=mean)
    yield Piece("Where the digits of a class differ", "The standard deviation of each pixel. "
                f"{_whitest(found)}", pictures=spread)  # fmt: skip


def _show_headline(catalogue: Catalogue, table: pd.DataFrame) -> None:
    most, least = shares.ends(table)
    with st.grid("auto", min_column_width=150):
        st.metric("Digits", f"{len(catalogue):,}", border=True)
        if catalogue.is_mnist:
            for split in (TRAINING, VALIDATION, TEST):
                of = int((catalogue.table["split"] == split).sum())
                st.metric(f"For {split}", f"{of:,}", border=True)
        else:
            st.metric("Classes of 10", CLASSES - len(shares.missing(table)), border=True)
        if not most.equals(least):
            for word, rows in (("Most", most), ("Least", least)):
                digits = ", ".join(map(str, rows["Digit"]))
                share = rows["Share"].iloc[0]
                st.metric(f"{word} frequent: {digits}", f"{share:.1%}", border=True)
    st.caption(_frequent(table))
    for words in _about(catalogue):
        (st.caption if catalogue.is_mnist else st.text)(words)


def _frequent(table: pd.DataFrame) -> str:
    """Which classes are the most and the least frequent, with intervals; and which are missing."""
    (most, least), missing = shares.ends(table), shares.missing(table)
    told = [_alike(most, "most"), _alike(least, "least")]
    if most.equals(least):
        told = [f"As many of each class: {most['Count'].iloc[0]:,}"]
    absent = [f"There is no {', '.join(map(str, missing))}"] if missing else []
    return ". ".join([*told, *absent]) + "."


def _alike(rows: pd.DataFrame, word: str) -> str:
    """The classes, one or more, that are equally frequent."""
    digits, row = rows["Digit"].astype(str).tolist(), rows.iloc[0]
    who = f"{digits[0]} is" if len(digits) == 1 else f"{', '.join(digits)} are"
    each = "" if len(digits) == 1 else " each"
    count, of = int(row["Count"]), int(row["Of"])
    return f"{who} {word} frequent: {count:,} of {of:,}{each}, {wilson(count, of).words}"


def _about(catalogue: Catalogue) -> Sequence[str]:
    """Where the digits come from and what they are for: plain text, never markdown."""
    if catalogue.is_mnist:
        return [SOURCE, USES]
    about = own_sets().about(catalogue.name)
    left = " What was left out of it, Your own tells." if about.left_out else ""
    return [f"Your own set {catalogue.name}, from {about.origin}.{left}"]


def _where(catalogue: Catalogue) -> str:
    return f"{len(catalogue):,} digits of {catalogue.name}"


def _table(table: pd.DataFrame) -> pd.DataFrame:
    """As it is to be read: shares in percent."""
    return pd.DataFrame({
        "Split": table["Split"], "Digit": table["Digit"], "Count": table["Count"],
        "of": table["Of"], "Share %": 100 * table["Share"], "from %": 100 * table["Low"],
        "to %": 100 * table["High"],
    })  # fmt: skip


# --- mean and spread


def prototypes_of(catalogue: Catalogue) -> dict[int, Prototype]:
    """Of each class that occurs, shared by all sessions and read-only."""
    return _prototypes(catalogue.state, catalogue)


@st.cache_resource(show_spinner=False, max_entries=8)
def _prototypes(state: tuple, _catalogue: Catalogue) -> dict[int, Prototype]:
    return prototypes(_catalogue.digits.images, _catalogue.digits.labels)


def _means(found: dict[int, Prototype]) -> np.ndarray:
    return np.stack([np.rint(of.mean).astype(np.uint8) for of in found.values()])


def _spreads(found: dict[int, Prototype]) -> np.ndarray:
    """The greatest of all deviations is white."""
    pictures = np.stack([of.deviation for of in found.values()])
    return np.rint(pictures * (255 / max(float(pictures.max()), 1))).astype(np.uint8)


def _whitest(found: dict[int, Prototype]) -> str:
    highest = max(float(of.deviation.max()) for of in found.values())
    return f"The brightest pixel has {highest:.1f} of 127.5 that are possible."


def _show_prototypes(catalogue: Catalogue) -> None:
    found = prototypes_of(catalogue)
    names = ", ".join(map(str, found))
    counts = ", ".join(f"{of.n:,} of {digit}" for digit, of in found.items())
    with st.grid(2, min_column_width=WIDTH):
        for pictures, what in ((_means(found), "Mean"), (_spreads(found), "Standard deviation")):
            st.image(_in_rows(pictures), width="stretch",
                     alt=f"{what} image of each class, in rows of {ROW}: {names}")  # fmt: skip
    st.caption(f"{PIXELS}{_whitest(found)} Row by row: {names}. n = {counts}.")


def _in_rows(pictures: np.ndarray) -> np.ndarray:
    """One picture of all, in rows as wide as there are classes, at most ROW."""
    columns = min(ROW, len(pictures))
    empty = -len(pictures) % columns
    return sheet(np.pad(pictures, ((0, empty), (0, 0), (0, 0))), columns, times=4)
