"""What a network makes of writers that it does not know: `python -m scripts.bench_writers`.

MNIST's training digits lie in the order of their writers, so digits that are held out at random
are by hands that the network has learned from; those of the test set are not. First this is shown:
digits near each other in the file lean alike. Then the network strong, and the same on digits that
it first sets upright, learn from 45,000 of the first 50,000 digits, and answer to the other 5,000
of these and to the last 10,000: other writers, but for the one at the border. From two seeds each,
alone and in pairs. Takes eight minutes a training on one core; choices can be made by its figures,
for the test digits have no part in it.
"""

import argparse
from itertools import combinations

import numpy as np
import torch

from digitcore.digits import DigitSet, load_mnist
from digitcore.ensemble import combine
from digitcore.evaluation import Predictions, predict
from digitcore.exploration.statistics import statistics
from digitcore.training import EpochEnd, train
from digitcore.zoo import LONG

FIRST, KNOWN = 50_000, 5_000  # digits by writers of whom something is learned; held out of these
DISTANCES = (1, 2, 10, 100, 1000)  # in the file
SEEDS = (0, 1)
NETWORKS = ("strong", "upright-strong")


def lean_alike(digits: DigitSet) -> dict[int, float]:
    """By distance in the file, the correlation of two digits' slants within their classes."""
    slant = statistics(digits.images)["slant"].groupby(digits.labels.numpy())
    score = slant.transform("rank", pct=True).to_numpy()
    return {k: float(np.corrcoef(score[:-k], score[k:])[0, 1]) for k in DISTANCES}


def parts() -> tuple[DigitSet, DigitSet, DigitSet]:
    """(to learn from, by the same writers, by other writers)."""
    digits = load_mnist(train=True)
    mixed = torch.randperm(FIRST, generator=torch.Generator().manual_seed(0))
    others = range(FIRST, len(digits))
    return digits.take(mixed[KNOWN:]), digits.take(mixed[:KNOWN]), digits.take(others)


def answers(network: str, seed: int, epochs: int, sets: tuple[DigitSet, ...]) -> list[Predictions]:
    """Train once; the answers to each of the sets but the first, which is learned from."""
    recipe = LONG(network, epochs=epochs, unwarped=min(3, epochs), seed=seed)
    ends = (event for event in train(recipe, *sets[:2]) if isinstance(event, EpochEnd))
    last = next(end.network for end in ends if end.epoch == epochs)  # nothing is chosen here
    return [Predictions(predict(last, part.images), part.labels.numpy()) for part in sets[1:]]


def row(name: str, known: Predictions, others: Predictions) -> str:
    """A line of the table: errors and log-loss on each."""
    cells = [name]
    for answer in (known, others):
        cells.append(f"{answer.errors} ({answer.error_rate.interval}), {answer.log_loss:.4f}")
    return f"| {' | '.join(cells)} |"


def together(*several: Predictions) -> Predictions:
    """The answers of networks by their mean probability."""
    return Predictions(combine(np.stack([one.probs for one in several])), several[0].labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=16)
    arguments = parser.parse_args()
    for name, digits in (("training", load_mnist(train=True)), ("test", load_mnist(train=False))):
        told = ", ".join(f"{k} on {r:.2f}" for k, r in lean_alike(digits).items())
        print(f"{name} digits, correlation of slants within a class: {told}", flush=True)
    sets = parts()
    found = {}
    for network in NETWORKS:
        for seed in SEEDS:
            found[f"{network} {seed}"] = answers(network, seed, arguments.epochs, sets)
            print(row(f"{network} {seed}", *found[f"{network} {seed}"]), flush=True)
    for pair in combinations(found, 2):
        both = map(together, *(found[name] for name in pair))
        print(row(" + ".join(pair), *both), flush=True)


if __name__ == "__main__":
    main()
