"""What the page shows as one file to keep and to send."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

import streamlit as st

from digitcore import report
from digitcore.digits import DataDamaged
from digitcore.folder import RunDamaged
from digitcore.report import NoPrintEngine, Piece, PrintFailed
from ui.compare.seen import Seen
from ui.compare.short import in_short

Pieces = Callable[[Seen], Iterator[Piece]]
MADE = "report made"


@dataclass(frozen=True)
class Made:
    """A report that can be downloaded. of: the choice that it was made of."""

    of: tuple
    at: datetime
    html: str
    pdf: bytes | None = None


def show(seen: Seen, views: Mapping[str, Pieces]) -> None:
    """views: what each contributes, by name."""
    st.caption(
        "One file with figures, tables and the settings that made them: it opens in any browser, "
        "on a phone and without a network, and prints well."
    )
    chosen = {name: views[name] for name in _choose(views)}
    of = _choice(seen, chosen)
    if not chosen:
        st.info("Choose at least one part.", icon=":material/checklist:")
    if st.button("Make the report", type="primary", icon=":material/description:",
                 disabled=not chosen, key="report make"):  # fmt: skip
        now = datetime.now().astimezone()
        st.session_state[MADE] = Made(of, now, _html(seen, chosen, now))
    made = st.session_state.get(MADE)
    if made:
        _offer(made, current=made.of == of)


def _choose(views: Mapping[str, Pieces]) -> list[str]:
    with st.container(horizontal=True):
        wanted = {
            name: st.checkbox(name, True, f"report {name}", persist_state="session")
            for name in views
        }
    return [name for name, want in wanted.items() if want]


def _choice(seen: Seen, views: Mapping[str, Pieces]) -> tuple:
    """What a report is of."""
    return seen.part, tuple(seen.names), tuple(seen.styles.items()), tuple(views)


def _address() -> str:
    """That of the page, with the choice that it carries; none in a test without a browser."""
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    return f"{st.context.url or ''}?{urlencode(asked, doseq=True)}".rstrip("?")


def _html(seen: Seen, views: Mapping[str, Pieces], now: datetime) -> str:
    settings = {
        "Models": ", ".join(seen.names),
        "Digits": seen.where,
        "Parts": ", ".join(views),
        "Made": f"{now:%Y-%m-%d %H:%M %Z}",
        "Computed with": report.versions(),
    }
    with st.spinner("Collecting figures and tables ...", show_time=True):
        parts = {name: [*_pieces(of, seen)] for name, of in views.items()}
        short = [*in_short(seen, [name for name, found in parts.items() if found])]
        return report.as_html("Digits: models compared", settings, parts, _address(), short)


def _pieces(of: Pieces, seen: Seen) -> Iterator[Piece]:
    """A view's pieces; where something is damaged, the words for it in place of the rest."""
    try:
        yield from of(seen)
    except (RunDamaged, DataDamaged) as damage:
        yield Piece("What is missing", f"This part could not be made. {damage}")


def _offer(made: Made, current: bool) -> None:
    """Downloads of a report that was made, now or earlier."""
    if not current:
        st.info("This report is of an earlier choice. Make it anew for the present one.",
                icon=":material/history:")  # fmt: skip
    name = f"compare-{made.at:%Y-%m-%d}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"HTML, {len(made.html) / 2**20:.1f} MiB", made.html, f"{name}.html", "text/html",
            icon=":material/download:", on_click="ignore", key="report html",
        )  # fmt: skip
        pdf = made.pdf or _made_pdf(made)
        if pdf:
            st.download_button(
                f"PDF, {len(pdf) / 2**20:.1f} MiB", pdf, f"{name}.pdf", "application/pdf",
                icon=":material/download:", on_click="ignore", key="report pdf",
            )  # fmt: skip
        st.caption(f"Made {made.at:%Y-%m-%d, %H:%M}.")


def _made_pdf(made: Made) -> bytes | None:
    """The PDF once it is asked for, or None."""
    if not report.print_engine():
        st.caption("For a PDF, open the HTML file in a browser and print it.")
        return None
    asking = st.empty()
    if not asking.button("Make a PDF", icon=":material/picture_as_pdf:", key="report print"):
        return None
    try:
        with asking, st.spinner("Printing ...", show_time=True):
            pdf = report.as_pdf(made.html)
    except (NoPrintEngine, PrintFailed) as reason:
        asking.error(str(reason), icon=":material/print_disabled:")
        return None
    st.session_state[MADE] = replace(made, pdf=pdf)
    asking.empty()
    return pdf
