"""What is drawn of confidence is what was computed, on axes on which it can be seen."""

import json

import numpy as np
import pytest

from digitcore.comparison.abstention import abstain, coverage
from digitcore.comparison.calibration import confidences, reliability
from digitcore.comparison.ranking import MACRO, ranking
from digitcore.figures import confidence, styles_of
from tests.test_evaluation import certain, guesses

GOOD, POOR = guesses(3000, 1, 4.5), guesses(3000, 2, 2.0)
BOTH = {"classic": GOOD, "tiny": POOR}
STYLES = styles_of(BOTH)
LABELS = list(range(10)) * 20
PERFECT = certain(LABELS, LABELS)
RANKED = {name: ranking(found) for name, found in BOTH.items()}


def bins(found, by="equal width"):
    return confidence.reliability(reliability(found, by), "tiny", STYLES["tiny"])


def abstention(predictions, threshold=0.9):
    curves = {name: coverage(found) for name, found in predictions.items()}
    marks = {name: abstain(found, threshold) for name, found in predictions.items()}
    return confidence.abstention(curves, STYLES, marks)


def before_after():
    return confidence.before_after(
        {"classic": (0.2, 0.1), "tiny": (0.3, 0.4)}, STYLES, "Loss", "nats"
    )


def roc(of):
    return confidence.roc({name: found.roc[of] for name, found in RANKED.items()}, STYLES, str(of))


def precision_recall(of):
    curves = {name: found.precision_recall[of] for name, found in RANKED.items()}
    return confidence.precision_recall(curves, STYLES, str(of))


ALL = [
    bins(GOOD), bins(POOR), bins(PERFECT), bins(certain([1], [2])),
    bins(GOOD, "equal count"), bins(POOR, "equal count"), bins(PERFECT, "equal count"),
    confidence.histogram(confidences(GOOD), "tiny", STYLES["tiny"]),
    confidence.histogram(confidences(PERFECT), "tiny", STYLES["tiny"]),
    abstention(BOTH), abstention({"tiny": PERFECT}), abstention({"tiny": certain([1], [2])}),
    before_after(), roc(MACRO), roc(3), precision_recall(MACRO), precision_recall(3),
    confidence.roc({}, STYLES, "nothing"), confidence.precision_recall({}, STYLES, "nothing"),
    confidence.abstention({}, STYLES),
]  # fmt: skip


@pytest.mark.parametrize("figure", ALL)
def test_figures_say_what_they_show_and_let_a_phone_scroll(figure):
    layout = figure.layout
    assert layout.title.text
    assert layout.xaxis.title.text
    assert layout.yaxis.title.text or all(isinstance(y, str) for y in figure.data[0].y)
    assert layout.dragmode is False
    assert layout.xaxis.fixedrange and layout.yaxis.fixedrange
    json.loads(figure.to_json(), parse_constant=pytest.fail)  # no NaN, no infinity
    assert len(figure.to_json()) < 100_000


@pytest.mark.parametrize("figure", ALL)
def test_what_is_said_to_be_on_a_log_axis_is_on_one_and_has_a_place_there(figure):
    for axis, values in (("xaxis", "x"), ("yaxis", "y")):
        layout = figure.layout[axis]
        if layout.type == "log" and figure.data and figure.data[0].type != "bar":
            least = 10 ** (layout.range[0] if layout.range else -9)
            drawn = np.concatenate([np.asarray(trace[values], float) for trace in figure.data])
            assert drawn.min() >= least
            assert len(layout.tickvals) == len(layout.ticktext)
    subtitle = figure.layout.title.subtitle.text
    logs = [figure.layout[axis].type == "log" for axis in ("xaxis", "yaxis")]
    assert ("log" in subtitle) == any(logs)


def test_reliability_shows_each_bin_with_its_interval_beside_the_diagonal():
    found, figure = reliability(POOR), bins(POOR)
    diagonal, points = figure.data
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


def test_the_histogram_has_all_answers_right_and_wrong_apart():
    figure = confidence.histogram(confidences(POOR), "tiny", STYLES["tiny"])
    right, wrong = figure.data
    assert (right.name, wrong.name) == ("right", "wrong")
    assert (sum(right.y), sum(wrong.y)) == (POOR.correct, POOR.errors)
    assert wrong.marker.pattern.shape and not right.marker.pattern.shape
    assert right.customdata[-1] == "95% to 100%"
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.xaxis.range[0] < POOR.confidence.min()
    assert figure.layout.yaxis.range[0] < 0 < np.log10(max(right.y)) < figure.layout.yaxis.range[1]


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
    figure = before_after()
    assert [trace.y[0] for trace in figure.data] == ["tiny", "classic"]  # the first is on top
    tiny = figure.data[0]
    assert list(tiny.x) == [0.3, 0.4]
    assert [symbol.endswith("-open") for symbol in tiny.marker.symbol] == [True, False]
    assert list(tiny.customdata) == ["before", "after"]


@pytest.mark.parametrize("of", [MACRO, 3])
def test_roc_draws_every_point_those_without_false_alarms_too(of):
    figure = roc(of)
    for name, trace in zip(BOTH, figure.data, strict=True):
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
    figure = precision_recall(of)
    for name, trace in zip(BOTH, figure.data, strict=True):
        curve = RANKED[name].precision_recall[of]
        assert trace.x == pytest.approx(curve.x, abs=1e-6)
        assert trace.y == pytest.approx(curve.y, abs=1e-6)
        assert trace.line.shape == "vh"  # a recall has the precision of its own point
        corner = np.minimum(curve.x, curve.y).max()
        assert figure.layout.xaxis.range[0] < corner <= 1
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert "zoomed" in figure.layout.title.subtitle.text


def test_perfect_curves_have_room_on_their_axes():
    found = ranking(PERFECT)
    for figure in (
        confidence.roc({"tiny": found.roc[MACRO]}, STYLES, "all"),
        confidence.precision_recall({"tiny": found.precision_recall[MACRO]}, STYLES, "all"),
    ):
        low, high = figure.layout.yaxis.range
        assert low < 1 < high


def test_without_a_curve_it_is_said():
    for figure in ALL[-3:]:
        assert figure.layout.annotations[0].text == confidence.NOTHING
