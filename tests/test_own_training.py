"""Training on own sets: what is learned and what held out, and that it stays the same digits."""

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from torch import Tensor

from digitcore import progress, wishes
from digitcore.digits import DigitSet, held_out, load_mnist
from digitcore.export import training_script
from digitcore.jobs import Jobs
from digitcore.own.learning import SetChanged, found, learning_digits
from digitcore.own.parts import divide, fingerprint, learn_and_hold
from digitcore.own.store import About, NoSuchSet, OwnSets
from digitcore.probe import range_test
from digitcore.recipes import Recipe, varying
from digitcore.runs import RECIPE, WEIGHTS, Run, RunStore
from digitcore.worker import work
from digitcore.worker.__main__ import _new
from digitcore.zoo import ZOO
from tests.test_pages import words
from tests.test_worker import At

SMALL = Recipe("dense", epochs=2, batch_size=10, precision="float32")


@pytest.fixture
def sets(monkeypatch, tmp_path) -> OwnSets:
    """A folder of own sets where a worker looks for them, with one of 60 digits in it."""
    monkeypatch.setenv("DIGITS_OWN", str(tmp_path / "own"))
    return filled(tmp_path, range(60))


def filled(tmp_path: Path, places: range, name: str = "mine") -> OwnSets:
    digits, sets = load_mnist(train=False).take(places), OwnSets(tmp_path / "own")
    sets.save(name, digits.images.numpy(), digits.labels.numpy(), About("a test"))
    return sets


def own_alone(sets: OwnSets, **more: object) -> Recipe:
    return found(replace(SMALL, own="mine", mnist=False, **more), sets)


# --- what is held out

pictures = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), min_size=1, max_size=80)


def drawn(pairs: list[tuple[int, int]]) -> DigitSet:
    """A set of these labels, with a picture of one pixel each, by its number."""
    images = torch.zeros(len(pairs), 28, 28, dtype=torch.uint8)
    for place, (_, picture) in enumerate(pairs):
        images[place, 0, picture % 28] = picture + 1
    return DigitSet("mine", images, torch.tensor([label for label, _ in pairs]))


def at(pairs: list[tuple[int, int]], places: Tensor) -> list[tuple[int, int]]:
    return [pairs[place] for place in places.tolist()]


@given(pictures)
def test_each_digit_is_in_one_part_and_its_copies_with_it(pairs):
    learned, held = learn_and_hold(drawn(pairs))
    assert sorted([*learned.tolist(), *held.tolist()]) == [*range(len(pairs))]
    assert learned.tolist() == sorted(learned.tolist())
    assert held.tolist() == sorted(held.tolist())
    seen, apart = ({picture for _, picture in at(pairs, part)} for part in (learned, held))
    assert not seen & apart  # nor under another label


@given(pictures)
def test_a_fifth_of_the_different_digits_is_held_out_and_each_class_stays(pairs):
    """Where no picture stands there under two labels."""
    pairs = [*{picture: (label, picture) for label, picture in pairs}.values()]
    learned, held = (at(pairs, part) for part in learn_and_hold(drawn(pairs)))
    assert {label for label, _ in learned} == {label for label, _ in pairs}
    sizes = np.bincount([label for label, _ in {*pairs}], minlength=10)
    kept = np.bincount([label for label, _ in {*held}], minlength=10)
    for size, out in zip(sizes, kept, strict=True):
        assert size // 5 <= out <= -(-size // 5) or (size == 1 and out == 0)
    fifth = len({*pairs}) / 5
    assert fifth - 1 - (sizes == 1).sum() < kept.sum() <= fifth + 1


@given(pictures, st.randoms())
def test_the_parts_do_not_depend_on_the_order_of_the_set(pairs, random):
    mixed = random.sample(pairs, len(pairs))
    held, again = learn_and_hold(drawn(pairs))[1], learn_and_hold(drawn(mixed))[1]
    assert sorted(at(pairs, held)) == sorted(at(mixed, again))


@given(pictures, st.data())
def test_a_fingerprint_tells_any_other_digit_label_or_order(pairs, data):
    digits = drawn(pairs)
    assert fingerprint(digits) == fingerprint(drawn([*pairs]))
    place = data.draw(st.integers(0, len(pairs) - 1))
    label, picture = pairs[place]
    for other in ((label + 1) % 10, picture), (label, picture + 1):
        changed = [*pairs[:place], other, *pairs[place + 1 :]]
        assert fingerprint(drawn(changed)) != fingerprint(digits)
    if pairs[::-1] != pairs:
        assert fingerprint(drawn(pairs[::-1])) != fingerprint(digits)


@pytest.mark.parametrize(("size", "held"), [(1, 0), (2, 0), (3, 1), (5, 1), (10, 2), (25, 5)])
def test_of_a_tiny_set_little_or_nothing_is_held_out(size, held):
    assert len(learn_and_hold(drawn([(3, n) for n in range(size)]))[1]) == held


# --- what a recipe learns from


def test_a_recipe_without_an_own_set_learns_what_it_always_did(sets):
    recipe = Recipe("tiny", digits=500, seed=3)
    assert found(recipe, sets) == recipe
    learned, validation = learning_digits(recipe, OwnSets(Path("nowhere")))
    assert len(learned) == recipe.learned == 500
    assert torch.equal(validation.images, held_out().images)


def test_mnist_comes_first_and_then_what_is_not_held_out(sets):
    both = found(replace(SMALL, own="mine", digits=500), sets)
    parts = divide(sets.load("mine"))
    learned, validation = learning_digits(both, sets)
    assert len(learned) == both.learned == 500 + len(parts.learned)
    assert torch.equal(learned.images[500:], parts.digits.images[parts.learned])
    assert torch.equal(learned.labels[500:], parts.digits.labels[parts.learned])
    assert torch.equal(
        learned.images[:500], learning_digits(Recipe("dense", digits=500), sets)[0].images
    )
    alone, same = learning_digits(replace(both, mnist=False), sets)
    assert torch.equal(alone.images, parts.digits.images[parts.learned])
    assert torch.equal(same.images, validation.images)
    assert torch.equal(same.images, held_out().images)


def test_other_digits_than_planned_and_none_are_refused(sets, tmp_path):
    recipe = own_alone(sets)
    sets.delete("mine")
    with pytest.raises(NoSuchSet):
        learning_digits(recipe, sets)
    filled(tmp_path, range(61))
    with pytest.raises(SetChanged, match="mine does not hold the digits"):
        learning_digits(recipe, sets)
    sets.delete("mine")
    filled(tmp_path, range(60))
    assert len(learning_digits(recipe, sets)[0]) == recipe.own_learned


@pytest.mark.parametrize(
    "wrong",
    [{"mnist": False}, {"own_learned": 3}, {"own_fingerprint": "ab"}, {"own": "../x"},
     {"own": "mine", "mnist": False, "own_learned": 1, "own_fingerprint": "ab"}],
)  # fmt: skip
def test_what_nothing_could_be_learned_from_is_refused(wrong):
    with pytest.raises(ValueError, match=r"own|learn"):
        replace(SMALL, **wrong)


def test_shipped_recipes_are_still_those_of_the_zoo():
    """Those that were written before recipes knew own sets or penned digits, too."""
    written = {name: run.path / RECIPE for name, run in RunStore(WEIGHTS).runs().items()}
    fields = [json.loads(path.read_text("utf-8")) for path in written.values()]
    assert any("own" not in recipe for recipe in fields)
    assert any("penned" in recipe for recipe in fields)
    for name in written:
        assert Run(WEIGHTS / name).recipe == ZOO[name].recipe


def test_what_follows_from_the_set_differs_only_where_the_set_is_the_same(sets):
    mine = own_alone(sets)
    assert varying([SMALL, mine]) == ["own", "mnist"]
    assert varying([mine, replace(mine, own_fingerprint="ab")]) == ["own_fingerprint"]


def test_a_range_test_learns_from_the_own_set(sets):
    points = list(range_test(own_alone(sets), learning_digits(own_alone(sets), sets)[0], steps=5))
    assert len(points) == 5


# --- a worker


@pytest.fixture
def run(jobs, sets) -> Path:
    return jobs.create(own_alone(sets), "mine", start=False)


def test_a_set_that_is_gone_before_the_start_fails_in_words(run, sets):
    sets.delete("mine")
    status = work(run)
    assert status.state == "failed"
    assert status.message.startswith("The set mine is not there")


def test_a_pause_ends_only_with_the_same_digits(run, sets, tmp_path):
    assert work(run, At({3: lambda: wishes.ask(run, "pause")})).state == "paused"
    before = (run / progress.CHECKPOINT).read_bytes()
    sets.delete("mine")
    assert "put the set back" in work(run).message
    filled(tmp_path, range(1, 61))
    status = work(run)
    assert status.state == "failed"
    assert "does not hold the digits that this training was planned with" in status.message
    assert (run / progress.CHECKPOINT).read_bytes() == before
    sets.delete("mine")
    filled(tmp_path, range(60))
    status = work(run)
    assert (status.state, status.message) == ("finished", "")
    assert status.batches == -(-len(divide(sets.load("mine")).learned) // 10)
    assert json.loads((run / RECIPE).read_text("utf-8"))["own"] == "mine"
    assert Run(run).result.validation_n == 5000


def test_without_its_digits_a_training_can_still_be_stopped_and_kept(run, sets):
    epoch = -(-Run(run).recipe.learned // 10)
    assert work(run, At({epoch + 1: lambda: wishes.ask(run, "pause")})).state == "paused"
    sets.delete("mine")
    wishes.ask(run, "stop")
    status = work(run)
    assert (status.state, status.epoch, status.message) == ("stopped", 1, "")
    assert Run(run).result.best_epoch == 1
    assert Run(run).network()


def test_the_command_line_settles_a_recipe_on_the_set_as_it_is(sets, folder, tmp_path):
    (tmp_path / "recipe.json").write_text('{"network": "dense", "own": "mine"}')
    asked = Namespace(what=tmp_path / "recipe.json", name="new", runs=folder)
    path = _new(asked)
    assert Run(path).recipe == found(Recipe("dense", own="mine"), sets)
    sets.delete("mine")
    with pytest.raises(ValueError, match=r"^The set mine is not there"):
        _new(asked)


def test_a_worker_looks_where_its_server_does(sets, jobs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITS_OWN", "own")
    recipe, asked = own_alone(sets), []

    class Begun:
        def __init__(self, command, env, **_):
            asked.append(env["DIGITS_OWN"])

        def poll(self):
            return 0

        wait = poll

    monkeypatch.setattr("subprocess.Popen", Begun)
    jobs.create(recipe, "mine")
    assert asked == [str(sets.folder)]


# --- the script, the form


def test_the_script_loads_the_own_set(sets):
    recipe = own_alone(sets)
    script = training_script("mine", recipe, {}, {})
    assert "subset" not in script
    code, after = script.split("for event in", 1)
    names: dict[str, object] = {}
    exec(compile(code, "script", "exec"), names)
    assert names["recipe"] == recipe
    assert len(names["train_set"]) == recipe.own_learned
    assert "learning_digits" not in training_script("mine", SMALL, {}, {})
    assert after


def form(**address: str) -> AppTest:
    """The form with an address; session_state.recipe is what stands in it."""

    def script():
        import streamlit as st

        from ui.recipe_form import choose_recipe

        st.session_state.recipe = choose_recipe(st.container())

    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update(address)
    app.run()
    assert not app.exception
    return app


def test_the_form_asks_only_where_there_is_a_set(runs):
    app = form()
    assert "own" not in [box.key for box in app.selectbox]
    assert app.session_state["recipe"] == ZOO["classic"].recipe


def test_what_the_form_says_is_learned_is_what_the_recipe_has(runs, tmp_path):
    parts = divide(filled(tmp_path, range(60)).load("mine"))
    app = form()
    assert app.session_state["recipe"] == ZOO["classic"].recipe
    app.selectbox(key="own").set_value("mine").run()
    recipe = app.session_state["recipe"]
    assert (recipe.own, recipe.mnist) == ("mine", True)
    assert (recipe.own_learned, recipe.own_fingerprint) == (len(parts.learned), parts.fingerprint)
    assert f"Of the 60 digits of mine {len(parts.learned)} are learned from, and " in words(app)
    assert "own set mine (was none)" in words(app)
    assert "changed" in app.selectbox(key="own").label
    app.toggle(key="mnist").set_value(False).run()
    assert app.session_state["recipe"] == replace(recipe, mnist=False)
    assert "none learned from" in words(app)
    assert "MNIST not learned from (was learned from)" in words(app)


def test_the_own_set_travels_in_the_address(runs, tmp_path):
    filled(tmp_path, range(60))
    app = form(own="mine", mnist="false", network="slim")
    recipe = app.session_state["recipe"]
    assert (recipe.own, recipe.mnist, recipe.network) == ("mine", False, "slim")


def test_a_set_that_is_not_there_is_refused_in_words_and_another_can_be_chosen(runs, tmp_path):
    app = form(own="yours", epochs="3")
    assert app.session_state["recipe"] is None
    assert "The set yours is not there" in words(app)
    app.selectbox(key="own").set_value("").run()
    assert app.session_state["recipe"] == replace(ZOO["classic"].recipe, epochs=3)


@pytest.mark.parametrize("name", ["../x", "<b>", ""])
def test_an_address_with_no_name_of_a_set_is_survived(runs, name):
    assert form(own=name).session_state["recipe"] == ZOO["classic"].recipe


def test_one_digit_alone_is_too_little_and_the_form_says_so(runs, tmp_path):
    filled(tmp_path, range(1))
    app = form(own="mine", mnist="false")
    assert "mine alone is too little to learn from" in words(app)
    app.toggle(key="mnist").set_value(True).run()
    assert app.session_state["recipe"].own_learned == 1


def test_a_run_of_earlier_digits_is_a_starting_point_for_the_present_ones(runs, tmp_path):
    sets = filled(tmp_path, range(60))
    Jobs(runs).create(own_alone(sets), "old", start=False)
    sets.delete("mine")
    filled(tmp_path, range(61))
    app = form()
    app.selectbox(key="start").set_value("old").run()
    assert app.selectbox(key="own").value == "mine"
    assert "state of the own set" in words(app)
    recipe = app.session_state["recipe"]
    assert recipe.own_fingerprint == divide(sets.load("mine")).fingerprint
