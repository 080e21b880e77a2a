"""A picture can be seen in several ways: choose the one that shows a digit best."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from digitcore.ink.contrast import Reading, View, is_flat, view
from digitcore.ink.frames import unframed
from digitcore.ink.grain import whole
from digitcore.ink.mnist import BOX
from digitcore.ink.outcome import Floats, Mask, NoInk
from digitcore.ink.paper import MARGIN, Sheet, find_sheet
from digitcore.ink.pixels import border
from digitcore.ink.shapes import Found, digit, is_soft, strangeness, without_corners
from digitcore.ink.stroke import Stroke, measured

TOO_DOUBTFUL, TOO_STRANGE = 0.9, 0.45
COVERED = 0.35
"""Share of a picture from which what runs along its border is a shadow, or another background."""
ALL_AROUND = 0.9
"""Share of the border from which what lies along it is a frame."""
HARDLY = 0.015
"""Margin of a sheet, as a share of it, on which a digit was drawn."""
NOTE = 0.15
"""Share of a picture up to which a blank sheet may be a note or a rubber beside the digit."""
NOTHING = "The picture is empty: nothing stands out from its background."
FILLED = "A large area at the picture's border stands out, and no stroke of a pen."


@dataclass(frozen=True)
class Seen:
    """ink: (h, w) float32, all that stands out; stroke: of the digit; doubt: lower is better;
    sheet: (C, h, w) float32, the colours of the sheet of paper that it was found on; beside: what
    could be another digit is in it, or lies beside it on a plain background."""

    ink: Floats
    stroke: Stroke
    doubt: float
    sheet: Floats | None = None
    beside: bool = False


def look(planes: Floats) -> Seen:
    """(C, h, w) float32 colours -> the digit in them: on a sheet of paper where one lies there.

    Raises NoInk.
    """
    if sheet := find_sheet(planes):
        alone = sheet.alone and not is_flat(planes)  # on a canvas a stroke encloses the like
        try:
            if seen := _look_on(sheet, planes, alone):
                return seen
        except NoInk:
            if alone and sheet.share > NOTE:
                raise
    return _look(view(planes))


def _look_on(sheet: Sheet, planes: Floats, alone: bool) -> Seen | None:
    """What is seen on a sheet; None where its ink runs off it, unless it is alone. Without all of
    its margin only if a digit was drawn into that. Raises NoInk."""
    inner = _on(sheet, planes, MARGIN)
    if not _runs_off(inner):
        return inner
    with suppress(NoInk):
        whole_of_it = _on(sheet, planes, HARDLY)
        if not _runs_off(whole_of_it):
            return whole_of_it
    return inner if alone else None


def _on(sheet: Sheet, planes: Floats, margin: float) -> Seen:
    straight = sheet.straight(planes, margin)
    return replace(_look(view(straight)), sheet=straight)


def _runs_off(seen: Seen) -> bool:
    return bool(border(seen.ink > 0.5).any())


def _look(shown: View) -> Seen:
    shown = replace(shown, ways=[_unframed(reading) for reading in shown.ways])
    tried = _worth_trying(shown)
    seen, refusal, broken = _see(shown, tried)
    for readings in whole(broken):
        if seen:
            break
        seen, _, _ = _see(shown, readings)
    if not seen:
        raise refusal
    return min(seen, key=lambda one: one.doubt)


def _see(shown: View, readings: Iterable[Reading]) -> tuple[list[Seen], NoInk, list[Reading]]:
    """What is seen in readings; why nothing in the last one in which it is so; and the readings in
    which there is no digit, if perhaps its pieces."""
    seen, refusal, broken = [], NoInk(FILLED if shown.ways else NOTHING), []
    for reading in readings:
        try:
            found = digit(reading.ink)
        except NoInk as no:
            refusal = no
            broken.append(reading)
            continue
        try:
            seen.append(_seen(shown, reading, found))
        except NoInk as no:
            refusal = no
        else:
            if shown.flat:  # the best that can be read
                break
    return seen, refusal, broken


def _unframed(reading: Reading) -> Reading:
    ink = unframed(reading.ink)
    return reading if ink is reading.ink else replace(reading, ink=ink)


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
    beside = found.pair or (shown.flat and found.rest)
    return Seen(reading.ink, stroke, doubt + reading.against, beside=beside)
