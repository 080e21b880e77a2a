"""The fields of the recipe form: what each is called, its limits and its words, and the widgets.

Each is bound to the address under its name. Its default is the textbook network's, so the address
holds exactly what differs from that one.
"""

from typing import Any

import streamlit as st

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
)
from digitcore.zoo import ZOO
from ui.warp_fields import LIMITS as WARP_LIMITS
from ui.warp_fields import WARPS, warp_slider, within

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


def as_fields(recipe: Recipe) -> dict[str, Any]:
    """A recipe as the form's fields have it."""
    values = recipe.flat() | {
        "held_out": recipe.held_out, "digits": recipe.of_mnist, "teachers": list(recipe.teachers),
    }  # fmt: skip
    for name in ("validation_share", *WHICH_OWN):
        del values[name]
    others = (*WHOLE, "held_out", "scale", "own", "mnist", "teachers", *CHOICES)
    floats = [name for name in values if name not in others]
    return values | {name: float(values[name]) for name in floats}


def in_limits(name: str, value: Any) -> Any:
    """The value, or the nearest that the field can show."""
    return within(value, LIMITS[name]) if name in LIMITS else value


def fits(name: str, text: str) -> bool:
    """Whether a number's field can hold what an address says."""
    try:
        number = float(text)
    except ValueError:
        return False
    low, high = LIMITS[name]
    whole = name in NUMBERS and isinstance(NUMBERS[name][3], int)  # its step
    return low <= number <= high and (number.is_integer() or not whole)


DEFAULTS = as_fields(ZOO[FIRST].recipe)


def show_fields(start: Recipe, *names: str) -> dict[str, Any]:
    """Some fields side by side, and what stands in them."""
    with st.grid("auto", min_column_width=220):
        return {name: _field(start, name) for name in names}


def _field(start: Recipe, name: str) -> Any:
    """One field: a choice, a slider or a number, marked where it differs from the start."""
    then = in_limits(name, as_fields(start)[name])
    bound: dict = {"key": name, "bind": "query-params"}
    if name in CHOICES:
        label, options, words = CHOICES[name]
        first = options.index(DEFAULTS[name])
        return st.selectbox(mark(label, name, then), options, first, help=words, **bound)
    default = DEFAULTS[name]
    if name in WARPS:
        return warp_slider(name, mark(WARPS[name][0], name, then), default, key=name)
    label, low, high, step, words = NUMBERS[name]
    marked = mark(label, name, then)
    written = "%d" if isinstance(step, int) else "%g"
    return st.number_input(marked, low, high, default, step, written, help=words, **bound)


def mark(label: str, name: str, start: Any) -> str:
    """A label that says where the field differs from where it started."""
    value = st.session_state.get(name, DEFAULTS[name])
    return f"{label} (changed)" if value != start else label
