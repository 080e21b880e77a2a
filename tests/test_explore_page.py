"""The Explore page as a whole: each view of MNIST and of own sets, its address, its report."""

import shutil
from functools import partial

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitcore import report
from digitcore.digits import load_mnist
from digitcore.exploration import catalogue, insights
from digitcore.exploration.catalogue import MNIST
from digitcore.own.store import About, own_sets
from ui.explore import own_list
from ui.explore.views import OWN, PIECES, QUESTIONS, REPORT, VIEW

MADE = "data report made"


@pytest.fixture
def sets(runs) -> list[str]:
    """Own sets: of 25 digits in three classes, and of one digit."""
    test = load_mnist(train=False)
    few = np.flatnonzero(test.labels.numpy() < 3)[:25]
    for name, places in (("few", few), ("lone", few[:1])):
        chosen = test.take(places.tolist())
        own_sets().save(name, chosen.images.numpy(), chosen.labels.numpy(), About("a test"))
    return ["few", "lone"]


def opened(**asked: str) -> AppTest:
    app = AppTest.from_file("../pages/dataset.py", default_timeout=60)
    for key, value in asked.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("view", QUESTIONS)
def test_every_view_of_mnist_opens_by_its_address(runs, view):
    app = opened(**{VIEW: view})
    assert [title.value for title in app.title] == ["Explore the digits"]
    assert QUESTIONS[view] in [heading.value for heading in app.header]
    assert not app.error and not app.warning


@pytest.mark.parametrize("view", QUESTIONS)
@pytest.mark.parametrize("name", ["few", "lone"])
def test_every_view_of_own_sets_opens(sets, view, name):
    app = opened(**{VIEW: view, "set": name})
    assert app.selectbox(key="set").value == name
    assert not app.error


def test_an_address_that_nobody_has_given_shows_what_is_there(runs):
    app = opened(**{VIEW: "Nonsense", "set": "missing"})
    assert app.segmented_control(key=VIEW).value == next(iter(QUESTIONS))
    assert [words.value for words in app.info if "no set called missing" in words.value]
    app.run()
    assert not [words.value for words in app.info if "missing" in words.value]


def test_a_set_that_is_deleted_meanwhile_gives_way_to_mnist(sets):
    app = opened(**{VIEW: "Gallery", "set": "few"})
    own_sets().delete("few")
    app.run()
    assert not app.exception and not app.error
    assert app.selectbox(key="set").value == MNIST
    assert "no set called few" in app.info[0].value


def test_neighbours_in_another_set_are_sent_to_that_ones_gallery(sets):
    app = opened(**{VIEW: "Neighbours", "set": "few", "near-among": MNIST})
    app.button(key="near by pixels gallery").click().run()
    assert not app.exception
    assert app.selectbox(key="set").value == MNIST
    assert app.text[0].value.startswith("Only 24 digits that were chosen: nearest to few, digit 0")


def test_the_report_has_a_part_for_each_view(sets):
    app = opened(**{VIEW: REPORT, "set": "few"})
    app.button(key="data report make").click().run()
    assert not app.exception and not app.error
    made = app.session_state[MADE].html
    assert made.startswith("<!doctype html>") and report.versions() in made
    assert "Models here" not in made
    for number, name in enumerate(PIECES, start=1):
        assert f'id="part-{number}"' in made and f">{name}<" in made


@pytest.mark.parametrize("name", PIECES)
def test_the_pieces_of_mnist_hold_figures_pictures_or_tables(runs, name):
    found = [*PIECES[name](catalogue.of_mnist())]
    assert found
    assert all(piece.heading and (piece.words or piece.figure or piece.pictures) for piece in found)
    assert any(piece.figure or piece.pictures or piece.table is not None for piece in found)


def test_damaged_insights_are_told_with_what_to_do(runs, monkeypatch, tmp_path):
    folder = tmp_path / "insights"
    shutil.copytree(insights.FOLDER, folder)
    (folder / insights.FEATURES).write_bytes(b"")
    monkeypatch.setattr(insights, "load", partial(insights.load, folder))
    monkeypatch.setattr(catalogue, "of_mnist", catalogue.of_mnist.__wrapped__)
    app = opened()
    assert ["features.npz" in error.value for error in app.error] == [True]
    assert "scripts.build_insights" in app.error[0].value


def test_a_damaged_set_can_still_be_deleted(sets):
    (own_sets().folder / "few" / "digits.npz").write_bytes(b"nothing")
    app = opened(**{VIEW: "Gallery", "set": "few"})
    assert ["own/few/digits.npz" in error.value for error in app.error] == [True]
    app = opened(**{VIEW: OWN, "set": "few"})
    assert app.selectbox(key=own_list.CHOSEN).value == "few" and not app.error
    assert [button.disabled for button in app.button if button.label == "Delete"] == [False]
