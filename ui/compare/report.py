"""What the Compare page shows as one file to keep and to send."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from digitcore.report import Piece
from ui.compare.seen import Seen
from ui.compare.short import in_short
from ui.report import Subject, show_report

Pieces = Callable[[Seen], Iterator[Piece]]


def show(seen: Seen, views: Mapping[str, Pieces]) -> None:
    """views: what each contributes, by name."""
    show_report(Subject(
        key="report",
        title="Digits: models compared",
        file="compare",
        of=(seen.part, tuple(seen.names), tuple(seen.styles.items())),
        settings={"Models": ", ".join(seen.names), "Digits": seen.where},
        views={name: partial(pieces, seen) for name, pieces in views.items()},
        short=partial(in_short, seen),
        models=True,
    ))  # fmt: skip
