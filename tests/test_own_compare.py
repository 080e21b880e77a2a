"""Own sets on the Compare page: who reads them, who learned from them, and what is said of it."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from digitcore.digits import DigitSet, load_mnist
from digitcore.ensemble import combine
from digitcore.evaluation import predict
from digitcore.own.answers import keep, stored
from digitcore.own.learning import settled
from digitcore.own.parts import Parts, divide
from digitcore.own.store import ANSWERS, About, OwnSets
from digitcore.runs import PREDICTIONS, STATE, WEIGHTS, Ensemble, Run, save_ensemble, save_recipe
from tests.test_compare_page import open_view
from tests.test_pages import use_store, words
from ui.compare import board, digit
from ui.compare.seen import Seen
from ui.compare.views import SHOW

MINE = "digits of mine"  # in the address
THREE = (1, 4, 7)  # classes


@pytest.fixture
def store(runs, monkeypatch, tmp_path) -> Path:
    """Two models and both together."""
    folder = tmp_path / "weights"
    for name in ("tiny", "dense"):
        shutil.copytree(WEIGHTS / name, folder / name)
    save_ensemble(folder / "both", Ensemble("both", "Both.", ("tiny", "dense")))
    use_store(monkeypatch, folder)
    return folder


@pytest.fixture
def own(store, tmp_path) -> OwnSets:
    """An own set of 25 digits of three classes, beside these models."""
    return filled(tmp_path, some(25, THREE))


def some(count: int, classes: tuple[int, ...] = tuple(range(10))) -> DigitSet:
    """The first test digits of some classes."""
    digits = load_mnist(train=False)
    return digits.take(np.isin(digits.labels.numpy(), classes).nonzero()[0][:count])


def filled(tmp_path: Path, digits: DigitSet) -> OwnSets:
    sets = OwnSets(tmp_path / "own")
    sets.save("mine", digits.images.numpy(), digits.labels.numpy(), About("a test"))
    return sets


def mine(sets: OwnSets) -> Parts:
    return divide(sets.load("mine"))


def learner(store: Path, parts: Parts) -> Path:
    """A model that learned from the own set, as its recipe says."""
    path = shutil.copytree(WEIGHTS / "dense", store / "learner")
    save_recipe(path, settled(replace(Run(path).recipe, own="mine"), parts))
    return path


def opened(**address: str | list[str]) -> AppTest:
    """What the page chooses to look at, without its views; session_state.found has it."""

    def script():
        import streamlit as st

        from ui.compare.seen import choose_seen
        from ui.words import in_words

        st.session_state.found = None
        with in_words():
            st.session_state.found = choose_seen()

    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update({"on": MINE, **address})
    app.run()
    assert not app.exception
    return app


def seen(app: AppTest) -> Seen:
    return app.session_state["found"]


# --- what is seen


@pytest.mark.parametrize(("count", "classes"), [(25, THREE), (1, (7,))])
def test_every_view_opens_on_few_classes_and_on_a_single_digit(count, classes, store, tmp_path):
    filled(tmp_path, some(count, classes))
    app = open_view("Leaderboard", on=MINE, curves="true", mended="true")
    for view in SHOW:
        app.session_state["view"] = view
        app.run()
        assert not app.exception
        assert not app.error
        assert not app.warning
        assert app.selectbox(key="on").value == "own mine"
        assert "warped test digits" not in words(app)
        assert "spoilt" not in words(app)
    if count == 1:
        return
    next(button for button in app.button if button.label == "Make the report").click().run()
    assert not app.exception
    assert "25 digits of mine" in app.session_state["report made"].html


def test_models_are_seen_by_what_their_networks_answer_and_ensembles_by_their_members(own):
    found, digits = seen(opened()), mine(own).digits
    probs = {name: predict(Run(WEIGHTS / name).network(), digits.images)
             for name in ("tiny", "dense")}  # fmt: skip
    probs["both"] = combine(np.stack([*probs.values()]))
    assert set(found.names) == set(probs)
    for name, answered in probs.items():
        np.testing.assert_allclose(found.predictions[name].probs, answered, atol=1e-6)
        assert (found.predictions[name].labels == digits.labels.numpy()).all()
    assert found.where == "25 digits of mine"
    assert found.numbers.tolist() == [*range(25)]


def test_they_read_once_and_again_only_what_is_new(own, monkeypatch):
    first = seen(opened())
    st.cache_resource.clear()  # as in a new process
    asked = asked_networks(monkeypatch)
    again = seen(opened())
    assert not asked
    for name in first.names:
        assert (again.predictions[name].probs == first.predictions[name].probs).all()
    own.delete("mine")
    filled(own.folder.parent, some(3))
    assert len(seen(opened()).digits) == 3
    assert asked


def asked_networks(monkeypatch) -> list[str]:
    """Grows with every model that reads an own set."""
    asked: list[str] = []

    def reading(network, parts):
        asked.append(parts.digits.name)
        yield predict(network, parts.digits.images)

    monkeypatch.setattr("ui.compare.reading.reading", reading)
    return asked


def test_what_was_read_by_another_model_or_of_other_digits_does_not_count(own, tmp_path):
    run, parts = Run(WEIGHTS / "dense"), mine(own)
    probs = predict(run.network(), parts.digits.images)
    assert keep(own, run, parts, probs)
    assert (stored(own, run, parts) == probs).all()
    other = shutil.copytree(WEIGHTS / "tiny", tmp_path / "dense")  # of the same name
    assert stored(own, Run(other), parts) is None
    assert stored(own, run, replace(parts, fingerprint="other")) is None
    (own.folder / "mine" / ANSWERS / "dense.npz").write_bytes(b"damaged")
    assert stored(own, run, parts) is None


def test_where_nothing_can_be_written_they_are_read_all_the_same(own, monkeypatch):
    (own.folder / "mine" / ANSWERS).touch()  # where a folder should be made
    assert len(seen(opened()).names) == 3
    asked = asked_networks(monkeypatch)
    assert len(seen(opened()).names) == 3
    assert not asked


def test_nothing_is_written_for_a_set_that_is_gone(own):
    parts = mine(own)
    own.delete("mine")
    assert not keep(own, Run(WEIGHTS / "dense"), parts, np.full((25, 10), 0.1))
    assert not (own.folder / "mine").exists()


def test_for_a_large_set_a_person_is_asked_first(own, monkeypatch):
    monkeypatch.setattr("ui.compare.reading.PATIENCE", 0.0)
    asked = asked_networks(monkeypatch)
    app = opened()
    assert seen(app) is None
    assert "25 digits, not read yet: about" in words(app)
    assert not asked
    next(b for b in app.button if b.label == "Let 2 models read the digits of mine").click().run()
    assert len(seen(app).names) == 3
    assert len(asked) == 2


# --- who learned from it


def test_a_model_that_learned_from_the_set_makes_all_be_judged_by_what_is_held_out(own, store):
    parts = mine(own)
    learner(store, parts)
    save_ensemble(store / "all", Ensemble("all", "All.", ("tiny", "learner")))
    app = opened(models=["tiny", "all"])
    found = seen(app)
    held = parts.held_out.tolist()
    assert 0 < len(held) < 25
    assert found.numbers.tolist() == held
    assert found.where == f"{len(held)} held-out digits of mine"
    for predictions in found.predictions.values():
        assert (predictions.labels == parts.digits.labels.numpy()[held]).all()
    assert f"learner learned from the other digits of this set, so all models are judged by the " \
        f"{found.where}" in words(app)  # fmt: skip
    assert len(seen(opened(models=["tiny", "dense"])).digits) == 25


def test_copies_of_what_models_learned_from_elsewhere_are_told(own, store, tmp_path):
    first, others = load_mnist(train=True).take(range(3)), some(20, (5, 6))
    own.save("other", others.images.numpy(), others.labels.numpy(), About("a test"))
    other = divide(own.load("other"))
    path = shutil.copytree(WEIGHTS / "dense", store / "learner")
    save_recipe(path, settled(replace(Run(path).recipe, own="other", mnist=False), other))
    mixed = torch.cat([first.images, others.images])
    labels = torch.cat([first.labels, others.labels])
    own.delete("mine")
    own.save("mine", mixed.numpy(), labels.numpy(), About("a test"))
    told = [box.value for box in opened(models=["learner", "tiny"]).warning]
    assert len(told) == 2
    assert told[0].startswith("3 of these 23 digits are MNIST's") and "flatter tiny." in told[0]
    assert told[1].startswith(f"learner learned from {len(other.learned)} of these 23 digits")
    said = " ".join(board._words(seen(opened(models=["tiny", "learner"])), []))
    assert "None of these models" not in said  # but of a set without copies
    own.delete("other")
    told = [box.value for box in opened(models=["learner"]).warning]
    assert len(told) == 1 and "the set other, which is not here any more" in told[0]


def test_an_ensemble_is_dissected_on_digits_that_none_of_its_members_learned_from(own, store):
    learner(store, mine(own))
    save_ensemble(store / "all", Ensemble("all", "All.", ("tiny", "learner")))
    app = open_view("Ensembles", on=MINE, models=["tiny", "dense"], anatomy="all")
    assert not app.exception
    held = len(mine(own).held_out)
    assert any(f"errors on {held} held-out digits of mine" in text.value for text in app.text)
    assert any("learner learned from the other digits" in text.value for text in app.text)


def test_a_model_of_earlier_digits_of_that_name_is_left_out_with_words(own, store):
    learner(store, replace(mine(own), fingerprint="ab12"))
    save_ensemble(store / "all", Ensemble("all", "All.", ("tiny", "learner")))
    app = opened(models=["learner", "all", "dense"])
    assert seen(app).names == ["dense"]
    assert len(seen(app).digits) == 25
    for name in ("learner", "all"):
        assert f"{name} is left out: it learned from other digits that were called mine" in words(
            app
        )


def test_where_all_was_learned_from_there_is_nothing_to_judge_by(store, tmp_path):
    sets = filled(tmp_path, some(2))
    learner(store, mine(sets))
    app = opened(models=["learner", "dense"])
    assert seen(app) is None
    assert "learner learned from all digits of mine" in words(app)
    assert len(seen(opened(models=["dense"])).digits) == 2


# --- what is missing or damaged


def test_an_address_with_a_set_that_is_not_there_is_told(own):
    app = opened(on="digits of yours")
    assert "There is no set called yours here" in words(app)
    assert seen(app).part == "test"


def test_a_set_that_is_deleted_meanwhile_is_told_once(own):
    app = opened()
    own.delete("mine")
    app.run()
    assert not app.exception
    assert "There is no set called mine here" in words(app)
    assert seen(app).part == "test"
    app.run()
    assert "no set called" not in words(app)


def test_a_damaged_set_is_told(own):
    (own.folder / "mine" / "digits.npz").write_bytes(b"damaged")
    app = opened()
    assert seen(app) is None
    assert "digits.npz cannot be read" in words(app)


@pytest.mark.parametrize("file", [PREDICTIONS, STATE])
def test_a_model_that_is_not_whole_is_left_out_with_words(file, own, store):
    (store / "dense" / file).unlink()
    if file == STATE:  # without, it is no model
        (store / "dense" / file).write_bytes(b"damaged")
    app = opened(models=["tiny", "dense", "both"])
    assert seen(app).names == ["tiny"]
    for name in ("dense", "both"):
        assert f"{name} is left out" in words(app)


def test_a_digit_is_called_by_its_set_and_not_offered_to_draw(own):
    def script():
        from ui.compare.digit import open_digit
        from ui.compare.seen import choose_seen

        open_digit(choose_seen(), 3)

    offers = []
    for on in (MINE, "test digits"):
        app = AppTest.from_function(script, default_timeout=60)
        app.query_params["on"] = on
        app.run()
        assert not app.exception
        offers.append([button.key for button in app.button])
    assert offers == [[], ["ask on draw"]]
    found = seen(opened())
    assert digit._title(found, 3) == f"mine, digit 3, a {int(found.digits.labels[3])}"
