"""A line that a person has drawn around places on a map, and what lies inside."""

import re
from dataclasses import dataclass

import numpy as np

HIGHEST = 65535  # the furthest that a corner may lie
MOST = 200  # corners
LONGEST = 12 * MOST  # letters that one can be written in
WRITTEN = re.compile(r"\d{1,5}(-\d{1,5})*")


class NoOutline(ValueError):
    """What was given encloses nothing or is not written as an outline is."""


@dataclass(frozen=True)
class Outline:
    """corners: (x, y) in turn, 0 to 65535, from 3 of them to MOST; the last joins the first."""

    corners: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not 3 <= len(self.corners) <= MOST:
            raise NoOutline(f"An outline has 3 to {MOST} corners, not {len(self.corners)}.")
        if not all(0 <= number <= HIGHEST for corner in self.corners for number in corner):
            raise NoOutline(f"An outline's corners lie in 0 to {HIGHEST}.")

    @classmethod
    def read(cls, written: str) -> "Outline":
        """From what `written` gave. Raises NoOutline."""
        if len(written) > LONGEST or not WRITTEN.fullmatch(written):
            raise NoOutline("An outline is written as numbers with dashes between.")
        numbers = [int(part) for part in written.split("-")]
        if len(numbers) % 2:
            raise NoOutline("An outline is written in pairs of numbers.")
        return cls(tuple(zip(numbers[::2], numbers[1::2], strict=True)))

    @property
    def written(self) -> str:
        """As x-y-x-y, for an address."""
        return "-".join(str(number) for corner in self.corners for number in corner)

    def inside(self, places: np.ndarray) -> np.ndarray:
        """bool (N,): which of (N, 2) places lie inside, by the even-odd rule.

        One exactly on a side that faces right or up lies outside, so that of two outlines that
        share a side no more than one has it.
        """
        corners = np.array(self.corners, dtype=np.int64)
        low, high = corners.min(0), corners.max(0)
        within = ((places >= low) & (places <= high)).all(1)
        found = np.zeros(len(places), dtype=bool)
        # the furthest places belong to an outline that goes as far as it can
        found[within] = _odd(corners, np.minimum(places[within].astype(np.int64), HIGHEST - 1))
        return found


def _odd(corners: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Whether a line to the right crosses an odd number of sides, in whole numbers: exact."""
    odd = np.zeros(len(places), dtype=bool)
    x, y = places.T
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, 0), strict=True):
        at_height = (ay > y) != (by > y)
        turn = (bx - ax) * (y - ay) - (x - ax) * (by - ay)
        odd ^= at_height & ((turn > 0) == (by > ay)) & (turn != 0)
    return odd
