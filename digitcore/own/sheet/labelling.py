"""What a person says each digit of a sheet is, and what of it only a network has guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitcore.digits import CLASSES
from digitcore.evaluation import Floats
from digitcore.own.sheet.cutting import Sheet
from digitcore.own.sheet.schemes import Labels
from digitcore.own.store import About


@dataclass(frozen=True)
class Labelled:
    """A sheet and the labels of its pieces.

    labels: 0 to 9, or None for what is left out; probs: for each piece the probability of what a
    network guessed, None where it was not asked; open: which labels are such guesses that no
    person has confirmed; typed: which a person has given one by one, if only to leave a digit out;
    version: grows with each change but those of single labels.
    """

    sheet: Sheet
    labels: tuple[int | None, ...]
    probs: tuple[float | None, ...]
    open: tuple[bool, ...]
    typed: tuple[bool, ...]
    version: int = 0

    @property
    def places(self) -> list[int]:
        """Of the pieces that have a label."""
        return [place for place, label in enumerate(self.labels) if label is not None]

    @property
    def unseen(self) -> int:
        """How many labels nobody has confirmed."""
        return sum(self.open)

    def told(self, labels: Labels) -> Labelled:
        """All labels as a person gives them."""
        no = [False] * len(labels)
        return self._anew(labels, [None] * len(labels), no, no)

    def guessed(self, probs: Floats) -> Labelled:
        """Labels as a network reads the digits, (N, 10) probabilities, but for those that a person
        has typed. What is perhaps no single digit stays without."""
        labels, sure, opened = list(self.labels), list(self.probs), list(self.open)
        for place, (row, piece) in enumerate(zip(probs, self.sheet.pieces, strict=True)):
            if not self.typed[place]:
                one = not piece.doubt
                labels[place] = int(row.argmax()) if one else None
                sure[place], opened[place] = float(row.max()) if one else None, one
        return self._anew(labels, sure, opened, self.typed)

    def confirmed(self) -> Labelled:
        """Every guess is right, as a person says who has looked at all of them."""
        return self._anew(self.labels, self.probs, [False] * len(self.labels), self.typed)

    def edited(self, edits: Mapping[int, int | None]) -> Labelled:
        """Single labels as a person gives them, by the piece's place; unknown places are passed
        over."""
        labels, opened, typed = list(self.labels), list(self.open), list(self.typed)
        for place, label in edits.items():
            if 0 <= place < len(labels) and (label is None or 0 <= label < CLASSES):
                labels[place], opened[place], typed[place] = label, False, True
        return replace(self, labels=tuple(labels), open=tuple(opened), typed=tuple(typed))

    def mended(self, sheet: Sheet) -> Labelled:
        """The sheet cut otherwise; a piece that is as it was keeps its label."""
        known = {piece.box: place for place, piece in enumerate(self.sheet.pieces)}
        places = [known.get(piece.box) for piece in sheet.pieces]
        kept = [(None, None, False, False) if place is None else
                (self.labels[place], self.probs[place], self.open[place], self.typed[place])
                for place in places]  # fmt: skip
        return replace(self._anew(*zip(*kept, strict=True)), sheet=sheet)

    def least_sure_first(self) -> list[int]:
        """Places of all pieces: those that the network did not guess, then by its probability."""
        return sorted(range(len(self.probs)), key=lambda place: self.probs[place] or 0.0)

    def _anew(self, labels: Sequence[int | None], probs: Sequence[float | None],
              opened: Sequence[bool], typed: Sequence[bool]) -> Labelled:  # fmt: skip
        return replace(self, labels=tuple(labels), probs=tuple(probs), open=tuple(opened),
                       typed=tuple(typed), version=self.version + 1)  # fmt: skip

    def kept(self) -> tuple[np.ndarray, np.ndarray]:
        """uint8 images (N, 28, 28) and int64 labels (N,) of what has a label."""
        labels = np.array([self.labels[place] for place in self.places], dtype=np.int64)
        return self.sheet.images[self.places], labels

    def sources(self) -> list[str]:
        """Which digit of the sheet each of those with a label was, both counted from 1."""
        rows = [piece.row for piece in self.sheet.pieces]
        return [f"row {rows[at] + 1:,}, digit {at - rows.index(rows[at]) + 1:,} of the sheet"
                for at in self.places]  # fmt: skip

    def about(self) -> About:
        """Where the digits come from, and what was left out, for the set's own record."""
        origin = "a photo of a sheet"
        if self.unseen:
            origin += (
                f"; when it was kept, {self.unseen} of {len(self.places)} labels were a network's "
                "guesses that nobody had confirmed"
            )
        out = [f"{many} x {why}" for why, many in self.sheet.reasons.items()]
        bare = len(self.labels) - len(self.places)
        return About(origin, tuple(([f"{bare} x no label"] if bare else []) + out))


def unlabelled(sheet: Sheet) -> Labelled:
    """A sheet of which nothing is said yet."""
    nothing = (None,) * len(sheet.pieces)
    no = (False,) * len(nothing)
    return Labelled(sheet, nothing, nothing, no, no)
