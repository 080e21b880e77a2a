"""Shipped weights: each reproduces, on this machine, what its folder and the README claim."""

import pytest
import torch
from safetensors import safe_open

from digitcore import runs
from digitcore.digits import load_mnist
from digitcore.ensemble import BUDGET, WAYS
from digitcore.evaluation import predict_logits
from digitcore.layers import count_parameters
from digitcore.runs import RunStore
from digitcore.zoo import ZOO
from scripts import train_zoo

STORE = RunStore()
SHIPPED = STORE.runs()
EVERY_RUN = pytest.mark.parametrize("name", SHIPPED)
MOST_BYTES = int(32.1 * 2**20)  # with the 17.9 MiB of data/ under 50


@pytest.mark.parametrize("name", ZOO)
def test_every_zoo_model_is_shipped(name):
    assert name in SHIPPED


@EVERY_RUN
def test_network_reproduces_its_recorded_accuracy(name):
    run, test = SHIPPED[name], load_mnist(train=False)
    network = run.network().to(memory_format=torch.channels_last)  # with small batches: 3 x faster
    answers = predict_logits(network, test.images, batch_size=32).argmax(1)
    assert run.result.test_n == len(answers) == 10_000
    correct = int((answers == test.labels).sum())
    assert abs(correct - run.result.test_correct) <= 1  # another CPU may round otherwise
    assert (answers.numpy() != run.predictions().answers).sum() <= 2


@EVERY_RUN
@pytest.mark.parametrize("part", runs.PARTS)
def test_stored_predictions_agree_with_the_recorded_result(name, part):
    result, predictions = SHIPPED[name].result, SHIPPED[name].predictions(part)
    assert predictions.correct == getattr(result, f"{part}_correct")
    assert len(predictions) == getattr(result, f"{part}_n")


@EVERY_RUN
def test_recorded_parameters_are_those_of_the_network(name):
    assert SHIPPED[name].result.parameters == count_parameters(SHIPPED[name].network())


@EVERY_RUN
def test_weights_were_made_by_the_recipe_of_the_zoo(name):
    assert SHIPPED[name].recipe == ZOO[name].recipe


@EVERY_RUN
def test_history_tells_every_epoch_and_its_best(name):
    run = SHIPPED[name]
    assert run.history["epoch"].tolist() == list(range(1, run.result.epochs + 1))
    assert run.history["epoch"][run.history["validation_loss"].idxmin()] == run.result.best_epoch
    assert run.result.epochs <= run.recipe.epochs
    assert run.result.seconds == pytest.approx(run.history["seconds"].sum(), abs=0.1)


@EVERY_RUN
def test_weights_are_finite(name):
    with safe_open(SHIPPED[name].path / runs.STATE, "pt") as file:
        assert all(file.get_tensor(key).isfinite().all() for key in file.keys())  # noqa: SIM118


@pytest.mark.parametrize("name", ["trio", "preferred", "champion"])
def test_ensemble_is_shipped_and_beats_its_average_member(name):
    ensemble = STORE.ensembles()[name]
    assert ensemble.how in WAYS
    together = STORE.ensemble_predictions(ensemble)
    alone = [STORE.run(member).predictions().log_loss for member in ensemble.members]
    assert together.log_loss <= sum(alone) / len(alone)
    assert together.accuracy.value > 0.99


def test_trio_is_networks_a_b_and_c():
    letters = [ZOO[member].letter for member in STORE.ensembles()["trio"].members]
    assert letters == ["A", "B", "C"]


def test_champion_is_what_the_held_out_digits_choose():
    champion = STORE.ensembles()["champion"]
    assert train_zoo.champion(STORE) == champion
    runs_of = [STORE.run(member) for member in champion.members]
    assert any(run.recipe.others for run in runs_of)  # one can say no
    assert all(run.recipe.penned for run in runs_of)
    assert sum(run.result.parameters for run in runs_of) <= BUDGET


def test_weights_are_small_enough_to_ship():
    files = [file for file in runs.WEIGHTS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES


def test_nothing_is_left_over_among_the_weights():
    known = {*ZOO, "trio", "preferred", "champion"}
    assert {path.name for path in runs.WEIGHTS.iterdir()} <= known
    assert list(runs.WEIGHTS.rglob("*.tmp")) == []
