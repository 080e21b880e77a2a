"""Digit by digit: precision, recall and F1 with their intervals."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from digitcore.comparison.overlap import METRICS, ClassRates
from digitcore.comparison.overlap import class_rates as rates_of
from digitcore.evaluation import Rate
from digitcore.figures.errors import class_rates
from digitcore.report import Piece
from ui.charts import show_chart
from ui.compare.seen import Seen
from ui.words import in_words

MOST = 5  # models whose dots can be told apart on a phone
PERCENT = "%.2f %%"
NAMES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}
WORDS = {
    "precision": "Of all answers with this digit, the share that is right.",
    "recall": "Of all these digits, the share that is read rightly.",
    "f1": "The harmonic mean of precision and recall.",
}


@st.fragment
@in_words()
def show(seen: Seen) -> None:
    st.markdown("### Digit by digit")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.segmented_control(
            "Rate", METRICS, default="recall", required=True, key="rate", bind="query-params",
            persist_state="session", format_func=NAMES.get,
        )  # fmt: skip
        names = st.multiselect(
            f"Models, up to {MOST}", seen.names, default=seen.names[:MOST], width="stretch",
            max_selections=MOST, key=f"errors models {' '.join(seen.names)}",
            placeholder="Choose models",
        )  # fmt: skip
    if not names:
        st.info("Choose at least one model to see its rates.", icon=":material/checklist:")
        return
    rates = _rates(seen, names)
    st.caption(f"{WORDS[metric]} n = {seen.where}, with 95 % intervals.")
    show_chart(
        class_rates(rates, metric, seen.styles),
        key="errors rates", alt=f"{NAMES[metric]} of each digit, of {', '.join(names)}",
    )  # fmt: skip
    with st.expander("As a table", icon=":material/table:"):
        shown = table(rates, metric)
        st.dataframe(
            shown, hide_index=True, height="content" if len(shown) <= 20 else 460,
            column_config=dict.fromkeys(
                (NAMES[metric], "95 % from", "to"), st.column_config.NumberColumn(format=PERCENT)
            ),
        )  # fmt: skip
        st.download_button(
            "All rates of all models as CSV", lambda: full_table(seen).to_csv(index=False),
            "rates by digit.csv", "text/csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def piece(seen: Seen) -> Piece:
    few = _rates(seen, seen.names[:MOST])
    return Piece(
        "Digit by digit",
        f"F1: {WORDS['f1'].lower()} n = {seen.where}, with 95 % intervals.",
        class_rates(few, "f1", seen.styles),
        full_table(seen),
    )


def _rates(seen: Seen, names: Sequence[str]) -> dict[str, list[ClassRates]]:
    return {name: list(rates_of(seen.predictions[name])) for name in names}


def table(rates: Mapping[str, Sequence[ClassRates]], metric: str) -> pd.DataFrame:
    """One metric of each digit and model, in percent, with what it is a share of."""
    return pd.DataFrame([
        {"Digit": of.digit, "Model": name, **_columns(getattr(of, metric), NAMES[metric]),
         "Remark": _remark(of, metric)}
        for digit in zip(*rates.values(), strict=True)
        for name, of in zip(rates, digit, strict=True)
    ])  # fmt: skip


def full_table(seen: Seen) -> pd.DataFrame:
    """Every metric of each digit and of all models, in percent."""
    return pd.concat([
        table(rates, metric).rename(columns={NAMES[metric]: "Share"}).assign(Metric=NAMES[metric])
        for rates in [_rates(seen, seen.names)]
        for metric in METRICS
    ])[["Metric", "Digit", "Model", "Share", "95 % from", "to", "n", "Remark"]]  # fmt: skip


def _columns(rate: Rate | None, name: str) -> dict:
    known = (100 * rate.value, 100 * rate.low, 100 * rate.high, rate.n) if rate else (None,) * 4
    return dict(zip((name, "95 % from", "to", "n"), known, strict=True))


def _remark(of: ClassRates, metric: str) -> str:
    if of.support == 0:
        return "no such digit here"
    return "never answered" if getattr(of, metric) is None else ""
