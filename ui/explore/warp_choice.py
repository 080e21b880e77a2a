"""Which warps: a recipe's, and what the sliders make of them; all of it in the address."""

from collections.abc import Mapping

import streamlit as st

from digitcore.augment import Warp
from digitcore.recipes import Recipe
from digitcore.words import listed
from digitcore.zoo import ZOO
from ui.kept import kept_numbers
from ui.recipe_form import address_of, fill, starting_points
from ui.warp_fields import LIMITS, WARPS, as_fields, as_warp, warp_slider, within
from ui.words import go_to

START = "warps_of"
FIRST = "strong"
DEFAULTS = as_fields(ZOO[FIRST].recipe.warp)


def _key(name: str) -> str:
    """A field's name in the address and in the session: the Train page's form has its own."""
    return f"warp_{name}"


def choose_start() -> tuple[str, Mapping[str, Recipe]]:
    """A recipe to which the sliders are set, by name, and all that there are."""
    recipes = starting_points()
    asked = st.query_params.get(START)
    if START not in st.session_state and asked in recipes and not _asked():
        _fill(recipes[asked].warp)  # an address that names no more than whose warps
    if st.session_state.get(START, FIRST) not in recipes:  # a run that was deleted
        st.session_state[START] = FIRST
    start = st.selectbox(
        "Warps of", list(recipes), index=list(recipes).index(FIRST), key=START, width=260,
        bind="query-params", persist_state="session", on_change=_fill_from_start,
        help="A recipe of the zoo, or of one of your runs. The sliders are set to its warps, and "
        "can then be changed.",
    )  # fmt: skip
    return start, recipes


def _asked() -> bool:
    """Whether the address has a slider's value."""
    return any(_key(name) in st.query_params for name in WARPS)


def _fill_from_start() -> None:
    recipes = starting_points()
    if st.session_state[START] in recipes:  # another tab may have deleted it
        _fill(recipes[st.session_state[START]].warp)


def _fill(how: Warp) -> None:
    for name, value in as_fields(how).items():
        st.session_state[_key(name)] = value


def choose_warp() -> Warp:
    with st.grid("auto", min_column_width=220):
        return as_warp({
            name: warp_slider(name, WARPS[name][0], DEFAULTS[name], _key(name),
                              persist_state="session")
            for name in WARPS
        })  # fmt: skip


def kept_warp() -> Warp:
    """What was chosen, else what the view begins with."""
    found = {name: kept_numbers(_key(name), first) for name, first in DEFAULTS.items()}
    return as_warp({name: within(value, LIMITS[name]) for name, value in found.items()})


def whose(how: Warp, recipes: Mapping[str, Recipe]) -> str:
    """Which recipes have these very warps."""
    if how.alike(Warp()):
        return "No warp is switched on: every digit is seen as it is."
    names = [name for name, recipe in recipes.items() if recipe.warp.alike(how)]
    if not names:
        return "No recipe has exactly these warps."
    return f"These are the warps of {listed(names)}."


def told(how: Warp) -> str:
    """What is set of the warps, where any is switched on."""
    values = {name: getattr(how, name) for name in WARPS}
    if not how.perspective:
        del values["perspective_p"]  # a share of what there is not
    parts = [f"{WARPS[name][0].lower()} {_value(value)}" for name, value in values.items()
             if value not in (0, (1.0, 1.0))]  # fmt: skip
    return f"Set: {'; '.join(parts)}." if parts and not how.alike(Warp()) else ""


def _value(value: float | tuple[float, float]) -> str:
    return f"{value[0]:g} to {value[1]:g}" if isinstance(value, tuple) else f"{value:g}"


def train_with(start: str, recipe: Recipe) -> None:
    """Open the Train page with these in its form."""
    st.session_state["start"] = start
    fill(recipe)
    go_to("pages/train.py", address_of(recipe, start))
