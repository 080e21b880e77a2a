"""At a glance: what is counted, averaged and picked, against loops and scikit-learn, and the view
itself with MNIST and with own sets of any size."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from cleanlab.rank import get_label_quality_scores
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity
from streamlit.testing.v1 import AppTest

from digitcore.digits import load_mnist
from digitcore.exploration.balance import balance, missing, whole
from digitcore.exploration.catalogue import MNIST, SPLITS, Catalogue, of_mnist
from digitcore.exploration.prototypes import highest, lowest, prototypes
from digitcore.exploration.spread import FEW, spreads, standing_out
from digitcore.exploration.statistics import STATISTICS
from digitcore.figures import data as figures
from digitcore.own.store import About, OwnSets
from tests.test_pages import words
from ui.explore import glance

pytestmark = pytest.mark.usefixtures("runs")
labels_in = st.lists(st.integers(0, 9), min_size=1, max_size=60).map(np.array)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return of_mnist()


@pytest.fixture
def own(runs):
    """Saves a set of a person's own, of these test digits."""

    def save(name: str, places: range) -> None:
        test = load_mnist(train=False).take(places)
        about = About("a <b>folder</b>", ("2 had no ink",))
        OwnSets(runs.with_name("own")).save(name, test.images.numpy(), test.labels.numpy(), about)

    return save


def open_glance(**address: str) -> AppTest:
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params.update(address)
    app.run()
    app.switch_page("pages/dataset.py").run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    return " ".join(text.value for text in app.text)


def drawing(app: AppTest, place: int) -> dict:
    return json.loads(app.get("plotly_chart")[place].proto.spec)


# --- the catalogue's own columns


def test_typicality_is_scikit_learns_cosine_with_the_mean_of_the_class(catalogue):
    for digit in (0, 7):
        of_class = catalogue.features[catalogue.labels == digit]
        expected = cosine_similarity(of_class, of_class.mean(0, keepdims=True))[:, 0]
        found = catalogue.table.loc[catalogue.labels == digit, "typicality"]
        assert found.to_numpy() == pytest.approx(expected, abs=1e-5)


def test_quality_is_cleanlabs_self_confidence(catalogue):
    expected = get_label_quality_scores(catalogue.labels, catalogue.probs, method="self_confidence")
    assert catalogue.table["quality"].to_numpy() == pytest.approx(expected)


# --- how many of each


@given(labels_in)
def test_balance_counts_as_a_loop_does(labels):
    splits = pd.Series(pd.Categorical(np.array(SPLITS[:3])[labels % 3], SPLITS))
    table = balance(labels, splits).set_index(["Split", "Digit"])
    for (split, digit), row in table.iterrows():
        chosen = labels if split == "all" else labels[(splits == split).to_numpy()]
        assert (row["Count"], row["Of"]) == ((chosen == digit).sum(), len(chosen))
        assert 0 <= row["Low"] <= row["Share"] <= row["High"] <= 1


def test_balance_of_one_split_has_no_sum_and_knows_what_is_missing():
    table = balance(np.array([3, 3, 5]), pd.Series(pd.Categorical(["own"] * 3, SPLITS)))
    assert set(table["Split"]) == {"own"}
    assert whole(table)["Count"].sum() == 3
    assert missing(table) == [0, 1, 2, 4, 6, 7, 8, 9]


def test_balance_of_mnist_is_as_published(catalogue):
    table = balance(catalogue.labels, catalogue.table["split"])
    counts = table.pivot(index="Digit", columns="Split", values="Count")
    assert counts.sum().to_dict() == {
        "training": 55_000, "validation": 5_000, "test": 10_000, "all": 70_000,
    }  # fmt: skip
    assert (counts["validation"] == 500).all()
    drawn_so = table[table["Split"] == "validation"]  # and so is no sample of how frequent each is
    assert (drawn_so["Low"] == drawn_so["High"]).all()
    assert (table.loc[table["Split"] == "test", "Low"] < 0.12).all()
    assert counts["test"].tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


# --- prototypes


def test_mean_and_deviation_are_numpys(few):
    digits = few[0]
    found = prototypes(digits.images, digits.labels)
    for digit, of in found.items():
        images = digits.images[digits.labels == digit].numpy().astype(np.float64)
        assert of.n == len(images)
        assert of.mean == pytest.approx(images.mean(0), abs=0.01)
        assert of.deviation == pytest.approx(images.std(0), abs=0.05)


def test_of_a_single_digit_the_mean_is_the_digit_and_nothing_differs(few):
    one = few[0].take([5])
    ((digit, of),) = prototypes(one.images, one.labels).items()
    assert digit == one.labels[0]
    assert of.mean == pytest.approx(one.images[0].numpy(), abs=1e-3)
    assert of.deviation == pytest.approx(0, abs=1e-2)
    assert prototypes(torch.empty(0, 28, 28, dtype=torch.uint8), torch.empty(0).long()) == {}


@given(labels_in, st.integers(0, 9), st.integers(0, 12), st.randoms())
def test_extremes_are_the_ends_of_a_sorted_list(labels, digit, count, dice):
    values = np.array([dice.choice([1.0, 2.0, 3.5, np.nan]) for _ in labels])
    known = [at for at, label in enumerate(labels) if label == digit and values[at] == values[at]]
    up = sorted(known, key=lambda at: values[at])[:count]
    down = sorted(known, key=lambda at: -values[at])[:count]
    assert lowest(values, labels, digit, count).tolist() == up
    assert highest(values, labels, digit, count).tolist() == down


# --- spreads


def test_spreads_are_numpys_quantiles_and_the_outline_ends_at_the_ends(catalogue):
    values = catalogue.table["thickness"].to_numpy()
    for digit, found in spreads(values, catalogue.labels).items():
        own = values[catalogue.labels == digit]
        assert found.n == len(own)
        assert found.quantiles == pytest.approx(np.quantile(own, (0.05, 0.25, 0.5, 0.75, 0.95)))
        assert (found.least, found.most) == (own.min(), own.max())
        step = found.places[1] - found.places[0]
        assert found.places[0] == pytest.approx(own.min(), abs=step)
        assert found.places[-1] == pytest.approx(own.max(), abs=step)
        assert found.density.max() == 1
        assert not len(found.values)


def test_whole_numbers_have_a_place_each(catalogue):
    found = spreads(catalogue.table["width"].to_numpy(), catalogue.labels)[1]
    own = catalogue.table.loc[catalogue.labels == 1, "width"]
    assert set(own) <= set(found.places)
    counts = own.value_counts().reindex(found.places, fill_value=0)
    assert found.density == pytest.approx((counts / counts.max()).to_numpy())


def test_few_values_are_kept_and_those_without_a_number_are_left_out():
    values = np.array([1.0, np.nan, 2.5, 4.0] + [7.0] * FEW)
    found = spreads(values, np.array([1, 1, 1, 2] + [3] * FEW))
    assert found[1].values.tolist() == [1, 2.5]
    assert found[2].values.tolist() == [4]
    assert not len(found[3].values)
    assert spreads(np.array([np.nan]), np.array([4])) == {}


def test_the_sentence_names_the_ends_and_the_most_varied():
    values, labels = np.array([1.0, 2, 3, 5, 5, 5, 2, 2, 2.0]), np.repeat([4, 6, 8], 3)
    told = standing_out(STATISTICS["thickness"], spreads(values, labels))
    assert "the 4s and 8s are thinnest (2.0 pixels, n = 6)" in told
    assert "the 6s thickest (5.0 pixels, n = 3)" in told
    assert "The 4s differ most" in told
    assert "1s" in standing_out(STATISTICS["ink"], spreads(np.ones(2), np.ones(2, dtype=int)))
    assert "No digit" in standing_out(STATISTICS["ink"], {})
    single = standing_out(STATISTICS["ink"], spreads(np.array([1.0, 2]), np.array([0, 1])))
    assert "differ" not in single


def test_classes_that_are_equally_frequent_are_named_together():
    labels = np.repeat(np.arange(10), [20] * 9 + [3])
    said = glance._frequent(balance(labels, pd.Series(["mine"] * 183, dtype="category")))
    assert said.startswith("0, 1, 2, 3, 4, 5, 6, 7, 8 are most frequent: 20 of 183 each, ")
    assert "9 is least frequent: 3 of 183, " in said


# --- figures


def test_the_chart_has_an_outline_a_class_and_few_points_of_70_000(catalogue):
    found = spreads(catalogue.table["ink"].to_numpy(), catalogue.labels)
    figure = figures.distribution(STATISTICS["ink"], found, chosen=3)
    assert len(figure.to_json()) < 60_000
    medians = figure.data[-1]
    assert list(medians.customdata) == list(range(10))
    assert list(medians.y) == pytest.approx([of.median for of in found.values()])
    assert [at for at, mark in enumerate(medians.marker.symbol) if mark == "diamond"] == [3]
    assert {trace.line.color for trace in figure.data[:-1]} == {figures.BLUE, figures.ORANGE}
    assert figure.layout.yaxis.title.text == "pixels"


def test_the_chart_of_few_digits_has_a_point_each():
    found = spreads(np.array([1.0, 2, 2]), np.array([0, 0, 7]))
    points = figures.distribution(STATISTICS["slant"], found).data[0]
    assert [y for y in points.y if y is not None] == [1, 2, 2]
    assert figures.distribution(STATISTICS["slant"], found).layout.xaxis.ticktext == ("0", "7")


def test_bars_are_shares_with_their_intervals(catalogue):
    table = balance(catalogue.labels, catalogue.table["split"])
    figure = figures.balance(table)
    assert [bar.name for bar in figure.data] == ["training", "validation", "test"]
    test = figure.data[2]
    assert test.y[0] == pytest.approx(980 / 10_000)
    row = table[(table["Split"] == "test") & (table["Digit"] == 0)].iloc[0]
    assert test.y[0] + test.error_y.array[0] == pytest.approx(row["High"])


# --- the view


def test_mnist_at_a_glance(catalogue):
    app = open_glance(measure="Beauty", examples_of="12")  # which there are not
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Digits"] == "70,000"
    assert shown["Most frequent: 1"] == "11.3%"
    assert "1 is most frequent: 7,877 of 70,000" in words(app)
    assert "By their medians, the 1s are least inked" in texts(app)
    assert drawing(app, 1)["layout"]["title"]["text"] == "Ink by digit"
    assert app.segmented_control(key="examples_of").value == "each class"
    app.segmented_control(key="examples_of").set_value("8").run()
    app.segmented_control(key="measure").set_value("Stroke thickness").run()
    assert drawing(app, 1)["data"][-1]["marker"]["symbol"][8] == "diamond"
    next(b for b in app.button if b.key == "glance send Thinnest").click().run()
    assert not app.exception
    thinnest = lowest(catalogue.table["thickness"].to_numpy(), catalogue.labels, 8, 100)
    assert app.session_state["digits sent"].name == MNIST
    assert app.session_state["digits sent"].places == tuple(thinnest)


def test_own_sets_of_any_size_are_shown_with_their_origin(own):
    sizes = {"thirty": range(30), "one": range(7, 8), "two": range(2)}
    for name, places in sizes.items():
        own(name, places)
    app = open_glance(set="thirty", measure="Slant", examples_of="4")
    assert app.segmented_control(key="measure").value == "Slant"
    assert drawing(app, 1)["data"][-1]["marker"]["symbol"].count("diamond") == 1
    for name, places in sizes.items():
        app.selectbox(key="set").set_value(name).run()
        assert not app.exception
        assert app.metric[0].value == str(len(places))
        assert "a <b>folder</b>" in texts(app)  # as text, not as HTML
        assert "What was left out of it, Your own tells" in texts(app)
        assert "There is no" in words(app)


def test_pieces_hold_what_the_view_shows(catalogue):
    found = {piece.heading: piece for piece in glance.pieces(catalogue)}
    assert len(found["How many of each"].table) == 40
    assert {known.axis for known in STATISTICS.values()} <= set(found)
    medians = found["Measures by class"].table
    expected = catalogue.table.loc[catalogue.labels == 1, "ink"].median()
    assert medians.loc[1, "Ink (pixels)"] == pytest.approx(expected)
    assert len(found["The mean of each class"].pictures) == 10
    assert len(found["Most typical, of each class"].pictures) == 10
    for piece in found.values():
        assert all(image.shape == (28, 28) for image, _ in piece.pictures)


def test_the_table_of_classes_is_drawn_once_it_is_opened(runs):
    app = open_glance()
    assert not app.dataframe
    app.session_state["glance table"] = True
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    test = table[table["Split"] == "test"].sort_values("Digit")["Count"].tolist()
    assert test == np.bincount(load_mnist(train=False).labels).tolist()
