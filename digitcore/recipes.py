"""Recipes: all that is needed to train a network again."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from digitcore.augment import Warp
from digitcore.digits import CLASSES, HELD_OUT_SHARE
from digitcore.folder import NAME
from digitcore.models import ARCHITECTURES

OPTIMIZERS = ("adam", "adamw", "adamax", "sgd", "rmsprop")
SCHEDULES = ("constant", "one-cycle", "cosine")
PRECISIONS = ("auto", "float32", "bfloat16")
TRAINING = 60_000  # digits that MNIST has to learn and to validate
MOST_PENNED = 60_000
MOST_EPOCHS = 1000
LEARNING_RATES = 1e-7, 10.0
MOST_TEACHERS = 20
WHOLE = ("epochs", "batch_size", "patience", "digits", "seed", "own_learned", "penned", "others",
         "unwarped")  # fmt: skip
WHICH_OWN = ("own_learned", "own_fingerprint")  # follow from the own set


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training gives. Raises ValueError with a message to act on.

    network: a name in models.ARCHITECTURES. digits: how many of MNIST's, 0 for all.
    validation_share: held out of the 60,000, 1/12 or more. weight_decay: L2 added to the gradient,
    but decoupled for adamw. patience: epochs without a better validation loss before stopping, 0
    for never. average: decay of the moving average of the weights, 0 for none. precision: of the
    network's arithmetic in training; 'auto' measures which is faster here. own: the name of a set
    of a person's own that is learned from too, or alone where not mnist; own_learned: how many
    digits of it; own_fingerprint: of the set that is meant, see own.learning.settled. penned: how
    many digits drawn by the prototypes of digitcore.penned are learned from besides, and others:
    how many pictures of no digit, to which every answer shall be as probable as any other.
    unwarped: how many of the last epochs show the images as they are, to settle on those.
    teachers: names of models whose mean answer to each warped image is learned instead of the
    label, for the share `taught` of it, 0..1.
    """

    network: str
    epochs: int = 10
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 0.001
    schedule: str = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    patience: int = 0
    average: float = 0.0
    warp: Warp = field(default_factory=Warp)
    digits: int = 0
    validation_share: float = HELD_OUT_SHARE
    precision: str = "auto"
    seed: int = 0
    own: str = ""
    mnist: bool = True
    own_learned: int = 0
    own_fingerprint: str = ""
    penned: int = 0
    others: int = 0
    unwarped: int = 0
    teachers: tuple[str, ...] = ()
    taught: float = 0.9

    def __post_init__(self) -> None:
        choices = {
            "network": (self.network, tuple(ARCHITECTURES)),
            "optimizer": (self.optimizer, OPTIMIZERS),
            "schedule": (self.schedule, SCHEDULES),
            "precision": (self.precision, PRECISIONS),
        }
        for name, (value, known) in choices.items():
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}.")
        ranges = {
            "epochs": (1, MOST_EPOCHS), "batch_size": (2, 4096), "learning_rate": LEARNING_RATES,
            "weight_decay": (0, 1), "label_smoothing": (0, 0.5), "patience": (0, 1000),
            "average": (0, 0.9999), "digits": (0, TRAINING), "seed": (0, 2**31 - 1),
            "validation_share": (HELD_OUT_SHARE, 0.5), "own_learned": (0, 1_000_000),
            "penned": (0, MOST_PENNED), "others": (0, MOST_PENNED),
            "unwarped": (0, 1000), "taught": (0, 1),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            value, whole = getattr(self, name), name in WHOLE
            if not isinstance(value, int if whole else (int, float)):
                kind = "a whole number" if whole else "a number"
                raise ValueError(f"{name} must be {kind}, not {value!r}.")
            if not low <= value <= high:
                raise ValueError(f"{name} must lie between {low:g} and {high:g}, not {value}.")
            if not whole:
                object.__setattr__(self, name, float(value))  # 1 and 1.0 are the same recipe
        if self.digits == 1:
            raise ValueError("digits must be 0 for all of them, or 2 and more.")
        if self.digits > (most := TRAINING - self.held_out):
            raise ValueError(
                f"digits must be at most {most:,}, not {self.digits:,}: of the {TRAINING:,} "
                f"{self.held_out:,} are held out."
            )
        if self.patience and self.unwarped:
            raise ValueError(
                "Early stopping may end a training before its last epochs, those without warps. "
                "Set early stopping (patience) or last epochs without warps (unwarped) to 0."
            )
        self._check_teachers()
        self._check_own()

    def _check_teachers(self) -> None:
        names = self.teachers
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"teachers must be names of models, not {names!r}.")
        if wrong := [name for name in names if not NAME.fullmatch(name)]:
            raise ValueError(f"teachers: {wrong[0]!r} is no name of a model.")
        if len(names) > MOST_TEACHERS or len(set(names)) < len(names):
            raise ValueError(f"teachers must be at most {MOST_TEACHERS} models, each named once.")

    def _check_own(self) -> None:
        named = isinstance(self.own, str) and (not self.own or NAME.fullmatch(self.own))
        if not named:
            raise ValueError(f"own must be an own set's name, or empty for none, not {self.own!r}.")
        if not isinstance(self.mnist, bool):
            raise ValueError(f"mnist must be true or false, not {self.mnist!r}.")
        known = self.own_fingerprint
        if not isinstance(known, str) or not set(known) <= set("0123456789abcdef"):
            raise ValueError(f"own_fingerprint must be hexadecimal, not {known!r}.")
        if not self.own and (not self.mnist or self.own_learned or self.own_fingerprint):
            raise ValueError("own names no set to learn from. Name one, or learn from MNIST alone.")
        if self.own_fingerprint and not self.mnist and self.own_learned < 2:
            raise ValueError(
                f"{self.own} alone is too little to learn from: a training needs at least two "
                "digits. Learn from MNIST too."
            )

    def to_json(self) -> str:
        """Readable JSON, one field a line."""
        return json.dumps(asdict(self), indent=2)

    @property
    def held_out(self) -> int:
        """How many of the 60,000 digits are for validation: equally many of each class."""
        return CLASSES * round(TRAINING * self.validation_share / CLASSES)

    @property
    def learned(self) -> int:
        """How many pictures it learns from."""
        of_mnist = self.of_mnist if self.mnist else 0
        return of_mnist + self.own_learned + self.penned + self.others

    @property
    def of_mnist(self) -> int:
        """How many of MNIST's digits it learns from, if it learns from MNIST."""
        return self.digits or TRAINING - self.held_out

    @property
    def steps_per_epoch(self) -> int:
        return batches_per_epoch(self.learned, self.batch_size)

    @property
    def beyond_mnist(self) -> bool:
        """Whether it learns from anything that is not MNIST's."""
        return bool(self.own or self.penned or self.others)

    def warp_of(self, epoch: int) -> Warp:
        """How images are warped in an epoch, counted from 1."""
        return Warp() if epoch > self.epochs - self.unwarped else self.warp

    def as_it_begins(self) -> "Recipe":
        """The same, but with images warped as in its first epoch however long it goes on."""
        return replace(self, warp=self.warp_of(1), unwarped=0, epochs=MOST_EPOCHS)

    def flat(self) -> dict[str, Any]:
        """All fields by name, those of the warp among them."""
        values = asdict(self)
        return values | values.pop("warp")

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """The recipe that to_json wrote. Raises ValueError, naming what does not fit."""
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("A recipe is a JSON object.")
        warp = values.get("warp", {})
        if "network" not in values or not isinstance(warp, dict):
            raise ValueError("A recipe names its network, and its warp is a JSON object.")
        if isinstance(values.get("teachers"), list):  # JSON has no tuples
            values["teachers"] = tuple(values["teachers"])
        return cls(**_known(cls, {**values, "warp": Warp(**_known(Warp, warp))}))


def varying(recipes: Sequence[Recipe]) -> list[str]:
    """The fields, in their order, in which recipes differ from each other.

    What follows from the own set only where all name the same one.
    """
    flats = [recipe.flat() for recipe in recipes]
    names = [name for name in flats[0] if len({flat[name] for flat in flats}) > 1] if flats else []
    return [name for name in names if name not in WHICH_OWN or "own" not in names]


def _known(cls: type, values: dict[str, Any]) -> dict[str, Any]:
    unknown = set(values) - {entry.name for entry in fields(cls)}
    if unknown:
        raise ValueError(f"A {cls.__name__.lower()} has no field {', '.join(sorted(unknown))}.")
    return values


def batches_per_epoch(digits: int, batch_size: int) -> int:
    """A last batch of a single digit is left out: batch norm has no variance over one."""
    return digits // batch_size + (digits % batch_size > 1)
