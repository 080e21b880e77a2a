"""Histories overlaid: what is drawn is what was written down, wherever it is aligned."""

import json

import numpy as np
import pandas as pd
import pytest

from digitcore import figures
from digitcore.figures.curves import MOST_POINTS
from digitcore.figures.histories import ALONG, METRICS, History, overlaid, summary, validated_on
from digitcore.figures.style import style_of
from digitcore.runs import COLUMNS, RunStore

STORE = RunStore()
SHIPPED = {
    name: History(run.history, run.recipe.learned, run.recipe.held_out)
    for name, run in STORE.runs().items()
}
STYLES = figures.styles_of(SHIPPED)


def history(
    validation: list[float], seconds: list[float] | None = None, learned: int = 1000, n: int = 500
) -> History:
    rows = len(validation)
    table = pd.DataFrame({
        "epoch": np.arange(1, rows + 1), "train_loss": np.linspace(1, 0.1, rows),
        "validation_loss": validation, "validation_accuracy": np.linspace(0.9, 0.98, rows),
        "learning_rate": 0.001, "seconds": seconds or [30.0] * rows,
    })  # fmt: skip
    return History(table, learned, n)


EMPTY = History(pd.DataFrame({column: [] for column in COLUMNS}, dtype=float), 1000, 500)


def drawn(some: dict[str, History], metric="validation loss", along="epoch", log=False):
    return overlaid(some, metric, along, log, figures.styles_of(some))


@pytest.mark.parametrize(
    ("along", "x"),
    [("epoch", [1, 2, 3]), ("time", [0.5, 2.5, 3.0]), ("images", [1000, 2000, 3000])],
)
def test_an_epoch_stands_where_it_ended(along, x):
    figure = drawn({"tiny": history([0.5, 0.1, 0.2], [30, 120, 30])}, along=along)
    line, best = figure.data
    assert line.x == pytest.approx(x)
    assert line.y == pytest.approx([0.5, 0.1, 0.2])
    assert (best.x[0], best.y[0], len(best.x)) == (x[1], pytest.approx(0.1), 1)
    assert figure.layout.xaxis.title.text == ALONG[along]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", SHIPPED)
def test_the_curves_are_the_files(name, metric):
    line, best = overlaid({name: SHIPPED[name]}, metric, "epoch", False, STYLES).data
    table, result = STORE.run(name).history, STORE.run(name).result
    values = table[METRICS[metric][0]]
    assert list(line.x) == list(table["epoch"])
    assert line.y == pytest.approx(values.to_numpy(), rel=1e-6)
    assert list(best.x) == [result.best_epoch]
    assert best.y[0] == pytest.approx(values[table["epoch"] == result.best_epoch].item(), rel=1e-6)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_summary_agrees_with_the_recorded_result(name):
    line, run = summary({name: SHIPPED[name]}).iloc[0], STORE.run(name)
    seconds = sum(run.history["seconds"])
    images = run.result.epochs * run.recipe.learned
    assert (line["Epochs"], line["Best epoch"]) == (run.result.epochs, run.result.best_epoch)
    assert line["Minutes"] == pytest.approx(run.result.seconds / 60, abs=0.01)
    assert line["Images seen"] == images
    assert line["Images/s"] == pytest.approx(images / seconds)
    assert line["Best validation loss"] == min(run.history["validation_loss"])
    assert line["Last validation loss"] == run.history["validation_loss"].iloc[-1]
    assert line["Validation digits"] == run.recipe.held_out


def test_accuracies_become_errors_where_the_axis_is_logarithmic():
    some = {"tiny": history([0.5, 0.1])}
    linear, log = (drawn(some, "validation accuracy", log=log) for log in (False, True))
    assert linear.data[0].y == pytest.approx([0.9, 0.98])
    assert log.data[0].y == pytest.approx([0.1, 0.02])
    assert "accuracy" in linear.layout.title.text and "error" in log.layout.title.text
    assert "wrongly" in log.layout.yaxis.title.text and log.layout.yaxis.type == "log"
    assert linear.data[0].customdata[1].startswith("98 %, 10 of 500 wrong")


def test_hover_says_on_how_many_digits_and_when():
    words = drawn({"tiny": history([0.5, 0.1], [30, 60])}).data[0].customdata[1]
    assert words == "0.1 nats on 500 digits<br>epoch 2, 1.5 min, 2,000 images"
    learned = drawn({"tiny": history([0.5])}, "training loss").data[0].customdata[0]
    assert "on 1,000 digits" in learned


def test_each_run_has_one_entry_in_the_legend_with_its_dash_and_symbol():
    figure = overlaid(SHIPPED, "validation loss", "epoch", True, STYLES)
    entries = [trace for trace in figure.data if trace.showlegend is not False]
    assert [entry.name for entry in entries] == list(SHIPPED)
    for entry in entries:
        style = style_of(entry.name)
        assert (entry.line.color, entry.line.dash) == (style.colour, style.dash)
        assert entry.marker.symbol == f"{style.symbol}-open"
        assert "lines" in entry.mode and "markers" in entry.mode
    assert len({(e.line.dash, e.marker.symbol) for e in entries}) == len(SHIPPED)


def test_the_first_of_equally_good_epochs_is_the_best():
    assert list(drawn({"tiny": history([0.5, 0.1, 0.1])}).data[1].x) == [2]


def test_the_best_epoch_of_a_long_run_stays_marked_on_every_curve():
    losses = 1 + np.random.default_rng(0).random(1000)
    losses[777] = 0.5
    for metric in METRICS:
        line, best = drawn({"tiny": history(list(losses))}, metric).data
        assert len(line.x) == len(line.customdata) <= MOST_POINTS
        assert list(best.x) == [778]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("some", [{}, {"tiny": EMPTY}])
def test_without_an_epoch_the_figure_says_so(some, metric, log):
    figure = drawn(some, metric, "time", log)
    assert "history" in figure.layout.annotations[0].text
    assert summary(some).empty
    json.loads(figure.to_json(), parse_constant=pytest.fail)


def test_what_cannot_be_drawn_is_a_gap_and_never_the_best():
    odd = history([np.inf, 0.0, 0.5])
    line, best = drawn({"tiny": odd}, log=True).data
    assert np.isnan(line.y).tolist() == [True, True, False]
    assert list(best.x) == [2] and np.isnan(best.y[0])
    hopeless = {"tiny": history([np.inf, np.inf])}
    assert not len(drawn(hopeless).data[1].x)
    assert np.isnan(summary(hopeless)["Best epoch"].astype(float)).all()


def test_a_run_of_no_time_has_no_speed():
    assert pd.isna(summary({"tiny": history([0.5], [0.0])})["Images/s"]).all()


@pytest.mark.parametrize("along", ALONG)
@pytest.mark.parametrize("metric", METRICS)
def test_figures_say_what_they_show_and_let_a_phone_scroll(metric, along):
    figure = overlaid(SHIPPED, metric, along, True, STYLES)
    layout = figure.layout
    assert layout.title.text and layout.xaxis.title.text and layout.yaxis.title.text
    assert layout.dragmode is False and layout.xaxis.fixedrange and layout.yaxis.fixedrange
    assert len(figure.to_json()) < 150_000


@pytest.mark.parametrize(
    ("held_out", "words"),
    [
        ({}, ""),
        ({"a": 5000}, "Validated on 5,000 digits."),
        ({"a": 5000, "b": 5000}, "Validated on 5,000 digits."),
        (
            {"a": 9000, "b": 5000, "c": 5000, "d": 9000, "e": 5000},
            "Validated on 5,000 digits, 9,000 for a and d: between those, small differences may "
            "come from the digits.",
        ),
    ],
)
def test_validated_on(held_out, words):
    assert validated_on({name: history([1.0], n=n) for name, n in held_out.items()}) == words
