"""What does not look like a digit: the rule, its rate of false alarms, and what it finds out."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from starlette.testclient import TestClient

from digitcore import api as rest
from digitcore.doubt import FALSE_ALARMS, NEVER, resemblance, threshold
from digitcore.ensemble import combine, scaled
from digitcore.hands import load_hands
from digitcore.members import Members
from digitcore.runs import ENSEMBLE, PREDICTIONS, WEIGHTS, Ensemble, RunStore, load_ensemble
from digitcore.verdict import believed, verdict
from tests.test_answers import row
from tests.test_api import png

MEMBERS = Members(RunStore())
logits = arrays(np.float64, st.tuples(st.integers(1, 30), st.just(10)), elements=st.floats(-9, 9))


def as_probs(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values)
    return powers / powers.sum(1, keepdims=True)


@given(logits)
def test_resemblance_is_what_the_two_likeliest_have(values):
    probs = as_probs(values)
    expected = [sum(sorted(each)[-2:]) for each in probs.tolist()]
    assert resemblance(probs) == pytest.approx(expected)
    assert (resemblance(probs) >= 0.2 - 1e-9).all()


def test_so_many_held_out_digits_are_false_alarms():
    probs = as_probs(np.random.default_rng(0).normal(0, 3, (5000, 10)))
    assert (resemblance(probs) < threshold(probs)).sum() == round(5000 * FALSE_ALARMS)


def test_a_digit_that_could_be_two_is_unsure_and_one_that_could_be_all_is_none():
    either, any_digit = row(d4=0.5, d9=0.49) + 0.001, np.full(10, 0.1)
    for probs, expected in ((either, "unsure"), (any_digit, "no digit"), (row(d3=1), "sure")):
        found = verdict(probs, {"a": probs}, threshold=0.8)
        assert found.certainty == expected
        assert found.strange == (expected == "no digit")
        assert found.sure == (expected == "sure")
    assert verdict(any_digit, {"a": any_digit}).certainty == "unsure"  # without a measure


def test_a_strange_picture_is_never_sure():
    probs = row(d3=0.85) + 0.015
    assert verdict(probs, {"a": probs}).sure
    assert verdict(probs, {"a": probs}, threshold=0.99).certainty == "no digit"


@pytest.mark.parametrize("name", RunStore().ensembles())
@pytest.mark.parametrize("how", ["mean", "vote", "weighted"])
def test_every_ensemble_knows_its_threshold_by_what_it_believes(name, how):
    members = RunStore().ensembles()[name].members
    ensemble = MEMBERS.combined(members, how, name)
    answers = {m: RunStore().run(m).predictions("validation").probs for m in members}
    together = combine(np.stack(list(answers.values())), how, ensemble.weights)
    belief = believed(together, answers, how)
    found = resemblance(belief) < MEMBERS.threshold(ensemble)
    assert found.sum() == round(len(belief) * FALSE_ALARMS)


def test_damaged_predictions_call_nothing_strange(tmp_path):
    names = ("dense", "tiny")
    for name in names:
        shutil.copytree(WEIGHTS / name, tmp_path / name)
    members, both = Members(RunStore(tmp_path)), Ensemble("both", "", names)
    assert members.threshold(both) > NEVER
    file = tmp_path / "tiny" / PREDICTIONS
    whole = file.read_bytes()
    file.write_bytes(b"no archive")
    spoilt = Members(RunStore(tmp_path))
    assert spoilt.threshold(both) == NEVER
    file.write_bytes(whole)
    assert spoilt.threshold(both) == members.threshold(both)  # as soon as it is mended


# --- what the shipped default ensemble makes of it


def test_at_most_one_test_digit_in_a_hundred_is_a_false_alarm():
    ensemble = MEMBERS.choose()
    probs = RunStore().ensemble_predictions(ensemble, "test").probs
    assert (resemblance(probs) < MEMBERS.threshold(ensemble)).mean() <= 0.01


@pytest.mark.parametrize("kind", ["letter", "fashion", "two digits", "scribble", "symbol"])
def test_pictures_that_no_network_has_learned_from_are_found_out(kind):
    hands, ensemble = load_hands().only(kind, "dev"), MEMBERS.choose()
    together, _ = MEMBERS.answer(ensemble, hands.images[:150])
    assert (resemblance(together) < MEMBERS.threshold(ensemble)).mean() > 0.7


def test_digits_of_fonts_are_let_through():
    digits, ensemble = load_hands().only("digit", "dev"), MEMBERS.choose()
    together, _ = MEMBERS.answer(ensemble, digits.images)
    assert (resemblance(together) < MEMBERS.threshold(ensemble)).mean() < 0.02


def test_programs_are_told(tmp_path):
    client = TestClient(rest.create_api(lambda: MEMBERS))
    hands = load_hands()
    letter, digit = (hands.only(kind, "dev") for kind in ("letter", "digit"))
    ensemble = MEMBERS.choose()
    clear = resemblance(MEMBERS.answer(ensemble, letter.images[:60])[0]).argmin()
    answer = client.post("/predict", content=png(letter.images[clear])).json()
    assert answer["certainty"] == "no digit"
    assert answer["status"] == "success"  # as every caller expects of an answer
    assert answer["resemblance"] < answer["least_resemblance"]
    seven = digit.images[list(digit.labels).index(7)]
    assert client.post("/predict", content=png(seven)).json()["certainty"] == "sure"


# --- temperature


@given(logits, st.floats(0.2, 5))
def test_a_temperature_is_that_of_the_logits(values, temperature):
    assert scaled(as_probs(values), temperature) == pytest.approx(
        as_probs(values / temperature), abs=1e-9
    )


def test_an_ensemble_keeps_its_temperature(tmp_path):
    values = {"description": "", "members": ["a", "b"], "how": "mean", "temperature": 1.5}
    (tmp_path / ENSEMBLE).write_text(json.dumps(values))
    ensemble = load_ensemble(tmp_path)
    each = as_probs(np.random.default_rng(1).normal(0, 3, (12, 10))).reshape(2, 6, 10)
    assert ensemble.combine(each) == pytest.approx(scaled(each.mean(0), 1.5))


@pytest.mark.parametrize("temperature", [0, -1, float("inf"), float("nan")])
def test_no_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature"):
        combine(np.full((2, 3, 10), 0.1), temperature=temperature)
