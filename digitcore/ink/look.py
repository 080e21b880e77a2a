"""A picture can be seen in several ways: choose the one that shows a digit best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from digitcore.ink.contrast import Reading, View, view
from digitcore.ink.mnist import BOX
from digitcore.ink.outcome import Floats, NoInk
from digitcore.ink.shapes import Found, digit, is_sheet, is_soft, strangeness, without_corners
from digitcore.ink.stroke import Stroke, measured

TOO_DOUBTFUL, TOO_STRANGE = 0.9, 0.45
COVERED = 0.35
"""Share of a picture from which what runs along its border is a shadow, or another background."""
NOTHING = "The picture is empty: nothing stands out from its background."
FILLED = "A large area at the picture's border stands out, and no stroke of a pen."
MARGIN = 0.04
"""Share of a sheet of paper that is cut off on every side, with its edge."""


@dataclass(frozen=True)
class Seen:
    """ink: (h, w) float32, all that stands out; stroke: of the digit; doubt: lower is better."""

    ink: Floats
    stroke: Stroke
    doubt: float


def look(planes: Floats, on_sheet: bool = False) -> Seen:
    """(C, h, w) float32 colours -> the digit in them. Raises NoInk.

    A sheet of paper that stands out is looked into instead, once: then `on_sheet` is true.
    """
    shown = view(planes)
    seen: list[Seen] = []
    refusal = NoInk(FILLED if shown.ways else NOTHING)
    for reading in _worth_trying(shown):
        try:
            found = digit(reading.ink)
            if not on_sheet and is_sheet(found, planes.shape[1:]):
                return look(planes[:, *_inside(found)], on_sheet=True)
            seen.append(_seen(shown, reading, found))
        except NoInk as no:
            refusal = no
    if not seen:
        raise refusal
    return min(seen, key=lambda one: one.doubt)


def _worth_trying(shown: View) -> list[Reading]:
    """On a flat background one polarity is right, and the other would show its negative.

    Where both are doubtful, dark corners may be to blame; or a digit runs along the border.
    """
    if not shown.flat:
        return shown.ways
    best = _least_doubtful(shown.ways)
    if best.doubt < TOO_DOUBTFUL:
        return [best]
    freed = _least_doubtful(
        replace(reading, ink=without_corners(reading.ink)) for reading in shown.ways
    )
    if freed.doubt < TOO_DOUBTFUL:
        return [freed]
    return [best] if (best.ink > 0.5).mean() < COVERED else []


def _least_doubtful(ways: Iterable[Reading]) -> Reading:
    return min(ways, key=lambda reading: reading.doubt)


def _seen(shown: View, reading: Reading, found: Found) -> Seen:
    stroke = measured(found.ink)
    width = stroke.width / BOX * max(found.ink.shape)
    if is_soft(found, width):
        raise NoInk("There are only shadows in the picture, and no stroke of a pen.")
    doubt = 0.0 if shown.flat else strangeness(shown.planes, found)
    if doubt > TOO_STRANGE:
        raise NoInk("There are only edges and shadows in the picture, and no stroke of a pen.")
    return Seen(reading.ink, stroke, doubt)


def _inside(found: Found) -> tuple[slice, slice]:
    rows, columns = found.box
    down, across = (1 + round(MARGIN * (part.stop - part.start)) for part in found.box)
    return (
        slice(rows.start + down, max(rows.start + down + 1, rows.stop - down)),
        slice(columns.start + across, max(columns.start + across + 1, columns.stop - across)),
    )
