"""What the Explore page shows as one file to keep and to send."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from digitcore.exploration.catalogue import Catalogue
from digitcore.report import Piece
from ui.explore.sent import sent
from ui.report import Subject, show_report

Pieces = Callable[[Catalogue], Iterator[Piece]]


def show(catalogue: Catalogue, views: Mapping[str, Pieces]) -> None:
    """views: what each contributes, by name."""
    show_report(Subject(
        key="data report",
        title=f"Digits: {catalogue.name} explored",
        file=f"explore-{catalogue.name}",
        of=(catalogue.state, sent(catalogue)),
        settings={"Digits": f"{catalogue.name}, {len(catalogue):,}"},
        views={name: partial(pieces, catalogue) for name, pieces in views.items()},
    ))  # fmt: skip
