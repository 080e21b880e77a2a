"""What is stored of how sturdy networks are: exact enough, never stale, and the same when measured
again."""

import os
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax
from scipy.stats import entropy
from sklearn.metrics import accuracy_score
from statsmodels.stats.proportion import proportion_confint

from digitcore import robustness
from digitcore.evaluation import Predictions, predict
from digitcore.folder import RunDamaged
from digitcore.robustness import DEEPEST, STEPS, NotMeasured, decode, encode, flips
from digitcore.robustness.distortions import KINDS, SETTINGS, clean, distorted, sample
from digitcore.runs import PREDICTIONS, WEIGHTS, Ensemble, RunStore, save_ensemble

LOGITS = arrays(np.float32, (6, 10), elements=st.floats(-15, 15, width=32))
TURNED, NOISY = SETTINGS["rotation 30"], SETTINGS["noise 0.3"]
SHIPPED = RunStore().runs()


@pytest.fixture
def store(tmp_path) -> RunStore:
    """Two shipped models, measured, and an ensemble of each way."""
    for name in ("tiny", "dense"):
        shutil.copytree(WEIGHTS / name, tmp_path / name)
    members, weights = ("tiny", "dense"), (0.3, 0.7)
    for how in ("mean", "vote", "weighted"):
        save_ensemble(
            tmp_path / how,
            Ensemble(how, "", members, how, weights if how == "weighted" else None),
        )
    return RunStore(tmp_path)


# --- codes


@given(LOGITS)
def test_codes_keep_the_answer_and_probabilities_to_a_known_error(logits):
    probs = softmax(logits.astype(np.float64), axis=1)
    read = decode(encode(probs))
    assert np.allclose(read.sum(1), 1, atol=1e-6)
    assert np.array_equal(read.argmax(1), probs.argmax(1))
    assert np.abs(read - probs).max() < 0.04
    # at code c a step is 40 (2c + 1) / 96^2 nats: half may be missed, or one where codes are tied
    below = np.minimum(-np.log(probs / probs.max(1, keepdims=True)), DEEPEST)
    steps = DEEPEST * (2 * (STEPS * np.sqrt(below / DEEPEST) + 1) + 1) / STEPS**2
    floored = np.exp(-below) / np.exp(-below).sum(1, keepdims=True)
    missed = np.abs(np.log(read) - np.log(floored))
    assert (missed < steps + (floored * steps).sum(1, keepdims=True)).all()


@given(st.permutations(range(10)), st.floats(0, 1e-4))
def test_of_answers_too_close_for_codes_the_answer_stays(order, lead):
    probs = np.full((1, 10), 0.1)
    probs[0, order[0]] += lead
    probs[0, order[1]] -= lead
    assert decode(encode(probs)).argmax() == probs.argmax()


def test_certainty_is_kept():
    certain = np.eye(10)[[3]]
    assert decode(encode(certain))[0, 3] > 0.9999
    assert entropy(decode(encode(np.full((1, 10), 0.1)))[0]) == pytest.approx(np.log(10))


@pytest.mark.parametrize("name", ["scale 0.8", TURNED.name, "shift 1", "blur 2", "noise 0.5"])
def test_figures_of_stored_answers_are_those_of_the_exact_ones(name):
    probs = predict(SHIPPED["tiny"].network(), distorted(SETTINGS[name]).images)
    labels = clean().labels.numpy()
    exact, read = Predictions(probs, labels), Predictions(decode(encode(probs)), labels)
    assert accuracy_score(labels, read.answers) == accuracy_score(labels, exact.answers)
    assert read.log_loss == pytest.approx(exact.log_loss, rel=0.015)
    assert read.auc == pytest.approx(exact.auc, abs=0.002)
    assert read.calibration_error() == pytest.approx(exact.calibration_error(), abs=0.004)
    for sure in (0.9, 0.9999, 0.99999):  # of 2,000
        answered = [int((found.confidence >= sure).sum()) for found in (exact, read)]
        assert answered[1] == pytest.approx(answered[0], abs=20)


# --- what is shipped


@pytest.mark.parametrize("setting", [TURNED, NOISY], ids=lambda setting: setting.name)
def test_shipped_codes_are_those_that_are_measured_again(setting):
    run = SHIPPED["tiny"]
    stored = robustness.read_robustness(run, setting)
    ((measured, probs),) = robustness.measure(run.network(), [setting])
    assert measured == setting
    assert (stored.answers == probs.argmax(1)).mean() >= 0.999
    assert np.abs(stored.probs - probs).mean() < 0.003
    assert np.array_equal(stored.labels, clean().labels)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_is_measured_whole(name):
    assert robustness.measured(SHIPPED[name]) == set(SETTINGS)


@pytest.mark.parametrize("name", ["tiny", "champion"])
def test_slight_distortions_cost_little_and_severe_ones_much(name):
    of = robustness.sturdiness(RunStore(), name)
    assert of.clean.value > 0.99
    for gentle in ("shift 1", "rotation 10", "scale 1.2", "thickness 0.5", "blur 0.5"):
        assert of.rates[gentle].value > 0.98
    for severe in ("shift 6", "rotation 60", "noise 0.5", "occlusion 12"):
        assert of.rates[severe].high < of.clean.low


# --- what counts as measured


def test_a_run_without_a_file_is_not_measured(store):
    run = store.run("tiny")
    (run.path / robustness.FILE).unlink()
    assert robustness.measured(run) == frozenset()
    assert robustness.stored(run) == {}
    with pytest.raises(NotMeasured, match=r"tiny has not been measured .* rotated by 30 degrees"):
        robustness.read_robustness(run, TURNED)
    with pytest.raises(NotMeasured):
        robustness.answers(store, "mean", TURNED)
    bare = robustness.sturdiness(store, "mean")
    assert not bare.rates and bare.clean.n == 2000
    assert list(bare.curve("scale")) == [1] and np.isnan(bare.mean("scale"))


def test_what_was_measured_of_earlier_weights_is_not_measured(store):
    run, stamp = store.run("tiny"), robustness.stamp(store, "mean")
    shutil.copyfile(WEIGHTS / "slim" / PREDICTIONS, run.path / PREDICTIONS)
    assert robustness.measured(run) == frozenset()
    with pytest.raises(NotMeasured):
        robustness.read_robustness(run, TURNED)
    assert robustness.stamp(store, "mean") != stamp


def test_an_ensemble_made_anew_under_its_name_answers_anew(store):
    stamp = robustness.stamp(store, "mean")
    path = store.run("tiny").path.parent / "mean"
    save_ensemble(path, Ensemble("mean", "", ("tiny", "dense"), "weighted", (0.02, 0.98)))
    assert robustness.stamp(store, "mean") != stamp


def test_what_is_half_measured_is_known_by_setting(store):
    run = store.run("tiny")
    codes = robustness.stored(run, ["rotation 30", "blur 2"])
    assert list(codes) == ["rotation 30", "blur 2"]
    stamp = robustness.stamp(store, "tiny")
    robustness.save(run.path, robustness.fingerprint(run.path), codes)
    assert robustness.measured(run) == set(codes)
    assert robustness.stamp(store, "tiny") != stamp
    assert robustness.answers(store, "tiny", TURNED).correct
    with pytest.raises(NotMeasured):
        robustness.answers(store, "tiny", NOISY)
    of = robustness.sturdiness(store, "tiny")
    assert list(of.curve("rotation")) == [0, 30]
    assert np.isnan(of.mean("rotation"))


@pytest.mark.parametrize(
    "damage",
    [b"", b"damaged", (WEIGHTS / "tiny" / PREDICTIONS).read_bytes(),
     (WEIGHTS / "tiny" / robustness.FILE).read_bytes()[:9000]],
    ids=["empty", "garbage", "another file", "cut off"],
)  # fmt: skip
def test_a_damaged_file_is_said_to_be_damaged(store, damage):
    run = store.run("tiny")
    (run.path / robustness.FILE).write_bytes(damage)
    for reading in (
        lambda: robustness.measured(run),
        lambda: robustness.read_robustness(run, TURNED),
        lambda: robustness.sturdiness(store, "mean"),
    ):
        with pytest.raises(RunDamaged, match=r"tiny/robustness\.npz cannot be read"):
            reading()
    assert robustness.stamp(store, "tiny")


@pytest.mark.parametrize(
    "codes",
    [np.zeros((5, 10), "u1"), np.zeros((2000, 10), "f4"), np.full((2000, 10), STEPS + 1, "u1")],
    ids=["too few", "no codes", "beyond the last code"],
)
def test_arrays_that_are_no_codes_are_damage(store, codes):
    run = store.run("tiny")
    robustness.save(run.path, robustness.fingerprint(run.path), {TURNED.name: codes})
    with pytest.raises(RunDamaged, match="rotation 30 are no 2000 rows"):
        robustness.read_robustness(run, TURNED)


def test_missing_predictions_are_damage_and_unknown_names_unknown(store):
    (store.run("tiny").path / PREDICTIONS).unlink()
    with pytest.raises(RunDamaged, match=r"tiny/predictions\.npz is missing"):
        robustness.read_robustness(store.run("tiny"), TURNED)
    for asking in (robustness.stamp, robustness.sturdiness):
        with pytest.raises(KeyError):
            asking(store, "nobody")
    with pytest.raises(KeyError):
        robustness.answers(store, "nobody", TURNED)


def test_a_folder_that_is_gone_is_not_made_again(tmp_path):
    with pytest.raises(FileNotFoundError):
        robustness.save(tmp_path / "gone", b"x" * 32, {})
    assert os.listdir(tmp_path) == []


def test_saving_leaves_one_file_and_the_same_bytes_each_time(store):
    run = store.run("tiny")
    before = sorted(os.listdir(run.path))
    written = (run.path / robustness.FILE).read_bytes()
    robustness.save(run.path, robustness.fingerprint(run.path), robustness.stored(run))
    assert sorted(os.listdir(run.path)) == before
    assert (run.path / robustness.FILE).read_bytes() == written


# --- models and ensembles


def test_clean_answers_are_the_stored_ones_of_the_sample():
    whole, chosen = RunStore().answers("trio"), robustness.sampled(RunStore().answers("trio"))
    assert chosen.answers.tolist() == [whole.answers[i] for i in sample()]
    assert np.array_equal(chosen.labels, clean().labels)


def test_ensembles_follow_from_their_members(store):
    each = [robustness.answers(store, name, TURNED).probs for name in ("tiny", "dense")]
    labels = clean().labels.numpy()
    mean = robustness.answers(store, "mean", TURNED)
    assert np.allclose(mean.probs, (each[0] + each[1]) / 2)
    weighted = robustness.answers(store, "weighted", TURNED)
    assert np.allclose(weighted.probs, 0.3 * each[0] + 0.7 * each[1], atol=1e-6)
    vote = robustness.answers(store, "vote", TURNED)
    agreed = each[0].argmax(1) == each[1].argmax(1)
    assert np.array_equal(vote.answers[agreed], each[0].argmax(1)[agreed])
    for how, read in (("mean", mean), ("weighted", weighted), ("vote", vote)):
        rate = robustness.sturdiness(store, how).rates[TURNED.name]
        assert rate.value == accuracy_score(labels, read.answers)


def test_sturdiness_has_wilson_intervals_of_the_sample(store):
    of = robustness.sturdiness(store, "tiny")
    assert list(of.rates) == list(SETTINGS)
    read = robustness.read_robustness(store.run("tiny"), NOISY)
    rate = of.rates[NOISY.name]
    low, high = proportion_confint(read.correct, 2000, method="wilson")
    assert (rate.value, rate.n) == (read.correct / 2000, 2000)
    assert (rate.low, rate.high) == pytest.approx((low, high))
    assert of.clean.value == robustness.sampled(store.answers("tiny")).correct / 2000


def test_the_margin_is_the_furthest_end_of_any_interval(store):
    of = robustness.sturdiness(store, "tiny")
    ends = [end for rate in of.rates.values() for end in (rate.low, rate.high)]
    values = [rate.value for rate in of.rates.values() for _ in "lh"]
    assert of.margin == pytest.approx(np.abs(np.subtract(ends, values)).max())
    assert robustness.Sturdiness(of.clean, {}).margin == 0


def test_the_sturdiest_is_who_reads_best_of_those_measured_at_all_levels(store):
    models = {name: robustness.sturdiness(store, name) for name in ("tiny", "dense", "mean")}
    for kind in KINDS:
        means = [models[name].mean(kind) for name in models]
        assert robustness.sturdiest(models, kind) == list(models)[int(np.argmax(means))]
    models["mean"] = robustness.Sturdiness(models["mean"].clean, {})
    assert robustness.sturdiest(models, "shift") in ("tiny", "dense")
    assert robustness.sturdiest({"mean": models["mean"]}, "shift") is None


@pytest.mark.parametrize("kind", KINDS)
def test_curves_run_through_the_clean_level_in_order(store, kind):
    of = robustness.sturdiness(store, "dense")
    curve = of.curve(kind)
    assert list(curve) == sorted([KINDS[kind].clean, *KINDS[kind].levels])
    assert curve[KINDS[kind].clean] == of.clean
    distorted = [rate.value for level, rate in curve.items() if level != KINDS[kind].clean]
    assert of.mean(kind) == pytest.approx(sum(distorted) / len(distorted))


@given(LOGITS, LOGITS, st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_flips_are_what_changes_sides_the_most_confident_first(first, second, labels):
    before, after = (Predictions(softmax(z, axis=1), np.array(labels)) for z in (first, second))
    found = flips(before, after)
    sides = list(zip(labels, before.probs.argmax(1), after.probs.argmax(1), strict=True))
    assert sorted(found.lost) == [i for i, (t, a, b) in enumerate(sides) if a == t != b]
    assert sorted(found.gained) == [i for i, (t, a, b) in enumerate(sides) if a != t == b]
    for places in (found.lost, found.gained):
        assert (np.diff(after.confidence[places]) <= 0).all()


def test_flips_account_for_the_whole_change_in_accuracy(store):
    before = robustness.sampled(store.answers("tiny"))
    after = robustness.answers(store, "tiny", NOISY)
    found = flips(before, after)
    assert after.correct - before.correct == len(found.gained) - len(found.lost)
