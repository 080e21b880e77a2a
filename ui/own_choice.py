"""Whether a training learns from a set of a person's own as well, or from that alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from digitcore.digits import DataDamaged
from digitcore.folder import NAME
from digitcore.own.learning import settled
from digitcore.own.parts import Parts, looks_of_mnist
from digitcore.own.store import NoSuchSet, own_sets
from digitcore.recipes import Recipe
from ui.loaders import own_parts

OWN, MNIST = "own", "mnist"  # the recipe's fields, and what the address calls them
NONE = "no other set"  # which no set can be called


def choose_own(mark: Callable[[str, str], str]) -> dict[str, Any]:
    """The recipe's fields own and mnist; nothing is asked where there is no own set.

    mark: the label of a field, by its name, told from where the recipe started.
    """
    names, wanted = own_sets().names(), _wanted()
    if not names and not wanted:
        return {OWN: "", MNIST: True}
    gone = [wanted] if wanted and wanted not in names else []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        own = st.selectbox(
            mark("Also learn from", OWN), ["", *names, *gone], key=OWN, bind="query-params",
            format_func=lambda name: name or NONE, width=260,
            help="A set of your own digits, which the Explore page takes in. A fifth of it is "
            "held out, the same for everybody, to compare models by.",
        )  # fmt: skip
        mnist = not own or st.toggle(
            mark("MNIST's digits too", MNIST), True, key=MNIST, bind="query-params",
            help="Off: it learns from your own set alone, and is validated on MNIST all the same.",
        )  # fmt: skip
    if own in names:
        _show_parts(own, mnist)
    return {OWN: own, MNIST: mnist}


def settle(recipe: Recipe) -> Recipe:
    """The recipe with its own set as it is now. Raises ValueError with a message to act on."""
    try:
        return settled(recipe, own_parts(recipe.own) if recipe.own else None)
    except (NoSuchSet, DataDamaged) as reason:
        raise ValueError(f"{reason} Under Data, choose another set or none.") from reason


def _wanted() -> str:
    """The set that the form or the address names, whether it is there or not."""
    name = st.session_state.get(OWN, st.query_params.get(OWN, ""))
    return name if NAME.fullmatch(name) else ""


def _show_parts(name: str, mnist: bool) -> None:
    try:
        parts = own_parts(name)
    except (NoSuchSet, DataDamaged):
        return  # the whole recipe is refused for it, in words
    st.caption(f"{_divided(name, parts)} {_validated(name, mnist)}")
    copies = int(np.isin(parts.learned_looks, looks_of_mnist(train=False)).sum())
    if copies:
        st.warning(
            f"{copies:,} of the {len(parts.learned):,} are MNIST's own test digits, pixel for "
            "pixel: the test accuracy of what learns from them will flatter it.",
            icon=":material/content_copy:",
        )


def _divided(name: str, parts: Parts) -> str:
    learned, held = len(parts.learned), len(parts.held_out)
    if not held:
        return (
            f"All {learned:,} digits of {name} are learned from: they are too few to hold any "
            "out. So models that learn from them cannot be compared on them."
        )
    return (
        f"Of the {len(parts):,} digits of {name} {learned:,} are learned from, and {held:,} held "
        "out, by which the Compare page judges models that learned from the others."
    )


def _validated(name: str, mnist: bool) -> str:
    words = "Validation is on MNIST's digits alone, so that curves can be compared"
    if mnist:
        return f"{words}."
    return (
        f"{words}: it says how far {name} teaches to read MNIST, and digits that {name} lacks are "
        "misread there."
    )
