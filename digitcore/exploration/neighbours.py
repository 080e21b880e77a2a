"""Which points lie closest to one: exact, by going through all of them."""

from collections.abc import Iterator

import numpy as np

from digitcore.evaluation import Floats

AT_ONCE = 1024  # points: as floats they stay in the processor's caches
INK = 255  # of a byte: stands for 1


class Neighbours:
    """Points (N, D) among which the nearest are found: floats, or bytes 0..255 that stand for 0..1.

    Bytes are kept as bytes: 70,000 digits take the 55 MB that they have anyway, and are searched
    as fast as from 220 MB of floats, because less has to be fetched. All distances are Euclidean.
    """

    def __init__(self, points: np.ndarray) -> None:
        if points.ndim != 2 or not points.size:
            raise ValueError(f"Points are (N, D) numbers, at least one, not {points.shape}.")
        self.points = points
        self._one = INK if points.dtype == np.uint8 else 1
        squares = [np.einsum("nd,nd->n", p, p, dtype=np.float64) for p in self._parts()]
        self._squares = np.concatenate(squares)

    def __len__(self) -> int:
        return len(self.points)

    def nearest(
        self, query: np.ndarray, count: int, among: np.ndarray | None = None
    ) -> tuple[np.ndarray, Floats]:
        """(places, distances) of the `count` points nearest to a (D,) query, nearest first.

        Of equally near ones the earlier comes first. among: (N,) bool, which points are asked;
        fewer than count are given where there are no more. A query of bytes stands for 0..1 too.
        """
        rough, error = self._rough(self._raw(query))
        if among is not None:
            rough[~among] = np.inf
        count = min(count, len(self) if among is None else int(among.sum()))
        if count < 1:
            return np.empty(0, dtype=np.int64), np.empty(0)
        last = np.partition(rough, count - 1)[count - 1]
        places = np.flatnonzero(rough <= last + 2 * error)
        distances = self.distances(query, places)
        order = np.lexsort((places, distances))[:count]
        return places[order], distances[order]

    def nearest_to(
        self, place: int, count: int, among: np.ndarray | None = None
    ) -> tuple[np.ndarray, Floats]:
        """As nearest, for one of the points themselves, which is left out."""
        others = np.ones(len(self), dtype=bool) if among is None else among.copy()
        others[place] = False
        return self.nearest(self.points[place], count, others)

    def distances(self, query: np.ndarray, places: np.ndarray) -> Floats:
        """float64 (n,) from a (D,) query to the points at (n,) places."""
        gaps = self.points[places] - self._raw(query)
        return np.sqrt(np.einsum("nd,nd->n", gaps, gaps)) / self._one

    def _raw(self, query: np.ndarray) -> Floats:
        """float64 (D,) as the points are kept: whole numbers where both are bytes."""
        one = INK if query.dtype == np.uint8 else 1
        return query.ravel().astype(np.float64) * (self._one / one)

    def _rough(self, query: Floats) -> tuple[Floats, float]:
        """(N,) squared distances but for the query's own square, in single precision, and the most
        by which one can be off, so that those near the last are measured once more.

        The bound is that of Higham (2002), section 3.1, for a scalar product.
        """
        single = query.astype(np.float32)
        # A product by threads would wait for each other core that is busy: up to a second.
        along = np.concatenate([np.vecdot(part, single) for part in self._parts()])
        longest = np.sqrt(self._squares.max()) * np.linalg.norm(query)
        error = 2 * (len(query) + 4) * np.finfo(np.float32).eps * longest
        return self._squares - 2 * along, float(error)

    def _parts(self) -> Iterator[Floats]:
        for start in range(0, len(self), AT_ONCE):
            yield self.points[start : start + AT_ONCE].astype(np.float32, copy=False)
