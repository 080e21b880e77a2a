"""Figures: scikit-learn, SciPy and the closed formulas are the oracles."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from digitcore.evaluation import Predictions, as_input, predict, predict_logits, wilson
from digitcore.models import ARCHITECTURES, build


def guesses(n: int, seed: int, skill: float = 2.0, classes: int = 10) -> Predictions:
    """Predictions of n digits by a guesser who leans towards the label."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, n)
    logits = draw.normal(size=(n, 10))
    logits[np.arange(n), labels] += skill
    probs = np.exp(logits)
    return Predictions((probs / probs.sum(1, keepdims=True)).astype(np.float32), labels)


def certain(answers: list[int], labels: list[int], confidence: float = 1.0) -> Predictions:
    probs = np.full((len(answers), 10), (1 - confidence) / 9, np.float32)
    probs[np.arange(len(answers)), answers] = confidence
    return Predictions(probs, np.array(labels))


any_guesses = st.builds(
    guesses, st.integers(1, 200), st.integers(0, 10_000), st.floats(-3, 6), st.integers(1, 10)
)


@given(st.integers(1, 20_000), st.data())
def test_wilson_is_its_closed_formula(n, data):
    hits = data.draw(st.integers(0, n))
    rate, z = wilson(hits, n), stats.norm.ppf(0.975)
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert (rate.value, rate.n) == (p, n)
    assert (rate.low, rate.high) == pytest.approx((middle - half, middle + half), abs=1e-9)


def test_a_rate_in_words_has_its_interval():
    assert wilson(9973, 10_000).words == "99.73% (99.61% to 99.81%)"
    assert wilson(9973, 10_000).interval == "99.61% to 99.81%"
    assert wilson(0, 3).words == "0.00% (0.00% to 56.15%)"


@given(any_guesses)
def test_right_is_where_the_answer_is_the_label(predictions):
    pairs = zip(predictions.answers, predictions.labels, strict=True)
    assert predictions.right.tolist() == [answer == label for answer, label in pairs]
    assert predictions.right.dtype == bool
    assert predictions.right is predictions.right  # counted once


@given(any_guesses)
def test_accuracy_and_error_rate_are_two_sides(predictions):
    accuracy, error = predictions.accuracy, predictions.error_rate
    expected = metrics.accuracy_score(predictions.labels, predictions.answers)
    assert accuracy.value == pytest.approx(expected)
    assert accuracy.n == error.n == len(predictions)
    assert predictions.correct + predictions.errors == len(predictions)
    assert error.value == pytest.approx(1 - accuracy.value)
    assert (error.low, error.high) == pytest.approx((1 - accuracy.high, 1 - accuracy.low))


@given(any_guesses)
def test_answer_is_the_most_probable_digit(predictions):
    rows = np.arange(len(predictions))
    assert (predictions.probs.max(1) == predictions.probs[rows, predictions.answers]).all()
    assert (predictions.confidence == predictions.probs.max(1)).all()


@given(any_guesses)
def test_confusion_has_true_digits_in_rows(predictions):
    counts = np.zeros((10, 10), int)
    for truth, answer in zip(predictions.labels, predictions.answers, strict=True):
        counts[truth, answer] += 1
    assert (predictions.confusion == counts).all()
    assert predictions.confusion.sum() == len(predictions)
    assert predictions.confusion.trace() == predictions.correct


@given(any_guesses)
def test_class_reports_follow_from_the_confusion(predictions):
    reports, counts = list(predictions.by_class()), predictions.confusion
    assert [report.digit for report in reports] == list(range(10))
    for digit, report in enumerate(reports):
        hit, said, there = counts[digit, digit], counts[:, digit].sum(), counts[digit].sum()
        assert report.precision == pytest.approx(hit / said if said else 0)
        assert report.recall == pytest.approx(hit / there if there else 0)
        assert report.f1 == pytest.approx(2 * hit / (said + there) if said + there else 0)
        assert report.support == there


@given(any_guesses)
def test_macro_is_the_mean_over_the_digits_that_occur(predictions):
    reports = [report for report in predictions.by_class() if report.support]
    expected = [
        sum(getattr(report, name) for report in reports) / len(reports)
        for name in ("precision", "recall", "f1")
    ]
    assert predictions.macro() == pytest.approx(expected)


@given(st.builds(guesses, st.integers(150, 300), st.integers(0, 10_000)))
def test_auc_is_the_chance_to_rank_a_digit_above_the_rest(predictions):
    areas = []
    for digit in range(10):
        probs, own = predictions.probs[:, digit].astype(float), predictions.labels == digit
        areas.append(stats.mannwhitneyu(probs[own], probs[~own]).statistic / own.sum()
                     / (~own).sum())  # fmt: skip
    assert predictions.auc == pytest.approx(np.mean(areas), abs=1e-6)


def test_auc_is_undefined_without_a_digit_and_says_so_quietly():
    assert np.isnan(guesses(50, 0, classes=9).auc)


@given(any_guesses, st.integers(1, 9))
def test_top_k_counts_labels_among_the_k_most_probable(predictions, k):
    order = np.argsort(-predictions.probs, axis=1)[:, :k]
    assert predictions.top(k) == pytest.approx((order == predictions.labels[:, None]).any(1).mean())


def test_top_grows_with_k_and_starts_at_the_accuracy():
    predictions = guesses(200, 1)
    assert predictions.top(1) == pytest.approx(predictions.accuracy.value)
    assert predictions.top(1) < predictions.top() < predictions.top(9)


@given(any_guesses)
def test_log_loss_is_mean_negative_log_probability_of_the_label(predictions):
    of_label = predictions.probs[np.arange(len(predictions)), predictions.labels].astype(float)
    assert predictions.log_loss == pytest.approx(-np.log(of_label).mean(), rel=1e-5)


def test_log_loss_of_a_certain_error_is_finite():
    assert 10 < certain([1], [2]).log_loss < 100


def slow_calibration_error(predictions: Predictions, bins: int) -> float:
    total = 0.0
    for k in range(bins):
        inside = [
            i for i, confidence in enumerate(predictions.confidence.astype(float))
            if k / bins <= confidence < (k + 1) / bins or (k == bins - 1 and confidence == 1)
        ]  # fmt: skip
        if inside:
            hits = np.mean([predictions.answers[i] == predictions.labels[i] for i in inside])
            gap = abs(hits - np.mean([float(predictions.confidence[i]) for i in inside]))
            total += gap * len(inside) / len(predictions)
    return total


@given(any_guesses, st.integers(1, 30))
def test_calibration_error_is_the_slow_sum_over_bins(predictions, bins):
    assert predictions.calibration_error(bins) == pytest.approx(
        slow_calibration_error(predictions, bins), abs=1e-6
    )


def test_calibration_error_of_confidence_that_comes_true_is_zero():
    predictions = certain([3] * 10, [3] * 8 + [4, 5], confidence=0.8)
    assert predictions.calibration_error() == pytest.approx(0, abs=1e-6)


def test_perfect_answers_have_perfect_figures():
    labels = list(range(10)) * 3
    perfect = certain(labels, labels)
    assert (perfect.accuracy.value, perfect.auc, perfect.top()) == (1, 1, 1)
    assert perfect.macro() == (1, 1, 1)
    assert perfect.calibration_error() == pytest.approx(0)
    assert perfect.log_loss == pytest.approx(0, abs=1e-6)
    assert perfect.accuracy.high == pytest.approx(1)
    assert perfect.accuracy.low < 1


def test_certain_errors_have_the_worst_figures():
    labels = list(range(10)) * 3
    wrong = certain([(label + 1) % 10 for label in labels], labels)
    assert (wrong.correct, wrong.errors) == (0, 30)
    assert wrong.calibration_error() == pytest.approx(1)
    assert wrong.macro() == (0, 0, 0)
    assert wrong.confusion.trace() == 0


def test_a_digit_without_samples_has_a_report_of_zeros():
    report = list(certain([1, 1, 2], [1, 1, 2]).by_class())[7]
    assert (report.precision, report.recall, report.f1, report.support) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("probs", "labels"),
    [
        (np.full((3, 9), 0.1), np.zeros(3, int)),
        (np.full((3, 10), 0.1), np.zeros(4, int)),
        (np.full(10, 0.1), np.zeros(1, int)),
        (np.full((3, 10, 1), 0.1), np.zeros(3, int)),
        (np.full((3, 10), 0.1), np.zeros((3, 1), int)),
        (np.zeros((0, 10)), np.zeros(0, int)),
    ],
)
def test_what_is_no_set_of_predictions_is_refused(probs, labels):
    with pytest.raises(ValueError, match="Predictions need"):
        Predictions(probs, labels)


def test_as_input_is_0_to_1_with_a_channel():
    images = torch.tensor([[0, 51, 255]], dtype=torch.uint8).repeat(2, 28)[:, :56].view(2, 28, 2)
    values = as_input(images)
    assert values.shape == (2, 1, 28, 2)
    assert values.dtype == torch.float32
    torch.testing.assert_close(values[:, 0], images / 255)


@pytest.fixture(scope="module")
def images(few):
    return few[1].images[:40]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_predict_gives_probabilities(name, images):
    probs = predict(build(name), images[:3])
    assert probs.shape == (3, 10)
    assert probs.dtype == np.float32
    np.testing.assert_allclose(probs.sum(1), 1, atol=1e-5)
    assert (probs > 0).all()


def test_predict_is_one_softmax_over_the_logits(images):
    network = build("classic")
    logits = predict_logits(network, images).double()
    expected = logits.exp() / logits.exp().sum(1, keepdim=True)
    np.testing.assert_allclose(predict(network, images), expected, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 7, 40, 1000])
def test_logits_do_not_depend_on_the_batch_size(images, batch_size):
    network = build("tiny")
    torch.testing.assert_close(
        predict_logits(network, images, batch_size), predict_logits(network, images),
        atol=1e-4, rtol=1e-4,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["tiny", "wide"])
def test_predicting_does_not_change_the_network(name, images):
    network = build(name).train()  # batch norm would learn and dropout would draw
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    first = predict(network, images)
    assert not network.training
    assert all(torch.equal(before[key], tensor) for key, tensor in network.state_dict().items())
    assert (predict(network, images) == first).all()


def test_predicting_leaves_the_global_rng_alone(images):
    before = torch.get_rng_state()
    predict(build("wide").train(), images[:2])
    assert torch.equal(torch.get_rng_state(), before)
