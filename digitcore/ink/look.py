"""A picture can be seen in several ways: choose the one that shows a digit best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from digitcore.ink.contrast import Reading, View, is_flat, view
from digitcore.ink.mnist import BOX
from digitcore.ink.outcome import Floats, Mask, NoInk
from digitcore.ink.paper import find_sheet
from digitcore.ink.pixels import border
from digitcore.ink.shapes import Found, digit, is_soft, strangeness, without_corners
from digitcore.ink.stroke import Stroke, measured

TOO_DOUBTFUL, TOO_STRANGE = 0.9, 0.45
COVERED = 0.35
"""Share of a picture from which what runs along its border is a shadow, or another background."""
ALL_AROUND = 0.9
"""Share of the border from which what lies along it is a frame."""
NOTHING = "The picture is empty: nothing stands out from its background."
FILLED = "A large area at the picture's border stands out, and no stroke of a pen."


@dataclass(frozen=True)
class Seen:
    """ink: (h, w) float32, all that stands out; stroke: of the digit; doubt: lower is better;
    sheet: (C, h, w) float32, the colours of the sheet of paper that it was found on."""

    ink: Floats
    stroke: Stroke
    doubt: float
    sheet: Floats | None = None


def look(planes: Floats) -> Seen:
    """(C, h, w) float32 colours -> the digit in them: on a sheet of paper where one lies there.

    Raises NoInk.
    """
    if sheet := find_sheet(planes):
        straight = sheet.straight(planes)
        alone = sheet.alone and not is_flat(planes)  # on a canvas a stroke encloses the like
        try:
            seen = _look(view(straight))
            if alone or not border(seen.ink > 0.5).any():
                return replace(seen, sheet=straight)
        except NoInk:
            if alone:
                raise
    return _look(view(planes))


def _look(shown: View) -> Seen:
    seen: list[Seen] = []
    refusal = NoInk(FILLED if shown.ways else NOTHING)
    for reading in _worth_trying(shown):
        try:
            found = digit(reading.ink)
            seen.append(_seen(shown, reading, found))
            if shown.flat:  # the best that can be read
                break
        except NoInk as no:
            refusal = no
    if not seen:
        raise refusal
    return min(seen, key=lambda one: one.doubt)


def _worth_trying(shown: View) -> list[Reading]:
    """On a flat background one polarity is right, and the other would show its negative.

    Where both are doubtful, dark corners may be to blame; or a digit runs along the border, and
    then the lesser part of the picture is ink.
    """
    if not shown.flat:
        return shown.ways
    along = [reading for reading in shown.ways if _runs_along_the_border(reading.ink > 0.5)]
    best = _least_doubtful(shown.ways)
    if best.doubt < TOO_DOUBTFUL:
        return [best, *along]
    freed = _least_doubtful(
        replace(reading, ink=without_corners(reading.ink)) for reading in shown.ways
    )
    return [freed, *along] if freed.doubt < TOO_DOUBTFUL else along


def _runs_along_the_border(mask: Mask) -> bool:
    """...as a stroke does, but not all around, as a frame does."""
    return bool(mask.mean() < COVERED and border(mask).mean() < ALL_AROUND)


def _least_doubtful(ways: Iterable[Reading]) -> Reading:
    return min(ways, key=lambda reading: reading.doubt)


def _seen(shown: View, reading: Reading, found: Found) -> Seen:
    stroke = measured(found.ink)
    width = stroke.width / BOX * max(found.ink.shape)
    if is_soft(found, width):
        raise NoInk("There are only shadows in the picture, and no stroke of a pen.")
    doubt = 0.0 if shown.flat else strangeness(reading.planes, found)
    if doubt > TOO_STRANGE:
        raise NoInk("There are only edges and shadows in the picture, and no stroke of a pen.")
    return Seen(reading.ink, stroke, doubt + reading.against)
