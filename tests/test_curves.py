"""The live curves: light enough to redraw every second, and what is in them is what was given."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitcore import figures
from digitcore.figures.curves import MOST_POINTS
from digitcore.zoo import ZOO

SERIES = arrays(
    float, st.integers(1, 60), elements=st.floats(-10, 10) | st.sampled_from([np.nan, np.inf])
)


def batches(n: int = 1000, **columns) -> pd.DataFrame:
    done = np.arange(1, n + 1) / 430
    noise = np.random.default_rng(n).lognormal(size=n)
    table = pd.DataFrame({
        "epoch": np.ceil(done).astype(int), "batch": np.arange(n) % 430, "epochs_done": done,
        "loss": noise * np.exp(-done), "learning_rate": 0.001,
    })  # fmt: skip
    return table.assign(**columns)


def history(validation: list[float], training: list[float]) -> pd.DataFrame:
    n = len(validation)
    return pd.DataFrame({
        "epoch": np.arange(1, n + 1), "train_loss": training, "validation_loss": validation,
        "validation_accuracy": np.linspace(0.9, 0.991, n), "learning_rate": 0.001, "seconds": 1.0,
    })  # fmt: skip


EMPTY_BATCHES, EMPTY_HISTORY = batches(1).iloc[:0], history([1.0], [1.0]).iloc[:0]
BATCHES = {"classic": batches(1000), "tiny": batches(2500), "my-run.2": batches(40)}
HISTORIES = {
    "classic": history([0.5, 0.1, 0.2], [0.6, 0.2, 0.05]),
    "tiny": history([0.4, 0.3], [0.9, 0.5]),
}
ALL = [
    figures.batch_losses(BATCHES, 0.9, log=False),
    figures.batch_losses(BATCHES, 0.0, log=True),
    figures.losses(HISTORIES, log=True),
    figures.accuracies_by_epoch(HISTORIES, {"classic": 5000, "tiny": 5000}),
    figures.learning_rates(BATCHES),
    figures.range_test(np.geomspace(1e-6, 1, 900), np.linspace(2, 1, 900), 0.0021),
]
NOTHING = [
    figures.batch_losses({}, 0.9, log=False),
    figures.batch_losses({"tiny": EMPTY_BATCHES}, 0.9, log=True),
    figures.losses({}, log=True),
    figures.losses({"tiny": EMPTY_HISTORY}, log=False),
    figures.accuracies_by_epoch({}, {}),
    figures.accuracies_by_epoch({"tiny": EMPTY_HISTORY}, {"tiny": 5000}),
    figures.learning_rates({}),
    figures.learning_rates({"tiny": EMPTY_BATCHES}),
    figures.range_test([], [], None),
    figures.range_test([], [], 0.01),
    figures.batch_losses({"tiny": batches(3, loss=np.nan)}, 0.9, log=False),
]


def smooth_by_hand(values: np.ndarray, weight: float) -> list[float]:
    """TensorBoard's own loop (tf_line_chart_data_loader/line-chart.ts, smoothLineChartData)."""
    last, count, smoothed = 0.0, 0, []
    for value in values:
        if not np.isfinite(value):
            smoothed.append(np.nan)
            continue
        last, count = last * weight + (1 - weight) * value, count + 1
        smoothed.append(last / (1 - weight**count))
    return smoothed


@given(SERIES, st.sampled_from([0, 0.3, 0.9, 0.99]))
def test_smooth_is_what_tensorboard_shows(values, weight):
    expected = smooth_by_hand(values, weight)
    assert figures.smooth(values, weight) == pytest.approx(expected, nan_ok=True, abs=1e-9)


def test_smooth_takes_nothing():
    assert figures.smooth([], 0.9).shape == (0,)


@given(st.integers(0, 2000), st.integers(4, 300))
def test_thin_keeps_the_ends_the_extremes_and_the_order(rows, most):
    table = pd.DataFrame({"x": range(rows), "loss": np.random.default_rng(rows).normal(size=rows)})
    thinned = figures.thin(table, most)
    assert len(thinned) <= most
    assert thinned.x.is_monotonic_increasing and thinned.x.is_unique
    if rows:
        assert thinned.x.iloc[[0, -1]].tolist() == [0, rows - 1]
        assert (thinned.loss.min(), thinned.loss.max()) == (table.loss.min(), table.loss.max())


def test_thin_keeps_long_gaps_and_never_picks_an_infinity():
    loss = np.ones(3000)
    loss[1000:2000] = np.nan
    loss[10] = np.inf
    thinned = figures.thin(pd.DataFrame({"loss": loss}), 100)
    assert thinned.loss.isna().sum() > 10
    assert not np.isinf(thinned.loss).any()


@given(st.integers(0, 2000), st.integers(3, 300))
def test_thin_means_keeps_the_ends_and_invents_no_extremes(rows, most):
    table = pd.DataFrame({"x": range(rows), "loss": np.random.default_rng(rows).normal(size=rows)})
    thinned = figures.thin_means(table, most)
    assert len(thinned) <= most
    assert thinned.x.is_monotonic_increasing
    if rows:
        assert thinned.iloc[[0, -1]].to_numpy() == pytest.approx(table.iloc[[0, -1]].to_numpy())
        assert thinned.loss.between(table.loss.min(), table.loss.max()).all()


def test_batch_losses_shows_smoothed_lines_before_faint_raw_ones():
    figure = figures.batch_losses({"tiny": batches(40), "wide": batches(30)}, 0.9, log=False)
    raw, _, line, _ = figure.data
    assert [trace.name for trace in figure.data] == ["tiny", "wide", "tiny", "wide"]
    assert raw.y == pytest.approx(batches(40).loss.to_numpy(), rel=1e-6)
    assert line.y == pytest.approx(figures.smooth(batches(40).loss, 0.9), rel=1e-6)
    assert line.x == pytest.approx(batches(40).epochs_done.to_numpy(), rel=1e-6)
    assert (raw.showlegend, raw.hoverinfo) == (False, "skip") and raw.opacity < 0.5
    assert line.line.dash == figures.style_of("tiny").dash
    assert raw.legendgroup == line.legendgroup != figure.data[1].legendgroup


def test_raw_values_are_left_out_where_they_would_hide_the_lines_or_be_them():
    many = dict.fromkeys(ZOO, batches(10))
    assert [t.name for t in figures.batch_losses(many, 0.9, log=False).data] == list(ZOO)
    unsmoothed = figures.batch_losses({"tiny": batches(40)}, 0, log=False)
    assert len(unsmoothed.data) == 1 and "smoothed" not in unsmoothed.layout.title.text
    assert unsmoothed.data[0].y == pytest.approx(batches(40).loss.to_numpy(), rel=1e-6)


def test_a_spike_of_one_batch_stays_visible_in_the_raw_values():
    loss = np.full(9000, 0.1)
    loss[4321] = 7
    raw, line = figures.batch_losses({"tiny": batches(9000, loss=loss)}, 0.9, log=False).data
    assert raw.y.max() == 7
    assert line.y.max() > 0.15


def test_losses_shows_validation_training_and_the_best_epoch():
    figure = figures.losses(HISTORIES, log=False)
    validation, training, best = figure.data[:3]
    assert (validation.name, training.name) == ("classic, validation", "classic, training")
    assert list(validation.x) == [1, 2, 3]
    assert validation.y == pytest.approx([0.5, 0.1, 0.2])
    assert training.y == pytest.approx([0.6, 0.2, 0.05])
    assert (best.x[0], best.y[0], len(best.x)) == (2, pytest.approx(0.1), 1)
    assert best.marker.size > validation.marker.size
    assert validation.line.color == training.line.color == figures.style_of("classic").colour
    assert training.line.width < validation.line.width
    assert training.line.dash != validation.line.dash
    assert training.marker.symbol != validation.marker.symbol


def test_accuracies_by_epoch_tells_the_errors():
    table = history([0.5, 0.1], [0.6, 0.2]).assign(validation_accuracy=[0.991, np.nan])
    line = figures.accuracies_by_epoch({"classic": table}, {"classic": 5000}).data[0]
    assert line.y == pytest.approx([0.991, np.nan], nan_ok=True)
    assert list(line.customdata) == ["99.1 %, 45 of 5,000 wrong", ""]


def test_a_constant_learning_rate_is_not_drawn_on_an_axis_from_minus_1_to_1():
    figure = figures.learning_rates({"tiny": batches(40, learning_rate=0.001)})
    assert figure.layout.yaxis.type == "linear"
    assert figure.layout.yaxis.rangemode == "tozero"


@pytest.mark.parametrize(
    ("lowest", "scale"), [(0.001, "linear"), (0.0001, "log"), (0.0, "linear"), (np.nan, "linear")]
)
def test_learning_rates_have_a_log_axis_where_they_span_far(lowest, scale):
    table = batches(3, learning_rate=[lowest, 0.001, 0.02])
    figure = figures.learning_rates({"tiny": table})
    assert figure.layout.yaxis.type == scale
    assert figure.data[0].y == pytest.approx([lowest, 0.001, 0.02], nan_ok=True)


def test_range_test_marks_the_suggestion():
    rates, losses = np.geomspace(1e-5, 1, 50), np.linspace(2, 1, 50)
    figure = figures.range_test(rates, losses, 0.0021)
    assert figure.data[0].x == pytest.approx(rates)
    assert figure.data[0].y == pytest.approx(losses)
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 0.0021
    assert figure.layout.annotations[0].text == "suggested: 0.0021"
    assert figure.layout.annotations[0].x == pytest.approx(np.log10(0.0021))


@pytest.mark.parametrize("suggestion", [None, np.nan, np.inf, 0.0])
def test_range_test_without_a_suggestion_has_no_mark(suggestion):
    figure = figures.range_test([0.0, 0.001, 0.1], [2, np.inf, 1], suggestion)
    assert not figure.layout.shapes and not figure.layout.annotations


@pytest.mark.parametrize("figure", NOTHING)
def test_without_a_point_the_figure_says_when_the_first_one_comes(figure):
    assert figure.layout.annotations[-1].text.startswith("The first point comes after")
    assert figure.layout.title.text and figure.layout.yaxis.title.text
    json.loads(figure.to_json(), parse_constant=pytest.fail)


@pytest.mark.parametrize("figure", ALL)
def test_figures_say_what_they_show_and_keep_a_users_zoom(figure):
    assert figure.layout.title.text
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text
    assert figure.layout.uirevision == "keep"
    assert all(len(trace.x) <= MOST_POINTS for trace in figure.data)
    assert not figure.layout.annotations or figure.layout.shapes


@pytest.mark.parametrize("log", [False, True])
def test_what_cannot_be_drawn_is_a_gap(log):
    bad = [1.0, np.nan, np.inf, 1e300, 0.0, 0.5]
    drawn = figures.batch_losses({"tiny": batches(6, loss=bad)}, 0, log).data[0].y
    assert np.isnan(drawn).tolist() == [False, True, True, True, log, False]
    figure = figures.losses({"tiny": history(bad, bad)}, log)
    assert figure.data[2].y[0] == (0.5 if log else 0)
    json.loads(figure.to_json(), parse_constant=pytest.fail)


def test_a_zoom_in_linear_units_does_not_outlive_them():
    linear, log = (figures.losses(HISTORIES, log).layout.yaxis for log in (False, True))
    assert linear.uirevision != log.uirevision


def test_a_hidden_run_is_forgotten_when_others_take_its_place():
    two, three = (
        figures.batch_losses(dict.fromkeys(names, BATCHES["tiny"]), 0.9, log=False)
        for names in (["classic", "tiny"], ["classic", "plain", "tiny"])
    )
    again = figures.batch_losses({"classic": batches(9), "tiny": batches(8)}, 0.5, log=True)
    assert two.layout.legend.uirevision == again.layout.legend.uirevision
    assert two.layout.legend.uirevision != three.layout.legend.uirevision


def test_a_redraw_stays_small():
    runs = dict.fromkeys(["classic", "tiny", "wide"], batches(20_000))
    figure = figures.batch_losses(runs, 0.9, log=True)
    traces = json.loads(figure.to_json())["data"]
    assert len(json.dumps(traces)) < 25_000


def test_the_first_point_of_a_run_shows():
    assert figures.batch_losses({"tiny": batches(1)}, 0.9, log=False).data[-1].mode == "markers"


def test_dashes_tell_neighbours_apart_and_leave_dots_to_training():
    dashes = [figures.style_of(name).dash for name in ZOO]
    assert all(a != b for a, b in pairwise(dashes))
    assert "dot" not in dashes


@pytest.mark.parametrize("least, ticks", [(0.5, None), (0.2, "D2"), (0.005, "D2"), (0.00001, 1)])
def test_a_log_axis_that_spans_far_has_few_enough_ticks(least, ticks):
    table = pd.DataFrame({"epochs_done": [0.0, 1.0], "loss": [2.0, least]})
    assert figures.batch_losses({"tiny": table}, 0, log=True).layout.yaxis.dtick == ticks
    assert figures.batch_losses({"tiny": table}, 0, log=False).layout.yaxis.dtick is None
