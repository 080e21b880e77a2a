"""The zoo: networks with the recipes that they are shipped with.

An entry names a network's origin, what its authors claim, and its recipe: the authors' own where it
is known and reaches the claim here, a better one where it does not. models.py has the networks.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from digitcore.augment import Warp
from digitcore.recipes import Recipe


@dataclass(frozen=True)
class Entry:
    """A member of the zoo. letter: its key in the project's list; claimed: test accuracy, 0..1."""

    name: str
    letter: str
    description: str
    origin: str
    recipe: Recipe
    recipe_origin: str
    claimed: float | None = None


ZOO: dict[str, Entry] = {}


def _enter(*entry: Any, **more: Any) -> None:
    added = Entry(*entry, **more)
    ZOO[added.name] = added


# Warps that keep a digit a digit. Chosen by sense and on validation digits, never on test digits.
MILD = Warp(rotation=10, shear=8, scale=(0.9, 1.1), shift=0.07)
PEN = Warp(rotation=12, shear=12, scale=(0.8, 1.15), shift=0.08, elastic=0.7, thickness=0.5)
BENT = replace(PEN, rotation=15, shear=15, elastic=1.3)
RUGGED = replace(PEN, cover=8, noise=0.25)

# What our own have in common: long trainings under strong warps, answering by averaged weights.
LONG = partial(
    Recipe, optimizer="adamw", learning_rate=0.004, schedule="one-cycle", weight_decay=0.02,
    average=0.998, warp=PEN,
)  # fmt: skip

# Digits in hands that MNIST lacks are harmless beside its own. Pictures of no digit make a network
# doubt sloppy digits too, so of an ensemble few members learn from them, and doubt for all.
PENNED, OTHERS = 8000, 3000

# Of all sets of up to three of the networks below, the one that the held-out digits preferred.
TEACHERS = ("keen-mild", "strong", "upright")
# Those that have seen noise and cover, and so can teach digits that are spoilt by them.
STURDY = ("upright", "upright-strong")

AUTHORS = "its authors'"
ADAM = "its authors' Adam at 0.001; batch size and epochs ours"
OURS = "ours"

_enter(
    "wide", "A", "Two convolutions at full resolution, then one very wide dense layer.",
    "Keras-style CNN, 6.3 M parameters; member A of the dashboard's ensemble",
    Recipe("wide", epochs=8, schedule="one-cycle", batch_size=128),
    "ours: one-cycle Adam (its authors give none)", claimed=0.9895,
)  # fmt: skip
_enter(
    "classic", "B", "The textbook CNN: two convolutions with pooling, two dense layers.",
    "Keras-style CNN; member B of the dashboard's ensemble",
    Recipe("classic", epochs=10, schedule="one-cycle", learning_rate=0.002),
    "ours: one-cycle Adam (its authors give none)", claimed=0.9899,
)  # fmt: skip
_enter(
    "warped", "C", "The textbook CNN, trained on rotated, sheared, scaled and tilted digits.",
    "network B on warped images; member C of the dashboard's ensemble",
    Recipe("classic", epochs=30, schedule="one-cycle", learning_rate=0.002, seed=1,
           warp=Warp(rotation=10, shear=10, scale=(0.8, 1.2), perspective=0.2, perspective_p=0.5)),
    "its authors' warp, with one-cycle Adam", claimed=0.9862,
)  # fmt: skip
_enter(
    "cautious", "D", "Two valid convolutions, held back by dropout and L2.",
    "Keras-style CNN with He normal start, dropout 0.25 and 0.5",
    # Keras adds 0.001 w^2 to the loss, whose gradient is 0.002 w
    Recipe("cautious", epochs=25, weight_decay=0.002, patience=5,
           warp=Warp(rotation=10, scale=(0.9, 1.1), shift=0.1)),
    AUTHORS, claimed=0.991,
)  # fmt: skip
_enter(
    "dense", "E", "No convolution at all: one hidden layer as wide as the image.",
    "multi-layer perceptron, 784 hidden units",
    Recipe("dense", epochs=10, batch_size=200), ADAM, claimed=0.9804,
)  # fmt: skip
_enter(
    "single", "F", "A single 5x5 convolution and one hidden dense layer.",
    "Keras-style CNN",
    Recipe("single", epochs=10, batch_size=200), ADAM, claimed=0.9878,
)  # fmt: skip
_enter(
    "slim", "G", "Two thin convolutions and three dense layers in 60 k parameters.",
    "Keras-style CNN",
    Recipe("slim", epochs=20, batch_size=200), ADAM, claimed=0.9904,
)  # fmt: skip
_enter(
    "funnel", "H", "Two convolutions and dense layers that narrow: 128, 64, 10.",
    "Keras-style CNN trained with Adamax",
    Recipe("funnel", epochs=40, optimizer="adamw", learning_rate=0.003, schedule="one-cycle",
           weight_decay=0.01, warp=MILD, average=0.999, validation_share=0.15),
    "ours: its authors' (Adamax, batches of 32, 50 epochs) reached 99.31 % here", claimed=0.9937,
)  # fmt: skip
_enter(
    "plain", "I", "Two valid convolutions and one hidden dense layer, nothing else.",
    "Keras-style CNN",
    Recipe("plain", epochs=25, validation_share=0.2), AUTHORS,
)  # fmt: skip
_enter(
    "strong", "", "Six small convolutions with batch norm: much accuracy for few parameters.",
    "ours: plain batch-norm CNN after An et al. (2020), arXiv 2008.10400, with pooling",
    LONG("strong", epochs=60), OURS,
)  # fmt: skip
_enter(
    "broad", "", "Four 5x5 convolutions with batch norm: sees more of a stroke at once.",
    "ours: sibling of strong with larger kernels, taught after Hinton et al. (2015)",
    LONG("broad", epochs=52, warp=RUGGED, seed=23, penned=PENNED, unwarped=5, teachers=STURDY),
    OURS,
)  # fmt: skip
_enter(
    "residual", "", "Two residual blocks with batch norm: each adds to what is already known.",
    "ours: after He et al. (2015), arXiv 1512.03385, taught after Hinton et al. (2015)",
    LONG("residual", epochs=50, warp=RUGGED, seed=25, penned=PENNED, unwarped=5, teachers=STURDY),
    OURS,
)  # fmt: skip
_enter(
    "tiny", "", "Four narrow convolutions with batch norm in under 10 k parameters.",
    "ours: how little is enough",
    Recipe("tiny", epochs=50, optimizer="adamw", learning_rate=0.01, schedule="one-cycle",
           weight_decay=0.005, warp=MILD, average=0.998),
    OURS,
)  # fmt: skip
_enter(
    "keen", "", "The network strong with wider layers.",
    "ours: sibling of strong",
    LONG("keen", epochs=50, seed=3, penned=PENNED, unwarped=6), OURS,
)  # fmt: skip
_enter(
    "keen-mild", "", "The network keen under milder warps.",
    "ours: for the champion",
    LONG("keen", epochs=40, warp=MILD, seed=8, penned=PENNED, unwarped=5), OURS,
)  # fmt: skip
_enter(
    "keen-bent", "", "The network keen under stronger bending, turning and slanting.",
    "ours: for the champion",
    LONG("keen", epochs=50, warp=BENT, seed=13, penned=PENNED, unwarped=10), OURS,
)  # fmt: skip
_enter(
    "ample", "", "Two small and two large convolutions with batch norm, then a small one.",
    "ours: sibling of keen with larger kernels, for the champion",
    LONG("ample", epochs=48, seed=12, penned=PENNED, unwarped=6), OURS,
)  # fmt: skip
_enter(
    "upright", "", "The network keen, on digits that it first sets upright.",
    "ours: deslanting after LeCun et al. (1998), for the champion",
    LONG("upright", epochs=44, warp=RUGGED, seed=16, penned=PENNED, unwarped=6), OURS,
)  # fmt: skip
_enter(
    "upright-strong", "", "The network strong, on digits that it sets upright; it can say no.",
    "ours: for the champion, and its doubts",
    LONG("upright-strong", epochs=52, warp=RUGGED, seed=19, penned=PENNED, others=OTHERS,
         unwarped=8),
    OURS,
)  # fmt: skip
_enter(
    "keen-taught", "", "The network keen, taught by three networks instead of labels alone.",
    "ours: distillation after Hinton et al. (2015), arXiv 1503.02531",
    LONG("keen", epochs=26, seed=21, penned=PENNED, unwarped=5, teachers=TEACHERS), OURS,
)  # fmt: skip
_enter(
    "upright-taught", "", "The network upright, taught by three networks; it can say no.",
    "ours: distillation after Hinton et al. (2015), for the champion, and its doubts",
    LONG("upright", epochs=25, seed=22, penned=PENNED, others=OTHERS, unwarped=5,
         teachers=TEACHERS),
    OURS,
)  # fmt: skip
