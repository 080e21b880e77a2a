"""What models cost and reach: brute force is the oracle of who is beaten, and of what is drawn."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitcore.comparison.cost import (
    COSTS,
    Cost,
    Offer,
    advice,
    beaten_by,
    beats,
    front,
    on_front,
    together,
)
from digitcore.evaluation import wilson
from digitcore.figures import cost as drawing
from digitcore.figures.cost import cost_front
from digitcore.figures.style import styles_of
from digitcore.leaderboard import Row
from digitcore.zoo import ZOO

PARAMETERS = COSTS["parameters"]
# few values, so that ties are frequent; and what is not known
VALUES = st.sampled_from([1.0, 2.0, 3.0, 4.0, np.nan, np.inf])
POINTS = st.lists(st.tuples(VALUES, VALUES), max_size=9)
NAMES = [*ZOO, "mine", "a-run.with_a-very.long_name-of-many-letters-as-long-as-one-may-be-64"]


def offer(name: str, cost: float, errors: int, n: int = 1000) -> Offer:
    return Offer(name, cost, wilson(n - errors, n), errors)


COSTLY = st.sampled_from([1, 10, 99, 5e3, 2e6]) | st.floats(0.01, 1e7)
any_offers = st.lists(st.tuples(COSTLY, st.integers(0, 60)), min_size=1, max_size=len(NAMES)).map(
    lambda pairs: [offer(name, *pair) for name, pair in zip(NAMES, pairs, strict=False)]
)


def is_beaten(point: tuple, others: list[tuple]) -> bool:
    cost, score = point
    return any(
        c <= cost and s >= score and (c < cost or s > score)
        for c, s in others
        if np.isfinite([c, s]).all()
    )


@given(POINTS)
def test_the_front_is_who_is_not_beaten(points):
    costs, scores = [p[0] for p in points], [p[1] for p in points]
    expected = [bool(np.isfinite(p).all()) and not is_beaten(p, points) for p in points]
    assert front(costs, scores).tolist() == expected


@given(POINTS)
def test_beating_is_never_mutual_and_carries_over(points):
    table = beats([p[0] for p in points], [p[1] for p in points])
    assert not (table & table.T).any()
    for a, b, c in np.ndindex(*3 * [len(points)]):
        assert not (table[a, b] and table[b, c]) or table[a, c]


@given(POINTS)
def test_everyone_who_is_beaten_is_beaten_by_one_on_the_front(points):
    costs, scores = [p[0] for p in points], [p[1] for p in points]
    table = beats(costs, scores)
    assert (table[front(costs, scores)].any(0) == table.any(0)).all()


def test_equals_are_both_on_the_front_and_one_alone_is():
    assert front([5, 5, 6], [0.9, 0.9, 0.9]).tolist() == [True, True, False]
    assert front([5], [0.1]).tolist() == [True]
    assert front([], []).tolist() == []


@given(any_offers)
def test_the_front_is_given_from_the_cheapest_to_the_most_accurate(offers):
    best = on_front(offers)
    assert {o.name for o in best} == {
        o.name for o in offers
        if not is_beaten((o.cost, -o.errors), [(p.cost, -p.errors) for p in offers])
    }  # fmt: skip
    assert [o.cost for o in best] == sorted(o.cost for o in best)
    assert [o.errors for o in best] == sorted((o.errors for o in best), reverse=True)


@given(any_offers)
def test_the_beaten_are_told_of_the_most_accurate_that_costs_no_more(offers):
    best, known = [o.name for o in on_front(offers)], {o.name: o for o in offers}
    found = beaten_by(offers)
    assert set(found) == set(known) - set(best)
    for loser, winner in found.items():
        affordable = [o for o in offers if o.cost <= known[loser].cost]
        assert winner in best
        assert known[winner].errors == min(o.errors for o in affordable)


def test_an_ensemble_takes_as_long_as_all_its_members():
    times = {"a": 0.25, "b": 1.5, "c": 9.0}
    assert together(("a", "b"), times) == 1.75
    assert np.isnan(together(("a", "gone"), times))


@pytest.mark.parametrize("cost", COSTS.values(), ids=COSTS)
def test_a_cost_is_a_field_of_the_leaderboards_rows(cost):
    row = Row("x", "", wilson(9, 10), 1, 1, 12_345, 1.5, 0.25)
    assert cost.told(getattr(row, cost.field)) in ("12,345 parameters", "1.50 MiB", "0.25 ms")


@pytest.mark.parametrize("cost", COSTS.values(), ids=COSTS)
def test_costs_that_are_told_alike_are_alike(cost):
    one, other = cost.rounded(1.4651), cost.rounded(1.4699)
    assert (one == other) == (cost.told(one) == cost.told(other))


# --- in words


def words(*offers: Offer, cost: Cost = PARAMETERS) -> str:
    return "\n".join(advice(offers, cost))


def test_words_tell_the_front_the_most_accurate_and_who_is_beaten():
    said = words(offer("dense", 600, 90), offer("tiny", 10, 30), offer("both", 900, 5),
                 offer("wide", 950, 5))  # fmt: skip
    assert "tiny (10 parameters, 30 errors), both (900 parameters, 5 errors)" in said
    assert "The most accurate here are both and wide: 99.50% (98.83% to 99.79%), n = 1,000." in said
    assert "wide by both; dense by tiny" in said


def test_words_name_all_that_are_most_accurate_and_recommend_none():
    said = words(offer("a", 10, 30), offer("b", 20, 3), offer("c", 20, 3))
    assert "The most accurate here are b and c: " in said
    assert "use" not in said.lower()
    assert "The most accurate here is a: " in words(offer("a", 10, 3), offer("b", 20, 30))


@pytest.mark.parametrize("unknown", [np.nan, np.inf, 0.0])
def test_words_do_not_forget_models_of_unknown_cost(unknown):
    said = words(offer("a", 10, 9), offer("b", 20, 9), offer("c", unknown, 2))
    assert "a (10 parameters, 9 errors) costs least and errs least among those whose cost" in said
    assert "It is not known what c would cost." in said
    assert "The most accurate here is c: 99.80%" in said
    said = words(offer("a", 10, 9), offer("b", 20, 8), offer("c", unknown, 2))
    assert "On the front among those whose cost is known, from the cheapest" in said
    assert "The most accurate here is c: 99.80%" in said
    assert "not known" not in words(offer("a", 10, 9), offer("b", 20, 8))


def test_words_for_one_for_equals_and_for_one_that_beats_all():
    assert "only one chosen" in words(offer("tiny", 10, 30))
    same = words(offer("a", 10, 30), offer("b", 10, 30))
    assert "a (10 parameters, 30 errors) and b (10 parameters, 30 errors) cost least" in same
    assert "Beaten" not in same
    alone = words(offer("a", 10, 3), offer("b", 10, 30))
    assert "a (10 parameters, 3 errors) costs least and errs least." in alone
    assert "b by a" in alone


def test_words_where_no_cost_is_known():
    assert "known" in words(offer("a", np.nan, 1), offer("b", np.nan, 1))
    assert "known" in words()


# --- drawn


def drawn(offers: list[Offer]):
    names = [o.name for o in offers]
    figure = cost_front(offers, PARAMETERS, styles_of(names))
    json.loads(figure.to_json(), parse_constant=pytest.fail)
    return figure, {trace.name: trace for trace in figure.data}


@given(any_offers)
def test_every_model_is_drawn_where_it_is_with_its_interval(offers):
    figure, traces = drawn(offers)
    best = {o.name for o in on_front(offers)}
    styles = styles_of([o.name for o in offers])
    for o in offers:
        dot = traces[o.name]
        assert (dot.x[0], dot.y[0]) == (o.cost, o.accuracy.value)
        assert dot.y[0] + dot.error_y.array[0] == pytest.approx(o.accuracy.high)
        assert dot.y[0] - dot.error_y.arrayminus[0] == pytest.approx(o.accuracy.low)
        assert (dot.opacity == 1) == (o.name in best)
        assert dot.marker.color == styles[o.name].colour
        assert dot.marker.symbol.startswith(styles[o.name].symbol)
        assert o.name in best or "text" not in dot.mode
    low, high = figure.layout.xaxis.range
    assert low < np.log10(min(o.cost for o in offers))
    assert high > np.log10(max(o.cost for o in offers))


@given(any_offers, st.floats(0.01, 1e7))
def test_the_steps_are_the_best_accuracy_for_each_cost(offers, budget):
    _, traces = drawn(offers)
    steps = traces["front"]
    affordable = [o.accuracy.value for o in offers if o.cost <= budget]
    at = np.searchsorted(steps.x[:-1], budget, side="right") - 1
    assert (steps.y[at] == max(affordable)) if affordable else (at == -1)
    assert steps.line.shape == "hv"
    assert steps.y[-1] == max(o.accuracy.value for o in offers)


@given(any_offers, st.floats(1, 5), st.floats(1, 2))
def test_no_two_names_overlap_on_a_phone_or_on_anything_wider(offers, wider, higher):
    figure, traces = drawn(offers)
    window = (*figure.layout.xaxis.range, *figure.layout.yaxis.range)
    boxes = []
    for o in offers:
        dot = traces[o.name]
        if "text" in dot.mode:
            x, y = drawing._pixels(o, window)
            assert drawing._fits(drawing._box(x, y, dot.textposition, dot.text[0]))
            boxes.append(drawing._box(x * wider, y * higher, dot.textposition, dot.text[0]))
    for i, box in enumerate(boxes):
        assert not any(drawing._meet(box, other) for other in boxes[:i])


def test_the_cheapest_and_the_most_accurate_are_named_where_there_is_room():
    _, traces = drawn([offer("tiny", 10, 43), offer("broad", 9e5, 31), offer("wide", 9e6, 30)])
    assert "text" in traces["tiny"].mode and "text" in traces["wide"].mode
    assert len(drawn([offer(NAMES[-1], 10, 4)])[1][NAMES[-1]].text[0]) <= drawing.MOST_LETTERS


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_cost_that_has_no_place_on_a_log_axis_is_left_out(bad):
    _, traces = drawn([offer("a", bad, 1), offer("b", 10, 5)])
    assert set(traces) == {"front", "b"}
    figure, traces = drawn([offer("a", bad, 1)])
    assert not traces and figure.layout.annotations[0].text == "No cost is known."


def test_the_figure_says_what_it_shows_and_lets_a_phone_scroll():
    figure, _ = drawn([offer("a", 10, 1)])
    assert figure.layout.title.text and figure.layout.xaxis.title.text == "parameters"
    assert "95 %" in figure.layout.yaxis.title.text
    assert figure.layout.xaxis.fixedrange and figure.layout.yaxis.fixedrange
    assert figure.layout.dragmode is False
