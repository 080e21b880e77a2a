"""Your own digits on the Explore page: sent, checked, kept, listed, taken away and deleted."""

import errno
import os
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitcore.digits import load_mnist
from digitcore.own import store
from digitcore.own.checking import Checking
from digitcore.own.csvs import write_csv
from digitcore.own.examples import example_zip
from digitcore.own.files import Upload
from digitcore.own.store import About, OwnSets, own_sets
from tests.test_own_files import ODD, read, zipped
from tests.test_pages import words
from ui.explore import uploaded
from ui.explore.uploaded import suggested

FILES = "own files 0"


@pytest.fixture
def sets(runs, monkeypatch) -> OwnSets:
    monkeypatch.setattr(uploaded, "PATIENCE", 30.0)  # AppTest does not wait for a bar to move
    return own_sets()


@pytest.fixture
def some():
    return load_mnist(train=True).take(range(30), "some")


def view() -> None:
    """The view by itself, which needs no catalogue."""
    from ui.explore import own
    from ui.words import in_words

    with in_words():
        own.show()


def open_own() -> AppTest:
    app = AppTest.from_function(view, default_timeout=60).run()
    assert not app.exception
    return app


def open_page() -> AppTest:
    app = AppTest.from_file("../Home.py", default_timeout=60)
    app.query_params["side"] = "Your own"
    app.run()
    return app.switch_page("pages/dataset.py").run()


def send(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader(key=FILES).set_value([(*file, "application/octet-stream") for file in files])
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in app.text)


def test_with_no_set_the_view_says_what_to_do(sets):
    app = open_own()
    assert not app.exception
    assert "There is none yet" in words(app)
    assert {"An example ZIP, 20 digits", "An example CSV, 10 digits"} <= {
        button.label for button in app.get("download_button")
    }


def test_files_are_checked_seen_and_kept_and_then_explored(sets, some):
    spoilt = zipped({f"3/{ODD}": b"words"})
    app = send(open_page(), ("my table!.csv", write_csv(some)), ("z.zip", spoilt))
    assert sets.names() == []
    assert "**30 digits can be kept**" in words(app)
    assert f"z.zip: 3/{ODD}: This is not a picture" in texts(app)
    assert ODD not in words(app)
    assert app.text_input(key="own name").value == "my-table"
    button(app, "Keep").click().run()
    assert not app.exception
    assert np.array_equal(sets.load("my-table").images.numpy(), some.images.numpy())
    assert sets.about("my-table").origin == "CSV"
    assert sets.about("my-table").left_out[0].startswith("z.zip: 3/")
    assert app.session_state["set"] == "my-table"
    assert app.session_state["side"] == "At a glance"
    assert "my-table is kept" in app.toast[0].value
    app.segmented_control(key="side").set_value("Your own").run()
    assert "can be kept" not in words(app)
    assert app.file_uploader[0].key != FILES
    app.selectbox(key="set").set_value("MNIST").run()
    button(app, "Explore").click().run()
    assert not app.exception
    assert app.session_state["set"] == "my-table"
    assert app.session_state["side"] == "At a glance"


@pytest.mark.parametrize("data", [b"", b"words", zipped({"../1/a.png": b""})])
def test_what_cannot_be_read_is_told_as_text_and_nothing_is_offered(data, sets):
    app = send(open_own(), (f"1{ODD}", data))
    assert "cannot be kept" in words(app)
    assert texts(app)
    assert "Keep" not in [button.label for button in app.button]
    button(app, "Forget these files").click().run()
    assert not texts(app)


def test_a_name_that_is_taken_is_refused_and_loses_nothing(sets, some):
    sets.save("mine", some.images.numpy(), some.labels.numpy(), About("CSV"))
    app = send(open_own(), ("mine.csv", write_csv(some)))
    button(app, "Keep").click().run()
    assert "There is a set or a folder called mine already" in texts(app)
    app.text_input(key="own name").input("other")
    button(app, "Keep").click().run()
    assert sets.names() == ["mine", "other"]


def test_a_full_disk_is_told_in_words_and_loses_nothing(sets, some, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    app = send(open_own(), ("mine.csv", write_csv(some)))
    with monkeypatch.context() as patch:
        patch.setattr(store, "_compress", full)
        button(app, "Keep").click().run()
    assert "No space left on device" in words(app)
    assert not app.exception
    button(app, "Keep").click().run()
    assert sets.names() == ["mine"]


def test_a_set_is_listed_and_deleted_when_confirmed(sets, some):
    sets.save("mine", some.images.numpy(), some.labels.numpy(), About("CSV", (f"{ODD}: bad",)))
    app = open_own()
    row = app.dataframe[0].value.iloc[0]
    assert (row["Set"], row["Digits"], row["From"]) == ("mine", 30, "CSV")
    assert f"{ODD}: bad" in texts(app)
    button(app, "Delete").click().run()
    assert "30 digits will be gone" in texts(app)
    assert sets.names() == ["mine"]
    app.button(key="delete for good").click().run()
    assert sets.names() == []
    assert not app.exception


@pytest.mark.parametrize("file", [store.DIGITS, store.ABOUT])
def test_a_damaged_set_is_named_and_can_be_deleted(sets, some, file):
    sets.save("mine", some.images.numpy(), some.labels.numpy(), About("CSV"))
    (sets.folder / "mine" / file).write_bytes(b"damaged")
    app = open_own()
    assert not app.exception
    assert app.dataframe[0].value.iloc[0]["Classes"] == "cannot be read"
    button(app, "Delete").click().run()
    app.button(key="delete for good").click().run()
    assert sets.names() == []


def test_a_set_that_somebody_deleted_meanwhile_is_told_in_words(sets):
    def ask():
        from digitcore.own.store import own_sets
        from ui.words import in_words

        with in_words():
            own_sets().load("gone")

    app = AppTest.from_function(ask).run()
    assert "The set gone is not there" in app.warning[0].value


def test_a_check_tells_how_far_it_is_and_can_be_stopped(some):
    members = {f"{place % 10}/{place}.png": b"no picture" for place in range(5000)}
    checking = Checking([Upload("a.zip", zipped(members))])
    until = time.monotonic() + 20
    while not checking.done and time.monotonic() < until:
        time.sleep(0.01)
    checking.stop()
    assert checking.ended(20)
    assert 0 < checking.done < checking.total == 5000
    assert checking.found is None
    assert not checking.refused


def test_a_check_that_ended_has_its_warnings():
    checking = Checking([Upload("a.zip", example_zip(load_mnist(train=False)))])
    assert checking.ended(20)
    assert len(checking.found.labels) == 20
    assert "test digits, pixel for pixel" in checking.warnings[0]


def test_a_check_says_what_models_have_learned_already():
    checking = Checking([Upload("a.zip", example_zip(load_mnist(train=True)))])
    assert checking.ended(20)
    assert "20 of the 20 are MNIST's own training digits" in checking.warnings[0]


def test_what_is_offered_as_a_file_can_be_sent_again(some):
    assert np.array_equal(read(write_csv(some)).images, some.images.numpy())


@pytest.mark.parametrize(
    ("name", "better"),
    [("a.zip", "a"), ("../x y.csv", "x-y"), (ODD, "x-b"), ("", "mine"), ("é.csv", "mine"),
     ("x" * 80, "x" * 64), ("MNIST.npz", "MNIST-digits"), ("test.csv", "test-digits")],
)  # fmt: skip
def test_a_name_is_suggested_by_the_file(name, better):
    assert suggested(name) == better
