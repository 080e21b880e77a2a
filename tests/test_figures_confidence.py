"""What is drawn of confidence is what was computed, on axes on which it can be seen."""

import json

import numpy as np
import pytest

from digitcore.comparison.abstention import abstain, coverage
from digitcore.comparison.calibration import Tempered, confidences, reliability
from digitcore.comparison.ranking import MACRO, ranking
from digitcore.evaluation import wilson
from digitcore.figures import confidence, styles_of
from tests.test_evaluation import certain, guesses

GOOD, POOR = guesses(3000, 1, 4.5), guesses(3000, 2, 2.0)
BOTH = {"classic": GOOD, "tiny": POOR}
STYLES = styles_of(BOTH)
LABELS = list(range(10)) * 20
PERFECT = certain(LABELS, LABELS)
RANKED = {name: ranking(found) for name, found in BOTH.items()}


def bins(found, by="equal width"):
    """The diagonal, a point a bin, and bars of right and wrong answers."""
    sure = confidences(found)
    return confidence.reliability(reliability(found, by), sure, "tiny", STYLES["tiny"])


def abstention(predictions, threshold=0.9):
    curves = {name: coverage(found) for name, found in predictions.items()}
    marks = {name: abstain(found, threshold) for name, found in predictions.items()}
    return confidence.abstention(curves, STYLES, marks)


def tempered():
    """Log-losses and calibration errors of two models, before and after."""
    results = {
        "classic": Tempered(1.2, 100, (0.2, 0.1), (0.02, 0.01), wilson(9, 10)),
        "tiny": Tempered(0.9, 100, (0.3, 0.4), (0.03, 0.04), wilson(8, 10)),
    }
    return confidence.tempered(results, STYLES)


def ranks(of, found=RANKED):
    """ROC curves, and then precision by recall."""
    rocs = {name: one.roc[of] for name, one in found.items()}
    precisions = {name: one.precision_recall[of] for name, one in found.items()}
    return confidence.ranks(rocs, precisions, STYLES, str(of))


def axes(figure):
    """Each axis by the name that traces have for it: x, y, x2, y2."""
    places = {"xaxis": "x", "yaxis": "y", "xaxis2": "x2", "yaxis2": "y2"}
    return {short: figure.layout[name] for name, short in places.items() if name in figure.layout}


def on_axis(figure, axis):
    """All that is drawn along an axis."""
    letter = axis[0]
    traces = [t for t in figure.data if (t[f"{letter}axis"] or letter) == axis]
    return [value for trace in traces for value in trace[letter]]


ALL = [
    bins(GOOD), bins(POOR), bins(PERFECT), bins(certain([1], [2])),
    bins(GOOD, "equal count"), bins(POOR, "equal count"), bins(PERFECT, "equal count"),
    abstention(BOTH), abstention({"tiny": PERFECT}), abstention({"tiny": certain([1], [2])}),
    tempered(), ranks(MACRO), ranks(3), confidence.ranks({}, {}, STYLES, "nothing"),
    confidence.abstention({}, STYLES),
]  # fmt: skip


@pytest.mark.parametrize("figure", ALL)
def test_figures_say_what_they_show_and_let_a_phone_scroll(figure):
    layout = figure.layout
    assert layout.title.text
    assert layout.dragmode is False
    for name, axis in axes(figure).items():
        assert axis.title.text or all(isinstance(value, str) for value in on_axis(figure, name))
        assert axis.fixedrange
    json.loads(figure.to_json(), parse_constant=pytest.fail)  # no NaN, no infinity
    assert len(figure.to_json()) < 100_000


@pytest.mark.parametrize("figure", ALL)
def test_what_is_said_to_be_on_a_log_axis_is_on_one_and_has_a_place_there(figure):
    logs = {name: axis for name, axis in axes(figure).items() if axis.type == "log"}
    for name, axis in logs.items():
        drawn = on_axis(figure, name)
        if drawn and axis.ticktext:  # counts may be 0, and are nothing then
            assert min(drawn) >= 10 ** (axis.range[0] if axis.range else -9)
            assert len(axis.tickvals) == len(axis.ticktext)
    assert ("log" in figure.layout.title.subtitle.text) == bool(logs)


@pytest.mark.parametrize("figure", ALL)
def test_a_browser_need_not_draw_twice_to_find_room(figure):
    layout = figure.layout
    assert layout.margin.autoexpand is False
    plot = layout.height - layout.margin.t - layout.margin.b
    assert plot >= 130 or all(isinstance(y, str) for y in on_axis(figure, "y"))
    if layout.showlegend:
        named = {trace.name for trace in figure.data if trace.showlegend is not False}
        assert named
        assert layout.margin.b >= confidence.LABELS + 24 * np.ceil(len(named) / 2)
        assert layout.legend.y * plot == pytest.approx(-confidence.LABELS)  # under the titles


def test_long_names_get_more_room_in_the_legend():
    long = {f"{name} {'x' * 40}": found for name, found in BOTH.items()}
    curves = {name: coverage(found) for name, found in long.items()}
    room = confidence.abstention(curves, styles_of(long)).layout.margin.b
    assert room == abstention(BOTH).layout.margin.b + 24  # one name a row


def test_reliability_shows_each_bin_with_its_interval_beside_the_diagonal():
    found, figure = reliability(POOR), bins(POOR)
    diagonal, points, *_ = figure.data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 1], [0, 1])
    assert points.x == pytest.approx(found.confidence)
    assert points.y == pytest.approx(found.accuracy)
    assert points.y + points.error_y.array == pytest.approx(found.high)
    assert points.y - points.error_y.arrayminus == pytest.approx(found.low)
    assert (points.marker.color, points.marker.symbol) == (
        STYLES["tiny"].colour, STYLES["tiny"].symbol)  # fmt: skip
    assert points.customdata[-1].startswith(f"{found.count[-1]:,} digits, mean confidence")


def test_bins_of_equal_count_show_errors_expected_and_made():
    found, figure = reliability(GOOD, "equal count"), bins(GOOD, "equal count")
    points = figure.data[1]
    expected = np.maximum(1 - found.confidence, confidence.LEAST_DOUBT)
    errors = 1 - found.accuracy
    assert points.x == pytest.approx(expected)
    assert points.y == pytest.approx(np.maximum(errors, confidence.LEAST_ERRORS))
    assert points.y + points.error_y.array == pytest.approx(1 - found.low)
    some = errors > 0
    assert (points.y - points.error_y.arrayminus)[some] == pytest.approx(1 - found.high[some])
    assert [symbol.endswith("-open") for symbol in points.marker.symbol] == (~some).tolist()
    assert some.any() and not some.all()


@pytest.mark.parametrize("by", ["equal width", "equal count"])
def test_below_are_all_answers_by_confidence_right_and_wrong_apart(by):
    figure = bins(POOR, by)
    right, wrong = figure.data[2:]
    hits = POOR.answers == POOR.labels
    for bars, which in ((right, hits), (wrong, ~hits)):
        for middle, count in zip(bars.x, bars.y, strict=True):
            inside = (POOR.confidence >= middle - 0.025) & (POOR.confidence < middle + 0.025)
            assert count == (inside & which).sum()
    assert (right.name, wrong.name) == ("right", "wrong")
    assert (sum(right.y), sum(wrong.y)) == (POOR.correct, POOR.errors)
    assert wrong.marker.pattern.shape and not right.marker.pattern.shape
    assert right.customdata[-1] == "95% to 100%"
    counts, sure = figure.layout.yaxis2, figure.layout["xaxis2" if by == "equal count" else "xaxis"]
    assert counts.type == "log" and {bars.yaxis for bars in figure.data[2:]} == {"y2"}
    assert counts.range[0] < 0 < np.log10(max(right.y)) < counts.range[1]
    assert counts.anchor == right.xaxis == ("x2" if by == "equal count" else "x")
    assert counts.domain[1] < figure.layout.yaxis.domain[0]  # one below the other
    assert sure.title.text == "confidence" and sure.anchor == "y2"
    assert sure.range[0] == 0 and sure.range[1] > 1


def test_abstention_shows_errors_among_the_answered_and_where_the_threshold_is():
    figure, curve = abstention(BOTH, 0.4), coverage(POOR)
    line, mark = figure.data[1], figure.data[3]
    least = 0.3 / 3000
    assert line.name == "tiny"
    assert line.x == pytest.approx(np.maximum(1 - curve.share, least), rel=1e-5)
    assert line.y == pytest.approx(np.maximum(1 - curve.accuracy, least), rel=1e-5)
    assert line.line.dash == STYLES["tiny"].dash != figure.data[0].line.dash
    found = abstain(POOR, 0.4)
    assert (mark.x[0], mark.y[0]) == pytest.approx((1 - found.coverage, 1 - found.accuracy.value))
    assert mark.marker.symbol == f"{STYLES['tiny'].symbol}-open" and not mark.showlegend
    every = f"{POOR.errors:,} of 3,000 wrong"
    assert every in line.customdata[-1]


def test_where_nothing_is_answered_no_threshold_is_ringed():
    assert len(abstention(BOTH, 1.0).data) == 2
    assert len(abstention({"tiny": PERFECT}, 1.0).data) == 2


def test_before_is_open_and_after_is_filled():
    figure = tempered()
    assert [trace.y[0] for trace in figure.data] == ["tiny", "tiny", "classic", "classic"]  # upward
    losses, errors = figure.data[:2]
    assert (list(losses.x), losses.xaxis) == ([0.3, 0.4], "x")
    assert (list(errors.x), errors.xaxis) == ([0.03, 0.04], "x2")
    assert figure.layout.xaxis.title.text == "log-loss, nats"
    assert figure.layout.xaxis2.title.text == "calibration error"
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]  # side by side
    for one in (losses, errors):
        assert [symbol.endswith("-open") for symbol in one.marker.symbol] == [True, False]
        assert list(one.customdata) == ["before", "after"]


@pytest.mark.parametrize("of", [MACRO, 3])
def test_roc_draws_every_point_those_without_false_alarms_too(of):
    figure = ranks(of)
    for name, trace in zip(BOTH, figure.data[:2], strict=True):
        curve = RANKED[name].roc[of]
        assert trace.name == name and trace.line.dash == STYLES[name].dash
        assert trace.y == pytest.approx(curve.y, abs=1e-6)
        some = curve.x > 0
        assert trace.x[some] == pytest.approx(curve.x[some], rel=1e-5)
        assert (trace.x[~some] < 1 / curve.negatives).all()
    low, high = figure.layout.yaxis.range
    hits = min(float(np.interp(0, c.x, c.y)) for c in (r.roc[of] for r in RANKED.values()))
    assert low < hits < 1 < high


@pytest.mark.parametrize("of", [MACRO, 3])
def test_precision_and_recall_are_zoomed_to_where_they_bend(of):
    figure = ranks(of)
    layout = figure.layout
    for name, trace in zip(BOTH, figure.data[2:], strict=True):
        curve = RANKED[name].precision_recall[of]
        assert trace.x == pytest.approx(curve.x, abs=1e-6)
        assert trace.y == pytest.approx(curve.y, abs=1e-6)
        assert (trace.xaxis, trace.yaxis) == ("x2", "y2")
        assert trace.line.shape == "vh"  # a recall has the precision of its own point
        assert trace.line.dash == STYLES[name].dash
        corner = np.minimum(curve.x, curve.y).max()
        assert layout.xaxis2.range[0] < corner <= 1
    assert layout.xaxis2.range == layout.yaxis2.range
    assert layout.yaxis2.domain[1] < layout.yaxis.domain[0]  # below the ROC curves
    assert "zoomed" in layout.title.subtitle.text


def test_a_model_is_named_once_for_both_of_its_curves():
    roc, _, precision, _ = ranks(MACRO).data
    assert roc.legendgroup == precision.legendgroup == roc.name
    assert roc.showlegend is not False and precision.showlegend is False


def test_perfect_curves_have_room_on_their_axes():
    layout = ranks(MACRO, {"tiny": ranking(PERFECT)}).layout
    for axis in (layout.yaxis, layout.xaxis2, layout.yaxis2):
        assert axis.range[0] < 1 < axis.range[1]


def test_without_a_curve_it_is_said():
    for figure in ALL[-2:]:
        assert figure.layout.annotations[0].text == confidence.NOTHING
