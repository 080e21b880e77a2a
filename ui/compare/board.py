"""Who reads best: all figures of all models in one table, and their accuracy with intervals."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from digitcore.comparison.scores import Line, lines, score, seed_groups, spread
from digitcore.figures.answers import intervals
from digitcore.folder import RunDamaged
from digitcore.own.answers import OwnPart
from digitcore.progress import read_changes
from digitcore.recipes import Recipe, varying
from digitcore.report import Piece
from digitcore.words import counted
from ui.charts import show_chart
from ui.compare import looks
from ui.compare.part import TEST, VALIDATION
from ui.compare.seen import Seen, fairness
from ui.compare.short import in_short
from ui.kept import kept_on
from ui.loaders import members
from ui.states import told
from ui.tables import offer_csv

GROUP, FILTER = "seeds", "board filter"
NUMBER = st.column_config.NumberColumn
FIGURES = {  # of scores.Scores: heading, factor to the unit in it, format, and what it is
    "accuracy": ("Accuracy %", 100, "%.2f", "Share of digits read rightly."),
    "errors": ("Errors", 1, "%.6g", "Digits misread."),
    "precision": ("Precision %", 100, "%.2f", "Of the answers with a digit, the share that is "
                  "right; mean over the digits that occur."),
    "recall": ("Recall %", 100, "%.2f", "Of the images of a digit, the share read rightly; mean "
               "over the digits that occur."),
    "f1": ("F1 %", 100, "%.2f", "Harmonic mean of precision and recall; mean over the digits "
           "that occur."),
    "auc": ("AUC", 1, "%.6f", "Chance that an image of a digit gets a higher probability of it "
            "than one of another digit; mean over digits. Nothing where a digit does not occur."),
    "top_3": ("Top 3 %", 100, "%.2f", "Share of digits whose label is among the three most "
              "probable."),
    "log_loss": ("Log-loss", 1, "%.4f", "Mean of minus the logarithm of the label's probability, "
                 "in nats."),
    "calibration_error": ("Calibration error %", 100, "%.2f", "How far confidence and accuracy "
                          "lie apart, over 15 bins."),
}  # fmt: skip
COSTS = {
    "Parameters": NUMBER(format="localized"),
    "Size MiB": NUMBER(format="%.2f"),
    "ms an image": NUMBER(
        format="%.2f", help="One at a time, on one thread of the machine that trained it."
    ),
    "Training min": NUMBER(format="%.1f", help="Of an ensemble: see its members."),
}
FROM, TO, INTERVAL, DIFFERS = "from %", "to %", "Interval", "What differs"
ONCE = {
    TEST: "The test digits were predicted once, when each training had ended. To pick the best of "
    "many by them is a choice too, and flatters the one picked: choose by the validation digits, "
    "and read its test figure afterwards.",
    VALIDATION: "No network learned from the validation digits, but all learned from others by the "
    "same writers, whom the test digits do not share; and each run's best epoch and the ensembles "
    "were chosen by them. So they flatter a little.",
}
UNLEARNED = "None of these models learned from them, or was chosen by them."
LUCKS = (
    "Two kinds of luck: the interval of a single model is Wilson's and says how far other digits "
    "could have moved its accuracy. The standard deviation over seeds, in the columns with ±, says "
    "how far another start of the same training moves a figure on the same digits; the interval "
    "of a mean over seeds is Student's t and knows nothing of the digits."
)


def show(seen: Seen) -> None:
    recipes, groups = recipes_of(seen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Filter", key=FILTER, width=260, placeholder="name or recipe",
                              help="Models whose name or recipe has all these words.")  # fmt: skip
        grouped = st.toggle("Group runs that differ only by their seed", key=GROUP,
                            bind="query-params", persist_state="session", disabled=not groups,
                            help="Needs two or more runs of one recipe with different "
                            "seeds.")  # fmt: skip
    _show_in_short(seen)
    board = _board(seen, groups if grouped else [])
    table = _table(seen, board, recipes)
    found = _matching(table, words)
    if found.any():
        shown = [line for line, keep in zip(board, found, strict=True) if keep]
        show_chart(_chart(seen, shown), key="board chart",
                        alt=_alt(seen, shown))  # fmt: skip
        _show_table(seen, table[found])
    else:
        st.info("No model's name or recipe has all these words.", icon=":material/filter_alt_off:")
    for words in _words(seen, board):
        st.caption(words)
    looks.show(seen)


def pieces(seen: Seen) -> Iterator[Piece]:
    recipes, groups = recipes_of(seen)
    board = _board(seen, groups if kept_on(GROUP) else [])
    table = _readable(_table(seen, board, recipes))
    words = [*seen.known, *_words(seen, board)]
    yield Piece("Who reads best", "\n\n".join(words), _chart(seen, board), table)


def at_test(seen: Seen) -> str:
    """What is to be said where models are told apart on the test digits; else nothing."""
    return f" {ONCE[TEST]}" if seen.part == TEST else ""


def _board(seen: Seen, groups: Sequence[tuple[str, ...]]) -> list[Line]:
    return lines({name: score(found) for name, found in seen.predictions.items()}, groups)


def _words(seen: Seen, board: Sequence[Line]) -> list[str]:
    once = ONCE.get(seen.part, "No network was chosen by these warped test digits.")
    if isinstance(seen.part, OwnPart):
        once = fairness(seen) or ("" if seen.known else UNLEARNED)
    elif seen.known and seen.part == VALIDATION:
        once = f"But for these copies: {once}"
    grouped = any(len(line.runs) > 1 for line in board)
    first = f"All figures are of {seen.where}. {once}".strip()
    return [first, *([LUCKS] if grouped else [])]


def _chart(seen: Seen, board: Sequence[Line]) -> go.Figure:
    styles = {line.name: seen.styles[line.runs[0]] for line in board}
    errors = {line.name: _errors(line) for line in board}
    rates = {line.name: line.accuracy for line in board}
    return intervals(rates, styles, errors, f"share of {seen.where}")


def _errors(line: Line) -> str:
    errors = line.figures["errors"]
    if len(line.runs) == 1:
        return counted(round(errors.mean), "error")
    return f"{errors.mean:,.1f} ± {errors.deviation:.1f} errors over {errors.count} seeds"


def _alt(seen: Seen, board: Sequence[Line]) -> str:
    first, last = board[0], board[-1]
    return (
        f"Accuracy of {len(board)} models on {seen.where} with intervals, from {first.name} with "
        f"{first.accuracy.value:.2%} down to {last.name} with {last.accuracy.value:.2%}."
    )


def _show_in_short(seen: Seen) -> None:
    """What a person who reads nothing else should know."""
    if len(seen.names) < 2:
        return
    with st.container(border=True):
        st.markdown("**In short**")
        for words in in_short(seen, ("Leaderboard", "Gaps", "Cost")):
            st.text(words)


def recipes_of(seen: Seen) -> tuple[dict[str, Recipe], list[tuple[str, ...]]]:
    """What each single model was trained by; and which of them differ only by their seed.

    A run whose learning rate was changed on the way differs by more than its recipe tells.
    """
    recipes, kept = {}, {}
    for name in seen.names:
        with suppress(RunDamaged, KeyError):  # an ensemble, or gone or damaged just now
            run = members().store.run(name)
            changes = read_changes(run.path)
            recipes[name] = changes.applied(run.recipe)
            if not changes.rates:
                kept[name] = recipes[name]
    return recipes, seed_groups(kept)


def _table(seen: Seen, board: Sequence[Line], recipes: Mapping[str, Recipe]) -> pd.DataFrame:
    """One row a line, in the units of the headings; the deviations where there are any."""
    grouped = any(len(line.runs) > 1 for line in board)
    fields = varying(list(recipes.values()))
    rows = []
    for line in board:
        row: dict[str, object] = {"Model": line.name}
        for figure, (heading, unit, *_) in FIGURES.items():
            row[heading] = unit * line.figures[figure].mean
            if grouped:
                row[f"{heading} ±"] = unit * line.figures[figure].deviation
            if figure == "accuracy":
                row |= {FROM: 100 * line.accuracy.low, TO: 100 * line.accuracy.high}
        row |= _costs(seen, line)
        row |= {DIFFERS: _difference(seen, line, recipes, fields), "n": line.accuracy.n,
                "Digits": seen.where, INTERVAL: _kind(line)}  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


def _kind(line: Line) -> str:
    if len(line.runs) == 1:
        return f"Wilson, {line.accuracy.n:,} digits"
    return f"Student's t, {len(line.runs)} seeds"


def _costs(seen: Seen, line: Line) -> dict[str, float | None]:
    rows = [seen.rows[name] for name in line.runs]
    seconds = [row.result.seconds for row in rows if row.result]
    values = (
        rows[0].parameters,
        spread([row.megabytes for row in rows]).mean,
        spread([row.milliseconds for row in rows]).mean,
        spread(seconds).mean / 60 if seconds else None,
    )
    return dict(zip(COSTS, values, strict=True))


def _difference(
    seen: Seen, line: Line, recipes: Mapping[str, Recipe], fields: Sequence[str]
) -> str:
    """What tells the recipe from those of the other models, in the form's words."""
    first = line.runs[0]
    if first not in recipes:
        return seen.rows[first].description
    flat = recipes[first].flat()
    if len(line.runs) == 1:
        return ", ".join(told(name, flat[name]) for name in fields)
    alike = ", ".join(told(name, flat[name]) for name in fields if name != "seed")
    seeds = ", ".join(f"{name} (seed {recipes[name].seed})" for name in line.runs)
    return f"{alike}: {seeds}" if alike else seeds


def _matching(table: pd.DataFrame, words: str) -> pd.Series:
    """(rows,) whether all words are in a row's name or recipe, whatever their case."""
    texts = (table["Model"] + " " + table[DIFFERS]).str.casefold()
    return texts.map(lambda text: all(word in text for word in words.casefold().split()))


def _show_table(seen: Seen, table: pd.DataFrame) -> None:
    hidden = ("n", "Digits", *(() if _has_deviations(table) else (INTERVAL,)))
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder="",
        column_order=[name for name in table.columns if name not in hidden],
        column_config=_columns(),
        alt=f"All figures of {len(table)} models on {seen.where}",
    )
    offer_csv(table.round(6), "leaderboard", str(seen.part), seen.where)


def _has_deviations(table: pd.DataFrame) -> bool:
    return any(name.endswith("±") for name in table.columns)


def _columns() -> dict[str, object]:
    columns: dict[str, object] = {
        "Model": st.column_config.TextColumn(pinned=True, width=130),
        FROM: NUMBER(format="%.2f", help="Where the 95 % interval of the accuracy begins."),
        TO: NUMBER(format="%.2f", help="Where the 95 % interval of the accuracy ends."),
        DIFFERS: st.column_config.TextColumn(
            width="large", help="Between the recipes of the chosen models; or who is in it."
        ),
    }
    for heading, _, shape, words in FIGURES.values():
        columns[heading] = NUMBER(format=shape, help=words)
        columns[f"{heading} ±"] = NUMBER(format=shape, help="Standard deviation over seeds.")
    return columns | COSTS


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """The same for a report, which writes numbers with four digits where AUC needs more."""
    shapes = {heading: shape for heading, _, shape, _ in FIGURES.values()}
    shapes |= {f"{heading} ±": shape for heading, shape in shapes.items()}
    shapes |= {FROM: "%.2f", TO: "%.2f"}
    return table.drop(columns=["n", "Digits"]).assign(**{
        name: ["" if pd.isna(value) else shapes[name] % value for value in table[name]]
        for name in table.columns if name in shapes
    })  # fmt: skip
