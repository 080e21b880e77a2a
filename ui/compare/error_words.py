"""What the errors come to, in words and tables: for the page and for the report alike."""

from collections.abc import Sequence

import numpy as np

from digitcore.comparison import overlap
from digitcore.comparison.overlap import Confused, Group, Overlap, Pair, told
from digitcore.words import counted
from ui.compare.digit import PICTURED
from ui.compare.seen import Seen


def subject(seen: Seen) -> str:
    """The models as the subject of a sentence that goes on with what they read."""
    if len(seen.names) == 1:
        return f"{seen.names[0]} reads"
    return "Both models read" if len(seen.names) == 2 else f"All {len(seen.names)} models read"


def overlap_words(seen: Seen, found: Overlap) -> str:
    """How many digits any and all of the models misread, and how to read the chart."""
    every = len(overlap.all_wrong(seen.predictions))
    digits, sets = counted(found.rest_digits), counted(found.rest, "further set")
    rest = f" Left out: {digits} in {sets}." if found.rest else ""
    return (
        f"Misread by at least one of {len(seen.names)} models: {found.erring:,} of {seen.where}; "
        f"by {told(seen.names, seen.names)}: {every:,}. Each row is one set of models, marked "
        f"where a model is in it, and the digits that these misread and no other.{rest}"
    )


def group_words(groups: Sequence[Group], every: Sequence[str], row: int) -> str:
    """A row of the chart in words."""
    group = groups[row]
    return f"{told(group.models, every, most=len(every))}: {counted(len(group.places))}"


def how_many(places: np.ndarray, seen: Seen) -> str:
    """How many digits there are, and how many of them a report shows."""
    first = f", of which the first {PICTURED} are shown" if len(places) > PICTURED else ""
    return f"{len(places):,} of {seen.where}{first}."


def pairs_words(seen: Seen, found: Sequence[Confused]) -> str:
    """What is confused most, and how much of all errors the chart holds."""
    held, every = overlap.held(found, seen.predictions)
    return (
        f"In the chart: {held:,} of the {counted(every, 'error')} on {seen.where}. Most often "
        f"{pair_words(found, 0)}."
    )


def pair_words(found: Sequence[Confused], row: int) -> str:
    """A row of the chart in words."""
    pair = found[row]
    return f"{pair.label} read as {pair.answer}: {counted(pair.total, 'error')}"


def agreement_words(seen: Seen) -> str:
    """Which two models answer most and least alike."""
    found = overlap.pairs(seen.predictions)
    if len(found) == 1:
        return _pair_words(found[0])
    return f"Most alike: {_pair_words(found[0])} Least alike: {_pair_words(found[-1])}"


def _pair_words(pair: Pair) -> str:
    return (
        f"{' and '.join(pair.models)}, with the same answer to {pair.share.words} of {pair.n:,} "
        "digits."
    )
