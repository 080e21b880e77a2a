"""What an ensemble is made of: what each member adds, and where members and majority part.

Everything follows from the members' stored answers to the same digits. `places` are ascending
indices into those digits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from digitcore.comparison.overlap import Answers, only_right, wrong
from digitcore.comparison.significance import ALPHA, holm, mcnemar, only_one_right
from digitcore.ensemble import combine, fit_weights
from digitcore.evaluation import Floats, Predictions, Rate, wilson


@dataclass(frozen=True)
class Without:
    """An ensemble without one member, on n digits.

    saves: digits that are read rightly only with the member; spoils: only without it. log_loss: in
    nats, of the ensemble without it. p: of McNemar's exact test whether that is luck, corrected for
    the number of members (Holm).
    """

    member: str
    errors: int
    log_loss: float
    saves: int
    spoils: int
    n: int
    p: float = 1.0

    @property
    def added_errors(self) -> int:
        """How many more errors are made without the member; below 0 where it does harm."""
        return self.saves - self.spoils

    @property
    def by_luck(self) -> bool:
        """Whether the difference that the member makes could well be luck."""
        return self.p >= ALPHA


@dataclass(frozen=True)
class Shared:
    """The errors of two members among n digits: both are wrong, or exactly one of them is.

    by_chance: on how many digits both would be wrong if their errors had nothing to do with each
    other. As shares of n these are the double-fault and the disagreement measure of Kuncheva and
    Whitaker (2003), doi 10.1023/A:1022859003006: the fewer shared faults, the better they mend
    each other.
    """

    members: tuple[str, str]
    both: int
    one: int
    by_chance: float
    n: int

    @property
    def double_fault(self) -> float:
        return self.both / self.n

    @property
    def disagreement(self) -> float:
        return self.one / self.n


@dataclass(frozen=True, eq=False)
class Anatomy:
    """An ensemble of two members or more, by name, with their answers to the same N digits.

    how, weights and temperature are those of ensemble.combine. Raises ValueError for fewer
    members, or for members that read different digits.
    """

    members: Answers
    how: str = "mean"
    weights: Sequence[float] | None = None
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise ValueError("An ensemble has two members or more.")
        wrong(self.members)  # refuses members that read different digits

    @property
    def names(self) -> list[str]:
        return list(self.members)

    @property
    def labels(self) -> np.ndarray:
        return next(iter(self.members.values())).labels

    @cached_property
    def together(self) -> Predictions:
        """What the ensemble answers."""
        return self._combined(self._probs, self.weights)

    @cached_property
    def log_loss(self) -> float:
        """Of the ensemble, in nats."""
        return self.together.log_loss

    @cached_property
    def best(self) -> str:
        """The member with the least log-loss."""
        return min(self.members, key=lambda name: self.members[name].log_loss)

    # --- what each member adds

    def rest(self, member: str) -> Predictions:
        """What the others answer together, by their own weights; equal ones where all are 0."""
        left_out, weights = self.names.index(member), None
        if self.weights is not None:
            if self.how == "weighted" and self.weights[left_out] == 0:
                return self.together
            kept = [weight for i, weight in enumerate(self.weights) if i != left_out]
            weights = kept if sum(kept) > 0 else [1.0] * len(kept)
        others = np.delete(self._probs, left_out, axis=0)
        return self._combined(others, weights)

    def _combined(self, each: Floats, weights: Sequence[float] | None) -> Predictions:
        return Predictions(combine(each, self.how, weights, self.temperature), self.labels)

    @cached_property
    def leave_one_out(self) -> list[Without]:
        """The ensemble without each member in turn, in the order of the members."""
        found = [self._without(name) for name in self.names]
        chances = holm([mcnemar(without.spoils, without.saves) for without in found])
        return [replace(without, p=p) for without, p in zip(found, chances, strict=True)]

    def _without(self, member: str) -> Without:
        rest = self.rest(member)
        saves, spoils = map(len, only_one_right(self.together, rest))
        return Without(member, rest.errors, rest.log_loss, saves, spoils, len(rest))

    # --- where members, majority and ensemble part

    @cached_property
    def hits(self) -> np.ndarray:
        """(N,) how many members are right."""
        return (~wrong(self.members)).sum(1)

    @property
    def outvoted(self) -> np.ndarray:
        """Places where more than half of the members are wrong and at least one is right."""
        return np.flatnonzero(self._mostly_wrong & (self.hits > 0))

    @property
    def lone(self) -> dict[str, np.ndarray]:
        """By member, places where it alone is right against a majority: of three or more."""
        return only_right(self.members) if len(self.members) > 2 else {}

    @property
    def missed(self) -> np.ndarray:
        """Places where the ensemble is wrong though a member is right."""
        return np.flatnonzero(~self.together.right & (self.hits > 0))

    @property
    def rescued(self) -> np.ndarray:
        """Places where the ensemble is right though more than half of its members are wrong."""
        return np.flatnonzero(self.together.right & self._mostly_wrong)

    @property
    def hopeless(self) -> np.ndarray:
        """Places where all members are wrong."""
        return np.flatnonzero(self.hits == 0)

    @property
    def oracle(self) -> Rate:
        """The share of digits that at least one member reads rightly: no choice among their
        answers could do better."""
        return wilson(int((self.hits > 0).sum()), len(self.labels))

    @property
    def shared(self) -> list[Shared]:
        """The errors of every two members, those that share most first."""
        errors = wrong(self.members)
        counts, n = errors.sum(0), len(errors)
        found = []
        for a, b in combinations(range(len(self.names)), 2):
            both = int((errors[:, a] & errors[:, b]).sum())
            one = int((errors[:, a] ^ errors[:, b]).sum())
            chance = float(counts[a] * counts[b] / n)
            found.append(Shared((self.names[a], self.names[b]), both, one, chance, n))
        return sorted(found, key=lambda pair: -pair.both)

    @cached_property
    def _probs(self) -> Floats:
        return np.stack([member.probs for member in self.members.values()])

    @cached_property
    def _mostly_wrong(self) -> np.ndarray:
        return 2 * self.hits < len(self.members)


def fitted(validation: Answers) -> tuple[float, ...]:
    """Weights of members that give the least log-loss on validation digits; they sum to 1."""
    every = list(validation.values())
    return tuple(fit_weights(np.stack([member.probs for member in every]), every[0].labels))


def weights_told(members: Iterable[str], weights: Iterable[float]) -> str:
    """Fitted weights in words."""
    pairs = zip(members, weights, strict=True)
    return f"Fitted weights: {', '.join(f'{name} {weight:.2f}' for name, weight in pairs)}"


def told(without: Without) -> str:
    """What becomes of an ensemble without one member, as a sentence."""
    if without.saves == without.spoils == 0:
        return f"Without {without.member} the same digits are misread."
    luck = "could well be luck" if without.by_luck else "is hardly luck"
    return (
        f"Without {without.member} {_change(without.added_errors)}: it saves {without.saves:,} "
        f"and spoils {without.spoils:,}, which {luck} (p = {without.p:.2g}, corrected for as many "
        "members)."
    )


def _change(more: int) -> str:
    if more == 0:
        return "there are as many errors"
    direction = "more" if more > 0 else "fewer"
    return f"there {'is 1 error' if abs(more) == 1 else f'are {abs(more):,} errors'} {direction}"


def summary(members: Sequence[Without]) -> list[str]:
    """The members that are missed most and least, in sentences."""
    order = sorted(members, key=lambda without: without.added_errors)
    most, least = order[-1], order[0]
    if most.added_errors == least.added_errors:
        return ["Each member is missed as much as any other.", told(most)]
    missed = "Missed most" if most.added_errors > 0 else "None is missed. Most"
    return [_those_alike(missed, most, members), _those_alike("Least", least, members)]


def _those_alike(words: str, one: Without, members: Sequence[Without]) -> str:
    """Who is missed as much as one of them, and how much that is."""
    alike = [member for member in members if member.added_errors == one.added_errors]
    if len(alike) == 1:
        return f"{words}: {one.member}. {told(one)}"
    names = ", ".join(member.member for member in alike)
    return f"{words}, all as much: {names}. Without one of them {_change(one.added_errors)}."
