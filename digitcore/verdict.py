"""What an ensemble's answer to one picture comes to: the digit, how sure, and who disagrees."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from digitcore.doubt import NEVER, resemblance

Certainty = Literal["sure", "unsure", "no digit"]

# Below this probability an answer is called unsure.
SURE = 0.8
# A member whose two likeliest digits have less than this together is undecided.
DECIDED = 0.5


@dataclass(frozen=True)
class Verdict:
    """An answer to one picture.

    digit 0..9 with its probability, the runner_up with its own; probabilities: (10,) of the
    digits, see believed(), and by_member those of each member; dissenters: the members that read
    another digit, and which; undecided: those that find no two digits likelier than the rest
    together. resemblance: to any digit, and the threshold below which it is none, see doubt.py;
    beside: there may be another digit in the picture. sure: it is like a digit and alone, with a
    probability of at least SURE, and at least half of the members agree.
    """

    digit: int
    probability: float
    runner_up: int
    runner_up_probability: float
    probabilities: np.ndarray
    by_member: Mapping[str, np.ndarray]
    dissenters: dict[str, int]
    undecided: tuple[str, ...] = ()
    resemblance: float = 1.0
    threshold: float = NEVER
    beside: bool = False

    @property
    def members(self) -> int:
        """How many were asked."""
        return len(self.by_member)

    @property
    def outvoted(self) -> bool:
        """Whether most members read something else."""
        return 2 * len(self.dissenters) > self.members

    @property
    def strange(self) -> bool:
        """Whether it does not look like a digit."""
        return self.resemblance < self.threshold

    @property
    def sure(self) -> bool:
        doubtful = self.outvoted or self.strange or self.beside
        return self.probability >= SURE and not doubtful

    @property
    def certainty(self) -> Certainty:
        """In a word, as programs get it."""
        if self.strange:
            return "no digit"
        return "sure" if self.sure else "unsure"

    @property
    def agreement(self) -> str:
        """Who agrees, in one sentence."""
        if self.members == 1:
            return "One model was asked."
        others = self._others()
        if not others:
            return "All models agree."
        return f"{self._agreeing} of {self.members} agree; {', '.join(others)}."

    @property
    def guess(self) -> str:
        """Who reads what in a picture that does not look like a digit, in one sentence."""
        if self.members == 1:
            return self.agreement
        read = f"{self._agreeing} of {self.members} models read {self.digit}"
        return f"If it is one, {', '.join([read, *self._others()])}."

    @property
    def _agreeing(self) -> int:
        return self.members - len(self.dissenters) - len(self.undecided)

    def _others(self) -> list[str]:
        """Who does not agree."""
        others = list(_who_reads(self.dissenters))
        if self.undecided:
            others.append(_told(self.undecided, "is undecided", "are undecided"))
        return others


def _who_reads(dissenters: Mapping[str, int]) -> Iterator[str]:
    """By digit, who reads it."""
    for digit in sorted(set(dissenters.values())):
        names = [name for name, answer in dissenters.items() if answer == digit]
        yield _told(names, f"reads {digit}", f"read {digit}")


def _told(names: Sequence[str], does: str, do: str) -> str:
    """The names of one or two members, or how many they are, and what they do."""
    if len(names) == 1:
        return f"{names[0]} {does}"
    return f"{' and '.join(names) if len(names) == 2 else len(names)} {do}"


def believed(together: np.ndarray, members: Mapping[str, np.ndarray], how: str) -> np.ndarray:
    """(10,) probabilities: the ensemble's, or the members' mean where `how` is a vote.

    A share of votes is no probability: a vote chooses the digit, but says little of how sure it is.
    """
    return np.mean(list(members.values()), axis=0) if how == "vote" else together


def verdict(
    together: np.ndarray,
    members: Mapping[str, np.ndarray],
    how: str = "mean",
    threshold: float = NEVER,
    beside: bool = False,
) -> Verdict:
    """From the ensemble's (10,) and each member's (10,) probabilities, combined as `how` says.

    threshold: the resemblance below which a picture is strange, see Members.threshold. beside: as
    ink.Ink has it.
    """
    digit = int(together.argmax())
    belief = believed(together, members, how)
    others = np.where(np.arange(len(belief)) == digit, -1.0, belief)
    undecided = tuple(name for name, probs in members.items() if resemblance(probs) < DECIDED)
    answers = {name: int(p.argmax()) for name, p in members.items() if name not in undecided}
    return Verdict(
        digit=digit,
        probability=float(belief[digit]),
        runner_up=int(others.argmax()),
        runner_up_probability=float(others.max()),
        probabilities=belief,
        by_member=members,
        dissenters={name: answer for name, answer in answers.items() if answer != digit},
        undecided=undecided,
        resemblance=float(resemblance(belief)),
        threshold=threshold,
        beside=beside,
    )
