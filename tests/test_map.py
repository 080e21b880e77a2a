"""The map: what lies inside an outline, what digits are coloured by, and what a browser may say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitcore.exploration.outline import HIGHEST, MOST, NoOutline, Outline
from digitcore.exploration.statistics import STATISTICS
from digitcore.figures.map import (
    CLASS_COLOURS,
    by_class,
    by_quality,
    by_right,
    by_statistic,
    middles,
    still_map,
)
from ui.explore.scatter import Drawn, _clicked, _drawn

numbers = st.integers(0, 12)  # so few that corners, sides and places often meet
corners = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=9)


def odd(corners, x, y) -> bool:
    """The even-odd rule, one side after the other, in exact arithmetic."""
    crossed = 0
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (ay > y) != (by > y):
            at = (y - ay) * (bx - ax) * (1 if by > ay else -1)
            crossed += (x - ax) * abs(by - ay) < at
    return crossed % 2 == 1


@given(corners)
def test_inside_is_what_the_even_odd_rule_says(corners):
    places = np.array([(x, y) for x in range(13) for y in range(13)], dtype=np.uint16)
    expected = [odd(corners, int(x), int(y)) for x, y in places]
    assert Outline(tuple(corners)).inside(places).tolist() == expected


def test_the_ends_of_the_map_do_not_overflow():
    square = Outline(((0, 0), (HIGHEST, 0), (HIGHEST, HIGHEST), (0, HIGHEST)))
    places = np.array([(0, 0), (1, 65534), (65534, 1), (40000, 40000)], dtype=np.uint16)
    assert square.inside(places).all()


@given(corners)
def test_an_address_brings_an_outline_back(corners):
    outline = Outline(tuple(corners))
    assert Outline.read(outline.written) == outline


@pytest.mark.parametrize("written", [
    "", "1-2", "1-2-3-4-5", "1-2-3-4-5-65536", "a-b-c-d-e-f", "1.5-2-3-4-5-6", "-1-2-3-4-5-6",
    "1-2-" * (MOST + 1) + "1-2", "1" * 5000, "<b>-1-1-1-1-1",
])  # fmt: skip
def test_anything_else_in_an_address_is_refused(written):
    with pytest.raises(NoOutline):
        Outline.read(written)


def test_quality_is_parted_where_its_names_say():
    colouring = by_quality(np.array([0, 0.0099, 0.01, 0.1, 0.5, 0.9, 0.99, 1]))
    assert colouring.codes.tolist() == [0, 0, 1, 2, 3, 4, 5, 5]
    assert [kind.name for kind in colouring.kinds][::5] == ["under 1%", "99% and more"]


def test_right_and_class_are_what_they_are():
    assert by_right(np.array([True, False])).codes.tolist() == [0, 1]
    assert by_class(np.array([3, 9])).counts == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert len(set(CLASS_COLOURS)) == 10


@given(st.lists(st.floats(-50, 50, width=32) | st.just(float("nan")), min_size=1, max_size=60))
def test_bands_of_a_statistic_rise_and_hold_everyone(values):
    given_values = np.array(values, dtype=np.float32)
    colouring = by_statistic(given_values, STATISTICS["ink"])
    assert sum(colouring.counts) == len(values)
    assert len({kind.colour for kind in colouring.kinds}) == len(colouring.kinds)
    known = ~np.isnan(given_values)
    order = np.argsort(given_values[known])
    assert (np.diff(colouring.codes[known][order].astype(int)) >= 0).all()
    without = {colouring.kinds[code].name for code in colouring.codes[~known]}
    assert without <= {"no number"}


def test_a_still_map_draws_some_of_each_class():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 12_000)
    places = rng.integers(0, HIGHEST, (12_000, 2)).astype(np.uint16)
    figure = still_map(places, labels, "A map")
    assert [trace.name for trace in figure.data] == [str(digit) for digit in range(10)]
    assert 3000 < sum(len(trace.x) for trace in figure.data) <= 5000
    found = middles(places, labels)
    assert found[4] == tuple(int(n) for n in np.median(places[labels == 4], 0))


@pytest.mark.parametrize("told", [
    None, {}, {"corners": [[1, 2]], "only": 0}, {"corners": "abc", "only": 0},
    {"corners": [[1, 2], [3, 4], [5]], "only": 0}, {"corners": [[0, 0], [9, 9], [1, 70000]],
    "only": 0}, {"corners": [[0, 0]] * (MOST + 1), "only": 0}, {"corners": [], "only": "x"},
])  # fmt: skip
def test_what_no_browser_of_ours_would_say_is_passed_over(told):
    assert _drawn(told, 10) is None


def test_what_a_browser_says_is_taken():
    square = {"corners": [[0, 0], [9, 0], [9, 9]], "only": 10}
    assert _drawn(square, 10) == Drawn(Outline(((0, 0), (9, 0), (9, 9))), None)
    assert _drawn(square | {"only": 3}, 10).only == 3
    assert _drawn({"corners": [], "only": -1}, 10) == Drawn(None, None)
    assert [_clicked(told, 5) for told in (4, 5, -1, "2", None, 2.0)] == [4, *[None] * 5]
