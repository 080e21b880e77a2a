"""What do they cost? Accuracy against size and time, and who is not beaten in both."""

from collections.abc import Iterator, Mapping
from math import isnan
from threading import Lock

import pandas as pd
import streamlit as st

from digitcore.comparison.cost import COSTS, Cost, Offer, advice, beaten_by, on_front, together
from digitcore.figures.cost import cost_front
from digitcore.finish import time_one_image
from digitcore.folder import RunDamaged
from digitcore.report import Piece
from ui.charts import show_chart
from ui.compare.board import at_test
from ui.compare.seen import Seen
from ui.loaders import members
from ui.tables import show_table

TIME = COSTS["latency"]
MEASURED = "cost measured"  # the session keeps model -> milliseconds under this name
ONE_AT_A_TIME = Lock()  # each measurement sets how many threads torch has, for the whole server
RECORDED = (
    "Recorded when each run ended, by the machine that trained it: two models that were trained on "
    "different machines cannot be compared by it. Measure them here to be sure."
)
HERE = (
    "Measured on this machine in this session, not the recorded times: one image at a time on one "
    "thread, median of 200. Whatever else runs meanwhile makes them longer."
)
SUM = "An ensemble is the sum of its members, which read the image one after the other."
LUCK = (
    "A step of the front can be luck: whether one model is really better than another is told "
    "under Gaps."
)
NUMBER = st.column_config.NumberColumn
COLUMNS = {
    "Model": st.column_config.TextColumn(pinned=True),
    "Accuracy %": NUMBER(format="%.2f"),
    "Parameters": NUMBER(format="localized"),
    "Size, MiB": NUMBER(format="%.2f"),
    "ms an image": NUMBER(format="%.3f"),
}


def show(seen: Seen) -> None:
    cost = COSTS[_choose()]
    times = _choose_times(seen) if cost is TIME else None
    offers = _offers(seen, cost, times)
    words = advice(offers, cost)
    show_chart(
        cost_front(offers, cost, seen.styles), key=f"cost {cost.field}",
        alt=f"Accuracy of {len(offers)} models against {cost.axis}. {words[0]}",
    )  # fmt: skip
    for paragraph in words:
        st.text(paragraph)
    st.caption(_note(seen))
    alt = f"Costs and accuracy of {len(offers)} models; those on the front are marked."
    show_table(_table(seen, offers, cost), alt, COLUMNS, most=12)


def pieces(seen: Seen) -> Iterator[Piece]:
    for kind, cost in COSTS.items():
        times = _times(seen) if cost is TIME else None
        offers = _offers(seen, cost, times)
        source = [_source(times)] if cost is TIME else []
        yield Piece(
            f"Accuracy against {kind}",
            "\n\n".join([*advice(offers, cost), *source, _note(seen)]),
            cost_front(offers, cost, seen.styles),
            _table(seen, offers, cost),
        )


def _choose() -> str:
    return st.segmented_control(
        "Cost", list(COSTS), default=next(iter(COSTS)), required=True, key="cost",
        bind="query-params", persist_state="session", label_visibility="collapsed",
    )  # fmt: skip


def _offers(seen: Seen, cost: Cost, times: Mapping[str, float] | None) -> list[Offer]:
    """What each costs, by the leaderboard or by these times, and reaches on the shown digits."""
    found = []
    for name, answers in seen.predictions.items():
        value = getattr(seen.rows[name], cost.field) if times is None else times[name]
        found.append(Offer(name, cost.rounded(value), answers.accuracy, answers.errors))
    return found


def _note(seen: Seen) -> str:
    return f"Accuracy and errors: n = {seen.where}. {LUCK}{at_test(seen)}"


# --- time, measured here


def _times(seen: Seen) -> dict[str, float] | None:
    """Milliseconds of each model, NaN where it is not known, as measured here in this session;
    None before that."""
    known = st.session_state.get(MEASURED)
    return {name: together(_singles(seen, name), known) for name in seen.names} if known else None


def _singles(seen: Seen, name: str) -> tuple[str, ...]:
    return seen.rows[name].members or (name,)


def _choose_times(seen: Seen) -> dict[str, float] | None:
    """Recorded times (None) until all models have been timed on this machine, on demand."""
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Measure on this machine", icon=":material/timer:", key="cost measure")
        back = st.empty()
    if pressed:
        _measure(seen)
    times = _times(seen)
    if times is not None:
        back.button("Back to the recorded times", icon=":material/history:", key="cost recorded",
                    on_click=_forget)  # fmt: skip
    st.caption(_source(times))
    return times


def _forget() -> None:
    st.session_state[MEASURED] = {}


def _measure(seen: Seen) -> None:
    """Time each network in turn, with a bar; what is damaged is named and left out."""
    names = list(dict.fromkeys(single for name in seen.names for single in _singles(seen, name)))
    bar, known = st.progress(0.0), {}
    with ONE_AT_A_TIME:
        for done, name in enumerate(names):
            bar.progress(done / len(names), text=f"{name}, {done + 1} of {len(names)}")
            try:
                known[name] = time_one_image(members().network(name))
            except (RunDamaged, KeyError) as damage:
                st.warning(f"{name} cannot be measured: {damage}", icon=":material/broken_image:")
    bar.empty()
    st.session_state[MEASURED] = known


def _source(times: Mapping[str, float] | None) -> str:
    if times is None:
        return f"{RECORDED} {SUM}"
    unknown = [name for name, time in times.items() if isnan(time)]
    left = f" Not measured here yet: {', '.join(unknown)}." if unknown else ""
    return f"{HERE} {SUM}{left}"


# --- the table


def _table(seen: Seen, offers: list[Offer], cost: Cost) -> pd.DataFrame:
    """All costs of each, the cheapest first; the chosen one as it is drawn."""
    best, beaten = {offer.name for offer in on_front(offers)}, beaten_by(offers)
    lines = []
    for offer in sorted(offers, key=lambda offer: (not offer.known, offer.cost)):
        row, share = seen.rows[offer.name], offer.accuracy
        costs = {kind: getattr(row, other.field) for kind, other in COSTS.items()}
        lines.append({
            "Model": offer.name, "On the front": "✔" if offer.name in best else "",
            "Beaten by": beaten.get(offer.name, ""),
            "Accuracy %": 100 * share.value,
            "95 % interval": share.interval,
            f"Errors of {share.n:,}": offer.errors,
            "Parameters": costs["parameters"], "Size, MiB": costs["size"],
            "ms an image": offer.cost if cost is TIME else costs["latency"],
        })  # fmt: skip
    return pd.DataFrame(lines)
