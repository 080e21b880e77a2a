"""Who teaches a network, and what they would tell it of digits warped as the recipe has it."""

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
import streamlit as st

from digitcore.augment import Warp
from digitcore.digits import load_mnist
from digitcore.folder import NAME
from digitcore.members import Version
from digitcore.runs import NoSuchModel
from digitcore.teaching import least_sure, resolved
from ui.gallery import TILE, show_digit
from ui.loaders import members
from ui.warp_preview import warped

TEACHERS = "teachers"  # the recipe's field, and what the address calls it
SHOWN_TO, SHOWN = 256, 8  # digits that the teachers are asked about, and of these shown


def choose_teachers(label: str) -> tuple[str, ...]:
    """Models' names, an ensemble's replaced by its members'. Raises ValueError where one is gone.

    label: of the field, told from where the recipe started.
    """
    st.markdown(
        "A label says *this is a 4*. Networks that have learned already can say more: how sure one "
        "can be of it, and what else it could be. To learn from their answers is called "
        "distillation ([Hinton et al., 2015](https://arxiv.org/abs/1503.02531)): a small network "
        "can come near a large one, or near a whole ensemble."
    )
    store = members().store
    known = [*store.ensembles(), *store.runs()]
    gone = [name for name in _wanted() if name not in known]
    names = st.multiselect(
        label, [*known, *gone], key=TEACHERS, bind="query-params",
        placeholder="none: it learns from the labels alone",
        help="Models and ensembles, whose mean answer is learned. Each of them reads every image "
        "that is learned from, so a training takes longer; how long is said below.",
    )  # fmt: skip
    try:
        return resolved(names, store)
    except NoSuchModel as reason:
        raise ValueError(f"{reason} Under Teachers, choose another or none.") from reason


def show_lesson(teachers: Sequence[str], how: Warp) -> None:
    """Of some warped digits those of which the teachers are least sure, with what they say."""
    store, throw = members().store, st.session_state.warp_throw
    versions = tuple(store.run(name).version for name in teachers)
    st.caption(
        f"Of {SHOWN_TO} training digits, warped as this recipe has it, those of which the "
        f"teachers are least sure: {', '.join(teachers)}. Under each its label, and the two digits "
        "that they find likeliest."
    )
    with st.grid("auto", min_column_width=TILE + 8):
        for image, label, said in _lesson(versions, astuple(how), throw):
            words = in_shares(said)
            show_digit(
                image, f"label {label}; {words}",
                alt=f"A warped digit, labelled {label}; the teachers say {words}",
            )  # fmt: skip


@st.cache_data(show_spinner="The teachers read a few digits...", max_entries=20)
def _lesson(
    versions: Sequence[Version], how: tuple, throw: int
) -> list[tuple[np.ndarray, int, np.ndarray]]:
    """(image, label, probabilities) of the digits that are shown.

    versions: of the teachers. how: the fields of a Warp.
    """
    digits = load_mnist(train=True).take(range(SHOWN_TO))
    images = warped(digits.images, Warp(*how), throw)
    said = members().probs([path.name for path, _ in versions], images).mean(0)
    return [(images[n], int(digits.labels[n]), said[n]) for n in least_sure(said, SHOWN)]


def in_shares(probs: np.ndarray) -> str:
    """The likeliest two digits of (10,) probabilities, with their shares."""
    first, second = (int(digit) for digit in np.argsort(-probs, kind="stable")[:2])
    return ", ".join(f"{digit}:\u00a0{probs[digit]:.0%}" for digit in (first, second))


def _wanted() -> list[str]:
    """The teachers that the form or the address names, whether they are there or not."""
    names = st.session_state.get(TEACHERS, st.query_params.get_all(TEACHERS))
    return [name for name in names if NAME.fullmatch(name)]
