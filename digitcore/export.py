"""What a finished run can be downloaded as, to be used elsewhere or trained again.

The ONNX model runs without PyTorch, in a browser or a phone; the script is the run as Python.
"""

import io
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from textwrap import indent
from threading import Lock
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from digitcore.augment import Warp
from digitcore.digits import CLASSES, held_out
from digitcore.evaluation import Floats, as_input, predict_logits
from digitcore.folder import NAME
from digitcore.recipes import Recipe
from digitcore.runs import Run

OPSET = 17  # old enough for what people have installed, and all that these networks need
CHECKED = 256  # digits
TOLERANCE = 1e-4  # logits may be so far apart
ROUNDING = 1e-6  # or so much of the largest: more than float32 loses in these networks
INPUT = (
    "float32 (N, 1, 28, 28) from 0, background, to 1, ink: as in MNIST, a digit scaled to fit "
    "20x20 pixels, its centre of mass in the middle of the image."
)
OUTPUT = f"float32 (N, {CLASSES}): a logit for each digit; their softmax is the probabilities."
EXPORTING = Lock()  # torch.onnx keeps what it is doing in module globals


class NotTheSame(RuntimeError):
    """An exported model answers otherwise than its network; the message gives the figures."""


def onnx_bytes(run: Run) -> bytes:
    """The run's network as one ONNX file: "image" (N, 1, 28, 28) in 0..1 -> "logits" (N, 10).

    ONNX Runtime has read it and given the network's own answers to held-out digits. Batch norm is
    folded into the convolutions, and dropout is gone. Raises NotTheSame, RunDamaged, DataDamaged.
    """
    network = run.network()
    model = onnx.load_from_string(exported(network))
    _describe(model, run)
    content = model.SerializeToString()
    images, model_read = held_out().images[:CHECKED], session(content)
    for several in (images, images[:1]):
        _compare(answers(model_read, several), predict_logits(network, several).numpy(), run.name)
    return content


def exported(network: nn.Module) -> bytes:
    """By torch's older exporter: for such networks 15 to 100 times as fast as the one by
    torch.export, and it leaves no trace of this machine in the file."""
    file, image = io.BytesIO(), torch.zeros(2, 1, 28, 28)
    with EXPORTING, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is the older one
        torch.onnx.export(
            network, (image,), file,  # type: ignore[arg-type]  # takes an open file, too
            dynamo=False, opset_version=OPSET, input_names=["image"], output_names=["logits"],
            dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
        )  # fmt: skip
    return file.getvalue()


def _describe(model: onnx.ModelProto, run: Run) -> None:
    """Write into the model what it is, reads and answers, and what it was trained by."""
    model.doc_string = f"Reads a handwritten digit: the network {run.name}, {_trained_on(run)}."
    model.graph.name = run.name
    model.graph.input[0].doc_string, model.graph.output[0].doc_string = INPUT, OUTPUT
    about = {
        "name": run.name,
        "input": INPUT,
        "output": OUTPUT,
        "classes": json.dumps([str(digit) for digit in range(CLASSES)]),
        "recipe": run.recipe.to_json(),
    }
    onnx.helper.set_model_props(model, about)


def _trained_on(run: Run) -> str:
    recipe = run.recipe
    sets = ["MNIST"] * recipe.mnist + [f"the set {recipe.own}"] * bool(recipe.own)
    sets += ["penned digits"] * bool(recipe.penned) + ["pictures of no digit"] * bool(recipe.others)
    taught = f", taught by {', '.join(recipe.teachers)}" if recipe.teachers else ""
    return f"trained on {' and '.join(sets)}{taught}"


def session(content: bytes) -> onnxruntime.InferenceSession:
    """An ONNX file's network, ready to answer on the thread that asks."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # others need the cores too, or share the work themselves
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def answers(of: onnxruntime.InferenceSession, images: Tensor) -> Floats:
    """(N, 10) logits for uint8 (N, 28, 28) images."""
    return of.run(["logits"], {"image": as_input(images).numpy()})[0]


def _compare(logits: Floats, expected: Floats, name: str) -> None:
    """Raise NotTheSame unless the logits, and which is the largest, are as expected."""
    apart = float(np.abs(logits - expected).max())
    others = int((logits.argmax(1) != expected.argmax(1)).sum())
    allowed = max(TOLERANCE, ROUNDING * float(np.abs(expected).max()))
    if others or not apart <= allowed:  # NaN is not either
        raise NotTheSame(
            f"The ONNX model of {name} does not answer as its network does: "
            f"{others} of {len(expected)} answers differ, "
            f"and logits by up to {apart:.2g} where {allowed:.2g} is allowed."
        )


def script_name(name: str) -> str:
    """File name of a run's script; what it begins with keeps a run `torch` from hiding torch."""
    return f"train-{name}.py"


def training_script(
    name: str, recipe: Recipe, rates: Mapping[int, float], epochs: Mapping[int, int],
    stopped: int = 0,
) -> str:  # fmt: skip
    """A Python script that trains a run again with digitcore and saves its weights.

    recipe: as the run was started. What a person changed while it ran: rates, step (from 0, over
    all epochs) -> factor on the scheduled learning rate from that step on; and epochs, finished
    epoch (from 1) -> so many epochs in all. stopped: the last finished epoch where a person ended
    it before its plan. Raises ValueError for a name that no run can have.
    """
    if not NAME.fullmatch(name):  # nothing that a user typed may become code
        raise ValueError(f"{name!r} is no name of a run.")
    parts = (
        INTRODUCTION.format(name=name, script=script_name(name)),
        "\n".join(_imports(recipe, epochs, stopped)),
        f"name = {json.dumps(name)}\nrecipe = {_call(recipe)}",
        MORE_DIGITS if recipe.beyond_mnist else DIGITS,
        *([TEACHER] if recipe.teachers else []),
        *_training(recipe, rates, epochs, stopped),
        TEST,
    )
    return "\n\n".join(parts) + "\n"


def _imports(recipe: Recipe, epochs: Mapping[int, int], stopped: int) -> Iterator[str]:
    if epochs:
        yield "from dataclasses import replace\n"
    yield "from safetensors.torch import save_file\n"
    if recipe.warp != Warp():
        yield "from digitcore.augment import Warp"
    yield IMPORTS.format(
        digits="load_mnist" if recipe.beyond_mnist else "load_mnist, split, subset",
        more=MORE_IMPORTS if recipe.beyond_mnist else "",
        teaching=TEACHING if recipe.teachers else "",
        names="best_of, " * bool(stopped) + "to_go_further, " * bool(epochs) + "train",
    )


def _training(
    recipe: Recipe, rates: Mapping[int, float], epochs: Mapping[int, int], stopped: int
) -> Iterator[str]:
    more = ", rates=rates" * bool(rates) + ", teacher=teacher" * bool(recipe.teachers)
    if rates:
        yield RATES.format(rates=_table(rates, float))
    if epochs:
        yield EPOCHS.format(epochs=_table(epochs, int), more=more)
    events = "train_in_stages(recipe)" if epochs else (
        f"train(recipe, train_set, validation_set{more})"
    )  # fmt: skip
    yield LOOP.format(events=events) + STOP.format(stopped=stopped) * bool(stopped)


def _call(value: Recipe | Warp) -> str:
    """Python that makes the value anew, one line for each field that is not its default."""
    changed = {
        field.name: getattr(value, field.name)
        for field in fields(value)
        if getattr(value, field.name) != _default(field)
    }
    lines = [f"{key}={_literal(entry)},\n" for key, entry in changed.items()]
    return f"{type(value).__name__}(\n{indent(''.join(lines), '    ')})"


def _default(field: Field) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _literal(value: Any) -> str:
    if isinstance(value, Warp):
        return _call(value)
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _table(changes: Mapping[int, Any], kind: type[int] | type[float]) -> str:
    """A dict of plain numbers as Python, in the order in which the changes took hold."""
    return repr({int(when): kind(changes[when]) for when in sorted(changes)})


INTRODUCTION = '''\
"""Trains the network {name} again, by the recipe of its run.

Save this file in the project's folder and run it there: .venv/bin/python {script}
The same machine, threads and precision give the same weights again.
"""'''

IMPORTS = """\
from digitcore.digits import {digits}
from digitcore.evaluation import Predictions, predict
from digitcore.models import build, load_weights
{more}from digitcore.recipes import Recipe
{teaching}from digitcore.training import EpochEnd, Finished, {names}"""

DIGITS = """\
train_set, validation_set = split(load_mnist(train=True), recipe.validation_share)
train_set = subset(train_set, recipe.digits or len(train_set), recipe.seed)"""

MORE_IMPORTS = """\
from digitcore.own.learning import learning_digits
from digitcore.own.store import own_sets
"""

MORE_DIGITS = """\
# what the recipe says of MNIST, of penned digits and of an own set; of the latter what is not held
# out of it: it lies in the project's folder own/, or where the environment's DIGITS_OWN says
train_set, validation_set = learning_digits(recipe, own_sets())"""

TEACHING = """\
from digitcore.jobs import runs_folder
from digitcore.runs import WEIGHTS, RunStore
from digitcore.teaching import teacher_of
"""

TEACHER = """\
# the networks that teach it: shipped ones, or this project's own
teacher = teacher_of(recipe, RunStore(WEIGHTS, runs_folder()))"""

RATES = """\
# from this step on, counted from 0: the scheduled learning rate times this factor
rates = {rates}"""

EPOCHS = """\
# after this finished epoch: so many epochs in all (a run that had been stopped within an epoch had
# learned the first batches of it by the old plan: its weights come out a little otherwise)
epochs = {epochs}


def train_in_stages(recipe, checkpoint=None):
    for event in train(recipe, train_set, validation_set, checkpoint{more}):
        yield event
        if isinstance(event, EpochEnd) and event.epoch in epochs:
            longer = replace(recipe, epochs=epochs[event.epoch])
            yield from train_in_stages(longer, to_go_further(event.checkpoint))
            return
"""

LOOP = """\
for event in {events}:
    if isinstance(event, EpochEnd):
        print(
            f"epoch {{event.epoch}}: loss {{event.train_loss:.4f}},"
            f" validation loss {{event.validation_loss:.4f}},"
            f" {{event.validation_accuracy:.2%}} of {{len(validation_set)}} right,"
            f" {{event.seconds:.1f}} s"
        )
    if isinstance(event, Finished):
        weights = event.weights  # of the best epoch by validation loss"""

STOP = """
    if isinstance(event, EpochEnd) and event.epoch == {stopped}:
        weights = best_of(event.checkpoint).weights
        break  # here it was stopped by hand"""

TEST = """\
network = build(recipe.network)
load_weights(network, weights)
test_set = load_mnist(train=False)
accuracy = Predictions(predict(network, test_set.images), test_set.labels.numpy()).accuracy
print(
    f"{accuracy.value:.2%} of {accuracy.n} test digits right"
    f" (95 % interval {accuracy.low:.2%} to {accuracy.high:.2%})"
)
save_file({key: tensor.contiguous() for key, tensor in weights.items()}, f"{name}.safetensors")"""
