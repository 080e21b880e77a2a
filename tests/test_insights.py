"""What is shipped about MNIST's digits: it follows from the data and the weights, keeps what it is
for, and says what to do where it is damaged."""

import shutil

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.manifold import trustworthiness

from digitcore.digits import DataDamaged
from digitcore.exploration import doubles, insights
from digitcore.exploration.features import features
from digitcore.exploration.folds import FOLDS
from digitcore.exploration.insights import ANSWERS, FEATURES, FOLDER, MAPS, NEAR
from digitcore.robustness import decode
from digitcore.runs import WEIGHTS, RunStore
from scripts import build_insights as build

FILES = (ANSWERS, FEATURES, MAPS, NEAR)
BUDGET = 7_000_000  # bytes of all together


@pytest.fixture(scope="module")
def known() -> insights.Insights:
    return insights.load()


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    """Ascending places of 1,500 of the 70,000."""
    return np.sort(np.random.default_rng(7).choice(insights.COUNT, 1500, replace=False))


@pytest.fixture
def copy(tmp_path):
    """What is shipped, in a folder that a test may spoil."""
    for name in FILES:
        shutil.copyfile(FOLDER / name, tmp_path / name)
    return tmp_path


# --- it follows from the data and the weights


def test_the_features_are_the_shipped_networks(known, sample):
    """Other processors round otherwise: by one step, and seldom."""
    few = torch.from_numpy(sample[::5])
    network = RunStore(WEIGHTS).run(insights.NETWORK).network()
    now = known.axes.encode(features(network, insights.both().images[few]))
    steps = np.abs(now - known.features[few] / known.axes.scale)
    assert steps.max() < 1.01 and (steps > 0.01).mean() < 0.001


def test_the_axes_are_the_features_main_ones(known):
    """Upright to each other, the widest first, and with the mean in the middle."""
    across = known.axes.components @ known.axes.components.T
    assert np.allclose(across, np.eye(insights.AXES), atol=2e-3)
    assert (np.diff(known.features.var(0)) < 0.01).all()
    assert np.abs(known.features.mean(0)).max() < known.axes.scale[0]


def test_the_map_by_pca_is_made_anew_alike(known):
    now = build.fitted(build.pca_of(build.pixels())).astype(int)
    assert np.abs(now - known.maps["pca"]).max() <= 8  # of 65,535


def test_how_lonely_a_digit_is_is_the_mean_distance_to_its_ten_nearest(known, sample):
    few = known.features[sample[::300]]
    every = np.sqrt(np.square(known.features[None] - few[:, None]).sum(2))
    assert np.allclose(known.apart[sample[::300]], np.sort(every)[:, 1:11].mean(1), rtol=2e-3)


def test_the_near_duplicates_are_those_of_the_data(known):
    """Of the test digits, all; and what is usual, of the rarest class."""
    digits, start = insights.both(), insights.LEARNED
    images, labels = digits.images.numpy(), digits.labels.numpy()
    now = doubles.within(images[start:], labels[start:], known.usual)
    shipped = known.doubles.take((known.doubles.places >= start).all(1))
    assert np.array_equal(now.places + start, shipped.places)
    assert np.array_equal(now.squares, shipped.squares)
    five = images[labels == 5]
    assert np.median(doubles.to_nearest(five)) == pytest.approx(known.usual[5], abs=0.051)


def test_the_networks_have_not_learned_from_what_they_answer(known):
    """One that had would be right almost always; and these are good networks all the same."""
    right = known.probs.argmax(1) == insights.both().labels.numpy()
    assert 0.993 < right[: insights.LEARNED].mean() < 0.997
    assert 0.995 < right[insights.LEARNED :].mean() < 0.998
    assert np.allclose(known.probs.sum(1), 1, atol=1e-5)


# --- it keeps what it is for


@pytest.mark.parametrize(("name", "least"), [("umap", 0.96), ("tsne", 0.93), ("pca", 0.7)])
def test_neighbours_on_a_map_are_neighbours(known, sample, name, least):
    """By features for UMAP and by pixels for the others, which were made of them."""
    pixels = insights.both().images.flatten(1).numpy()[sample].astype(np.float32)
    points = known.features[sample] if name == "umap" else pixels
    assert trustworthiness(points, known.maps[name][sample], n_neighbors=10) > least


@pytest.mark.parametrize("name", ["umap", "tsne", "pca"])
def test_a_map_fills_its_square(known, name):
    low, high = known.maps[name].min(0).astype(int), known.maps[name].max(0).astype(int)
    assert (high - low).max() == insights.HIGHEST
    assert np.allclose(low + high, insights.HIGHEST, atol=2)


def test_others_are_placed_where_they_would_be(known, sample):
    """A digit of MNIST's own comes to lie near its place, as far as a map has one."""
    few = sample[::10]
    close, distances = insights.closest(known.features[few], known)
    assert distances.min(1).max() < 0.05 and (close == few[:, None]).any(1).all()
    for name, places in insights.placed(close, known).items():
        gap = np.linalg.norm(places.astype(float) - known.maps[name][few], axis=1)
        assert np.median(gap) < insights.HIGHEST / 20


def test_all_together_stay_within_the_budget():
    assert sum((FOLDER / name).stat().st_size for name in FILES) <= BUDGET


# --- damage


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "words", "a folder", "one byte"])
def test_damage_is_told_with_what_to_do(copy, name, damage):
    file = copy / name
    whole = file.read_bytes()
    file.unlink()
    if damage == "a folder":
        file.mkdir()
    elif damage != "missing":
        half = len(whole) // 2
        file.write_bytes({
            "cut": whole[:half], "empty": b"", "words": b"no arrays at all",
            "one byte": whole[:half] + bytes([whole[half] ^ 255]) + whole[half + 1 :],
        }[damage])  # fmt: skip
    with pytest.raises(DataDamaged, match=f"{name} is .*git checkout -- data/insights"):
        insights.load(copy)


@pytest.mark.parametrize(("name", "array", "value"), [
    (ANSWERS, "codes", np.zeros((3, 10), np.uint8)),
    (ANSWERS, "codes", np.full((insights.COUNT, 10), 200, np.uint8)),
    (FEATURES, "codes", np.zeros((3, 3), np.int8)),
    (FEATURES, "mean", np.zeros(3, np.float16)),
    (FEATURES, "scale", None),
    (MAPS, "umap", np.zeros((insights.COUNT, 2), np.float64)),
    (MAPS, "tsne", np.zeros((5, 2), np.uint16)),
    (NEAR, "apart", np.zeros(7, np.float16)),
    (NEAR, "pairs", np.full((2, 2), insights.COUNT)),
    (NEAR, "pairs", np.zeros((2, 3), np.int32)),
    (NEAR, "usual", np.zeros(9, np.float32)),
])  # fmt: skip
def test_arrays_that_do_not_fit_are_damage(copy, name, array, value):
    with np.load(copy / name) as shipped:
        held = dict(shipped)
    held.pop(array)
    np.savez(copy / name, **(held if value is None else {**held, array: value}))
    with pytest.raises(DataDamaged, match=name):
        insights.load(copy)


# --- how it is made


@given(arrays(np.float32, st.tuples(st.integers(2, 30), st.just(2)),
              elements=st.floats(-1e3, 1e3, width=32)))  # fmt: skip
def test_a_map_keeps_its_sides_ratio(places):
    size = np.ptp(places, axis=0)
    if size.max() < 1e-3:
        return
    fitted = build.fitted(places).astype(float)
    assert fitted.min() >= 0 and fitted.max() <= insights.HIGHEST
    assert np.allclose(np.ptp(fitted, axis=0), size / size.max() * insights.HIGHEST, atol=8)


def test_t_sne_of_a_few_gives_the_same_places_twice(sample):
    points = insights.both().images.flatten(1).numpy()[sample[:100]] / 255
    assert np.array_equal(build.tsne_of(points), build.tsne_of(points))


def test_features_are_encoded_to_within_half_a_step():
    draw = np.random.default_rng(3)
    raw = draw.normal(size=(200, 12)).astype(np.float32) * np.linspace(3, 0.1, 12, dtype=np.float32)
    axes = build.fit_axes(raw, 12)
    back = axes.decode(axes.encode(raw)) @ axes.components + axes.mean
    assert np.abs(back - raw).max() < axes.scale[0] * 2
    assert np.array_equal(axes.encode(raw), build.fit_axes(raw, 12).encode(raw))


@pytest.fixture
def work(tmp_path):
    """The parts of a build of 70,000 digits, as small as they can be, all made already."""
    draw, folder = np.random.default_rng(0), tmp_path / "work"
    shares = np.array_split(np.arange(40), FOLDS)
    for number, places in enumerate(shares):
        answers = draw.dirichlet(np.ones(10), len(places) + 6).astype(np.float32)
        build.save(folder / f"fold-{number}.npz", {
            "places": places, "left_out": answers[:-6], "other": answers[-6:],
        })  # fmt: skip
    for name in ("umap", "tsne", "pca"):
        build.save(folder / f"{name}.npz", {"places": draw.normal(size=(46, 2))})
    for name in ("features", "near"):
        build.save(folder / f"{name}.npz", {"codes": draw.integers(0, 9, 5)})
    return folder


def test_what_is_made_is_not_made_again_and_is_shipped_the_same(work, tmp_path, monkeypatch):
    def never(folder):
        raise AssertionError("It was there already.")

    monkeypatch.setattr(build, "PARTS", dict.fromkeys(build.PARTS, never))
    for name in ("first", "second"):
        build.ship(work, tmp_path / name)
    for name in FILES:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    with np.load(tmp_path / "first" / ANSWERS) as shipped:
        probs = decode(shipped["codes"])
    parts = [build.made(f"fold-{number}", work) for number in range(FOLDS)]
    assert np.allclose(probs[:40], np.concatenate([p["left_out"] for p in parts]), atol=0.02)
    assert np.allclose(probs[40:], np.mean([p["other"] for p in parts], 0), atol=0.02)


def test_a_part_that_is_missing_is_made_once(tmp_path, monkeypatch):
    calls = []

    def make(folder):
        calls.append(folder)
        return {"places": np.arange(4)}

    monkeypatch.setitem(build.PARTS, "pca", make)
    for _ in range(2):
        assert build.made("pca", tmp_path)["places"].tolist() == [0, 1, 2, 3]
    assert calls == [tmp_path]
