"""A run is a folder that a person can read; shipped models and users' runs have the same format.

    recipe.json           what was trained, and how
    history.csv           one row an epoch
    weights.safetensors   the weights of the best epoch
    predictions.npz       log-probabilities of the held-out and the test digits
    result.json           the figures; written last, so a folder without it is not a finished run

An ensemble is a folder with an ensemble.json that names its members. Files are written under a
temporary name and renamed into place, so none is ever half there.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from safetensors.torch import save as as_safetensors
from torch import Tensor, nn

from digitcore.digits import held_out, load_mnist
from digitcore.ensemble import combine
from digitcore.evaluation import Predictions
from digitcore.folder import NAME, RunDamaged, arrays_in, dump, read, write, write_text
from digitcore.models import build, load_weights
from digitcore.recipes import Recipe

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
RECIPE, HISTORY, STATE = "recipe.json", "history.csv", "weights.safetensors"
PREDICTIONS, RESULT, ENSEMBLE = "predictions.npz", "result.json", "ensemble.json"
Epoch = dict[str, float]  # one row of history.csv
PARTS = ("validation", "test")
COLUMNS = (
    "epoch", "train_loss", "validation_loss", "validation_accuracy", "learning_rate", "seconds",
)  # fmt: skip


class NoSuchModel(KeyError):
    """A name that no finished run has, or not any more; the message says so."""

    def __str__(self) -> str:
        return f"{self.args[0]} is not there, or not any more."


@dataclass(frozen=True)
class Result:
    """The figures of a finished run. Correct and n count digits; seconds are wall time.

    milliseconds: for one image at a time, on one thread of the machine that trained it.
    """

    test_correct: int
    test_n: int
    validation_correct: int
    validation_n: int
    parameters: int
    best_epoch: int
    epochs: int
    seconds: float
    threads: int
    precision: str
    device: str
    milliseconds: float

    def __post_init__(self) -> None:
        counts = (self.test_correct, self.test_n, self.validation_correct, self.validation_n,
                  self.parameters, self.best_epoch, self.epochs, self.threads)  # fmt: skip
        times = (self.seconds, self.milliseconds)
        if not all(isinstance(n, int) for n in counts) or not all(
            isinstance(n, int | float) for n in times
        ):
            raise ValueError("its figures are not all numbers")
        if not (0 <= self.test_correct <= self.test_n > 0):
            raise ValueError("it counts more right answers than digits")


@dataclass(frozen=True)
class Run:
    """A folder under a store; what is inside is read when asked for. Raises RunDamaged then."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def recipe(self) -> Recipe:
        return read(self.path / RECIPE, lambda file: Recipe.from_json(file.read_text("utf-8")))

    @property
    def result(self) -> Result:
        return read(self.path / RESULT, lambda file: Result(**json.loads(file.read_text("utf-8"))))

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: losses in nats, accuracy in 0..1, learning rate, seconds."""
        return read(self.path / HISTORY, _load_history)

    @property
    def weights_bytes(self) -> int:
        return read(self.path / STATE, lambda file: file.stat().st_size)

    @property
    def version(self) -> tuple[Path, int]:
        """Changes when the weights are written anew."""
        return self.path, read(self.path / STATE, lambda file: file.stat().st_mtime_ns)

    @property
    def stamp(self) -> int:
        """Time in nanoseconds at which the run was finished; changes when it is written anew."""
        return read(self.path / RESULT, lambda file: file.stat().st_mtime_ns)

    def predictions(self, part: str = "test") -> Predictions:
        """Stored answers for the 10,000 test digits or the 5,000 'validation' digits. Raises
        DataDamaged too, and ValueError for another part."""
        if part not in PARTS:
            raise ValueError(f"Predictions are kept for {' and '.join(PARTS)}, not {part!r}.")
        labels = true_labels(part)
        return read(self.path / PREDICTIONS, lambda file: _load_predictions(file, part, labels))

    def network(self) -> nn.Sequential:
        """The trained network in float32, in eval mode."""
        network = build(self.recipe.network)
        state = read(self.path / STATE, load_file)
        try:
            load_weights(network, state)
        except RuntimeError as error:
            raise RunDamaged(f"{self.name}/{STATE} does not fit its network.") from error
        return network.to(memory_format=torch.channels_last).eval()


@dataclass(frozen=True)
class Ensemble:
    """Members by name, and how their probabilities become one: see ensemble.combine."""

    name: str
    description: str
    members: tuple[str, ...]
    how: str = "mean"
    weights: tuple[float, ...] | None = None
    temperature: float = 1.0

    def combine(self, each: np.ndarray) -> np.ndarray:
        """(M, N, 10) probabilities of its M members, in their order -> (N, 10) of all together."""
        return combine(each, self.how, self.weights, self.temperature)


def expanded(names: Iterable[str], ensembles: Mapping[str, Ensemble]) -> tuple[str, ...]:
    """Names of models, with an ensemble's replaced by its members', each once."""
    members = (m for n in names for m in (ensembles[n].members if n in ensembles else (n,)))
    return tuple(dict.fromkeys(members))


class RunStore:
    """All finished runs and ensembles under one or more folders; earlier folders win a name."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders or (WEIGHTS,)

    def runs(self) -> dict[str, Run]:
        """Finished runs by name, in the order of the folders, then of the names."""
        return {name: Run(file.parent) for name, file in self._first().items()
                if file.name == RESULT}  # fmt: skip

    def run(self, name: str) -> Run:
        """One finished run. Raises NoSuchModel, whatever the name looks like."""
        for folder in self.folders:
            if NAME.fullmatch(name) and (folder / name / RESULT).is_file():
                return Run(folder / name)
        raise NoSuchModel(name)

    def ensembles(self) -> dict[str, Ensemble]:
        """Readable ensembles by name whose members are all there."""
        first = self._first()
        runs = {name for name, file in first.items() if file.name == RESULT}
        found: dict[str, Ensemble] = {}
        for name, file in first.items():
            if name in runs:
                continue
            with suppress(RunDamaged):  # one damaged file does not take the others down
                ensemble = load_ensemble(file.parent)
                if ensemble.members and runs.issuperset(ensemble.members):
                    found[name] = ensemble
        return found

    def members(self, name: str) -> list[Run]:
        """The runs whose answers a name stands for: its own, or an ensemble's members'.

        Raises NoSuchModel.
        """
        ensemble = self.ensembles().get(name)
        return [self.run(member) for member in (ensemble.members if ensemble else (name,))]

    def answers(self, name: str, part: str = "test") -> Predictions:
        """Stored answers of a model or an ensemble. Raises NoSuchModel."""
        ensemble = self.ensembles().get(name)
        if ensemble:
            return self.ensemble_predictions(ensemble, part)
        return self.run(name).predictions(part)

    def ensemble_predictions(self, ensemble: Ensemble, part: str = "test") -> Predictions:
        """What an ensemble answers, from its members' stored predictions."""
        members = [self.run(name).predictions(part) for name in ensemble.members]
        probs = np.stack([member.probs for member in members])
        return Predictions(ensemble.combine(probs), members[0].labels)

    def _first(self) -> dict[str, Path]:
        """By name the file that makes a folder a finished run or else an ensemble, of the first
        folder that is called so."""
        first: dict[str, Path] = {}
        for path in self._paths():
            files = (path / RESULT, path / ENSEMBLE)
            file = next((file for file in files if file.is_file()), None)
            if file:
                first.setdefault(path.name, file)
        return first

    def _paths(self) -> Iterator[Path]:
        for folder in self.folders:
            if folder.is_dir():
                yield from sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))


def true_labels(part: str) -> np.ndarray:
    """Labels of the test digits, or of the validation digits that every recipe holds out."""
    digits = load_mnist(train=False) if part == "test" else held_out()
    return digits.labels.numpy()


def save_recipe(path: Path, recipe: Recipe) -> None:
    write_text(path / RECIPE, recipe.to_json() + "\n")


def save_history(path: Path, rows: Sequence[Epoch]) -> None:
    write(path / HISTORY, lambda part: pd.DataFrame(rows).to_csv(part, index=False))


def save_weights(path: Path, state: dict[str, Tensor]) -> None:
    whole = as_safetensors({name: tensor.contiguous() for name, tensor in state.items()})
    write(path / STATE, lambda part: part.write_bytes(whole))  # OSError where the disk is full


def save_predictions(path: Path, probs: dict[str, np.ndarray]) -> None:
    """probs: for 'validation' and 'test', (N, 10). Kept as log-probabilities in half precision,
    which are exact enough near 0 and near 1 alike."""
    logs: dict[str, Any] = {part: _half_logs(p) for part, p in probs.items()}

    def compress(part: Path) -> None:
        with part.open("wb") as file:
            np.savez_compressed(file, **logs)

    write(path / PREDICTIONS, compress)


def _half_logs(probs: np.ndarray) -> np.ndarray:
    """Log-probabilities in half precision, in which the answer stays the answer."""
    logs = np.log(np.maximum(probs, 1e-25)).astype(np.float16)
    rows, answers = np.arange(len(probs)), probs.argmax(1)
    tied = logs.argmax(1) != answers  # rounded to the same number as an earlier digit
    logs[rows[tied], answers[tied]] = np.nextafter(logs[rows[tied], answers[tied]], np.float16(0))
    return logs


def save_result(path: Path, result: Result) -> None:
    write_text(path / RESULT, dump(asdict(result)))


def save_ensemble(path: Path, ensemble: Ensemble) -> None:
    values = {key: value for key, value in asdict(ensemble).items() if key != "name"}
    write_text(path / ENSEMBLE, dump(values))


def _load_history(file: Path) -> pd.DataFrame:
    rows = pd.read_csv(file)
    rows = rows.apply(pd.to_numeric)  # refuses what is no number
    if not set(COLUMNS) <= set(rows.columns) or rows[list(COLUMNS)].isna().any(axis=None):
        raise ValueError(f"it needs the columns {', '.join(COLUMNS)}, filled in every row")
    return rows


def _load_predictions(file: Path, part: str, labels: np.ndarray) -> Predictions:
    with arrays_in(file) as arrays:
        probs = np.exp(arrays[part].astype(np.float32))
    if not np.isfinite(probs).all():
        raise ValueError("its probabilities are not all numbers")
    return Predictions(probs / probs.sum(1, keepdims=True), labels)


def load_ensemble(path: Path) -> Ensemble:
    """The ensemble of a folder, whether its members are there or not. Raises RunDamaged."""
    return read(path / ENSEMBLE, _load_ensemble)


def _load_ensemble(file: Path) -> Ensemble:
    values = json.loads(file.read_text("utf-8"))
    ensemble = Ensemble(
        name=file.parent.name,
        description=str(values["description"]),
        members=tuple(values["members"]),
        how=values["how"],
        weights=tuple(values["weights"]) if values.get("weights") else None,
        temperature=values.get("temperature", 1.0),
    )
    if not all(isinstance(member, str) for member in ensemble.members):
        raise ValueError("its members are not names")
    # refuses no member, an unknown way, and weights or a temperature that do not fit
    ensemble.combine(np.ones((len(ensemble.members), 1, 10)))
    return ensemble
