"""A run's name may be a number or a date: no axis may take it for one."""

import numpy as np
import pytest

from digitcore.comparison import calibration, overlap
from digitcore.comparison.anatomy import Without
from digitcore.comparison.cost import COSTS, Offer
from digitcore.comparison.significance import every_pair
from digitcore.evaluation import wilson
from digitcore.figures import (
    accuracies,
    anatomy,
    answers,
    confidence,
    cost,
    errors,
    gaps,
    robustness,
    styles_of,
)
from digitcore.leaderboard import Row
from digitcore.robustness import Sturdiness
from digitcore.robustness.distortions import SETTINGS
from tests.test_evaluation import guesses

NAMES = ["wide", "1", "20", "2024-01-01"]
STYLES = styles_of(NAMES)
ASKED = {name: guesses(300, 1, 2 + place) for place, name in enumerate(NAMES)}  # the same digits
PROBS = {name: np.full(10, 0.1) for name in NAMES}
RATES = {name: wilson(90 + place, 100) for place, name in enumerate(NAMES)}
PAIRS = every_pair(ASKED)
PARTS = [Without(name, 9, 0.1, 7, 2 + place, 100) for place, name in enumerate(NAMES)]
OFFERS = [Offer(name, 10 + place, RATES[name], 10) for place, name in enumerate(NAMES)]
STURDY = {name: Sturdiness(RATES[name], dict.fromkeys(SETTINGS, RATES[name])) for name in NAMES}
FIGURES = {
    "shades": lambda: answers.shades(PROBS),
    "probabilities": lambda: answers.probabilities(np.full(10, 0.1), PROBS),
    "intervals": lambda: answers.intervals(RATES, STYLES, dict.fromkeys(NAMES, ""), "share"),
    "accuracies": lambda: accuracies([Row(name, "", RATES[name], 1, 1, 1, 1, 1) for name in NAMES]),
    "forest": lambda: gaps.forest([p for p in PAIRS if "1" in (p.a, p.b)], "1", STYLES),
    "matrix": lambda: gaps.matrix(PAIRS, NAMES, PAIRS[0]),
    "leave one out": lambda: anatomy.leave_one_out(PARTS, STYLES, "100 digits"),
    "weights": lambda: anatomy.weights(dict.fromkeys(NAMES, 0.25), STYLES),
    "overlap": lambda: errors.overlap(overlap.overlap(ASKED), STYLES),
    "confused": lambda: errors.confused(overlap.confused(ASKED), STYLES),
    "agreement": lambda: errors.agreement(overlap.agreement(ASKED), NAMES, 300),
    "cost": lambda: cost.cost_front(OFFERS, COSTS["size"], STYLES),
    "tempered": lambda: confidence.tempered(
        {name: calibration.tempered(of, of) for name, of in ASKED.items()}, STYLES
    ),
    "sturdiness": lambda: robustness.overview(STURDY),
    "sturdiness by level": lambda: robustness.by_level("noise", STURDY, STYLES),
}


def axis_of(figure, mark, letter: str):
    """The axis on which a trace or an annotation stands; None for the paper."""
    which = getattr(mark, f"{letter}axis" if hasattr(mark, f"{letter}axis") else f"{letter}ref")
    if which == "paper":
        return None
    return figure.layout[f"{letter}axis{(which or letter)[1:]}"]


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_name_that_is_a_number_is_no_number_on_an_axis(draw):
    figure = draw()
    assert figure.data
    for letter in "xy":
        for trace in figure.data:
            values = [] if trace[letter] is None else list(trace[letter])
            if set(NAMES) & {value for value in values if isinstance(value, str)}:
                assert axis_of(figure, trace, letter).type == "category"
        for note in figure.layout.annotations:  # whose number Plotly takes for a category's place
            assert note[letter] not in NAMES
        for axis in figure.select_xaxes() if letter == "x" else figure.select_yaxes():
            if set(NAMES) & set(axis.tickvals or ()):
                assert axis.type == "category"
