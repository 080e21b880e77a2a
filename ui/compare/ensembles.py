"""What does each member of an ensemble add, and which one would be better?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from digitcore.comparison.anatomy import Anatomy, fitted, summary, weights_told
from digitcore.ensemble import TOLD
from digitcore.figures import anatomy as drawings
from digitcore.own.answers import OwnPart
from digitcore.report import Piece
from digitcore.robustness import NotMeasured
from digitcore.words import counted
from ui.charts import show_chart
from ui.compare import builder
from ui.compare.digit import show_digits
from ui.compare.dissected import (
    HELD_OUT,
    Dissected,
    anatomy,
    choose,
    dissect,
    kept,
    options,
)
from ui.compare.part import VALIDATION
from ui.compare.reading import have_read
from ui.compare.seen import Seen, fairness
from ui.kept import kept_among
from ui.tables import show_table
from ui.words import in_words

LOOK = "parting"
WIDTH = 340  # pixels that a chart needs
MOST_PAIRS = 10
CHOOSE = (
    "Members are to be chosen by the validation digits: to keep those that do best on the test "
    "digits would be to learn from these."
)
SHARED = (
    "Digits that both of two members misread, and that only one does. The fewer faults two members "
    "share, the better they mend each other: the double-fault and the disagreement measure of "
    "Kuncheva and Whitaker, Machine Learning 51 (2003). By chance: how many both would misread if "
    "their errors had nothing to do with each other."
)
WEIGHED = (
    "Weights that give the least log-loss on the validation digits. There they can only look "
    "better than equal ones, and with the number of members the more so: other digits tell."
)


def show(seen: Seen) -> None:
    known = options(seen)
    if known:
        with in_words():
            _show_anatomy(seen, known)
    else:
        st.info("An ensemble needs two models. Choose a second one above.",
                icon=":material/checklist:")  # fmt: skip
    builder.show(seen.single)


def pieces(seen: Seen) -> Iterator[Piece]:
    known = options(seen)
    if not known:
        return
    try:
        found = dissect(seen, kept(seen, known))
    except LookupError as reason:
        yield Piece("Anatomy of an ensemble", _lack(reason))
        return
    yield Piece(f"Anatomy of {found.ensemble.name}", "\n\n".join([*_words(found), CHOOSE]))
    for where, part in found.parts.items():
        yield Piece(
            f"What each member adds, on {where}", "\n\n".join(summary(part.leave_one_out)),
            drawings.leave_one_out(part.leave_one_out, found.seen.styles, where), _table(part),
        )  # fmt: skip
    stories = pd.DataFrame(
        [(words, len(places)) for words, places in _stories(found.shown).items()],
        columns=["Digits that", f"of {found.seen.where}"],
    )
    yield Piece("Where members and majority part", _parting(found), table=stories)
    yield Piece("Errors that two members share", SHARED, table=_shared(found.shown))
    weights = _fitted(found)
    yield Piece("Weights", WEIGHED, drawings.weights(weights, found.seen.styles),
                _weighed(found, weights))  # fmt: skip


# --- its story


def _show_anatomy(seen: Seen, known: list[str]) -> None:
    ensemble = choose(seen, known)
    if isinstance(seen.part, OwnPart) and not have_read(ensemble.members, seen.part):
        return
    try:
        found = dissect(seen, ensemble)
    except LookupError as reason:
        st.info(_lack(reason), icon=":material/hourglass_empty:")
        return
    for paragraph in _words(found):
        st.text(paragraph)
    _show_members(found)
    _show_parting(found)
    _show_shared(found.shown)
    _show_weights(found)


def _lack(reason: LookupError) -> str:
    if isinstance(reason, NotMeasured):
        return f"{reason} Look at test or validation digits instead."
    return f"{reason.args[0]} is not there any more. Open the page anew."


def _words(found: Dissected) -> list[str]:
    """What it is, what it reaches, and what any choice among its members' answers could."""
    whole, ensemble, best = found.shown.together, found.ensemble, found.shown.best
    oracle, alone = found.shown.oracle, found.shown.members[best]
    return [
        f"{ensemble.name}: {', '.join(ensemble.members)}, by {TOLD[ensemble.how]}. Together they "
        f"make {counted(whole.errors, 'error')} on {found.seen.where}: {whole.accuracy.words}, "
        f"log-loss {found.shown.log_loss:.4f}. Their best by log-loss, {best}, makes "
        f"{alone.errors:,}, with a log-loss of {alone.log_loss:.4f}.",
        f"At least one of them is right on {oracle.words}, n = {oracle.n:,}: "
        + _misread_by_all(len(found.shown.hopeless)),
        *filter(None, [fairness(found.seen)]),
    ]


def _show_members(found: Dissected) -> None:
    st.header("What each member adds")
    with st.grid(2, min_column_width=WIDTH):
        for where, part in found.parts.items():
            with st.container():
                _show_leave_one_out(found, where, part)
    st.caption(
        "Each member is left out in turn. It saves the digits that are misread only without it, "
        f"and spoils those misread only with it. {CHOOSE}"
    )


def _show_leave_one_out(found: Dissected, where: str, part: Anatomy) -> None:
    told = summary(part.leave_one_out)
    show_chart(
        drawings.leave_one_out(part.leave_one_out, found.seen.styles, where),
        key=f"ensembles leave one out {where}",
        alt=f"Errors on {where} that each of {len(part.names)} members saves and spoils. {told[0]}",
    )  # fmt: skip
    for sentence in told:
        st.text(sentence)
    show_table(
        _table(part), f"The ensemble without each of {len(part.names)} members, on {where}",
        {
            "Member": st.column_config.TextColumn(pinned=True),
            "p": st.column_config.NumberColumn(
                format="%.2g", help="Of McNemar's exact test whether the change in errors is luck, "
                "corrected for the number of members (Holm)."
            ),
            "Log-loss without": st.column_config.NumberColumn(format="%.4f", help="In nats; "
            f"{part.log_loss:.4f} with all."),
        },
    )  # fmt: skip


def _table(part: Anatomy) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "Member": without.member, "Errors alone": part.members[without.member].errors,
            "Errors without": without.errors, "Saves": without.saves, "Spoils": without.spoils,
            "p": without.p, "Log-loss without": without.log_loss,
        }
        for without in part.leave_one_out
    ])  # fmt: skip


# --- where members, majority and ensemble part


def _stories(part: Anatomy) -> dict[str, np.ndarray]:
    """Places of digits, by what they are."""
    return {
        "most members misread and at least one reads rightly": part.outvoted,
        **{f"only {name} reads rightly": places for name, places in part.lone.items()},
        "they misread together though a member is right": part.missed,
        "they read rightly together though most members are wrong": part.rescued,
        "all members misread": part.hopeless,
    }


def _misread_by_all(count: int) -> str:
    if not count:
        return "no digit is misread by all."
    which = "1 digit is" if count == 1 else f"{count:,} digits are"
    return f"{which} misread by all, and no choice among their answers could mend that."


def _parting(found: Dissected) -> str:
    if len(found.ensemble.members) == 2:
        weighed = found.ensemble.weights is not None
        by = "whose weight times probability is larger" if weighed else "that is surer"
        return f"Two members have no majority: where they differ, the one {by} mostly prevails."
    return (
        f"On {len(found.shown.outvoted):,} of {found.seen.where} more than half of the members are "
        f"wrong though one is right. Together they misread {len(found.shown.missed):,} digits that "
        f"a member reads rightly, and read {len(found.shown.rescued):,} rightly that most misread."
    )


def _show_parting(found: Dissected) -> None:
    st.header("When the majority is wrong")
    st.text(_parting(found))
    stories = _stories(found.shown)
    kept_among(LOOK, list(stories))
    chosen = st.selectbox(
        "Digits that", list(stories), key=LOOK, width=460,
        format_func=lambda words: f"{len(stories[words]):,}: {words}",
    )  # fmt: skip
    places = stories[chosen].tolist()
    if places:
        show_digits(found.seen, places, f"ensembles {LOOK}", list(found.ensemble.members))
    else:
        st.caption("There is no such digit.")


def _show_shared(part: Anatomy) -> None:
    with st.expander("Do they make the same mistakes?"):
        st.caption(SHARED)
        percent = st.column_config.NumberColumn(format="%.2f")
        show_table(
            _shared(part), "Errors that two members share",
            dict.fromkeys(("By chance", "Double fault %", "Disagreement %"), percent),
        )  # fmt: skip
        if len(part.shared) > MOST_PAIRS:
            st.caption(f"The {MOST_PAIRS} pairs of {len(part.shared)} that share most.")


def _shared(part: Anatomy) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "Members": " and ".join(pair.members), "Both wrong": pair.both,
            "Only one wrong": pair.one, "By chance": pair.by_chance,
            "Double fault %": 100 * pair.double_fault, "Disagreement %": 100 * pair.disagreement,
            "n": pair.n,
        }
        for pair in part.shared[:MOST_PAIRS]
    ])  # fmt: skip


# --- weights


def _fitted(found: Dissected) -> dict[str, float]:
    return dict(zip(found.held_out.names, fitted(found.held_out.members), strict=True))


def _show_weights(found: Dissected) -> None:
    st.header("Should they count alike?")
    weights = _fitted(found)
    with st.grid(2, min_column_width=WIDTH):
        show_chart(
            drawings.weights(weights, found.seen.styles), key="ensembles weights",
            alt=weights_told(weights, weights.values()),
        )  # fmt: skip
        with st.container():
            show_table(_weighed(found, weights), "Errors and log-loss by equal and fitted weights")
            st.caption(WEIGHED)


def _weighed(found: Dissected, weights: Mapping[str, float]) -> pd.DataFrame:
    """Errors and log-loss of the members by equal and by fitted weights, and as they are."""
    ensemble = found.ensemble
    bare = replace(ensemble, temperature=1.0)  # as which the weights are fitted
    ways = {
        "all equal": replace(bare, how="mean", weights=None),
        "fitted": replace(bare, how="weighted", weights=tuple(weights.values())),
    }
    if ensemble.how != "mean":
        ways = {f"as it is, by {TOLD[ensemble.how]}": ensemble, **ways}
    elif ensemble.temperature != 1:
        ways = {f"all equal, at temperature {ensemble.temperature:g}": ensemble, **ways}
    lines = []
    for where, part in {HELD_OUT: VALIDATION, found.seen.where: found.seen.part}.items():
        for name, way in ways.items():
            whole = anatomy(way, part)
            lines.append({
                "On": where, "Weights": name, "Errors": whole.together.errors,
                "Log-loss": f"{whole.log_loss:.5f}",
            })  # fmt: skip
    return pd.DataFrame(lines)
