"""Features: what a network's last layer is given; read at once or by a process of its own."""

import os
import signal
import time

import numpy as np
import pytest
import torch

from digitcore.digits import load_mnist
from digitcore.evaluation import predict_logits
from digitcore.exploration.features import features
from digitcore.exploration.reading import Reading
from digitcore.runs import WEIGHTS, RunStore


@pytest.fixture(scope="module")
def images():
    return load_mnist(train=False).images[:70]


@pytest.mark.parametrize("model", ["tiny", "dense", "strong"])
def test_the_last_layer_makes_the_answer_of_them(model, images):
    network = RunStore().run(model).network()
    with torch.inference_mode():
        answers = network[-1](torch.from_numpy(features(network, images)))
    assert torch.allclose(answers, predict_logits(network, images), atol=1e-4)


def wait_for(reading: Reading) -> None:
    end = time.monotonic() + 60
    while reading.alive and time.monotonic() < end:
        time.sleep(0.02)


def test_a_process_reads_the_same(images):
    reading = Reading(WEIGHTS / "tiny", images)
    wait_for(reading)
    assert reading.failure is None
    assert (reading.done, reading.of) == (70, 70)
    expected = features(RunStore().run("tiny").network(), images)
    np.testing.assert_allclose(reading.found, expected, atol=1e-5)


def test_a_stopped_one_leaves_nothing(images):
    reading = Reading(WEIGHTS / "tiny", images)
    reading.stop()
    assert not reading.alive
    assert reading.found is None and reading.failure is None


def test_a_killed_one_has_failed(images):
    reading = Reading(WEIGHTS / "tiny", images)
    os.kill(reading.number, signal.SIGKILL)
    wait_for(reading)
    assert reading.found is None
    assert str(reading.failure) == "The process was ended."
