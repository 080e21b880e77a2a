"""Figures of errors: what is in them is what was given, and a row says which one it is."""

import json

import numpy as np
import pytest

from digitcore.comparison.overlap import (
    METRICS,
    agreement,
    class_rates,
    confused,
    overlap,
    pairs,
    told,
)
from digitcore.figures import errors as figures
from digitcore.figures.style import styles_of
from tests.test_figures import luminance
from tests.test_overlap import THREE, certain, committee

MANY = committee(15, 400, 1)
STYLES, MANY_STYLES = styles_of(THREE), styles_of(MANY)
ONE = {"a": THREE["a"]}
LONG = {"a" * 64: THREE["a"], "b": THREE["b"]}
NO_ERROR = {name: certain([3, 4], [3, 4]) for name in "ab"}


def rates(models) -> dict:
    return {name: list(class_rates(model)) for name, model in models.items()}


def every_figure(models) -> list:
    styles = styles_of(models)
    found = [
        figures.overlap(overlap(models), styles),
        figures.confused(confused(models)[:12], styles),
        *(figures.class_rates(rates(models), metric, styles) for metric in METRICS),
    ]
    if len(models) > 1:
        found.append(figures.agreement(agreement(models), list(models), 400))
    return found


@pytest.mark.parametrize("models", [THREE, MANY, ONE, LONG, NO_ERROR, committee(30, 300, 2)])
def test_figures_say_what_they_show_and_leave_scrolling_to_the_finger(models):
    for figure in every_figure(models):
        assert figure.layout.title.text
        assert figure.layout.dragmode is False
        axes = [*figure.select_xaxes(), *figure.select_yaxes()]
        assert all(axis.fixedrange for axis in axes)
        assert figure.layout.paper_bgcolor is None and figure.layout.plot_bgcolor is None
        json.loads(figure.to_json(), parse_constant=pytest.fail)
        assert len(figure.to_json()) < 150_000


def test_overlap_has_a_bar_a_lane_and_marks_for_each_group():
    found = overlap(THREE)
    links, marks, lanes, bars = figures.overlap(found, STYLES).data
    assert list(bars.x) == [1, 1, 1, 1] and list(bars.text) == ["1"] * 4
    assert list(lanes.y) == list(bars.y) == [0, 1, 2, 3]
    assert min(lanes.x) > max(bars.x)
    assert [row for (row,) in bars.customdata] == [row for (row,) in lanes.customdata]
    filled = {
        (row, x)
        for (row,), x, symbol in zip(marks.customdata, marks.x, marks.marker.symbol, strict=True)
        if symbol != "circle-open"
    }
    expected = {
        (row, list(THREE).index(name))
        for row, group in enumerate(found.groups)
        for name in group.models
    }
    assert filled == expected
    assert len(marks.x) == 4 * 3
    assert links.x[:6] == (2, 2, None, 0, 1, None)


def test_overlap_shows_each_model_in_its_own_look():
    found = overlap(THREE)
    marks = figures.overlap(found, STYLES).data[1]
    row = next(i for i, group in enumerate(found.groups) if group.models == ("a", "b"))
    colours, symbols = (
        values[3 * row : 3 * row + 3] for values in (marks.marker.color, marks.marker.symbol)
    )
    assert colours == (STYLES["a"].colour, STYLES["b"].colour, figures.GREY)
    assert symbols == (STYLES["a"].symbol, STYLES["b"].symbol, "circle-open")


@pytest.mark.parametrize("draw", [
    lambda chosen: figures.overlap(overlap(MANY), MANY_STYLES, chosen),
    lambda chosen: figures.confused(confused(MANY)[:12], MANY_STYLES, chosen),
])  # fmt: skip
def test_the_chosen_row_is_marked_and_no_click_fades_the_others(draw):
    assert not draw(None).layout.shapes
    (mark,) = draw(2).layout.shapes
    assert (mark.y0, mark.y1) == (1.5, 2.5)
    for trace in draw(2).data:
        if trace.customdata is not None:
            assert trace.selected.marker.opacity == trace.unselected.marker.opacity == 1


def test_confused_stacks_the_models_counts_and_tells_their_sum():
    found = confused(THREE)
    *bars, totals = figures.confused(found, STYLES).data
    assert [bar.name for bar in bars] == list(THREE)
    for bar in bars:
        assert list(bar.x) == [pair.counts[bar.name] for pair in found]
        assert bar.marker.color == STYLES[bar.name].colour
        assert bar.marker.pattern.shape == STYLES[bar.name].pattern
    assert list(totals.x) == [sum(column) for column in zip(*(bar.x for bar in bars), strict=True)]
    assert list(totals.text) == ["3", "2", "1", "1"]
    figure = figures.confused(found, STYLES)
    assert list(figure.layout.yaxis.ticktext) == ["4 → 9", "9 → 4", "0 → 6", "0 → 8"]
    assert figure.layout.barmode == "stack"


@pytest.mark.parametrize("metric", METRICS)
def test_class_rates_have_their_intervals_and_lie_in_their_digits_band(metric):
    known = rates({name: MANY[name] for name in list(MANY)[:5]})
    traces = figures.class_rates(known, metric, MANY_STYLES).data
    for trace, (name, classes) in zip(traces, known.items(), strict=True):
        values = [getattr(of, metric) for of in classes]
        assert trace.x == pytest.approx([rate.value for rate in values])
        assert np.rint(trace.y).tolist() == list(range(10))
        lows = np.subtract(trace.x, trace.error_x.arrayminus)
        highs = np.add(trace.x, trace.error_x.array)
        assert lows == pytest.approx([rate.low for rate in values])
        assert highs == pytest.approx([rate.high for rate in values])
        assert trace.marker.symbol == MANY_STYLES[name].symbol
        assert all(f"n = {rate.n:,}" in words for rate, words in zip(values, trace.hovertext,
                                                                     strict=True))  # fmt: skip
    heights = np.array([trace.y for trace in traces])
    assert len(np.unique(heights.round(6))) == heights.size  # no two dots on one line


def test_a_digit_without_a_sample_is_said_not_to_be_here():
    model = {"a": certain([3, 3, 5], [3, 4, 5])}
    figure = figures.class_rates(rates(model), "precision", styles_of(model))
    assert {note.y for note in figure.layout.annotations} == {0, 1, 2, 6, 7, 8, 9}
    assert {note.text for note in figure.layout.annotations} == {"no such digit here"}
    assert np.rint(figure.data[0].y).tolist() == [3, 5]  # 4 is never answered: no precision


def test_agreement_counts_what_each_pair_answers_differently():
    figure = figures.agreement(agreement(MANY), list(MANY), 400)
    (cells,) = figure.data
    columns, rows = figure.layout.xaxis.ticktext, figure.layout.yaxis.ticktext
    expected = {frozenset(pair.models): pair.differing for pair in pairs(MANY)}
    drawn = {
        frozenset((rows[r], columns[c])): cells.z[r][c]
        for r in range(len(rows))
        for c in range(len(columns))
        if not np.isnan(cells.z[r][c])
    }
    assert drawn == expected
    assert int(cells.text[3][1]) == cells.z[3][1]
    assert cells.text[1][3] == ""


def test_long_names_are_cut_where_they_have_no_room_and_whole_when_pointed_at():
    figure = figures.overlap(overlap(LONG), styles_of(LONG))
    assert figure.layout.xaxis.ticktext[0] == "aaaaaaa…aaaaaa"
    bars = figures.confused(confused(LONG), styles_of(LONG)).data
    assert bars[0].name == "aaaaaaa…aaaaaa" and "a" * 64 in bars[0].hovertemplate


@pytest.mark.parametrize("background", ["#fbfbfa", "#13181c"])
def test_bars_can_be_told_from_both_backgrounds(background):
    lighter, darker = sorted((luminance(figures.CHOSEN), luminance(background)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3  # WCAG 1.4.11


@pytest.mark.parametrize(
    ("models", "every", "words"),
    [
        ("a", "a", "a"),
        ("a", "abc", "a"),
        ("ab", "ab", "both"),
        ("abc", "abc", "all 3"),
        ("ab", "abc", "a and b"),
        ("abcd", "abcdefgh", "a, b, c and d"),
        ("abcdef", "abcdefgh", "all but g and h"),
        ("abcde", "abcdefgh", "a, b, c, d and 1 more"),
    ],
)
def test_told_names_models_in_few_words(models, every, words):
    assert told(list(models), list(every)) == words
