"""One measure at a time: how it spreads within each class, and the digits at its ends."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from digitcore.digits import CLASSES
from digitcore.exploration.catalogue import Catalogue
from digitcore.exploration.insights import NETWORK
from digitcore.exploration.prototypes import highest, lowest
from digitcore.exploration.spread import spreads, standing_out
from digitcore.exploration.statistics import STATISTICS, Statistic
from digitcore.figures import data as figures
from digitcore.report import Piece
from ui.charts import show_chart
from ui.explore.digit import caption, show_digits
from ui.explore.sent import send_to_gallery
from ui.kept import kept_among
from ui.tables import offer_csv

MEASURE, OF, CHART = "measure", "examples_of", "glance distribution"
EACH = "each class"
SHOWN = 10  # digits at an end
SENT = 100  # of them that the gallery is sent
BY_LABEL = {known.label: known for known in STATISTICS.values()}
HOW = (
    "The wider an outline, the more digits have that value. The thin line in it holds 90 % of "
    "the digits, the broad one half of them, and the mark is the median. Click it, or choose a "
    "class below, to see its digits."
)
HOW_FEW = (
    "A point is a digit; the mark is the median of its class. Click it, or choose a class below, "
    "to see its digits."
)
TYPICAL = (
    f"Typical is a digit whose features, as the network {NETWORK} sees them, point the way of the "
    "mean of its class: 1 is the same direction, 0 nothing in common."
)


@dataclass(frozen=True)
class End:
    """An end of an order: heading; the column that it is of, and which end."""

    heading: str
    column: str
    high: bool
    unit: str = ""

    def places(self, catalogue: Catalogue, digit: int, count: int) -> np.ndarray:
        values = catalogue.table[self.column].to_numpy()
        return (highest if self.high else lowest)(values, catalogue.labels, digit, count)


def show(catalogue: Catalogue) -> None:
    statistic = _choose()
    chart = st.container()  # is drawn when the class is known that it marks
    chosen = _choose_class(catalogue)
    with chart:
        _show_spread(catalogue, statistic, chosen)
    seen = set()
    for end in _ends(statistic):
        places = _places(catalogue, end, chosen, 1 if chosen is None else SHOWN)
        if (end.column, *places) not in seen:  # of one digit a class both ends are the same
            _show_end(catalogue, end, chosen, places)
        seen.add((end.column, *places))
    st.caption(TYPICAL)


def _show_spread(catalogue: Catalogue, statistic: Statistic, chosen: int | None) -> None:
    found = spreads(catalogue.table[statistic.name].to_numpy(), catalogue.labels)
    words = standing_out(statistic, found)
    st.text(words)
    show_chart(
        figures.distribution(statistic, found, chosen), key=CHART, on_select=_pick,
        selection_mode="points",
        alt=f"{statistic.axis} of the digits of each class. {words}",
    )  # fmt: skip
    few = all(len(spread.values) for spread in found.values())
    st.caption(f"{statistic.label}: {statistic.words}. {HOW_FEW if few else HOW}")
    offer_csv(medians(catalogue), "measures", catalogue.name, "the median of each measure by class")


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    for statistic in STATISTICS.values():
        found = spreads(catalogue.table[statistic.name].to_numpy(), catalogue.labels)
        words = f"{standing_out(statistic, found)} {statistic.words.capitalize()}."
        yield Piece(statistic.axis, words, figures.distribution(statistic, found))
    yield Piece("Measures by class", "Medians.", table=medians(catalogue))
    for end in _ends(BY_LABEL[kept_among(MEASURE, list(BY_LABEL))]):
        places = _places(catalogue, end, None, 1)
        told = [(catalogue.images[at], _caption(catalogue, end, at)) for at in places]
        yield Piece(f"{end.heading}, of each class", pictures=told)


def medians(catalogue: Catalogue) -> pd.DataFrame:
    """A row for each class: how many there are, and the median of each measure."""
    groups = catalogue.table.groupby("label")
    named = {known.name: known.axis for known in STATISTICS.values()}
    table = groups[list(named)].median().rename(columns=named)
    table.insert(0, "n", groups.size())
    return table.rename_axis("Digit").reset_index()


def _choose() -> Statistic:
    kept_among(MEASURE, list(BY_LABEL))
    label = st.segmented_control(
        "Measure", list(BY_LABEL), default=next(iter(BY_LABEL)), required=True, key=MEASURE,
        bind="query-params", persist_state="session", wrap=True,
    )  # fmt: skip
    return BY_LABEL[label]


def _pick() -> None:
    """The class that was clicked is chosen in the control as well."""
    points = st.session_state[CHART].selection.points
    if points and "customdata" in points[0]:
        clicked = points[0]["customdata"]
        st.session_state[OF] = str(clicked[0] if isinstance(clicked, list) else clicked)


def _choose_class(catalogue: Catalogue) -> int | None:
    """One class, or None for all."""
    options = [EACH, *map(str, catalogue.classes)]
    kept_among(OF, options)
    chosen = st.segmented_control(
        "Examples of", options, default=EACH, required=True, key=OF, bind="query-params",
        persist_state="session", wrap=True,
    )  # fmt: skip
    return None if chosen == EACH else int(chosen)


def _ends(statistic: Statistic) -> list[End]:
    return [
        End("Most typical", "typicality", high=True),
        End("Least typical", "typicality", high=False),
        End(statistic.low.capitalize(), statistic.name, False, statistic.unit),
        End(statistic.high.capitalize(), statistic.name, True, statistic.unit),
    ]


def _places(catalogue: Catalogue, end: End, digit: int | None, count: int) -> list[int]:
    """Of a class, or `count` of each one."""
    classes = catalogue.classes if digit is None else [digit]
    return np.concatenate([end.places(catalogue, of, count) for of in classes]).tolist()


def _caption(catalogue: Catalogue, end: End, place: int) -> str:
    value = catalogue.table[end.column].iloc[place]
    told = f"{value:.1f} {end.unit}" if end.unit else f"{value:.3f}"
    return f"{caption(catalogue, place)}\n{told}"


def _show_end(catalogue: Catalogue, end: End, digit: int | None, shown: list[int]) -> None:
    """Some digits at an end, and the way to more of them."""
    each = SENT if digit is not None else SENT // len(catalogue.classes)
    more = _available(catalogue, end, digit, each)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{end.heading}**", width="content")
        if more > len(shown) and st.button(
            f"{more} in the gallery", icon=":material/grid_view:", type="tertiary",
            key=f"glance send {end.heading}",
        ):  # fmt: skip
            of = "digits of each class" if digit is None else f"{digit}s"
            places = _places(catalogue, end, digit, each)
            send_to_gallery(catalogue, places, f"{of}, {end.heading.lower()} first")
    if shown:
        show_digits(catalogue, shown, f"glance {end.heading}",
                    lambda place: _caption(catalogue, end, place))  # fmt: skip
    else:
        st.caption("No digit here has a value.")


def _available(catalogue: Catalogue, end: End, digit: int | None, each: int) -> int:
    """How many digits _places would give."""
    known = catalogue.labels[catalogue.table[end.column].notna().to_numpy()]
    counts = np.bincount(known, minlength=CLASSES)
    return int(np.minimum(counts if digit is None else counts[digit], each).sum())
