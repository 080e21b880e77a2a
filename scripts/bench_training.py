"""How fast the training is, as ratios in one run: `python -m scripts.bench_training`.

1. Images per second: network C's warp (tilted) and that of our own networks (elastic) alone, ours
   against torchvision's PIL transforms (0 and 2 DataLoader workers, the faster); network B's
   training on each, the same way; and without warps against a plain float32 loop on images in
   memory (DataLoader or slices, the faster). The rivals are those of scripts/rivals.py. Each in a
   process of its own, in turn, so that neither profits from the other's settings and the
   machine's noise hits all alike.
2. What a training costs beside its network's own arithmetic, which is forward, backward and the
   optimiser's step on batches that lie ready, at the same precision and layout; in the
   processor's seconds on one thread.
3. Seconds from the cold start of a process until network B reads 99 % of the test digits.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median

import torch

from digitcore import training
from digitcore.digits import load_mnist, split
from digitcore.learner import Learner
from digitcore.memory import reuse_freed_memory
from digitcore.recipes import Recipe
from digitcore.zoo import PEN, ZOO

ROOT = Path(__file__).resolve().parent.parent
NETWORK_B = ZOO["classic"].recipe
OURS = {
    "plain": NETWORK_B,
    "tilted": ZOO["warped"].recipe,
    # torchvision has nothing for the thickness of strokes
    "elastic": replace(NETWORK_B, warp=replace(PEN, thickness=0.0)),
}
TO_ACCURACY = Recipe("classic", epochs=2, schedule="one-cycle", learning_rate=0.006, batch_size=128)
WARM_UP = 20  # batches that are not counted
DISSECTED = 24, 6  # batches, and how often they are timed
PARTS = ("classic", "warped", "strong")


def our_warps(recipe: Recipe, batches: int) -> float:
    """Images per second of `batches` warped batches, of which nothing is learned."""
    train_set, _ = split(load_mnist(train=True))
    began = time.perf_counter()
    for _ in islice(training.batches(train_set, recipe, 1), batches):
        pass
    return batches * recipe.batch_size / (time.perf_counter() - began)


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
    size = ("--batches", str(batches), "--batch-size", str(NETWORK_B.batch_size))
    ours = ("scripts.bench_training", "--batches", str(batches), "--ours")
    ways: dict[str, tuple[str, ...]] = {}
    for warp in ("tilted", "elastic"):
        for kind, more in ((f"{warp} warps alone", ("--alone",)), (warp, ())):
            ways[f"{kind}, ours"] = (*ours, warp, *more)
            for workers in "02":
                rival = ("scripts.rivals", warp, *size, "--workers", workers, *more)
                ways[f"{kind}, PIL, {workers} workers"] = rival
    ways["plain, ours"] = (*ours, "plain")
    for source in ("loader", "slices"):
        ways[f"plain, float32 {source}"] = ("scripts.rivals", source, *size)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, command in ways.items():
            rates[name].append(float(run(*command)))
            print(f"{name}: {rates[name][-1]:,.0f} images/s", flush=True)
    for kind in dict.fromkeys(name.split(",")[0] for name in ways):
        of_kind = {name: median(rates[name]) for name in ways if name.startswith(f"{kind},")}
        our_own = of_kind.pop(f"{kind}, ours")
        name = max(of_kind, key=lambda rival: of_kind[rival])
        print(f"{kind}: {our_own:,.0f} against {of_kind[name]:,.0f} images/s ({name}): "
              f"{our_own / of_kind[name]:.2f} times (medians of {rounds})")  # fmt: skip


def dissect(name: str) -> None:
    """Milliseconds of one batch by part; medians of what takes turns, so that noise hits all."""
    torch.set_num_threads(1)
    reuse_freed_memory()
    recipe, (digits, _) = ZOO[name].recipe, split(load_mnist(train=True))
    way = training.choose_arithmetic(recipe, "cpu")
    bare, whole = Learner(recipe, "cpu", way), Learner(recipe, "cpu", way)
    count, times = DISSECTED
    ready = list(islice(training.batches(digits, recipe, 1), count))

    def network() -> None:
        bare.network.train()
        for images, labels in ready:
            bare._loss(images, labels).backward()
            bare.optimizer.step()
            bare.optimizer.zero_grad()

    def batches() -> None:
        for _ in islice(training.batches(digits, recipe, 1), count):
            pass

    def average() -> None:
        for _ in ready if whole.average else ():
            whole.average.update_parameters(whole.network)

    def loop() -> None:
        for step, (images, labels) in enumerate(islice(training.batches(digits, recipe, 1), count)):
            whole.fit(images, labels, recipe.learning_rate, step)

    spent: dict[str, list[float]] = {}
    for _ in range(times):
        for part in (network, batches, average, loop):
            began = time.process_time()
            part()
            spent.setdefault(part.__name__, []).append(time.process_time() - began)
    cost = {part: median(seconds[1:]) / count * 1000 for part, seconds in spent.items()}
    told = ", ".join(f"{part} {each:.2f}" for part, each in cost.items())
    print(f"{name}: {told} ms a batch; beside the network {cost['loop'] / cost['network'] - 1:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="each measured so often, in turn")
    parser.add_argument("--batches", type=int, default=150)
    parser.add_argument("--dissect", action="store_true", help="what a training costs, by part")
    parser.add_argument("--ours", choices=OURS, help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--to", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ours:
        rate = our_warps if arguments.alone else our_rate
        print(rate(OURS[arguments.ours], arguments.batches))
    elif arguments.dissect:
        for name in PARTS:
            dissect(name)
    elif arguments.to:
        train_to(arguments.to)
    else:
        load_mnist(train=True)  # unpacked once, before anything is timed
        compare(arguments.rounds, arguments.batches)
        print(run("scripts.bench_training", "--dissect"), end="")
        began = time.perf_counter()
        print(run("scripts.bench_training", "--to", "0.99"), end="")
        print(f"cold start to 99 % of the test digits: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
