"""Near-duplicates: pairs of digits whose pixels differ far less than is usual for their class.

Found exactly, without comparing each pixel of each pair: the sums of 4x4 blocks tell of nearly all
pairs that they lie too far apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from digitcore.digits import CLASSES

CLOSE = 0.6  # a pair is one where it is closer than this share of the usual distance
MOST = 20_000  # pairs; a set of one image with a little noise would have billions
TRIED = 5_000_000  # pairs of two classes, that are compared pixel by pixel: some seconds
AT_ONCE = 200  # rows of a table of distances: it stays near the processor's caches
BLOCK = 4  # pixels
SLACK = 1e-3  # by how much float32 may be wrong, relative to the squares


@dataclass(frozen=True)
class Pairs:
    """places: int64 (P, 2), which digit is close to which, the closest first by `shares`.
    squares: int64 (P,), the sum of the squared differences of their pixels, 0 to 784 x 255^2.
    usual: float64 (P,), how far a digit of their class is from its nearest, in grey levels; of two
    classes the shorter. whole: False where there may be more: the search ends at MOST pairs."""

    places: np.ndarray
    squares: np.ndarray
    usual: np.ndarray
    whole: bool = True

    def __len__(self) -> int:
        return len(self.squares)

    @property
    def distances(self) -> np.ndarray:
        """float64 (P,) in grey levels, 0 to 255: the root of the mean squared difference."""
        return np.sqrt(self.squares / 784)

    @property
    def shares(self) -> np.ndarray:
        """float64 (P,) of the usual distance, from 0 for exact copies to CLOSE."""
        return self.distances / self.usual

    @property
    def copies(self) -> np.ndarray:
        """bool (P,): which do not differ at all."""
        return self.squares == 0

    def take(self, chosen: np.ndarray) -> "Pairs":
        """Some of the pairs, by a mask or by places in the list, in that order."""
        return Pairs(self.places[chosen], self.squares[chosen], self.usual[chosen], self.whole)


def usual_distances(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float32 (10,): of each class, the median distance of uint8 (N, 28, 28) images to the nearest
    one of the same label, in grey levels to one decimal. Each class needs two digits or more."""
    medians = [np.median(to_nearest(images[labels == digit])) for digit in range(CLASSES)]
    return np.round(medians, 1).astype(np.float32)


def to_nearest(images: np.ndarray) -> np.ndarray:
    """float32 (N,) grey levels from each of uint8 (N, 28, 28) images to the nearest other one."""
    points = images.reshape(len(images), -1).astype(np.float32)
    ends, found = np.square(points).sum(1), []
    for start in range(0, len(points), AT_ONCE):
        part = points[start : start + AT_ONCE]
        squares = ends - 2 * part @ points.T + np.square(part).sum(1)[:, None]
        squares[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        found.append(squares.min(1))
    return np.sqrt(np.maximum(np.concatenate(found), 0) / 784)


def within(
    images: np.ndarray, labels: np.ndarray, usual: np.ndarray, close: float = CLOSE
) -> Pairs:
    """The pairs among uint8 (N, 28, 28) images; of a pair the first stands before the second.

    usual: (10,) by label, in grey levels. Of exact copies each is paired with the first one alone.
    """
    first, one_of = _distinct(images)
    copies = np.setdiff1d(np.arange(len(images)), first)
    found = [(np.stack([first[one_of[copies]], copies], axis=1), True)]
    by_class = [first[labels[first] == digit] for digit in range(CLASSES)]
    side = _Side(images, _coarse(images))
    for digit, places in enumerate(by_class):
        for other in range(digit, CLASSES):
            limit = close * min(usual[digit], usual[other])
            found.append(_near(side, places, side, by_class[other], limit))
    return _sorted(images, labels, images, labels, found, usual)


def across(images: np.ndarray, labels: np.ndarray, others: np.ndarray, other_labels: np.ndarray,
           usual: np.ndarray, close: float = CLOSE) -> Pairs:  # fmt: skip
    """The pairs of one of the images and one of the others."""
    found, side, far = [], _Side(images, _coarse(images)), _Side(others, _coarse(others))
    for digit in np.unique(labels):
        for other in np.unique(other_labels):
            limit = close * min(usual[digit], usual[other])
            left, right = np.flatnonzero(labels == digit), np.flatnonzero(other_labels == other)
            found.append(_near(side, left, far, right, limit))
    return _sorted(images, labels, others, other_labels, found, usual)


class _Side(NamedTuple):
    """uint8 (N, 28, 28) images, and what _coarse makes of them."""

    images: np.ndarray
    coarse: np.ndarray


def _distinct(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ascending places of the first of each image that occurs; and (N,) which of these it is."""
    flat = np.ascontiguousarray(images).reshape(len(images), -1)
    rows = flat.view(np.dtype((np.void, flat.shape[1]))).ravel()
    _, first, one_of = np.unique(rows, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[one_of]


def _sorted(images: np.ndarray, labels: np.ndarray, others: np.ndarray, other_labels: np.ndarray,
            found: list[tuple[np.ndarray, bool]], usual: np.ndarray) -> Pairs:  # fmt: skip
    places = np.concatenate([part for part, _ in found])
    if others is images:  # classes were gone through one after another, so either may come first
        places = np.sort(places, axis=1)
    first, second = places.T
    lengths = np.minimum(usual[labels[first]], usual[other_labels[second]]).astype(np.float64)
    pairs = Pairs(places, _squares(images, first, others, second), lengths)
    order = np.lexsort((second, first, pairs.shares))[:MOST]
    whole = all(whole for _, whole in found) and len(pairs) <= MOST
    return replace(pairs.take(order), whole=whole)


def _near(side: _Side, left: np.ndarray, far: _Side, right: np.ndarray, most: float
          ) -> tuple[np.ndarray, bool]:  # fmt: skip
    """int64 (P, 2): the pairs of one side's images at `left` and the other's at `right` that are
    at most `most` grey levels apart; and whether these are all."""
    found, count, tried, limit = [np.empty((0, 2), dtype=np.int64)], 0, 0, most**2 * 784
    for rows, columns in _candidates(side.coarse[left], far.coarse[right], limit, left is right):
        if count > MOST or tried > TRIED:
            return np.concatenate(found), False
        close = _squares(side.images, left[rows], far.images, right[columns]) <= limit
        found.append(np.stack([left[rows[close]], right[columns[close]]], axis=1))
        count, tried = count + len(found[-1]), tried + len(rows)
    return np.concatenate(found), True


def _candidates(left: np.ndarray, right: np.ndarray, limit: float, same: bool
                ) -> Iterator[tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    """Part by part the rows and columns of all pairs whose coarse images are close enough."""
    ends = np.square(right).sum(1)
    for start in range(0, len(left), AT_ONCE):
        part, first = left[start : start + AT_ONCE], start if same else 0
        lengths = np.square(part).sum(1)
        least = lengths - limit - SLACK * (limit + lengths)
        # |a - b|^2 <= limit, written as 2ab - |b|^2 >= |a|^2 - limit
        rows, columns = np.nonzero((2 * part) @ right[first:].T - ends[first:] >= least[:, None])
        rows, columns = rows + start, columns + first
        chosen = np.flatnonzero(rows < columns) if same else np.arange(len(rows))
        for at in range(0, len(chosen), MOST):
            yield rows[chosen[at : at + MOST]], columns[chosen[at : at + MOST]]


def _coarse(images: np.ndarray) -> np.ndarray:
    """float32 (N, 49): the sum of each 4x4 block over 4. Distances between these are never longer
    than between the images themselves: they are projections onto unit vectors."""
    side = 28 // BLOCK
    high: np.ndarray = images.reshape(len(images), side, BLOCK, 28).sum(2, dtype=np.uint16)
    sums: np.ndarray = high.reshape(len(images), side, side, BLOCK).sum(3)
    return (sums / BLOCK).astype(np.float32).reshape(len(images), side**2)


def _squares(images: np.ndarray, first: np.ndarray, others: np.ndarray, second: np.ndarray
             ) -> np.ndarray:  # fmt: skip
    """int64 (P,), exact."""
    parts = [np.empty(0, dtype=np.int64)]
    for start in range(0, len(first), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        gap = images[first[part]].astype(np.int32) - others[second[part]]
        parts.append(np.square(gap).sum((1, 2), dtype=np.int64))
    return np.concatenate(parts)
