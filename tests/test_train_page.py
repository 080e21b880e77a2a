"""The Train page: the form and its address, runs in every state, and what can be done with them."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from digitcore import progress, wishes
from digitcore.augment import Warp
from digitcore.folder import stamp_of
from digitcore.jobs import Jobs
from digitcore.locks import holding
from digitcore.probe import Pace, RangePoint
from digitcore.progress import Changes, Status
from digitcore.recipes import Recipe
from digitcore.runs import HISTORY, RECIPE, RESULT, WEIGHTS, Run
from digitcore.zoo import ZOO
from tests.test_pages import words
from ui import estimate
from ui.recipe_form import address_of
from ui.states import duration

pytestmark = pytest.mark.usefixtures("runs")
CLASSIC = ZOO["classic"].recipe
SMALL = Recipe("dense", epochs=2, digits=500, precision="float32")


def open_train(**address: str) -> AppTest:
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params.update(address)
    app.run()
    app.switch_page("pages/train.py").run()
    assert not app.exception
    return app


def shipped_as_run(runs, name: str, model: str = "tiny"):
    """A finished run: a shipped model's folder under another name."""
    shutil.copytree(WEIGHTS / model, runs / name)
    return runs / name


def in_state(runs, name: str, state: str, **more):
    """A run that stands as its worker last said."""
    path = Jobs(runs).create(SMALL, name, start=False)
    progress.save_status(path, Status(state, epochs=2, batches=4, **more))
    return path


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59.4, "59 s"), (59.7, "1 min 00 s"), (119.7, "2 min 00 s"), (61, "1 min 01 s"),
     (3599.6, "1 h 00 min"), (7199, "2 h 00 min"), (5400, "1 h 30 min"), (None, "unknown")],
)  # fmt: skip
def test_times_are_told_as_on_a_clock(seconds, words):
    assert duration(seconds) == words


def test_a_pace_that_something_disturbed_is_measured_again(monkeypatch):
    """The first time a page is opened the server may still be warming up."""
    measured = iter([Pace(9.0, 1.0), Pace(1.0, 1.0), Pace(2.0, 1.0)])
    monkeypatch.setattr(estimate.probe, "measure", lambda *_: next(measured))
    monkeypatch.setattr(estimate, "_paces", lambda known={}: known)
    clock = iter([0.0, 1.0, 20.0, 40.0, 60.0, 80.0])
    monkeypatch.setattr(estimate, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    found = [estimate._paced(SMALL, busy=False).pace.training for _ in range(6)]
    assert found == [9.0, 9.0, 1.0, 1.0, 1.0, 1.0]


def test_a_rate_that_is_asked_for_is_shown_until_it_is_taken(runs):
    path = in_state(runs, "mine", "paused")
    wishes.ask_rate(path, 0.01)
    assert "Now 0.001, and 0.01 from the next batches on." in words(open_train())


def test_the_button_says_whether_a_run_will_start_at_once(runs):
    jobs = Jobs(runs)
    with holding(jobs.create(SMALL, "busy", start=False) / progress.LOCK):
        assert "Train after busy" in labels(open_train())
        jobs.train_at_once(2)
        assert "Train" in labels(open_train())


def test_as_many_runs_as_are_chosen_stay_on_the_curves(runs):
    names = [f"r{number}" for number in range(8)]
    for name in names:
        in_state(runs, name, "paused")
    app = open_train()
    app.multiselect(key="watched").set_value(names).run()
    assert app.run().multiselect(key="watched").value == names


def test_a_suggested_rate_stays_when_what_it_does_not_hang_on_changes(runs, monkeypatch):
    points = [RangePoint(n, 0.001 * n, 3 - 0.02 * n, 3 - 0.02 * n) for n in range(1, 101)]
    monkeypatch.setattr(estimate, "_measure", lambda recipe: points)
    app = open_train()
    button(app, "Learning-rate range test").click().run()
    (use,) = (label for label in labels(app) if label.startswith("Use 0"))
    app.selectbox(key="schedule").set_value("one-cycle").run()
    app.number_input(key="patience").set_value(3).run()
    assert use in labels(app)
    app.selectbox(key="optimizer").set_value("sgd").run()
    assert use not in labels(app)


def test_a_rate_that_was_changed_to_is_told_in_the_table_of_runs(runs):
    path = in_state(runs, "mine", "paused")
    in_state(runs, "other", "paused")
    progress.save_changes(path, Changes({4: 0.5}))
    (table,) = (t.value for t in open_train().dataframe if "What differs" in t.value.columns)
    told = dict(zip(table["Run"], table["What differs"], strict=True))
    assert told == {"mine": "changed to learning rate 0.0005", "other": ""}


@pytest.mark.parametrize(
    ("address", "told"),
    [({"network": "nope", "epochs": "3"}, "Under Network the"), ({"start": "gone"}, "Start from"),
     ({"optimizer": "1", "schedule": "steps"}, "Under Optimiser and Schedule the"),
     ({"seed": "1.5", "batch_size": "abc", "rotation": "99"},
      "Under Batch size, Seed and Rotation, degrees the"),
     ({"scale": "0.8", "held_out": "6000.5"}, "Under Validation digits and Scale the"),
     ({"scale": ["0.8", "1.2"], "epochs": "3", "weight_decay": "0.01"}, ""),
     ({"network": "tiny", "start": "wide"}, "")],
)  # fmt: skip
def test_what_an_address_asks_for_that_is_not_there_is_told(address, told):
    app = open_train(**address)
    assert ("the address asks" in words(app)) == bool(told) and told in words(app)
    assert app.number_input(key="epochs").value == int(address.get("epochs", CLASSIC.epochs))
    app.number_input(key="epochs").set_value(4).run()
    assert "the address asks" not in words(app)  # once


@pytest.mark.parametrize("name", ["slim", "strong", "upright-taught"])
def test_an_address_that_names_where_to_start_comes_to_hold_the_whole_recipe(name):
    """Else it would be another recipe for whom it is sent to, once something is changed."""
    app = open_train(start=name)
    assert app.selectbox(key="network").value == ZOO[name].recipe.network
    assert "unchanged" in words(app)
    asked = {key: value if len(value) > 1 else value[0] for key, value in app.query_params.items()}
    assert asked == address_of(ZOO[name].recipe, name)


@pytest.mark.parametrize("name", ["classic", "strong", "keen-bent", "upright-taught"])
def test_the_address_of_a_recipe_is_read_back(name):
    """Another page that opens this one with a recipe gives it the address too."""
    address = address_of(ZOO[name].recipe, name)
    app = open_train(**address)
    assert app.selectbox(key="start").value == name
    assert "unchanged" in words(app)
    assert address == {} or "start" in address


def test_a_whole_number_as_a_rate_breaks_no_page(runs):
    path = in_state(runs, "mine", "paused")
    recipe = SMALL.to_json().replace('"learning_rate": 0.001', '"learning_rate": 1')
    (path / RECIPE).write_text(recipe, "utf-8")
    assert "Learning rate from the next batches on" in {n.label for n in open_train().number_input}


@pytest.mark.parametrize(
    ("state", "epochs", "shown"),
    [("finished", {}, "for the first time"), ("stopped", {10: 20}, "before it was trained further"),
     ("paused", {10: 20}, ""), ("failed", {10: 20}, "")],
)  # fmt: skip
def test_only_what_has_ended_is_said_to(runs, state, epochs, shown):
    """A run that is trained further has its old figures until it ends anew."""
    path = shipped_as_run(runs, "mine")
    app = open_train()
    progress.save_status(path, Status(state, epoch=12, epochs=20))
    progress.save_changes(path, Changes(epochs=epochs))
    for before, seen in (((0, 0), bool(shown)), (stamp_of(path / RESULT), False)):
        app.session_state["under_way"], app.session_state["ended"] = {"mine": before}, []
        app.run()
        assert not app.exception
        assert ("It reads" in words(app)) == seen  # what was cancelled has not ended anew
        assert shown in words(app) or not seen


def test_opens_with_the_textbook_recipe_and_says_what_to_do():
    app = open_train()
    assert app.selectbox(key="start").value == "classic"
    assert app.number_input(key="epochs").value == ZOO["classic"].recipe.epochs
    assert "Nothing has been trained here yet" in words(app)
    assert "unchanged" in words(app)
    assert "on this machine" in words(app)


@pytest.mark.parametrize("name", ZOO)
def test_every_zoo_recipe_fills_the_form_and_comes_back_unchanged(name):
    app = open_train()
    app.selectbox(key="start").set_value(name).run()
    assert not app.exception
    assert "unchanged" in words(app)
    assert app.slider(key="rotation").value == ZOO[name].recipe.warp.rotation


def test_what_differs_from_the_starting_point_is_marked():
    app = open_train()
    app.number_input(key="epochs").set_value(3).run()
    assert "epochs 3 (was 10)" in words(app)
    app.number_input(key="digits").set_value(2000).run()
    assert "training digits 2,000 (was all)" in words(app)
    assert "changed" in app.number_input(key="epochs").label
    assert "changed" not in app.number_input(key="batch_size").label


def test_the_recipe_travels_in_the_address():
    app = open_train(network="slim", epochs="3", optimizer="sgd", learning_rate="0.05")
    assert app.selectbox(key="network").value == "slim"
    assert app.number_input(key="epochs").value == 3
    assert app.selectbox(key="optimizer").value == "sgd"
    assert app.number_input(key="learning_rate").value == 0.05
    assert app.number_input(key="batch_size").value == ZOO["classic"].recipe.batch_size


def test_an_address_that_names_only_where_to_start_fills_the_form():
    app = open_train(start="tiny")
    assert app.selectbox(key="network").value == "tiny"
    assert "unchanged" in words(app)


@pytest.mark.parametrize(
    "address",
    [{"epochs": "-4"}, {"network": "nobody"}, {"scale": "a"}, {"scale": ["1.3", "0.8"]},
     {"start": "nobody"}, {"rotation": "90"}, {"held_out": "5555", "digits": "54442"}],
)  # fmt: skip
def test_an_address_that_fits_no_field_is_survived(address):
    assert "on this machine" in words(open_train(**address))


def test_train_makes_a_run_of_the_recipe_in_the_form(runs):
    app = open_train(network="dense", epochs="1", digits="500", precision="float32", seed="7")
    app.text_input(key="run_name").set_value("mine").run()
    button(app, "Train").click().run()
    assert not app.exception
    jobs = Jobs(runs)
    recipe = jobs.job("mine").recipe
    assert (recipe.network, recipe.epochs, recipe.digits, recipe.seed) == ("dense", 1, 500, 7)
    asked = {"network": "dense", "epochs": 1, "digits": 500, "precision": "float32", "seed": 7}
    assert recipe == replace(ZOO["classic"].recipe, **asked)
    jobs.pause("mine")
    while jobs.job("mine").alive:
        pass


def test_a_name_that_is_taken_or_none_is_refused_and_kept_in_the_field(runs):
    app = open_train()
    for name in ("strong", "../etc", "<b>"):
        app.text_input(key="run_name").set_value(name).run()
        assert not app.exception
        assert button(app, "Train").disabled
        assert any("name" in error.value or "called" in error.value for error in app.error)
        assert app.text_input(key="run_name").value == name
    app.text_input(key="run_name").set_value("").run()
    assert not app.error and not button(app, "Train").disabled
    assert not Jobs(runs).all()


def test_training_digits_beyond_what_validation_leaves_means_all(runs):
    app = open_train()
    app.number_input(key="held_out").set_value(12_000).run()
    assert "48,000 learned from" in words(app)
    assert not app.error


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("paused", "Resume"), ("training", "Resume"), ("failed", "Resume"),
        ("finished", "Use its recipe as a starting point"),
        ("stopped", "Use its recipe as a starting point"),
    ],
)  # fmt: skip
def test_a_run_in_any_state_is_listed_with_what_can_be_done(runs, state, offered):
    in_state(runs, "mine", state, message="Because of a reason.")
    app = open_train()
    choose(app, "mine")
    shown = {"training": "interrupted"}.get(state, state)
    assert shown in table(app)["State"].iloc[0]
    assert offered in labels(app)
    assert "Because of a reason." in words(app)


def table(app: AppTest):
    return app.dataframe[-1].value


def choose(app: AppTest, name: str) -> None:
    app.selectbox(key="chosen_run").set_value(name).run()
    assert not app.exception


def test_a_finished_run_shows_its_figures_and_offers_its_files(runs):
    path = shipped_as_run(runs, "mine")
    app = open_train()
    result = Run(path).result
    assert table(app)["Test"].iloc[0] == pytest.approx(100 * result.test_correct / result.test_n)
    choose(app, "mine")
    offered = [element.label for element in app.get("download_button")]
    assert offered == ["Weights", "History", "Recipe", "Training script"]
    button(app, "Make ONNX").click().run()
    assert not app.exception
    assert "ONNX, checked" in [element.label for element in app.get("download_button")]


def test_a_finished_run_can_be_asked_on_the_draw_page_at_once(runs):
    app = open_train()
    shipped_as_run(runs, "mine")
    app.switch_page("pages/draw.py").run()
    app.selectbox(key="ensemble").set_value("own choice").run()
    assert "mine" in app.multiselect(key="members").options


def test_a_run_is_renamed_noted_and_deleted_when_asked_twice(runs):
    in_state(runs, "mine", "paused")
    app = open_train()
    choose(app, "mine")
    app.text_input(key="note of mine").set_value("<b>my note</b>").run()
    button(app, "Keep note").click().run()
    assert Jobs(runs).job("mine").note == "<b>my note</b>"
    choose(app, "mine")
    app.text_input(key="name of mine").set_value("yours").run()
    button(app, "Rename").click().run()
    assert [job.name for job in Jobs(runs).all()] == ["yours"]
    choose(app, "yours")
    button(app, "Yes, delete it").click().run()
    assert not app.exception
    assert not Jobs(runs).all()


def test_where_all_epochs_are_without_warps_this_is_said():
    without = "are without warps, so the warps are not used"
    assert without not in words(open_train(start="keen"))
    app = open_train(start="keen")
    app.number_input(key="epochs").set_value(5).run()
    assert f"All 5 epochs {without}" in words(app)
    app.number_input(key="unwarped").set_value(2).run()
    assert without not in words(app)


def test_a_run_serves_as_a_starting_point(runs):
    in_state(runs, "mine", "paused")
    app = open_train()
    choose(app, "mine")
    button(app, "Use its recipe as a starting point").click().run()
    assert app.selectbox(key="start").value == "mine"
    assert app.number_input(key="digits").value == 500
    assert "unchanged" in words(app)


def test_a_recipe_beyond_the_fields_limits_comes_as_near_as_it_can(runs):
    far = replace(SMALL, digits=50, warp=Warp(rotation=90, scale=(0.3, 2)))
    Jobs(runs).create(far, "far", start=False)
    app = open_train()
    app.selectbox(key="start").set_value("far").run()
    assert not app.exception
    assert app.number_input(key="digits").value == 500
    assert app.slider(key="rotation").value == 45
    assert "rotation 45 (was 90)" in words(app)


def test_what_is_typed_last_counts_when_the_button_is_pressed_at_once(runs):
    in_state(runs, "mine", "paused")
    app = open_train()
    choose(app, "mine")
    app.text_input(key="note of mine").set_value("new")  # no run of the page in between
    button(app, "Keep note").click().run()
    assert Jobs(runs).job("mine").note == "new"
    app.number_input(key="epochs").set_value(7)
    app.text_input(key="run_name").set_value("seven")
    button(app, "Train").click().run()
    assert Jobs(runs).job("seven").recipe.epochs == 7
    Jobs(runs).pause("seven")
    while Jobs(runs).job("seven").alive:
        pass


@pytest.mark.parametrize("damage", [b"", b"\xff\x00damaged", b"{}"])
@pytest.mark.parametrize("file", [progress.BATCHES, HISTORY])
def test_a_halted_run_with_damaged_curves_is_shown_and_can_be_deleted(runs, file, damage):
    path = in_state(runs, "mine", "failed", message="Because.")
    (path / file).write_bytes(damage)
    app = open_train()
    choose(app, "mine")
    assert "Yes, delete it" in labels(app)


@pytest.mark.parametrize("rate", [1e-9, 50.0])
def test_a_rate_that_no_recipe_may_have_does_not_break_the_page(runs, rate):
    path = in_state(runs, "mine", "paused")
    progress.begin_batches(path, 0, 0)
    progress.append_batches(path, [(1, 1, 0.25, 2.3, rate)])
    app = open_train()
    assert f"Now {rate:.3g}." in words(app)


def test_a_shared_address_is_marked_at_once_where_it_differs():
    app = open_train(network="slim", epochs="3")
    assert "changed" in app.number_input(key="epochs").label
    assert "changed" in app.selectbox(key="network").label
    assert "changed" not in app.number_input(key="seed").label


def test_a_finished_run_is_asked_on_draw_by_a_button(runs):
    shipped_as_run(runs, "mine")
    app = open_train()
    choose(app, "mine")
    button(app, "Ask it on Draw").click().run()
    assert not app.exception
    assert app.session_state["members"] == ["mine"]


def test_a_finished_run_is_compared_by_a_button_with_what_is_compared_already(runs):
    shipped_as_run(runs, "mine")
    app = open_train()
    choose(app, "mine")
    app.session_state["models"] = ["champion"]
    button(app, "Compare it").click().run()
    assert not app.exception
    assert app.title[0].value == "Compare models"
    assert app.multiselect(key="models").value == ["mine", "champion"]
    assert app.query_params["models"] == ["mine", "champion"]


def test_a_run_that_is_asked_on_draw_is_named_there(runs):
    shipped_as_run(runs, "mine")
    app = open_train()
    choose(app, "mine")
    button(app, "Ask it on Draw").click().run()
    assert app.title[0].value == "Draw a digit"
    assert "Who answers: mine" in [expander.label for expander in app.expander]


@pytest.mark.parametrize("file", [RECIPE, HISTORY, RESULT, progress.STATUS, progress.BATCHES,
                                  progress.CHANGES, progress.NOTE])  # fmt: skip
@pytest.mark.parametrize("damage", [b"", b"\xff\x00damaged", b"{}"])
def test_a_damaged_run_is_listed_in_words_and_takes_no_other_down(runs, file, damage):
    shipped_as_run(runs, "whole")
    path = shipped_as_run(runs, "spoilt")
    (path / file).write_bytes(damage)
    app = open_train()
    assert set(table(app)["Run"]) == {"whole", "spoilt"}
    choose(app, "spoilt")
    assert "Yes, delete it" in labels(app)


def test_waiting_runs_are_shown_in_order_and_can_be_moved_and_cancelled(runs):
    jobs = Jobs(runs)
    for name in ("one", "two"):
        jobs.create(SMALL, name, start=False)
    (runs / "queue.json").write_text('{"waiting": ["one", "two"], "at_once": 1}')
    app = open_train()
    assert "Waiting: 2" in words(app)
    button_of(app, "later one").click().run()
    assert jobs.waiting == ("two", "one")
    button_of(app, "cancel two").click().run()
    assert jobs.waiting == ("one",)


def button_of(app: AppTest, key: str):
    return next(button for button in app.button if button.key == key)


def test_what_is_learned_besides_mnist_is_shown_where_it_is_asked_for():
    app = open_train()
    assert "stroke prototypes" not in words(app)
    before = len(app.get("image"))
    app = open_train(penned="500", others="500")
    assert app.number_input(key="penned").value == app.number_input(key="others").value == 500
    assert "stroke prototypes" in words(app)
    assert "all ten answers alike probable" in words(app)
    assert len(app.get("image")) == before + 2
    assert "penned digits 500 (was 0)" in words(app)
