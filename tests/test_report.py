"""The report: one file that needs nothing else, in which nobody's words become code."""

import base64
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image

from digitcore import report
from digitcore.cells import cells
from digitcore.report import NoPrintEngine, Piece, PrintFailed, as_html, as_pdf, print_engine

EVIL = "</script><script>window.evil = 1</script><img src=x onerror='window.evil = 2'>"
LOADS = ("src", "srcset", "data", "poster", "background", "action", "formaction")


def curve(**layout) -> go.Figure:
    return go.Figure(go.Scatter(x=[1, 2, 3], y=[0.5, np.nan, 0.1], name="a"), layout=layout)


TABLE = pd.DataFrame({
    "Model": ["tiny", "2nd <b>"], "Errors": [43, 12345], "Accuracy": [99.5712, np.nan],
    "With interval": ["99.57 % (99.42 to 99.68)", ""], "Difference": ["\u22120.2", "+0.1"],
    "Significant": [True, False],
})  # fmt: skip
PIECES = [
    Piece("Words alone", "One paragraph.\n\nAnother one."),
    Piece("A curve", "About it.", curve(title="Loss")),
    Piece("A matrix", figure=go.Figure(go.Heatmap(z=np.eye(10), x=list(range(10))))),
    Piece("A table", table=TABLE),
]
SETTINGS = {"Models": "tiny, strong", "Digits": "10,000 test digits"}
ADDRESS = "https://example.org/compare?models=tiny&models=strong"
HTML = as_html(
    "Two models compared", SETTINGS, {"First": PIECES[:2], "Second": PIECES[2:]}, ADDRESS
)
GREY = np.full((28, 28), 7, np.uint8)


def page_of(*pieces: Piece) -> str:
    return as_html("a", {}, {"part": pieces})


class Elements(HTMLParser):
    """What a browser would make of a page: elements with their attributes, words and scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self._open = tag

    def handle_data(self, data):
        self.texts.setdefault(self._open, []).append(data.strip())

    def handle_endtag(self, tag):
        self._open = ""

    def all(self, tag: str) -> list[dict]:
        return [attributes for found, attributes in self.found if found == tag]


def figures_in(html: str) -> list[dict]:
    """The figures' data and layout as the page's script has them."""
    block = re.search(r"const figures = \[(.*?)^\];", html, re.S | re.M)
    assert block
    return [json.loads(line.strip().rstrip(",")) for line in block[1].splitlines() if line.strip()]


def test_has_title_settings_address_and_all_pieces_with_a_table_of_contents():
    page = Elements(HTML)
    assert page.texts["title"] == ["Two models compared"]
    for name, value in SETTINGS.items():
        assert name in page.texts["dt"] and value in page.texts["dd"]
    links = [link["href"] for link in page.all("a")]
    first, second = (
        ["#part-1", "#piece-1-1", "#piece-1-2"],
        ["#part-2", "#piece-2-1", "#piece-2-2"],
    )
    assert links == [ADDRESS, *first, *second]
    assert [s["id"] for s in page.all("section") if "id" in s] == [link[1:] for link in links[1:]]
    assert [text for text in page.texts["h2"] if text][-2:] == ["First", "Second"]
    assert page.texts["h3"] == [piece.heading for piece in PIECES]
    assert {"One paragraph.", "Another one.", "About it."} <= set(page.texts["p"])
    assert "interval of 95 %" in HTML.replace("\n", " ")


def test_loads_nothing_from_anywhere():
    page = Elements(HTML)
    assert not [a for _, a in page.found for name in LOADS if name in a]
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    style = " ".join(page.texts["style"])
    assert "@import" not in style and "url(" not in style
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'") and "http" not in policy


def test_plotly_is_there_once_however_many_figures():
    many = page_of(*(Piece(str(n), figure=curve()) for n in range(20)))
    assert len(many) < len(HTML) + 30_000
    assert many.count("plotly.js v") == HTML.count("plotly.js v") == 1
    assert len(Elements(many).all("script")) == 2


def test_figures_keep_their_data_and_leave_their_look_to_the_report():
    first, second = figures_in(HTML)
    assert first["data"][0]["y"] == [0.5, None, 0.1] or "bdata" in first["data"][0]["y"]
    assert first["layout"]["title"]["text"] == "Loss"
    assert "template" not in first["layout"]
    assert [first["id"], second["id"]] == [f["id"] for f in Elements(HTML).all("figure")]
    assert all(figure["role"] == "img" for figure in Elements(HTML).all("figure"))


def test_nobodys_words_become_code():
    figure = curve(title=EVIL).add_scatter(x=[EVIL], y=[1], name=EVIL, hovertemplate=EVIL)
    table = pd.DataFrame({EVIL: [EVIL, EVIL]}, index=pd.Index([EVIL, EVIL], name=EVIL))
    piece = Piece(EVIL, EVIL, figure, table, [(GREY, f'{EVIL}" onerror="window.evil = 3')])
    html = as_html(EVIL, {EVIL: EVIL}, {EVIL: [piece]}, f'{EVIL}"><script>', [EVIL])
    page, plain = Elements(html), Elements(page_of(Piece("d", "e", curve())))
    assert len(page.all("script")) == len(plain.all("script")) == 2
    (image,) = page.all("img")
    assert set(image) == {"src", "alt"} and image["src"].startswith("data:image/png;base64,")
    assert all("onerror" not in attributes for _, attributes in page.found)
    assert figures_in(html)[0]["layout"]["title"]["text"] == EVIL
    assert page.texts["td"].count(EVIL) == 4


def test_an_address_that_is_no_web_address_is_no_link():
    page = Elements(as_html("a", {}, {}, "javascript:alert(1)"))
    assert not page.all("a") and "javascript:alert(1)" in page.texts["dd"]
    assert "dt" not in Elements(as_html("a", {}, {})).texts


def test_tables_have_numbers_to_the_right_and_nothing_for_what_is_missing():
    page = Elements(HTML)
    right = [cell.get("class") == "number" for cell in page.all("th")]
    assert right == [False, True, True, True, True, False]
    assert [cell.get("class") == "number" for cell in page.all("td")] == right * 2
    assert page.texts["th"] == list(TABLE.columns)
    for words in ("43", "12,345", "99.57", "\u22120.2", "2nd <b>", "yes", "no"):
        assert words in page.texts["td"]
    assert "nan" not in page.texts["td"]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ([99.8, 99.28, 100], ["99.80", "99.28", "100.00"]),
        ([99.5, 98.0], ["99.5", "98.0"]),
        ([3.0, None, 40], ["3", "", "40"]),
        ([0.5, 1e-9, 0], ["0.5000", "< 0.0001", "0.0000"]),
        ([1234.56, 0.04], ["1,234.6", "< 0.1"]),
        ([0.0082, 0.0602], ["0.0082", "0.0602"]),
        ([float("inf"), 1.25], ["inf", "1.25"]),
        (["as it is", 1.5, 2], ["as it is", "1.5", "2.0"]),
    ],
)
def test_a_column_has_one_number_of_decimals(column, words):
    table = pd.DataFrame({"x": pd.Series(column, dtype=object)})
    assert cells(table)["rows"] == [[word] for word in words]


def test_what_is_too_long_for_a_column_is_listed_below_it():
    said = ["short", "so long that it would be squeezed " * 3]
    table = pd.DataFrame({"Model": ["a", "b"], "n": [1, 2], "What differs": said})
    page = Elements(page_of(Piece("b", table=table)))
    assert page.texts["th"] == ["Model", "n"] and page.texts["h4"] == ["What differs"]
    assert page.texts["dt"] == ["a", "b"] and page.texts["dd"] == [text.strip() for text in said]
    unnamed = Elements(page_of(Piece("b", table=table.assign(Model="a"))))
    assert unnamed.all("th")[-1]["class"] == "text" and "dt" not in unnamed.texts


def test_long_tables_and_those_asked_for_are_folded():
    long = pd.DataFrame({"x": range(report.FOLDED + 1)})
    assert "21 rows" in Elements(page_of(Piece("b", table=long))).texts["summary"][0]
    assert not Elements(page_of(Piece("b", table=long[1:]))).all("details")
    assert Elements(page_of(Piece("b", table=TABLE, folded=True))).all("details")


def test_pictures_are_in_the_file_with_their_words():
    pictures = [(GREY, "No. 3: a 4\n✖ 9: <tiny>"), (GREY + 1, "No. 5: a 6")]
    page = Elements(page_of(Piece("b", pictures=pictures)))
    for image, (shown, words) in zip(page.all("img"), pictures, strict=True):
        png = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), shown)
        assert image["alt"] == words.split("\n")[0]
    assert "No. 3: a 4\n✖ 9: <tiny>" in page.texts["img"]
    assert "image-rendering: pixelated" in " ".join(page.texts["style"])


def test_begins_with_what_it_comes_to():
    page = Elements(as_html("a", {}, {"part": PIECES}, short=["tiny & others."]))
    assert page.texts["h2"][0] == "In short" and page.texts["p"][0] == "tiny & others."
    assert "In short" not in Elements(HTML).texts["h2"]


def test_an_index_shows_where_it_says_something():
    named = Elements(page_of(Piece("b", table=TABLE.set_index("Model"))))
    assert named.texts["th"][0] == "Model"
    sorted_away = Elements(page_of(Piece("b", table=TABLE.iloc[::-1])))
    assert sorted_away.texts["th"] == list(TABLE.columns)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.012345, "0.01235"), (1234567, "1,234,567"), (1234.5, "1,234.5"), (2.0, "2"), (None, ""),
        (np.float32(0.5), "0.5"), (np.int64(7), "7"), (pd.NA, ""), ("as it is", "as it is"),
        (1e-9, "< 0.000001"), (-1e-9, "> \u22120.000001"), (float("inf"), "inf"),
        (np.bool_(True), "yes"),
    ],
)  # fmt: skip
def test_cells_in_words(value, words):
    table = pd.DataFrame({"x": pd.Series([value], dtype=object)})
    assert Elements(page_of(Piece("b", table=table))).texts.get("td", [""]) == [words]


def test_empty_reports_and_empty_tables_are_pages_too():
    assert not Elements(as_html("a", {}, {})).all("nav")
    page = Elements(page_of(Piece("b", table=TABLE.iloc[:0])))
    assert page.texts["th"] == list(TABLE.columns) and not page.all("td")


def test_versions_names_what_computed():
    assert re.fullmatch(r"Python 3\S+, PyTorch 2\S+, scikit-learn \S+, SciPy \S+",
                        report.versions())  # fmt: skip


@pytest.fixture
def opened(chromium, tmp_path):
    """Open a report's HTML from a file; whatever fails or is asked for elsewhere is a failure."""
    wrong: list[str] = []

    def open_it(html: str, width: int, scheme: str):
        file = tmp_path / "report.html"
        file.write_text(html, "utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 800},
                                       color_scheme=scheme)  # fmt: skip
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text))
        local = (file.as_uri(), "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(local) else wrong.append(r.url))
        page.goto(file.as_uri())
        return page

    yield open_it
    assert not wrong


def ink(page) -> str:
    return page.locator("#figure-piece-1-2 .gtitle").evaluate("text => getComputedStyle(text).fill")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
def test_draws_all_figures_in_a_browser(opened, width, scheme):
    page = opened(HTML, width, scheme)
    assert page.locator("figure .plot-container").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert ink(page) == {"light": "rgb(29, 36, 41)", "dark": "rgb(230, 235, 238)"}[scheme]
    assert page.locator("#figure-piece-1-2").bounding_box()["width"] <= width


WORDY = pd.DataFrame({
    "Model": [f"model {n}" for n in range(25)], **{f"Figure {n}": n for n in range(16)},
    "Verdict": ["could well be luck, though by itself it would pass"] * 25,
    "What differs": ["epochs 45, batch size 128, optimiser adamw, learning rate 0.004"] * 25,
})  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1280])
def test_rows_stay_low_however_much_is_told(opened, width):
    page = opened(page_of(Piece("b", table=WORDY[:9])), width, "light")
    assert page.locator("tbody tr").first.bounding_box()["height"] < 60
    assert page.locator("td.text").first.bounding_box()["width"] >= 280
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.browser
@pytest.mark.parametrize(("width", "beside"), [(375, False), (1280, True)])
def test_figures_stand_side_by_side_where_there_is_room(opened, width, beside):
    page = opened(page_of(*(Piece(str(n), figure=curve()) for n in range(2))), width, "light")
    left, right = (page.locator(".half").nth(n).bounding_box() for n in (0, 1))
    assert (left["y"] == right["y"]) == beside
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.browser
def test_what_is_folded_is_open_on_paper(opened):
    page = opened(page_of(Piece("b", table=WORDY)), 1280, "light")
    row = page.locator("tbody tr").first
    assert not row.is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert row.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not row.is_visible()


@pytest.mark.browser
def test_is_dark_on_paper_and_again_light_on_a_dark_screen(opened):
    page = opened(HTML, 1280, "dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert ink(page) == "rgb(29, 36, 41)"
    svg = page.locator("#figure-piece-1-2 svg.main-svg").first
    assert svg.bounding_box()["width"] == report.PAPER
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert ink(page) == "rgb(230, 235, 238)"
    assert svg.bounding_box()["width"] == page.locator("#figure-piece-1-2").bounding_box()["width"]


@pytest.mark.browser
def test_nobodys_words_run_in_a_browser(opened):
    figure = curve(title=EVIL).add_scatter(x=[1], y=[1], name=EVIL)
    page = opened(
        as_html(EVIL, {EVIL: EVIL}, {EVIL: [Piece(EVIL, EVIL, figure, TABLE)]}), 800, "light"
    )
    assert page.locator("figure .plot-container").count() == 1
    assert page.evaluate("window.evil") is None
    assert page.title() == EVIL


@pytest.mark.browser
@pytest.mark.skipif(not print_engine() and not os.environ.get("CI"), reason="needs a Chromium")
def test_prints_on_as_many_pages_as_it_takes():
    pdf = as_pdf(HTML)
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type ?/Page\b", pdf)) > 1


def engine_that(does: str, folder: Path, monkeypatch) -> None:
    """A print engine of that name which only does what the shell is told here."""
    script = folder / "chromium"
    script.write_text(f"#!/bin/sh\n{does}\n", "utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(report, "ENGINES", (str(script),))


def test_without_a_browser_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(report, "ENGINES", ("no-such-browser",))
    assert print_engine() is None
    with pytest.raises(NoPrintEngine, match="Open the HTML file"):
        as_pdf(HTML)


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("echo started >&2; echo no room left >&2; exit 3", "no room left"),
        ("exit 1", "did not say why"),
        ("exit 0", "printed nothing"),
    ],
)
def test_a_browser_that_does_not_print_is_told_in_words(does, words, tmp_path, monkeypatch):
    engine_that(does, tmp_path, monkeypatch)
    with pytest.raises(PrintFailed, match=words):
        as_pdf(HTML)


def test_a_browser_that_hangs_is_given_up(tmp_path, monkeypatch):
    engine_that("exec sleep 60", tmp_path, monkeypatch)
    monkeypatch.setattr(report, "PATIENCE", 0.2)
    with pytest.raises(PrintFailed, match="given up"):
        as_pdf(HTML)


def test_a_browser_that_cannot_start_is_told_in_words(tmp_path, monkeypatch):
    engine_that("exit 0", tmp_path, monkeypatch)
    (tmp_path / "chromium").write_bytes(b"\x7fELF broken")
    with pytest.raises(PrintFailed):
        as_pdf(HTML)


def test_printing_leaves_nothing_behind_and_reaches_no_network(tmp_path, monkeypatch):
    kept = tmp_path / "arguments"
    engine_that(f'for a in "$@"; do echo "$a"; done > {kept}; exit 1', tmp_path, monkeypatch)
    with pytest.raises(PrintFailed):
        as_pdf(HTML)
    arguments = kept.read_text().splitlines()
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in arguments
    assert ("--no-sandbox" in arguments) == (os.geteuid() == 0)
    profile = next(a for a in arguments if a.startswith("--user-data-dir=")).split("=")[1]
    assert not Path(profile).parent.exists()
