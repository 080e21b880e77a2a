"""A finished training becomes a run: predicted once on the test digits, timed, and written."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from digitcore import runs
from digitcore.digits import held_out, load_mnist
from digitcore.evaluation import Predictions, predict
from digitcore.layers import count_parameters
from digitcore.models import build, load_weights
from digitcore.packing import State, in_bytes, in_half
from digitcore.recipes import Recipe
from digitcore.training import Finished, Started, evaluate


def finish(
    path: Path, recipe: Recipe, started: Started, finished: Finished, history: Sequence[runs.Epoch]
) -> runs.Result:
    """Write the run folder `path` from a training's events; history: one row an epoch."""
    network = build(recipe.network)
    weights = smallest(network, finished.weights)
    load_weights(network, weights)
    parts = {"validation": held_out(), "test": load_mnist(train=False)}
    probs = {part: predict(network, digits.images) for part, digits in parts.items()}
    correct = {
        part: Predictions(probs[part], digits.labels.numpy()).correct
        for part, digits in parts.items()
    }
    result = runs.Result(
        test_correct=correct["test"],
        test_n=len(parts["test"]),
        validation_correct=correct["validation"],
        validation_n=len(parts["validation"]),
        parameters=count_parameters(network),
        best_epoch=finished.best_epoch,
        epochs=finished.epochs,
        seconds=round(sum(row["seconds"] for row in history), 1),
        threads=torch.get_num_threads(),
        precision=started.precision,
        device=started.device,
        milliseconds=time_one_image(network),
    )
    _write(path, recipe, history, weights, probs, result)
    return result


def smallest(network: nn.Module, weights: State) -> State:
    """The weights packed as small as leaves as many held-out digits right, or as they are: half
    precision has no numbers above 65,504."""
    needed = _right(network, weights)
    ways = (in_bytes(weights), in_half(weights))
    whole = (way for way in ways if all(bool(w.isfinite().all()) for w in way.values()))
    return next((way for way in whole if _right(network, way) == needed), weights)


def _right(network: nn.Module, weights: State) -> float:
    """Share of the held-out digits that the network reads rightly with these weights."""
    load_weights(network, weights)
    return evaluate(network, held_out())[1]


def time_one_image(network: nn.Module, times: int = 200) -> float:
    """Median milliseconds for the probabilities of one image, on one thread."""
    image, threads = load_mnist(train=False).images[:1], torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        taken = [_time(network, image) for _ in range(times)]
    finally:
        torch.set_num_threads(threads)
    return round(float(np.median(taken)) * 1000, 3)


def _time(network: nn.Module, image: Tensor) -> float:
    began = time.perf_counter()
    predict(network, image)
    return time.perf_counter() - began


def _write(
    path: Path,
    recipe: Recipe,
    history: Sequence[runs.Epoch],
    weights: State,
    probs: dict[str, np.ndarray],
    result: runs.Result,
) -> None:
    """All is written apart and then moved into place: what was there before stays until then.

    The result goes first and comes last, so that a folder in between is no finished run.
    """
    apart = path / "finishing"
    shutil.rmtree(apart, ignore_errors=True)  # of a worker that was killed in between
    runs.save_history(apart, history)
    runs.save_weights(apart, weights)
    runs.save_predictions(apart, probs)
    runs.save_result(apart, result)
    if not (path / runs.RECIPE).exists() or runs.Run(path).recipe != recipe:
        runs.save_recipe(path, recipe)
    (path / runs.RESULT).unlink(missing_ok=True)
    for file in (runs.HISTORY, runs.STATE, runs.PREDICTIONS, runs.RESULT):
        os.replace(apart / file, path / file)
    shutil.rmtree(apart, ignore_errors=True)
