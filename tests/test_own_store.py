"""Own sets on the disk: whole or not at all, one to a name, and words where they are damaged."""

import errno
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitcore.digits import DataDamaged
from digitcore.own import store
from digitcore.own.store import ABOUT, DIGITS, MOST, About, NoSuchSet, OwnSets, Refused

IMAGES = np.arange(3 * 784, dtype=np.uint64).astype(np.uint8).reshape(3, 28, 28)
LABELS = np.array([9, 0, 3])
WORDS = About("CSV", ("line 3: **x** <b>", "line 4: \N{SNOWMAN}"))


@pytest.fixture
def sets(tmp_path) -> OwnSets:
    return OwnSets(tmp_path / "own")


def keep(sets: OwnSets, name: str = "mine") -> None:
    sets.save(name, IMAGES, LABELS, WORDS)


@given(st.data())
def test_what_is_kept_comes_back(tmp_path, data):
    count = data.draw(st.integers(1, 4))
    images = data.draw(arrays(np.uint8, (count, 28, 28)))
    labels = data.draw(arrays(np.int64, count, elements=st.integers(0, 9)))
    about = About(data.draw(st.text()), tuple(data.draw(st.lists(st.text(), max_size=3))))
    sets = OwnSets(tmp_path / str(time.monotonic_ns()))
    sets.save("mine", images, labels, about)
    back = sets.load("mine")
    assert back.name == "mine"
    assert np.array_equal(back.images.numpy(), images)
    assert np.array_equal(back.labels.numpy(), labels)
    assert sets.about("mine") == about
    assert sets.names() == ["mine"]


@pytest.mark.parametrize(
    "name", ["", "../mine", "a/b", ".mine", "a b", "x" * 65, "MNIST", "test", "é"]
)
def test_a_name_that_is_none_is_refused(sets, name):
    with pytest.raises(Refused):
        keep(sets, name)
    assert not sets.folder.exists() or not list(sets.folder.iterdir())


def test_a_name_is_given_once_whatever_its_case(sets):
    keep(sets)
    with pytest.raises(Refused, match="called mine already"):
        keep(sets, "MINE")


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES[:0], LABELS[:0]), (np.broadcast_to(IMAGES[:1], (MOST + 1, 28, 28)), LABELS),
        (IMAGES.astype(float), LABELS), (IMAGES[:, :27], LABELS), (IMAGES, LABELS[:2]),
        (IMAGES, LABELS + 1), (IMAGES, LABELS - 1), (IMAGES, LABELS / 2),
    ],
)  # fmt: skip
def test_what_is_no_set_of_digits_is_not_kept(sets, images, labels):
    with pytest.raises(ValueError):
        sets.save("mine", images, labels, WORDS)
    assert sets.names() == []


def test_of_many_that_want_a_name_at_once_one_gets_it_whole(sets):
    def attempt(number: int) -> int | None:
        images = np.full((20, 28, 28), number, np.uint8)
        try:
            sets.save("mine", images, np.full(20, number), About(str(number)))
        except Refused:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(attempt, range(8)) if number is not None]
    assert len(winners) == 1
    assert sets.about("mine").origin == str(winners[0])
    assert set(sets.load("mine").labels.tolist()) == set(sets.load("mine").images.unique().tolist())
    assert [path.name for path in sets.folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("when", ["digits", "about", "rename"])
def test_a_full_disk_leaves_nothing_and_the_name_free(sets, monkeypatch, when):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        where = {"digits": (store, "_compress"), "about": (store, "write_text"),
                 "rename": (Path, "rename")}  # fmt: skip
        patch.setattr(*where[when], full)
        with pytest.raises(OSError, match="No space"):
            keep(sets)
    assert list(sets.folder.iterdir()) == []
    keep(sets)
    assert sets.names() == ["mine"]


def test_what_a_killed_server_left_is_no_set_and_its_name_can_be_used(sets):
    ruin, stage = sets.folder / "mine", sets.folder / ".new-0123"
    for left in (ruin, stage):
        left.mkdir(parents=True)
        (left / DIGITS).write_bytes(b"half")
    (stage / ABOUT).write_text("{}")
    assert sets.names() == []
    for ask in (sets.load, sets.about, sets.delete):
        with pytest.raises(NoSuchSet):
            ask("mine")
    os.utime(stage, (0, 0))
    keep(sets)
    assert len(sets.load("mine")) == 3
    assert not stage.exists()


def test_a_folder_with_somebodys_own_files_is_not_cleared_away(sets):
    photo = sets.folder / "photos" / "IMG.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"a photo")
    with pytest.raises(Refused, match="called photos already"):
        sets.save("photos", IMAGES[:1], LABELS[:1], About("a file"))
    assert photo.read_bytes() == b"a photo"
    assert [path.name for path in sets.folder.iterdir()] == ["photos"]


def test_a_set_that_is_deleted_while_it_is_read_is_gone_and_not_damaged(sets, monkeypatch):
    keep(sets)

    def late(name: str, file: Path):
        sets.delete(name)
        raise FileNotFoundError(file)

    monkeypatch.setattr(store, "_load", late)
    with pytest.raises(NoSuchSet):
        sets.load("mine")


def test_a_set_that_comes_while_a_ruin_is_cleared_stays(sets, monkeypatch):
    """Another server's save is through just after this one has seen that there is no set."""
    ruin = sets.folder / "mine"
    ruin.mkdir(parents=True)
    looked = sets._aside

    def meanwhile(kind: str) -> Path:
        if kind == store.GONE and not (ruin / ABOUT).exists():
            ruin.rmdir()
            OwnSets(sets.folder).save("mine", IMAGES[:1], LABELS[:1], About("the other"))
        return looked(kind)

    with monkeypatch.context() as patch:
        patch.setattr(OwnSets, "_aside", lambda self, kind: (
            meanwhile(kind) if self is sets else looked(kind)
        ))  # fmt: skip
        with pytest.raises(Refused, match="called mine already"):
            keep(sets)
    assert sets.about("mine").origin == "the other"
    assert [path.name for path in sets.folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half", None])
def test_damaged_digits_are_told_in_words_and_can_be_deleted(sets, damage):
    keep(sets)
    file = sets.folder / "mine" / DIGITS
    file.unlink() if damage is None else file.write_bytes(damage)
    with pytest.raises(DataDamaged, match=r"own/mine/digits\.npz"):
        sets.load("mine")
    sets.delete("mine")
    assert sets.names() == []


def test_digits_that_are_others_than_a_set_has_are_damage(sets):
    keep(sets)
    for other in ({"images": IMAGES}, {"images": IMAGES, "labels": LABELS + 9},
                  {"images": np.array([{}]), "labels": LABELS}):  # fmt: skip
        np.savez(sets.folder / "mine" / DIGITS, **other)
        with pytest.raises(DataDamaged):
            sets.load("mine")


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"origin": 1, "left_out": 2})])
def test_damaged_words_are_told_in_words(sets, text):
    keep(sets)
    (sets.folder / "mine" / ABOUT).write_text(text)
    with pytest.raises(DataDamaged, match=r"about\.json"):
        sets.about("mine")


def test_a_deleted_set_is_gone_for_all_and_its_name_free(sets):
    keep(sets)
    sets.delete("mine")
    assert sets.names() == []
    assert list(sets.folder.iterdir()) == []
    for ask in (sets.load, sets.about, sets.delete):
        with pytest.raises(NoSuchSet, match="mine is not there"):
            ask("mine")
    keep(sets)


def test_the_stamp_changes_when_a_set_is_kept_anew(sets):
    keep(sets)
    before = sets.stamp("mine")
    assert sets.stamp("mine") == before
    sets.delete("mine")
    sets.save("mine", IMAGES[:2], LABELS[:2], WORDS)
    assert sets.stamp("mine") != before


def test_a_path_for_a_name_reaches_no_other_folder(sets, tmp_path):
    OwnSets(tmp_path).save("other", IMAGES, LABELS, WORDS)
    for name in ("../other", str(tmp_path / "other"), ".", ""):
        with pytest.raises(NoSuchSet):
            sets.load(name)
        with pytest.raises(NoSuchSet):
            sets.delete(name)
    assert OwnSets(tmp_path).names() == ["other"]
