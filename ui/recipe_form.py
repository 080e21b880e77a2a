"""The recipe form: from a starting point to a Recipe, all of which travels in the page's address.

Every control is bound to the address under its field's name. Its default is the textbook
network's recipe, so the address holds exactly what differs from that one.
"""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitcore.augment import Warp
from digitcore.layers import layer_table
from digitcore.models import ARCHITECTURES
from digitcore.recipes import (
    MOST_PENNED,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    TRAINING,
    WHICH_OWN,
    WHOLE,
    Recipe,
    varying,
)
from digitcore.zoo import ZOO
from ui.estimate import show_range_test
from ui.loaders import jobs
from ui.own_choice import choose_own, settle
from ui.penned_choice import show_penned
from ui.states import told, value
from ui.teacher_choice import choose_teachers, show_lesson
from ui.warp_fields import LIMITS as WARP_LIMITS
from ui.warp_fields import WARPS, as_warp, warp_slider, within
from ui.warp_preview import show_preview
from ui.words import in_words

FIRST = "classic"
HELD_OUT = Recipe(FIRST).held_out  # digits: what every recipe holds out, and so the least
CHOICES = {
    "network": (
        "Network", list(ARCHITECTURES),
        "What learns: its layers in order, from the picture to the ten answers.",
    ),
    "optimizer": (
        "Optimiser", OPTIMIZERS,
        "How weights follow their gradients. Adam and its kin adapt each weight's step; SGD, with "
        "Nesterov momentum, wants a learning rate about ten times as high.",
    ),
    "schedule": (
        "Schedule", SCHEDULES,
        "How the learning rate goes: constant; one-cycle rises for a quarter of the time and then "
        "falls to nothing; cosine only falls.",
    ),
    "precision": (
        "Precision", PRECISIONS,
        "Of the arithmetic. auto measures which is faster here; a named one gives the same "
        "weights each time.",
    ),
}  # fmt: skip
# field: label, least, most, step, help
NUMBERS = {
    "digits": ("Training digits", 500, TRAINING - HELD_OUT, 500,
               "How many digits it learns from. Fewer are learned faster, and worse."),
    "held_out": ("Validation digits", HELD_OUT, TRAINING // 2, 1000,
                 "Training digits that are held out, on which the best epoch is chosen. The same "
                 f"{HELD_OUT:,} are held out by every recipe, so that models can be compared."),
    "penned": ("Penned digits", 0, MOST_PENNED, 500,
               "Digits in hands that MNIST lacks, drawn by stroke prototypes and learned from "
               "besides."),
    "others": ("Pictures of no digit", 0, MOST_PENNED, 500,
               "Letters, signs and scribbles that are learned from besides, as what is no digit."),
    "epochs": ("Epochs", 1, 1000, 1, "How many times it sees every training digit."),
    "unwarped": ("Last epochs without warps", 0, 1000, 1,
                 "So many of the epochs, at the end, show the digits as they are: what the warps "
                 "have taught stays, and the network settles on what digits really look like."),
    "batch_size": ("Batch size", 2, 4096, 1,
                   "How many digits it looks at before each small step."),
    "learning_rate": ("Learning rate", 1e-7, 10.0, 0.0001,
                      "The size of a step: too low learns slowly, too high not at all."),
    "taught": ("The teachers' share", 0.0, 1.0, 0.1,
               "How much of what is learned of an image is the teachers' answer; the rest is its "
               "label."),
    "weight_decay": ("Weight decay", 0.0, 1.0, 0.001,
                     "Pulls weights towards zero, so that it does not learn by heart."),
    "label_smoothing": ("Label smoothing", 0.0, 0.5, 0.05,
                        "Asks for a little less than full certainty."),
    "patience": ("Early stopping", 0, 1000, 1,
                 "Ends after so many epochs without a better validation loss; 0 for never."),
    "average": ("Averaging", 0.0, 0.9999, 0.001,
                "Answers with a moving average of the weights, of this decay a step: 0.998 "
                "averages over about 500 steps. 0 for none."),
    "seed": ("Seed", 0, 2**31 - 1, 1,
             "Decides everything random. Runs that differ only by it show what is luck."),
}  # fmt: skip
LIMITS = {name: entry[1:3] for name, entry in NUMBERS.items()} | WARP_LIMITS


def choose_recipe(top: DeltaGenerator) -> Recipe | None:
    """The recipe of the form, or None where it is refused, which is said.

    top: where the starting point is chosen.
    """
    with top:
        start = _choose_start()
    tabs = st.tabs(
        ("Network", "Data", "Warps", "Teachers", "Learning", "Regularisation", "Machine")
    )
    network, data, warps, teachers, learning, regularisation, machine = tabs
    try:
        with warps:
            warp = _warps(start)
            chosen = _fields(start, "unwarped")
        with network:
            chosen |= _network(start)
        with data:
            chosen |= _data(start)
        with teachers:
            chosen |= _teachers(start, warp)
        with learning:
            chosen |= _fields(start, "epochs", "batch_size", "optimizer", "learning_rate",
                              "schedule")  # fmt: skip
        with regularisation:
            chosen |= _fields(start, "weight_decay", "label_smoothing", "patience", "average")
        with machine:
            chosen |= _fields(start, "precision", "seed")
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
    return recipe


def address_of(recipe: Recipe, start: str = FIRST) -> dict[str, str | list[str]]:
    """What the address holds of a recipe in the form."""
    found: dict[str, str | list[str]] = {} if start == FIRST else {"start": start}
    for name, entry in _values(recipe).items():
        if (told := _within(name, entry)) != DEFAULTS[name]:
            several = isinstance(told, list | tuple)
            found[name] = [str(one) for one in told] if several else str(told).lower()
    return found


def fill(recipe: Recipe) -> None:
    """Put a recipe into the form; what lies beyond a field's limits comes as near as it can."""
    for name, entry in _values(recipe).items():
        st.session_state[name] = _within(name, entry)


def starting_points() -> dict[str, Recipe]:
    """The zoo's recipes, then those of all earlier runs, by name."""
    runs = {job.name: job.recipe for job in jobs().all() if job.recipe}
    return {name: entry.recipe for name, entry in ZOO.items()} | runs


def _values(recipe: Recipe) -> dict[str, Any]:
    """A recipe as the form's fields have it."""
    values = recipe.flat() | {
        "held_out": recipe.held_out, "digits": recipe.of_mnist, "teachers": list(recipe.teachers),
    }  # fmt: skip
    for name in ("validation_share", *WHICH_OWN):
        del values[name]
    others = (*WHOLE, "held_out", "scale", "own", "mnist", "teachers", *CHOICES)
    floats = [name for name in values if name not in others]
    return values | {name: float(values[name]) for name in floats}


def _within(name: str, value: Any) -> Any:
    return within(value, LIMITS[name]) if name in LIMITS else value


DEFAULTS = _values(ZOO[FIRST].recipe)


def _choose_start() -> Recipe:
    known = starting_points()
    asked = st.query_params.get("start")
    if "start" not in st.session_state and asked in known and set(st.query_params) == {"start"}:
        fill(known[asked])  # an address that names no more than where to start
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


def _fill_from_start() -> None:
    known = starting_points()
    if st.session_state.start in known:  # another tab may have deleted it
        fill(known[st.session_state.start])


def _fields(start: Recipe, *names: str) -> dict[str, Any]:
    """Some fields side by side, and what stands in them."""
    with st.grid("auto", min_column_width=220):
        return {name: _field(start, name) for name in names}


def _field(start: Recipe, name: str) -> Any:
    """One field: a choice, a slider or a number, marked where it differs from the start."""
    then = _within(name, _values(start)[name])
    bound: dict = {"key": name, "bind": "query-params"}
    if name in CHOICES:
        label, options, words = CHOICES[name]
        first = options.index(DEFAULTS[name])
        return st.selectbox(_mark(label, name, then), options, first, help=words, **bound)
    default = DEFAULTS[name]
    if name in WARPS:
        return warp_slider(name, _mark(WARPS[name][0], name, then), default, key=name)
    label, low, high, step, words = NUMBERS[name]
    marked = _mark(label, name, then)
    written = "%d" if isinstance(step, int) else "%g"
    return st.number_input(marked, low, high, default, step, written, help=words, **bound)


def _mark(label: str, name: str, start: Any) -> str:
    value = st.session_state.get(name, DEFAULTS[name])
    return f"{label} (changed)" if value != start else label


def _network(start: Recipe) -> dict[str, Any]:
    chosen = _fields(start, "network")
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
    chosen = _fields(start, "digits", "held_out")
    then = _values(start)
    own = choose_own(lambda label, name: _mark(label, name, then[name]))
    share = Recipe(FIRST, validation_share=chosen["held_out"] / TRAINING)
    learned = min(chosen["digits"], share.of_mnist) if own["mnist"] else 0
    st.caption(
        f"Of MNIST's {TRAINING:,} training digits {share.held_out:,} are held out, as many of each "
        f"class, and {f'{learned:,}' if learned else 'none'} learned from. The 10,000 test "
        "digits are read once, at the end."
    )
    digits = learned if learned < share.of_mnist else 0
    penned = _fields(start, "penned", "others")
    show_penned(**penned)
    return {"digits": digits, "validation_share": share.validation_share, **own, **penned}


def _warps(start: Recipe) -> Warp:
    how = as_warp(_fields(start, *WARPS))
    show_preview(how)
    return how


def _teachers(start: Recipe, warp: Warp) -> dict[str, Any]:
    names = choose_teachers(_mark("Teachers", "teachers", _values(start)["teachers"]))
    if not names:
        return {"teachers": (), "taught": DEFAULTS["taught"]}
    chosen = _fields(start, "taught")
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
    st.caption(f":orange-badge[{len(changed)} changed] {words}.")
