"""What the Compare page looks at: which models, and what they answered to which digits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from digitcore import figures
from digitcore.digits import DigitSet
from digitcore.evaluation import Predictions
from digitcore.figures import Style
from digitcore.folder import NAME, RunDamaged
from digitcore.leaderboard import Row
from digitcore.own.answers import TOLD, UNTOLD, OwnPart
from digitcore.robustness import NotMeasured
from ui import loaders
from ui.board import comparable
from ui.compare.part import TEST, VALIDATION, choose_part, digits_of, say_what_set_is_gone
from ui.compare.reading import have_read, known_before, learned, runs_of
from ui.loaders import Part

MODELS = "models"  # the address and the session keep the chosen models under this name
COLOURS = "compare colours"  # model -> CSS colour that a person chose for it
CHANGED = "compare changed"


@dataclass(frozen=True)
class Seen:
    """Models and ensembles that are compared, and what they answered to the same digits.

    part: 'test', 'validation', a warp's name or a part of an own set. where: the same in words, to
    stand after a number. numbers: (N,) the place of each of the digits in MNIST's test or training
    set, or in the own one. The mappings are by name, in the chosen order, with at least one model.
    learners: models that learned from others of the own set's digits, for whose sake only those
    held out are judged. known: sentences on models that learned from some of these very digits, as
    copies of them stood elsewhere.
    """

    part: Part
    where: str
    digits: DigitSet
    numbers: np.ndarray
    predictions: Mapping[str, Predictions]
    rows: Mapping[str, Row]
    styles: Mapping[str, Style]
    learners: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return list(self.predictions)

    @property
    def single(self) -> list[str]:
        """Those that are no ensembles."""
        return [name for name in self.names if not self.rows[name].members]

    @property
    def ensembles(self) -> list[str]:
        return [name for name in self.names if self.rows[name].members]

    def only(self, names: list[str]) -> "Seen":
        """The same of some of the models, in the order given."""
        return replace(
            self,
            predictions={name: self.predictions[name] for name in names},
            rows={name: self.rows[name] for name in names},
            styles={name: self.styles[name] for name in names},
        )


def add_model(name: str) -> list[str]:
    """Make a model the first of those that are compared, also from another page; gives them all."""
    chosen = st.session_state.get(MODELS) or _worth_comparing(loaders.leaderboard()[0])
    st.session_state[MODELS] = [*dict.fromkeys([name, *chosen])]
    return st.session_state[MODELS]


def rename_model(name: str, new: str) -> None:
    """Let a new name take the old one's place among the compared models, with its colour."""
    kept = st.session_state
    kept[MODELS] = [new if model == name else model for model in kept.get(MODELS, [])]
    own = kept.get(COLOURS, {})
    kept[COLOURS] = {new if model == name else model: own[model] for model in own}


def drop_model(name: str) -> None:
    st.session_state[MODELS] = [m for m in st.session_state.get(MODELS, []) if m != name]


def redraw_page() -> None:
    """To be called where what is compared has changed: it is chosen outside the view, which alone
    runs when something in it is used."""
    st.session_state[CHANGED] = True


def redraw_if_asked() -> None:
    if st.session_state.pop(CHANGED, False):
        st.rerun()


def _worth_comparing(board: Sequence[Row]) -> list[str]:
    return [row.name for row in comparable(board)]


def choose_seen() -> Seen | None:
    """The person's choice of models and of digits, which travels in the address; None if empty."""
    board, damages = loaders.leaderboard()
    for damage in damages:
        st.warning(damage, icon=":material/broken_image:")
    rows, default = {row.name: row for row in board}, _worth_comparing(board)
    asked = [] if MODELS in st.session_state else st.query_params.get_all(MODELS)
    say_what_set_is_gone()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = _choose_models(list(rows), default)
        part = choose_part()
    _say_what_is_left_out(rows, default, names, asked)
    learners: list[str] = []
    if isinstance(part, OwnPart):
        names, learners = _fairly(names, part)
        part = replace(part, held_out=bool(learners))
        if not names or not have_read(names, part):
            return None
    predictions = _answers(names, part)
    if not predictions:
        return None
    digits, numbers, where = digits_of(part)
    own = part.name if isinstance(part, OwnPart) else ""
    asked = own or part in (TEST, VALIDATION)
    known = known_before(predictions, digits, own) if asked else ()
    seen = Seen(
        part, where, digits, numbers, predictions, {name: rows[name] for name in predictions},
        _styles(predictions, rows), tuple(learners), tuple(known),
    )  # fmt: skip
    if learners:
        st.info(fairness(seen), icon=":material/visibility_off:")
    for words in seen.known:
        st.warning(words, icon=":material/content_copy:")
    return seen


def apart_from(seen: Seen, others: Sequence[str]) -> Seen:
    """The same on digits that none of these other models learned from either.

    Raises NotMeasured where there is none that is known to be so, NoSuchSet or DataDamaged.
    """
    part = seen.part
    if not isinstance(part, OwnPart):
        return seen
    found = learned(others, part)
    untold = [name for name, what in found.items() if what == UNTOLD]
    if untold:
        raise NotMeasured(f"{', '.join(untold)} {_untold(part)}.")
    if part.held_out or not found:
        return seen
    part = replace(part, held_out=True)
    predictions = {name: loaders.answers(name, part) for name in seen.names}
    digits, numbers, where = digits_of(part)
    return replace(seen, part=part, where=where, digits=digits, numbers=numbers,
                   predictions=predictions, learners=tuple(found))  # fmt: skip


def fairness(seen: Seen) -> str:
    """Why only some of an own set's digits are judged, for a person; empty where all are."""
    if not seen.learners:
        return ""
    return (
        f"{', '.join(seen.learners)} learned from the other digits of this set, so all models are "
        f"judged by the {seen.where}, from which none of them learned."
    )


def _fairly(names: list[str], part: OwnPart) -> tuple[list[str], list[str]]:
    """(who can be judged on the set, who learned from what is not held out of it); said where
    somebody cannot, or where there is nothing to judge by."""
    what = learned(names, part)
    behind = {name: {run.name for run in runs_of([name])} for name in names}
    untold = {name for name, found in what.items() if found == UNTOLD}
    for name in names:
        if behind[name] & untold:
            st.warning(f"{name} is left out: it {_untold(part)}.", icon=":material/visibility_off:")
    left = [name for name in names if not behind[name] & untold]
    learners = [name for name, found in what.items() if found == TOLD]
    if learners and not len(loaders.own_parts(part.name).held_out):
        st.info(f"{', '.join(learners)} learned from all digits of {part.name}, which are too few "
                "to hold any out. Leave those models out to compare the others on it.",
                icon=":material/visibility_off:")  # fmt: skip
        return [], learners
    return left, learners


def _untold(part: OwnPart) -> str:
    return (
        f"learned from other digits that were called {part.name}, and which of the present ones "
        "were among them is not known"
    )


def _choose_models(known: list[str], default: list[str]) -> list[str]:
    return st.multiselect(
        "Models",
        known,
        default=default,
        key=MODELS,
        bind="query-params",
        persist_state="session",
        placeholder="Choose models and ensembles",
        width="stretch",
    )


def _say_what_is_left_out(
    rows: Mapping[str, Row], default: list[str], names: list[str], asked: list[str]
) -> None:
    """Of what the address asked for when the page was opened, and of what there is."""
    unknown = [name for name in asked if NAME.fullmatch(name) and name not in rows]
    if unknown and not set(asked) & set(rows):
        st.info(f"The address asks for {', '.join(unknown)}: there is no such model here. "
                "What is usually compared is shown instead.")  # fmt: skip
    elif unknown:
        st.info(f"The address asks also for {', '.join(unknown)}: there is no such model here.")
    poor = [name for name in rows if name not in default and name not in names]
    if poor and set(default) <= set(names):
        st.caption(f"Not among them at first, since they read worse than every shipped model: "
                   f"{', '.join(poor)}.")  # fmt: skip


def _answers(names: list[str], part: Part) -> dict[str, Predictions]:
    found, unmeasured = {}, []
    for name in names:
        try:
            found[name] = loaders.answers(name, part)
        except NotMeasured as missing:
            if isinstance(part, OwnPart):
                st.warning(f"{name} is left out: {missing}", icon=":material/broken_image:")
            else:
                unmeasured.append(name)
        except (RunDamaged, KeyError) as damage:
            st.warning(f"{name} is left out: {damage}", icon=":material/broken_image:")
    if unmeasured:
        st.info(
            f"Not yet measured on these digits: {', '.join(unmeasured)}. The Sturdiness view, on "
            "test digits, measures them.",
            icon=":material/hourglass_empty:",
        )
    return found


def _styles(names: Mapping[str, Predictions], rows: Mapping[str, Row]) -> dict[str, Style]:
    ensembles = [name for name in names if rows[name].members]
    own = st.session_state.get(COLOURS, {})
    styles = figures.styles_of(names, ensembles)
    return {
        name: replace(styles[name], colour=own.get(name, styles[name].colour)) for name in names
    }
