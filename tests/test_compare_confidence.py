"""The Confidence view: what it says is what scikit-learn and plain counting say."""

import json
import shutil

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve
from streamlit.testing.v1 import AppTest

from digitcore.comparison.abstention import risk_area
from digitcore.comparison.calibration import error_by_luck, reliability
from digitcore.evaluation import Predictions
from digitcore.runs import PREDICTIONS, WEIGHTS, RunStore
from tests.test_compare_page import open_view
from tests.test_pages import use_store, words
from ui.compare import confidence
from ui.compare.confidence_tables import abstention_table, trust_table, validation_words
from ui.compare.seen import Seen

VIEW = "Confidence"
TWO = ["tiny", "dense"]
STORE = RunStore()
OPEN = {"mended": "true", "curves": "true"}  # what is folded up at first


@pytest.fixture
def store(runs, monkeypatch, tmp_path):
    """A folder of few models that a test may damage, and no run of a user."""
    folder = tmp_path / "weights"
    for name in TWO:
        shutil.copytree(WEIGHTS / name, folder / name)
    use_store(monkeypatch, folder)
    return folder


def table(app, column: str):
    """The one table that has this column."""
    return next(one.value for one in app.dataframe if column in one.value).set_index("Model")


def charts(app) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


@pytest.fixture
def page(runs):
    return open_view(VIEW, models=TWO, **OPEN)


def test_it_begins_with_the_best_few_by_validation_digits(runs):
    app = open_view(VIEW)
    chosen = next(box for box in app.multiselect if box.key != "models").value
    errors = {
        name: STORE.answers(name, "validation").errors
        for name in app.multiselect(key="models").value
    }
    best = sorted(errors.values())[: confidence.MOST]
    assert sorted(errors[name] for name in chosen) == best


def test_claims_and_accuracies_are_those_of_the_stored_answers(page):
    shown = table(page, "Mean confidence")
    assert list(shown.index) == TWO
    for name in TWO:
        found = STORE.answers(name)
        assert shown.loc[name, "Mean confidence"] == pytest.approx(
            100 * found.confidence.astype(float).mean())  # fmt: skip
        assert shown.loc[name, "Right"] == pytest.approx(
            100 * metrics.accuracy_score(found.labels, found.answers))  # fmt: skip
        assert shown.loc[name, "Calibration error"] == pytest.approx(
            100 * found.calibration_error())  # fmt: skip
        assert shown.loc[name, "95 % from"] == pytest.approx(100 * found.accuracy.low)
        assert shown.loc[name, "Digits"] == 10_000


@pytest.mark.parametrize(
    ("by", "strategy"), [("equal width", "uniform"), ("equal count", "quantile")]
)
def test_reliability_charts_have_scikit_learns_bins(by, strategy, runs):
    app = open_view(VIEW, models=TWO, bins=by)
    found = STORE.answers("dense")
    hit, sure = found.answers == found.labels, found.confidence.astype(float)
    true, claimed = calibration_curve(hit, sure, n_bins=15, strategy=strategy)
    chart = next(one for one in charts(app) if one["layout"]["title"]["text"].startswith("dense: "))
    told = chart["data"][1]["customdata"]
    assert len(told) == len(true)
    for words_of_bin, share, mean in zip(told, true, claimed, strict=True):
        assert f"mean confidence {mean:.4%}, right {share:.2%}" in words_of_bin
    assert f"bins of {by}" in words(app)


def test_the_slider_tells_what_is_answered_and_what_is_left(page):
    for threshold in (0.99, 0.0, 0.99999):
        page.select_slider(key="sure").set_value(threshold).run()
        assert not page.exception
        shown, said = table(page, "AURC"), [text.value for text in page.text]
        for name in TWO:
            found = STORE.answers(name)
            answered = found.confidence >= np.float32(threshold)
            wrong = found.answers != found.labels
            errors, n = int((wrong & answered).sum()), int(answered.sum())
            word = "error" if errors == 1 else "errors"
            assert (
                f"{name}: Answers from {threshold:.5g} on: {n / 100:.2f} % of the digits, "
                f"{errors:,} {word} of {n:,}, {10_000 - n:,} left to a person."
            ) in said
            assert shown.loc[name, "Answered"] == pytest.approx(n / 100)
            assert shown.loc[name, "Errors"] == errors
            assert shown.loc[name, "Left to a person"] == 10_000 - n
            assert shown.loc[name, "of which wrong"] == int((wrong & ~answered).sum())
            assert shown.loc[name, "Right"] == pytest.approx(100 * (n - errors) / n)
            assert shown.loc[name, "AURC"] == risk_area(found)


def test_thresholds_are_chosen_on_validation_digits_and_tried_on_the_shown(page):
    shown = table(page, "Here it is")
    for name in TWO:
        held_out, found = STORE.answers(name, "validation"), STORE.answers(name)
        best = 0
        for threshold in np.unique(held_out.confidence):
            answered = held_out.confidence >= threshold
            wrong = (held_out.answers != held_out.labels)[answered].sum()
            if wrong <= confidence.WANTED * answered.sum() and answered.sum() > best:
                best, chosen, errors = answered.sum(), threshold, wrong
        answered = found.confidence >= chosen
        errors_here = int((found.answers != found.labels)[answered].sum())
        assert shown.loc[name, "Answers from"] == pytest.approx(float(chosen))
        assert shown.loc[name, "On validation"] == f"{errors:,} wrong of {best:,}"
        assert shown.loc[name, "Here"] == f"{errors_here:,} wrong of {answered.sum():,}"
        assert shown.loc[name, "Here it is"].startswith("kept") == (
            errors_here <= confidence.WANTED * answered.sum())  # fmt: skip


def test_temperature_changes_log_loss_and_no_answer(page):
    shown = table(page, "Temperature")
    for name in TWO:
        found = STORE.answers(name)
        logits = np.log(found.probs.astype(float)) / shown.loc[name, "Temperature"]
        probs = np.exp(logits - logits.max(1, keepdims=True))
        probs /= probs.sum(1, keepdims=True)
        assert (probs.argmax(1) == found.answers).all()
        assert shown.loc[name, "Right"] == pytest.approx(100 * found.accuracy.value)
        assert shown.loc[name, "Log-loss before"] == pytest.approx(found.log_loss)
        assert shown.loc[name, "after"] == pytest.approx(metrics.log_loss(found.labels, probs))
        assert shown.loc[name, "Calibration error before"] == pytest.approx(
            100 * found.calibration_error())  # fmt: skip


@pytest.mark.parametrize("of", ["macro", 9])
def test_areas_under_curves_are_scikit_learns(of, page):
    page.selectbox(key="ranked").set_value(of).run()
    assert not page.exception
    shown = table(page, "Average precision")
    for name in TWO:
        found = STORE.answers(name)
        probs = found.probs.astype(float)
        own = found.labels[:, None] == np.arange(10)
        kept = slice(None) if of == "macro" else [of]
        area = metrics.roc_auc_score(own[:, kept], probs[:, kept], average="macro")
        precision = metrics.average_precision_score(own[:, kept], probs[:, kept], average="macro")
        assert float(shown.loc[name, "Area under ROC (AUC)"]) == pytest.approx(area, abs=1e-6)
        assert float(shown.loc[name, "Average precision"]) == pytest.approx(precision, abs=1e-6)


def test_the_most_confident_mistakes_are_counted_and_shown(page):
    for name in TWO:
        page.selectbox(key="confidence of").set_value(name).run()
        assert not page.exception
        assert f"{name} misreads {STORE.answers(name).errors:,} of the 10,000" in words(page)


def test_what_is_left_to_a_person_can_be_looked_at(page):
    page.toggle(key="confidence left").set_value(True).run()
    page.selectbox(key="confidence left by").set_value("dense").run()
    assert not page.exception
    left = int((STORE.answers("dense").confidence < np.float32(confidence.START)).sum())
    assert f"less than 0.93 sure of {left:,} of the 10,000 test digits" in words(page)


def test_the_address_carries_what_is_looked_at(runs):
    asked = {"bins": "equal count", "sure": "0.99", "allowed": "0.2 %", "ranked": "digit 3"}
    app = open_view(VIEW, models=TWO, **asked, **OPEN)
    kept = [app.session_state[key] for key in asked]
    assert kept == ["equal count", 0.99, 0.002, 3]
    assert table(app, "Average precision").loc["tiny", "Digits"] == "1,010 against 8,990"


def test_what_costs_a_browser_time_is_drawn_when_it_is_unfolded(runs):
    app = open_view(VIEW, models=TWO)
    assert len(charts(app)) == len(TWO) + 1
    for key in OPEN:
        app.session_state[key] = True
    app.run()
    assert not app.exception
    titles = [chart["layout"]["title"]["text"] for chart in charts(app)]
    assert {"Log-loss and calibration error", "ROC, precision and recall: macro average"} <= {
        *titles
    }
    assert len(titles) == len(TWO) + 3


def test_no_model_chosen_here_says_what_to_do(page):
    next(box for box in page.multiselect if box.key != "models").set_value([]).run()
    assert not page.exception
    assert "at least one model" in words(page)


def test_on_validation_digits_it_says_that_this_is_no_test(runs):
    app = open_view(VIEW, models=TWO, on="validation digits", **OPEN)
    assert not app.exception
    assert "the very validation digits that are shown" in words(app)
    shown = table(app, "Temperature")
    assert (shown["after"] <= shown["Log-loss before"] + 1e-9).all()
    assert table(app, "Here it is")["Here it is"].str.startswith("kept").all()


def test_without_validation_answers_a_model_has_no_threshold_and_no_temperature(store, monkeypatch):
    with np.load(WEIGHTS / "dense" / PREDICTIONS) as whole:
        np.savez_compressed(store / "dense" / PREDICTIONS, test=whole["test"])
    app = open_view(VIEW, models=TWO, **OPEN)
    assert not app.exception
    assert "dense gets no threshold and no temperature" in words(app)
    assert list(table(app, "Temperature").index) == ["tiny"]
    assert list(table(app, "Here it is").index) == ["tiny"]
    assert list(table(app, "Mean confidence").index) == TWO
    with np.load(WEIGHTS / "tiny" / PREDICTIONS) as whole:
        np.savez_compressed(store / "tiny" / PREDICTIONS, test=whole["test"])
    use_store(monkeypatch, store)
    app = open_view(VIEW, models=TWO, **OPEN)
    assert not app.exception
    assert not any("Temperature" in one.value for one in app.dataframe)


def seen_of(predictions, part="test") -> Seen:
    """What the page would hand to the view."""
    numbers = np.arange(len(next(iter(predictions.values()))))
    return Seen(part, f"{len(numbers)} digits", None, numbers, predictions, {}, {})


def test_words_say_where_validation_digits_differ_from_those_shown():
    one = {"tiny": STORE.answers("tiny")}
    assert "spoilt" not in validation_words(seen_of(one), "It is chosen")
    assert "spoilt" in validation_words(seen_of(one, "rotation 30"), "It is chosen")


@pytest.mark.parametrize("seed", range(30))
def test_of_seven_digits_that_are_all_right_nothing_is_off_beyond_luck(seed):
    """Luck mostly brings the very same error, summed up in another precision."""
    probs = np.zeros((7, 10), np.float32)
    probs[:, 3] = np.random.default_rng(seed).uniform(0.92, 1, 7)
    probs[:, 7] = 1 - probs[:, 3]
    found = Predictions(probs, np.full(7, 3))
    table = trust_table({"m": reliability(found)}, {"m": error_by_luck(found)})
    assert table.loc[0, "Bin by bin"] == "within luck"


def test_a_model_that_answers_nothing_has_no_accuracy():
    shown = abstention_table(seen_of({"tiny": STORE.answers("tiny")}), 1.1)
    assert shown["Right"].isna().all()
    assert shown.loc[0, "Left to a person"] == 10_000


def test_pieces_for_the_report_follow_what_is_chosen(runs):
    report = AppTest.from_function(pieces_page, default_timeout=60)
    report.query_params["models"] = TWO
    report.session_state["sure"] = 0.99
    report.run()
    assert not report.exception
    headings = [text.value for text in report.markdown]
    assert "Answers only from a confidence of 0.99 on" in headings
    assert len(headings) == len(set(headings))
    assert {"ROC, precision and recall: macro average", "Does confidence come true?"} <= set(
        headings
    )


def test_pieces_follow_the_address_where_nothing_was_chosen_yet(runs):
    report = AppTest.from_function(pieces_page, default_timeout=60)
    report.query_params.update({"models": TWO, "sure": "0.5", "allowed": "0.5 %", "bins": "no"})
    report.run()
    assert not report.exception
    headings = [text.value for text in report.markdown]
    assert {"Answers only from a confidence of 0.5 on",
            "At most 0.5 % errors among the answered"} <= {*headings}  # fmt: skip


def test_pieces_say_who_gets_no_threshold_and_picture_mistakes(store):
    with np.load(WEIGHTS / "dense" / PREDICTIONS) as whole:
        np.savez_compressed(store / "dense" / PREDICTIONS, test=whole["test"])
    report = AppTest.from_function(pieces_page, default_timeout=60)
    report.query_params["models"] = TWO
    report.run()
    assert not report.exception and not report.warning
    said = {text.label: text.value for text in report.text_area}
    assert "dense gets no threshold" in said["Without a threshold and a temperature"]
    assert said["Most confident mistakes of tiny"].endswith("12 pictures")


def pieces_page():
    import streamlit as st

    from ui.compare import confidence
    from ui.compare.seen import choose_seen

    for piece in confidence.pieces(choose_seen()):
        st.markdown(piece.heading)
        st.text_area(piece.heading, f"{piece.words} {len(piece.pictures)} pictures")
        assert piece.words or piece.figure or piece.table is not None


def odd_page(which):
    """The view of few digits, chosen so that something is missing."""
    import numpy as np
    import streamlit as st

    from digitcore.evaluation import Predictions
    from digitcore.figures import styles_of
    from digitcore.leaderboard import rows
    from digitcore.runs import RunStore
    from ui.compare import confidence
    from ui.compare.seen import Seen
    from ui.loaders import test_digits

    found = {name: RunStore().answers(name) for name in ("tiny", "dense")}
    right = [one.answers == one.labels for one in found.values()]
    labels = found["tiny"].labels
    places = {
        "without 8 and 9": np.flatnonzero(labels < 8)[:2000],
        "only 7": np.flatnonzero(labels == 7),
        "no errors": np.flatnonzero(right[0] & right[1])[:500],
        "one digit": np.array([0]),
        "errors only": np.flatnonzero(~right[0] & ~right[1]),
    }[which]
    board = {row.name: row for row in rows(RunStore())[0]}
    predictions = {
        name: Predictions(f.probs[places], f.labels[places]) for name, f in found.items()
    }
    seen = Seen(
        "test",
        f"{len(places):,} odd digits",
        test_digits().take(places),
        places,
        predictions,
        {name: board[name] for name in found},
        styles_of(found),
    )
    for folded in ("mended", "curves"):
        st.session_state[folded] = True
    confidence.show(seen)
    for piece in confidence.pieces(seen):
        assert piece.heading


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("without 8 and 9", "Without a curve, as none of them is here: 8, 9."),
        ("only 7", "All digits here are of one class"),
        ("no errors", "tiny misreads none of the 500 odd digits"),
        ("one digit", "All digits here are of one class"),
        ("errors only", "tiny misreads"),
    ],
)
def test_odd_digits_get_sensible_words(which, said, runs):
    app = AppTest.from_function(odd_page, args=(which,), default_timeout=60).run()
    assert not app.exception
    assert said in words(app)
    app.select_slider(key="sure").set_value(0.99999).run()
    assert not app.exception


def test_identical_models_are_told_alike(store):
    shutil.copytree(store / "tiny", store / "twin")
    app = open_view(VIEW, models=["tiny", "twin"], **OPEN)
    assert not app.exception
    for column in ("Mean confidence", "AURC", "Here it is", "Temperature"):
        shown = table(app, column)
        assert (shown.loc["tiny"] == shown.loc["twin"]).all()
