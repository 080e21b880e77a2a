"""Figures are pure: what is in them is what was given."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.colors import make_colorscale, sample_colorscale

from digitcore import figures
from digitcore.evaluation import Rate
from digitcore.figures.style import ON_SHADES, SHADES
from digitcore.leaderboard import Row
from digitcore.zoo import ZOO


def test_probabilities_shows_the_ensemble_and_each_member_as_given():
    together = np.linspace(0, 0.2, 10)
    members = {"classic": np.eye(10)[3], "tiny": np.eye(10)[5]}
    figure = figures.probabilities(together, members)
    assert [bar.name for bar in figure.data] == [figures.ENSEMBLE, "classic", "tiny"]
    assert figure.data[0].y == pytest.approx(together)
    assert figure.data[2].y == pytest.approx(members["tiny"])
    assert list(figure.data[1].x) == list(range(10))


def test_many_members_are_shown_as_shades_with_the_ensemble_on_top():
    together = np.eye(10)[4]
    members = {name: np.full(10, 0.1) for name in ZOO}
    shades = figures.probabilities(together, members).data[0]
    assert list(shades.y) == [figures.ENSEMBLE, *ZOO][::-1]
    assert shades.z[-1][4] == 1
    assert np.isnan(np.delete(shades.z[-1], 4)).all()  # no shade for 0 %
    assert shades.z[0] == pytest.approx(members["tiny"])
    assert list(shades.text[-1]) == ["", "", "", "", "100", "", "", "", "", ""]


def test_accuracies_shows_the_best_on_top_with_its_interval():
    best = Row("best", "", Rate(0.99, 0.98, 0.995, 10_000), 100, 40, 1, 1.0, 1.0)
    other = Row("both", "", Rate(0.97, 0.96, 0.98, 10_000), 300, 90, 1, 1.0, 1.0, ("a", "b"))
    dots = figures.accuracies([best, other]).data[0]
    assert list(dots.y) == ["both", "best"]
    assert dots.x == pytest.approx([0.97, 0.99])
    assert dots.error_x.array == pytest.approx([0.01, 0.005])
    assert dots.error_x.arrayminus == pytest.approx([0.01, 0.01])
    looks = figures.styles_of(["both", "best"], ["both"])  # as on every page
    assert list(dots.marker.color) == [looks["both"].colour, looks["best"].colour]
    assert list(dots.marker.symbol) == [looks["both"].symbol, looks["best"].symbol]


def test_every_model_of_the_zoo_has_a_look_of_its_own_that_stays():
    styles = [figures.style_of(name) for name in ZOO]
    assert len(set(styles)) == len({style.colour for style in styles}) == len(ZOO)
    assert figures.style_of("my run") == figures.style_of("my run")


def test_no_two_models_in_a_picture_have_the_same_colour():
    runs = [f"mine-{number}" for number in range(8)]
    styles = figures.styles_of([*runs, "strong", "tiny"])
    assert len({style.colour for style in styles.values()}) == 10
    assert styles["strong"] == figures.style_of("strong")
    assert figures.styles_of([*ZOO, "mine"])["mine"]  # more models than colours


@given(st.sets(st.sampled_from([*ZOO, *(f"slim-{n}" for n in range(9)), "class-demo"]), max_size=5))
def test_the_curves_of_a_few_models_differ_by_more_than_colour(names):
    styles = figures.styles_of(sorted(names)).values()
    for part in ("colour", "pattern", "symbol", "dash"):
        assert len({getattr(style, part) for style in styles}) == len(names)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 to 1, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("background", ["#fbfbfa", "#13181c"])
@pytest.mark.parametrize("name", ZOO)
def test_colours_can_be_told_from_both_backgrounds(name, background):
    lighter, darker = sorted(
        (luminance(figures.style_of(name).colour), luminance(background)), reverse=True
    )
    assert (lighter + 0.05) / (darker + 0.05) >= 3  # WCAG 1.4.11


def test_figures_stand_out_from_every_shade_of_a_table():
    dark = luminance(ON_SHADES["color"])
    for share in np.linspace(0, 1, 21):
        (shade,) = sample_colorscale(make_colorscale(SHADES), [share])
        shade = "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", shade))
        assert (luminance(shade) + 0.05) / (dark + 0.05) >= 4.5
