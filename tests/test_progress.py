"""What a run's folder tells: read back as it was written, and with words where it is damaged."""

import json
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from digitcore import progress, wishes
from digitcore.folder import RunDamaged
from digitcore.progress import Changes, Glimpse, Status
from digitcore.recipes import Recipe

RECIPE = Recipe("dense", epochs=5)
RNG = np.random.default_rng(0)
GLIMPSE = Glimpse(RNG.random((24, 10)), RNG.random((32, 5, 5)))
CHECKPOINT = {"epoch": 2, "best": {"weight": torch.arange(6.0).reshape(2, 3)}, "average": None}
HISTORY = [{"epoch": 1, "train_loss": 0.5}, {"epoch": 2, "train_loss": 0.25}]
ROWS = [(1, 5, 5 / 63, 2.3025851, 1e-05), (1, 63, 1.0, 1 / 3, 0.001), (2, 1, 64 / 63, 0.1, 1e-7)]


def all_written(path):
    """Every file of which there is a reader."""
    progress.save_status(path, Status("training", 2, 5, 10, 63, threads=2))
    progress.save_changes(path, Changes({10: 0.5}, {2: 7}))
    progress.begin_batches(path, 0, 0)
    progress.append_batches(path, ROWS)
    progress.save_glimpse(path, 1, GLIMPSE)
    progress.save_checkpoint(path, RECIPE, CHECKPOINT, HISTORY)
    progress.save_teachers(path, {"tiny": "0123456789abcdef"})


READERS = {
    progress.STATUS: progress.read_status,
    progress.CHANGES: progress.read_changes,
    progress.TEACHERS: progress.read_teachers,
    progress.BATCHES: progress.read_batches,
    progress.CHECKPOINT: lambda path: progress.load_checkpoint(path, RECIPE),
    "epochs/0001.npz": lambda path: progress.read_glimpse(path, 1),
}


# --- read back as written


@pytest.mark.parametrize("state", progress.AT_WORK + progress.ENDED)
def test_status_comes_back_as_it_was(tmp_path, state):
    status = Status(state, 3, 10, 7, 63, 1234.0, 5.5, None, "wörds", 2)
    progress.save_status(tmp_path, status)
    assert progress.read_status(tmp_path) == status


def test_no_files_is_a_run_that_has_not_begun(tmp_path):
    assert progress.read_status(tmp_path) is None
    assert progress.read_changes(tmp_path) == Changes()
    assert progress.read_batches(tmp_path).empty
    assert tuple(progress.read_batches(tmp_path)) == progress.BATCH_COLUMNS
    assert progress.load_checkpoint(tmp_path, RECIPE) == (None, [])
    assert progress.glimpses(tmp_path) == []
    assert wishes.asked(tmp_path) is wishes.take_rate(tmp_path) is None
    assert progress.read_note(tmp_path) == ""


def test_a_state_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="dancing"):
        Status("dancing")


@given(
    st.integers(0, 20), st.integers(0, 20), st.integers(0, 63), st.integers(0, 63)
)  # fmt: skip
def test_share_lies_between_none_and_all(epoch, epochs, batch, batches):
    assert 0 <= Status("training", epoch, epochs, batch, batches).share <= 1


def test_share_counts_epochs_and_batches():
    assert Status("training", 1, 4, 5, 10).share == pytest.approx(1.5 / 4)
    assert Status("finished", 4, 4, 0, 10).share == 1


@given(
    st.dictionaries(st.integers(0, 10**6), st.floats(1e-6, 1e6), max_size=5),
    st.dictionaries(st.integers(0, 1000), st.integers(1, 1000), max_size=5),
)
def test_changes_come_back_as_they_were(tmp_path, rates, epochs):
    progress.save_changes(tmp_path, Changes(rates, epochs))
    assert progress.read_changes(tmp_path) == Changes(rates, epochs)


def test_the_last_change_of_the_epochs_counts():
    assert Changes().applied(RECIPE) == RECIPE
    assert Changes(epochs={5: 8, 8: 20}).applied(RECIPE) == replace(RECIPE, epochs=20)


def test_a_checkpoint_comes_back_as_it_was_and_only_for_its_recipe(tmp_path):
    progress.save_checkpoint(tmp_path, RECIPE, CHECKPOINT, HISTORY)
    checkpoint, history = progress.load_checkpoint(tmp_path, RECIPE)
    assert history == HISTORY
    assert checkpoint is not None
    assert checkpoint["epoch"] == 2
    assert torch.equal(checkpoint["best"]["weight"], CHECKPOINT["best"]["weight"])
    with pytest.raises(RunDamaged, match="another recipe"):
        progress.load_checkpoint(tmp_path, replace(RECIPE, seed=1))


def test_a_checkpoint_of_a_gpu_is_read_where_there_is_none(tmp_path, monkeypatch):
    checkpoint = {"epoch": 3, "best": {"w": torch.arange(5.0)}}
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        progress.save_checkpoint(tmp_path, RECIPE, checkpoint, [])
    read, _ = progress.load_checkpoint(tmp_path, RECIPE)
    assert read["best"]["w"].equal(torch.arange(5.0))
    assert read["best"]["w"].device.type == "cpu"


def test_a_glimpse_comes_back_in_half_precision_and_glimpses_in_order(tmp_path):
    for epoch in (12, 0, 3):
        progress.save_glimpse(tmp_path, epoch, GLIMPSE)
    assert progress.glimpses(tmp_path) == [0, 3, 12]
    back = progress.read_glimpse(tmp_path, 3)
    assert back.probs == pytest.approx(GLIMPSE.probs, abs=1e-3)
    assert back.filters == pytest.approx(GLIMPSE.filters, abs=1e-3)
    with pytest.raises(RunDamaged, match=r"0007.npz is missing"):
        progress.read_glimpse(tmp_path, 7)


# --- batches.csv


def test_batches_come_back_to_seven_digits(tmp_path):
    all_written(tmp_path)
    rows = progress.read_batches(tmp_path)
    assert rows.to_numpy().tolist() == pytest.approx(np.array(ROWS), rel=1e-6)


@given(st.lists(st.tuples(
    st.integers(1, 9), st.integers(1, 99), st.floats(0, 9), st.floats(1e-9, 1e9),
    st.floats(1e-9, 10.0),
)))  # fmt: skip
def test_what_is_kept_of_the_batches_is_kept_to_the_byte(tmp_path, rows):
    (tmp_path / progress.BATCHES).unlink(missing_ok=True)
    progress.begin_batches(tmp_path, 0, 0)
    progress.append_batches(tmp_path, rows)
    before = (tmp_path / progress.BATCHES).read_bytes()
    progress.begin_batches(tmp_path, 9, 99)
    assert (tmp_path / progress.BATCHES).read_bytes() == before


@pytest.mark.parametrize(
    ("epoch", "batch", "kept"),
    [(0, 0, 0), (0, 4, 0), (0, 5, 1), (0, 62, 1), (1, 0, 2), (1, 1, 3), (5, 0, 3)],
)
def test_what_is_trained_again_is_taken_out_of_the_batches(tmp_path, epoch, batch, kept):
    all_written(tmp_path)
    progress.begin_batches(tmp_path, epoch, batch)
    assert progress.read_batches(tmp_path).batch.tolist() == [row[1] for row in ROWS][:kept]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_row_that_is_just_being_written_is_left_out_or_whole(tmp_path, cut):
    all_written(tmp_path)
    file = tmp_path / progress.BATCHES
    file.write_text("\n".join([file.read_text().rstrip("\n"), "2,9,1.142857,0.05,0.001"[:cut]]))
    assert progress.read_batches(tmp_path).batch.tolist() == [5, 63, 1]


def test_a_damaged_curve_begins_anew(tmp_path):
    (tmp_path / progress.BATCHES).write_bytes(bytes(range(256)))
    with pytest.raises(RunDamaged):
        progress.read_batches(tmp_path)
    progress.begin_batches(tmp_path, 1, 0)
    assert progress.read_batches(tmp_path).empty


# --- damage


@pytest.mark.parametrize("part", READERS)
@given(data=st.data())
def test_whatever_stands_in_a_file_it_is_read_or_called_damaged(tmp_path, part, data):
    all_written(tmp_path)
    whole = bytearray((tmp_path / part).read_bytes())
    changes = st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255))
    for place, value in data.draw(st.lists(changes, max_size=20)):
        whole[place] = value
    (tmp_path / part).write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with suppress(RunDamaged):
        READERS[part](tmp_path)


@pytest.mark.parametrize("part", READERS)
@given(content=st.binary(max_size=300))
def test_any_bytes_at_all_are_read_or_called_damaged(tmp_path, part, content):
    (tmp_path / part).parent.mkdir(exist_ok=True)
    (tmp_path / part).write_bytes(content)
    with suppress(RunDamaged):
        READERS[part](tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values=JSON | st.fixed_dictionaries({"rates": JSON, "epochs": JSON}))
@pytest.mark.parametrize("part", [progress.STATUS, progress.CHANGES])
def test_any_json_at_all_is_read_or_called_damaged(tmp_path, part, values):
    (tmp_path / part).write_text(json.dumps(values))
    with suppress(RunDamaged):
        READERS[part](tmp_path)


@pytest.mark.parametrize(
    "values",
    [{"epoch": -5}, {"batch": 0.5}, {"seconds": 10**400}, {"images_per_second": float("nan")},
     {"seconds_left": float("inf")}, {"seconds": -1}, {"message": 7}, {"state": "dancing"}],
)  # fmt: skip
def test_a_status_that_makes_no_sense_is_damaged(tmp_path, values):
    status = {"state": "training", "epochs": 5} | values
    (tmp_path / progress.STATUS).write_text(json.dumps(status))
    with pytest.raises(RunDamaged, match=progress.STATUS):
        progress.read_status(tmp_path)


@pytest.mark.parametrize("rate", ["NaN", "Infinity", "0", "-1", '"fast"'])
def test_a_changed_rate_that_is_none_is_damaged(tmp_path, rate):
    (tmp_path / progress.CHANGES).write_text(f'{{"rates": {{"3": {rate}}}, "epochs": {{}}}}')
    with pytest.raises(RunDamaged, match=progress.CHANGES):
        progress.read_changes(tmp_path)


@pytest.mark.parametrize(
    "glimpse",
    [replace(GLIMPSE, probs=GLIMPSE.probs[:5]), replace(GLIMPSE, probs=GLIMPSE.probs[:, :9]),
     replace(GLIMPSE, filters=GLIMPSE.filters[:0]), replace(GLIMPSE, filters=GLIMPSE.filters[0])],
)  # fmt: skip
def test_a_glimpse_that_cannot_be_shown_is_damaged(tmp_path, glimpse):
    progress.save_glimpse(tmp_path, 2, glimpse)
    with pytest.raises(RunDamaged, match=r"0002\.npz"):
        progress.read_glimpse(tmp_path, 2)


# --- wishes, rates and notes


@pytest.mark.parametrize("what", wishes.WISHES)
def test_a_wish_stands_until_it_is_forgotten(tmp_path, what):
    wishes.ask(tmp_path, what)
    assert wishes.asked(tmp_path) == wishes.asked(tmp_path) == what
    wishes.forget(tmp_path)
    wishes.forget(tmp_path)
    assert wishes.asked(tmp_path) is None


def test_only_what_a_worker_can_do_is_wished(tmp_path):
    with pytest.raises(ValueError, match="dance"):
        wishes.ask(tmp_path, "dance")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"wish": "dance"}', '{"wish": []}', "null"])
def test_a_garbled_wish_is_none(tmp_path, content):
    (tmp_path / wishes.WISH).write_text(content)
    assert wishes.asked(tmp_path) is None


def test_a_rate_is_taken_once_and_the_newest_counts(tmp_path):
    wishes.ask_rate(tmp_path, 0.1)
    wishes.ask_rate(tmp_path, 0.01)
    assert wishes.take_rate(tmp_path) == 0.01
    assert wishes.take_rate(tmp_path) is None


@pytest.mark.parametrize("content", [
    "", "{", "[]", "NaN", '{"learning_rate": "x"}', '{"learning_rate": NaN}',
    '{"learning_rate": -1}',
])  # fmt: skip
def test_a_garbled_rate_is_none(tmp_path, content):
    (tmp_path / wishes.RATE).write_text(content)
    assert wishes.take_rate(tmp_path) is None


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=3000))
def test_a_note_is_kept_up_to_its_length(tmp_path, text):
    progress.save_note(tmp_path, text)
    assert progress.read_note(tmp_path) == text[: progress.NOTE_LENGTH]


def test_nothing_is_left_beside_the_files(tmp_path):
    all_written(tmp_path)
    assert not list(tmp_path.rglob("*.tmp"))
    assert isinstance(progress.read_batches(tmp_path), pd.DataFrame)
