"""What the Compare page looks at: which models, and what they answered to which digits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from digitcore import figures
from digitcore.digits import DigitSet, held_out, load_mnist, places_held_out
from digitcore.distortions import SETTINGS, distorted, sample
from digitcore.evaluation import Predictions
from digitcore.figures import Style
from digitcore.folder import NAME, RunDamaged
from digitcore.leaderboard import Row
from digitcore.robustness import NotMeasured
from ui import loaders
from ui.board import comparable

MODELS = "models"  # the address and the session keep the chosen models under this name
COLOURS = "compare colours"  # model -> CSS colour that a person chose for it
CHANGED = "compare changed"
TEST, VALIDATION = "test", "validation"


@dataclass(frozen=True)
class Seen:
    """Models and ensembles that are compared, and what they answered to the same digits.

    part: 'test', 'validation' or a warp's name. where: the same in words, to stand after a number.
    numbers: (N,) the place of each of the digits in MNIST's test or training set. The mappings are
    by name, in the chosen order, with at least one model.
    """

    part: str
    where: str
    digits: DigitSet
    numbers: np.ndarray
    predictions: Mapping[str, Predictions]
    rows: Mapping[str, Row]
    styles: Mapping[str, Style]

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


def add_model(name: str) -> None:
    """Make a model one of those that are compared, also from another page."""
    chosen = st.session_state.get(MODELS) or _worth_comparing(loaders.leaderboard()[0])
    st.session_state[MODELS] = [*dict.fromkeys([*chosen, name])]


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
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = _choose_models(list(rows), default)
        part = _choose_part()
    _say_what_is_left_out(rows, default, names, asked)
    predictions = _answers(names, part)
    if not predictions:
        return None
    digits, numbers, where = _digits(part)
    return Seen(
        part, where, digits, numbers, predictions,
        {name: rows[name] for name in predictions}, _styles(predictions, rows),
    )  # fmt: skip


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
    poor = [name for name in rows if name not in default]
    if poor and names == default:
        st.caption(f"Not among them at first, since they read worse than every shipped model: "
                   f"{', '.join(poor)}.")  # fmt: skip


def _choose_part() -> str:
    return st.selectbox(
        "What they read",
        [TEST, VALIDATION, *SETTINGS],
        key="on",
        bind="query-params",
        persist_state="session",
        format_func=lambda part: part if part in SETTINGS else f"{part} digits",
        width=220,
        help="The 10,000 test digits, which were predicted once, when a training had ended; the "
        "5,000 training digits that every recipe holds out, by which all choices are made; or "
        "2,000 test digits, spoilt in one of many ways: by so many pixels, degrees, and so on.",
    )


def _answers(names: list[str], part: str) -> dict[str, Predictions]:
    found, unmeasured = {}, []
    for name in names:
        try:
            found[name] = loaders.answers(name, part)
        except NotMeasured:
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


def _digits(part: str) -> tuple[DigitSet, np.ndarray, str]:
    if part in SETTINGS:
        setting = SETTINGS[part]
        digits = distorted(setting)
        return digits, sample(), f"{len(digits):,} test digits {setting.words}"
    if part == VALIDATION:
        digits, numbers = held_out(), places_held_out(load_mnist(train=True)).numpy()
        return digits, numbers, f"{len(digits):,} validation digits"
    digits = loaders.test_digits()
    return digits, np.arange(len(digits)), f"{len(digits):,} test digits"


def _styles(names: Mapping[str, Predictions], rows: Mapping[str, Row]) -> dict[str, Style]:
    ensembles = [name for name in names if rows[name].members]
    own = st.session_state.get(COLOURS, {})
    styles = figures.styles_of(names, ensembles)
    return {
        name: replace(styles[name], colour=own.get(name, styles[name].colour)) for name in names
    }
