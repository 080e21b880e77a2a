"""The Sturdiness view: what is measured is drawn, what is not is measured at the press of a button,
and every digit that flips can be seen."""

import re
import shutil

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitcore import figures, robustness
from digitcore.digits import load_mnist
from digitcore.leaderboard import rows
from digitcore.locks import holding
from digitcore.robustness import measuring
from digitcore.robustness.distortions import KINDS, SETTINGS, Setting
from digitcore.runs import WEIGHTS, Ensemble, Run, RunStore, save_ensemble
from tests.test_compare_page import open_view
from tests.test_pages import use_store, words
from tests.workers import until
from ui.compare import robustness as view
from ui.compare.seen import Seen

STORE = RunStore()


@pytest.fixture
def store(runs, monkeypatch, tmp_path):
    """Two measured models and what they say together; what measures there ends with the test."""
    folder = tmp_path / "weights"
    for name in ("tiny", "dense"):
        shutil.copytree(WEIGHTS / name, folder / name)
        (folder / name / measuring.LOCK).unlink(missing_ok=True)
    save_ensemble(folder / "both", Ensemble("both", "Both.", ("tiny", "dense")))
    use_store(monkeypatch, folder)
    yield folder
    for child in measuring._CHILDREN:
        child.kill()
        child.wait()
    measuring._CHILDREN.clear()


def open_sturdiness(**asked) -> AppTest:
    app = open_view("Sturdiness", **asked)
    assert not app.exception
    return app


def button(app: AppTest, key: str):
    return next((button for button in app.button if button.key == key), None)


def charts(app: AppTest) -> list:
    return app.get("plotly_chart")


def seen(*names: str) -> Seen:
    board = {row.name: row for row in rows(STORE)[0]}
    return Seen(
        "test", "10,000 test digits", load_mnist(train=False), np.arange(10_000),
        {name: STORE.answers(name) for name in names}, {name: board[name] for name in names},
        figures.styles_of(names),
    )  # fmt: skip


# --- what is measured


def test_all_shipped_models_are_drawn_and_nothing_is_left_to_measure(runs):
    app = open_sturdiness()
    assert len(charts(app)) == 2
    assert button(app, "sturdiness measure") is None
    assert "2,000 of the 10,000 test digits" in words(app)
    assert "percentage points to either side" in words(app)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_opened_by_the_address(kind, store):
    app = open_sturdiness(distortion=kind)
    assert app.segmented_control(key="distortion").value == kind
    assert app.selectbox(key=f"sturdiness {kind}").value in KINDS[kind].levels
    assert f"Above: the {KINDS[kind].axis}." in words(app)
    levels = sorted([KINDS[kind].clean, *KINDS[kind].levels])
    captions = [image.captions[0] for image in app.get("image")]
    assert captions == ["clean" if at == KINDS[kind].clean else f"{at:g}" for at in levels]


@pytest.mark.parametrize("part", ["validation digits", "noise 0.3"])
def test_the_view_is_the_same_whatever_the_other_views_look_at(part, store):
    app = open_sturdiness(on=part, models=["tiny", "both"])
    assert len(charts(app)) == 2 and not app.error and not app.warning
    assert "Of 2,000 test digits rotated by 30 degrees" in words(app)


def test_an_unknown_kind_in_the_address_is_survived(store):
    assert open_sturdiness(distortion="hammer").segmented_control(key="distortion").value


@pytest.mark.parametrize("name", ["tiny", "both"])
def test_what_is_said_of_a_model_and_a_level_is_what_is_stored(name, store):
    app = open_sturdiness(distortion="blur")
    app.selectbox(key="sturdiness model").set_value(name).run()
    app.selectbox(key="sturdiness blur").set_value(1.5).run()
    assert not app.exception
    setting, runs = Setting("blur", 1.5), RunStore(store)
    after = robustness.answers(runs, name, setting)
    before = robustness.sampled(runs.answers(name))
    flips = robustness.flips(before, after)
    rate = after.accuracy
    said = words(app)
    assert f"{name} reads {after.correct:,} rightly: {rate.value:.2%}" in said
    assert f"({rate.low:.2%} to {rate.high:.2%})" in said
    assert f"it reads {before.correct:,} of them" in said
    sides = app.segmented_control(key=f"flips {name} blur 1.5")
    assert sides.options == [
        f"{len(flips.lost):,} turn wrong", f"{len(flips.gained):,} turn right",
    ]  # fmt: skip
    assert re.search(rf"1 to 24 of {len(flips.lost):,}", said)


def test_the_digits_that_turn_right_can_be_seen_too(store):
    app = open_sturdiness(distortion="noise", models=["dense"])
    app.selectbox(key="sturdiness noise").set_value(0.1).run()
    sides = app.segmented_control(key="flips dense noise 0.1")
    sides.set_value(sides.options[1]).run()
    assert not app.exception


def test_other_digits_are_shown_on_demand(store):
    app = open_sturdiness()
    before = [image.proto.imgs[0].url for image in app.get("image")]
    next(button for button in app.button if button.label == "Other digits").click().run()
    assert not app.exception
    assert not {image.proto.imgs[0].url for image in app.get("image")} & set(before)


# --- what is not measured


def test_models_that_are_not_measured_are_named_and_measured_in_the_background(store):
    (store / "tiny" / robustness.FILE).unlink()
    app = open_sturdiness(models=["tiny", "both"])
    assert "Not measured yet: tiny" in words(app)
    assert "None of the chosen models" in words(app) and not charts(app)
    assert button(app, "sturdiness measure").label == "Measure 1 model"
    button(app, "sturdiness measure").click().run()
    assert not app.exception
    assert button(app, "sturdiness stop") and not button(app, "sturdiness measure")
    until(lambda: not measuring.progress(Run(store / "tiny")).alive)
    app.run()
    assert not app.exception
    assert len(charts(app)) == 2
    assert not button(app, "sturdiness stop") and not button(app, "sturdiness measure")
    assert set(robustness.sturdiness(RunStore(store), "both").rates) == set(SETTINGS)


def test_a_measuring_is_watched_and_can_be_stopped(store):
    (store / "dense" / robustness.FILE).unlink()
    with holding(store / "dense" / measuring.LOCK):  # as by a process that has only begun
        app = open_sturdiness()
        assert "Not measured" not in words(app)
        assert len(charts(app)) == 2  # of the others
        button(app, "sturdiness stop").click().run()
        assert not app.exception
        assert (store / "dense" / measuring.STOP).exists()
    app.run()
    assert "Not measured yet: dense" in words(app)


def test_what_is_half_measured_is_drawn_as_far_as_it_goes(store):
    path = store / "dense"
    codes = robustness.stored(Run(path), ["rotation 10", "rotation 20"])
    robustness.save(path, robustness.fingerprint(path), codes)
    app = open_sturdiness(distortion="rotation", models=["dense"])
    assert app.selectbox(key="sturdiness rotation").options == [
        KINDS["rotation"].words(10), KINDS["rotation"].words(20)
    ]  # fmt: skip
    app.segmented_control(key="distortion").set_value("blur").run()
    assert not app.exception
    assert "dense is not measured under blur yet" in words(app)


@pytest.mark.parametrize(
    ("said", "expected"),
    [('{"state": "measuring", "done": 3}', "dense was interrupted"),
     ('{"state": "stopped", "done": 3}', "dense was stopped"),
     ('{"state": "failed", "message": "The disk is full."}', "The disk is full.")],
)  # fmt: skip
def test_how_it_ended_is_said(store, said, expected):
    (store / "dense" / robustness.FILE).unlink()
    (store / "dense" / measuring.LOCK).write_text(said)
    assert expected in words(open_sturdiness())


def test_a_folder_that_cannot_be_written_is_said(store):
    (store / "dense" / robustness.FILE).unlink()
    (store / "dense" / measuring.LOCK).mkdir()
    app = open_sturdiness()
    button(app, "sturdiness measure").click().run()
    assert not app.exception
    assert "dense: Its folder cannot be written" in words(app)


def flip_one_byte(file):
    """Of what was measured under one setting; all else can be read."""
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    file.write_bytes(whole)


@pytest.mark.parametrize("damage", [flip_one_byte, lambda file: file.write_bytes(b"damaged")])
def test_damaged_results_are_named_and_can_be_measured_again(store, damage):
    damage(store / "dense" / robustness.FILE)
    app = open_sturdiness()
    assert f"dense/{robustness.FILE} cannot be read" in words(app)
    assert button(app, "sturdiness measure") and len(charts(app)) == 2


# --- the report


def test_pieces_hold_the_same_as_the_view():
    found = list(view.pieces(seen("tiny", "trio")))
    assert [piece.heading for piece in found] == [
        "How sturdy they are", *[f"Accuracy under {kind}" for kind in KINDS],
    ]  # fmt: skip
    assert all(piece.figure for piece in found)
    assert "2,000" in found[0].words and "Highest mean accuracy: shift" in found[0].words
    rotation = found[2].table
    assert list(rotation) == ["Model", "clean", "10", "20", "30", "45", "60"]
    rate = robustness.answers(STORE, "trio", SETTINGS["rotation 30"]).accuracy
    assert rotation["30"][1] == f"{rate.value:.2%} ({rate.low:.2%} to {rate.high:.2%})"


def test_pieces_of_what_is_not_measured_say_so(store):
    (store / "tiny" / robustness.FILE).unlink()
    whole = seen("tiny", "dense")
    (first, *_) = view.pieces(whole)
    assert "Not measured yet: tiny." in first.words
    (only,) = view.pieces(whole.only(["tiny"]))
    assert only.words == "Not measured yet: tiny." and only.figure is None
