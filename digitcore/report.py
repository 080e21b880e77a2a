"""A comparison as one file that opens anywhere: pieces of it in, HTML or PDF out.

The HTML holds all that it needs: Plotly's script once, and the data of each figure. A policy in
its head keeps a browser from fetching anything, and from running any script but those two.
"""

from __future__ import annotations

import base64
import io
import json
import os
import platform
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from digitcore.cells import cells

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

TEMPLATE = "report.html.j2"
ENGINES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PAPER = 680  # CSS pixels across A4 between margins of 15 mm
SHORT = 400  # letters that may stand beside another piece
FOLDED = 20  # rows of a table; a longer one waits to be opened
PATIENCE = 120.0  # seconds that printing may take while trainings have the cores
LIGHT = {"ink": "#1d2429", "paper": "#fbfbfa", "soft": "#f0f2f3", "line": "#d5dade",
         "quiet": "#5b666e", "link": "#0b6e99"}  # fmt: skip
DARK = {"ink": "#e6ebee", "paper": "#13181c", "soft": "#1e262c", "line": "#3a454d",
        "quiet": "#a3adb4", "link": "#5bb8e0"}  # fmt: skip


class NoPrintEngine(RuntimeError):
    """There is no browser here that could print; the message says what to do instead."""


class PrintFailed(RuntimeError):
    """The browser did not print; the message says what it said."""


@dataclass(frozen=True)
class Piece:
    """One passage of a report: a heading, and any of words, a figure, pictures and a table.

    words: plain text, an empty line between paragraphs. table: headings and cells as they are to
    be read; the numbers of a column are written with as many decimals each, and its index only
    where it has one other than row numbers. pictures: uint8 (28, 28) images with the words under
    them, which may have line ends. folded: whether the table waits to be opened, as a long one
    does; on paper all are open.
    """

    heading: str
    words: str = ""
    figure: go.Figure | None = None
    table: pd.DataFrame | None = None
    pictures: Sequence[tuple[np.ndarray, str]] = ()
    folded: bool = False


def as_html(
    title: str,
    settings: Mapping[str, str],
    parts: Mapping[str, Iterable[Piece]],
    address: str = "",
    short: Sequence[str] = (),
    models: bool = True,
) -> str:
    """One HTML file of about 5 MB that needs nothing else, for screens and for paper.

    settings: what made the pieces, by name, in plain text. parts: the pieces by the heading that
    they stand under. address: of the page that it is of. short: what it comes to, in sentences.
    models: whether it compares any.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(TEMPLATE).render(
        title=title,
        settings=settings,
        short=short,
        models=models,
        parts=[_part(name, pieces, place) for place, (name, pieces) in enumerate(parts.items(), 1)],
        address=address,
        linked=address.startswith(("http://", "https://")),
        light=LIGHT,
        dark=DARK,
        looks={"light": _look(LIGHT), "dark": _look(DARK)},
        paper=PAPER,
        plotly=Markup(get_plotlyjs()),  # plotly's own; holds no end of a script
        nonce=secrets.token_urlsafe(16),
    )


def _part(name: str, pieces: Iterable[Piece], place: int) -> dict[str, Any]:
    """What the template writes of a part."""
    sections = [_section(piece, f"piece-{place}-{n}") for n, piece in enumerate(pieces, 1)]
    return {"id": f"part-{place}", "heading": name, "sections": sections}


def _section(piece: Piece, place: str) -> dict[str, Any]:
    """What the template writes of a piece."""
    table = None if piece.table is None else cells(piece.table)
    folded = table is not None and (piece.folded or len(table["rows"]) > FOLDED)
    roomy = table is not None and not folded and (table["wide"] or table["notes"])
    return {
        "id": place,
        "heading": piece.heading,
        "paragraphs": [part.strip() for part in piece.words.split("\n\n") if part.strip()],
        "figure": None if piece.figure is None else _drawing(piece.figure, f"figure-{place}"),
        "pictures": [(_picture(image), caption) for image, caption in piece.pictures],
        "table": table,
        "folded": folded,
        "half": len(piece.words) < SHORT and not roomy,
    }


def _drawing(figure: go.Figure, place: str) -> dict[str, Any]:
    """A figure's data and layout as JSON has them, without the look: that is the report's own."""
    drawing = json.loads(figure.to_json())
    drawing["layout"].pop("template", None)
    return {"id": place, "data": drawing["data"], "layout": drawing["layout"]}


def _picture(image: np.ndarray) -> str:
    """A uint8 (H, W) image as the address of a PNG that holds it."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _look(colours: Mapping[str, str]) -> dict[str, Any]:
    """A Plotly template for one theme: no background, readable text, lines that stay behind."""
    axis = {
        "gridcolor": colours["line"], "zerolinecolor": colours["line"],
        "linecolor": colours["line"], "automargin": True, "title": {"standoff": 8},
    }  # fmt: skip
    return {
        "layout": {
            "paper_bgcolor": "rgba(0, 0, 0, 0)", "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "font": {"color": colours["ink"], "family": "system-ui, sans-serif", "size": 13},
            "title": {"x": 0, "xanchor": "left", "font": {"size": 15}},
            "hoverlabel": {"bgcolor": colours["soft"], "font": {"color": colours["ink"]}},
            "dragmode": False, "xaxis": axis, "yaxis": axis,
        }
    }  # fmt: skip


def versions() -> str:
    """What computed the figures, in words."""
    parts = {"PyTorch": "torch", "scikit-learn": "scikit-learn", "SciPy": "scipy"}
    known = [f"{name} {version(package)}" for name, package in parts.items()]
    return ", ".join([f"Python {platform.python_version()}", *known])


def print_engine() -> str | None:
    """The path of a browser that prints without a screen, or None."""
    return next(filter(None, map(shutil.which, ENGINES)), None)


def as_pdf(html: str) -> bytes:
    """A report's HTML as PDF, A4. Takes seconds. Raises NoPrintEngine and PrintFailed."""
    engine = print_engine()
    if engine is None:
        raise NoPrintEngine(
            "There is no Chromium or Chrome on this server. Open the HTML file in a browser and "
            "print it from there."
        )
    with TemporaryDirectory(prefix="report-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "report.html").write_text(html, "utf-8")
        return _printed(engine, Path(folder))


def _printed(engine: str, folder: Path) -> bytes:
    """What the browser makes of a folder's report.html."""
    pdf, said = folder / "report.pdf", folder / "said.txt"
    try:
        with said.open("wb") as errors:
            ended = subprocess.run(
                [engine, *_arguments(folder, pdf)], timeout=PATIENCE, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors, check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PrintFailed(f"Printing took more than {PATIENCE:.0f} s and was given up.") from error
    except OSError as error:
        raise PrintFailed(f"{engine} cannot be started: {error.strerror or error}.") from error
    if ended.returncode or not pdf.is_file():
        last = said.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise PrintFailed(f"{engine} printed nothing. {' '.join(last) or 'It did not say why.'}")
    return pdf.read_bytes()


def _arguments(folder: Path, pdf: Path) -> Iterator[str]:
    """Without a screen, a profile or a network, and in a window as wide as the paper."""
    yield from (
        "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--no-first-run", "--no-default-browser-check", "--disable-extensions",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}", f"--window-size={PAPER},1000",
        "--virtual-time-budget=20000",  # in the page's own time: until nothing is left to draw
        "--no-pdf-header-footer", f"--print-to-pdf={pdf}",
    )  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        yield "--no-sandbox"  # Chromium refuses to start as root with one
    yield (folder / "report.html").as_uri()
