"""Two sides of the Compare page, each by itself: the histories of training, and the report."""

import re
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from digitcore import report
from digitcore.report import print_engine
from digitcore.runs import HISTORY, RECIPE, WEIGHTS, Ensemble, save_ensemble
from tests.test_pages import use_store, words
from tests.test_report import Elements, engine_that, figures_in
from ui.compare import training

pytestmark = pytest.mark.usefixtures("runs")
MODELS = ("dense", "slim", "tiny")
MADE = "report made"


@pytest.fixture
def store(monkeypatch, tmp_path):
    """Three small models and an ensemble of two of them."""
    folder = tmp_path / "store"
    for name in MODELS:
        shutil.copytree(WEIGHTS / name, folder / name)
    save_ensemble(folder / "both", Ensemble("both", "Two.", ("slim", "tiny")))
    use_store(monkeypatch, folder)
    return folder


def training_page() -> None:
    import streamlit as st

    from ui.compare import training
    from ui.compare.seen import choose_seen

    st.fragment(training.show)(choose_seen())


def report_page() -> None:
    from functools import partial

    import streamlit as st

    from digitcore.folder import RunDamaged
    from digitcore.report import Piece
    from ui.compare import report, training
    from ui.compare.seen import choose_seen

    def broken(seen):
        yield Piece("What could be made")
        raise RunDamaged("tiny/predictions.npz cannot be read.")

    views = {"Training": training.pieces, "Broken": broken}
    st.fragment(partial(report.show, views=views))(choose_seen())


def whole_report_page() -> None:
    from ui.compare import report
    from ui.compare.seen import choose_seen
    from ui.compare.views import PIECES

    report.show(choose_seen(), PIECES)


def confusion_page() -> None:
    import streamlit as st

    from ui.compare import confusion
    from ui.compare.seen import choose_seen

    seen = choose_seen()
    if st.session_state.setdefault("show", True):
        confusion.show(seen)
    st.session_state.found = list(confusion.pieces(seen))


def opened(script, **address: object) -> AppTest:
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update(address)
    app.run()
    assert not app.exception
    return app


def choose(app: AppTest, *names: str) -> AppTest:
    app.multiselect(key="models").set_value(list(names)).run()
    assert not app.exception
    return app


def listed(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["Model"])


def charts(app: AppTest) -> list:
    return app.get("plotly_chart")


def test_shows_every_chosen_run_and_says_what_an_ensemble_is(store):
    app = opened(training_page)
    assert sorted(listed(app)) == sorted(MODELS)
    assert len(charts(app)) == 1
    assert "made of models that were: both" in words(app)
    assert "Validated on 5,000 digits" in words(app)


def test_the_address_has_the_curve_and_its_alignment(store):
    app = opened(training_page, curve="Learning rate", along="Images seen")
    assert app.selectbox(key="curve").value == "learning rate"
    assert app.segmented_control(key="along").value == "images"
    assert "images seen" in charts(app)[0].proto.alt


@pytest.mark.parametrize("along", ["epoch", "time", "images"])
@pytest.mark.parametrize("curve", ["training loss", "validation accuracy"])
def test_every_curve_along_everything(store, curve, along):
    app = opened(training_page)
    app.selectbox(key="curve").set_value(curve).run()
    app.segmented_control(key="along").set_value(along).run()
    app.toggle(key="training log").set_value(False).run()
    assert not app.exception and len(charts(app)) == 1
    assert ("machine" in words(app)) == (along == "time")


def test_an_ensemble_alone_shows_its_members(store):
    app = choose(opened(training_page), "both")
    assert listed(app) == ["slim", "tiny"]
    assert len(charts(app)) == 1


def test_members_of_an_ensemble_are_offered_beside_other_models(store):
    app = choose(opened(training_page), "dense", "both")
    assert listed(app) == ["dense"]
    app.toggle(key="training members").set_value(True).run()
    assert listed(app) == ["dense", "slim", "tiny"]
    choose(app, "dense", "slim", "tiny", "both")
    assert listed(app) == ["dense", "slim", "tiny"]
    assert [toggle.label for toggle in app.toggle] == ["Logarithmic"]


def test_a_run_without_a_history_is_named_and_the_others_drawn(store):
    (store / "slim" / HISTORY).unlink()
    app = opened(training_page)
    assert "slim is left out: nothing was written down" in words(app)
    assert sorted(listed(app)) == ["dense", "tiny"]


@pytest.mark.parametrize("damage", [b"damaged", b"epoch,train_loss\n1,x\n", b"\xff\xfe", b""])
def test_a_damaged_history_is_told_in_words(store, damage):
    (store / "slim" / HISTORY).write_bytes(damage)
    app = opened(training_page)
    assert f"slim/{HISTORY}" in words(app)
    assert sorted(listed(app)) == ["dense", "tiny"]
    assert "no history to draw" in words(choose(app, "slim"))
    assert not charts(app)


def test_a_damaged_recipe_takes_no_other_down(store):
    app = opened(training_page)
    (store / "slim" / RECIPE).write_bytes(b"damaged")
    app.run()
    assert not app.exception
    assert "slim is left out" in words(app)


def made(app: AppTest):
    app.button(key="report make").click().run()
    assert not app.exception
    return app.session_state[MADE]


def test_a_report_has_what_is_chosen_and_names_what_is_damaged(store):
    app = opened(report_page)
    assert MADE not in app.session_state and not app.get("download_button")
    html = made(app).html
    page = Elements(html)
    assert len(figures_in(html)) == 4
    assert sorted(page.texts["td"][:: len(page.texts["th"])]) == sorted(MODELS)
    assert {"Training", "Broken"} <= set(page.texts["h2"])
    assert {"What could be made", "What is missing"} <= set(page.texts["h3"])
    assert "In short" not in page.texts["h2"]  # neither view says who is best
    assert "This part could not be made. tiny/predictions.npz cannot be read." in page.texts["p"]
    assert {"10,000 test digits", "Training, Broken"} <= set(page.texts["dd"])
    assert any(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d \S+", said) for said in page.texts["dd"])
    assert "traceback" not in html[-50_000:].lower()


def test_a_report_of_some_parts(store):
    app = opened(report_page)
    app.checkbox(key="report Broken").uncheck().run()
    html = made(app).html
    assert "What could be made" not in Elements(html).texts["h3"]
    app.checkbox(key="report Training").uncheck().run()
    assert app.button(key="report make").disabled
    assert "at least one part" in words(app)


def test_a_report_is_of_the_alignment_that_was_chosen(store):
    app = opened(report_page)
    app.session_state["along"] = "time"
    assert any("minutes" in heading for heading in Elements(made(app).html).texts["h3"])


def test_a_report_begins_with_what_the_chosen_views_come_to(runs):
    app = opened(whole_report_page)
    choose(app, "tiny", "dense", "slim")
    for view in ("Errors", "Ensembles", "Training", "Sturdiness"):
        app.checkbox(key=f"report {view}").uncheck()
    page = Elements(made(app).html)
    most, told, smallest, mend = page.texts["p"][:4]
    assert "Most accurate of 3 is tiny: 99.57%" in most and "n = " in mend
    assert told.startswith("tiny is better than ") and "Confidence" in mend
    assert smallest.startswith("tiny is also as small")
    assert "Sturdiest" not in " ".join(page.texts["p"])


def test_a_report_has_the_matrices_that_the_page_showed(runs):
    app = opened(confusion_page)
    choose(app, "tiny", "dense", "slim")
    app.multiselect(key="matrices").set_value(["slim"]).run()
    app.segmented_control(key="numbers").set_value("by row").run()
    app.selectbox(key="minuend").set_value("dense").run()
    app.selectbox(key="subtrahend").set_value("slim").run()
    app.session_state["show"] = False
    app.run()
    app.run()  # what a view that is not drawn keeps, it keeps for good
    found = [piece.heading for piece in app.session_state["found"]]
    assert found == ["Confusion matrix of slim", "Confusion matrix of dense minus slim"]
    assert all("by row" in piece.words for piece in app.session_state["found"])
    choose(app, "tiny", "dense")
    found = [piece.heading for piece in app.session_state["found"]]
    assert found[:2] == ["Confusion matrix of tiny", "Confusion matrix of dense"]
    app.session_state["show"] = True
    app.run()
    assert not app.exception and app.multiselect(key="matrices").value == ["tiny", "dense"]


def test_a_report_stays_and_says_when_it_is_of_an_earlier_choice(store):
    app = opened(report_page)
    first = made(app)
    app.run()
    assert app.session_state[MADE] == first and "earlier choice" not in words(app)
    assert [b.proto.label[:4] for b in app.get("download_button")] == ["HTML"]
    choose(app, "tiny")
    assert app.session_state[MADE] == first and "earlier choice" in words(app)
    assert len(app.get("download_button")) == 1
    second = made(app)
    assert second != first and "earlier choice" not in words(app)
    assert Elements(second.html).texts["dd"][0] == "tiny"


def test_a_report_is_of_what_views_keep_and_of_the_runs_as_they_were(store):
    app = opened(report_page)
    made(app)
    app.session_state["diagonal"] = False  # as a view that was drawn meanwhile begins
    assert "earlier choice" not in words(app.run())
    app.session_state["diagonal"] = True
    assert "earlier choice" in words(app.run())
    made(app)
    result = store / "tiny" / "result.json"
    result.write_text(result.read_text("utf-8"), "utf-8")  # trained further, say
    assert "earlier choice" in words(app.run())


def training_pieces() -> None:
    import streamlit as st

    from ui.compare import training
    from ui.compare.seen import choose_seen

    st.session_state.found = list(training.pieces(choose_seen()))


def test_members_of_ensembles_alone_are_in_the_report_as_they_are_on_the_page(store):
    app = opened(training_pieces)
    app.session_state[training.MEMBERS] = False  # kept of another choice of models
    choose(app, "both")
    assert not app.exception
    assert "Training in figures" in [piece.heading for piece in app.session_state["found"]]


def test_a_report_of_histories_that_are_not_there(store):
    for name in MODELS:
        (store / name / HISTORY).unlink()
    html = made(opened(report_page)).html
    assert not figures_in(html)
    assert "dense is left out: nothing was written down" in html


@pytest.mark.browser
@pytest.mark.skipif(not print_engine(), reason="needs a Chromium")
def test_a_pdf_is_made_when_asked_for_and_stays(store):
    app = choose(opened(report_page), "tiny")
    made(app)
    app.button(key="report print").click().run()
    assert not app.exception and not app.error
    assert app.session_state[MADE].pdf.startswith(b"%PDF")
    app.run()
    labels = [button.proto.label[:4] for button in app.get("download_button")]
    assert labels == ["HTML", "PDF,"]
    made(app)
    assert app.session_state[MADE].pdf is None


def test_without_a_print_engine_it_says_how_to_come_to_a_pdf(store, monkeypatch):
    monkeypatch.setattr(report, "ENGINES", ())
    app = opened(report_page)
    made(app)
    assert "print it" in words(app)
    assert len(app.get("download_button")) == 1


def test_a_print_engine_that_fails_is_told_in_words(store, monkeypatch, tmp_path):
    engine_that("echo no room left >&2; exit 3", tmp_path, monkeypatch)
    app = opened(report_page)
    made(app)
    app.button(key="report print").click().run()
    assert not app.exception
    assert "no room left" in words(app)
    assert len(app.get("download_button")) == 1
