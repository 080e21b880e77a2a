"""How fast the training is, as ratios in one run: `python -m scripts.bench_training`.

1. Images per second for network B on network C's warp, training included: ours, against the plain
   loop over torchvision's PIL transforms of scripts/rivals.py (0 and 2 DataLoader workers, the
   faster). Each in a process of its own, in turn, so that neither profits from the other's
   settings and the machine's noise hits all alike.
2. Seconds from the cold start of a process until network B reads 99 % of the test digits.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from digitcore import training
from digitcore.digits import load_mnist, split
from digitcore.recipes import ZOO, Recipe

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ZOO["warped"].recipe
TO_ACCURACY = Recipe("classic", epochs=4, schedule="one-cycle", learning_rate=0.003, batch_size=128)
WARM_UP = 20  # batches that are not counted


def our_rate(recipe: Recipe, batches: int) -> float:
    """Images per second of `batches` batches in train()."""
    train_set, validation_set = split(load_mnist(train=True))
    done, began = 0, 0.0
    for event in training.train(recipe, train_set, validation_set):
        if isinstance(event, training.BatchEnd):
            done += 1
            if done == WARM_UP:
                began = time.perf_counter()
            if done == WARM_UP + batches:
                break
    return batches * recipe.batch_size / (time.perf_counter() - began)


def train_to(share: float) -> None:
    """Train network B until it reads `share` of the test digits; run in a fresh process.

    A speed trial, not a result: only here is the test set looked at more than once.
    """
    train_set, _ = split(load_mnist(train=True))
    for event in training.train(TO_ACCURACY, train_set, load_mnist(train=False)):
        if isinstance(event, training.EpochEnd):
            print(f"  epoch {event.epoch}: {event.validation_accuracy:.2%}", flush=True)
            if event.validation_accuracy >= share:
                return
    sys.exit(f"Not reached within {TO_ACCURACY.epochs} epochs.")


def run(*arguments: str) -> str:
    """What a new Python process prints."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout


def compare(rounds: int, batches: int) -> None:
    rival = ("scripts.rivals", "--batches", str(batches), "--batch-size", str(RECIPE.batch_size))
    ways = {
        "ours": ("scripts.bench_training", "--ours", str(batches)),
        "PIL, 0 workers": (*rival, "--workers", "0"),
        "PIL, 2 workers": (*rival, "--workers", "2"),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, command in ways.items():
            rates[name].append(float(run(*command)))
            print(f"{name}: {rates[name][-1]:,.0f} images/s", flush=True)
    middle = {name: sorted(values)[len(values) // 2] for name, values in rates.items()}
    fastest = max(rate for name, rate in middle.items() if name != "ours")
    print(f"ours / faster PIL: {middle['ours'] / fastest:.2f} (medians of {rounds})")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="each measured so often, in turn")
    parser.add_argument("--batches", type=int, default=150)
    parser.add_argument("--ours", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--to", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ours:
        print(our_rate(RECIPE, arguments.ours))
    elif arguments.to:
        train_to(arguments.to)
    else:
        load_mnist(train=True)  # unpacked once, before anything is timed
        compare(arguments.rounds, arguments.batches)
        began = time.perf_counter()
        print(run("scripts.bench_training", "--to", "0.99"), end="")
        print(f"cold start to 99 % of the test digits: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
