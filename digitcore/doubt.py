"""When a picture does not look like a digit at all.

The rule: the probabilities of the two likeliest digits together must be at least what all but
FALSE_ALARMS of the held-out digits have. A digit that could be either of two is no stranger by
this, and what is spread over many digits is. It works best for networks that have learned from
pictures of no digit (Recipe.others), and its rate of false alarms is known for every ensemble.
"""

import numpy as np

Floats = np.ndarray

FALSE_ALARMS = 0.005  # of held-out digits: 25 of 5,000
NEVER = 0.0  # the threshold of an ensemble that calls nothing strange


def resemblance(probs: Floats) -> Floats:
    """(..., 10) probabilities -> (...), 0.2 to 1: how much is left for the two likeliest digits."""
    return np.partition(probs, -2, axis=-1)[..., -2:].sum(-1)


def threshold(held_out: Floats) -> float:
    """The resemblance below which a picture is no digit, by (N, 10) probabilities of held-out
    digits."""
    return float(np.quantile(resemblance(held_out), FALSE_ALARMS))
