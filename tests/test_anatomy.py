"""What members add: loops over digits, statsmodels and the closed formulas are the oracles."""

import json
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from digitcore.comparison.anatomy import Anatomy, Without, fitted, summary, weights_told
from digitcore.ensemble import combine, fit_weights
from digitcore.evaluation import Predictions, wilson
from digitcore.figures.anatomy import leave_one_out, weights
from digitcore.figures.style import styles_of
from digitcore.runs import RunStore
from tests.test_ensemble import predictions


def certain(labels: list[int], **answers: list[int]) -> dict[str, Predictions]:
    """Members that give all probability to their answers."""
    return {n: Predictions(np.eye(10)[own], np.array(labels)) for n, own in answers.items()}


def drawn_weights(seed: int, count: int) -> list[float]:
    """Weights of which some, but not all, may be 0."""
    draw = np.random.default_rng(seed)
    found = draw.dirichlet(np.ones(count)) * draw.integers(0, 2, count)
    return [float(w) for w in (found if found.sum() else np.eye(count)[0])]


def make(count: int, n: int, seed: int, how: str) -> Anatomy:
    shares = drawn_weights(seed, count) if how == "weighted" else None
    return Anatomy(predictions(count, n, seed), how, shares)


any_anatomy = st.builds(
    make, st.integers(2, 6), st.integers(1, 60), st.integers(0, 10_000),
    st.sampled_from(["mean", "vote", "weighted"]),
)  # fmt: skip


def rights(anatomy: Anatomy) -> list[list[bool]]:
    """By digit, which members are right."""
    members = list(anatomy.members.values())
    return [
        [int(np.argmax(m.probs[i])) == anatomy.labels[i] for m in members]
        for i in range(len(anatomy.labels))
    ]


def right_together(anatomy: Anatomy) -> list[bool]:
    found = anatomy.together
    return [int(np.argmax(p)) == y for p, y in zip(found.probs, found.labels, strict=True)]


@given(any_anatomy)
def test_together_is_what_combine_makes_of_the_members(anatomy):
    probs = np.stack([member.probs for member in anatomy.members.values()])
    expected = combine(probs, anatomy.how, anatomy.weights)
    np.testing.assert_allclose(anatomy.together.probs, expected)
    assert (anatomy.together.labels == anatomy.labels).all()


@given(any_anatomy)
def test_leaving_one_out_is_the_ensemble_of_the_others(anatomy):
    for place, without in enumerate(anatomy.leave_one_out):
        others = {n: m for n, m in anatomy.members.items() if n != without.member}
        kept = None
        if anatomy.weights is not None:
            kept = [w for i, w in enumerate(anatomy.weights) if i != place]
            kept = kept if sum(kept) > 0 else [1] * len(kept)
        probs = np.stack([m.probs for m in others.values()])
        rest = Predictions(combine(probs, anatomy.how, kept), anatomy.labels)
        assert without.errors == int((rest.probs.argmax(1) != anatomy.labels).sum())
        exact = rest.probs.astype(float) / rest.probs.astype(float).sum(1, keepdims=True)
        expected = metrics.log_loss(anatomy.labels, exact, labels=range(10))
        assert without.log_loss == pytest.approx(expected)
        assert (without.member, without.n) == (anatomy.names[place], len(anatomy.labels))


@given(any_anatomy)
def test_what_a_member_saves_less_what_it_spoils_is_what_it_adds(anatomy):
    chances = []
    for without in anatomy.leave_one_out:
        rest = anatomy.rest(without.member)
        table = np.zeros((2, 2), int)
        for a, b, label in zip(anatomy.together.answers, rest.answers, anatomy.labels, strict=True):
            table[int(a == label), int(b == label)] += 1
        assert (without.saves, without.spoils) == (table[1, 0], table[0, 1])
        assert without.added_errors == rest.errors - anatomy.together.errors
        chances.append(mcnemar(table, exact=True).pvalue if table[0, 1] + table[1, 0] else 1)
    corrected = multipletests(chances, method="holm")[1]
    assert [without.p for without in anatomy.leave_one_out] == pytest.approx(list(corrected))


def test_a_member_whose_difference_could_be_luck_is_told():
    assert Without("a", 3, 0.1, 3, 1, 100, p=0.05).by_luck
    assert not Without("a", 3, 0.1, 30, 1, 100, p=0.04).by_luck


def test_members_that_are_missed_alike_are_named_together():
    saved = {"a": 3, "b": 3, "c": 1}
    a, b, c = (Without(name, 3, 0.1, saves, 1, 100, p=1) for name, saves in saved.items())
    most, least = summary([a, b, c])
    assert most == "Missed most, all as much: a, b. Without one of them there are 2 errors more."
    assert least.startswith("Least: c. Without c ")


def test_a_member_without_weight_adds_nothing():
    anatomy = Anatomy(predictions(3, 40, 1), "weighted", [0.5, 0.0, 0.5])
    nothing = anatomy.leave_one_out[1]
    assert (nothing.saves, nothing.spoils) == (0, 0)
    assert nothing.log_loss == pytest.approx(anatomy.together.log_loss)


def test_members_that_are_identical_do_not_miss_one_of_them():
    one = predictions(1, 30, 3)["m0"]
    anatomy = Anatomy({"a": one, "b": one, "c": one})
    assert all((w.saves, w.spoils, w.p) == (0, 0, 1) for w in anatomy.leave_one_out)
    assert anatomy.oracle == one.accuracy
    assert not len(anatomy.outvoted) and not len(anatomy.missed) and not len(anatomy.rescued)
    assert not any(len(places) for places in anatomy.lone.values())
    assert all(pair.one == 0 and pair.both == one.errors for pair in anatomy.shared)


@given(any_anatomy)
def test_places_are_those_of_a_slow_count(anatomy):
    by_digit, ensemble = rights(anatomy), right_together(anatomy)
    half = len(anatomy.members) / 2
    slow = {"outvoted": [], "missed": [], "rescued": []}
    for place, (right, whole) in enumerate(zip(by_digit, ensemble, strict=True)):
        if 0 < sum(right) < half:
            slow["outvoted"].append(place)
        if any(right) and not whole:
            slow["missed"].append(place)
        if whole and sum(right) < half:
            slow["rescued"].append(place)
    for name, expected in slow.items():
        assert getattr(anatomy, name).tolist() == expected


@given(any_anatomy)
def test_a_lone_voice_is_right_against_all_others(anatomy):
    for m, name in enumerate(anatomy.names):
        slow = [
            place for place, right in enumerate(rights(anatomy)) if right[m] and sum(right) == 1
        ]
        if len(anatomy.members) == 2:  # one against one is no majority
            assert anatomy.lone == {}
        else:
            assert anatomy.lone[name].tolist() == slow
            assert set(slow) <= set(anatomy.outvoted)


@given(any_anatomy)
def test_the_oracle_is_right_where_any_member_is(anatomy):
    hits = sum(any(right) for right in rights(anatomy))
    assert anatomy.oracle == wilson(hits, len(anatomy.labels))
    assert anatomy.oracle.value >= max(m.accuracy.value for m in anatomy.members.values())


@given(any_anatomy)
def test_a_vote_rescues_only_where_the_wrong_members_do_not_agree(anatomy):
    by_vote = Anatomy(anatomy.members, "vote")
    for place in by_vote.rescued:
        answers = [m.answers[place] for m in by_vote.members.values()]
        label = by_vote.labels[place]
        others = [a for a in answers if a != label]
        most_wrong = max(others.count(a) for a in others)
        assert most_wrong <= answers.count(label)


@given(any_anatomy)
def test_shared_errors_are_those_of_a_slow_count(anatomy):
    by_digit, n = rights(anatomy), len(anatomy.labels)
    found = {pair.members: pair for pair in anatomy.shared}
    names = anatomy.names
    assert set(found) == {(a, b) for i, a in enumerate(names) for b in names[i + 1 :]}
    for (a, b), pair in found.items():
        wrongs = [(not r[names.index(a)], not r[names.index(b)]) for r in by_digit]
        both, one = sum(x and y for x, y in wrongs), sum(x != y for x, y in wrongs)
        assert (pair.both, pair.one, pair.n) == (both, one, n)
        assert (pair.double_fault, pair.disagreement) == (both / n, one / n)
        errors = anatomy.members[a].errors * anatomy.members[b].errors
        assert pair.by_chance == pytest.approx(errors / n)
    assert [pair.both for pair in anatomy.shared] == sorted(p.both for p in found.values())[::-1]


@given(any_anatomy)
def test_the_best_member_has_the_least_log_loss(anatomy):
    losses = {name: member.log_loss for name, member in anatomy.members.items()}
    assert losses[anatomy.best] == min(losses.values())


def test_fitted_weights_are_those_of_the_ensemble_module():
    members = predictions(3, 50, 4)
    probs = np.stack([m.probs for m in members.values()])
    assert fitted(members) == tuple(fit_weights(probs, members["m0"].labels))


@pytest.mark.parametrize("part", ["validation", "test"])
def test_the_shipped_ensembles_are_the_sum_of_what_their_members_do(part):
    store = RunStore()
    for name, ensemble in store.ensembles().items():
        members = {m: store.run(m).predictions(part) for m in ensemble.members}
        anatomy = Anatomy(members, ensemble.how, ensemble.weights)
        assert anatomy.together.errors == store.answers(name, part).errors
        assert len(anatomy.lone) == len(members) and len(anatomy.outvoted) > 0
        for without in anatomy.leave_one_out:
            rest = [m.probs for n, m in members.items() if n != without.member]
            assert without.errors == Predictions(np.mean(rest, 0), anatomy.labels).errors


def test_without_any_error_there_is_nothing_to_tell():
    labels = [1, 2, 3]
    anatomy = Anatomy(certain(labels, a=labels, b=labels, c=labels))
    assert anatomy.oracle.value == 1
    assert all((w.saves, w.spoils, w.errors) == (0, 0, 0) for w in anatomy.leave_one_out)
    assert all((pair.both, pair.one, pair.by_chance) == (0, 0, 0) for pair in anatomy.shared)
    check(leave_one_out(anatomy.leave_one_out, styles_of("abc"), "3 digits"))


def test_one_against_two_that_agree_and_against_two_that_do_not():
    anatomy = Anatomy(certain([5, 5, 5], a=[5, 5, 1], b=[1, 1, 1], c=[1, 2, 1]), "vote")
    assert anatomy.outvoted.tolist() == [0, 1]
    assert {name: list(places) for name, places in anatomy.lone.items()} == {
        "a": [0, 1], "b": [], "c": [],
    }  # fmt: skip
    assert 0 in anatomy.missed and 2 not in anatomy.missed  # where none is right, none is missed


@pytest.mark.parametrize("count", [0, 1])
def test_an_anatomy_of_fewer_than_two_is_refused(count):
    with pytest.raises(ValueError, match="two members"):
        Anatomy(dict(list(predictions(2, 9, 0).items())[:count]))


def test_members_that_read_other_digits_are_refused():
    members = predictions(2, 20, 0)
    shorter = Predictions(members["m1"].probs[:10], members["m1"].labels[:10])
    with pytest.raises(ValueError, match="same digits"):
        Anatomy({"m0": members["m0"], "m1": shorter})


# --- drawn


def check(figure) -> None:
    json.loads(figure.to_json(), parse_constant=pytest.fail)
    assert figure.layout.title.text and figure.layout.xaxis.title.text
    assert figure.layout.xaxis.fixedrange and figure.layout.yaxis.fixedrange
    assert figure.layout.dragmode is False


def beside(figure) -> Mapping[str, str]:
    """By the name of the row, from which Plotly counts."""
    rows = [note for note in figure.layout.annotations if note.yref != "paper"]
    return {figure.data[0].y[note.y]: note.text for note in rows}


def test_bars_go_right_for_what_is_saved_and_left_for_what_is_spoiled():
    members = [Without("tiny", 9, 0.1, 7, 2, 100), Without("dense", 2, 0.1, 0, 2, 100),
               Without("wide", 4, 0.1, 1, 1, 100)]  # fmt: skip
    styles = styles_of(["tiny", "dense", "wide"])
    figure = leave_one_out(members, styles, "100 test digits")
    check(figure)
    saves, spoils = figure.data
    assert list(saves.y) == list(spoils.y) == ["wide", "dense", "tiny"]  # the first on top
    assert list(saves.x) == [1, 0, 7] and list(spoils.x) == [-1, -2, -2]
    assert spoils.marker.opacity < saves.marker.opacity == 1
    assert list(saves.marker.color) == [styles[name].colour for name in saves.y]
    assert beside(figure) == {"tiny": "+5", "dense": "\u22122", "wide": "0"}
    assert "100 test digits" in figure.layout.xaxis.title.text
    low, high = figure.layout.xaxis.range
    assert low < -7 and high > 7


def test_weights_are_bars_with_a_line_at_equal_ones():
    figure = weights({"tiny": 0.7, "dense": 0.3, "wide": 0.0}, styles_of(["tiny", "dense", "wide"]))
    check(figure)
    assert list(figure.data[0].y) == ["wide", "dense", "tiny"]
    assert list(figure.data[0].x) == [0.0, 0.3, 0.7]
    assert figure.layout.shapes[0].x0 == pytest.approx(1 / 3)
    assert beside(figure) == {"tiny": "0.70", "dense": "0.30", "wide": "0.00"}


def test_names_that_are_numbers_are_names():
    members = [Without(name, 9, 0.1, 7, 2, 100) for name in ("7", "12")]
    styles = styles_of(["7", "12"])
    for figure in (leave_one_out(members, styles, "n"), weights({"7": 0.5, "12": 0.5}, styles)):
        assert figure.layout.yaxis.type == "category"
        assert list(figure.data[0].y) == ["12", "7"]
        assert list(beside(figure)) == ["12", "7"]


def test_fitted_weights_in_words():
    assert weights_told(["tiny", "7"], (0.251, 0.749)) == "Fitted weights: tiny 0.25, 7 0.75"


def test_long_names_leave_room_for_the_bars():
    name = "x" * 64
    figure = weights({name: 1.0, "tiny": 0.0}, styles_of([name, "tiny"]))
    assert len(figure.layout.yaxis.labelalias[name]) < 20
    assert figure.layout.yaxis.labelalias["tiny"] == "tiny"
