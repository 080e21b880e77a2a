"""Suspects: they follow from their rules alone, with cleanlab itself as the oracle, and those that
are known from the literature are among the first."""

import numpy as np
import pytest
import torch
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from digitcore.digits import DigitSet
from digitcore.exploration import catalogue, doubles, insights, suspects
from digitcore.exploration.catalogue import MNIST, TEST, Catalogue
from digitcore.exploration.suspects import DOUBLES, KINDS, LABELS, OUTLIERS, OVERLAP, find
from digitcore.own.store import About, OwnSets
from digitcore.runs import WEIGHTS, RunStore
from ui.explore import pairs
from ui.explore import suspects as view
from ui.explore.chosen import load_catalogue
from ui.explore.sent import SENT

# Labels of the test set that five persons each were asked about and most did not confirm, from
# mturk/mnist_mturk.json of github.com/cleanlab/label-errors (each whose count for the given label
# is less than three). C. G. Northcutt, A. Athalye, J. Mueller: Pervasive Label Errors in Test Sets
# Destabilize Machine Learning Benchmarks, NeurIPS 2021, arXiv:2103.14749.
WRONG = (947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729)


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return catalogue.of_mnist()


def own(images: torch.Tensor, labels, name: str = "mine") -> Catalogue:
    digits = DigitSet(name, images, torch.as_tensor(labels))
    return catalogue.of_own(digits, RunStore(WEIGHTS).run(insights.NETWORK).network())


# --- label errors


def test_what_is_known_to_be_mislabelled_is_among_the_first(shipped):
    """Of 10,000 test digits; the networks have seen none of them."""
    test = (shipped.table["split"] == TEST).to_numpy()
    order = np.argsort(shipped.table["quality"].to_numpy()[test], kind="stable")
    rank = np.argsort(order)[list(WRONG)]
    for first, found in ((10, 5), (50, 9), (100, 12)):
        assert (rank < first).sum() >= found


def test_the_view_names_those_that_networks_read_otherwise(shipped):
    table = find(shipped, LABELS).table
    found = shipped.table.loc[table["place"]]
    numbers = set(found.loc[(found["split"] == TEST).to_numpy(), "number"])
    assert {1901, 2130, 2462, 2597, 2654, 5937, 9729} <= numbers


def test_label_errors_are_cleanlabs(shipped):
    """The filter, the order and the marks, of training and of test digits by themselves."""
    table = find(shipped, LABELS).table.set_index("place")
    for part in (slice(0, 60_000), slice(60_000, 70_000)):
        probs, labels = shipped.probs[part], shipped.labels[part]
        asked = {"labels": labels, "pred_probs": probs, "n_jobs": 1}
        misread = np.flatnonzero(find_label_issues(**asked, filter_by="predicted_neq_given"))
        sure = np.flatnonzero(find_label_issues(**asked, filter_by="confident_learning"))
        mine = table[(table.index >= part.start) & (table.index < part.stop)]
        assert set(mine.index) == {*(misread + part.start), *(sure + part.start)}
        assert set(mine.index[mine["marked"]]) == set(sure + part.start)
        quality = get_label_quality_scores(labels, probs)[mine.index - part.start]
        assert (np.diff(quality) >= 0).all()
    assert np.array_equal(table["given"], shipped.table.loc[table.index, "quality"])


@given(st.data())
def test_marks_are_cleanlabs_for_any_answers(data):
    classes = data.draw(st.lists(st.integers(0, 9), min_size=2, max_size=4, unique=True))
    labels = np.repeat(classes, data.draw(st.integers(suspects.ENOUGH, 20)))
    draw = np.random.default_rng(data.draw(st.integers(0, 999)))
    probs = draw.dirichlet(np.ones(10) / 3, len(labels)).astype(np.float32)
    oracle = find_label_issues(labels, probs, filter_by="confident_learning", n_jobs=1)
    assert np.array_equal(suspects.marked(probs, labels), oracle)


@pytest.mark.parametrize("labels", [[3], [3] * 50, [3] * 50 + [4], []])
def test_too_few_digits_are_not_marked(labels):
    probs = np.full((len(labels), 10), 0.1, dtype=np.float32)
    assert not suspects.marked(probs, np.array(labels, dtype=np.int64)).any()


# --- outliers


def test_outliers_lie_beyond_tukeys_fence(shipped):
    table, apart = find(shipped, OUTLIERS).table, shipped.table["apart"].to_numpy()
    low, high = np.percentile(apart, [25, 75])
    assert set(table["place"]) == set(np.flatnonzero(apart > high + 1.5 * (high - low)))
    assert (np.diff(table["apart"]) <= 0).all()


def test_what_is_no_digit_at_all_is_an_outlier(mnist):
    noise = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 28, 28), dtype=np.uint8))
    set_ = own(torch.cat([noise, mnist.images[:2]]), [0] * 4)
    assert find(set_, OUTLIERS).table["place"].tolist()[:2] in ([0, 1], [1, 0])
    assert np.allclose(set_.table["apart"], _apart(set_), rtol=1e-3)


def _apart(of: Catalogue) -> np.ndarray:
    every = np.linalg.norm(insights.load().features[None] - of.features[:, None], axis=2)
    return np.sort(every)[:, :10].mean(1)


# --- near-duplicates


def brute(left, right, left_labels, right_labels, usual, same):
    """All pairs as a set, without any of the shortcuts."""
    gap = left.reshape(len(left), 1, -1).astype(float) - right.reshape(1, len(right), -1)
    distances = np.sqrt(np.square(gap).mean(2))
    limit = doubles.CLOSE * np.minimum(usual[left_labels][:, None], usual[right_labels])
    rows, columns = np.nonzero(distances <= limit)
    return {
        (a, b) for a, b in zip(rows.tolist(), columns.tolist(), strict=True) if not same or a < b
    }


@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.5, 4))
def test_no_pair_is_missed_and_none_invented(start, count, looser):
    """With limits loose enough that there are some among digits drawn as they come."""
    digits = insights.both()
    images = digits.images[start : start + count].numpy()
    labels = digits.labels[start : start + count].numpy()
    usual = looser * insights.load().usual
    found = doubles.within(images, labels, usual)
    assert set(map(tuple, found.places.tolist())) == brute(
        images, images, labels, labels, usual, True
    )
    assert (np.diff(found.shares) >= 0).all() and found.whole
    others = doubles.across(images, labels, images[::-1], labels[::-1], usual)
    assert set(map(tuple, others.places.tolist())) == brute(
        images, images[::-1], labels, labels[::-1], usual, False
    )


def test_copies_are_found_whatever_their_labels(mnist):
    images = mnist.images[[5, 6, 5, 7, 5]].numpy()
    found = doubles.within(images, np.array([2, 1, 2, 3, 9]), insights.load().usual)
    assert found.places.tolist() == [[0, 2], [0, 4]] and found.copies.all()


def test_a_set_of_one_image_is_not_a_billion_pairs(mnist):
    images = np.repeat(mnist.images[:1].numpy(), 3000, axis=0)
    found = doubles.within(images, np.full(3000, 5), insights.load().usual)
    assert len(found) == 2999 and found.whole
    images[:, 0, 0], images[:, 0, 1] = np.arange(3000) % 250, np.arange(3000) // 250
    found = doubles.within(images, np.full(3000, 5), insights.load().usual)
    assert len(found) == doubles.MOST and not found.whole


def test_mnists_pairs_are_told_apart_by_where_they_lie(shipped):
    splits = shipped.table["split"].to_numpy().astype(str)
    inside, between = (find(shipped, kind).table for kind in (DOUBLES, OVERLAP))
    assert len(inside) + len(between) == len(insights.load().doubles)
    assert (splits[inside["place"]] == splits[inside["other"]]).all()
    assert (splits[inside["place"]] == inside["split"]).all()
    for row in between.itertuples():
        assert set(row.split.split(" and ")) == {splits[row.place], splits[row.other]}
        assert row.place < row.other


# --- own sets


def test_an_own_set_that_holds_mnists_digits_is_told_so(mnist):
    test = insights.both()
    images = torch.cat([test.images[[60_003, 12]], 255 - test.images[[40]]])
    found = find(own(images, [0, 3, 1]), OVERLAP)
    copies = found.table[found.table["copy"]]
    assert copies[["place", "other"]].to_numpy().tolist() in ([[0, 60_003], [1, 12]],
                                                              [[1, 12], [0, 60_003]])  # fmt: skip
    assert set(copies["split"]) == {"MNIST's test set", "MNIST's training set"}


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("one_class", [True, False])
def test_small_sets_have_suspects_or_none_but_no_fault(mnist, count, one_class):
    labels = torch.full((count,), 7) if one_class else mnist.labels[:count]
    set_ = own(mnist.images[:count], labels)
    for kind in KINDS:
        found = find(set_, kind)
        written = view.written(set_, found)
        assert view.count_words(set_, found) and len(written) == len(found)
        assert written["reason"].map(bool).all()


def test_a_blank_image_is_no_fault():
    set_ = own(torch.zeros(3, 28, 28, dtype=torch.uint8), [1, 1, 2])
    assert len(find(set_, DOUBLES)) == 2
    for kind in KINDS:
        find(set_, kind)


# --- the view


def draw(name: str) -> None:
    """A page that is this view alone; AppTest runs the source of this function."""
    from ui.explore import suspects
    from ui.explore.chosen import load_catalogue

    suspects.show(load_catalogue(name))


def opened(name: str = MNIST, **address: str) -> AppTest:
    app = AppTest.from_function(draw, args=(name,), default_timeout=60)
    for key, value in address.items():
        app.query_params[key.replace("_", " ")] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.info])


@pytest.mark.usefixtures("runs")
def test_the_view_states_how_many_and_by_which_rule():
    app, shown = opened(suspects=OVERLAP), load_catalogue(MNIST)
    for kind in (OVERLAP, *KINDS):
        app.segmented_control(key=view.KIND).set_value(kind).run()
        found = view.find(shown, kind)
        assert not app.exception
        assert view.count_words(shown, found) in words(app)
        assert found.rule in words(app) and view.JUST_LOOKED in words(app)


@pytest.mark.usefixtures("runs")
def test_what_is_chosen_goes_to_the_gallery():
    app = opened(suspects=LABELS, suspects_part=TEST)
    table = view.find(load_catalogue(MNIST), LABELS).table
    test = table[table["split"] == TEST]
    for only, places in ((False, test["place"]), (True, test.loc[test["marked"], "place"])):
        app.toggle(view.SURE).set_value(only).run()
        (button,) = [button for button in app.button if button.label == "To the gallery"]
        button.click().run()
        assert not app.exception
        assert list(app.session_state[SENT].places) == places.tolist()


def test_an_own_set_of_one_digit_is_shown(runs, mnist):
    OwnSets(runs.parent / "own").save("mine", mnist.images[:1].numpy(), [9], About("test"))
    app = opened("mine")
    for kind in KINDS:
        app.segmented_control(key=view.KIND).set_value(kind).run()
        assert not app.exception and view.find(load_catalogue("mine"), kind).rule in words(app)


def test_suspects_are_those_of_the_labels_that_the_digits_have(runs, mnist):
    """A dialog that is open on a set as it was may ask once the set was corrected."""
    sets = OwnSets(runs.parent / "own")
    sets.save("mine", mnist.images[:60].numpy(), mnist.labels[:60].numpy() % 9, About("test"))
    old = load_catalogue("mine")
    before = len(view.find(old, LABELS).table)
    sets.correct("mine", {place: int(label) for place, label in enumerate(mnist.labels[:59])})
    assert len(view.find(old, OUTLIERS).table) == len(find(old, OUTLIERS).table)
    new = load_catalogue("mine")
    assert len(view.find(old, LABELS).table) == before > len(view.find(new, LABELS).table)
    for kind in KINDS:
        assert view.find(new, kind).table.equals(find(new, kind).table)


def test_where_confident_learning_is_not_asked_it_is_not_said_to_count_none(runs, mnist):
    labels = mnist.labels.numpy()
    few = np.concatenate([np.flatnonzero(labels == digit)[:20] for digit in range(9)]
                         + [np.flatnonzero(labels == 9)[:3]])  # fmt: skip
    OwnSets(runs.parent / "own").save("mine", mnist.images[few].numpy(), labels[few], About("test"))
    catalogue = load_catalogue("mine")
    said = view.count_words(catalogue, view.find(catalogue, LABELS))
    assert "Confident learning was not asked: it needs two classes or more, and 10 digits" in said


def test_a_report_has_a_piece_for_each_kind(shipped):
    found = list(view.pieces(shipped))
    assert [piece.heading for piece in found[: len(KINDS)]] == list(KINDS)
    for piece, kind in zip(found, KINDS, strict=False):
        assert find(shipped, kind).rule in piece.words
        assert all(image.shape == (28, 28) for image, _ in piece.pictures)


def test_two_digits_stand_side_by_side(shipped):
    found = find(shipped, DOUBLES)
    picture, first = pairs.side_by_side(shipped, found)[0], found.table.iloc[0]
    assert np.array_equal(picture[:, :28], shipped.images[first["place"]])
    assert np.array_equal(picture[:, -28:], shipped.images[first["other"]])
