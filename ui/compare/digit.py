"""Single digits and who answers what: as tiles, and one of them large."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby

import numpy as np
import streamlit as st

from digitcore import figures
from digitcore.ensemble import WAYS
from digitcore.evaluation import Predictions
from digitcore.folder import RunDamaged
from digitcore.own.answers import OwnPart
from digitcore.robustness import NotMeasured
from digitcore.robustness.distortions import SETTINGS
from ui import loaders
from ui.charts import show_chart
from ui.choice import OWN
from ui.compare.part import TEST, VALIDATION
from ui.compare.seen import Seen
from ui.pictures import enlarge
from ui.tiles import show_tiles
from ui.words import a_digit, go_to

LARGE = 280  # pixels
PICTURED = 12  # digits of a kind in a report
NAMED = 2  # models whose names fit under a tile


def show_digits(
    seen: Seen, places: Sequence[int], key: str, names: Sequence[str] | None = None
) -> None:
    """Tiles of the digits at `places`, with what the models `names` answer; a click opens one."""
    asked = list(names or seen.names)

    def words(at: int) -> str:
        return caption(seen, places[at], asked)

    clicked = show_tiles(seen.digits.images.numpy()[list(places)], words, key)
    if clicked is not None and clicked < len(places):  # else of a longer list before
        open_digit(seen, places[clicked])


def pictures(
    seen: Seen, places: Sequence[int], names: Sequence[str] | None = None
) -> list[tuple[np.ndarray, str]]:
    """The same for a report: the first PICTURED, as uint8 (28, 28) images with their words."""
    asked = list(names or seen.names)
    return [
        (seen.digits.images[place].numpy(), caption(seen, place, asked))
        for place in list(places)[:PICTURED]
    ]


def caption(seen: Seen, place: int, names: Sequence[str]) -> str:
    """What a digit is, and who answers what, in lines."""
    return f"{_short(seen, place)}\n{_who_reads(seen, place, names)}"


def open_digit(seen: Seen, place: int) -> None:
    """One digit large, in a dialog, with the probabilities of every model."""
    st.dialog(_title(seen, place), width="large")(_show_digit)(seen, place)


def _show_digit(seen: Seen, place: int) -> None:
    label = int(seen.digits.labels[place])
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=LARGE):
            st.image(
                enlarge(seen.digits.images[place].numpy(), LARGE),
                width=LARGE,
                alt=f"{_title(seen, place)}, large",
            )
            st.caption(_who_reads(seen, place, seen.names).replace("\n", ", "))
            if seen.part == TEST:
                _offer_draw(seen, int(seen.numbers[place]))
        with st.container(width="stretch"):
            probs = {name: found.probs[place] for name, found in _with_members(seen).items()}
            show_chart(
                figures.shades(probs, label),
                alt=f"Probabilities of each of {len(probs)} models for the digits 0 to 9.",
                key="digit probabilities",
            )


def _with_members(seen: Seen) -> dict[str, Predictions]:
    """The compared models, each ensemble followed by those of its members that are not compared."""
    found: dict[str, Predictions] = {}
    for name, predictions in seen.predictions.items():
        found[name] = predictions
        for member in seen.rows[name].members:
            if member not in seen.predictions and member not in found:
                with suppress(RunDamaged, KeyError, NotMeasured):
                    found[member] = loaders.answers(member, seen.part)
    return found


def _offer_draw(seen: Seen, number: int) -> None:
    """Draw asks the very models that are compared, if their bars can be told apart there."""
    if not st.button("Ask about it on Draw", icon=":material/draw:", key="ask on draw"):
        return
    kept, address = st.session_state, {}
    kept.way, kept.test_index = "Test digit", number
    if not seen.ensembles and len(seen.names) <= figures.MOST_BARS:
        kept.ensemble, kept.members, kept.how = OWN, seen.single, WAYS[0]
        address = {"ensemble": OWN, "members": seen.single}
    go_to("pages/draw.py", address)


def _title(seen: Seen, place: int) -> str:
    if isinstance(seen.part, OwnPart):
        number, label = seen.numbers[place], int(seen.digits.labels[place])
        return f"{seen.part.name}, digit {number:,}, {a_digit(label)}"
    kind = "Training" if seen.part == VALIDATION else "Test"
    spoilt = f", {SETTINGS[seen.part].words}" if seen.part in SETTINGS else ""
    return (
        f"{kind} digit {seen.numbers[place]:,}, {a_digit(int(seen.digits.labels[place]))}{spoilt}"
    )


def _short(seen: Seen, place: int) -> str:
    return f"No. {seen.numbers[place]}: {a_digit(int(seen.digits.labels[place]))}"


def _who_reads(seen: Seen, place: int, names: Sequence[str]) -> str:
    """Wrong answers and whose they are, the most frequent first; by number where they are many."""
    answers = sorted((int(seen.predictions[name].answers[place]), name) for name in names)
    label = int(seen.digits.labels[place])
    groups = [(a, [n for _, n in group]) for a, group in groupby(answers, key=lambda pair: pair[0])]
    groups.sort(key=lambda group: -len(group[1]))
    return "\n".join(
        f"{'✔' if answer == label else '✖'} {answer}: "
        + (", ".join(who) if len(who) <= NAMED else f"{len(who)} of {len(names)}")
        for answer, who in groups
    )
