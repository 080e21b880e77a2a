"""Our networks beside what scikit-learn offers: `python -m scripts.bench_baselines`.

Multilayer perceptrons in scikit-learn's own settings, with early stopping, and the three nearest
neighbours. All learn from the same 55,000 digits as ours (the champion's members from penned ones
besides) and read the 10,000 test digits, on one thread; their times are of the CPU. Ours: accuracy
and training time as stored with the run, reading as the app does it. About four minutes.
"""

import argparse
import os
from collections.abc import Callable

import numpy as np
import sklearn
import torch
from sklearn.base import ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from digitcore.digits import DigitSet, load_mnist, split
from digitcore.evaluation import Rate, wilson
from digitcore.members import DEFAULT, Members
from digitcore.runs import RunStore
from scripts.bench_inference import timed

OURS = ("tiny", "classic", DEFAULT)
BASELINES: dict[str, Callable[[], ClassifierMixin]] = {
    "3 nearest neighbours": lambda: KNeighborsClassifier(3, algorithm="brute"),
    "MLP, 100 hidden": lambda: MLPClassifier((100,), early_stopping=True, random_state=0),
    "MLP, 300 hidden": lambda: MLPClassifier((300,), early_stopping=True, random_state=0),
}
HEAD = (
    "| what | test digits right (95 % interval) | s to train | s of the CPU, 10,000 images |\n"
    "|---|---|---|---|"
)


def as_rows(digits: DigitSet) -> np.ndarray:
    """(N, 784) float32 in 0..1."""
    return digits.images.flatten(1).float().div(255).numpy()


def row(what: str, accuracy: Rate, training: str, reading: float) -> str:
    return f"| {what} | {accuracy.words} | {training} | {reading:.2f} |"


def baseline(name: str, train_set: DigitSet, test_set: DigitSet) -> str:
    model, images, found = BASELINES[name](), as_rows(test_set), []
    learn = as_rows(train_set), train_set.labels.numpy()
    training = timed(lambda: model.fit(*learn))
    reading = timed(lambda: found.append(model.predict(images)))
    right = int((found[0] == test_set.labels.numpy()).sum())
    return row(name, wilson(right, len(test_set)), f"{training:.1f}", reading)


def count(threads: int) -> str:
    return f"{threads} thread{'' if threads == 1 else 's'}"


def ours(name: str, members: Members, images: np.ndarray) -> str:
    ensemble, runs = members.choose([name]), members.store.members(name)
    for member in ensemble.members:
        members.chosen(member)  # its fastest engine, from here on
    reading = timed(lambda: members.answer(ensemble, images))
    seconds = sum(run.result.seconds for run in runs)
    how = {f"{count(run.result.threads)}, {run.result.precision}" for run in runs}
    training = f"{seconds:,.0f} ({' or '.join(sorted(how))})"
    return row(f"{name} (ours)", members.store.answers(name).accuracy, training, reading)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", default=OURS, help="models or ensembles of ours")
    arguments = parser.parse_args()
    members, test_set = Members(RunStore()), load_mnist(train=False)
    train_set, _ = split(load_mnist(train=True))
    print(
        f"{os.cpu_count()} cores, one thread, torch {torch.__version__},"
        f" scikit-learn {sklearn.__version__}\n\n{HEAD}"
    )
    with threadpool_limits(1):
        for name in BASELINES:
            print(baseline(name, train_set, test_set), flush=True)
    for name in arguments.names:
        print(ours(name, members, test_set.images.numpy()), flush=True)


if __name__ == "__main__":
    main()
