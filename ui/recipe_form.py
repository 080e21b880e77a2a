"""The recipe form: from a starting point to a Recipe. All of it travels in the page's address."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitcore.augment import Warp
from digitcore.layers import layer_table
from digitcore.recipes import TRAINING, Recipe, varying
from digitcore.words import listed
from digitcore.zoo import ZOO
from ui.estimate import show_range_test
from ui.loaders import jobs
from ui.own_choice import choose_own, settle
from ui.penned_choice import show_penned
from ui.recipe_fields import (
    CHOICES,
    DEFAULTS,
    FIRST,
    NUMBERS,
    as_fields,
    fits,
    in_limits,
    mark,
    show_fields,
)
from ui.states import told, value
from ui.teacher_choice import choose_teachers, show_lesson
from ui.warp_fields import WARPS, as_warp
from ui.warp_preview import show_preview
from ui.words import go_to, in_words


def choose_recipe(top: DeltaGenerator) -> Recipe | None:
    """The recipe of the form, or None where it is refused, which is said.

    top: where the starting point is chosen.
    """
    if not st.session_state.get("form_marked"):
        st.session_state.form_unknown = _unknown()  # Streamlit takes it out of the address
    with top:
        start = _choose_start()
    tabs = st.tabs(
        ("Network", "Data", "Warps", "Teachers", "Learning", "Regularisation", "Machine")
    )
    network, data, warps, teachers, learning, regularisation, machine = tabs
    try:
        with warps:
            warp = _warps(start)
            chosen = show_fields(start, "unwarped")
        with network:
            chosen |= _network(start)
        with data:
            chosen |= _data(start)
        with teachers:
            chosen |= _teachers(start, warp)
        with learning:
            chosen |= show_fields(start, "epochs", "batch_size", "optimizer", "learning_rate",
                              "schedule")  # fmt: skip
        with regularisation:
            chosen |= show_fields(start, "weight_decay", "label_smoothing", "patience", "average")
        with machine:
            chosen |= show_fields(start, "precision", "seed")
        recipe = settle(Recipe(**chosen, warp=warp))
    except ValueError as reason:
        st.error(str(reason), icon=":material/block:")
        return None
    with learning:
        show_range_test(recipe)
    if not recipe.warp_of(1).alike(warp):
        st.info(
            f"All {recipe.epochs} epochs are without warps, so the warps are not used. Train for "
            "more epochs, or leave fewer without warps.",
            icon=":material/info:",
        )
    _show_differences(recipe, start)
    if not st.session_state.get("form_marked"):
        st.session_state.form_marked = True
        st.rerun()  # only now is known what the address says, and so what is to be marked
    unknown = st.session_state.pop("form_unknown", [])
    if unknown:
        st.info(
            f"Under {listed(unknown)} the address asks for what is not here or cannot be: the form "
            "holds what is usual.",
            icon=":material/info:",
        )
    return recipe


def address_of(recipe: Recipe, start: str = FIRST) -> dict[str, str | list[str]]:
    """What the address holds of a recipe in the form."""
    found: dict[str, str | list[str]] = {} if start == FIRST else {"start": start}
    for name, entry in as_fields(recipe).items():
        if (told := in_limits(name, entry)) != DEFAULTS[name]:
            several = isinstance(told, list | tuple)
            found[name] = [str(one) for one in told] if several else str(told).lower()
    return found


def fill(recipe: Recipe) -> None:
    """Put a recipe into the form; what lies beyond a field's limits comes as near as it can."""
    for name, entry in as_fields(recipe).items():
        st.session_state[name] = in_limits(name, entry)


def starting_points() -> dict[str, Recipe]:
    """The zoo's recipes, then those of all earlier runs, by name."""
    runs = {job.name: job.recipe for job in jobs().all() if job.recipe}
    return {name: entry.recipe for name, entry in ZOO.items()} | runs


def _unknown() -> list[str]:
    """The labels of the fields for which the address asks what they cannot hold."""
    choices = {"start": ("Start from", starting_points()), **CHOICES}
    asked = st.query_params.to_dict()
    others = [
        label for name, (label, options, *_) in choices.items()
        if name in asked and asked[name] not in options
    ]  # fmt: skip
    said = {name: st.query_params.get_all(name) for name in (*NUMBERS, *WARPS)}
    ends = {"scale": 2}  # of a slider that has two
    numbers = [
        label for name, (label, *_) in (NUMBERS | WARPS).items()
        if not all(fits(name, text) for text in said[name])
        or (name in WARPS and said[name] and len(said[name]) != ends.get(name, 1))
    ]  # fmt: skip
    return others + numbers


def _choose_start() -> Recipe:
    known = starting_points()
    asked = st.query_params.get("start")
    if "start" not in st.session_state and asked in known and set(st.query_params) == {"start"}:
        _write_out(asked, known[asked])
    name = st.selectbox(
        "Start from",
        list(known),
        index=list(known).index(FIRST),
        key="start",
        bind="query-params",
        on_change=_fill_from_start,
        help="A recipe of the zoo, or of an earlier run. Everything below is set to it, and can "
        "then be changed.",
        width=260,
    )
    return known[name]


def _write_out(start: str, recipe: Recipe) -> None:
    """An address that names no more than where to start shall hold the whole recipe: else it would
    be another one as soon as something is changed."""
    whole = address_of(recipe, start)
    if set(whole) != {"start"}:
        go_to("pages/train.py", whole)


def _fill_from_start() -> None:
    known = starting_points()
    if st.session_state.start in known:  # another tab may have deleted it
        fill(known[st.session_state.start])


def _network(start: Recipe) -> dict[str, Any]:
    chosen = show_fields(start, "network")
    name = chosen["network"]
    layers = layer_table(name)
    numbers = sum(layer.parameters for layer in layers)
    st.caption(f"{ZOO[name].description} {len(layers)} layers, {numbers:,} numbers to learn.")
    st.dataframe(
        [
            {"Layer": layer.name, "Gives out": " x ".join(map(str, layer.output)),
             "Numbers to learn": layer.parameters}
            for layer in layers
        ],
        hide_index=True,
        height=min(36 + 35 * len(layers), 330),
        column_config={"Numbers to learn": st.column_config.NumberColumn(format="localized")},
        alt=f"The {len(layers)} layers of {name}, with the shape that each gives out",
    )  # fmt: skip
    return chosen


def _data(start: Recipe) -> dict[str, Any]:
    chosen = show_fields(start, "digits", "held_out")
    then = as_fields(start)
    own = choose_own(lambda label, name: mark(label, name, then[name]))
    share = Recipe(FIRST, validation_share=chosen["held_out"] / TRAINING)
    learned = min(chosen["digits"], share.of_mnist) if own["mnist"] else 0
    st.caption(
        f"Of MNIST's {TRAINING:,} training digits {share.held_out:,} are held out, as many of each "
        f"class, and {f'{learned:,}' if learned else 'none'} learned from. The 10,000 test "
        "digits are read once, at the end."
    )
    digits = learned if learned < share.of_mnist else 0
    penned = show_fields(start, "penned", "others")
    show_penned(**penned)
    return {"digits": digits, "validation_share": share.validation_share, **own, **penned}


def _warps(start: Recipe) -> Warp:
    how = as_warp(show_fields(start, *WARPS))
    show_preview(how)
    return how


def _teachers(start: Recipe, warp: Warp) -> dict[str, Any]:
    names = choose_teachers(mark("Teachers", "teachers", as_fields(start)["teachers"]))
    if not names:
        return {"teachers": (), "taught": DEFAULTS["taught"]}
    chosen = show_fields(start, "taught")
    with in_words():
        show_lesson(names, warp)
    return {"teachers": names, **chosen}


def _show_differences(recipe: Recipe, start: Recipe) -> None:
    changed = varying([start, recipe])
    if not changed:
        st.caption("The recipe is its starting point, unchanged.")
        return
    now, then = recipe.flat(), start.flat()
    words = ", ".join(
        f"{told(name, now[name])} (was {value(name, then[name])})" for name in changed
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.badge(f"{len(changed)} changed", color="orange")
        st.caption(f"{words}.")
