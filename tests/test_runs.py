"""Runs: what is saved is what is loaded, what is damaged is named, and nothing is half there."""

import io
import json
import shutil
from dataclasses import asdict, replace
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from digitcore import runs
from digitcore.augment import Warp
from digitcore.digits import held_out, load_mnist, split
from digitcore.ensemble import combine
from digitcore.evaluation import predict
from digitcore.folder import RunDamaged, write
from digitcore.models import build
from digitcore.recipes import Recipe
from digitcore.runs import Ensemble, Result, Run, RunStore

MADE_BY = Recipe("tiny", epochs=2, warp=Warp(rotation=10), seed=5)
FIGURES = Result(9_500, 10_000, 4_750, 5_000, 8_866, 2, 2, 12.5, 2, "float32", "cpu", 0.4)
ROWS = [
    {"epoch": epoch, "train_loss": 0.5 / epoch, "validation_loss": 0.6 / epoch,
     "validation_accuracy": 0.9, "learning_rate": 0.001, "seconds": 6.25}
    for epoch in (1, 2)
]  # fmt: skip
SIZES = {"validation": 5_000, "test": 10_000}
READ = {
    runs.RECIPE: lambda run: run.recipe,
    runs.HISTORY: lambda run: run.history,
    runs.STATE: lambda run: run.network(),
    runs.PREDICTIONS: lambda run: run.predictions(),
    runs.RESULT: lambda run: run.result,
}


def random_probs(n: int, seed: int, sharpness: float = 5.0) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(n, 10)) * sharpness
    probs = np.exp(logits - logits.max(1, keepdims=True))
    return (probs / probs.sum(1, keepdims=True)).astype(np.float32)


def save(path, seed=0):
    runs.save_recipe(path, MADE_BY)
    runs.save_history(path, ROWS)
    runs.save_weights(path, build("tiny", seed=5).state_dict())
    runs.save_predictions(path, {part: random_probs(n, seed) for part, n in SIZES.items()})
    runs.save_result(path, FIGURES)
    return Run(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A finished run, to be read only."""
    return save(tmp_path_factory.mktemp("store") / "first")


@pytest.fixture
def copied(saved, tmp_path):
    """A finished run, to be spoilt."""
    return Run(shutil.copytree(saved.path, tmp_path / "store" / "spoilt"))


@pytest.fixture
def store(copied):
    shutil.copytree(copied.path, copied.path.parent / "other")
    return RunStore(copied.path.parent)


# --- what is saved is what is loaded


def test_recipe_history_and_result_come_back(saved):
    assert saved.name == "first"
    assert saved.recipe == MADE_BY
    assert saved.result == FIGURES
    pd.testing.assert_frame_equal(saved.history, pd.DataFrame(ROWS))


def test_a_run_is_five_files(saved):
    assert {file.name for file in saved.path.iterdir()} == set(READ)


def test_text_files_are_for_people(saved):
    assert json.loads((saved.path / runs.RESULT).read_text()) == asdict(FIGURES)
    assert len((saved.path / runs.RESULT).read_text().splitlines()) > 10
    assert (saved.path / runs.HISTORY).read_text().startswith("epoch,train_loss,validation_loss")


def test_weights_come_back_as_they_were(saved):
    network, original = saved.network(), build("tiny", seed=5)
    assert not network.training
    for name, tensor in original.state_dict().items():
        assert torch.equal(network.state_dict()[name], tensor)
    assert saved.weights_bytes == (saved.path / runs.STATE).stat().st_size


def test_weights_in_half_precision_come_back_in_single(copied, few):
    state = build("tiny", seed=5).state_dict()
    half = {name: t.half() if t.is_floating_point() else t for name, t in state.items()}
    before = copied.weights_bytes
    runs.save_weights(copied.path, half)
    network = copied.network()
    assert copied.weights_bytes < 0.7 * before
    assert {tensor.dtype for tensor in network.parameters()} == {torch.float32}
    images = few[1].images[:16]
    original = build("tiny", seed=5)
    np.testing.assert_allclose(predict(network, images), predict(original, images), atol=2e-3)


def test_weights_laid_out_channels_last_are_saved_as_well(copied):
    network = build("tiny", seed=5).to(memory_format=torch.channels_last)
    runs.save_weights(copied.path, network.state_dict())
    for name, tensor in build("tiny", seed=5).state_dict().items():
        assert torch.equal(copied.network().state_dict()[name], tensor)


@pytest.mark.parametrize("part", SIZES)
def test_predictions_come_back_within_half_precision(saved, part):
    expected, loaded = random_probs(SIZES[part], 0), saved.predictions(part)
    assert (loaded.labels == runs.true_labels(part)).all()
    np.testing.assert_allclose(loaded.probs.sum(1), 1, atol=1e-5)
    # half precision keeps a log-probability to 1 in 2048: near 1 exactly, near 0 to 2 %
    np.testing.assert_allclose(loaded.probs, expected, atol=5e-4)
    likely = expected > 1e-8
    np.testing.assert_allclose(loaded.probs[likely], expected[likely], rtol=0.01)


@pytest.mark.parametrize("part", SIZES)
def test_predictions_come_back_with_the_same_answers(saved, part):
    assert (saved.predictions(part).answers == random_probs(SIZES[part], 0).argmax(1)).all()


def test_nearly_equal_probabilities_keep_their_order(copied):
    """Two neighbours that half precision cannot tell apart: the answer must stay the answer."""
    close = np.full((10_000, 10), 0.0025, np.float32)
    close[:, 3], close[:, 5] = 0.48995, 0.49005
    runs.save_predictions(copied.path, {"test": close, "validation": close[:5_000]})
    assert (copied.predictions().answers == 5).all()


def test_certain_answers_come_back_certain(copied):
    certain = np.eye(10, dtype=np.float32)[runs.true_labels("test")]
    runs.save_predictions(copied.path, {"test": certain, "validation": certain[:5_000]})
    assert copied.predictions().correct == 10_000
    np.testing.assert_allclose(copied.predictions().probs, certain, atol=1e-9)


def test_predictions_of_any_other_part_are_refused(saved):
    with pytest.raises(ValueError, match="validation and test, not 'training'"):
        saved.predictions("training")


def test_true_labels_are_those_of_the_test_and_the_held_out_digits():
    assert (runs.true_labels("test") == load_mnist(train=False).labels.numpy()).all()
    assert (runs.true_labels("validation") == split(load_mnist(train=True))[1].labels.numpy()).all()
    assert torch.equal(held_out().images, split(load_mnist(train=True))[1].images)


def test_ensemble_comes_back(tmp_path):
    for ensemble in (
        Ensemble("pair", "Two.", ("first", "second")),
        Ensemble("weighed", "Two.", ("first", "second"), "weighted", (0.25, 0.75)),
    ):
        for member in ensemble.members:
            (tmp_path / member).mkdir(exist_ok=True)
            (tmp_path / member / runs.RESULT).touch()
        runs.save_ensemble(tmp_path / ensemble.name, ensemble)
        assert RunStore(tmp_path).ensembles()[ensemble.name] == ensemble


# --- what is listed


def test_finished_runs_are_listed_by_name(store):
    assert list(store.runs()) == ["other", "spoilt"]
    assert store.run("other").recipe == MADE_BY


def test_a_run_without_a_result_is_not_listed(store, copied):
    (copied.path / runs.RESULT).unlink()
    assert list(store.runs()) == ["other"]
    with pytest.raises(KeyError):
        store.run("spoilt")


def test_an_ensemble_called_as_an_earlier_run_is_hidden_by_it(store, tmp_path):
    later = tmp_path / "later"
    runs.save_ensemble(later / "other", Ensemble("other", "", ("spoilt",)))
    runs.save_ensemble(later / "mine", Ensemble("mine", "", ("other", "spoilt")))
    both = RunStore(*store.folders, later)
    assert [*both.ensembles()] == ["mine"] and [*both.runs()] == ["other", "spoilt"]
    assert [run.name for run in both.members("other")] == ["other"]
    assert [*RunStore(later, *store.folders).ensembles()] == ["other"]  # then the run is hidden


def test_an_earlier_folder_wins_a_name(store, saved, tmp_path):
    later = tmp_path / "later"
    save(later / "other", seed=1)
    save(later / "third", seed=1)
    both = RunStore(*store.folders, later)
    assert list(both.runs()) == ["other", "spoilt", "third"]
    assert both.run("other").path.parent == store.folders[0]
    assert both.run("third").path.parent == later


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path):
    empty = RunStore(tmp_path / "nowhere")
    assert empty.runs() == {}
    assert empty.ensembles() == {}


def test_the_shipped_weights_are_the_default():
    assert RunStore().folders == (runs.WEIGHTS,)


def test_other_files_in_a_store_do_no_harm(store):
    (store.folders[0] / "notes.txt").write_text("mine")
    (store.folders[0] / ".hidden").mkdir()
    assert list(store.runs()) == ["other", "spoilt"]


@pytest.mark.parametrize(
    "name",
    ["../outside", "outside/../../outside", "a/b", "", ".", "..", "/", "\0", "~", "x" * 300, "é"],
)
def test_no_name_leaves_the_store(store, saved, name):
    shutil.copytree(saved.path, store.folders[0].parent / "outside")
    shutil.copytree(saved.path, store.folders[0] / "a" / "b")
    with pytest.raises(KeyError):
        store.run(name)


def test_no_absolute_name_leaves_the_store(store, saved):
    with pytest.raises(KeyError):
        store.run(str(saved.path))


# --- what is damaged is named


def damage_missing(file):
    file.unlink()


def damage_empty(file):
    file.write_bytes(b"")


def damage_truncated(file):
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])


def damage_garbled(file, start=0):
    whole = file.read_bytes()
    file.write_bytes(whole[:start] + b"\xff\x00\xfe" * 20 + whole[start + 60 :])


def damage_other_text(file):
    file.write_text("<html>502 Bad Gateway</html>")


def damage_other_json(file):
    file.write_text("[1, 2, 3]")


DAMAGES = [
    damage_missing, damage_empty, damage_truncated, damage_garbled, damage_other_text,
    damage_other_json,
]  # fmt: skip


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_file_is_named(copied, name, damage):
    damage(copied.path / name)
    with pytest.raises(RunDamaged, match=f"spoilt/{name}"):
        READ[name](copied)


def test_predictions_garbled_in_the_middle_are_named(copied):
    file = copied.path / runs.PREDICTIONS
    damage_garbled(file, file.stat().st_size // 2)
    with pytest.raises(RunDamaged, match=f"spoilt/{runs.PREDICTIONS}"):
        for part in SIZES:
            copied.predictions(part)


def test_predictions_with_a_garbled_heading_are_named(copied):
    """NumPy takes the heading of an array for Python, and raises what Python raises."""
    file = copied.path / runs.PREDICTIONS
    with np.load(file) as whole:
        arrays = {name: whole[name] for name in whole.files}
    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            npy = io.BytesIO()
            np.save(npy, array)
            archive.writestr(f"{name}.npy", npy.getvalue().replace(b"(", b"((", 1))
    with pytest.raises(RunDamaged, match=f"spoilt/{runs.PREDICTIONS}"):
        copied.predictions("test")


def test_half_a_row_of_history_is_named(copied):
    file = copied.path / runs.HISTORY
    file.write_text(file.read_text().rsplit(",", 2)[0])
    with pytest.raises(RunDamaged, match=f"spoilt/{runs.HISTORY}"):
        _ = copied.history


@pytest.mark.parametrize("name", READ)
def test_damage_to_one_file_leaves_the_others_readable(copied, name):
    (copied.path / name).write_bytes(b"\xff")
    for other in set(READ) - {name}:
        if (name, other) != (runs.RECIPE, runs.STATE):  # a network is built by its recipe
            READ[other](copied)


def test_missing_weights_have_no_size(copied):
    (copied.path / runs.STATE).unlink()
    with pytest.raises(RunDamaged, match=runs.STATE):
        _ = copied.weights_bytes


def test_weights_of_another_network_are_named(copied):
    runs.save_weights(copied.path, build("dense").state_dict())
    with pytest.raises(RunDamaged, match=f"spoilt/{runs.STATE} does not fit"):
        copied.network()


@pytest.mark.parametrize(
    "probs",
    [
        {"validation": random_probs(5_000, 0)},
        {"test": random_probs(17, 0)},
        {"test": random_probs(10_000, 0)[:, :9]},
        {"test": np.full((10_000, 10), np.nan, np.float32)},
    ],
    ids=["part missing", "too few digits", "too few classes", "not numbers"],
)
def test_predictions_that_do_not_fit_are_named(copied, probs):
    runs.save_predictions(copied.path, probs)
    with pytest.raises(RunDamaged, match=f"spoilt/{runs.PREDICTIONS}"):
        copied.predictions()


def test_result_without_its_figures_is_named(copied):
    (copied.path / runs.RESULT).write_text('{"test_correct": 1}')
    with pytest.raises(RunDamaged, match=f"spoilt/{runs.RESULT}"):
        _ = copied.result


def test_recipe_of_an_unknown_network_is_named(copied):
    changed = MADE_BY.to_json().replace('"tiny"', '"retired"')
    (copied.path / runs.RECIPE).write_text(changed)
    with pytest.raises(RunDamaged, match=rf"spoilt/{runs.RECIPE}.*retired"):
        _ = copied.recipe


# --- ensembles in a store


def pair(**changes):
    return replace(Ensemble("pair", "Two.", ("other", "spoilt")), **changes)


def test_an_ensemble_answers_from_its_members(store):
    runs.save_ensemble(store.folders[0] / "pair", pair(how="weighted", weights=(1, 3)))
    ensemble = store.ensembles()["pair"]
    for part in SIZES:
        members = np.stack([store.run(name).predictions(part).probs for name in ensemble.members])
        together = store.ensemble_predictions(ensemble, part)
        np.testing.assert_allclose(together.probs, combine(members, "weighted", [1, 3]))
        assert (together.labels == runs.true_labels(part)).all()


def test_an_ensemble_without_all_its_members_is_not_listed(store):
    runs.save_ensemble(store.folders[0] / "pair", pair(members=("other", "gone")))
    assert store.ensembles() == {}


def test_members_may_live_in_another_folder(store, tmp_path):
    runs.save_ensemble(tmp_path / "mine" / "pair", pair())
    assert list(RunStore(*store.folders, tmp_path / "mine").ensembles()) == ["pair"]


def test_an_ensemble_is_not_listed_as_a_run(store):
    runs.save_ensemble(store.folders[0] / "pair", pair())
    assert "pair" not in store.runs()


WHOLE = {"description": "Two.", "members": ["other", "spoilt"], "how": "mean", "weights": None}
DAMAGED_ENSEMBLES = {
    "empty": "",
    "cut off": json.dumps(WHOLE)[:40],
    "not an object": "[]",
    "null": "null",
    "without members": json.dumps({"description": "", "how": "mean"}),
    "no members": json.dumps({**WHOLE, "members": []}),
    "members no list": json.dumps({**WHOLE, "members": 3}),
    "members no names": json.dumps({**WHOLE, "members": [["other"], {}]}),
    "unknown way": json.dumps({**WHOLE, "how": "median"}),
    "weights that do not fit": json.dumps({**WHOLE, "how": "weighted", "weights": [1]}),
}


@pytest.mark.parametrize("text", DAMAGED_ENSEMBLES.values(), ids=DAMAGED_ENSEMBLES)
def test_a_damaged_ensemble_is_left_out_of_the_list_alone(store, text):
    runs.save_ensemble(store.folders[0] / "pair", pair())
    (store.folders[0] / "broken").mkdir()
    (store.folders[0] / "broken" / runs.ENSEMBLE).write_text(text)
    assert list(store.ensembles()) == ["pair"]
    assert list(store.runs()) == ["other", "spoilt"]


# --- nothing is half there


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(copied):
    target = copied.path / runs.STATE
    old, files = target.read_bytes(), sorted(copied.path.iterdir())

    def half(part):
        part.write_bytes(b"half")
        assert target.read_bytes() == old  # whoever reads meanwhile finds the old file
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        write(target, half)
    assert target.read_bytes() == old
    assert sorted(copied.path.iterdir()) == files


def test_a_first_writer_that_fails_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(runs.np, "savez_compressed", lambda file, **arrays: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        runs.save_predictions(tmp_path, {"test": random_probs(3, 0)})
    assert list(tmp_path.iterdir()) == []


def test_saving_again_replaces(copied):
    runs.save_result(copied.path, replace(FIGURES, test_correct=9_600))
    assert copied.result.test_correct == 9_600
    assert {file.name for file in copied.path.iterdir()} == set(READ)


@settings(max_examples=10)
@given(st.text(max_size=40), st.lists(st.floats(0.01, 1), min_size=1, max_size=4))
def test_any_ensemble_description_and_weights_come_back(tmp_path, description, weights):
    members = tuple(f"m{i}" for i in range(len(weights)))
    for member in members:
        (tmp_path / member).mkdir(exist_ok=True)
        (tmp_path / member / runs.RESULT).touch()
    ensemble = Ensemble("any", description, members, "weighted", tuple(weights))
    runs.save_ensemble(tmp_path / "any", ensemble)
    assert RunStore(tmp_path).ensembles()["any"] == ensemble
