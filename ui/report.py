"""What views show as one file to keep and to send: chosen by part, made on demand, downloaded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

import streamlit as st

from digitcore import report
from digitcore.digits import DataDamaged
from digitcore.folder import RunDamaged
from digitcore.report import NoPrintEngine, Piece, PrintFailed

Pieces = Callable[[], Iterator[Piece]]
Short = Callable[[Sequence[str]], Iterator[str]]


@dataclass(frozen=True)
class Subject:
    """What a report is of. key: of its widgets and of what the session keeps; file: how a download
    is called; of: the choice that it is made of beside the address's, to be told from a later one;
    settings: that in words, by name; views: what each part contributes; short: sentences for the
    beginning, of the parts that have something to say; models: whether it compares any."""

    key: str
    title: str
    file: str
    of: tuple
    settings: Mapping[str, str]
    views: Mapping[str, Pieces]
    short: Short = lambda parts: iter(())
    models: bool = False


@dataclass(frozen=True)
class Made:
    """A report that can be downloaded. of: the choice that it was made of."""

    of: tuple
    at: datetime
    html: str
    pdf: bytes | None = None


def show_report(subject: Subject) -> None:
    """Its parts to choose, the button that makes it, and what was made."""
    st.caption(
        "One file with figures, tables and the settings that made them: it opens in any browser, "
        "on a phone and without a network, and prints well."
    )
    chosen = {name: subject.views[name] for name in _choose(subject)}
    of = (*subject.of, _asked(), tuple(chosen))
    if not chosen:
        st.info("Choose at least one part.", icon=":material/checklist:")
    if st.button("Make the report", type="primary", icon=":material/description:",
                 disabled=not chosen, key=f"{subject.key} make"):  # fmt: skip
        now = datetime.now().astimezone()
        st.session_state[f"{subject.key} made"] = Made(of, now, _html(subject, chosen, now))
    made = st.session_state.get(f"{subject.key} made")
    if made:
        _offer(subject, made, current=made.of == of)


def _choose(subject: Subject) -> list[str]:
    with st.container(horizontal=True):
        wanted = {
            name: st.checkbox(name, True, f"{subject.key} {name}", persist_state="session")
            for name in subject.views
        }
    return [name for name, want in wanted.items() if want]


def _asked() -> dict[str, list[str]]:
    """What the address keeps of the other views, and so what their pieces are of."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _address() -> str:
    """That of the page, with the choice that it carries; none in a test without a browser."""
    return f"{st.context.url or ''}?{urlencode(_asked(), doseq=True)}".rstrip("?")


def _html(subject: Subject, views: Mapping[str, Pieces], now: datetime) -> str:
    settings = {
        **subject.settings,
        "Parts": ", ".join(views),
        "Made": f"{now:%Y-%m-%d %H:%M %Z}",
        "Computed with": report.versions(),
    }
    with st.spinner("Collecting figures and tables ...", show_time=True):
        parts = {name: [*_pieces(of)] for name, of in views.items()}
        short = [*subject.short([name for name, found in parts.items() if found])]
        return report.as_html(subject.title, settings, parts, _address(), short, subject.models)


def _pieces(of: Pieces) -> Iterator[Piece]:
    """A view's pieces; where something is damaged, the words for it in place of the rest."""
    try:
        yield from of()
    except (RunDamaged, DataDamaged) as damage:
        yield Piece("What is missing", f"This part could not be made. {damage}")


def _offer(subject: Subject, made: Made, current: bool) -> None:
    """Downloads of a report that was made, now or earlier."""
    if not current:
        st.info("This report is of an earlier choice. Make it anew for the present one.",
                icon=":material/history:")  # fmt: skip
    name = f"{subject.file}-{made.at:%Y-%m-%d}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"HTML, {len(made.html) / 2**20:.1f} MiB", made.html, f"{name}.html", "text/html",
            icon=":material/download:", on_click="ignore", key=f"{subject.key} html",
        )  # fmt: skip
        pdf = made.pdf or _made_pdf(subject, made)
        if pdf:
            st.download_button(
                f"PDF, {len(pdf) / 2**20:.1f} MiB", pdf, f"{name}.pdf", "application/pdf",
                icon=":material/download:", on_click="ignore", key=f"{subject.key} pdf",
            )  # fmt: skip
        st.caption(f"Made {made.at:%Y-%m-%d, %H:%M}.")


def _made_pdf(subject: Subject, made: Made) -> bytes | None:
    """The PDF once it is asked for, or None."""
    if not report.print_engine():
        st.caption("For a PDF, open the HTML file in a browser and print it.")
        return None
    asking = st.empty()
    if not asking.button("Make a PDF", icon=":material/picture_as_pdf:",
                         key=f"{subject.key} print"):  # fmt: skip
        return None
    try:
        with asking, st.spinner("Printing ...", show_time=True):
            pdf = report.as_pdf(made.html)
    except (NoPrintEngine, PrintFailed) as reason:
        asking.error(str(reason), icon=":material/print_disabled:")
        return None
    st.session_state[f"{subject.key} made"] = replace(made, pdf=pdf)
    asking.empty()
    return pdf
