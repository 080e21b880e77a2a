"""Trained networks kept in memory, and what they answer together.

One `Members` serves all sessions of a server and its REST routes; networks are only read.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from torch import nn

from digitcore.digits import DataDamaged, load_mnist
from digitcore.doubt import NEVER, threshold
from digitcore.engines import ENGINES, REFERENCE, Chosen, Reader, choose, read
from digitcore.ensemble import TOLD, fit_weights
from digitcore.evaluation import Floats
from digitcore.folder import RunDamaged
from digitcore.ink import Ink
from digitcore.runs import Ensemble, NoSuchModel, Run, RunStore, expanded
from digitcore.verdict import Verdict, believed, verdict

DEFAULT = "champion"
CHOSEN = "chosen"  # what models that are named one by one are called together
MOST_THRESHOLDS = 1000  # kept in memory: whoever asks for other models makes another
Version = tuple[Path, int]
NAMED = 200  # letters of what was asked for that are said again
_MEASURING = ThreadPoolExecutor(1, "measuring")  # one at a time: they would slow each other down


class UnknownModel(ValueError):
    """A name that is no finished model and no ensemble; the message lists those that are."""


@dataclass(frozen=True)
class Member:
    """A network in memory, and the version of the file that it is from."""

    version: Version
    network: nn.Sequential

    @cached_property
    def chosen(self) -> Future[Chosen]:
        """Its engines; their measurement begins when they are first asked for."""
        return _MEASURING.submit(choose, self.network)


class Members:
    """The models of a store, loaded when first asked, and again when their files change.

    Their answers are the fastest engine's, see engines.choose; it is measured in the background.
    """

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._members: dict[str, Member] = {}
        self._weights: dict[tuple[Version, ...], tuple[float, ...]] = {}
        self._thresholds: dict[tuple, float] = {}
        self._told: set[Version] = set()  # of whom a failed measurement was logged
        self._lock = Lock()

    def names(self) -> list[str]:
        """Every model that can be asked."""
        return list(self.store.runs())

    def choose(self, names: Sequence[str] = ()) -> Ensemble:
        """The default ensemble, or all models where there is none; or the one named; or the named
        models, by mean probability.

        A name may be a model's or an ensemble's, which then stands for its members.
        Raises UnknownModel.
        """
        ensembles, runs = self.store.ensembles(), self.store.runs()
        if not names:
            names = [DEFAULT] if DEFAULT in ensembles else list(runs)
        unknown = [name for name in names if name not in ensembles and name not in runs]
        if unknown or not names:
            known = ", ".join([*ensembles, *runs]) or "none yet"
            asked = ", ".join(unknown)
            asked = asked if len(asked) <= NAMED else f"{asked[: NAMED - 1]}…"
            raise UnknownModel(f"No model is called {asked}. There are: {known}.")
        if len(names) == 1 and names[0] in ensembles:
            return ensembles[names[0]]
        members = expanded(names, ensembles)
        return Ensemble(CHOSEN, "Chosen models, by mean probability.", members)

    def combined(self, names: tuple[str, ...], how: str, title: str) -> Ensemble:
        """An ensemble of models by name; for 'weighted', with weights fitted on held-out digits."""
        weights = self._fitted(names) if how == "weighted" else None
        return Ensemble(title, f"{', '.join(names)}, by {TOLD[how]}.", names, how, weights)

    def threshold(self, ensemble: Ensemble) -> float:
        """The resemblance below which a picture is no digit to an ensemble, see doubt.py.

        From stored predictions; found once for each ensemble. NEVER where they are damaged: it
        answers all the same.
        """
        with suppress(RunDamaged, DataDamaged, NoSuchModel):
            runs = [self.store.run(name) for name in ensemble.members]
            stamps = tuple((run.path, run.stamp) for run in runs)
            key = (ensemble.members, ensemble.how, ensemble.weights, ensemble.temperature, stamps)
            known = self._thresholds.get(key)
            if known is None:
                known = self._threshold(ensemble, runs)
                if len(self._thresholds) >= MOST_THRESHOLDS:
                    self._thresholds.clear()
                self._thresholds[key] = known
            return known
        return NEVER

    @staticmethod
    def _threshold(ensemble: Ensemble, runs: Sequence[Run]) -> float:
        each = np.stack([run.predictions("validation").probs for run in runs])
        by_name = dict(zip(ensemble.members, each, strict=True))
        return threshold(believed(ensemble.combine(each), by_name, ensemble.how))

    def _fitted(self, names: tuple[str, ...]) -> tuple[float, ...]:
        """Weights from stored predictions; fitted once for each set of models."""
        runs = [self.store.run(name) for name in names]
        key = tuple((run.path, run.stamp) for run in runs)
        if key not in self._weights:
            parts = [run.predictions("validation") for run in runs]
            probs = np.stack([part.probs for part in parts])
            self._weights[key] = tuple(fit_weights(probs, parts[0].labels))
        return self._weights[key]

    def network(self, name: str) -> nn.Sequential:
        """A model's network in eval mode. Raises KeyError or RunDamaged."""
        return self._member(name).network

    def chosen(self, name: str) -> Chosen:
        """A model's engines; waits until they are measured. Raises KeyError, RunDamaged or
        DataDamaged."""
        return self._choice(self._member(name)).result()

    def _member(self, name: str) -> Member:
        run = self.store.run(name)
        version = run.version
        with self._lock:
            known = self._members.get(name)
            if known is None or known.version != version:
                known = Member(version, run.network())
                there = self.store.runs()  # a deleted run's network is not kept for ever
                self._members = {n: m for n, m in self._members.items() if n in there}
                self._members[name] = known
        return known

    def _choice(self, member: Member) -> Future[Chosen]:
        with self._lock:
            return member.chosen

    def _reader(self, name: str) -> Reader:
        """The fastest engine that is known by now: nobody waits for a measurement."""
        member = self._member(name)
        chosen = self._choice(member)
        if chosen.done():
            if not chosen.exception():
                return chosen.result()
            self._tell_once(member, chosen.exception())
        return ENGINES[REFERENCE](member.network)

    def _tell_once(self, member: Member, failure: BaseException | None) -> None:
        if member.version not in self._told:
            self._told.add(member.version)
            name = member.version[0].name
            logging.getLogger(__name__).warning("%s: no engine was chosen. %s", name, failure)

    def probs(self, names: Sequence[str], images: np.ndarray) -> Floats:
        """(M, N, 10) probabilities of M models for uint8 (N, 28, 28) images."""
        batch = torch.from_numpy(np.ascontiguousarray(images))
        return read([self._reader(name) for name in names], batch)

    def answer(self, ensemble: Ensemble, images: np.ndarray) -> tuple[Floats, Floats]:
        """((N, 10) of the ensemble, (M, N, 10) of its members) for uint8 (N, 28, 28) images."""
        each = self.probs(ensemble.members, images)
        return ensemble.combine(each), each

    def read(self, ensemble: Ensemble, pictures: Sequence[Ink]) -> list[Verdict]:
        """What an ensemble makes of each of one picture or more."""
        together, each = self.answer(ensemble, np.stack([picture.image for picture in pictures]))
        least = self.threshold(ensemble)
        by_member = [dict(zip(ensemble.members, of, strict=True)) for of in each.swapaxes(0, 1)]
        return [
            verdict(probs, of, ensemble.how, least, picture.beside)
            for probs, of, picture in zip(together, by_member, pictures, strict=True)
        ]

    def warm_up(self) -> None:
        """Load the default ensemble and the test digits, before anybody asks.

        What is damaged is only logged: the server comes up, and says so to whoever asks.
        """
        try:
            if self.names():
                self.read(self.choose(), [Ink(load_mnist(train=False).images[0].numpy(), ())])
        except (RunDamaged, DataDamaged) as damage:
            logging.getLogger(__name__).warning("%s", damage)
