"""How fast the training is, as ratios in one run: `python -m scripts.bench_training`.

1. Images per second for network B on network C's warp, training included: ours, against
   torchvision's PIL transforms of the same warp in a DataLoader (0 and 2 workers, the faster),
   with the same network, optimiser and batch size in plain float32 PyTorch.
2. Seconds from the cold start of a process until network B reads 99 % of the test digits.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

from digitcore import training
from digitcore.digits import DATA, load_mnist, split
from digitcore.models import build
from digitcore.recipes import ZOO, Recipe

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ZOO["warped"].recipe
TO_ACCURACY = Recipe("classic", epochs=5, schedule="one-cycle", learning_rate=0.003, batch_size=128)


def our_rate(recipe: Recipe, batches: int) -> float:
    """Images per second of `batches` batches in train(), after 20 to warm up."""
    train_set, validation_set = split(load_mnist(train=True))
    done, began = 0, 0.0
    for event in training.train(recipe, train_set, validation_set):
        if isinstance(event, training.BatchEnd):
            done += 1
            if done == 20:
                began = time.perf_counter()
            if done == 20 + batches:
                break
    return batches * recipe.batch_size / (time.perf_counter() - began)


def pil_rate(recipe: Recipe, batches: int, workers: int) -> float:
    """Images per second of a plain loop over torchvision's transforms, after 20 to warm up."""
    warp = recipe.warp
    road = transforms.Compose(
        [
            transforms.RandomAffine(warp.rotation, shear=warp.shear, scale=warp.scale),
            transforms.RandomPerspective(warp.perspective, p=warp.perspective_p),
            transforms.ToTensor(),
        ]
    )
    digits = MNIST(str(DATA), train=True, transform=road)
    loader = DataLoader(digits, recipe.batch_size, shuffle=True, num_workers=workers)
    network = build(recipe.network).train()
    optimizer = torch.optim.Adam(network.parameters(), recipe.learning_rate)
    began = 0.0
    for done, (images, labels) in enumerate(loader, start=1):
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()
        if done == 20:
            began = time.perf_counter()
        if done == 20 + batches:
            break
    return batches * recipe.batch_size / (time.perf_counter() - began)


def train_to(share: float) -> None:
    """Train network B until it reads `share` of the test digits; run in a fresh process.

    A speed trial, not a result: only here is the test set looked at more than once.
    """
    train_set, _ = split(load_mnist(train=True))
    test_set = load_mnist(train=False)
    for event in training.train(replace(TO_ACCURACY, precision="auto"), train_set, test_set):
        if isinstance(event, training.EpochEnd):
            print(f"  epoch {event.epoch}: {event.validation_accuracy:.2%}", flush=True)
            if event.validation_accuracy >= share:
                return
    sys.exit(f"Not reached within {TO_ACCURACY.epochs} epochs.")


def seconds_to(share: float) -> float:
    """Wall time of a new Python process that trains to `share`."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "scripts.bench_training", "--to", str(share)]
    subprocess.run(command, check=True, cwd=ROOT)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="each measured so often, in turn")
    parser.add_argument("--batches", type=int, default=150)
    parser.add_argument("--to", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.to:
        train_to(arguments.to)
        return
    ways = {
        "ours": lambda: our_rate(RECIPE, arguments.batches),
        "PIL, 0 workers": lambda: pil_rate(RECIPE, arguments.batches, 0),
        "PIL, 2 workers": lambda: pil_rate(RECIPE, arguments.batches, 2),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):  # in turn, so that noise of the machine hits all alike
        for name, measure in ways.items():
            rates[name].append(measure())
            print(f"{name}: {rates[name][-1]:,.0f} images/s", flush=True)
    middle = {name: sorted(values)[len(values) // 2] for name, values in rates.items()}
    rival = max(rate for name, rate in middle.items() if name != "ours")
    print(f"ours / faster PIL: {middle['ours'] / rival:.2f} (medians of {arguments.rounds})")
    print(f"cold start to 99 % of the test digits: {seconds_to(0.99):.1f} s")


if __name__ == "__main__":
    main()
