"""In which spaces digits can be near to each other: their pixels, and what networks make of them.

What comes from here is shared by all sessions and read-only.
"""

from collections.abc import Hashable
from pathlib import Path
from threading import Lock

import numpy as np
import streamlit as st
from torch import Tensor

from digitcore.exploration.catalogue import Catalogue
from digitcore.exploration.insights import NETWORK
from digitcore.exploration.neighbours import Neighbours
from digitcore.exploration.reading import Reading
from ui.loaders import members

MOST = 400_000_000  # bytes of models' features that are kept: of the widest one and some others


class NotReadYet(LookupError):
    """The network has not gone through these digits since the server started."""


class Busy(RuntimeError):
    """Another network is at work; one after the other."""


def pixel_neighbours(catalogue: Catalogue) -> Neighbours:
    """Search by pixels, as bytes or in 0..1; instant."""
    points = catalogue.images.reshape(len(catalogue), -1)
    return _neighbours(points, _where(points))


def feature_neighbours(catalogue: Catalogue, model: str | None = None) -> Neighbours:
    """Search by the features of a model; without one, by the catalogue's own; instant.

    Raises NotReadYet for another model that has not gone through these digits yet, NoSuchModel
    and RunDamaged.
    """
    if model is None or model == NETWORK:
        return _neighbours(catalogue.features, _where(catalogue.features))
    found = readings().neighbours(_key(catalogue, model))
    if found is None:
        raise NotReadYet(model)
    return found


def reading(catalogue: Catalogue, model: str) -> Reading | None:
    """How a model gets on with these digits, if it was ever started."""
    return readings().get(_key(catalogue, model))


def start_reading(catalogue: Catalogue, model: str) -> None:
    """Let a model go through these digits in the background. Raises Busy, OSError, and as reading
    does."""
    members().network(model)  # says what is damaged, if anything
    run = members().store.run(model)
    readings().start(_key(catalogue, model), run.path, catalogue.digits.images)


def _key(catalogue: Catalogue, model: str) -> tuple:
    """The pictures and the model, as they are now: labels are not read."""
    return model, members().store.run(model).version, catalogue.pictures


def _where(points: np.ndarray) -> tuple[int, tuple[int, ...]]:
    """Where in memory points lie: no other's place as long as a cache holds on to them."""
    return points.ctypes.data, points.shape


@st.cache_resource(show_spinner=False, max_entries=12)
def _neighbours(_points: np.ndarray, where: tuple) -> Neighbours:
    return Neighbours(_points)


@st.cache_resource(show_spinner=False)
def readings() -> "Readings":
    """Those of this server."""
    return Readings()


class Readings:
    """What models have made of whole sets: the latest, as many as MOST bytes hold."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: dict[Hashable, Reading] = {}
        self._searched: dict[Hashable, Neighbours] = {}
        self._lock = Lock()

    def get(self, key: Hashable) -> Reading | None:
        return self._kept.get(key)

    def start(self, key: Hashable, run: Path, images: Tensor) -> None:
        """Raises Busy, and OSError where no process can be started."""
        with self._lock:
            known = self.get(key)
            if known and (known.alive or known.found is not None):
                return
            if self.busy:
                raise Busy("Another model is being read with. Start this one when that is done.")
            self._make_room()
            self._kept[key] = Reading(run, images)

    @property
    def busy(self) -> bool:
        return any(known.alive for known in self._kept.values())

    def neighbours(self, key: Hashable) -> Neighbours | None:
        """None where the model is not through."""
        with self._lock:
            known = self.get(key)
            if known is None or known.found is None:
                return None
            if key not in self._searched:
                self._searched[key] = Neighbours(known.found)
            return self._searched[key]

    def _make_room(self) -> None:
        """Forget what has come to nothing, and the oldest until what is left is small enough."""
        sizes = {key: 0 if known.found is None else known.found.nbytes
                 for key, known in self._kept.items()}  # fmt: skip
        total = sum(sizes.values())
        for key, size in sizes.items():
            if not size or total > self.most:
                total -= size
                del self._kept[key]
                self._searched.pop(key, None)
