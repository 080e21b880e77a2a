"""Distillation: what teachers say, that a student learns it, and what happens without them."""

import shutil
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.nn import functional as F

from digitcore import wishes
from digitcore.digits import DigitSet, load_mnist, split
from digitcore.evaluation import as_input, predict
from digitcore.export import training_script
from digitcore.jobs import Jobs
from digitcore.learner import Arithmetic, Learner
from digitcore.names import Refused
from digitcore.penned import NO_DIGIT
from digitcore.probe import measure, range_test
from digitcore.recipes import Recipe
from digitcore.runs import RECIPE, STATE, WEIGHTS, NoSuchModel, Run, RunStore
from digitcore.teaching import Teacher, least_sure, resolved, teacher_of
from digitcore.training import EpochEnd, Finished, train
from digitcore.worker import work
from digitcore.worker.__main__ import _new
from tests.test_pages import words
from tests.test_train_page import open_train
from tests.test_worker import At

SMALL = Recipe("dense", epochs=2, digits=1000, batch_size=50, precision="float32")
TAUGHT = replace(SMALL, teachers=("tiny", "slim"))
STORE = RunStore()


@pytest.fixture(scope="module")
def few() -> tuple[DigitSet, DigitSet]:
    learned, held_out = split(load_mnist(train=True))
    return learned.take(range(1000)), held_out.take(range(500))


def weights_of(*arguments: object, teacher: Teacher | None = None) -> dict[str, torch.Tensor]:
    *_, last = train(*arguments, teacher=teacher)  # type: ignore[arg-type]
    assert isinstance(last, Finished)
    return last.weights


# --- what teachers say


def test_a_teacher_says_the_mean_of_what_its_networks_say(few):
    images = few[0].images[:64]
    each = [predict(STORE.run(name).network(), images) for name in TAUGHT.teachers]
    teacher = teacher_of(TAUGHT, STORE)
    assert teacher
    told = teacher(as_input(images))
    assert np.allclose(told, np.mean(each, axis=0), atol=1e-5)
    assert not told.requires_grad
    assert not any(weight.requires_grad for weight in teacher.parameters())


def test_a_recipe_that_names_none_has_no_teacher():
    assert teacher_of(SMALL, STORE) is None


@pytest.mark.parametrize("name", ["nobody", "trio"])
def test_a_teacher_is_a_model_that_is_there(name):
    with pytest.raises(NoSuchModel, match=name):
        teacher_of(replace(SMALL, teachers=("tiny", name)), STORE)


def test_an_ensemble_stands_for_its_members_each_once():
    assert resolved(("classic", "trio"), STORE) == ("classic", "wide", "warped")
    assert resolved((), STORE) == ()
    with pytest.raises(NoSuchModel, match="nobody"):
        resolved(("trio", "nobody"), STORE)


def test_those_of_whom_teachers_are_least_sure_come_first():
    probs = np.array([[0.9, 0.1], [0.5, 0.5], [0.4, 0.6], [0.5, 0.5]])
    assert least_sure(probs, 3).tolist() == [1, 3, 2]


# --- what is learned of it


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_loss_is_the_distance_from_label_and_teacher_mixed(share):
    """By Kullback and Leibler's divergence; from even probabilities for what is no digit."""
    generator = torch.Generator().manual_seed(0)
    logits, told = torch.randn(2, 5, 10, generator=generator)
    learner = Learner(replace(TAUGHT, taught=share, others=1), "cpu", Arithmetic("float32", True))
    learner._forward = torch.nn.Flatten()  # its answer is what it is given
    learner.teacher = torch.nn.Sequential(torch.nn.Flatten(), Tells(told.softmax(1)))
    labels = torch.tensor([3, NO_DIGIT, 5, 0, 9])
    mixed = (1 - share) * F.one_hot(labels.clamp(min=0), 10) + share * told.softmax(1)
    mixed[1] = 0.1
    expected = F.kl_div(logits.log_softmax(1), mixed, reduction="batchmean")
    loss = learner._loss(logits[:, :, None, None], labels)
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


class Tells(torch.nn.Module):
    """Says the same, whatever it is shown."""

    def __init__(self, what: torch.Tensor) -> None:
        super().__init__()
        self.what = what

    def forward(self, _: torch.Tensor) -> torch.Tensor:
        return self.what


def test_a_student_that_believes_its_teachers_needs_no_labels(few):
    """Every label is wrong, and it learns to read."""
    learned, held_out = few
    astray = DigitSet("astray", learned.images, (learned.labels + 1) % 10)
    right = {}
    for share in (0.0, 1.0):
        recipe = replace(TAUGHT, taught=share, epochs=5)
        *_, end = (
            event
            for event in train(recipe, astray, held_out, teacher=teacher_of(recipe, STORE))
            if isinstance(event, EpochEnd)
        )
        right[share] = end.validation_accuracy
    assert right[0.0] < 0.05
    assert right[1.0] > 0.8


@pytest.mark.parametrize(("recipe", "teacher"), [(TAUGHT, None), (SMALL, Teacher([]))])
def test_a_recipe_is_trained_with_its_teachers_and_only_with_them(few, recipe, teacher):
    with pytest.raises(ValueError, match="where its recipe names one, and only there"):
        next(train(recipe, *few, teacher=teacher))


def test_a_resumed_training_ends_with_the_very_weights(few, one_thread):
    teacher = teacher_of(TAUGHT, STORE)
    whole = weights_of(TAUGHT, *few, teacher=teacher)
    first = next(e for e in train(TAUGHT, *few, teacher=teacher) if isinstance(e, EpochEnd))
    resumed = weights_of(TAUGHT, *few, first.checkpoint, teacher=teacher)
    assert all(whole[key].equal(resumed[key]) for key in whole)
    untaught = weights_of(SMALL, *few)
    assert not all(whole[key].equal(untaught[key]) for key in whole)


def test_what_teachers_cost_is_measured():
    recipe = Recipe("tiny", batch_size=64, precision="float32", teachers=("keen",))
    alone, taught = (measure(recipe, teacher).training
                     for teacher in (None, teacher_of(recipe, STORE)))  # fmt: skip
    assert taught > 1.5 * alone  # keen is about fifty times as large


def test_the_range_test_asks_them_too(few):
    recipe = replace(TAUGHT, taught=1.0)
    taught, untaught = (
        next(range_test(recipe, few[0], teacher=teacher)).loss
        for teacher in (teacher_of(recipe, STORE), None)
    )
    assert taught < untaught  # by what the teachers themselves leave open


# --- a run


@pytest.fixture
def run(tmp_path):
    """A run that a run of the same folder is to teach."""
    shutil.copytree(WEIGHTS / "tiny", tmp_path / "master")
    return Jobs(tmp_path).create(replace(SMALL, teachers=("master",)), "mine", start=False)


def test_a_run_is_taught_by_models_of_its_own_folder(run):
    assert work(run).state == "finished"
    assert Run(run).result.test_correct > 7000


def test_a_teacher_that_is_gone_fails_in_words_and_loses_nothing(run):
    def end() -> None:
        wishes.ask(run, "pause")
        shutil.rmtree(run.parent / "master")

    assert work(run, At({25: end})).state == "paused"
    status = work(run)
    assert status.state == "failed"
    assert "Its teacher master is not there any more. Nothing of the run is lost" in status.message
    assert (status.epoch, status.epochs) == (1, 2)  # how far it was stays known
    assert Jobs(run.parent).job("mine").has_best  # and so "Stop and keep the best" is offered
    wishes.ask(run, "stop")
    assert work(run).state == "stopped"
    assert Run(run).result.best_epoch == 1


def test_a_teacher_that_has_learned_further_fails_in_words_and_loses_nothing(run):
    """Another teacher would lead it elsewhere than it was going."""

    def end() -> None:
        wishes.ask(run, "pause")
        shutil.copy(WEIGHTS / "slim" / STATE, other)
        shutil.copytree(WEIGHTS / "slim", run.parent / "master", dirs_exist_ok=True)

    other = run.parent / "elsewhere"
    assert work(run, At({25: end})).state == "paused"
    status = work(run)
    assert status.state == "failed"
    assert "Its teacher master has other weights than when this training began" in status.message
    shutil.copytree(WEIGHTS / "tiny", run.parent / "master", dirs_exist_ok=True)
    assert work(run, At({10: lambda: wishes.ask(run, "pause")})).state == "paused"  # as before
    shutil.copy(other, run.parent / "master" / STATE)
    wishes.ask(run, "stop")
    assert work(run).state == "stopped"
    assert Run(run).result.best_epoch == 1


def test_a_teacher_keeps_its_name_and_its_weights_until_its_students_have_ended(run):
    jobs = Jobs(run.parent)
    assert jobs.learning_from("master") == ["mine"]
    for change in (lambda: jobs.rename("master", "doctor"), lambda: jobs.extend("master", 1)):
        with pytest.raises(Refused, match="master teaches mine, whose training has not ended"):
            change()
    assert work(run).state == "finished"
    assert jobs.learning_from("master") == []
    jobs.rename("master", "doctor")


def test_the_command_line_takes_an_ensemble_and_refuses_nobody(tmp_path):
    file = tmp_path / "recipe.json"
    asked = Namespace(what=file, name="mine", runs=tmp_path / "runs")
    file.write_text(replace(SMALL, teachers=("trio",)).to_json(), "utf-8")
    assert Run(_new(asked)).recipe.teachers == ("wide", "classic", "warped")
    file.write_text(replace(SMALL, teachers=("nobody",)).to_json(), "utf-8")
    with pytest.raises(ValueError, match="nobody is not there"):
        _new(asked)


def test_its_script_trains_the_very_weights_again(few, one_thread, tmp_path, monkeypatch):
    recipe = replace(SMALL, teachers=("tiny",), epochs=1, digits=200)
    monkeypatch.chdir(tmp_path)
    script: dict = {}
    exec(training_script("mine", recipe, {}, {}), script)
    learned, held_out = script["train_set"], script["validation_set"]
    again = weights_of(recipe, learned, held_out, teacher=teacher_of(recipe, STORE))
    assert all(script["weights"][key].equal(again[key]) for key in again)


# --- on the Train page


def chosen(app: AppTest) -> list[str]:
    return app.multiselect(key="teachers").value


@pytest.mark.usefixtures("runs")
def test_what_teachers_say_is_shown_where_they_are_chosen():
    app = open_train()
    assert chosen(app) == []
    assert "least sure" not in words(app)
    before = len(app.get("image"))
    app.multiselect(key="teachers").set_value(["trio"]).run()
    assert not app.exception
    assert "teachers are least sure: wide, classic, warped" in words(app)
    assert len(app.get("image")) == before + 8
    assert "teachers wide, classic, warped (was none)" in words(app)
    app.number_input(key="taught").set_value(0.5).run()
    assert "the teachers' share 0.5 (was 0.9)" in words(app)


@pytest.mark.usefixtures("runs")
def test_the_address_names_teachers_and_one_that_is_gone_is_refused():
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params["teachers"] = ["tiny", "nobody"]
    app.run()
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert chosen(app) == ["tiny", "nobody"]
    assert "nobody is not there, or not any more. Under Teachers, choose another" in words(app)
    app.multiselect(key="teachers").set_value(["tiny"]).run()
    assert "Under Teachers" not in words(app)


def test_a_taught_run_serves_as_a_starting_point(runs):
    Jobs(runs).create(TAUGHT, "pupil", start=False)
    app = open_train()
    app.selectbox(key="start").set_value("pupil").run()
    assert not app.exception
    assert chosen(app) == list(TAUGHT.teachers)
    assert "unchanged" in words(app)
    assert (runs / "pupil" / RECIPE).is_file()


def test_a_damaged_teacher_is_told_in_words(runs):
    shutil.copytree(WEIGHTS / "tiny", runs / "torn")
    file = runs / "torn" / STATE
    file.write_bytes(file.read_bytes()[:1000])
    app = open_train()
    app.multiselect(key="teachers").set_value(["torn"]).run()
    assert not app.exception
    assert any("torn" in error.value for error in app.error)
