"""Where they fail: the view shows exactly the digits that the predictions say, or says why none."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from digitcore.comparison import overlap
from digitcore.figures import styles_of
from digitcore.report import Piece
from digitcore.runs import RunStore
from tests.server import running
from tests.test_overlap import THREE, certain, committee
from ui.compare import errors, rates
from ui.compare.seen import Seen

SECONDS = 60_000  # ms; the machine that runs this may be busy
MANY = committee(15, 600, 3, skill=0.9)
ONE = {"a": THREE["a"]}
TWINS = {"a": THREE["a"], "b": THREE["a"]}
PERFECT = {name: certain([3, 4, 4], [3, 4, 4]) for name in ("a", "b", "c")}
ALL = {name: certain([3, 9], [3, 4]) for name in ("a", "b", "c")}  # all misread digit 1
CASES = {
    "three": THREE, "many": MANY, "one": ONE, "twins": TWINS, "perfect": PERFECT,
    "one, perfect": {"a": PERFECT["a"]}, "all": ALL, "two": {"a": THREE["a"], "b": THREE["b"]},
}  # fmt: skip


def draw(models):
    """A page that is this view alone; AppTest runs the source of this function."""
    from tests.test_compare_errors import errors, seen_of

    errors.show(seen_of(models))


def seen_of(models) -> Seen:
    import torch

    from digitcore.digits import DigitSet

    labels = next(iter(models.values())).labels
    n = len(labels)
    images = torch.zeros(n, 28, 28, dtype=torch.uint8)
    digits = DigitSet("few", images, torch.as_tensor(labels))
    numbers = np.arange(n) + 7000  # places are not numbers
    return Seen("test", f"{n} test digits", digits, numbers, models, {}, styles_of(models))


def opened(models) -> AppTest:
    app = AppTest.from_function(draw, args=(models,), default_timeout=60).run()
    assert not app.exception
    return app


def tiles(app: AppTest, key: str) -> list[int]:
    """The places of the digits that are shown as tiles under a key, from their captions."""
    for shown in app.get("bidi_component"):
        if f"-{key}" in shown.proto.id:
            captions = [tile["caption"] for tile in json.loads(shown.proto.json)["tiles"]]
            return [int(re.search(r"[\d,]+", c)[0].replace(",", "")) - 7000 for c in captions]
    return []


def words(app: AppTest) -> str:
    kinds = (app.info, app.caption, app.markdown)
    return " ".join(element.value for kind in kinds for element in kind)


@pytest.mark.parametrize("case", CASES)
def test_view_opens_and_its_pieces_are_whole(case):
    app = opened(CASES[case])
    assert not app.error and not app.warning
    pieces = list(errors.pieces(seen_of(CASES[case])))
    assert all(isinstance(piece, Piece) and piece.heading and piece.words for piece in pieces)
    assert len({piece.heading for piece in pieces}) == len(pieces)
    assert "nan" not in " ".join(piece.words for piece in pieces)


def test_a_chosen_set_of_models_shows_its_digits():
    app = opened(MANY)
    groups = overlap.overlap(MANY, errors.ROWS).groups
    for row in (0, 3, len(groups) - 1):
        app.selectbox(key="errors group").set_value(row).run()
        assert not app.exception
        assert tiles(app, f"errors group {row}") == groups[row].places[:24].tolist()


def test_digits_to_look_at_are_those_that_the_predictions_say():
    app = opened(MANY)
    look = app.segmented_control(key="look")
    look.set_value("most disputed").run()
    assert tiles(app, "errors look") == overlap.disputed(MANY)[:24].tolist()
    look.set_value("one alone misreads").run()
    alone = overlap.only_wrong(MANY)
    assert app.selectbox(key="errors one alone misreads").value == max(
        alone, key=lambda name: len(alone[name])
    )
    app.selectbox(key="errors one alone misreads").set_value("model-7").run()
    assert tiles(app, "errors look") == alone["model-7"][:24].tolist()
    assert f"{len(alone['model-7'])} of 600 test digits that model-7 alone" in words(app)


def test_what_all_misread_and_what_one_alone_reads():
    app = opened(ALL)
    assert tiles(app, "errors look") == [1]
    assert "by all 3: 1" in words(app)
    app = opened(THREE)
    assert "no digit that all 3 models misread" in words(app)
    app.segmented_control(key="look").set_value("one alone reads rightly").run()
    app.selectbox(key="errors one alone reads rightly").set_value("b").run()
    assert tiles(app, "errors look") == [4]


def test_a_confused_pair_shows_its_digits():
    app = opened(THREE)
    assert tiles(app, "errors pair 0") == [0, 2]
    assert "4 read as 9: 3 errors" in words(app)
    app.selectbox(key="errors pair").set_value(1).run()
    assert tiles(app, "errors pair 1") == [1]


def test_one_model_shows_its_mistakes_and_no_overlap():
    app = opened(ONE)
    assert sorted(tiles(app, "errors one")) == [0, 4]
    said = words(app)
    assert "a misreads 2 of 6 test digits: 33.33%" in said and "overlap" in said
    assert "How alike" not in said
    headings = {piece.heading for piece in errors.pieces(seen_of(ONE))}
    assert {"Most confused pairs", "Digit by digit"} < headings and len(headings) == 3


def test_models_without_an_error_say_so_and_still_have_rates():
    app = opened(PERFECT)
    assert "All 3 models read each of the 3 test digits rightly" in words(app)
    assert len(app.get("plotly_chart")) == 2
    assert not app.get("bidi_component")
    assert "a reads each" in words(opened({"a": PERFECT["a"]}))


def test_identical_models_agree_on_everything():
    said = words(opened(TWINS))
    assert "a and b, with the same answer to 100.00% (60.97% to 100.00%) of 6 digits." in said
    assert "by both: 2" in said


def test_a_choice_of_other_models_forgets_rows_that_are_gone():
    app = opened(MANY)
    app.selectbox(key="errors group").set_value(14).run()
    app.selectbox(key="errors pair").set_value(11).run()
    other = AppTest.from_function(draw, args=(ALL,), default_timeout=60)
    other.session_state["errors group"], other.session_state["errors pair"] = 14, 11
    other.run()
    assert not other.exception
    assert other.selectbox(key="errors group").value == other.selectbox(key="errors pair").value
    assert tiles(other, "errors group 0") == [1]


@pytest.mark.parametrize("metric", overlap.METRICS)
def test_rates_table_has_the_rates_and_says_where_there_are_none(metric):
    seen = seen_of({"a": certain([3, 3, 5], [3, 4, 5]), "b": certain([3, 4, 5], [3, 4, 5])})
    known = {name: list(overlap.class_rates(model)) for name, model in seen.predictions.items()}
    table = rates.table(known, metric)
    assert len(table) == 20
    for line in table.to_dict("records"):
        rate = getattr(known[line["Model"]][line["Digit"]], metric)
        if rate:
            shown = (line[rates.NAMES[metric]], line["95 % from"], line["to"], line["n"])
            expected = (100 * rate.value, 100 * rate.low, 100 * rate.high, rate.n)
            assert shown == pytest.approx(expected) and line["Remark"] == ""
        else:
            here = line["Digit"] in (3, 4, 5)
            assert line["Remark"] == ("never answered" if here else "no such digit here")
    whole = rates.full_table(seen)
    assert len(whole) == 60 and set(whole["Metric"]) == {"Precision", "Recall", "F1"}
    assert "Share" in whole.to_csv(index=False).splitlines()[0]


def test_rates_of_chosen_models_and_of_none():
    app, key = opened(MANY), f"errors models {' '.join(MANY)}"
    assert app.multiselect(key=key).value == list(MANY)[:5]
    app.segmented_control(key="rate").set_value("precision").run()
    assert not app.exception and "Of all answers with this digit" in words(app)
    app.multiselect(key=key).set_value([]).run()
    assert not app.exception and "at least one model to see its rates" in words(app)


def test_pieces_picture_digits_with_all_answers():
    by_heading = {piece.heading: piece for piece in errors.pieces(seen_of(ALL))}
    ((image, words),) = by_heading["Misread by all"].pictures
    assert image.shape == (28, 28) and image.dtype == np.uint8
    assert words == "No. 7001: a 4\n✖ 9: 3 of 3"
    many = {piece.heading: piece for piece in errors.pieces(seen_of(MANY))}
    disputed = many["Most disputed"]
    assert pictured(disputed) == overlap.disputed(MANY)[:12].tolist()
    assert "the first 12 are shown" in disputed.words
    first = overlap.confused(MANY)[0]
    places = overlap.where_confused(MANY, first.label, first.answer)
    (pair,) = [piece for name, piece in many.items() if name.startswith(f"{first.label} read as")]
    assert pictured(pair) == places[:12].tolist()


def pictured(piece: Piece) -> list[int]:
    return [int(re.search(r"\d+", words)[0]) - 7000 for _, words in piece.pictures]


PAGE = """
import streamlit as st
from ui.compare import errors
from ui.compare.seen import choose_seen
st.fragment(errors.show)(choose_seen())
"""


@pytest.fixture
def page(tmp_path, chromium):
    """The view of three shipped models in a real browser."""
    script, failures = tmp_path / "view.py", []
    script.write_text(PAGE)
    with running(script) as address:
        page = chromium.new_page(viewport={"width": 1280, "height": 1600})
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(f"{address}/?models=dense&models=single&models=slim")
        expect(page.get_by_text("How alike they answer")).to_be_visible(timeout=SECONDS)
        yield page
        page.close()
    assert not failures


def click_row(page: Page, chart: int, row: int, lane: bool = False) -> None:
    """Click a bar of a chart, or right of it on its lane."""
    bars = page.locator(".js-plotly-plot").nth(chart).locator(".bars").nth(0 if lane else 1)
    bar = bars.locator(".point path").nth(row)
    expect(bar).to_be_visible(timeout=SECONDS)
    box, before = bar.bounding_box(), None
    while box is None or box != before:  # the chart may still be drawn, or given its size
        page.wait_for_timeout(300)
        box, before = bar.bounding_box(), box
    page.mouse.click(
        box["x"] + box["width"] * (0.95 if lane else 0.5), box["y"] + box["height"] / 2
    )


def expect_digits(page: Page, places: np.ndarray) -> None:
    """The first tiles are those of the first page of `places`, no more and no less."""
    captions = [re.compile(rf"^No\. {place}:") for place in places[:24]]
    expect(page.locator(".tiles").first.locator("span")).to_have_text(captions, timeout=SECONDS)


@pytest.mark.browser
def test_a_click_on_a_bar_shows_its_digits(page):
    store = RunStore()
    names = ["dense", "single", "slim"]
    models = {name: store.answers(name) for name in names}
    groups = overlap.overlap(models, errors.ROWS).groups
    expect_digits(page, groups[0].places)
    click_row(page, 0, 4)
    expect_digits(page, groups[4].places)
    click_row(page, 0, 6, lane=True)
    expect_digits(page, groups[6].places)
    box = page.get_by_role("combobox", name="Digits that exactly these models misread")
    box.press("ArrowUp")
    page.get_by_role("option").nth(4).click()
    expect_digits(page, groups[4].places)
    click_row(page, 0, 6, lane=True)  # the browser must not take this for a deselection
    expect_digits(page, groups[6].places)
