"""Several models as one: what they answer together is again probabilities."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from digitcore.evaluation import DIGITS, Floats, Predictions

WAYS = ("mean", "vote", "weighted")
TOLD = {"mean": "mean", "vote": "vote", "weighted": "fitted weights"}  # behind "by"
BUDGET = 5_000_000  # parameters of the champion, all members together
FLAT = 1e-12  # nats: good members lose so little that SciPy's 1e-6 ends the search where it began
TIE_BREAK = 0.01  # so small that it never outweighs a vote while members are fewer than 100


def combine(
    members: Floats,
    how: str = "mean",
    weights: Sequence[float] | None = None,
    temperature: float = 1.0,
) -> Floats:
    """(M, N, 10) probabilities of M members -> (N, 10) of the ensemble.

    'mean' is the mean probability, 'weighted' the mean by `weights` (M,), 'vote' the share of
    members that answer a digit, and so little of the mean probability that it only breaks ties;
    then sharpened or softened by the temperature. Raises ValueError for an unknown way, no member,
    weights that do not fit or a temperature that is none.
    """
    together = _together(members, how, weights)
    return together if temperature == 1 else scaled(together, temperature)


def scaled(probs: Floats, temperature: float) -> Floats:
    """(N, 10) probabilities as p ** (1 / temperature), made to sum to 1, float64.

    Log-probabilities are a network's logits up to a constant that is the same for all digits, so
    this is temperature scaling of the logits; of an ensemble, of its combined probabilities. A
    probability of 0 stays 0. Raises ValueError unless the temperature is above 0.
    Source: Guo et al. (2017), arXiv 1706.04599.
    """
    if not 0 < temperature < np.inf:
        raise ValueError(f"A temperature is a number above 0, not {temperature}.")
    with np.errstate(divide="ignore"):  # log(0) is -inf, which becomes 0 again
        logs = np.log(probs.astype(np.float64))
    powers = np.exp((logs - logs.max(1, keepdims=True)) / temperature)
    return powers / powers.sum(1, keepdims=True)


def _together(members: Floats, how: str, weights: Sequence[float] | None) -> Floats:
    if len(members) == 0:
        raise ValueError("An ensemble needs at least one member.")
    if how == "mean":
        return members.mean(0)
    if how == "vote":
        votes = (members.argmax(2)[..., None] == DIGITS).mean(0)
        return (votes + TIE_BREAK * members.mean(0)) / (1 + TIE_BREAK)
    if how == "weighted":
        share = np.asarray([] if weights is None else weights, dtype=np.float64)
        fits = share.shape == (len(members),) and np.isfinite(share).all()
        if not fits or share.min() < 0 or share.sum() <= 0:
            raise ValueError(f"{len(members)} members need as many weights, none negative.")
        return np.tensordot(share / share.sum(), members, axes=1)
    raise ValueError(f"Combine by one of {', '.join(WAYS)}, not {how!r}.")


def fit_weights(members: Floats, labels: np.ndarray) -> list[float]:
    """Weights (M,), summing to 1, that give the least log-loss. Fit them on validation digits.

    members: (M, N, 10) probabilities. The loss is convex in the weights; SciPy's SLSQP finds them.
    """
    from scipy.optimize import minimize  # late, as in evaluation.py

    of_label = members[:, np.arange(len(labels)), labels].astype(np.float64)  # (M, N)
    count = len(members)

    def loss(weights: Floats) -> tuple[float, Floats]:
        mixed = np.maximum(weights @ of_label, 1e-12)
        return float(-np.log(mixed).mean()), -(of_label / mixed).mean(1)

    found = minimize(
        loss, np.full(count, 1 / count), jac=True, method="SLSQP",
        bounds=[(0, 1)] * count, constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": FLAT, "maxiter": 1000},
    )  # fmt: skip
    kept = np.clip(found.x, 0, None).round(4)
    return [float(weight) for weight in kept / kept.sum()]


@dataclass(frozen=True)
class Choice:
    """An ensemble that validation digits prefer, with the Brier score and errors it had there."""

    members: tuple[str, ...]
    brier: float
    errors: int


def prefer(
    validation: Mapping[str, Predictions],
    parameters: Mapping[str, int],
    most: int = 6,
    budget: int = BUDGET,
    one_of: Collection[str] = (),
) -> Choice:
    """The set of members whose mean probability has the least Brier score.

    validation: each member's predictions of the same digits, which none was trained on.
    parameters: how many each member has; all together have at most `budget`. one_of: names of
    which at least one must be in the set, if any are given. All sets of up to `most` are tried.
    Not by errors, of which a few in 5,000 digits say little, and not by log-loss, which grows
    without bound where a label is wrong. Source: Brier (1950), Monthly Weather Review 78.
    Raises ValueError where no set is small enough.
    """
    names = list(validation)
    if not names:
        raise ValueError("Choose from at least one member.")
    labels = validation[names[0]].labels
    if not all(np.array_equal(labels, member.labels) for member in validation.values()):
        raise ValueError("Members can be compared on the same digits only.")
    probs = np.stack([validation[name].probs for name in names])
    sets = [
        chosen
        for size in range(1, min(most, len(names)) + 1)
        for chosen in combinations(range(len(names)), size)
        if sum(parameters[names[i]] for i in chosen) <= budget
        and (not one_of or any(names[i] in one_of for i in chosen))
    ]
    if not sets:
        raise ValueError(f"No set that is asked for has {budget:,} parameters or fewer.")
    moments = _moments(probs, labels)
    scores = [_brier(*moments, chosen) for chosen in sets]
    best = sets[int(np.argmin(scores))]
    together = Predictions(combine(probs[list(best)]), labels)
    return Choice(tuple(names[i] for i in best), min(scores), together.errors)


def _moments(probs: Floats, labels: np.ndarray) -> tuple[Floats, Floats]:
    """Means over the digits: (M, M) of the products of members' probabilities, and (M,) of what
    each gives to the label. All that the Brier score of any set's mean needs."""
    flat = probs.reshape(len(probs), -1).astype(np.float64)
    return flat @ flat.T / len(labels), probs[:, np.arange(len(labels)), labels].mean(1, float)


def _brier(products: Floats, of_label: Floats, chosen: Sequence[int]) -> float:
    """Of the mean of the chosen members: |p|^2 - 2 p(label) + 1, on average."""
    places = list(chosen)
    return float(products[np.ix_(places, places)].mean() - 2 * of_label[places].mean() + 1)
