"""Do a digit's own images rank above all others? ROC and precision-recall curves."""

from collections.abc import Iterator, Mapping

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from digitcore.comparison.ranking import MACRO, Of, Ranking, ranking
from digitcore.evaluation import Predictions
from digitcore.figures import confidence as figures
from digitcore.report import Piece
from ui.charts import show_chart
from ui.compare.seen import Seen
from ui.kept import kept_among
from ui.tables import show_table
from ui.words import in_words

OF, CURVES = "ranked", "curves"
WIDTH = 300  # pixels that a chart needs


@st.fragment
@in_words()
def show(seen: Seen) -> None:
    st.markdown("### Do a digit's own images rank above all others?")
    inside = st.expander("ROC and precision-recall curves, of each digit and on average",
                         key=CURVES, on_change="rerun", bind="query-params")  # fmt: skip
    if inside.open:
        with inside:
            _show_curves(seen, _rankings(seen))


def _show_curves(seen: Seen, rankings: Mapping[str, Ranking]) -> None:
    options = _options(rankings)
    if not options:
        st.info("All digits here are of one class, so there is nothing to rank them above.")
        return
    of = st.selectbox("Curves of", options, key=OF, bind="query-params", persist_state="session",
                      format_func=_named, width=220)  # fmt: skip
    st.caption(_words(seen, rankings))
    with st.grid(2, min_column_width=WIDTH):
        figure = _curves(seen, rankings, of)
        show_chart(
            figure, key="confidence ranks",
            alt=f"{figure.layout.title.text}, {len(rankings)} models. The table has the areas "
            "under the curves.",
        )  # fmt: skip
        show_table(_areas(rankings, of), f"Areas under the curves of {_named(of)}",
                   {"Model": st.column_config.TextColumn(pinned=True)})  # fmt: skip


def pieces(seen: Seen) -> Iterator[Piece]:
    rankings = _rankings(seen)
    options = _options(rankings)
    if options:
        of = kept_among(OF, options, told=_named)
        figure = _curves(seen, rankings, of)
        yield Piece(figure.layout.title.text, _words(seen, rankings), figure, _areas(rankings, of))


def _words(seen: Seen, rankings: Mapping[str, Ranking]) -> str:
    missing = ", ".join(str(digit) for digit in next(iter(rankings.values())).left_out)
    left_out = f" Without a curve, as none of them is here: {missing}." if missing else ""
    return (
        "The images of one digit against all others, by the probability that the model gives that "
        "digit; the macro average is the plain mean over the digits. "
        f"n = {seen.where}.{left_out}"
    )


def _rankings(seen: Seen) -> dict[str, Ranking]:
    return {name: _ranking(found) for name, found in seen.predictions.items()}


# Predictions are hashed by what is in them: a millisecond, against fifty for the curves.
@st.cache_data(show_spinner=False, max_entries=200)
def _ranking(predictions: Predictions) -> Ranking:
    return ranking(predictions)


def _options(rankings: Mapping[str, Ranking]) -> list[Of]:
    """What there are curves of: the same for all models, which read the same digits."""
    return sorted(next(iter(rankings.values())).roc, key=lambda of: (of != MACRO, str(of)))


def _named(of: Of) -> str:
    return "macro average" if of == MACRO else f"digit {of}"


def _curves(seen: Seen, rankings: Mapping[str, Ranking], of: Of) -> go.Figure:
    rocs = {name: found.roc[of] for name, found in rankings.items()}
    precisions = {name: found.precision_recall[of] for name, found in rankings.items()}
    return figures.ranks(rocs, precisions, seen.styles, _named(of))


def _areas(rankings: Mapping[str, Ranking], of: Of) -> pd.DataFrame:
    curves = {name: (found.roc[of], found.precision_recall[of]) for name, found in rankings.items()}
    return pd.DataFrame([
        {
            "Model": name,
            "Area under ROC (AUC)": f"{roc.area:.6f}",  # fewer digits would all be 1
            "Average precision": f"{precision_recall.area:.6f}",
            "Digits": "" if of == MACRO else f"{roc.positives:,} against {roc.negatives:,}",
        }
        for name, (roc, precision_recall) in curves.items()
    ])  # fmt: skip
