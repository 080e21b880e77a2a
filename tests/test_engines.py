"""Every engine answers as the reference does, whichever is chosen; without one, torch answers."""

import gc
import logging
import os
import sys
import tempfile
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from shutil import copytree, rmtree
from threading import Event, current_thread

import numpy as np
import pytest
import torch
from torch import nn

import digitcore
from digitcore import engines
from digitcore import members as members_module
from digitcore.digits import DigitSet, held_out, load_mnist
from digitcore.engines import AT_START, ENGINES, MANY, REFERENCE, TOLERANCE, choose, fold, read
from digitcore.evaluation import Predictions, predict
from digitcore.hands import load_hands
from digitcore.members import Members
from digitcore.models import ARCHITECTURES, Residual, build
from digitcore.runs import STATE, WEIGHTS, RunStore, save_weights

SHIPPED = RunStore().runs()
EXACT = (REFERENCE, *AT_START)
LOSSY = tuple(name for name in ENGINES if name not in EXACT)
SOME = {"tiny": "tiny", "residual": "residual", "dense": "dense"}  # normed, nested, and neither
EVERY_RUN = pytest.mark.parametrize("run", SHIPPED)


@pytest.fixture(scope="module")
def test_set() -> DigitSet:
    return load_mnist(train=False).take(range(100))


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch):
    """Nothing is known of any architecture when a test begins."""
    monkeypatch.setattr(engines, "_measured", {})


def probabilities(reader: engines.Reader, images: torch.Tensor) -> np.ndarray:
    return reader(images).softmax(1).numpy()


@EVERY_RUN
@pytest.mark.parametrize("name", EXACT)
def test_exact_engines_answer_as_the_reference(run, name, test_set):
    network = SHIPPED[run].network()
    reader, expected = ENGINES[name](network), predict(network, test_set.images)
    for n in (1, 7, len(test_set)):
        found = reader(test_set.images[:n])
        assert (found.dtype, found.shape) == (torch.float32, (n, 10))
        np.testing.assert_allclose(found.softmax(1), expected[:n], rtol=0, atol=TOLERANCE / 2)


@EVERY_RUN
@pytest.mark.parametrize("name", LOSSY)
def test_lossy_engines_read_the_test_digits_as_well(run, name, test_set):
    network = SHIPPED[run].network()
    labels = test_set.labels.numpy()
    found = Predictions(probabilities(ENGINES[name](network), test_set.images), labels)
    expected = Predictions(predict(network, test_set.images), labels)
    assert abs(found.correct - expected.correct) <= 1
    sure = expected.confidence > 0.7
    assert (found.answers[sure] == expected.answers[sure]).all()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_folding_leaves_no_norm_no_dropout_and_the_network_as_it_was(name, test_set):
    network = build(name, seed=1)
    network(test_set.images[:64, None].float() / 255)  # so that there is a norm to fold
    network.eval()
    before = predict(network, test_set.images)
    folded = fold(network)
    assert not any(isinstance(layer, nn.BatchNorm2d | nn.Dropout) for layer in folded.modules())
    np.testing.assert_allclose(predict(folded, test_set.images), before, rtol=0, atol=1e-5)
    blocks = [sum(isinstance(layer, Residual) for layer in n.modules()) for n in (network, folded)]
    assert blocks[0] == blocks[1]
    for weights in folded.parameters():
        nn.init.zeros_(weights)
    assert predict(network, test_set.images).tobytes() == before.tobytes()


def test_a_norm_that_follows_no_convolution_stays(test_set):
    network = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(784, 10))
    network(test_set.images[:, None].float())
    network.eval()
    expected = predict(network, test_set.images)
    np.testing.assert_allclose(predict(fold(network), test_set.images), expected, atol=1e-6)


@pytest.mark.parametrize("run", SOME)
def test_chosen_engines_are_those_that_measured_fastest(run, test_set, monkeypatch):
    times = {"torch": (3.0, 1.0), "folded": (2.0, 2.0), "onnx": (1.0, 3.0), "mixed": (4.0, 4.0)}
    monkeypatch.setattr(engines, "_times", lambda *_: times)
    network = SHIPPED[run].network()
    chosen = choose(network)
    assert (chosen.one, chosen.many) == ("onnx", "torch")
    assert set(chosen.readers) == {"onnx", "torch"}
    expected = predict(network, test_set.images)
    assert probabilities(chosen, test_set.images).tobytes() == expected.tobytes()
    one = probabilities(chosen, test_set.images[:1])
    assert one.tobytes() == probabilities(ENGINES["onnx"](network), test_set.images[:1]).tobytes()


def test_an_engine_that_fails_is_left_out_and_the_log_says_why(monkeypatch, caplog):
    def broken(network):
        raise TypeError("a bug of ours")

    monkeypatch.setitem(ENGINES, "onnx", broken)
    with caplog.at_level("INFO"):
        assert "onnx" not in choose(build("tiny").eval()).readers
    assert "onnx is left out" in caplog.text and "a bug of ours" in caplog.text


@pytest.mark.parametrize("run", SOME)
def test_whatever_is_chosen_here_was_measured_and_agrees(run, test_set):
    network = SHIPPED[run].network()
    chosen = choose(network)
    assert set(chosen.times) == set(EXACT)
    for place, name in enumerate((chosen.one, chosen.many)):
        assert all(0 < chosen.times[name][place] <= took[place] for took in chosen.times.values())
    for n in (1, len(test_set)):
        np.testing.assert_allclose(
            probabilities(chosen, test_set.images[:n]),
            predict(network, test_set.images[:n]), rtol=0, atol=TOLERANCE,
        )  # fmt: skip


def test_an_architecture_is_measured_once_whatever_its_weights(monkeypatch):
    asked = []
    measure = engines._time
    monkeypatch.setattr(
        engines, "_time", lambda reader, images: asked.append(1) or measure(reader, images)
    )
    choose(build("tiny", seed=1).eval())
    once = len(asked)
    choose(build("tiny", seed=2).eval())
    assert len(asked) == once > 0
    choose(build("dense").eval())
    assert len(asked) == 2 * once


def broken(network: nn.Sequential) -> engines.Reader:
    raise ImportError("No module named 'onnxruntime'")


def breaks_when_asked(network: nn.Sequential) -> engines.Reader:
    def reader(images: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("cannot run this")

    return reader


def slightly_off(network: nn.Sequential) -> engines.Reader:
    def reader(images: torch.Tensor) -> torch.Tensor:
        logits = ENGINES[REFERENCE](network)(images)
        return logits + torch.arange(10) * 0.01  # on sure digits as good as nothing

    return reader


def off_for_one_image(network: nn.Sequential) -> engines.Reader:
    def reader(images: torch.Tensor) -> torch.Tensor:
        logits = ENGINES[REFERENCE](network)(images)
        return logits.flip(1) if len(images) == 1 else logits

    return reader


def nothing_but_nan(network: nn.Sequential) -> engines.Reader:
    return lambda images: torch.full((len(images), 10), float("nan"))


@pytest.mark.parametrize(
    "bad", [broken, breaks_when_asked, slightly_off, off_for_one_image, nothing_but_nan]
)
def test_an_engine_that_fails_or_disagrees_is_never_chosen(bad, monkeypatch):
    monkeypatch.setitem(ENGINES, "bad", bad)
    network = SHIPPED["tiny"].network()
    chosen = choose(network, ("bad",))
    assert (chosen.one, chosen.many, set(chosen.times)) == (REFERENCE, REFERENCE, {REFERENCE})


def test_without_onnx_the_others_answer(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "digitcore.export", raising=False)
    monkeypatch.delattr(digitcore, "export", raising=False)
    chosen = choose(SHIPPED["tiny"].network())
    assert set(chosen.times) == {REFERENCE, "folded"}


def test_a_network_that_diverged_is_answered_by_the_reference():
    network = build("tiny").eval()
    with torch.no_grad():
        network[-1].bias.fill_(float("nan"))
    assert set(choose(network).times) == {REFERENCE}


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_engines_are_refused_by_the_tolerance_and_allowed_by_a_larger_one(name):
    network = SHIPPED["funnel"].network()
    assert set(choose(network, (name,)).times) == {REFERENCE}
    assert set(choose(network, (name,), tolerance=0.2).times) == {REFERENCE, name}


def test_8_bits_leave_what_a_network_deslants_where_it_was():
    network, images = SHIPPED["upright-strong"].network(), held_out().images
    expected = predict(network, images)
    found = ENGINES["int8"](network)(images).softmax(1).numpy()
    assert np.abs(found - expected).max() < 0.1  # 0.2 where its places are rounded too


def test_8_bits_answer_where_they_are_sure_and_single_precision_where_not():
    network, images = SHIPPED["slim"].network(), held_out().images[:300]
    quick, exact, mixed = (ENGINES[name](network)(images) for name in ("int8", "onnx", "mixed"))
    unsure = quick.softmax(1).amax(1) < engines.SURE
    assert 10 < unsure.sum() < 150
    torch.testing.assert_close(mixed[~unsure], quick[~unsure], rtol=0, atol=0)
    torch.testing.assert_close(mixed[unsure], exact[unsure], rtol=0, atol=1e-4)
    assert (mixed[unsure] - quick[unsure]).abs().max() > 0.01


@EVERY_RUN
def test_mixed_precision_moves_no_probability_of_what_is_hard_to_read(run):
    """Digits by other hands, letters and shapes: much that nobody is sure of."""
    network = SHIPPED[run].network()
    images = torch.from_numpy(load_hands().images[::8])
    found = probabilities(ENGINES["mixed"](network), images)
    np.testing.assert_allclose(found, predict(network, images), rtol=0, atol=TOLERANCE)


def test_calibration_says_nothing_and_leaves_nothing(tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings(), caplog.at_level(logging.INFO):
        warnings.simplefilter("error")
        ENGINES["int8"](SHIPPED["tiny"].network())
    assert list(tmp_path.iterdir()) == []
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("n", [1, 2, MANY, MANY + 1, 3 * MANY + 4])
def test_several_readers_at_once_keep_the_order_of_networks_and_images(n, test_set):
    networks = [SHIPPED[name].network() for name in ("tiny", "dense", "slim")]
    found = read([ENGINES[REFERENCE](network) for network in networks], test_set.images[:n])
    assert found.shape == (3, n, 10)
    expected = np.stack([predict(network, test_set.images[:n]) for network in networks])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


# --- members


@pytest.fixture
def folder(tmp_path):
    for name in ("tiny", "dense"):
        copytree(WEIGHTS / name, tmp_path / name)
    return tmp_path


def asked(members: Members, images: np.ndarray) -> list[np.ndarray]:
    """All at once, then one by one: other engines may be at work."""
    at_once = members.probs(["tiny", "dense"], images)
    single = [members.probs(["tiny", "dense"], image[None]) for image in images[:5]]
    return [at_once[:, :5], np.concatenate(single, axis=1)]


def reference(folder, images: np.ndarray) -> np.ndarray:
    runs = RunStore(folder)
    return np.stack(
        [predict(runs.run(n).network(), torch.from_numpy(images)) for n in ("tiny", "dense")]
    )


def test_members_answer_the_same_before_and_after_they_are_measured(folder, test_set):
    members, images = Members(RunStore(folder)), test_set.images.numpy()
    expected = reference(folder, images)[:, :5]
    before = asked(members, images)
    for name in ("tiny", "dense"):
        members.chosen(name)
    for found in (*before, *asked(members, images)):
        np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)


def test_members_answer_by_new_weights_once_their_file_has_changed(folder, test_set):
    members, images = Members(RunStore(folder)), test_set.images.numpy()
    old = members.chosen("tiny"), asked(members, images)[0]
    save_weights(folder / "tiny", build("tiny", seed=9).state_dict())
    os.utime(folder / "tiny" / STATE, (1, 1))
    expected = reference(folder, images)[:, :5]
    assert np.abs(expected - old[1]).max() > 0.1
    for found in asked(members, images):  # perhaps while they are measured
        np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)
    assert members.chosen("tiny") is not old[0]
    for found in asked(members, images):
        np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)


def test_several_sessions_share_one_network_and_one_choice(folder, test_set):
    members, images = Members(RunStore(folder)), test_set.images.numpy()
    expected = reference(folder, images)
    with ThreadPoolExecutor(6) as sessions:
        answers = sessions.map(lambda _: members.probs(["tiny", "dense"], images), range(18))
        for found in answers:
            np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)
        assert len(set(sessions.map(lambda _: id(members.network("tiny")), range(18)))) == 1
        assert len(set(sessions.map(lambda _: id(members.chosen("tiny")), range(18)))) == 1


def test_nobody_waits_for_a_measurement(folder, test_set):
    """While the only thread that measures is kept busy, the reference answers."""
    go_on = Event()
    kept = members_module._MEASURING.submit(go_on.wait)
    try:
        members, images = Members(RunStore(folder)), test_set.images.numpy()
        found = members.probs(["tiny", "dense"], images[:1])
        assert found.tobytes() == reference(folder, images[:1]).tobytes()
    finally:
        go_on.set()
        kept.result()
    assert members.chosen("tiny").one in EXACT


def test_only_who_answers_is_measured(folder, monkeypatch):
    """A page that shows what each network costs times the networks themselves, undisturbed."""
    measured = []
    monkeypatch.setattr(members_module, "choose", lambda network: measured.append(network))
    members = Members(RunStore(folder))
    members.network("tiny")
    members.chosen("dense")
    assert measured == [members.network("dense")]


def test_each_network_is_read_on_as_many_threads_as_its_engine_can_use():
    """Also beside one whose engine spreads by itself."""
    threads: dict[str, set[str]] = {}

    def made(name: str) -> engines.Chosen:
        def reader(images: torch.Tensor) -> torch.Tensor:
            threads.setdefault(name, set()).add(current_thread().name.split("_")[0])
            return torch.zeros(len(images), 10)

        return engines.Chosen(name, name, {name: reader}, {})

    chosen, images = [made("folded"), made("onnx")], torch.zeros(MANY + 1, 28, 28)
    assert read(chosen, images).shape == (2, MANY + 1, 10)
    assert threads == {"folded": {current_thread().name}, "onnx": {"reading"}}
    threads.clear()
    read(chosen, images[:MANY])
    assert threads == {"folded": {current_thread().name}, "onnx": {current_thread().name}}


def test_the_network_of_a_deleted_run_is_not_kept(folder):
    members = Members(RunStore(folder))
    gone = weakref.ref(members.network("tiny"))
    rmtree(folder / "tiny")
    members.network("dense")
    gc.collect()
    assert gone() is None


def test_where_measuring_fails_the_reference_answers(folder, test_set, monkeypatch, caplog):
    def fails(network):
        raise RuntimeError("out of threads")

    monkeypatch.setattr(members_module, "choose", fails)
    members, images = Members(RunStore(folder)), test_set.images.numpy()
    members.network("tiny")
    with pytest.raises(RuntimeError, match="out of threads"):
        members.chosen("tiny")
    assert members.probs(["tiny"], images)[0].tobytes() == reference(folder, images)[0].tobytes()
    members.probs(["tiny"], images)
    told = [record.message for record in caplog.records if "out of threads" in record.message]
    assert told == ["tiny: no engine was chosen. out of threads"]


def test_held_out_digits_agree_too():
    """Other digits than those that choose() looked at."""
    network, images = SHIPPED["strong"].network(), held_out().images[1000:1300]
    found = probabilities(choose(network), images)
    np.testing.assert_allclose(found, predict(network, images), rtol=0, atol=TOLERANCE)
