"""What a comparison comes to, in plain sentences that claim no more than was measured."""

from collections.abc import Mapping
from itertools import groupby

from digitcore.comparison.calibration import Reliability
from digitcore.comparison.significance import Pair, every_pair, standing
from digitcore.evaluation import Predictions
from digitcore.words import listed

PICKED = (
    "Found on these very digits: the first of many owes a part of its lead to luck, so its figure "
    "is likely to flatter it a little."
)
NO_PROOF = "That a gap could be luck does not prove two models equal."


def leaders(predictions: Mapping[str, Predictions]) -> list[str]:
    """Who makes the fewest errors, in the order given; several where they make as many."""
    fewest = min(found.errors for found in predictions.values())
    return [name for name, found in predictions.items() if found.errors == fewest]


def most_accurate(predictions: Mapping[str, Predictions], where: str) -> str:
    """Who, with the interval. where: the digits in words, with how many they are."""
    first = leaders(predictions)
    rate = predictions[first[0]].accuracy
    reached = f"{rate.words} of {where} read rightly"
    if len(predictions) == 1:
        return f"{first[0]} is the only one looked at: {reached}."
    verb = "is" if len(first) == 1 else "are"
    if len(first) == len(predictions):
        return f"All {len(first)} make equally many errors: {reached}."
    return f"Most accurate of {len(predictions)} {verb} {listed(first)}: {reached}. {PICKED}"


def against_the_rest(predictions: Mapping[str, Predictions]) -> str:
    """From whom the most accurate can be told, and from whom not. For two models or more."""
    return standing(_own(predictions))


def smallest_alike(predictions: Mapping[str, Predictions], parameters: Mapping[str, int]) -> str:
    """The fewest parameters among those that cannot be told from the most accurate.

    For two models or more. Equal ones are named in the order given.
    """
    pairs = _own(predictions)
    best = pairs[0].a
    level = [best, *(pair.b for pair in pairs if pair.better is None)]
    least = min(parameters[name] for name in level)
    if least == min(parameters.values()) == parameters[best]:
        return f"{best} is also as small as any of them: {least:,} parameters."
    if least == parameters[best]:
        return (
            f"No smaller model keeps up with {best}, which has {least:,} parameters: of all with "
            "fewer, the gap is hardly luck."
        )
    small = [name for name in level if parameters[name] == least]
    return (
        f"The smallest whose gap to {best} could well be luck: {listed(small)}, with {least:,} "
        f"parameters against {parameters[best]:,}. {NO_PROOF}"
    )


def sturdiest_on_most(best: Mapping[str, str | None], n: int) -> str:
    """Who has the highest mean accuracy under most kinds of distortion, each told by n digits.

    best: the sturdiest by kind, None where none was measured whole. Nothing where that is all.
    """
    known = sorted((name, kind) for kind, name in best.items() if name)
    kinds = {name: [kind for _, kind in of] for name, of in groupby(known, key=lambda of: of[0])}
    most = max(map(len, kinds.values()), default=0)
    first = [name for name, of in kinds.items() if len(of) == most]
    if not first:
        return ""
    which = f" ({listed(kinds[first[0]])})" if len(first) == 1 else " each"
    return (
        f"Sturdiest on most kinds: {listed(first)}, with the highest mean accuracy under {most} "
        f"of {len(known)} kinds of distortion{which}, {n:,} digits a level. Whether such a lead is "
        "luck was not asked."
    )


def to_mend(found: Mapping[str, Reliability]) -> str:
    """Whose mean confidence lies beyond the interval of its accuracy."""
    off = {name: one for name, one in found.items() if one.verdict in ("too sure", "too timid")}
    n = next(iter(found.values())).n
    if not off:
        verb = "is" if len(found) == 1 else "are"
        told = f"On average {listed([*found])} {verb} as sure as right"
        return f"{told}, as far as {n:,} digits can tell."
    parts = [
        f"{name} is {one.verdict}, on average {one.claimed:.2%} where {one.reached.words} is right"
        for name, one in off.items()
    ]
    return (
        f"Confidence to mend, of {len(found)} looked at: {'; '.join(parts)}; n = {n:,}. Fewer "
        "than one in twenty lie so far off by luck."
    )


def _own(predictions: Mapping[str, Predictions]) -> list[Pair]:
    """The most accurate one's pairs, with it first, corrected for the number of all pairs."""
    order = sorted(predictions, key=lambda name: predictions[name].errors)
    pairs = every_pair({name: predictions[name] for name in order})
    return [pair.of(order[0]) for pair in pairs if order[0] in (pair.a, pair.b)]
