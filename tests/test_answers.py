"""From a picture to an answer by the shipped default ensemble, wherever and however it is drawn."""

import os
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitcore import ink
from digitcore.api.answers import _answer
from digitcore.digits import load_mnist
from digitcore.ensemble import combine
from digitcore.members import Members, UnknownModel
from digitcore.runs import STATE, WEIGHTS, RunStore
from digitcore.verdict import believed, verdict
from tests import pictures

MEMBERS = Members(RunStore())
DIGITS = st.integers(0, 9)
COLOURS = st.sampled_from(
    [
        (pictures.BLACK, pictures.WHITE), (pictures.WHITE, pictures.BLACK),
        ((200, 30, 30), (250, 240, 200)), ((240, 220, 60), (20, 30, 90)),
        ((0, 140, 60), (210, 190, 220)),
    ]
)  # fmt: skip


def answer(picture: np.ndarray) -> int:
    together, _ = MEMBERS.answer(MEMBERS.choose(), ink.read(picture).image[None])
    return int(together[0].argmax())


@pytest.mark.parametrize("digit", range(10))
def test_a_plainly_drawn_digit_is_read(digit):
    assert answer(pictures.draw_digit(digit)) == digit


@given(digit=DIGITS, x=st.floats(0, 1), y=st.floats(0, 1), scale=st.floats(0.3, 1))
def test_moving_and_scaling_do_not_change_the_answer(digit, x, y, scale):
    size, pen = 200 * scale, 18 * scale
    reach = (size + pen) / 2 + 1
    at = (reach + x * (280 - 2 * reach), reach + y * (280 - 2 * reach))
    assert answer(pictures.draw_digit(digit, size=size, pen=pen, at=at)) == digit


@given(digit=DIGITS, colours=COLOURS, pen=st.floats(8, 26))
def test_colours_and_pens_do_not_change_the_answer(digit, colours, pen):
    assert answer(pictures.draw_digit(digit, *colours, pen=pen)) == digit


@given(digit=DIGITS, colour=st.sampled_from([pictures.BLACK, pictures.WHITE, (0, 80, 200)]))
def test_a_canvas_without_background_is_read(digit, colour):
    assert answer(pictures.transparent(pictures.coverage(digit), colour)) == digit


@pytest.mark.parametrize("digit", range(10))
def test_a_phone_photo_is_read(digit):
    assert answer(pictures.photo(digit, seed=digit)) == digit


def test_answers_do_not_depend_on_what_else_is_asked_with_them():
    images = load_mnist(train=False).images[:50].numpy()
    ensemble = MEMBERS.choose()
    at_once, _ = MEMBERS.answer(ensemble, images)
    one_by_one = np.concatenate([MEMBERS.answer(ensemble, image[None])[0] for image in images])
    assert at_once == pytest.approx(one_by_one, abs=1e-5)


def test_live_answers_are_those_that_are_stored():
    ensemble = MEMBERS.choose()
    live, _ = MEMBERS.answer(ensemble, load_mnist(train=False).images[:500].numpy())
    stored = RunStore().ensemble_predictions(ensemble).probs[:500]
    assert live == pytest.approx(stored, abs=0.01)  # kept in half precision


@pytest.mark.parametrize("how", ["mean", "vote", "weighted"])
def test_every_way_of_combining_gives_probabilities(how):
    ensemble = MEMBERS.combined(("classic", "tiny"), how, "mine")
    together, each = MEMBERS.answer(ensemble, load_mnist(train=False).images[:20].numpy())
    assert together.shape == (20, 10)
    assert each.shape == (2, 20, 10)
    assert together.sum(1) == pytest.approx(1, abs=1e-5)


def test_a_vote_is_believed_as_much_as_its_members_whoever_asks():
    """REST gave the share of the votes as a confidence, Draw the members' mean probability."""
    names, image = ("dense", "slim", "tiny"), load_mnist(train=False).images[3520].numpy()
    ensemble = MEMBERS.combined(names, "vote", "mine")
    (found,) = MEMBERS.read(ensemble, [ink.Ink(image, ())])
    each = MEMBERS.probs(names, image[None])[:, 0]
    assert found.probabilities == pytest.approx(each.mean(0))
    assert found.probability == pytest.approx(each.mean(0)[found.digit])
    assert found.probability < 0.9
    assert found.threshold == MEMBERS.threshold(ensemble)
    told = _answer(found)
    assert told["confidence"] == pytest.approx(found.probability, abs=1e-6)
    assert told["confidence"] == told["probabilities"][told["prediction"]]
    assert [*told["models"]] == list(names)


def test_two_digits_are_never_read_as_one_for_sure():
    left = pictures.coverage(7, (300, 360), 110, at=(70, 130))
    right = pictures.coverage(1, (300, 360), 110, at=(270, 130))
    alone, both = (ink.read(pictures.painted(of)) for of in (left, np.maximum(left, right)))
    first, second = MEMBERS.read(MEMBERS.choose(), [alone, both])
    assert (first.digit, first.certainty) == (second.digit, "sure") == (7, "sure")
    assert second.certainty == "unsure" and second.probability > 0.99


def test_an_ensemble_among_the_names_stands_for_its_members_once():
    trio = MEMBERS.store.ensembles()["trio"]
    assert MEMBERS.choose(["trio"]) == trio
    assert MEMBERS.choose(["trio", trio.members[0], "tiny"]).members == (*trio.members, "tiny")


@pytest.mark.parametrize("name", ["nobody", "../classic", "", "/"])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(UnknownModel, match="classic"):
        MEMBERS.choose([name])


def test_a_network_is_loaded_once_until_its_file_changes(tmp_path):

    shutil.copytree(WEIGHTS / "tiny", tmp_path / "tiny")
    members = Members(RunStore(tmp_path))
    first = members.network("tiny")
    assert members.network("tiny") is first
    os.utime(tmp_path / "tiny" / STATE, (1, 1))
    assert members.network("tiny") is not first


def row(**shares: float) -> np.ndarray:
    """(10,) with these shares, named d0 to d9."""
    probs = np.zeros(10)
    for name, share in shares.items():
        probs[int(name[1])] = share
    return probs


def test_verdict_names_the_digit_the_runner_up_and_who_disagrees():
    members = {"a": row(d4=0.9, d9=0.1), "b": row(d4=0.8, d9=0.2), "c": row(d9=0.7, d4=0.3)}
    found = verdict(row(d4=0.6, d9=0.4), members)
    assert (found.digit, found.runner_up) == (4, 9)
    assert (found.probability, found.runner_up_probability) == (0.6, 0.4)
    assert found.dissenters == {"c": 9}
    assert found.agreement == "2 of 3 agree; c reads 9."
    assert not found.sure


def test_a_unanimous_vote_of_doubtful_members_is_not_sure():
    doubtful = row(d3=0.28) + 0.08
    members = dict.fromkeys("abc", doubtful)
    votes = combine(np.stack(list(members.values()))[:, None], "vote")[0]
    assert votes.max() > 0.98
    found = verdict(votes, members, "vote")
    assert (found.digit, found.probability) == (3, pytest.approx(0.36))
    assert not found.sure
    assert believed(votes, members, "vote") == pytest.approx(doubtful)


def test_many_who_disagree_are_counted_not_named():
    members = {name: row(d1=1) for name in "abc"} | {"d": row(d7=1), "e": row(d2=1)}
    agreement = verdict(row(d7=0.9, d1=0.1), members).agreement
    assert agreement == "1 of 5 agree; 3 read 1, e reads 2."


def test_a_member_to_which_all_digits_are_alike_reads_none():
    alike = np.full(10, 0.1)
    members = {name: row(d4=1) for name in "abc"} | {"d": alike, "e": row(d9=1)}
    found = verdict(row(d4=0.7, d9=0.3), members)
    assert found.dissenters == {"e": 9}
    assert found.agreement == "3 of 5 agree; e reads 9, d is undecided."
    assert found.guess == "If it is one, 3 of 5 models read 4, e reads 9, d is undecided."
    assert (
        verdict(alike, {"a": alike, "b": alike}).agreement == "0 of 2 agree; a and b are undecided."
    )
    alone = verdict(alike, {"a": alike})
    assert alone.agreement == alone.guess == "One model was asked."


def test_verdict_is_sure_only_with_a_high_probability_and_a_majority():
    agreeing = {"a": row(d1=1), "b": row(d1=1)}
    assert verdict(row(d1=0.95, d7=0.05), agreeing).sure
    assert verdict(row(d1=0.95, d7=0.05), agreeing).agreement == "All models agree."
    assert not verdict(row(d1=0.7, d7=0.3), agreeing).sure
    split = {"a": row(d1=1), "b": row(d7=1), "c": row(d7=1)}
    assert not verdict(row(d1=0.95, d7=0.05), split).sure
