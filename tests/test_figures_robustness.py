"""The figures of sturdiness show what was measured, and no more."""

import numpy as np
import pytest

from digitcore.evaluation import Rate, wilson
from digitcore.figures import styles_of
from digitcore.figures.robustness import CLEAN, FEW, by_level, overview
from digitcore.robustness import Sturdiness
from digitcore.robustness.distortions import KINDS, SETTINGS, Setting
from digitcore.zoo import ZOO

EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
RATES = {name: wilson(2000 - 17 * place, 2000) for place, name in enumerate(SETTINGS)}
WHOLE = Sturdiness(wilson(1990, 2000), RATES)
PART = Sturdiness(wilson(1980, 2000), {"rotation 30": Rate(0.7, 0.68, 0.72, 2000)})
MODELS = {"tiny": WHOLE, "a-name-that-is-much-longer": PART, "trio": WHOLE}
STYLES = styles_of(MODELS, ["trio"])


def drawn(kind: str, models: dict[str, Sturdiness], chosen=None):
    return by_level(kind, models, styles_of(models), chosen)


def test_the_overview_has_a_row_for_each_model_and_a_column_for_each_kind():
    figure = overview(MODELS)
    (cells,) = figure.data
    assert list(cells.x) == [CLEAN, *KINDS]
    assert figure.layout.yaxis.ticktext == ("tiny", "a-name-…longer", "trio")
    assert cells.z.shape == (3, 8)
    assert cells.z[0, 0] == 0.995
    for column, kind in enumerate(KINDS, start=1):
        levels = [RATES[Setting(kind, level).name].value for level in KINDS[kind].levels]
        assert cells.z[0, column] == pytest.approx(np.mean(levels))
        assert cells.text[0][column] == f"{100 * np.mean(levels):.1f}"
    assert cells.zmin == pytest.approx(np.nanmin(cells.z.astype(float))) and cells.zmax == 1


def test_a_cell_of_which_levels_are_missing_is_empty():
    cells = overview(MODELS).data[0]
    assert np.isnan(cells.z[1, 1:].astype(float)).all()
    assert list(cells.text[1]) == ["99.0", *[""] * len(KINDS)]
    assert cells.hoverongaps is False


@pytest.mark.parametrize("models", [{}, {"tiny": Sturdiness(wilson(2000, 2000), {})}])
def test_the_overview_of_nothing_and_of_perfection_can_be_drawn(models):
    cells = overview(models).data[0]
    assert len(cells.z) == len(models) and cells.zmin < cells.zmax
    overview(models).to_json()


@EVERY_KIND
def test_lines_are_the_curves_and_points_say_what_they_are(kind):
    figure = by_level(kind, MODELS, STYLES)
    assert [line.name for line in figure.data] == list(MODELS)
    line, curve = figure.data[0], WHOLE.curve(kind)
    assert list(line.x) == list(curve) and len(line.x) == len(KINDS[kind].levels) + 1
    assert list(line.y) == [rate.value for rate in curve.values()]
    assert [tuple(point) for point in line.customdata] == [("tiny", level) for level in curve]
    assert line.error_y.array == pytest.approx([r.high - r.value for r in curve.values()])
    assert line.error_y.arrayminus == pytest.approx([r.value - r.low for r in curve.values()])
    assert list(figure.layout.xaxis.tickvals) == list(curve)
    assert figure.layout.xaxis.title.text == KINDS[kind].axis
    assert "n = 2,000" in figure.layout.yaxis.title.text


@EVERY_KIND
def test_the_clean_level_is_marked_and_what_is_not_measured_left_out(kind):
    figure = by_level(kind, MODELS, STYLES)
    (mark,) = figure.layout.shapes
    assert mark.x0 == mark.x1 == KINDS[kind].clean
    assert figure.layout.annotations[0].text == CLEAN
    expected = sorted([KINDS[kind].clean, *([30] if kind == "rotation" else [])])
    assert list(figure.data[1].x) == expected


def test_lines_differ_by_more_than_colour_and_look_as_on_every_page():
    for line in by_level("blur", MODELS, STYLES).data:
        style = STYLES[line.name]
        assert (line.line.color, line.line.dash) == (style.colour, style.dash)
        assert (line.marker.color, line.marker.symbol) == (style.colour, style.symbol)
        assert line.unselected.marker.opacity == 1


def test_intervals_of_many_models_are_told_and_not_drawn():
    few, many = (dict.fromkeys(list(ZOO)[:count], WHOLE) for count in (FEW, FEW + 1))
    assert all(line.error_y.visible for line in drawn("blur", few).data)
    assert not any(line.error_y.visible for line in drawn("blur", many).data)
    rate = RATES["blur 2"]
    told = drawn("blur", many).data[0].hovertext[-1]
    assert told == f"{rate.value:.2%} ({rate.low:.2%} to {rate.high:.2%})"


def test_the_chosen_point_is_ringed_and_cannot_be_clicked():
    ring = by_level("rotation", MODELS, STYLES, ("trio", 45)).data[-1]
    assert (ring.x, ring.y) == ((45,), (RATES["rotation 45"].value,))
    assert ring.customdata is None and ring.hoverinfo == "skip" and ring.showlegend is False
    missing = ("a-name-that-is-much-longer", 45)
    assert len(by_level("rotation", MODELS, STYLES, missing).data) == len(MODELS)


@pytest.mark.parametrize("figure", [overview(MODELS), by_level("scale", MODELS, STYLES)])
def test_a_phone_scrolls_over_them_and_both_themes_show_through(figure):
    assert figure.layout.dragmode is False
    assert figure.layout.xaxis.fixedrange and figure.layout.yaxis.fixedrange
    assert figure.layout.paper_bgcolor is None and figure.layout.plot_bgcolor is None
    assert figure.layout.title.text
