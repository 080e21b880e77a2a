"""What the Compare page shows as one file to keep and to send."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import streamlit as st

from digitcore.report import Piece
from ui.compare import confidence, confusion, training
from ui.compare.cost import MEASURED
from ui.compare.reading import runs_of
from ui.compare.seen import Seen
from ui.compare.short import in_short
from ui.report import Subject, show_report

Pieces = Callable[[Seen], Iterator[Piece]]


def _chosen(seen: Seen) -> Iterator[object]:
    """What else the pieces are of: what views keep beside the address, and the runs as they are."""
    yield confusion.kept_choice(seen)
    yield training.kept_choice(seen)
    yield confidence.looked_at(seen).names
    yield st.session_state.get(MEASURED) or None
    yield [run.stamp for run in runs_of(seen.names)]


def show(seen: Seen, views: Mapping[str, Pieces]) -> None:
    """views: what each contributes, by name."""
    show_report(Subject(
        key="report",
        title="Digits: models compared",
        file="compare",
        of=(seen.part, tuple(seen.names), tuple(seen.styles.items()), *_chosen(seen)),
        settings={"Models": ", ".join(seen.names), "Digits": seen.where},
        views={name: partial(pieces, seen) for name, pieces in views.items()},
        short=partial(in_short, seen),
        models=True,
    ))  # fmt: skip
