"""How well models read the digits of fonts: `python -m scripts.read_hands [NAME ...]`.

Each NAME is a model or an ensemble; without any, the default ensemble, strong, broad and trio.
For each part of data/hands, prints accuracy with its 95 % Wilson interval, that of each digit, and
what is misread in which families. Look at 'dev' to choose; 'test' is the figure to publish.
"""

import argparse
from collections import defaultdict

import numpy as np

from digitcore.evaluation import wilson
from digitcore.hands import PARTS, Hands, load_hands
from digitcore.members import DEFAULT, Members
from digitcore.runs import WEIGHTS, RunStore

NAMES = (DEFAULT, "strong", "broad", "trio")


def read(members: Members, name: str, digits: Hands) -> np.ndarray:
    """(N,) the digits that a model or ensemble answers."""
    probs, _ = members.answer(members.choose([name]), digits.images)
    return probs.argmax(1)


def accuracy(answers: np.ndarray, labels: np.ndarray) -> str:
    """Of all, and of each digit."""
    right = answers == labels
    rate = wilson(int(right.sum()), len(right))
    each = (right[labels == digit] for digit in range(10))
    counts = " ".join(f"{digit}: {ok.sum()}/{len(ok)}" for digit, ok in enumerate(each))
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%}, n = {rate.n})\n  {counts}"


def misread(answers: np.ndarray, digits: Hands) -> str:
    """A line for each family of which a digit is misread."""
    lines = defaultdict(list)
    for place in np.flatnonzero(answers != digits.labels):
        family = digits.names[digits.families[place]]
        lines[family].append(f"{digits.labels[place]}->{answers[place]}")
    return "\n".join(f"  {family}: {', '.join(what)}" for family, what in sorted(lines.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=NAMES)
    parser.add_argument("--part", choices=PARTS, help="one part instead of both")
    arguments = parser.parse_args()
    members = Members(RunStore(WEIGHTS))
    for name in arguments.names:
        for part in (arguments.part,) if arguments.part else PARTS:
            digits = load_hands().only("digit", part)
            answers = read(members, name, digits)
            print(f"{name}, {part}: {accuracy(answers, digits.labels)}")
            print(misread(answers, digits), flush=True)


if __name__ == "__main__":
    main()
