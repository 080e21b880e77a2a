"""Own sets: which file or line each digit was, corrections of labels, and who learned from them."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from digitcore import progress
from digitcore.digits import load_mnist
from digitcore.own import sheet as sheets
from digitcore.own import store
from digitcore.own.correcting import numbers_in
from digitcore.own.examples import png, write_npz
from digitcore.own.files import Upload, read_files
from digitcore.own.sheet.labelling import unlabelled
from digitcore.own.store import TABLE, About, NoSuchSet, OwnSets, Refused, own_sets
from digitcore.own.told import listed, source
from digitcore.progress import Status
from digitcore.recipes import Recipe
from digitcore.runs import save_recipe
from tests.test_own_files import as_idx, read, zipped
from tests.test_own_page import button, open_own, texts
from tests.test_pages import words
from ui.explore import own_correct, sources
from ui.loaders import jobs

TOLD = ("=1+1/3.png", "line 3", "", '3/é,"b".png', "a\nb")


@pytest.fixture(scope="module")
def some():
    return load_mnist(train=True).take(range(5), "some")


@pytest.fixture
def sets(runs, some) -> OwnSets:
    own_sets().save("mine", some.images.numpy(), some.labels.numpy(), About("CSV"), TOLD)
    return own_sets()


# --- where each digit came from


def test_each_digit_has_its_file_or_line(some):
    good = [png(image) for image in some.images.numpy()]
    packed = zipped({"3/a.png": good[0], "3/bad.png": b"", "x/7_b.png": good[1]})
    assert read(packed).sources == ("3/a.png", "x/7_b.png")
    table = b"0," + b"300," * 783 + b"0\n" + b"\n".join(
        b"%d,%s" % (label, b",".join(b"%d" % value for value in image.ravel()))
        for image, label in zip(some.images.numpy(), some.labels.numpy(), strict=True)
    )  # fmt: skip
    assert read(table, "a.csv").sources == tuple(f"line {line}" for line in range(2, 7))
    found = read_files([*(Upload(*file) for file in as_idx(some)), Upload("z.zip", packed),
                        Upload("n.npz", write_npz(some)), Upload("5.png", good[2])])  # fmt: skip
    name = as_idx(some)[0][0]
    assert found.sources == (
        "z.zip: 3/a.png", "z.zip: x/7_b.png", *(f"n.npz: No. {n} of images" for n in range(5)),
        *(f"No. {n} of {name}" for n in range(5)), "5.png",
    )  # fmt: skip


def test_digits_of_a_sheet_are_told_by_row_and_place():
    labelled = unlabelled(sheets.cut_file(sheets.example())).edited({0: 0, 9: 9, 10: 0, 14: 4})
    assert labelled.sources() == [
        f"row {row}, digit {digit} of the sheet" for row, digit in ((1, 1), (1, 10), (2, 1), (2, 5))
    ]


@given(st.text())
def test_a_source_is_clean_short_and_no_formula_and_stays_so(text):
    told = source(text)
    assert len(told) <= 120
    assert told.isprintable()
    assert not told.startswith(("=", "+", "-", "@"))
    assert source(told) == told


def test_sources_come_back_and_the_table_can_be_read_by_a_person(sets, some):
    assert sets.sources("mine") == [
        "./=1+1/3.png", "line 3", "", '3/é,"b".png', "a\N{REPLACEMENT CHARACTER}b"
    ]  # fmt: skip
    lines = (sets.folder / "mine" / TABLE).read_text("utf-8").splitlines()
    assert lines[:3] == ["number,label,source", f"0,{some.labels[0]},./=1+1/3.png",
                         f"1,{some.labels[1]},line 3"]  # fmt: skip
    assert sources.source("mine", 1) == "line 3"
    assert [sources.source(*asked) for asked in (("MNIST", 1), ("mine", 9), ("gone", 0))] == [
        ""
    ] * 3


@pytest.mark.parametrize("table", [None, b"", b"\xff\xfe", b"number,label,source\n0,1,a\n",
                                   b"number,label,source\n" + b"0,1,a\n" * 5])  # fmt: skip
def test_a_set_without_a_good_table_has_its_digits_all_the_same(sets, table):
    file = sets.folder / "mine" / TABLE
    file.unlink() if table is None else file.write_bytes(table)
    assert sets.sources("mine") == [""] * 5
    assert len(sets.load("mine")) == 5
    sets.correct("mine", {0: None})
    assert sets.sources("mine") == [""] * 4


def test_what_was_left_out_is_capped_and_counted_right():
    lines = [f"line {number}" for number in range(500)]
    assert len(listed(lines)) == 201 and listed(lines)[-1] == "and 300 more"
    assert listed(listed(lines)) == listed(lines)
    assert listed(("new", *listed(lines)))[-1] == "and 301 more"


def test_a_set_tells_no_more_lines_than_can_be_read(sets, some):
    about = About("CSV", tuple(f"line {number}" for number in range(5000)))
    sets.save("long", some.images.numpy(), some.labels.numpy(), about)
    assert len(sets.about("long").left_out) == 201
    sets.correct("long", {0: None})
    assert sets.about("long").left_out[0] == "Left out later, by hand: No. 0."
    assert sets.about("long").left_out[-1] == "and 4,801 more"


# --- corrections


@given(st.dictionaries(st.integers(0, 4), st.none() | st.integers(0, 9)))
def test_a_correction_changes_what_it_names_and_nothing_else(tmp_path_factory, some, changes):
    sets = OwnSets(tmp_path_factory.mktemp("own"))
    sets.save("mine", some.images.numpy(), some.labels.numpy(), About("CSV"), "abcde")
    stays = [at for at in range(5) if changes.get(at, 0) is not None]
    if not stays:
        with pytest.raises(Refused, match="keeps one digit"):
            sets.correct("mine", changes)
        return
    sets.correct("mine", changes)
    now = sets.load("mine")
    assert np.array_equal(now.images, some.images[stays])
    assert now.labels.tolist() == [changes.get(at, int(some.labels[at])) for at in stays]
    assert sets.sources("mine") == ["abcde"[at] for at in stays]
    assert sorted(path.name for path in sets.folder.iterdir()) == ["mine"]


@pytest.mark.parametrize("changes", [{5: 1}, {-1: 1}, {0: 10}, {0: -1}])
def test_a_correction_of_what_there_is_not_is_refused(sets, changes):
    before = sets.stamp("mine")
    with pytest.raises(Refused):
        sets.correct("mine", changes)
    assert sets.stamp("mine") == before
    with pytest.raises(NoSuchSet):
        sets.correct("gone", {0: 1})


def test_numbers_that_mean_other_digits_by_now_change_nothing(sets, some):
    seen = sets.load("mine")
    sets.correct("mine", {0: None}, seen)
    with pytest.raises(Refused, match="changed by somebody else"):
        sets.correct("mine", {1: None}, seen)
    assert len(sets.load("mine")) == 4


def test_of_corrections_at_once_none_is_lost(sets):
    with ThreadPoolExecutor(5) as pool:
        [*pool.map(lambda number: sets.correct("mine", {number: 7}), range(5))]
    assert sets.load("mine").labels.tolist() == [7] * 5


def test_a_full_disk_leaves_a_set_as_it_was(sets, some, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = sets.stamp("mine"), sets.sources("mine"), sets.about("mine")
    for part in ("_compress", "write_text"):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
            patch.setattr(store, part, full)
            sets.correct("mine", {0: None})
    assert (sets.stamp("mine"), sets.sources("mine"), sets.about("mine")) == before
    assert [path.name for path in sets.folder.iterdir()] == ["mine"]


@pytest.mark.parametrize(("text", "numbers"), [
    ("", []), ("2", [2]), (" 21, 40-42;1,\n41 ", [1, 21, 40, 41, 42]),
    ("3 \N{EN DASH} 4,,", [3, 4]),
])  # fmt: skip
def test_numbers_are_named_as_people_do(text, numbers):
    assert numbers_in(text, 50) == numbers


@pytest.mark.parametrize(
    "text", ["50", "0-50", "4-3", "-1", "1 2", "a", "1.5", "9" * 10, "0-999999999"]
)
def test_what_are_no_numbers_of_the_set_is_refused(text):
    with pytest.raises(Refused):
        numbers_in(text, 50)


# --- on the page


def opened() -> AppTest:
    app = open_own()
    app.session_state[own_correct.OPEN] = True
    app.session_state[sources.SHOWN] = True
    return app.run()


def choose(app: AppTest, numbers: str, way: str) -> AppTest:
    app.text_input(key=f"{own_correct.NUMBERS} mine").set_value(numbers).run()
    return app.selectbox(key=own_correct.WAY).set_value(way).run()


def test_digits_are_corrected_by_their_numbers_and_what_was_done_is_told(sets):
    app = opened()
    assert not app.exception
    assert app.dataframe[1].value["Source"][1] == "line 3"
    choose(app, "1, 3-4", "6")
    button(app, "Apply").click().run()
    assert not app.exception
    assert sets.load("mine").labels.tolist()[1:5:2] == [6, 6]
    assert [told.value for told in app.success] == ["3 digits are labelled 6 now in mine."]
    assert app.text_input(key=f"{own_correct.NUMBERS} mine").value == ""
    choose(app, "0-4", "leave out")
    button(app, "Apply").click().run()
    assert "keeps one digit" in app.error[0].value
    choose(app, "0", "leave out")
    button(app, "Apply").click().run()
    assert "left out of mine, which has 4 now" in app.success[0].value
    assert "No. 0 (./=1+1/3.png)" in texts(app)
    app.text_input(key=f"{own_correct.NUMBERS} mine").set_value("4").run()
    assert "no digit 4" in app.warning[0].value


def test_a_digit_is_corrected_where_it_is_shown(sets):
    def view():
        from digitcore.own.store import own_sets
        from ui.explore.corrections import offer

        offer("mine", 2, own_sets().load("mine"))

    app = AppTest.from_function(view, default_timeout=30).run()
    assert app.button[0].disabled
    app.selectbox[0].set_value("8").run()
    app.button[0].click()
    sets.correct("mine", {0: None})  # by somebody else meanwhile
    app.run()
    assert "changed by somebody else" in app.error[0].value


def test_who_learns_from_a_set_is_told_before_it_is_deleted(sets):
    for name, state, own in (("done", "finished", "mine"), ("later", "paused", "mine"),
                             ("other", "finished", "")):  # fmt: skip
        path = jobs().folder / name
        path.mkdir(parents=True)
        save_recipe(path, Recipe("dense", own=own))
        progress.save_status(path, Status(state))
    jobs().create(Recipe("dense", own="mine"), "planned", start=False)
    app = open_own()
    button(app, "Delete").click().run()
    told = texts(app)
    assert "done: learned from it" in told and "later: not finished" in told
    assert "planned: planned to learn" in told and "other" not in told
    assert not app.exception and "will be gone" in told
    assert "done" not in words(app)
