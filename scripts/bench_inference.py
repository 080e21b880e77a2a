"""What each way to compute an answer costs and changes: `python -m scripts.bench_inference`.

First an ensemble as the app asks it, by the clock, on as many threads as there are cores, beside
plain torch. Then, for every engine of digitcore.engines, each member and all of them together: what
it takes to make, to answer one drawing and 10,000, how large it is, what it reads of the 5,000
held-out digits, and how far it ever is from the reference. These times are of the CPU, on one
thread, so that whatever else runs on the machine hardly shows.
"""

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from digitcore import engines
from digitcore.digits import held_out, load_mnist
from digitcore.engines import ENGINES, MANY, REFERENCE, Engine, Reader, fold
from digitcore.evaluation import Floats, predict_logits
from digitcore.members import Members
from digitcore.runs import Ensemble, RunStore

ALL = 10_000  # images that times are given for
REPEATS, CALLS = 15, 20  # one drawing: the median of so many times so many
HEAD = (
    "| network | engine | s to make | ms, one drawing | s, 10,000 images | kB | right of 5,000"
    " | furthest probability |\n|---|---|---|---|---|---|---|---|"
)
APP = "| ensemble | ms, one drawing | s, 10,000 images | of the CPU |\n|---|---|---|---|"


@dataclass(frozen=True)
class Measured:
    """Of one engine: seconds, bytes, and (N, 10) probabilities of the held-out digits."""

    making: float
    one: float
    many: float
    size: int
    probs: Floats


def compiled(network: nn.Sequential) -> Reader:
    """The folded network through torch.compile, which needs a C++ compiler."""
    return partial(predict_logits, torch.compile(fold(network)))


def size(name: str, network: nn.Sequential) -> int:
    """Bytes of an engine's numbers, or of its ONNX file."""
    match name:
        case "onnx":
            return len(engines.exported(network))
        case "int8":
            return len(engines.quantized(engines.exported(network)))
        case "mixed":
            return size("onnx", network) + size("int8", network)
        case _:
            numbers = (network if name == REFERENCE else fold(network)).state_dict().values()
            return sum(n.nbytes for n in numbers) // (2 if name == "bfloat16" else 1)


def probs(reader: Reader, images: Tensor) -> Floats:
    return reader(images).softmax(1).numpy()


def timed(act: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds by a clock, by default the CPU's."""
    began = clock()
    act()
    return clock() - began


def one_drawing(read: Callable[[Tensor], object], clock: Callable[[], float]) -> float:
    """Median seconds of an answer to one image, after the first ones."""
    image = load_mnist(train=False).images[:1]

    def some() -> None:
        for _ in range(CALLS):
            read(image)

    some()
    return median(timed(some, clock) for _ in range(REPEATS)) / CALLS


def measure(name: str, engine: Engine, network: nn.Sequential, images: Tensor) -> Measured:
    """On one thread."""
    made: list[Reader] = []

    def make() -> None:  # and answer as many at once as there will be: torch.compile begins then
        made.append(engine(network))
        for n in (1, MANY, len(images) % MANY):
            made[0](images[:n])

    making = timed(make, time.perf_counter)
    found: list[Floats] = []
    many = timed(lambda: found.append(probs(made[0], images))) * ALL / len(images)
    one = one_drawing(partial(probs, made[0]), time.process_time)
    return Measured(making, one, many, size(name, network), found[0])


def row(network: str, engine: str, found: Measured, reference: Floats) -> str:
    right = int((found.probs.argmax(1) == held_out().labels.numpy()).sum())
    apart = abs(found.probs - reference).max()
    return (
        f"| {network} | {engine} | {found.making:.2f} | {1000 * found.one:.2f} | {found.many:.2f}"
        f" | {found.size / 1000:,.0f} | {right:,} | {apart:.2g} |"
    )


def together(parts: Sequence[Measured], ensemble: Ensemble) -> Measured:
    """All members by one engine, one after the other."""
    each = np.stack([part.probs for part in parts])
    return Measured(
        sum(part.making for part in parts),
        sum(part.one for part in parts),
        sum(part.many for part in parts),
        sum(part.size for part in parts),
        ensemble.combine(each),
    )


def table(members: Members, ensemble: Ensemble, ways: Mapping[str, Engine]) -> None:
    """On one thread: each member by each engine, then all of them."""
    images = held_out().images
    print(HEAD)
    by_engine: dict[str, list[Measured]] = {name: [] for name in ways}
    for member in ensemble.members:
        for name, engine in ways.items():
            found = measure(name, engine, members.network(member), images)
            by_engine[name].append(found)
            print(row(member, name, found, by_engine[REFERENCE][-1].probs), flush=True)
    reference = together(by_engine[REFERENCE], ensemble)
    for name, parts in by_engine.items():
        print(row(f"**{ensemble.name}**", name, together(parts, ensemble), reference.probs))


def as_the_app_does(members: Members, ensemble: Ensemble) -> None:
    """By the clock, on all cores, with what is chosen here; and the reference beside it."""
    for member in ensemble.members:
        chosen = members.chosen(member)
        print(f"{member}: {chosen.one} for one drawing, {chosen.many} for many")
    images = load_mnist(train=False).images
    reference = [ENGINES[REFERENCE](members.network(member)) for member in ensemble.members]
    ways: dict[str, Callable[[Tensor], object]] = {
        "as the app asks it": lambda some: members.answer(ensemble, some.numpy()),
        f"{REFERENCE}, one after the other": lambda some: [read(some) for read in reference],
    }
    print(f"\n{APP}")
    for words, read in ways.items():
        one = one_drawing(read, time.perf_counter)
        busy, many = time.process_time(), timed(partial(read, images), time.perf_counter)
        busy = time.process_time() - busy
        print(f"| {ensemble.name}, {words} | {1000 * one:.2f} | {many:.2f} | {busy:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="models or ensembles; else the default ensemble")
    parser.add_argument("--compile", action="store_true", help="torch.compile, too: takes minutes")
    arguments = parser.parse_args()
    members, cores = Members(RunStore()), torch.get_num_threads()
    ensemble = members.choose(arguments.names)
    print(
        f"{os.cpu_count()} cores, torch {torch.__version__},"
        f" ONNX Runtime {onnxruntime.__version__}, {torch.get_num_threads()} threads\n"
    )
    as_the_app_does(members, ensemble)
    print()
    torch.set_num_threads(1)
    table(members, ensemble, ENGINES | ({"compiled": compiled} if arguments.compile else {}))
    torch.set_num_threads(cores)


if __name__ == "__main__":
    main()
