"""A photo of a sheet on the Explore page: given, cut, labelled and kept, or refused in words."""

import pytest
from streamlit.testing.v1 import AppTest

from digitcore.own import sheet
from digitcore.own.store import OwnSets
from tests.test_ink import BAD_FILES, PNG
from tests.test_pages import words

pytestmark = pytest.mark.usefixtures("runs")


def open_sheet() -> AppTest:
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params["side"] = "Your own"
    app.query_params["from"] = "A photo of a sheet"
    app.run()
    return app.switch_page("pages/dataset.py").run()


def give(app: AppTest, data: bytes, name: str = "sheet.jpg") -> AppTest:
    return app.file_uploader[0].set_value((name, data, "image/jpeg")).run()


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label.startswith(label)]
    return button.click().run()


def say(app: AppTest, scheme: str) -> AppTest:
    app.radio(key="sheet scheme").set_value(scheme).run()
    return press(app, "Fill in")


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in app.text)


@pytest.fixture(scope="module")
def photo() -> bytes:
    return sheet.example()


def test_a_photo_is_cut_labelled_and_kept_and_what_was_done_outlasts_other_pages(photo, tmp_path):
    app = give(open_sheet(), photo)
    assert not app.exception and "40 digits found" in words(app)
    assert "No digit has a label yet" in words(app)
    app.text_area(key="sheet text").set_value("0123").run()
    press(app, "Fill in")
    assert "You typed 4, fewer than the 40" in words(app)
    app.text_area(key="sheet text").set_value(" ".join(["0123456789"] * 3) + "012345678-").run()
    press(app, "Fill in")
    assert texts(app).startswith("39 to keep: 4 x 0") and "1 without a label" in texts(app)
    app.switch_page("pages/welcome.py").run()
    app.switch_page("pages/dataset.py").run()
    assert texts(app).startswith("39 to keep")
    app.text_input(key="sheet name").set_value("../my sheet")
    press(app, "Keep 39")
    assert "A name has up to 64 letters" in texts(app)
    app.text_input(key="sheet name").set_value("mine")
    press(app, "Keep 39")
    assert not app.exception
    kept = OwnSets(tmp_path / "own").load("mine")
    assert kept.labels.tolist() == ([*range(10)] * 4)[:39]
    assert OwnSets(tmp_path / "own").about("mine").left_out == ("1 x no label",)


def test_a_row_of_each_digit_a_guess_and_its_confirmation(photo):
    app = give(open_sheet(), photo)
    say(app, "Each row is one digit, from 0 down")
    assert texts(app).startswith("40 to keep: 10 x 0, 10 x 1, 10 x 2, 10 x 3.")
    say(app, "Let a network guess, and I correct it")
    assert "40 of the 40 labels are guesses" in words(app)
    press(app, "I have looked")
    assert "are guesses" not in words(app) and texts(app).startswith("40 to keep: ")


def test_a_cut_is_mended(photo):
    app = give(open_sheet(), photo)
    app.number_input(key="sheet other").set_value(2).run()
    press(app, "Join the two")
    assert "39 digits found" in words(app)
    press(app, "Cut the first in two")
    assert not app.exception and "40 digits found" in words(app)


def test_the_example_is_there_to_try_and_can_be_forgotten():
    app = open_sheet()
    app.segmented_control(key="sheet way").set_value("Example").run()
    press(app, "Take the example")
    assert "40 digits found" in words(app)
    press(app, "Forget")
    assert not app.exception and "digits found" not in words(app)


def test_files_that_are_no_sheet_are_told_in_words():
    app = open_sheet()
    for name in ("text", "cut JPEG", "bomb", "nothing"):
        give(app, BAD_FILES[name], "photo.png")
        assert not app.exception
        assert len(app.error) == 1 and app.error[0].value.endswith(".")
    give(app, PNG)
    assert not app.error and "1 digit found" in words(app)
