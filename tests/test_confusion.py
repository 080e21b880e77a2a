"""Confusion matrices: shares, differences and the digits in a cell, and their figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from digitcore.comparison.confusion import SCALES, most_confused, moved, places, scaled
from digitcore.evaluation import Predictions
from digitcore.figures.confusion import confusion, difference, strongest

LABELS = st.lists(st.integers(0, 9), min_size=1, max_size=60)


def answering(labels, answers) -> Predictions:
    """Predictions that answer just so."""
    return Predictions(np.eye(10, dtype=np.float32)[answers], np.asarray(labels))


@st.composite
def pairs(draw):
    labels = draw(LABELS)
    answers = [draw(st.lists(st.integers(0, 9), min_size=len(labels), max_size=len(labels)))
               for _ in range(2)]  # fmt: skip
    return answering(labels, answers[0]), answering(labels, answers[1])


@given(pairs())
@pytest.mark.parametrize("scale, sklearns", [*zip(SCALES, (None, "true", "pred"), strict=True)])
def test_shares_are_scikit_learns(scale, sklearns, both):
    a, _ = both
    with np.errstate(invalid="ignore"):
        theirs = confusion_matrix(a.labels, a.answers, labels=range(10), normalize=sklearns)
    assert np.allclose(np.nan_to_num(scaled(a.confusion, scale)), theirs)


def test_what_does_not_occur_has_no_share():
    seen = answering([1, 1, 2], [1, 2, 2])
    assert np.isnan(scaled(seen.confusion, "by row")[7]).all()
    assert np.isnan(scaled(seen.confusion, "by column")[:, 7]).all()
    assert scaled(seen.confusion, "counts")[7].sum() == 0


def test_an_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="by row"):
        scaled(np.zeros((10, 10), dtype=int), "by diagonal")


@given(pairs())
def test_the_places_of_all_cells_are_all_digits_once(both):
    a, _ = both
    found = [places(a, label, answer) for label in range(10) for answer in range(10)]
    assert sorted(np.concatenate(found)) == list(range(len(a)))
    assert [len(cell) for cell in found] == a.confusion.ravel().tolist()


@given(pairs(), st.integers(0, 9), st.integers(0, 9))
def test_what_moved_is_what_the_difference_counts(both, label, answer):
    a, b = both
    only_a, only_b = moved(a, b, label, answer)
    assert len(only_a) - len(only_b) == (a.confusion - b.confusion)[label, answer]
    assert set(only_a) == set(places(a, label, answer)) - set(places(b, label, answer))
    assert set(only_b) == set(places(b, label, answer)) - set(places(a, label, answer))


@given(pairs())
def test_the_most_confused_pair_is_that_of_brute_force(both):
    a, _ = both
    errors = [(x, y) for x, y in zip(a.labels.tolist(), a.answers.tolist(), strict=True) if x != y]
    expected = min(errors, key=lambda cell: (-errors.count(cell), cell), default=(0, 0))
    counted = a.confusion.copy()
    assert most_confused(a) == expected
    assert (a.confusion == counted).all()


def test_the_common_scale_ends_at_the_largest_error():
    a, b = np.diag([900] * 10), np.diag([900] * 10)
    a[3, 5], b[9, 4] = 7, 12
    assert strongest([a, b]) == 12
    assert strongest([np.diag([5] * 10)]) == 1  # without an error there is still a scale
    assert strongest([scaled(np.zeros((10, 10), dtype=int), "by row")]) == 1


COUNTS = np.diag(np.arange(990, 1000))
COUNTS[4, 9], COUNTS[9, 4] = 6, 3


def texts(figure) -> dict[tuple[int, int], str]:
    squares = figure.data[1]
    return {(y, x): text for x, y, text in zip(squares.x, squares.y, squares.text, strict=True)}


def test_the_matrix_shades_errors_and_tells_right_answers_only_when_asked():
    figure = confusion(COUNTS, "counts", "strong", 6)
    assert figure.layout.title.text == "strong"
    z = np.array(figure.data[0].z)
    assert np.isnan(z.diagonal()).all()
    assert z[4, 9] == 6
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-6, 6)
    assert texts(figure)[4, 9] == "6"
    assert texts(figure)[0, 1] == ""
    assert (0, 0) not in texts(figure)
    assert texts(confusion(COUNTS, "counts", "strong", 6, diagonal=True))[0, 0] == "990"


def test_a_click_tells_label_answer_and_count():
    squares = confusion(COUNTS, "by row", "strong", 0.01).data[1]
    cells = [tuple(cell) for cell in squares.customdata]
    assert (4, 9, 6) in cells
    assert len(cells) == 90
    assert all((x, y) == (c[1], c[0]) for x, y, c in zip(squares.x, squares.y, cells, strict=True))


def test_rows_are_true_digits_from_the_top():
    figure = confusion(COUNTS, "counts", "strong", 6)
    top, bottom = figure.layout.yaxis.range[1], figure.layout.yaxis.range[0]
    assert top < bottom
    assert figure.layout.yaxis.title.text == "is a"


def test_shares_are_told_in_percent():
    words = texts(confusion(COUNTS, "by row", "strong", 0.01, diagonal=True))
    assert words[4, 9] == f"{100 * 6 / (994 + 6):.1f}"
    assert words[0, 0] == "100"


def test_the_difference_has_signs_beside_its_colours():
    other = COUNTS.copy()
    other[4, 9], other[2, 7] = 4, 5
    figure = difference(COUNTS, other, "counts", "a minus b", 5)
    words = texts(figure)
    assert (words[4, 9], words[2, 7], words[9, 4]) == ("+2", "\N{MINUS SIGN}5", "")
    assert figure.data[0].z[2][7] == -5


def test_the_difference_of_a_model_and_itself_is_empty():
    assert not any(texts(difference(COUNTS, COUNTS, "by column", "a minus a", 1)).values())


def test_the_difference_counts_no_answer_as_no_share_and_hides_what_rounds_to_none():
    """A column that only one of them answers has no shares in the other, and is no secret."""
    a, b = np.diag([5] * 10), np.diag([5] * 10)
    b[8, 8], b[8, 3] = 0, 5
    words = texts(difference(a, b, "by column", "a minus b", 1, diagonal=True))
    assert words[8, 8] == "+100" and words[8, 3] == "\N{MINUS SIGN}50.0"
    a, b = np.diag([5000] * 10), np.diag([5000] * 10)
    a[0, 1], b[0, 1], b[2, 1] = 3, 3, 1
    words = texts(difference(a, b, "by column", "a minus b", 1))
    assert words[0, 1] == "" and words[2, 1] == ""


def test_numbers_have_the_themes_colour_also_when_another_cell_is_clicked():
    squares = confusion(COUNTS, "counts", "strong", 6, text="#e6ebee").data[1]
    assert squares.textfont.color == "#e6ebee"
    assert squares.unselected.textfont.color == "#e6ebee"
