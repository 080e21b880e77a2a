"""What a comparison comes to: who is named is counted here again, and nothing is overclaimed."""

import numpy as np
import pytest

from digitcore.comparison import conclusion
from digitcore.comparison.calibration import reliability
from digitcore.evaluation import Predictions

LABELS = np.arange(1000) % 10


def reader(wrong: int, start: int = 0, sure: float = 0.9) -> Predictions:
    """Errs on so many of 1,000 digits, from a place on, and is always as sure."""
    answers = LABELS.copy()
    answers[start : start + wrong] = (answers[start : start + wrong] + 1) % 10
    probs = np.full((len(LABELS), 10), (1 - sure) / 9, np.float32)
    probs[np.arange(len(LABELS)), answers] = sure
    return Predictions(probs, LABELS)


MODELS = {"poor": reader(120), "good": reader(10), "near": reader(13, 5), "big": reader(11, 3)}
SIZES = {"poor": 10, "good": 5000, "near": 300, "big": 90_000}


def test_names_the_most_accurate_with_its_interval_and_what_it_is_worth():
    said = conclusion.most_accurate(MODELS, "1,000 test digits")
    rate = MODELS["good"].accuracy
    assert f"of 4 is good: {rate.words} of 1,000 test digits" in said
    assert conclusion.PICKED in said


def test_names_all_that_err_least_and_a_single_one_without_a_rank():
    twins = {"a": reader(3), "b": reader(3, 40), "c": reader(4)}
    assert conclusion.leaders(twins) == ["a", "b"]
    assert "Most accurate of 3 are a and b" in conclusion.most_accurate(twins, "all")
    level = conclusion.most_accurate({"a": twins["a"], "b": twins["b"]}, "all")
    assert level.startswith("All 2 make equally many errors") and conclusion.PICKED not in level
    alone = conclusion.most_accurate({"a": twins["a"]}, "all")
    assert "only one" in alone and conclusion.PICKED not in alone


def test_the_most_accurate_is_told_from_the_poor_only():
    said = conclusion.against_the_rest(MODELS)
    assert said.startswith("good is better than poor, and that is hardly luck")
    assert "cannot be told from big and near" in said


def test_the_smallest_is_sought_among_those_that_cannot_be_told_apart():
    said = conclusion.smallest_alike(MODELS, SIZES)
    assert "to good could well be luck: near, with 300 parameters against 5,000" in said
    assert conclusion.NO_PROOF in said
    both = conclusion.smallest_alike(MODELS, SIZES | {"big": 300})
    assert "big and near" in both


def test_the_most_accurate_may_be_the_smallest_itself():
    two = {name: MODELS[name] for name in ("good", "poor")}
    assert "No smaller model keeps up with good" in conclusion.smallest_alike(two, SIZES)
    said = conclusion.smallest_alike(two, {"good": 5, "poor": 10})
    assert said == "good is also as small as any of them: 5 parameters."


@pytest.mark.parametrize(
    ("best", "words"),
    [
        ({"shift": "a", "blur": "b", "noise": "a"}, "a, with the highest mean accuracy under 2 of"),
        (
            {"shift": "a", "blur": "b", "noise": None},
            "a and b, with the highest mean accuracy under 1 of 2 kinds of distortion each",
        ),
        ({"shift": None}, ""),
    ],
)
def test_the_sturdiest_on_most_kinds(best, words):
    said = conclusion.sturdiest_on_most(best, 2000)
    assert words in said if words else said == ""


def test_confidence_beyond_the_interval_is_to_mend():
    sure, timid, true = reader(50, sure=0.99), reader(50, sure=0.8), reader(50, sure=0.95)
    said = conclusion.to_mend({
        name: reliability(of) for name, of in (("s", sure), ("t", timid), ("r", true))
    })  # fmt: skip
    assert "of 3 looked at: s is too sure, on average 99.00%" in said
    assert "t is too timid" in said and "r is" not in said and "n = 1,000" in said
    alright = conclusion.to_mend({"r": reliability(true)})
    assert alright == "On average r is as sure as right, as far as 1,000 digits can tell."
