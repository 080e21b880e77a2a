"""How long a recipe will take here, and which learning rate suits it: short measurements."""

import time
from dataclasses import dataclass, replace

import streamlit as st

from digitcore import figures, probe
from digitcore.own.learning import learning_digits
from digitcore.own.store import own_sets
from digitcore.recipes import Recipe
from digitcore.teaching import teacher_of
from ui.charts import show_chart
from ui.loaders import members
from ui.states import duration
from ui.words import in_words

TIMES, AFTER = 3, 10.0  # how often a pace is measured, and seconds from one time to the next


def show_estimate(recipe: Recipe, busy: bool) -> None:
    """In words; measured once for all recipes that cost the same for each digit.

    busy: whether another run is being trained, which takes its share of the cores.
    """
    cost = Recipe(
        recipe.network, batch_size=min(recipe.batch_size, recipe.learned),
        optimizer=recipe.optimizer, average=recipe.average, warp=recipe.warp,
        precision=recipe.precision, teachers=recipe.teachers,
    )  # fmt: skip
    paced = _paced(cost, busy)
    estimate = probe.extrapolate(paced.pace, recipe.epochs, recipe.learned, recipe.held_out)
    when = "measured while another run was trained" if paced.busy else "if nothing else runs"
    if busy and not paced.busy:
        when += ", and longer beside the one that is trained now"
    st.caption(
        f":material/timer: About **{duration(estimate.seconds)}** on this machine: "
        f"{estimate.images_per_second:,.0f} images/s, {when}."
    )


@dataclass(frozen=True)
class _Paced:
    """The fastest pace of several measurements, for whatever else runs can only slow one; busy:
    whether another run was trained meanwhile; times, and when on the clock, it was measured."""

    pace: probe.Pace
    busy: bool
    times: int
    when: float


def _paced(cost: Recipe, busy: bool) -> _Paced:
    """Measured anew where a run disturbed it that has ended, and now and then until it is sure."""
    paces, now = _paces(), time.monotonic()
    known = paces.get(cost)
    again = known is not None and not busy and (
        known.busy or (known.times < TIMES and now - known.when > AFTER)
    )  # fmt: skip
    if known is None or again:
        pace = probe.measure(cost, teacher_of(cost, members().store))
        if known is None or known.busy:
            known = _Paced(pace, busy, 1, now)
        else:
            best = min(known.pace, pace, key=lambda one: one.training)
            known = _Paced(best, False, known.times + 1, now)
        paces[cost] = known
    return known


@st.cache_resource(show_spinner=False)
def _paces() -> dict[Recipe, _Paced]:
    """What was measured, for all sessions."""
    return {}


def show_range_test(recipe: Recipe) -> None:
    """The learning-rate range test: started by a button, ended by leaving the page."""
    st.caption(
        "Not sure about the learning rate? The range test trains a fresh network for a hundred "
        "steps while the rate rises, and suggests one at which the loss is falling well."
    )
    # all that it depends on
    key = replace(recipe.as_it_begins(), learning_rate=0.001, schedule="constant", patience=0)
    kept = st.session_state.get("range_test")
    if st.button("Learning-rate range test", icon=":material/speed:"):
        with in_words():
            kept = st.session_state.range_test = (key, _measure(recipe))
    if not kept or kept[0] != key:
        return
    points = kept[1]
    suggestion = probe.suggest(points)
    show_chart(
        figures.range_test(
            [point.learning_rate for point in points], [p.smoothed for p in points], suggestion
        ),
        key="range_test_chart",
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
