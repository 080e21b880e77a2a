"""Is the gap real, or luck? Every pair of models on the digits that only one of them gets right."""

from collections.abc import Iterator, Sequence

import pandas as pd
import streamlit as st

from digitcore.comparison.significance import (
    Pair,
    every_pair,
    only_one_right,
    sentence,
    standing,
    told,
    verdict,
)
from digitcore.figures import gaps as figures
from digitcore.report import Piece
from ui.charts import show_chart
from ui.compare.board import at_test, recipes_of
from ui.compare.digit import pictures, show_digits
from ui.compare.error_words import how_many
from ui.compare.seen import Seen
from ui.kept import kept_among
from ui.tables import offer_csv, show_table
from ui.words import text_colour

REFERENCE, PAIR, CHART = "reference", "pair", "gaps matrix"
FEW = 4  # sentences that are read at once
WIDTH = 340  # pixels that a chart needs
POINTS = st.column_config.NumberColumn(format="%+.2f")
CHANCE = st.column_config.NumberColumn(format="%.3g", width=110)
COLUMNS = {
    "Model": st.column_config.TextColumn(pinned=True),
    "Gap, points": st.column_config.NumberColumn(
        format="%+.2f", help="Accuracy of the model less that of the other, with 95 % interval."
    ),
    "from": POINTS,
    "to": POINTS,
    "p": CHANCE,
    "p, corrected": CHANCE,
    "Verdict": st.column_config.TextColumn(width="large"),
}
HOW = (
    "A filled marker is a gap that is hardly luck; an open one could be. McNemar's exact test asks "
    "of the digits that only one of two models gets right whether they fall to either side as a "
    "fair coin would. Among many pairs some look real by luck alone, so each p is corrected for "
    "the number of pairs (Holm). The intervals, Newcombe's for proportions of the same digits, are "
    "not: each stands for itself. All this is about these trained networks; another seed gives "
    "another network."
)


def show(seen: Seen) -> None:
    if len(seen.names) < 2:
        st.info("A gap needs the answers of two models to the same digits. Choose a second one "
                "above.", icon=":material/checklist:")  # fmt: skip
        return
    order = _by_errors(seen)
    pairs = _pairs(seen, order)
    reference = _choose_reference(order)
    _show_reference(seen, _of(pairs, reference), reference)
    st.caption(_words(seen))
    _show_pairs(seen, pairs, order)
    _show_table(seen, pairs)


def pieces(seen: Seen) -> Iterator[Piece]:
    if len(seen.names) < 2:
        return
    order = _by_errors(seen)
    pairs = _pairs(seen, order)
    reference = kept_among(REFERENCE, order)
    own = _of(pairs, reference)
    told_each = [(pair.b, _told(seen, pair)) for pair in own]
    sentences = pd.DataFrame(told_each, columns=["Against", "Each pair in words"])
    yield Piece(f"Real, or luck? All against {reference}", f"{standing(own)}\n\n{_words(seen)}",
                figures.forest(own, reference, seen.styles), sentences,
                folded=len(own) > FEW)  # fmt: skip
    table = _table(pairs)
    chances = {name: table[name].map(told) for name in ("p", "p, corrected")}
    yield Piece("All pairs", _legend(pairs), figures.matrix(pairs, order), table.assign(**chances))
    by_title = {_title(pair.a, pair.b): pair for pair in pairs}
    yield from _pair_pieces(seen, by_title[kept_among(PAIR, list(by_title))])


def _pair_pieces(seen: Seen, pair: Pair) -> Iterator[Piece]:
    """The digits that only one of the chosen pair gets right; at first of the two best."""
    both = [pair.a, pair.b]
    only = only_one_right(seen.predictions[pair.a], seen.predictions[pair.b])
    for name, other, places in zip(both, both[::-1], only, strict=True):
        if len(places):
            yield Piece(f"What {name} gets right and {other} does not", how_many(places, seen),
                        pictures=pictures(seen, places, both))  # fmt: skip


def _words(seen: Seen) -> str:
    return f"n = {seen.where}. {HOW}{at_test(seen)}"


def _by_errors(seen: Seen) -> list[str]:
    return sorted(seen.names, key=lambda name: seen.predictions[name].errors)


def _pairs(seen: Seen, order: Sequence[str]) -> list[Pair]:
    """All pairs, the better model first in each and among them."""
    return every_pair({name: seen.predictions[name] for name in order})


def _of(pairs: Sequence[Pair], reference: str) -> list[Pair]:
    """The reference's pairs, with it first; the best of the others on top."""
    return [pair.of(reference) for pair in pairs if reference in (pair.a, pair.b)]


def _told(seen: Seen, pair: Pair) -> str:
    return sentence(pair, {name: row.members for name, row in seen.rows.items()})


def _legend(pairs: Sequence[Pair]) -> str:
    there = {figures.sign(pair) for pair in pairs}
    return "; ".join(f"{sign} {words}" for sign, words in figures.MEANING.items() if sign in there)


def _choose_reference(order: Sequence[str]) -> str:
    kept_among(REFERENCE, order)
    return st.selectbox(
        "Against", order, key=REFERENCE, bind="query-params", persist_state="session", width=260,
        help="At first the model with the fewest errors on these digits.",
    )  # fmt: skip


def _show_reference(seen: Seen, own: Sequence[Pair], reference: str) -> None:
    """One model against all others: in short, as a chart, and each pair in words."""
    st.text(standing(own))
    for names in recipes_of(seen)[1]:
        st.caption(
            f"{', '.join(names)} differ only by their seed: a gap between them is one of these "
            "very networks, and says nothing of their recipe. The Leaderboard groups them."
        )
    show_chart(
        figures.forest(own, reference, seen.styles), key="gaps forest",
        alt=f"Accuracy of {len(own)} other models less that of {reference} with 95 % intervals. "
        f"{standing(own)}",
    )  # fmt: skip
    with st.expander("Each of these pairs in words", expanded=len(own) <= FEW):
        for pair in own:
            st.text(_told(seen, pair))


def _show_pairs(seen: Seen, pairs: Sequence[Pair], order: Sequence[str]) -> None:
    """All pairs at a glance; a click, or the box beside it, chooses one to look at."""
    if len(pairs) == 1:
        _show_pair(seen, pairs[0])
        return
    by_title = {_title(pair.a, pair.b): pair for pair in pairs}
    kept_among(PAIR, list(by_title))
    st.header("All pairs")
    st.text(_legend(pairs))
    with st.grid(2, min_column_width=WIDTH):
        chart, side = st.container(), st.container()
    with side:
        title = st.selectbox("Pair to look at", list(by_title), key=PAIR, bind="query-params",
                             persist_state="session")  # fmt: skip
        _show_pair(seen, by_title[title])
    with chart:
        figure = figures.matrix(pairs, order, by_title[title], text_colour())
        show_chart(
            figure, key=CHART, on_select=_pick, selection_mode="points",
            alt=f"Which of {len(order)} models beats which: {_legend(pairs)}",
        )  # fmt: skip


def _title(a: str, b: str) -> str:
    return f"{a} and {b}"


def _pick() -> None:
    """The cell that was clicked is chosen in the box as well."""
    points = st.session_state[CHART].selection.points
    if points:
        st.session_state[PAIR] = _title(*points[0]["customdata"][:2])


def _show_pair(seen: Seen, pair: Pair) -> None:
    """A pair in words, and the digits that only one of the two gets right."""
    st.text(_told(seen, pair))
    both = [pair.a, pair.b]
    only = only_one_right(seen.predictions[pair.a], seen.predictions[pair.b])
    for name, places in zip(both, only, strict=True):
        if len(places):
            st.markdown(f"**Only {name} gets right: {len(places):,}**")
            show_digits(seen, places.tolist(), f"gaps {name}", both)


def _show_table(seen: Seen, pairs: Sequence[Pair]) -> None:
    table = _table(pairs)
    show_table(table, f"All {len(table)} pairs with their tests", COLUMNS, most=12)
    offer_csv(table.assign(Digits=seen.where), "gaps", str(seen.part), seen.where)


def _table(pairs: Sequence[Pair]) -> pd.DataFrame:
    """One row a pair; the difference and its interval in percentage points."""
    return pd.DataFrame([
        {
            "Model": pair.a, "other": pair.b, "Only it is wrong": pair.only_a_wrong,
            "only the other": pair.only_b_wrong, "both": pair.both_wrong, "n": pair.n,
            "Gap, points": 100 * pair.difference, "from": 100 * pair.low, "to": 100 * pair.high,
            "p": pair.p, "p, corrected": pair.corrected, "Verdict": verdict(pair),
        }
        for pair in pairs
    ])  # fmt: skip
