"""Every page opens with a filled, an empty and a damaged store, and says what to do next."""

import shutil

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitcore.digits import load_mnist
from digitcore.runs import (
    PREDICTIONS,
    RECIPE,
    RESULT,
    STATE,
    WEIGHTS,
    Ensemble,
    RunStore,
    save_ensemble,
)

pytestmark = pytest.mark.usefixtures("runs")
PAGES = ("pages/welcome.py", "pages/draw.py", "pages/train.py")
ASKING = PAGES[:2]  # pages that ask models
SMALL = "tiny"  # a shipped model whose folder is quickly copied


def use_store(monkeypatch, folder) -> None:
    """Make the pages read another folder of models, for one test."""
    monkeypatch.setattr("ui.loaders.WEIGHTS", folder)
    st.cache_resource.clear()
    st.cache_data.clear()


def open_page(page: str) -> AppTest:
    app = AppTest.from_file("../Home.py", default_timeout=60).run()
    return app.switch_page(page).run()


def words(app: AppTest) -> str:
    kinds = (app.info, app.warning, app.error, app.success, app.caption, app.markdown)
    return " ".join(element.value for kind in kinds for element in kind)


def captions(app: AppTest) -> str:
    """Of the pictures."""
    return " ".join(image.caption for shown in app.get("image") for image in shown.proto.imgs)


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_with_the_shipped_models(page):
    app = open_page(page)
    assert not app.exception
    assert len(app.title) == 1
    assert not app.error


@pytest.mark.parametrize("page", ASKING)
def test_page_with_no_model_says_what_to_do(page, monkeypatch, tmp_path):
    use_store(monkeypatch, tmp_path / "empty")
    app = open_page(page)
    assert not app.exception
    assert "scripts.train_zoo" in words(app)


@pytest.mark.parametrize("page", ASKING)
@pytest.mark.parametrize("damage", [RESULT, RECIPE, PREDICTIONS, STATE])
def test_page_with_a_damaged_model_shows_no_traceback(page, damage, monkeypatch, tmp_path):
    for name in (SMALL, "dense"):
        shutil.copytree(WEIGHTS / name, tmp_path / name)
    save_ensemble(tmp_path / "champion", Ensemble("champion", "Both.", (SMALL, "dense")))
    (tmp_path / SMALL / damage).write_bytes(b"damaged")
    use_store(monkeypatch, tmp_path)
    app = open_page(page)
    assert not app.exception
    if page == "pages/draw.py":
        app.segmented_control(key="way").set_value("Test digit").run()
        assert not app.exception
        assert app.metric or damage in words(app)
        app.selectbox(key="how").set_value("weighted").run()
        assert not app.exception


def test_home_states_the_accuracy_that_the_default_ensemble_has():
    app = open_page("pages/welcome.py")
    store = RunStore()
    default = store.answers("champion")
    assert app.metric[0].value == f"{default.accuracy.value:.2%}"
    assert app.metric[1].value == str(default.errors)
    assert app.metric[2].value == str(len(store.runs()) + len(store.ensembles()))


def test_draw_says_when_nothing_is_drawn():
    assert "Nothing to read yet" in words(open_page("pages/draw.py"))


def test_draw_reads_a_test_digit():
    app = open_page("pages/draw.py")
    app.segmented_control(key="way").set_value("Test digit").run()
    app.number_input(key="test_index").set_value(0).run()
    assert not app.exception
    assert app.metric[0].value == str(int(load_mnist(train=False).labels[0]))
    assert "sure" in words(app)


def test_draw_another_test_digit_and_every_way_of_combining():
    app = open_page("pages/draw.py")
    app.segmented_control(key="way").set_value("Test digit").run()
    for how in ("vote", "weighted", "mean"):
        app.selectbox(key="how").set_value(how).run()
        assert not app.exception
        assert app.metric[0].value == "9"  # test digit 7, where the page starts
    app.button[0].click().run()
    assert not app.exception
    assert len(app.metric) == 1


def test_draw_with_an_own_choice_of_models_and_with_none():
    app = open_page("pages/draw.py")
    app.segmented_control(key="way").set_value("Test digit").run()
    app.selectbox(key="ensemble").set_value("own choice").run()
    app.multiselect(key="members").set_value([SMALL]).run()
    assert not app.exception
    assert app.metric[0].value == "9"
    app.multiselect(key="members").set_value([]).run()
    assert not app.exception
    assert "at least one model" in words(app)


def test_draw_shows_the_digit_deslanted_where_a_network_sees_it_so():
    app = open_page("pages/draw.py")
    app.segmented_control(key="way").set_value("Test digit").run()
    app.selectbox(key="ensemble").set_value("own choice").run()
    app.multiselect(key="members").set_value([SMALL]).run()
    assert "Deslanted" not in captions(app)
    app.multiselect(key="members").set_value([SMALL, "upright"]).run()
    assert not app.exception
    assert "Deslanted: Sheared until its ink leans to neither side: for upright." in captions(app)


def test_an_unknown_ensemble_in_the_address_is_survived():
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params["ensemble"] = "nobody"
    app.run()
    app.switch_page("pages/draw.py").run()
    assert not app.exception


def test_draw_shows_the_reasons_when_asked():
    app = open_page("pages/draw.py")
    app.segmented_control(key="way").set_value("Test digit").run()
    before = len(app.get("image"))
    app.toggle(key="reasons").set_value(True).run()
    assert not app.exception
    assert "speaks for" in words(app)
    assert len(app.get("image")) > before


def show_verdict_of(probs: list[float], threshold: float, beside: bool = False) -> None:
    """A script for AppTest, which runs it without what stands around it."""
    import numpy as np

    from digitcore.verdict import verdict
    from ui.answer import show_verdict

    together = np.array(probs)
    show_verdict(verdict(together, {"a": together}, threshold=threshold, beside=beside))


def test_draw_says_that_a_picture_is_no_digit_and_what_it_is_most_like():
    app = AppTest.from_function(show_verdict_of, args=([0.1] * 4 + [0.2] + [0.08] * 5, 0.951)).run()
    assert not app.exception
    assert (app.metric[0].label, app.metric[0].value) == ("Most like", "4")
    assert "does not look like a digit" in app.warning[0].value
    assert "have 30.0\u00a0% of the probability" in app.warning[0].value
    assert "over 95.1\u00a0%" in app.warning[0].value


@pytest.mark.parametrize(("size", "shown"), [((3000, 1), 0), ((700, 2), 0), ((1, 3000), 1)])
def test_a_picture_that_is_too_flat_to_be_shown_breaks_no_page(size, shown):
    def script(width, height):
        import numpy as np

        from ui.pad import _show_upload

        _show_upload(np.full((height, width), 255, np.uint8), "As it came.")

    app = AppTest.from_function(script, args=size).run()
    assert not app.exception and len(app.get("image")) == shown
    assert shown or "too flat" in app.caption[0].value


def test_draw_says_that_there_may_be_two_digits():
    app = AppTest.from_function(show_verdict_of, args=([0] * 7 + [1] + [0] * 2, 0.9, True)).run()
    assert app.warning[0].value.startswith("Unsure: there may be another digit")


def test_draw_calls_what_could_be_either_of_two_digits_unsure_and_no_stranger():
    app = AppTest.from_function(show_verdict_of, args=([0.5, 0.5] + [0] * 8, 0.951)).run()
    assert app.metric[0].label == "Answer"
    assert app.warning[0].value.startswith("Unsure")
