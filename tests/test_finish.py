"""From a training to a run to a leaderboard, and the zoo script that strings them together."""

import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from digitcore import progress, runs, training
from digitcore.digits import held_out
from digitcore.finish import finish, smallest
from digitcore.leaderboard import rows
from digitcore.models import build, load_weights
from digitcore.packing import in_bytes, unpacked
from digitcore.recipes import Recipe
from digitcore.runs import RESULT, STATE, WEIGHTS, Ensemble, Run, RunStore, save_ensemble
from digitcore.zoo import ZOO
from scripts import train_zoo

QUICK = Recipe("dense", epochs=3, digits=600, precision="float32", batch_size=64)


def test_a_finished_training_is_a_run_whose_files_agree(tmp_path, few):
    events = list(training.train(QUICK, *few))
    history = [
        {column: getattr(event, column) for column in runs.COLUMNS}
        for event in events
        if isinstance(event, training.EpochEnd)
    ]
    result = finish(tmp_path / "mine", QUICK, events[0], events[-1], history)
    run = RunStore(tmp_path).run("mine")
    assert run.result == result
    assert run.recipe == QUICK
    assert run.predictions("test").correct == result.test_correct > 5000
    assert run.predictions("validation").correct == result.validation_correct
    assert len(run.history) == result.epochs == 3
    assert result.milliseconds > 0


def test_a_finish_that_breaks_off_leaves_the_run_as_it_was_and_is_done_again(
    tmp_path, few, monkeypatch
):
    events = list(training.train(QUICK, *few))
    history = [{column: getattr(events[-2], column) for column in runs.COLUMNS} for _ in range(3)]
    finish(tmp_path / "mine", QUICK, events[0], events[-1], history)
    before = {file.name: file.read_bytes() for file in (tmp_path / "mine").iterdir()}

    def full(path, probs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(runs, "save_predictions", full)
        finish(tmp_path / "mine", QUICK, events[0], events[-1], history[:1])
    kept = {name: (tmp_path / "mine" / name).read_bytes() for name in before}
    assert kept == before
    (tmp_path / "mine" / "finishing" / "weights.safetensors.1-1.tmp").write_bytes(b"killed here")
    finish(tmp_path / "mine", QUICK, events[0], events[-1], history[:1])
    assert len(Run(tmp_path / "mine").history) == 1
    assert not (tmp_path / "mine" / "finishing").exists()


def test_weights_are_halved_only_where_as_many_digits_stay_right():
    network = build("dense")
    state = network.state_dict()
    assert all(w.dtype == torch.float16 for w in smallest(network, state).values())
    # in half precision these are all infinite, and no digit would be read
    huge = {name: weights * 1e9 for name, weights in state.items()}
    assert smallest(network, huge) is huge


def test_no_packing_is_taken_that_has_no_room_for_a_number():
    """Even where as many digits stay right: here as few as by guessing, one class of ten."""
    network = build("dense")
    state = {name: torch.zeros_like(weights) for name, weights in network.state_dict().items()}
    assert all(w.dtype != torch.float32 for w in smallest(network, state).values())
    state["3.bias"] += 142_768
    assert smallest(network, state) is state


def test_a_large_matrix_is_kept_in_bytes_only_where_as_many_digits_stay_right(monkeypatch):
    run = RunStore().run("dense")
    network, state = run.network(), unpacked(load_file(run.path / STATE))
    with monkeypatch.context() as patch:
        patch.setattr("digitcore.packing.LARGE", 1_000_000)
        assert smallest(network, state)["1.weight"].dtype == torch.float16  # not large enough
    packed = smallest(network, state)
    assert packed["1.weight"].dtype == torch.int8
    right = run.result.validation_correct / run.result.validation_n
    load_weights(network, packed)
    assert training.evaluate(network, held_out())[1] == pytest.approx(right)
    # a row with one number that dwarfs the others keeps nothing of them in bytes
    state["1.weight"][:, 0] = 30_000
    assert smallest(network, state)["1.weight"].dtype == torch.float16


def test_what_is_packed_in_bytes_is_near_what_it_was():
    rows = torch.randn(2000, 600, generator=torch.Generator().manual_seed(0)) * 0.05
    weights = {"large": rows, "small": rows[:3], "count": torch.tensor(7)}
    packed = in_bytes(weights)
    assert [packed[name].dtype for name in weights] == [torch.int8, torch.float16, torch.int64]
    back = unpacked(packed)
    assert back.keys() == weights.keys()
    assert (back["large"] - rows).abs().max() <= rows.abs().max() / 250
    assert back["small"].equal(rows[:3].half().float())


def test_bytes_without_their_tensor_do_not_fit():
    with pytest.raises(RuntimeError, match="no weights"):
        load_weights(build("tiny"), {"0.weight.step": torch.ones(8)})
    with pytest.raises(RuntimeError, match="steps are missing"):
        load_weights(build("tiny"), {"0.weight": torch.ones(8, 1, 3, 3, dtype=torch.int8)})


def test_weights_of_any_precision_are_loaded_in_single():
    network = build("tiny")
    load_weights(
        network,
        {n: w.half() if w.is_floating_point() else w for n, w in network.state_dict().items()},
    )
    assert all(weights.dtype == torch.float32 for weights in network.parameters())


def test_an_interrupted_zoo_training_goes_on_and_ends_with_the_same_weights(tmp_path, monkeypatch):
    train_zoo.train_one("whole", QUICK, tmp_path / "whole", tmp_path / "scratch-1")
    kept = progress.save_checkpoint

    def interrupted(path, recipe, checkpoint, history):
        kept(path, recipe, checkpoint, history)
        if checkpoint["epoch"] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(progress, "save_checkpoint", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_zoo.train_one("again", QUICK, tmp_path / "again", tmp_path / "scratch-2")
    assert not (tmp_path / "again").exists()
    monkeypatch.setattr(progress, "save_checkpoint", kept)
    train_zoo.train_one("again", QUICK, tmp_path / "again", tmp_path / "scratch-2")
    one, other = (tmp_path / name / STATE for name in ("whole", "again"))
    assert one.read_bytes() == other.read_bytes()
    assert Run(tmp_path / "again").history["epoch"].tolist() == [1, 2, 3]


def test_a_zoo_training_by_another_recipe_begins_anew(tmp_path):
    other = replace(QUICK, epochs=1, learning_rate=0.01)
    for recipe in (QUICK, other):
        train_zoo.train_one("mine", recipe, tmp_path / "mine", tmp_path / "scratch")
    assert Run(tmp_path / "mine").recipe == other
    assert len(Run(tmp_path / "mine").history) == 1


def test_leaderboard_has_every_model_and_ensemble_and_names_what_is_damaged(tmp_path):
    for name in ("tiny", "dense", "slim"):
        shutil.copytree(WEIGHTS / name, tmp_path / name)
    save_ensemble(tmp_path / "both", Ensemble("both", "", ("tiny", "dense")))
    save_ensemble(tmp_path / "other", Ensemble("other", "", ("tiny", "slim")))
    (tmp_path / "slim" / RESULT).write_text("{}")
    board, damages = rows(RunStore(tmp_path))
    assert {row.name for row in board} == {"tiny", "dense", "both"}
    assert [row.errors for row in board] == sorted(row.errors for row in board)
    assert len(damages) == 1
    assert "slim" in damages[0]
    both = next(row for row in board if row.name == "both")
    parts = [row for row in board if row.name in both.members]
    assert both.parameters == sum(row.parameters for row in parts)
    assert both.errors == RunStore(tmp_path).answers("both").errors


def test_readme_table_is_what_the_weights_say():
    readme = (train_zoo.ROOT / "README.md").read_text("utf-8")
    assert train_zoo.table(WEIGHTS) in readme


def test_teachers_are_trained_before_those_who_learn_from_them():
    order = train_zoo.after_their_teachers(reversed(ZOO))
    assert sorted(order) == sorted(ZOO)
    for place, name in enumerate(order):
        assert set(ZOO[name].recipe.teachers) <= set(order[:place])
