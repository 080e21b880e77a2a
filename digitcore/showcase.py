"""The 24 validation digits on which one watches a network learn."""

from functools import cache

import torch

from digitcore.digits import CLASSES, DigitSet, held_out

PLAIN, HARD = 12, 12


@cache
def showcase() -> DigitSet:
    """12 digits that look like their class, then 12 that look more like another one.

    By the distance of their pixels to the mean image of each class, over the 5,000 held-out
    digits: no network is asked, so that none is favoured.
    """
    digits = held_out()
    pixels = digits.images.flatten(1).float()
    means = torch.stack([pixels[digits.labels == label].mean(0) for label in range(CLASSES)])
    distances = torch.cdist(pixels, means)
    own = distances.gather(1, digits.labels[:, None])[:, 0]
    other = distances.scatter(1, digits.labels[:, None], torch.inf).amin(1)
    likeness = other / own
    chosen = [*_spread(likeness, digits.labels, PLAIN), *_spread(-likeness, digits.labels, HARD)]
    return digits.take(chosen, "Digits to watch")


def _spread(score: torch.Tensor, labels: torch.Tensor, count: int) -> list[int]:
    """`count` indices of high score, the classes in turn."""
    chosen: list[int] = []
    for turn in range(count):
        of_class = (labels == turn % CLASSES).nonzero().flatten()
        ranked = of_class[score[of_class].argsort(descending=True, stable=True)]
        chosen.append(int(ranked[turn // CLASSES]))
    return chosen
