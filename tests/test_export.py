"""Downloads: the ONNX model answers as its network does, and the script trains the run again."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from digitcore import export
from digitcore.augment import Warp
from digitcore.digits import DigitSet, load_mnist, split, subset
from digitcore.evaluation import as_input, predict_logits
from digitcore.export import NotTheSame, onnx_bytes, script_name, training_script
from digitcore.folder import NAME, RunDamaged
from digitcore.models import build
from digitcore.recipes import Recipe
from digitcore.runs import Run, RunStore
from digitcore.training import EpochEnd, Event, Finished, best_of, train
from digitcore.zoo import ZOO
from tests.test_recipes import recipes

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = RunStore().runs()
EVERY_RUN = pytest.mark.parametrize("name", SHIPPED)
TINY = Recipe("tiny", epochs=2, digits=500, precision="float32", warp=Warp(rotation=10))
CHANGED = Recipe("dense", epochs=3, digits=500, schedule="one-cycle", precision="float32")


@cache
def content(name: str) -> bytes:
    """Each model is exported once for all tests."""
    return onnx_bytes(SHIPPED[name])


def session(model: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Sums of several threads may round otherwise."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@EVERY_RUN
def test_model_is_valid_and_whole(name):
    model = onnx.load_from_string(content(name))
    onnx.checker.check_model(model, full_check=True)
    assert all(weights.HasField("raw_data") for weights in model.graph.initializer)
    (image,), (logits,) = model.graph.input, model.graph.output
    assert (image.name, logits.name) == ("image", "logits")
    assert image.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    sides = image.type.tensor_type.shape.dim
    assert [side.dim_param or side.dim_value for side in sides] == ["N", 1, 28, 28]


@EVERY_RUN
def test_only_what_answers_need_is_left(name):
    kinds = {node.op_type for node in onnx.load_from_string(content(name)).graph.node}
    assert not kinds & {"BatchNormalization", "Dropout"}


@EVERY_RUN
@pytest.mark.parametrize("n", [1, 7, 300])
def test_any_number_of_digits_is_answered_as_by_the_network(name, n):
    images = load_mnist(train=False).images[:n]  # not those that the export compared
    (logits,) = session(content(name)).run(None, {"image": as_input(images).numpy()})
    assert logits.shape == (n, 10)
    expected = predict_logits(SHIPPED[name].network(), images).numpy()
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-4)


@EVERY_RUN
def test_model_says_what_it_is_and_not_where_it_was_made(name):
    about = session(content(name)).get_modelmeta()
    assert name in about.description
    assert about.custom_metadata_map["name"] == name
    assert "(N, 1, 28, 28)" in about.custom_metadata_map["input"]
    assert ast.literal_eval(about.custom_metadata_map["classes"]) == list("0123456789")
    assert Recipe.from_json(about.custom_metadata_map["recipe"]) == SHIPPED[name].recipe
    for place in (ROOT, Path(torch.__file__).parents[1]):
        assert str(place).encode() not in content(name)


def test_another_networks_model_is_not_handed_out(monkeypatch):
    other = export.exported(build("tiny", seed=1).eval())
    monkeypatch.setattr(export, "exported", lambda network: other)
    with pytest.raises(NotTheSame, match=r"of tiny .* \d+ of 256 answers .* 0\.0001 is allowed"):
        onnx_bytes(SHIPPED["tiny"])


@pytest.mark.parametrize("off", [2e-4, float("nan")])
@pytest.mark.parametrize("n", [1, export.CHECKED])
def test_logits_that_are_off_are_not_handed_out(monkeypatch, off, n):
    exact = export.answers

    def inexact(session: onnxruntime.InferenceSession, images: torch.Tensor) -> np.ndarray:
        return exact(session, images) + (off if len(images) == n else 0)

    monkeypatch.setattr(export, "answers", inexact)
    with pytest.raises(NotTheSame, match=f" of {n} answers"):
        onnx_bytes(SHIPPED["tiny"])


def test_export_says_nothing_on_the_console(capfd):
    onnx_bytes(SHIPPED["tiny"])
    assert capfd.readouterr() == ("", "")


def test_sessions_may_export_at_once():
    names = ["tiny", "slim", "residual"] * 2
    with ThreadPoolExecutor(len(names)) as pool:
        contents = list(pool.map(lambda name: onnx_bytes(SHIPPED[name]), names))
    assert contents == [content(name) for name in names]


def test_damaged_run_has_no_model(tmp_path):
    with pytest.raises(RunDamaged):
        onnx_bytes(Run(tmp_path))


def assigned(script: str) -> dict[str, ast.expr]:
    """What the script's own variables are set to, by name."""
    return {
        target.id: line.value
        for line in ast.parse(script).body
        if isinstance(line, ast.Assign)
        for target in line.targets
        if isinstance(target, ast.Name)
    }


def recipe_of(script: str) -> Recipe:
    code = compile(ast.Expression(assigned(script)["recipe"]), "recipe", "eval")
    return eval(code, {"Recipe": Recipe, "Warp": Warp})


@pytest.mark.parametrize("name", ZOO)
def test_zoo_script_spells_its_recipe(name):
    script = training_script(name, ZOO[name].recipe, {}, {})
    assert recipe_of(script) == ZOO[name].recipe
    assert max(len(line) for line in script.splitlines()) <= 100


@given(recipes)
def test_any_recipe_is_spelt(recipe):
    assert recipe_of(training_script("any", recipe, {}, {})) == recipe


def test_only_fields_that_were_chosen_are_spelt():
    script = training_script("mine", Recipe("tiny", seed=3, warp=Warp(shift=0.1)), {}, {})
    call = assigned(script)["recipe"]
    assert ast.unparse(call) == "Recipe(network='tiny', warp=Warp(shift=0.1), seed=3)"


@given(st.from_regex(NAME, fullmatch=True))
def test_any_name_of_a_run_is_only_a_name(name):
    script = training_script(name, Recipe("tiny"), {}, {})
    assert ast.literal_eval(assigned(script)["name"]) == name
    other = ast.parse(training_script("other", Recipe("tiny"), {}, {}))
    same_but_name = zip(ast.parse(script).body, other.body, strict=True)
    assert sum(ast.unparse(one) != ast.unparse(two) for one, two in same_but_name) <= 2


@pytest.mark.parametrize(
    "name",
    ["", ".", "../up", "a b", 'a"', "a'", "a\n", "a\\", '"""', "a{b}", "é", "x" * 65, "-rf"],
)
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match="no name of a run"):
        training_script(name, Recipe("tiny"), {}, {})


def test_script_of_no_run_hides_a_module():
    assert script_name("torch") == "train-torch.py"
    assert script_name("torch") in training_script("torch", Recipe("tiny"), {}, {})


def test_ordinary_script_is_simple():
    script = training_script("mine", Recipe("tiny"), {}, {})
    assert not any(word in script for word in ("Warp", "replace", "rates", "epochs", "def "))
    assert len(script.splitlines()) <= 45


def test_changes_are_spelt_in_their_order():
    script = training_script("mine", CHANGED, {40: 1, 8: 0.5}, {4: 6, 2: 4})
    assert ast.unparse(assigned(script)["rates"]) == "{8: 0.5, 40: 1.0}"
    assert ast.unparse(assigned(script)["epochs"]) == "{2: 4, 4: 6}"


def weights_of(events: Iterator[Event]) -> dict[str, torch.Tensor]:
    *_, last = events
    assert isinstance(last, Finished)
    return last.weights


def same(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return some.keys() == others.keys() and all(some[key].equal(others[key]) for key in some)


def sets(recipe: Recipe) -> tuple[DigitSet, DigitSet]:
    train_set, validation_set = split(load_mnist(train=True), recipe.validation_share)
    return subset(train_set, recipe.digits, recipe.seed), validation_set


def test_script_trains_the_very_weights_again(tmp_path, one_thread):
    file = tmp_path / script_name("mine")
    file.write_text(training_script("mine", TINY, {}, {}), "utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, file.name],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    first, second, last = done.stdout.splitlines()
    assert first.startswith("epoch 1: loss ")
    assert second.startswith("epoch 2: loss ")
    assert "of 10000 test digits right (95 % interval" in last
    trained = weights_of(train(TINY, *sets(TINY)))
    assert same(load_file(tmp_path / "mine.safetensors"), trained)


@pytest.mark.parametrize(("epochs", "stopped"), [({}, 2), ({1: 6}, 3)])
def test_script_of_a_run_that_was_stopped_ends_where_it_did(
    tmp_path, one_thread, monkeypatch, capsys, epochs, stopped
):
    """Its best epoch may come later than it got: the plan of its schedule stays as it was."""
    monkeypatch.chdir(tmp_path)
    exec(training_script("mine", CHANGED, {}, epochs, stopped), {})
    assert capsys.readouterr().out.count("epoch ") == stopped
    recipe, checkpoint = CHANGED, None
    for until in (*epochs, stopped):
        events = train(recipe, *sets(CHANGED), checkpoint)
        ends = (event for event in events if isinstance(event, EpochEnd))
        checkpoint = next(end.checkpoint for end in ends if end.epoch == until)
        recipe = replace(recipe, epochs=epochs.get(until, recipe.epochs))
    kept = best_of(checkpoint)
    assert kept.epochs == stopped
    assert same(load_file("mine.safetensors"), kept.weights)


def test_script_makes_the_same_changes_on_the_way(tmp_path, one_thread, monkeypatch, capsys):
    rates, epochs = {2: 0.5, 9: 2.0}, {2: 4, 4: 5}
    monkeypatch.chdir(tmp_path)
    exec(training_script("mine", CHANGED, rates, epochs), {})
    assert capsys.readouterr().out.count("epoch ") == 5

    checkpoint, recipe = None, CHANGED
    for until, longer in epochs.items():
        events = train(recipe, *sets(CHANGED), checkpoint, rates=rates)
        ends = (event for event in events if isinstance(event, EpochEnd))
        checkpoint = next(end.checkpoint for end in ends if end.epoch == until)
        recipe = replace(recipe, epochs=longer)
    trained = weights_of(train(recipe, *sets(CHANGED), checkpoint, rates=rates))
    assert same(load_file("mine.safetensors"), trained)
    assert not same(weights_of(train(recipe, *sets(CHANGED))), trained)
