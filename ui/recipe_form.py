"""The recipe form: from a starting point to a Recipe, all of which travels in the page's address.

Every control is bound to the address under its field's name and starts from Recipe's own default,
so the address holds exactly what differs from those.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitcore.augment import Warp
from digitcore.digits import HELD_OUT_SHARE
from digitcore.models import ARCHITECTURES, build, count_parameters, layer_table
from digitcore.recipes import OPTIMIZERS, PRECISIONS, SCHEDULES, WHOLE, ZOO, Recipe, varying
from ui.estimate import show_range_test
from ui.loaders import jobs
from ui.states import show
from ui.warp_preview import show_preview

ALL = 60_000
FIRST = "classic"
BOUND = {"bind": "query-params"}


def choose_recipe(top: DeltaGenerator) -> Recipe | None:
    """The recipe of the form, or None where it is refused, which is said.

    top: where the starting point is chosen.
    """
    with top:
        start = _choose_start()
    tabs = st.tabs(("Network", "Data", "Warps", "Learning", "Restraint", "Machine"))
    chosen: dict = {}
    for tab, fields in zip(tabs, FIELDS, strict=True):
        with tab:
            chosen |= fields(start)
    try:
        recipe = Recipe(**chosen)
    except ValueError as reason:
        st.error(str(reason), icon=":material/block:")
        return None
    with tabs[LEARNING]:
        show_range_test(recipe)
    _show_differences(recipe, start)
    return recipe


def fill(recipe: Recipe) -> None:
    """Put a recipe into the form."""
    values = recipe.flat()
    values["validation"] = round(values.pop("validation_share") * ALL)
    values["digits"] = recipe.digits or ALL - values["validation"]
    for name, value in values.items():
        whole = name in (*WHOLE, "validation") or not isinstance(value, int)
        st.session_state[name] = value if whole else float(value)  # a slider wants its own type


def starting_points() -> dict[str, Recipe]:
    """The zoo's recipes, then those of all earlier runs, by name."""
    runs = {job.name: job.recipe for job in jobs().all() if job.recipe}
    return {name: entry.recipe for name, entry in ZOO.items()} | runs


def _choose_start() -> Recipe:
    known = starting_points()
    if "start" not in st.session_state and not set(st.query_params) & set(ZOO[FIRST].recipe.flat()):
        fill(ZOO[FIRST].recipe)
    name = st.selectbox(
        "Start from",
        list(known),
        index=list(known).index(FIRST),
        key="start",
        on_change=lambda: fill(starting_points()[st.session_state.start]),
        help="A recipe of the zoo, or of an earlier run. Everything below is set to it, and can "
        "then be changed.",
        width=260,
        **BOUND,
    )
    return known[name]


def _mark(label: str, name: str, start: object, unit: object = None) -> str:
    """The label, marked where the value differs from the starting point."""
    value = st.session_state.get(name, start)
    return f"{label} :orange-badge[changed]" if value != start else label


def _network(start: Recipe) -> dict:
    name = st.selectbox(
        _mark("Network", "network", start.network),
        list(ARCHITECTURES),
        key="network",
        help="What learns: its layers in order, from the picture to the ten answers.",
        width=320,
        **BOUND,
    )
    layers = layer_table(name)
    st.caption(
        f"{ZOO[name].description if name in ZOO else name} {len(layers)} layers, "
        f"{count_parameters(build(name)):,} numbers to learn."
    )
    st.dataframe(
        [
            {"Layer": layer.name, "Gives out": " x ".join(map(str, layer.output)),
             "Numbers to learn": layer.parameters}
            for layer in layers
        ],
        hide_index=True,
        height=212,
        column_config={"Numbers to learn": st.column_config.NumberColumn(format="localized")},
        alt=f"The {len(layers)} layers of {name}, with the shape that each gives out",
    )  # fmt: skip
    return {"network": name}


def _data(start: Recipe) -> dict:
    held = round(start.validation_share * ALL)
    with st.grid("auto", min_column_width=260):
        digits = st.number_input(
            _mark("Training digits", "digits", start.digits or ALL - held),
            min_value=500,
            max_value=55_000,
            value=55_000,
            step=500,
            key="digits",
            help="How many digits it learns from. Fewer are learned faster, and worse.",
            **BOUND,
        )
        validation = st.number_input(
            _mark("Validation digits", "validation", held),
            min_value=round(HELD_OUT_SHARE * ALL),
            max_value=ALL // 2,
            step=1_000,
            key="validation",
            help="Training digits that are held out, on which the best epoch is chosen. The same "
            "5,000 are held out by every recipe, so that models can be compared on them.",
            **BOUND,
        )
    left = ALL - validation
    st.caption(
        f"Of MNIST's 60,000 training digits {validation:,} are held out and "
        f"{min(digits, left):,} learned from. The 10,000 test digits are read once, at the end."
    )
    return {
        "digits": digits if digits < left else 0,
        "validation_share": HELD_OUT_SHARE if validation == 5_000 else validation / ALL,
    }


def _warps(start: Recipe) -> dict:
    then, limits = start.warp, {
        "rotation": ("Rotation, degrees", 0.0, 45.0, 1.0, "Turned to either side."),
        "shear": ("Shear, degrees", 0.0, 45.0, 1.0, "Slanted to either side."),
        "shift": ("Shift", 0.0, 0.3, 0.01, "Share of the side, to each side, in both directions."),
        "elastic": ("Elastic bending, pixels", 0.0, 3.0, 0.1, "Typical bending of the strokes."),
        "thickness": ("Thickness, pixels", 0.0, 1.0, 0.05, "Strokes up to so much thicker or "
                      "thinner on each side."),
        "perspective": ("Perspective", 0.0, 0.6, 0.05, "How far the corners are pulled inwards."),
        "perspective_p": ("Share with perspective", 0.0, 1.0, 0.1, "Of the digits that get it."),
    }  # fmt: skip
    values: dict = {}
    with st.grid("auto", min_column_width=220):
        for name, (label, low, high, step, words) in limits.items():
            values[name] = st.slider(
                _mark(label, name, getattr(then, name)), low, high, getattr(Warp(), name), step,
                "%g", key=name, help=words, **BOUND,
            )  # fmt: skip
        values["scale"] = st.slider(
            _mark("Scale", "scale", then.scale), 0.5, 1.5, (1.0, 1.0), 0.05, "%g", key="scale",
            help="Smallest and largest factor of size.", **BOUND,
        )  # fmt: skip
    how = Warp(**values)
    show_preview(how)
    return {"warp": how}


def _learning(start: Recipe) -> dict:
    values: dict = {}
    with st.grid("auto", min_column_width=220):
        values["epochs"] = st.number_input(
            _mark("Epochs", "epochs", start.epochs), 1, 1000, 10, key="epochs",
            help="How many times it sees every training digit.", **BOUND,
        )  # fmt: skip
        values["batch_size"] = st.number_input(
            _mark("Batch size", "batch_size", start.batch_size), 2, 4096, 128, key="batch_size",
            help="How many digits it looks at before each small step.", **BOUND,
        )  # fmt: skip
        values["optimizer"] = st.selectbox(
            _mark("Optimiser", "optimizer", start.optimizer), OPTIMIZERS, key="optimizer",
            help="How weights follow their gradients. Adam and its kin adapt each weight's step; "
            "SGD, with Nesterov momentum, wants a learning rate about ten times as high.", **BOUND,
        )  # fmt: skip
        values["learning_rate"] = st.number_input(
            _mark("Learning rate", "learning_rate", start.learning_rate), 1e-7, 10.0, 0.001,
            0.0005, format="%g", key="learning_rate",
            help="The size of a step: too low learns slowly, too high not at all.", **BOUND,
        )  # fmt: skip
        values["schedule"] = st.selectbox(
            _mark("Schedule", "schedule", start.schedule), SCHEDULES, key="schedule",
            help="How the learning rate goes: constant; one-cycle rises for a quarter of the "
            "time and then falls to nothing; cosine only falls.", **BOUND,
        )  # fmt: skip
    return values


def _restraint(start: Recipe) -> dict:
    values: dict = {}
    with st.grid("auto", min_column_width=220):
        values["weight_decay"] = st.number_input(
            _mark("Weight decay", "weight_decay", start.weight_decay), 0.0, 1.0, 0.0, 0.001,
            format="%g", key="weight_decay",
            help="Pulls weights towards zero, so that it does not learn by heart.", **BOUND,
        )  # fmt: skip
        values["label_smoothing"] = st.number_input(
            _mark("Label smoothing", "label_smoothing", start.label_smoothing), 0.0, 0.5, 0.0,
            0.05, format="%g", key="label_smoothing",
            help="Asks for a little less than full certainty.", **BOUND,
        )  # fmt: skip
        values["patience"] = st.number_input(
            _mark("Early stopping", "patience", start.patience), 0, 1000, 0, key="patience",
            help="Ends after so many epochs without a better validation loss; 0 for never.",
            **BOUND,
        )  # fmt: skip
        values["average"] = st.number_input(
            _mark("Averaging", "average", start.average), 0.0, 0.9999, 0.0, 0.001,
            format="%g", key="average",
            help="Answers with a moving average of the weights, of this decay a step: 0.998 "
            "averages over about 500 steps. 0 for none.", **BOUND,
        )  # fmt: skip
    return values


def _machine(start: Recipe) -> dict:
    with st.grid("auto", min_column_width=220):
        precision = st.selectbox(
            _mark("Precision", "precision", start.precision), PRECISIONS, key="precision",
            help="Of the arithmetic. auto measures which is faster here; a named one gives the "
            "same weights each time.", **BOUND,
        )  # fmt: skip
        seed = st.number_input(
            _mark("Seed", "seed", start.seed), 0, 2**31 - 1, 0, key="seed",
            help="Decides everything random. Runs that differ only by it show what is luck.",
            **BOUND,
        )  # fmt: skip
    return {"precision": precision, "seed": seed}


def _show_differences(recipe: Recipe, start: Recipe) -> None:
    changed = varying([start, recipe])
    if not changed:
        st.caption("The recipe is its starting point, unchanged.")
        return
    now, then = recipe.flat(), start.flat()
    words = ", ".join(f"{name} {show(now[name])} (was {show(then[name])})" for name in changed)
    st.caption(f":orange-badge[{len(changed)} changed] {words}.")


FIELDS = (_network, _data, _warps, _learning, _restraint, _machine)
LEARNING = FIELDS.index(_learning)
