"""What is called no digit, rightly and wrongly: `python -m scripts.bench_doubt [NAME ...]`.

For each ensemble or model: the share of the 10,000 test digits that are false alarms, and of each
kind in data/hands/ the share that is found out, with 95 % intervals. What `ink` refuses before any
network is asked counts as found out, and is counted apart. `--part dev` for choosing; the default
'test' is for the figure that is then published.
"""

import argparse

import numpy as np

from digitcore.digits import load_mnist
from digitcore.doubt import resemblance
from digitcore.evaluation import Rate, wilson
from digitcore.hands import KINDS, PARTS, load_hands
from digitcore.members import DEFAULT, Members
from digitcore.runs import Ensemble, RunStore
from digitcore.verdict import believed

UNLIKE = ("sandal", "cap", "sock", "glove", "coat", "skirt", "?", "p")
HEAD = "| what | refused by ink | called no digit (95 % interval) | n |\n|---|---|---|---|"


def row(what: str, refused: int | str, rate: Rate) -> str:
    return f"| {what} | {refused} | {100 * rate.value:.1f} % ({rate.interval}) | {rate.n:,} |"


def called_strange(members: Members, ensemble: Ensemble, images: np.ndarray) -> np.ndarray:
    """(N,) whether Draw and REST call each of uint8 (N, 28, 28) images no digit."""
    together, each = members.answer(ensemble, images)
    belief = believed(together, dict(zip(ensemble.members, each, strict=True)), ensemble.how)
    return resemblance(belief) < members.threshold(ensemble)


def found_out(members: Members, ensemble: Ensemble, kind: str, part: str) -> str:
    """Of one kind of picture in data/hands/."""
    hands = load_hands().only(kind, part)
    refused = int(load_hands().refused[KINDS.index(kind), PARTS.index(part)])
    strange = int(called_strange(members, ensemble, hands.images).sum())
    return row(f"{kind} of fonts" if kind == "digit" else kind, refused,
               wilson(refused + strange, refused + len(hands)))  # fmt: skip


def unlike(members: Members, ensemble: Ensemble, part: str) -> str:
    """Of the things of which digitcore.penned holds no prototype."""
    hands = load_hands()
    chosen = np.isin(hands.texts, UNLIKE) & (hands.parts == PARTS.index(part)) & (hands.labels < 0)
    strange = called_strange(members, ensemble, hands.take(chosen).images)
    words = f"things without a prototype, of those that ink reads ({', '.join(UNLIKE)})"
    return row(words, "", wilson(int(strange.sum()), len(strange)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", default=[DEFAULT], metavar="NAME")
    parser.add_argument("--part", choices=PARTS, default="test")
    arguments = parser.parse_args()
    members = Members(RunStore())
    for name in arguments.names:
        ensemble = members.choose([name])
        alarms = called_strange(members, ensemble, load_mnist(train=False).images.numpy())
        print(f"\n{name}: no digit below {members.threshold(ensemble):.3f}\n\n{HEAD}")
        print(row("MNIST's test digits", 0, wilson(int(alarms.sum()), len(alarms))))
        print(unlike(members, ensemble, arguments.part))
        for kind in KINDS:
            print(found_out(members, ensemble, kind, arguments.part), flush=True)


if __name__ == "__main__":
    main()
