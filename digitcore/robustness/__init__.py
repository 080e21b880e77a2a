"""How sturdy networks are: what they answer to distorted digits, stored with the run.

    robustness.npz    for each setting of distortions.py that was measured, one byte for each
                      probability; and a fingerprint of the very predictions.npz beside it, so
                      that what was measured of earlier weights counts as not measured

An ensemble is not measured: it follows from its members.
"""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from torch import nn

from digitcore.digits import CLASSES
from digitcore.evaluation import Floats, Predictions, Rate, predict, wilson
from digitcore.folder import arrays_in, read, stamp_of
from digitcore.robustness.distortions import (
    KINDS,
    SAMPLE,
    SETTINGS,
    Setting,
    clean,
    distorted,
    sample,
)
from digitcore.runs import PREDICTIONS, Ensemble, Run, RunStore

FILE, FINGERPRINT = "robustness.npz", "fingerprint"
EDITION = b"2"  # to be raised when a distortion, the sample or the codes change
STEPS, DEEPEST = 96, 40.0  # codes of a probability, and the nats that the last one stands for
_PROBS = np.exp(-DEEPEST * (np.arange(STEPS + 1) / STEPS) ** 2)
Codes = np.ndarray
Stamp = tuple[Ensemble | None, tuple[tuple[str, int, int], ...]]


class NotMeasured(LookupError):
    """What is asked for has not been measured, or of earlier weights only; the message says so."""


# --- measuring and storing


def measure(network: nn.Module, settings: Iterable[Setting]) -> Iterator[tuple[Setting, Floats]]:
    """Each setting with the (2000, 10) probabilities of its digits. To stop is to stop asking."""
    for setting in settings:
        yield setting, predict(network, distorted(setting).images)


def encode(probs: Floats) -> Codes:
    """uint8 (N, 10): code c stands for 40 (c / 96)^2 nats below the row's answer, whose code is 0.

    Being even more careful would cost as much space again: as it is, log-loss is right to half a
    percent, and the area under a ROC curve to 0.002 where a model is at its worst.
    """
    logs = np.log(np.maximum(probs.astype(np.float64), np.finfo(np.float32).tiny))
    below = np.minimum(logs.max(1, keepdims=True) - logs, DEEPEST)
    codes = np.rint(STEPS * np.sqrt(below / DEEPEST)).astype(np.uint8)
    rows, answers = np.arange(len(probs)), probs.argmax(1)
    tied = codes.argmin(1) != answers  # rounded to the same code as an earlier digit
    codes[rows[tied], :] += codes[rows[tied], :] == 0
    codes[rows[tied], answers[tied]] = 0
    return codes


def decode(codes: Codes) -> Floats:
    """float32 (N, 10) probabilities whose rows sum to 1."""
    probs = _PROBS[codes]
    return (probs / probs.sum(1, keepdims=True)).astype(np.float32)


def fingerprint(path: Path) -> bytes:
    """Of a run's stored predictions, and of how is measured. Raises RunDamaged."""
    return sha256(EDITION + read(path / PREDICTIONS, Path.read_bytes)).digest()


def save(path: Path, of: bytes, codes: Mapping[str, Codes]) -> None:
    """Write what was measured of the predictions with this fingerprint. Raises OSError.

    Only for who holds its measuring.json, see measuring/. A folder that is gone is not made again.
    """
    whole = io.BytesIO()
    arrays = {FINGERPRINT: np.frombuffer(of, dtype=np.uint8), **codes}
    np.savez_compressed(whole, **arrays)  # type: ignore[arg-type]
    part = path / f"{FILE}.tmp"
    try:
        part.write_bytes(whole.getbuffer())
        os.replace(part, path / FILE)
    finally:
        part.unlink(missing_ok=True)


# --- reading


def stored(run: Run, names: Iterable[str] | None = None) -> dict[str, Codes]:
    """Codes (2000, 10) by setting, in the order of SETTINGS; of the names only, where given.

    Empty where nothing was measured of the weights as they are now. Raises RunDamaged.
    """
    wanted = set(SETTINGS if names is None else names)
    return _open(run, lambda arrays: {
        name: _sound(name, arrays[name]) for name in SETTINGS if name in wanted and name in arrays
    })  # fmt: skip


def measured(run: Run) -> frozenset[str]:
    """Names of the settings that can be read, to the last byte. Raises RunDamaged."""
    return _measured(run, stamp_of(run.path / FILE), stamp_of(run.path / PREDICTIONS))


@lru_cache(maxsize=1000)
def _measured(run: Run, *versions: tuple[int, int]) -> frozenset[str]:
    return frozenset(stored(run))


def read_robustness(run: Run, setting: Setting) -> Predictions:
    """A network's stored answers for the sample under a setting. Raises NotMeasured, RunDamaged."""
    codes = stored(run, [setting.name])
    if not codes:
        raise NotMeasured(f"{run.name} has not been measured yet on test digits {setting.words}.")
    return Predictions(decode(codes[setting.name]), labels())


def labels() -> np.ndarray:
    """(2000,) what the sampled digits show."""
    return clean().labels.numpy()


def _open(run: Run, how: Callable[[Mapping[str, np.ndarray]], dict]) -> dict:
    """What `how` makes of the arrays by name, each unpacked when asked for; empty where the file
    is missing or of other predictions."""
    if not (run.path / FILE).exists():
        return {}
    now = fingerprint(run.path)

    def fresh(file: Path) -> dict:
        with arrays_in(file) as arrays:
            return how(arrays) if arrays[FINGERPRINT].tobytes() == now else {}

    return read(run.path / FILE, fresh)


def _sound(name: str, codes: Codes) -> Codes:
    if codes.shape != (SAMPLE, CLASSES) or codes.dtype != np.uint8 or codes.max() > STEPS:
        raise ValueError(f"its answers to {name} are no {SAMPLE} rows of {CLASSES} codes")
    return codes


# --- models and ensembles of a store


def stamp(runs: RunStore, name: str) -> Stamp:
    """Changes with every writing of what the answers of a model or ensemble follow from."""
    files = (run.path / file for run in runs.members(name) for file in (FILE, PREDICTIONS))
    written = tuple((str(file), *stamp_of(file)) for file in files)
    return runs.ensembles().get(name), written


def answers(runs: RunStore, name: str, setting: Setting) -> Predictions:
    """What a model or ensemble answers under a setting.

    Raises KeyError for an unknown name, NotMeasured or RunDamaged.
    """
    ensemble = runs.ensembles().get(name)
    if not ensemble:
        return read_robustness(runs.run(name), setting)
    members = [read_robustness(runs.run(member), setting).probs for member in ensemble.members]
    return Predictions(ensemble.combine(np.stack(members)), labels())


def sampled(test: Predictions) -> Predictions:
    """Of the answers to all 10,000 test digits those to the sample, which are what clean means."""
    return Predictions(test.probs[sample()], test.labels[sample()])


@dataclass(frozen=True)
class Sturdiness:
    """Accuracy on the sampled digits as they are and, by setting, on those that were measured."""

    clean: Rate
    rates: Mapping[str, Rate]

    def curve(self, kind: str) -> dict[float, Rate]:
        """Accuracy by level, ascending, with the level that is clean among them."""
        levels = {KINDS[kind].clean: self.clean}
        for level in KINDS[kind].levels:
            name = Setting(kind, level).name
            if name in self.rates:
                levels[level] = self.rates[name]
        return dict(sorted(levels.items()))

    def mean(self, kind: str) -> float:
        """Mean accuracy over a kind's distorted levels; NaN unless all of them were measured."""
        rates = [self.rates.get(Setting(kind, level).name) for level in KINDS[kind].levels]
        return float(np.mean([rate.value if rate else np.nan for rate in rates]))

    @property
    def margin(self) -> float:
        """The furthest that an interval's end is from its accuracy, at any setting."""
        sides = [(rate.high - rate.value, rate.value - rate.low) for rate in self.rates.values()]
        return max((side for both in sides for side in both), default=0.0)


def sturdiest(models: Mapping[str, Sturdiness], kind: str) -> str | None:
    """Who has the highest mean accuracy under a kind, of those measured at all its levels."""
    means = {name: of.mean(kind) for name, of in models.items()}
    known = [name for name, mean in means.items() if np.isfinite(mean)]
    return max(known, key=means.__getitem__, default=None)


def sturdiness(runs: RunStore, name: str) -> Sturdiness:
    """Of a model or ensemble. Raises KeyError, RunDamaged; without rates where none is measured."""
    ensemble = runs.ensembles().get(name)
    codes = [stored(run) for run in runs.members(name)]
    rates = {}
    for setting in SETTINGS:
        if all(setting in member for member in codes):
            probs = np.stack([decode(member[setting]) for member in codes])
            together = ensemble.combine(probs) if ensemble else probs[0]
            rates[setting] = _accuracy(together.argmax(1) == labels())
    return Sturdiness(sampled(runs.answers(name)).accuracy, rates)


@dataclass(frozen=True)
class Flips:
    """Places in the sample, 0 to 1999: what was right and is wrong now; and wrong and is right now.
    Those first that are answered most confidently now."""

    lost: np.ndarray
    gained: np.ndarray


def flips(before: Predictions, after: Predictions) -> Flips:
    """What a distortion changes, for predictions of the same digits in the same order."""
    was, now = before.right, after.right
    order = np.argsort(-after.confidence, kind="stable")
    return Flips(order[(was & ~now)[order]], order[(~was & now)[order]])


def _accuracy(right: np.ndarray) -> Rate:
    return wilson(int(right.sum()), len(right))
