"""Whether it pays to read a digit several times over, each time otherwise: `python -m
scripts.bench_views [NAME]`.

An ensemble reads the 5,000 held-out digits as they are, shifted, turned and scaled, and the mean of
its answers is scored beside its answer to the digit alone (test-time augmentation). Three views
take three times as long. Choices can be made by its figures, for the test digits have no part in
it. Takes three minutes.
"""

import argparse
from math import radians

import numpy as np
import torch
from sklearn.metrics import brier_score_loss
from torch import Tensor

from digitcore.augment import affine_matrices, resample
from digitcore.digits import held_out
from digitcore.evaluation import DIGITS, Floats, Predictions
from digitcore.members import DEFAULT, Members
from digitcore.runs import Ensemble, RunStore

AS_IT_IS = "as it is"
VIEWS = {  # by name: degrees clockwise, size as a factor, pixels to the right and down
    AS_IT_IS: (0, 1, 0, 0),
    "left": (0, 1, -1, 0),
    "right": (0, 1, 1, 0),
    "up": (0, 1, 0, -1),
    "down": (0, 1, 0, 1),
    "turned left": (-5, 1, 0, 0),
    "turned right": (5, 1, 0, 0),
    "smaller": (0, 0.95, 0, 0),
    "larger": (0, 1.05, 0, 0),
}
SETS = {
    "the digit alone": (AS_IT_IS,),
    "and a pixel to the left and right": (AS_IT_IS, "left", "right"),
    "and a pixel to all four sides": (AS_IT_IS, "left", "right", "up", "down"),
    "and turned by 5 degrees to either side": (AS_IT_IS, "turned left", "turned right"),
    "and 5 % smaller and larger": (AS_IT_IS, "smaller", "larger"),
    "all nine": tuple(VIEWS),
}
HEAD = (
    "\n| what is read | times | errors of 5,000 | Brier score | log-loss |\n|---|---|---|---|---|"
)


def seen(images: Tensor, view: str) -> np.ndarray:
    """uint8 (N, 28, 28) digits as a view shows them; to shift by whole pixels changes no value."""
    degrees, *rest = VIEWS[view]
    numbers = (torch.full((len(images),), float(number)) for number in (radians(degrees), 0, *rest))
    moved = resample(images.unsqueeze(1).float(), affine_matrices(*numbers))
    return moved[:, 0].round().clamp(0, 255).byte().numpy()


def answers(members: Members, ensemble: Ensemble, images: Tensor) -> dict[str, Floats]:
    """(N, 10) probabilities by view."""
    read = {}
    for view in VIEWS:
        read[view], _ = members.answer(ensemble, seen(images, view))
        print(f"  {view}: read", flush=True)
    return read


def main() -> None:
    parser = argparse.ArgumentParser(description="Whether several views of a digit pay.")
    parser.add_argument("name", nargs="?", default=DEFAULT, metavar="NAME")
    members, digits = Members(RunStore()), held_out()
    ensemble = members.choose([parser.parse_args().name])
    each = answers(members, ensemble, digits.images)
    print(HEAD)
    for words, views in SETS.items():
        mean = Predictions(np.mean([each[view] for view in views], 0), digits.labels.numpy())
        brier = brier_score_loss(mean.labels, mean.probs, scale_by_half=False, labels=DIGITS)
        scores = f"{mean.errors} | {brier:.5f} | {mean.log_loss:.5f}"
        print(f"| {words} | {len(views)} | {scores} |")


if __name__ == "__main__":
    main()
