"""Make data/insights/ anew: `python -m scripts.build_insights [PART ...]`.

What the Explore page knows of MNIST's 70,000 digits, from the data and weights/ alone, with fixed
seeds. Each part leaves one file in runs/insights/, or in the folder --work names, beside log.txt;
a part that is there is not made again, so a stopped build goes on when the command is given again.
When all are there, they are packed into data/insights/, or into the folder --to names.

Two commands with different parts may run side by side (set OMP_NUM_THREADS=1): on few cores that
uses them best. On two cores all of it takes about half an hour, nearly all of it for the folds.
Needs what requirements-dev.txt adds: UMAP and openTSNE.
"""

import argparse
import logging
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from digitcore.digits import load_mnist
from digitcore.exploration import insights
from digitcore.exploration.doubles import usual_distances, within
from digitcore.exploration.features import features
from digitcore.exploration.folds import FOLDS, Fold, answer_fold, gather
from digitcore.exploration.insights import Axes
from digitcore.folder import write
from digitcore.robustness import encode
from digitcore.runs import WEIGHTS, RunStore

WORK = Path(__file__).resolve().parent.parent / "runs" / "insights"
SEED = 1998
LOG = logging.getLogger("build_insights")
Arrays = dict[str, np.ndarray]


# --- parts: each gives the arrays of its file in the work folder


def make_fold(number: int, work: Path) -> Arrays:
    """Train on four fifths of the training digits and answer the rest, and the test digits."""
    train, test = load_mnist(train=True), load_mnist(train=False)
    for event in answer_fold(number, train, test):
        if isinstance(event, Fold):
            return {"places": event.places, "left_out": event.left_out, "other": event.other}
        LOG.info("fold %d, epoch %d: %.2f %% of the digits left out read rightly",
                 number, event.epoch, 100 * event.validation_accuracy)  # fmt: skip
    raise AssertionError("A training ends with its fold.")


def make_features(work: Path) -> Arrays:
    """The network's features on their main axes, a byte for each."""
    network = RunStore(WEIGHTS).run(insights.NETWORK).network()
    raw = features(network, insights.both().images)
    axes = fit_axes(raw)
    # codes: axis by axis, which packs better. All as small as they are shipped.
    return {
        "codes": np.ascontiguousarray(axes.encode(raw).T), "scale": axes.scale,
        "mean": axes.mean.astype(np.float16), "components": axes.components.astype(np.float16),
    }  # fmt: skip


def fit_axes(raw: np.ndarray, count: int = insights.AXES) -> Axes:
    """The main axes of float (N, D) features, as exact as float16, with one step for all: so the
    bytes are spent on the axes along which digits differ most."""
    found = PCA(count, svd_solver="covariance_eigh").fit(raw)
    step = np.abs(found.transform(raw)).max() / 127
    mean, components = (
        part.astype(np.float16).astype(np.float32) for part in (found.mean_, found.components_)
    )
    return Axes(mean, components, np.full(count, step, dtype=np.float32))


def make_near(work: Path) -> Arrays:
    """How far each digit is from its nearest ones by features, and which are close by pixels."""
    digits = insights.both()
    images, labels = digits.images.numpy(), digits.labels.numpy()
    usual = usual_distances(images, labels)
    pairs = within(images, labels, usual)
    return {
        "apart": lonely(shipped_features(work)), "usual": usual,
        "pairs": pairs.places.astype(np.int32), "squares": pairs.squares, "lengths": pairs.usual,
    }  # fmt: skip


def lonely(points: np.ndarray) -> np.ndarray:
    """float16 (N,): of each of float32 (N, K) points the mean distance to the nearest others."""
    distances = insights.nearest(points, points, insights.NEAREST + 1)[1]
    distances.sort(1)  # the first is the point itself
    return distances[:, 1:].mean(1).astype(np.float16)


def make_umap(work: Path) -> Arrays:
    """UMAP (McInnes, Healy, Melville 2018) of the features as they are shipped."""
    return {"places": umap_of(shipped_features(work))}


def umap_of(points: np.ndarray) -> np.ndarray:
    """float32 (N, 2), the same each time on one machine: a fixed seed means one thread."""
    from umap import UMAP

    return UMAP(n_neighbors=15, min_dist=0.1, init="pca", random_state=SEED, n_jobs=1
                ).fit_transform(points)  # fmt: skip


def make_tsne(work: Path) -> Arrays:
    """t-SNE (van der Maaten, Hinton 2008) of the pixels' first 50 principal components."""
    return {"places": tsne_of(pixels())}


def tsne_of(points: np.ndarray) -> np.ndarray:
    """float32 (N, 2), by openTSNE: begun at the main axes, the same each time on one machine."""
    from openTSNE import TSNE

    main = PCA(50, svd_solver="covariance_eigh").fit_transform(points)
    return np.asarray(TSNE(n_jobs=1, random_state=SEED).fit(main), dtype=np.float32)


def make_pca(work: Path) -> Arrays:
    """The pixels' first two principal components."""
    return {"places": pca_of(pixels())}


def pca_of(points: np.ndarray) -> np.ndarray:
    """float32 (N, 2); the signs are fixed, too."""
    return PCA(2, svd_solver="covariance_eigh").fit_transform(points)


def pixels() -> np.ndarray:
    """float32 (70000, 784), 0 to 1."""
    return insights.both().images.flatten(1).numpy().astype(np.float32) / 255


def shipped_features(work: Path) -> np.ndarray:
    """float32 (70000, K), as they are read from what is shipped."""
    arrays = made("features", work)
    return np.ascontiguousarray(arrays["codes"].T).astype(np.float32) * arrays["scale"]


PARTS: dict[str, Callable[[Path], Arrays]] = {
    **{f"fold-{number}": partial(make_fold, number) for number in range(FOLDS)},
    "features": make_features, "near": make_near,
    "umap": make_umap, "tsne": make_tsne, "pca": make_pca,
}  # fmt: skip


# --- the work folder and what is shipped


def made(name: str, work: Path) -> Arrays:
    """A part, read where it was made before, else made and kept."""
    file = work / f"{name}.npz"
    if not file.exists():
        start = time.perf_counter()
        LOG.info("%s: begun", name)
        arrays = PARTS[name](work)
        save(file, arrays)
        LOG.info("%s: made in %.0f s", name, time.perf_counter() - start)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def save(file: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Written whole or not at all."""

    def pack(part: Path) -> None:
        with part.open("wb") as opened:
            np.savez_compressed(opened, **arrays)

    write(file, pack)


def ship(work: Path, target: Path) -> None:
    """Pack the parts into the files that digitcore/exploration/insights.py reads."""
    parts = [Fold(**made(f"fold-{number}", work)) for number in range(FOLDS)]
    save(target / insights.ANSWERS, {"codes": encode(np.concatenate(gather(parts)))})
    save(target / insights.FEATURES, made("features", work))
    save(target / insights.NEAR, made("near", work))
    maps = {name: made(name, work)["places"] for name in ("umap", "tsne", "pca")}
    save(target / insights.MAPS, {name: fitted(places) for name, places in maps.items()})
    for file in sorted(target.glob("*.npz")):
        LOG.info("%s: %.2f MB", file.name, file.stat().st_size / 1e6)


def fitted(places: np.ndarray) -> np.ndarray:
    """uint16 (N, 2): a map as large as 0 to HIGHEST allows, in the middle, its sides' ratio kept"""
    low, high = places.min(0), places.max(0)
    longest = (high - low).max()
    room = (longest - (high - low)) / 2
    return np.rint((places - low + room) / longest * insights.HIGHEST).astype(np.uint16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--work", type=Path, default=WORK, metavar="FOLDER")
    parser.add_argument("--to", type=Path, default=insights.FOLDER, metavar="FOLDER")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no part: {', '.join(unknown)}. Choose from: {', '.join(PARTS)}")
    os.nice(10)
    arguments.work.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s",
        handlers=[logging.StreamHandler(), logging.FileHandler(arguments.work / "log.txt")],
    )  # fmt: skip
    for name in arguments.parts or PARTS:
        made(name, arguments.work)
    if all((arguments.work / f"{name}.npz").exists() for name in PARTS):
        ship(arguments.work, arguments.to)


if __name__ == "__main__":
    main()
