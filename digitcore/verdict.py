"""What an ensemble's answer to one picture comes to: the digit, how sure, and who disagrees."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

SURE = 0.8  # below this probability an answer is called unsure


@dataclass(frozen=True)
class Verdict:
    """An answer to one picture.

    digit 0..9 with its probability, the runner_up with its own; dissenters: the members that read
    another digit, and which. sure: probability at least SURE, and at least half of the members
    agree.
    """

    digit: int
    probability: float
    runner_up: int
    runner_up_probability: float
    members: int
    dissenters: dict[str, int]

    @property
    def sure(self) -> bool:
        return self.probability >= SURE and 2 * len(self.dissenters) <= self.members

    @property
    def agreement(self) -> str:
        """Who agrees, in one sentence."""
        if not self.dissenters:
            return "All models agree." if self.members > 1 else "One model was asked."
        others = ", ".join(f"{name} reads {digit}" for name, digit in self.dissenters.items())
        return f"{self.members - len(self.dissenters)} of {self.members} agree; {others}."


def verdict(together: np.ndarray, members: Mapping[str, np.ndarray]) -> Verdict:
    """From the ensemble's (10,) and each member's (10,) probabilities."""
    second, first = np.argsort(together, kind="stable")[-2:]
    answers = {name: int(probs.argmax()) for name, probs in members.items()}
    return Verdict(
        digit=int(first),
        probability=float(together[first]),
        runner_up=int(second),
        runner_up_probability=float(together[second]),
        members=len(members),
        dissenters={name: digit for name, digit in answers.items() if digit != first},
    )
