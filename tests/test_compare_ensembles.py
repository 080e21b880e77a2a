"""The Cost and Ensembles views: what they say, and ensembles made, asked, renamed and deleted."""

import json
import shutil

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitcore.comparison.anatomy import Anatomy
from digitcore.ensemble import TOLD, fit_weights
from digitcore.evaluation import Predictions
from digitcore.jobs import Jobs
from digitcore.runs import ENSEMBLE, PREDICTIONS, STATE, WEIGHTS, Ensemble, RunStore
from tests.test_compare_page import open_view
from tests.test_pages import use_store, words
from ui.compare import cost, ensembles
from ui.compare.dissected import TOGETHER
from ui.compare.seen import Seen

pytestmark = pytest.mark.usefixtures("runs")
PAIR = Ensemble("pair", "Two that I like.", ("tiny", "dense"))


@pytest.fixture
def shop(runs):
    """Where users' ensembles are made, with one finished run called mine."""
    shutil.copytree(WEIGHTS / "tiny", runs / "mine")
    return Jobs(runs).ensembles


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A store of two models that a test may damage."""
    for name in ("tiny", "dense"):
        shutil.copytree(WEIGHTS / name, tmp_path / "weights" / name)
    use_store(monkeypatch, tmp_path / "weights")
    return tmp_path / "weights"


def look(**asked) -> AppTest:
    app = open_view("Ensembles", **asked)
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return f"{words(app)} {' '.join(text.value for text in app.text)}"


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def tables(app: AppTest, column: str) -> list:
    return [table.value for table in app.dataframe if column in table.value.columns]


# --- cost


def test_the_cheapest_and_the_most_accurate_are_on_the_front_of_every_cost():
    store = RunStore()
    best = min((*store.runs(), *store.ensembles()), key=lambda name: store.answers(name).errors)
    for kind in ("parameters", "size", "latency"):
        app = open_view("Cost", cost=kind)
        assert not app.exception
        table = tables(app, "On the front")[0].set_index("Model")
        assert len(table) == len(store.runs()) + len(store.ensembles())
        assert table.loc[best, "On the front"] == "✔"
        assert table["On the front"].iloc[0] == "✔"
        beaten = table[table["Beaten by"] != ""]
        assert (beaten["On the front"] == "").all()
        assert (table.loc[beaten["Beaten by"], "On the front"] == "✔").all()
        assert f"The most accurate here is {best}: " in said(app) and "n = 10,000" in said(app)


def test_the_cost_view_says_that_a_choice_is_to_be_made_on_validation_digits():
    advised = "choose by the validation digits"
    assert advised in said(open_view("Cost", models=["tiny", "dense"]))
    assert advised not in said(open_view("Cost", models=["tiny", "dense"], on="validation digits"))
    assert all(advised in piece.words for piece in cost.pieces(seen_of(models=["tiny"])))


def test_latency_is_measured_here_on_demand_and_told_apart_from_what_was_recorded(few):
    app = open_view("Cost", cost="latency")
    recorded = tables(app, "ms an image")[0].set_index("Model")["ms an image"]
    assert recorded["tiny"] == round(RunStore(few).run("tiny").result.milliseconds, 2)
    assert "Recorded when each run ended" in said(app)
    press(app, "cost measure")
    assert "Measured on this machine" in said(app) and "Recorded when" not in said(app)
    measured = tables(app, "ms an image")[0].set_index("Model")["ms an image"]
    assert (measured > 0).all() and set(measured.index) == {"tiny", "dense"}
    app.run()
    again = tables(app, "ms an image")[0].set_index("Model")["ms an image"]
    assert (again == measured).all()
    press(app, "cost recorded")
    assert "Recorded when each run ended" in said(app)


def test_an_ensemble_takes_as_long_as_its_members_and_what_is_damaged_is_left_out(few):
    (few / "dense" / STATE).write_bytes(b"damaged")
    (few / "pair").mkdir()
    shutil.copy(WEIGHTS / "trio" / ENSEMBLE, few / "pair" / ENSEMBLE)
    text = {"description": "", "members": ["tiny", "dense"], "how": "mean", "weights": None}
    (few / "pair" / ENSEMBLE).write_text(json.dumps(text))
    app = open_view("Cost", cost="latency")
    press(app, "cost measure")
    assert "dense cannot be measured" in words(app)
    assert "Not measured here yet: " in said(app)
    table = tables(app, "ms an image")[0].set_index("Model")
    assert table["ms an image"].isna().to_dict() == {"tiny": False, "dense": True, "pair": True}
    assert table.loc["tiny", "On the front"] == "✔"


# --- anatomy


def test_the_default_ensemble_is_told_with_its_own_figures():
    app, store = look(models=["tiny"]), RunStore()
    ensemble = store.ensembles()["champion"]
    assert app.selectbox(key="anatomy").value == "champion"
    part = Anatomy({name: store.run(name).predictions() for name in ensemble.members})
    assert f"{part.together.errors} errors on 10,000 test digits" in said(app)
    held_out, test = tables(app, "Errors without")
    assert list(test["Member"]) == list(ensemble.members)
    for line, without in zip(test.to_dict("records"), part.leave_one_out, strict=True):
        assert (line["Errors without"], line["Saves"], line["Spoils"]) == (
            without.errors, without.saves, without.spoils,
        )  # fmt: skip
    assert list(held_out["Member"]) == list(ensemble.members)
    weighed = tables(app, "Weights")[0]
    assert weighed[weighed.Weights == "all equal"].Errors.iloc[1] == part.together.errors


def test_a_chosen_ensemble_comes_first_and_the_address_chooses():
    assert look(models=["trio", "tiny"]).selectbox(key="anatomy").value == "trio"
    assert look(anatomy="trio").selectbox(key="anatomy").value == "trio"
    assert look(anatomy="nobody").selectbox(key="anatomy").value in RunStore().ensembles()


@pytest.mark.parametrize("how", ["mean", "vote", "weighted"])
def test_the_compared_models_are_an_ensemble_too(how):
    app = look(models=["tiny", "dense", "slim"], anatomy=TOGETHER, combined=how)
    assert app.selectbox(key="anatomy").value == TOGETHER
    assert f"tiny, dense, slim, by {TOLD[how]}" in said(app)


@pytest.mark.parametrize("on", ["validation digits", "rotation 30"])
def test_other_digits_are_told_as_such(on):
    app = look(on=on, models=["champion"])
    count = "5,000 validation digits" if "validation" in on else "2,000 test digits"
    assert count in said(app)
    assert len(tables(app, "Errors without")) == (1 if "validation" in on else 2)


def test_every_story_shows_as_many_digits_as_it_counts():
    app = look(models=["champion"])
    box = app.selectbox(key="parting")
    for story in box.options:
        count, words_of = story.split(": ", 1)
        app.selectbox(key="parting").set_value(words_of).run()
        assert not app.exception
        assert ("There is no such digit" in words(app)) == (count == "0")


def test_without_a_second_model_it_says_what_to_do(few):
    shutil.rmtree(few / "dense")
    app = look(models=["tiny"])
    assert "needs two models" in words(app)
    assert "two models or more" in words(app)


def test_identical_members_are_told_sensibly(few):
    shutil.copytree(few / "tiny", few / "twin")
    app = look(models=["tiny", "twin"])
    assert "Each member is missed as much as any other" in said(app)


def test_damaged_answers_of_a_member_leave_the_rest_of_the_view(few):
    Jobs(few).ensembles.create(PAIR)
    (few / "dense" / PREDICTIONS).write_bytes(b"damaged")
    app = look()
    assert PREDICTIONS in words(app)
    assert app.text_input(key="ensembles name")


def test_a_member_that_has_not_read_spoilt_digits_is_told(shop):
    shutil.copytree(WEIGHTS / "tiny", shop.folder / "new", ignore=shutil.ignore_patterns("rob*"))
    shop.create(Ensemble("both", "", ("new", "dense")))
    app = look(models=["dense"], on="rotation 30", anatomy="both")
    assert app.selectbox(key="anatomy").value == "both"
    assert "Look at test or validation digits instead" in words(app)


def test_a_member_that_is_deleted_while_the_view_is_open_is_told(shop, monkeypatch):
    """Only the view runs anew then, with what the page had found before."""
    seen = seen_of(models=["mine", "dense"])
    Jobs(shop.folder).delete("mine")
    monkeypatch.setattr(ensembles, "options", lambda _: [TOGETHER])
    (piece,) = ensembles.pieces(seen)
    assert piece.words == "mine is not there any more. Open the page anew."


@pytest.mark.parametrize("members", [["tiny"], ["tiny", "tiny"]])
def test_an_ensemble_file_of_one_model_is_no_anatomy(few, members):
    (few / "odd").mkdir()
    text = {"description": "", "members": members, "how": "mean", "weights": None}
    (few / "odd" / ENSEMBLE).write_text(json.dumps(text))
    assert "odd" not in look(models=["odd", "tiny", "dense"]).selectbox(key="anatomy").options


# --- made


def fill(app: AppTest, members: list[str], how: str = "mean", name: str = "pair") -> AppTest:
    app.multiselect(key="ensembles members").set_value(members).run()
    app.selectbox(key="ensembles how").set_value(how).run()
    app.text_input(key="ensembles name").set_value(name).run()
    assert not app.exception
    return app


def preview(app: AppTest) -> dict[str, int]:
    table = tables(app, "On the validation digits")[0]
    return dict(zip(table["On the validation digits"], table["Errors of 5,000"], strict=True))


@pytest.mark.parametrize("how", ["mean", "vote", "weighted"])
def test_before_it_is_saved_only_the_validation_digits_speak(shop, how):
    app = fill(look(models=["tiny"]), ["mine", "dense", "slim"], how)
    store = RunStore(WEIGHTS, shop.folder)
    read = {n: store.run(n).predictions("validation") for n in ("mine", "dense", "slim")}
    weights = _weights(app, read) if how == "weighted" else None
    found = preview(app)
    assert found["This ensemble"] == Anatomy(read, how, weights).together.errors
    assert found["mine, its best member by log-loss"] == read["mine"].errors
    assert found["champion, the default"] == store.answers("champion", "validation").errors
    assert "pair is saved" not in said(app)


def test_no_verdict_is_given_on_the_digits_by_which_members_are_chosen(shop):
    app = fill(look(models=["tiny"]), ["mine", "dense"], "weighted")
    store = RunStore(WEIGHTS, shop.folder)
    read = {name: store.run(name).predictions("validation") for name in ("mine", "dense")}
    mine = Anatomy(read, "weighted", _weights(app, read)).together
    rivals = {"mine, its best member by log-loss,": read["mine"],
              "champion": store.answers("champion", "validation")}  # fmt: skip
    build = said(app)
    for name, rival in rivals.items():
        ours = (mine.right & ~rival.right).sum()
        theirs = (rival.right & ~mine.right).sum()
        assert f"gets {ours} right that {name} misreads; only the other {theirs}." in build
    assert "Whether that is luck is not tested here" in build
    assert "this ensemble is better" not in build and "this ensemble gets right" not in build


def _weights(app: AppTest, read: dict[str, Predictions]) -> list[float]:
    """Those that fit best, which the page tells to two places."""
    best = fit_weights(np.stack([one.probs for one in read.values()]), read["mine"].labels)
    words = next(c.value for c in app.caption if c.value.startswith("Fitted weights"))
    told = [float(pair.rsplit(" ", 1)[1]) for pair in words.split(": ")[1].split(", ")]
    assert told == pytest.approx(best, abs=0.005)
    return best


@pytest.mark.parametrize("how", ["mean", "vote", "weighted"])
def test_what_is_saved_is_compared_and_asked_on_draw_at_once(shop, how):
    app = fill(look(models=["tiny"]), ["mine", "dense"], how)
    app.text_input(key="ensembles about").set_value("<b>my</b> two")
    press(app, "ensembles save")
    (own,) = shop.all()
    assert (own.name, own.ensemble.members, own.ensemble.how) == ("pair", ("mine", "dense"), how)
    assert own.ensemble.description == "<b>my</b> two"
    assert (own.ensemble.weights is not None) == (how == "weighted")
    assert app.multiselect(key="models").value == ["pair", "tiny"]
    errors = RunStore(WEIGHTS, shop.folder).answers("pair").errors
    assert "pair is saved. On the 10,000 test digits, which had no part" in said(app)
    assert f"it makes {errors:,} errors" in said(app)
    press(app, "ensembles draw")
    assert app.selectbox(key="ensemble").value == "pair"
    assert app.selectbox(key="how").value == how
    app.switch_page("pages/draw.py").run()  # the test's own idea of which page is open
    app.segmented_control(key="way").set_value("Test digit").run()
    assert not app.exception
    assert app.metric[0].value == "9"  # test digit 7, where the page starts


@pytest.mark.parametrize("name", ["", "champion", "tiny", "mine", "../x", "chosen", "<b>"])
def test_a_name_that_cannot_be_is_refused_and_kept_in_the_field(shop, name):
    app = fill(look(models=["tiny"]), ["mine", "dense"], name=name)
    press(app, "ensembles save")
    assert app.toast and not shop.all()
    assert app.text_input(key="ensembles name").value == name


def test_one_model_alone_is_refused(shop):
    app = fill(look(models=["tiny"]), ["mine"])
    assert "two models or more" in words(app)
    press(app, "ensembles save")
    assert app.toast and not shop.all()


def test_the_compared_models_are_taken_as_members():
    app = look(models=["tiny", "trio", "slim"])
    press(app, "ensembles take")
    assert app.multiselect(key="ensembles members").value == ["tiny", "slim"]


def test_a_full_disk_is_told_and_nothing_is_left(shop, monkeypatch):
    app = fill(look(models=["tiny"]), ["mine", "dense"])

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("digitcore.ensembles.save_ensemble", full)
        press(app, "ensembles save")
    assert "No space left" in app.toast[0].value
    assert not shop.all()
    press(app, "ensembles save")
    assert [own.name for own in shop.all()] == ["pair"]


# --- renamed and deleted


def test_an_own_one_is_renamed_and_deleted_when_asked_twice(shop):
    shop.create(PAIR)
    app = look(models=["tiny", "pair"])
    app.text_input(key="ensembles name of pair").set_value("better")
    press(app, "ensembles rename")
    assert [own.name for own in shop.all()] == ["better"]
    assert app.multiselect(key="models").value == ["tiny", "better"]
    press(app, "ensembles delete")
    assert not shop.all()
    assert app.multiselect(key="models").value == ["tiny"]
    assert "Made here" not in [heading.value for heading in app.header]


def test_one_that_lacks_a_member_is_listed_and_can_be_deleted(shop):
    shop.create(Ensemble("pair", "", ("mine", "dense")))
    shop.create(Ensemble("spoilt", "", ("tiny", "dense")))
    (shop.folder / "spoilt" / ENSEMBLE).write_text("{}")
    Jobs(shop.folder).delete("mine")
    app = look(models=["tiny"])
    assert "pair does not answer: mine is not there any more" in words(app)
    assert f"spoilt does not answer: spoilt/{ENSEMBLE}" in words(app)
    for name in ("spoilt", "pair"):
        app.selectbox(key="ensembles own").set_value(name).run()
        press(app, "ensembles delete")
    assert not shop.all()


def test_who_deletes_a_run_is_told_which_ensembles_need_it(shop):
    shop.create(Ensemble("pair", "", ("mine", "dense")))
    app = AppTest.from_file("../Home.py", default_timeout=60).run()
    app.switch_page("pages/train.py").run()
    app.selectbox(key="chosen_run").set_value("mine").run()
    assert "Without it pair cannot answer any more" in words(app)


def test_shipped_ensembles_are_not_offered_for_deletion():
    app = look(models=["trio"])
    assert "Made here" not in [heading.value for heading in app.header]


# --- on Draw


def draw(**asked: str) -> AppTest:
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params.update(asked)
    app.run()
    app.switch_page("pages/draw.py").run()
    assert not app.exception
    return app


def test_on_draw_an_ensemble_begins_with_its_own_way_and_weights(shop):
    shop.create(Ensemble("weighed", "**x** <b>y</b>", ("tiny", "dense"), "weighted", (0.25, 0.75)))
    shop.create(Ensemble("votes", "", ("tiny", "dense", "slim"), "vote"))
    app = draw()
    assert app.selectbox(key="how").value == "mean"
    app.selectbox(key="ensemble").set_value("weighed").run()
    assert app.selectbox(key="how").value == "weighted"
    assert "Fitted weights: tiny 0.25, dense 0.75" in words(app)
    assert "tiny, dense. **x** <b>y</b>" in [text.value for text in app.text]  # and not Markdown
    app.selectbox(key="how").set_value("mean").run()
    assert "Fitted weights" not in words(app)
    app.selectbox(key="ensemble").set_value("votes").run()
    assert app.selectbox(key="how").value == "vote"
    app.switch_page("pages/welcome.py").run()
    app.switch_page("pages/draw.py").run()
    assert (app.selectbox(key="ensemble").value, app.selectbox(key="how").value) == (
        "votes", "vote",
    )  # fmt: skip


def test_an_address_of_an_ensemble_asks_it_as_it_was_made_unless_it_says_how(shop):
    shop.create(Ensemble("votes", "", ("tiny", "dense", "slim"), "vote"))
    assert draw(ensemble="votes").selectbox(key="how").value == "vote"
    assert draw(ensemble="votes", how="weighted").selectbox(key="how").value == "weighted"


def test_a_run_is_asked_on_draw_from_a_train_page_whose_address_holds_a_recipe(shop):
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params["epochs"] = "3"
    app.run()
    app.switch_page("pages/train.py").run()
    app.selectbox(key="chosen_run").set_value("mine").run()
    next(button for button in app.button if button.label == "Ask it on Draw").click().run()
    assert not app.exception
    assert app.session_state["members"] == ["mine"]


# --- in the report


def seen_of(**asked) -> Seen:
    """What the page would show, without its view."""

    def script():
        import streamlit as st

        from ui.compare.seen import choose_seen

        st.session_state.found = choose_seen()

    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update(asked)
    app.run()
    assert not app.exception
    return app.session_state["found"]


@pytest.mark.parametrize("models", [["tiny"], ["tiny", "trio"], ["tiny", "dense", "slim"]])
def test_the_report_has_the_same_figures(models):
    seen = seen_of(models=models)
    costs = list(cost.pieces(seen))
    assert [piece.heading for piece in costs] == [
        "Accuracy against parameters", "Accuracy against size", "Accuracy against latency",
    ]  # fmt: skip
    for piece in costs:
        assert len(piece.table) == len(models)
        assert "n = 10,000 test digits" in piece.words
        assert len(piece.figure.data) == len(models) + 1
    told = list(ensembles.pieces(seen))
    name = "trio" if "trio" in models else "champion"
    assert told[0].heading == f"Anatomy of {name}"
    assert len([piece for piece in told if piece.figure]) == 3
    assert all(piece.words for piece in told)
