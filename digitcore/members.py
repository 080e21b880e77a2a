"""Trained networks kept in memory, and what they answer together.

One `Members` serves all sessions of a server and its REST routes; networks are only read.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from torch import nn

from digitcore.digits import DataDamaged, load_mnist
from digitcore.ensemble import combine, fit_weights
from digitcore.evaluation import Floats, predict
from digitcore.folder import RunDamaged
from digitcore.runs import Ensemble, RunStore

DEFAULT = "preferred"
CHOSEN = "chosen"  # what models that are named one by one are called together
Version = tuple[Path, int]


class UnknownModel(ValueError):
    """A name that is no finished model and no ensemble; the message lists those that are."""


class Members:
    """The models of a store, loaded when first asked, and again when their files change."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._networks: dict[str, tuple[Version, nn.Sequential]] = {}
        self._weights: dict[tuple[Version, ...], tuple[float, ...]] = {}
        self._lock = Lock()

    def names(self) -> list[str]:
        """Every model that can be asked."""
        return list(self.store.runs())

    def choose(self, names: Sequence[str] = ()) -> Ensemble:
        """The default ensemble; or the one named; or the named models, by mean probability.

        A name may be a model's or an ensemble's, which then stands for its members.
        Raises UnknownModel.
        """
        ensembles, runs = self.store.ensembles(), self.store.runs()
        if not names:
            names = [DEFAULT] if DEFAULT in ensembles else list(runs)
        unknown = [name for name in names if name not in ensembles and name not in runs]
        if unknown or not names:
            known = ", ".join([*ensembles, *runs]) or "none yet"
            raise UnknownModel(f"No model is called {', '.join(unknown)}. There are: {known}.")
        if len(names) == 1 and names[0] in ensembles:
            return ensembles[names[0]]
        members = [m for n in names for m in (ensembles[n].members if n in ensembles else (n,))]
        return Ensemble(
            CHOSEN, "Chosen models, by mean probability.", tuple(dict.fromkeys(members))
        )

    def combined(self, names: tuple[str, ...], how: str, title: str) -> Ensemble:
        """An ensemble of models by name; for 'weighted', with weights fitted on held-out digits."""
        weights = self._fitted(names) if how == "weighted" else None
        return Ensemble(title, f"{', '.join(names)}, by {how}.", names, how, weights)

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
        run = self.store.run(name)
        version = run.version
        with self._lock:
            known = self._networks.get(name)
            if known is None or known[0] != version:
                known = version, run.network()
                self._networks[name] = known
        return known[1]

    def probs(self, names: Sequence[str], images: np.ndarray) -> Floats:
        """(M, N, 10) probabilities of M models for uint8 (N, 28, 28) images."""
        batch = torch.from_numpy(np.ascontiguousarray(images))
        return np.stack([predict(self.network(name), batch) for name in names])

    def answer(self, ensemble: Ensemble, images: np.ndarray) -> tuple[Floats, Floats]:
        """((N, 10) of the ensemble, (M, N, 10) of its members) for uint8 (N, 28, 28) images."""
        each = self.probs(ensemble.members, images)
        return combine(each, ensemble.how, ensemble.weights), each

    def warm_up(self) -> None:
        """Load the default ensemble and the test digits, before anybody asks.

        What is damaged is only logged: the server comes up, and says so to whoever asks.
        """
        try:
            if self.names():
                self.answer(self.choose(), load_mnist(train=False).images[:1].numpy())
        except (RunDamaged, DataDamaged) as damage:
            logging.getLogger(__name__).warning("%s", damage)
