"""Every view of the Compare page: with all models, with few, with none, with damaged ones."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from digitcore.runs import PREDICTIONS, WEIGHTS, Ensemble, RunStore, save_ensemble
from tests.test_pages import use_store, words
from ui.compare.views import SHOW

VIEWS = list(SHOW)


def open_view(view: str, **asked: str | list[str]) -> AppTest:
    """The Compare page, as its address says."""
    app = AppTest.from_file("../Home.py", default_timeout=120)
    app.query_params["view"] = view
    for name, value in asked.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page("pages/compare.py").run()


@pytest.fixture
def store(runs, monkeypatch, tmp_path):
    """A folder of few models that a test may damage, and no run of a user."""
    folder = tmp_path / "weights"
    for name in ("tiny", "dense"):
        shutil.copytree(WEIGHTS / name, folder / name)
    use_store(monkeypatch, folder)
    return folder


@pytest.mark.parametrize("view", VIEWS)
def test_view_opens_with_all_shipped_models(view, runs):
    app = open_view(view)
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert len(app.title) == 1
    assert set(app.multiselect(key="models").value) == {*RunStore().runs(), *RunStore().ensembles()}
    assert app.session_state["view"] == view


@pytest.mark.parametrize("view", VIEWS)
def test_view_opens_on_validation_digits(view, runs):
    app = open_view(view, on="validation digits")
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="on").value == "validation"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("model", ["tiny", "trio"])
def test_view_of_a_single_model_is_sensible(view, model, runs):
    app = open_view(view, models=[model])
    assert app.multiselect(key="models").value == [model]
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("view", VIEWS)
def test_view_of_identical_models_is_sensible(view, store):
    shutil.copytree(store / "tiny", store / "twin")
    app = open_view(view, models=["tiny", "twin"])
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("damage", ["missing", "garbled", "short"])
def test_model_with_damaged_predictions_is_left_out_with_words(view, damage, store):
    file = store / "dense" / PREDICTIONS
    whole = file.read_bytes()
    file.unlink()
    if damage != "missing":
        file.write_bytes(b"no archive" if damage == "garbled" else whole[: len(whole) // 2])
    save_ensemble(store / "both", Ensemble("both", "Both.", ("tiny", "dense")))
    app = open_view(view)
    assert not app.exception
    said = words(app)
    assert "dense is left out" in said
    assert PREDICTIONS in said
    assert "tiny is left out" not in said


@pytest.mark.parametrize("view", VIEWS)
def test_view_without_a_chosen_model_says_what_to_do(view, store):
    app = open_view(view)
    app.multiselect(key="models").set_value([]).run()
    assert not app.exception
    assert "at least one model" in words(app)


def test_an_address_with_unknown_models_and_views_is_survived(store):
    app = open_view("Nothing", models=["nobody"])
    assert not app.exception
    assert "no such model here" in words(app)


def test_the_choice_survives_a_page_switch(store):
    app = open_view("Confusion", models=["tiny"])
    app.switch_page("pages/draw.py").run()
    app.switch_page("pages/compare.py").run()
    assert app.multiselect(key="models").value == ["tiny"]
    assert app.session_state["view"] == "Confusion"


def test_opening_the_page_predicts_nothing(store, monkeypatch):
    def never(*_, **__):
        raise AssertionError("A network was asked.")

    monkeypatch.setattr("torch.nn.Module.__call__", never)
    for view in VIEWS:
        assert not open_view(view).exception
