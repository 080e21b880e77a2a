"""What to try against what is seen, by what the recipe has already."""

from math import ceil

import numpy as np

from digitcore.augment import Warp
from digitcore.recipes import MOST_EPOCHS, Recipe
from digitcore.words import listed

# Where to start: what learned best here; for sgd (momentum 0.9) 0.1 did too, but 0.3 was lost.
CUSTOMARY = {"adam": 0.001, "adamw": 0.001, "adamax": 0.002, "sgd": 0.03, "rmsprop": 0.001}
RANGE_TEST = "the learning-rate range test on this page"


def plainly(rate: float) -> str:
    """A learning rate to one figure, without an exponent: 0.0003."""
    return np.format_float_positional(float(f"{rate:.1g}"), trim="-")


def lowered(recipe: Recipe) -> float:
    """The customary rate where the recipe's is far above it, else a third; never below 1e-7."""
    customary, rate = CUSTOMARY[recipe.optimizer], recipe.learning_rate
    return customary if rate > 3 * customary else max(rate / 3, 1e-7)


def raised(recipe: Recipe) -> float:
    """The customary rate where the recipe's is far below it, else three times; 10 at most."""
    customary, rate = CUSTOMARY[recipe.optimizer], recipe.learning_rate
    return customary if rate < customary / 3 else min(rate * 3, 10)


def slower(recipe: Recipe) -> str:
    """A lower learning rate, or a schedule that is low where it matters."""
    less = f"Try a learning rate of {plainly(lowered(recipe))}"
    if recipe.schedule == "one-cycle":
        return f"{less}, or find one by {RANGE_TEST}."
    return f"{less}, or the one-cycle schedule, which starts low and ends low, around it."


def faster(recipe: Recipe) -> str:
    """A higher learning rate."""
    more = f"Try a learning rate of {plainly(raised(recipe))}"
    return f"{more}, or find one by {RANGE_TEST}."


def longer(recipe: Recipe, steps_per_epoch: int, steps: int) -> str:
    """More steps: so many in all."""
    epochs = min(ceil(steps / steps_per_epoch), MOST_EPOCHS)
    also = "" if recipe.mnist else ", and learn from MNIST's digits too"
    return f"Train for more epochs, say {epochs:,}, or with smaller batches{also}."


def either(recipe: Recipe) -> str:
    """For a loss that stays where it is, of which too high and too low look alike."""
    ratio = recipe.learning_rate / CUSTOMARY[recipe.optimizer]
    customary = f"{plainly(CUSTOMARY[recipe.optimizer])} is customary for {recipe.optimizer}"
    likelier = "; too low is likelier" if ratio < 1 / 3 else "; too high is likelier"
    return f"Find a rate by {RANGE_TEST}; {customary}{likelier if not 1 / 3 <= ratio <= 3 else ''}."


def against_overfitting(recipe: Recipe) -> str:
    """What the recipe does not have yet of all that keeps it from learning by heart."""
    warped = not recipe.warp_of(1).alike(Warp())
    high = recipe.schedule == "constant" and lowered(recipe) == CUSTOMARY[recipe.optimizer]
    options = [
        f"a learning rate of {plainly(lowered(recipe))}" if high else "",
        "more training digits" if recipe.digits else "",
        "" if recipe.mnist else "learning from MNIST's digits too",
        "stronger warps" if warped else "random warps",
        "" if recipe.label_smoothing else "label smoothing of 0.1",
        "" if recipe.weight_decay else "some weight decay",
        "" if recipe.patience or recipe.unwarped else "early stopping (patience 3)",
    ]
    offered = listed([option for option in options if option], "or")
    return f"Try {offered}. The best epoch's weights are kept."


def against_plateau(recipe: Recipe) -> str:
    """A rate that ends lower."""
    slower = f"a learning rate of {plainly(lowered(recipe))}"
    stop = (
        ""
        if recipe.patience or recipe.unwarped
        else " Early stopping (patience 5) would save the time."
    )
    return f"Try a schedule that ends low, one-cycle or cosine, or {slower}.{stop}"
