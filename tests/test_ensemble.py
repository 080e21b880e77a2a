"""Ensembles: what members answer together, and how validation digits choose the members."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from digitcore.ensemble import WAYS, combine, fit_weights, prefer
from digitcore.evaluation import Predictions
from digitcore.runs import RunStore


def members(count: int, n: int, seed: int, sharpness: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """((M, N, 10) probabilities of members of different skill, (N,) labels)."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 10, n)
    logits = draw.normal(size=(count, n, 10)) * sharpness
    logits[:, np.arange(n), labels] += draw.uniform(0, 2 * sharpness, (count, 1))
    probs = np.exp(logits - logits.max(2, keepdims=True))
    return (probs / probs.sum(2, keepdims=True)).astype(np.float32), labels


def log_loss(probs: np.ndarray, labels: np.ndarray) -> float:
    of_label = probs[np.arange(len(labels)), labels].astype(float)
    return float(-np.log(np.maximum(of_label, 1e-12)).mean())


def row(**shares: float) -> np.ndarray:
    """(10,) probabilities such as row(d3=0.6, d5=0.4)."""
    probs = np.zeros(10)
    for name, share in shares.items():
        probs[int(name[1:])] = share
    return probs


any_members = st.builds(
    members, st.integers(1, 6), st.integers(1, 60), st.integers(0, 10_000), st.floats(0.1, 20)
)


@given(any_members, st.sampled_from(WAYS))
def test_every_way_gives_probabilities(drawn, how):
    probs, _ = drawn
    together = combine(probs, how, [1.0] * len(probs))
    assert together.shape == probs.shape[1:]
    assert (together >= 0).all()
    np.testing.assert_allclose(together.sum(1), 1, atol=1e-5)


@given(any_members)
def test_mean_is_the_mean_probability(drawn):
    np.testing.assert_allclose(combine(drawn[0]), sum(drawn[0]) / len(drawn[0]), rtol=1e-5)


@given(any_members, st.sampled_from(WAYS))
def test_an_ensemble_of_one_answers_as_its_member(drawn, how):
    one = drawn[0][:1]
    assert (combine(one, how, [3.0]).argmax(1) == one[0].argmax(1)).all()


@given(any_members, st.randoms())
def test_the_order_of_members_does_not_matter(drawn, random):
    probs, order = drawn[0], list(range(len(drawn[0])))
    random.shuffle(order)
    for how in ("mean", "vote"):
        np.testing.assert_allclose(combine(probs[order], how), combine(probs, how), atol=1e-6)


def test_the_majority_wins_however_sure_the_others_are():
    probs = np.stack([row(d3=0.4, d7=0.35, d1=0.25), row(d3=0.4, d7=0.39, d0=0.21), row(d7=1)])
    assert combine(probs[:, None], "vote").argmax() == 3
    assert combine(probs[:, None], "mean").argmax() == 7


def test_a_tie_of_votes_goes_to_the_higher_mean_probability():
    probs = np.stack([row(d2=0.6, d8=0.4), row(d8=0.9, d2=0.1)])
    assert combine(probs[:, None], "vote").argmax() == 8


@given(any_members)
def test_vote_answers_a_digit_with_the_most_votes(drawn):
    probs, _ = drawn
    votes = np.stack([np.bincount(answers, minlength=10) for answers in probs.argmax(2).T])
    answers = combine(probs, "vote").argmax(1)
    assert (votes[np.arange(len(votes)), answers] == votes.max(1)).all()


def test_weighted_is_the_mean_by_weights_of_any_sum():
    probs = np.stack([row(d1=1), row(d2=1), row(d3=1)])[:, None]
    together = combine(probs, "weighted", [2, 6, 0])
    np.testing.assert_allclose(together[0], row(d1=0.25, d2=0.75))


@given(any_members)
def test_equal_weights_are_the_mean(drawn):
    probs, _ = drawn
    weighted = combine(probs, "weighted", [0.2] * len(probs))
    np.testing.assert_allclose(weighted, combine(probs), atol=1e-6)


@pytest.mark.parametrize(
    "weights", [None, [], [1.0], [1, 1, 1], [1, -1], [0, 0], [1, float("nan")], [1, float("inf")]]
)
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ValueError, match="2 members need as many weights"):
        combine(members(2, 3, 0)[0], "weighted", weights)


@pytest.mark.parametrize("how", WAYS)
def test_an_ensemble_of_none_is_refused(how):
    with pytest.raises(ValueError, match="at least one member"):
        combine(np.zeros((0, 5, 10)), how, [])


def test_an_unknown_way_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"mean, vote, weighted.*'median'"):
        combine(members(2, 3, 0)[0], "median")


# --- weights that are fitted


@given(any_members)
def test_fitted_weights_are_shares(drawn):
    weights = fit_weights(*drawn)
    assert len(weights) == len(drawn[0])
    assert min(weights) >= 0
    assert sum(weights) == pytest.approx(1)


@given(any_members)
def test_fitted_weights_lose_to_neither_equal_weights_nor_any_member(drawn):
    probs, labels = drawn
    fitted = log_loss(combine(probs, "weighted", fit_weights(probs, labels)), labels)
    rivals = [combine(probs), *probs]
    assert fitted <= min(log_loss(rival, labels) for rival in rivals) + 1e-3


@pytest.mark.parametrize("name", ["champion", "preferred", "trio"])
def test_no_change_of_fitted_weights_lessens_the_loss(name):
    """Cover and Thomas (2006), theorem 16.2.1: at the least loss no member's mean share of the
    mixture is above 1, and it is 1 for each that has a weight."""
    members = RunStore().members(name)
    answers = [run.predictions("validation") for run in members]
    probs, labels = np.stack([one.probs for one in answers]), answers[0].labels
    weights = np.array(fit_weights(probs, labels))
    of_label = probs[:, np.arange(len(labels)), labels].astype(float)
    share = (of_label / (weights @ of_label)).mean(1)
    assert share.max() < 1.0001
    assert share[weights > 0] == pytest.approx(1, abs=1e-4)


@given(st.integers(0, 10_000), st.integers(2, 5))
def test_fitted_weights_find_the_only_member_that_knows(seed, count):
    probs, labels = members(count, 300, seed, sharpness=0.0)  # all members guess
    probs = probs.copy()
    probs[1] = 0.1 / 9
    probs[1, np.arange(300), labels] = 0.9
    assert fit_weights(probs, labels)[1] > 0.99


def test_fitted_weights_of_one_member_are_one():
    assert fit_weights(*members(1, 20, 0)) == [1.0]


def test_fitted_weights_survive_a_member_that_is_certain_and_wrong():
    probs, labels = members(2, 100, 0)
    probs = probs.copy()
    probs[0] = np.eye(10, dtype=np.float32)[(labels + 1) % 10]
    assert fit_weights(probs, labels)[1] > 0.99


# --- members that are preferred


LIGHT = {f"m{i}": 1 for i in range(5)}  # parameters


def exact(probs: np.ndarray) -> np.ndarray:
    """In float64, where scikit-learn sees that they sum to one."""
    return (wide := probs.astype(float)) / wide.sum(1, keepdims=True)


def predictions(count: int, n: int, seed: int) -> dict[str, Predictions]:
    probs, labels = members(count, n, seed)
    return {f"m{i}": Predictions(own, labels) for i, own in enumerate(probs)}


@given(st.builds(predictions, st.integers(1, 5), st.integers(5, 60), st.integers(0, 10_000)),
       st.integers(1, 5), st.integers(1, 5))  # fmt: skip
def test_the_best_of_all_sets_is_preferred(validation, most, budget):
    scores = {
        chosen: brier_score_loss(
            next(iter(validation.values())).labels,
            exact(combine(np.stack([validation[name].probs for name in chosen]))),
            labels=range(10),
        )
        for size in range(1, min(most, budget) + 1)
        for chosen in combinations(validation, size)
    }
    choice = prefer(validation, LIGHT, most, budget)
    assert choice.brier == pytest.approx(min(scores.values()), rel=1e-5)
    assert scores[choice.members] == pytest.approx(choice.brier, rel=1e-5)
    assert len(choice.members) <= min(most, budget)


def test_the_errors_of_a_choice_are_those_of_its_mean():
    validation = predictions(4, 50, 7)
    choice = prefer(validation, LIGHT)
    together = combine(np.stack([validation[name].probs for name in choice.members]))
    assert choice.errors == Predictions(together, validation["m0"].labels).errors


def test_a_choice_among_none_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        prefer({}, {})


def test_a_set_without_any_that_it_needs_is_not_chosen():
    validation = predictions(4, 40, 3)
    free = prefer(validation, LIGHT)
    needed = next(name for name in validation if name not in free.members)
    bound = prefer(validation, LIGHT, one_of={needed, "nobody"})
    assert needed in bound.members
    assert bound.brier >= free.brier
    with pytest.raises(ValueError, match="No set"):
        prefer(validation, LIGHT, one_of={"nobody"})


def test_members_that_are_all_too_large_are_refused():
    with pytest.raises(ValueError, match="has 3 parameters or fewer"):
        prefer(predictions(2, 20, 0), {"m0": 4, "m1": 5}, budget=3)


def test_members_that_answered_different_digits_are_refused():
    validation = predictions(2, 20, 0)
    shorter = Predictions(validation["m1"].probs[:10], validation["m1"].labels[:10])
    others = Predictions(validation["m1"].probs, (validation["m1"].labels + 1) % 10)
    for misfit in (shorter, others):
        with pytest.raises(ValueError, match="same digits"):
            prefer({"m0": validation["m0"], "m1": misfit}, LIGHT)
