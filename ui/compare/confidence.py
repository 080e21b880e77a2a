"""Can their confidence be trusted? Does it come true, and what can be done with it?"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from digitcore.comparison import calibration
from digitcore.comparison.abstention import abstain, coverage, left_over
from digitcore.comparison.calibration import WAYS, Tempered
from digitcore.evaluation import Predictions
from digitcore.figures import confidence as figures
from digitcore.folder import RunDamaged
from digitcore.report import Piece
from ui import loaders
from ui.charts import show_chart
from ui.compare import ranks
from ui.compare.confidence_tables import (
    COLUMNS,
    abstention_table,
    abstention_words,
    promise_table,
    temperature_table,
    trust_table,
    trust_words,
    validation_words,
)
from ui.compare.digit import pictures, show_digits
from ui.compare.error_words import how_many
from ui.compare.part import VALIDATION
from ui.compare.seen import Seen
from ui.kept import kept_among
from ui.tables import show_table
from ui.words import in_words

MOST = 3  # models at first: each has a chart of its own, and a browser takes 50 ms for it
WIDTH = 260  # pixels that the chart of a model needs
BY, SURE, RATE, MENDED = "bins", "sure", "allowed", "mended"
THRESHOLDS = (
    0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998,
    0.999, 0.9995, 0.9999, 0.99999,
)  # fmt: skip
START = 0.93
RATES = (0.01, 0.005, 0.002, 0.001, 0.0005)
WANTED = 0.001


def show(seen: Seen) -> None:
    names = st.multiselect(
        "Models to look at here", seen.names, default=_best(seen), key=_key(seen),
        persist_state="session", placeholder="Choose models",
        help=f"At first the {MOST} with the fewest errors on validation digits.",
    )  # fmt: skip
    if not names:
        st.info("Choose at least one model to look at.", icon=":material/checklist:")
        return
    if len(names) < len(seen.names):
        st.caption(
            f"{len(names)} of the {len(seen.names)} compared models are shown; add others above."
        )
    shown = seen.only(names)
    validation, missing = _validation(shown)
    for words in missing:
        st.warning(words, icon=":material/broken_image:")
    _show_trust(shown)
    _show_abstention(shown, validation)
    if validation:
        _show_temperatures(shown, validation)
    _show_mistakes(shown)
    ranks.show(shown)


def pieces(seen: Seen) -> Iterator[Piece]:
    shown = looked_at(seen)
    yield from _trust_pieces(shown)
    yield from _choice_pieces(shown, *_validation(shown))
    yield from _mistake_pieces(shown)
    yield from ranks.pieces(shown)


def looked_at(seen: Seen) -> Seen:
    """The models that are chosen in this view, at first the best of them."""
    return seen.only(st.session_state.get(_key(seen)) or _best(seen))


def _trust_pieces(seen: Seen) -> Iterator[Piece]:
    by = kept_among(BY, WAYS)
    yield Piece("Does confidence come true?", trust_words(seen, by), table=_trust(seen, by))
    for figure in _reliabilities(seen, by):
        yield Piece(figure.layout.title.text, figure=figure)


def _choice_pieces(
    seen: Seen, validation: Mapping[str, Predictions], missing: Sequence[str]
) -> Iterator[Piece]:
    """What is decided by confidence: what is left to a person, and a temperature."""
    threshold = kept_among(SURE, THRESHOLDS, START, _short)
    rate = kept_among(RATE, RATES, WANTED, _in_percent)
    yield Piece(f"Answers only from a confidence of {threshold:g} on", f"n = {seen.where}.",
                _abstention(seen, threshold), abstention_table(seen, threshold))  # fmt: skip
    if missing:
        yield Piece("Without a threshold and a temperature", "\n\n".join(missing))
    if not validation:
        return
    yield Piece(f"At most {100 * rate:g} % errors among the answered",
                validation_words(seen, "Each threshold is chosen"),
                table=promise_table(seen, validation, rate))  # fmt: skip
    results = _tempered(seen, validation)
    yield Piece("Temperature scaling", validation_words(seen, "Each temperature is fitted"),
                figures.tempered(results, seen.styles), temperature_table(results))  # fmt: skip


def _mistake_pieces(seen: Seen) -> Iterator[Piece]:
    for name, found in seen.predictions.items():
        places = [mistake.index for mistake in found.mistakes()]
        if places:
            yield Piece(f"Most confident mistakes of {name}", how_many(places, seen),
                        pictures=pictures(seen, places))  # fmt: skip


def _key(seen: Seen) -> str:
    """Another choice of models above begins with the best of those."""
    return f"confidence models {' '.join(seen.names)}"


def _best(seen: Seen) -> list[str]:
    """The few with the fewest errors on validation digits: nothing is chosen on test digits."""
    best = sorted(seen.names, key=lambda name: seen.rows[name].validation_errors)[:MOST]
    return [name for name in seen.names if name in best]


def _validation(seen: Seen) -> tuple[dict[str, Predictions], list[str]]:
    """(answers to the validation digits, of the models that have them; what others lack)."""
    found, missing = {}, []
    for name in seen.names:
        try:
            found[name] = loaders.answers(name, VALIDATION)
        except (RunDamaged, KeyError) as damage:
            missing.append(f"{name} gets no threshold and no temperature: {damage}")
    return found, missing


@st.fragment
@in_words()
def _show_trust(seen: Seen) -> None:
    st.markdown("### Does it come true?")
    by = st.segmented_control("Bins of", WAYS, default=WAYS[0], required=True, key=BY,
                              bind="query-params", persist_state="session")  # fmt: skip
    st.caption(trust_words(seen, by))
    show_table(_trust(seen, by), "What models claim, and what they reach", COLUMNS)
    with st.grid(MOST, min_column_width=WIDTH):
        for name, figure in zip(seen.names, _reliabilities(seen, by), strict=True):
            _show_chart(figure, f"reliability {name}",
                        f"Accuracy of {name} by confidence, in bins of {by}; below it how often "
                        "it is how sure, right and wrong answers apart")  # fmt: skip


@st.fragment
@in_words()
def _show_abstention(seen: Seen, validation: Mapping[str, Predictions]) -> None:
    st.markdown("### What if they may leave digits to a person?")
    threshold = st.select_slider(
        "Answers only from this confidence on", THRESHOLDS, START, key=SURE, format_func=_short,
        bind="query-params", persist_state="session",
    )  # fmt: skip
    for words in abstention_words(seen, threshold)[:MOST]:
        st.text(words)
    show_table(abstention_table(seen, threshold), f"What models do from {threshold:g} on", COLUMNS)
    _show_chart(
        _abstention(seen, threshold),
        "abstention",
        f"Errors among the answered by what is left to a person, for {len(seen.names)} models, "
        f"with the threshold {threshold:g} ringed. The table above has its numbers.",
    )
    _show_left_over(seen, threshold)
    if validation:
        rate = st.segmented_control(
            "Errors allowed among the answered", RATES, default=WANTED, required=True, key=RATE,
            format_func=_in_percent, bind="query-params", persist_state="session",
        )  # fmt: skip
        st.caption(validation_words(seen, "Each threshold is chosen"))
        kept = promise_table(seen, validation, rate)
        show_table(kept, f"Thresholds for {rate:.2%} errors", COLUMNS)


def _short(share: float) -> str:
    return f"{share:g}"


def _in_percent(share: float) -> str:
    return f"{100 * share:g} %"


def _show_left_over(seen: Seen, threshold: float) -> None:
    if not st.toggle("Show the digits that are left to a person", key="confidence left"):
        return
    name = st.selectbox("by", seen.names, key="confidence left by", width=220)
    places = left_over(seen.predictions[name], threshold).tolist()
    st.caption(f"{name} is less than {threshold:g} sure of {len(places):,} of the {seen.where}, "
               "the least sure first.")  # fmt: skip
    if places:
        show_digits(seen, places, f"confidence left {name} {threshold:g}")


@st.fragment
@in_words()
def _show_temperatures(seen: Seen, validation: Mapping[str, Predictions]) -> None:
    st.markdown("### Can it be mended? Temperature scaling")
    st.caption(
        "One number divides a model's logits, so that no answer changes, only how sure it is; of "
        "an ensemble, the logarithms of its combined probabilities. "
        + validation_words(seen, "Each temperature is fitted")
    )
    inside = st.expander("Log-loss and calibration error, before and after", key=MENDED,
                         on_change="rerun", bind="query-params")  # fmt: skip
    if inside.open:
        with inside:
            _show_before_after(seen, _tempered(seen, validation))


def _show_before_after(seen: Seen, results: Mapping[str, Tempered]) -> None:
    _show_chart(figures.tempered(results, seen.styles), "tempered",
                f"Log-loss and calibration error of {len(results)} models before and after "
                "temperature scaling. The table below has the numbers.")  # fmt: skip
    show_table(temperature_table(results), "Before and after temperature scaling", COLUMNS)


@st.fragment
@in_words()
def _show_mistakes(seen: Seen) -> None:
    st.markdown("### Where confidence misleads")
    name = st.selectbox("Most confident mistakes of", seen.names, key="confidence of", width=220)
    places = [mistake.index for mistake in seen.predictions[name].mistakes()]
    if not places:
        st.caption(f"{name} misreads none of the {seen.where}.")
    else:
        st.caption(
            f"{name} misreads {len(places):,} of the {seen.where}, the most confident first."
        )
        show_digits(seen, places, f"confidence wrong {name}")


def _trust(seen: Seen, by: str) -> pd.DataFrame:
    found = {name: calibration.reliability(p, by) for name, p in seen.predictions.items()}
    return trust_table(found, {name: _luck(p, by) for name, p in seen.predictions.items()})


def _reliabilities(seen: Seen, by: str) -> list[go.Figure]:
    return [
        figures.reliability(calibration.reliability(found, by), calibration.confidences(found),
                            name, seen.styles[name])
        for name, found in seen.predictions.items()
    ]  # fmt: skip


def _abstention(seen: Seen, threshold: float) -> go.Figure:
    curves = {name: coverage(found) for name, found in seen.predictions.items()}
    marks = {name: abstain(found, threshold) for name, found in seen.predictions.items()}
    return figures.abstention(curves, seen.styles, marks)


def _tempered(seen: Seen, validation: Mapping[str, Predictions]) -> dict[str, Tempered]:
    return {name: _temper(seen.predictions[name], found) for name, found in validation.items()}


def _show_chart(figure: go.Figure, key: str, alt: str) -> None:
    show_chart(figure, alt=alt, key=f"confidence {key}")


# Predictions are hashed by what is in them: a millisecond, against ten for what follows.
@st.cache_data(show_spinner=False, max_entries=400)
def _luck(predictions: Predictions, by: str) -> float:
    return calibration.error_by_luck(predictions, by)


@st.cache_data(show_spinner=False, max_entries=400)
def _temper(shown: Predictions, validation: Predictions) -> Tempered:
    return calibration.tempered(shown, validation)
