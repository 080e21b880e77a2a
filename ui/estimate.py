"""How long a recipe will take here, and which learning rate suits it: short measurements."""

from dataclasses import replace

import streamlit as st

from digitcore import figures, probe
from digitcore.own.learning import learning_digits
from digitcore.own.store import own_sets
from digitcore.recipes import Recipe
from digitcore.teaching import teacher_of
from ui.loaders import members
from ui.states import duration
from ui.words import in_words


def show_estimate(recipe: Recipe, busy: bool) -> None:
    """In words; measured once for all recipes that cost the same for each digit.

    busy: whether another run is being trained, which takes its share of the cores.
    """
    cost = Recipe(
        recipe.network, batch_size=min(recipe.batch_size, recipe.learned),
        optimizer=recipe.optimizer, average=recipe.average, warp=recipe.warp,
        precision=recipe.precision, teachers=recipe.teachers,
    )  # fmt: skip
    paces = _paces()
    if cost not in paces or (paces[cost][1] and not busy):
        paces[cost] = probe.measure(cost, teacher_of(cost, members().store)), busy
    pace, disturbed = paces[cost]
    estimate = probe.extrapolate(pace, recipe.epochs, recipe.learned, recipe.held_out)
    when = "measured while another run was trained" if disturbed else "if nothing else runs"
    if busy and not disturbed:
        when += ", and longer beside the one that is trained now"
    st.caption(
        f":material/timer: About **{duration(estimate.seconds)}** on this machine: "
        f"{estimate.images_per_second:,.0f} images/s, {when}."
    )


@st.cache_resource(show_spinner=False)
def _paces() -> dict[Recipe, tuple[probe.Pace, bool]]:
    """What was measured, and whether while another run was trained; for all sessions."""
    return {}


def show_range_test(recipe: Recipe) -> None:
    """The learning-rate range test: started by a button, ended by leaving the page."""
    st.caption(
        "Not sure about the learning rate? The range test trains a fresh network for a hundred "
        "steps while the rate rises, and suggests one at which the loss is falling well."
    )
    key = replace(recipe.as_it_begins(), learning_rate=0.001)  # all that it depends on
    kept = st.session_state.get("range_test")
    if st.button("Learning-rate range test", icon=":material/speed:"):
        with in_words():
            kept = st.session_state.range_test = (key, _measure(recipe))
    if not kept or kept[0] != key:
        return
    points = kept[1]
    suggestion = probe.suggest(points)
    st.plotly_chart(
        figures.range_test(
            [point.learning_rate for point in points], [p.smoothed for p in points], suggestion
        ),
        key="range_test_chart",
        config={"displayModeBar": False},
        alt=f"Smoothed loss against the learning rate, suggestion {suggestion}",
    )
    if suggestion is None:
        st.info(
            "The loss hardly fell within the hundred steps, so this curve suggests no rate. If it "
            "dips at all, try a rate a little left of the dip; else another optimiser.",
            icon=":material/info:",
        )
        return
    st.button(f"Use {suggestion:g}", icon=":material/check:", on_click=_use, args=(suggestion,))


def _measure(recipe: Recipe) -> list[probe.RangePoint]:
    train_set, _ = learning_digits(recipe, own_sets())
    bar, points = st.progress(0.0, "The learning rate rises..."), []
    teacher = teacher_of(recipe, members().store)
    for point in probe.range_test(recipe, train_set, teacher=teacher):
        points.append(point)
        bar.progress(min(1.0, point.step / 100), f"Learning rate {point.learning_rate:.2g}, "
                     f"loss {point.smoothed:.2f}")  # fmt: skip
    bar.empty()
    return points


def _use(rate: float) -> None:
    st.session_state.learning_rate = rate
