"""Locks: one holder at a time, known to all, and gone with its process however that ends."""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from digitcore.locks import Locked, holding, is_held

HOLDER = """
import sys
from pathlib import Path
from digitcore.locks import holding
with holding(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def holder(tmp_path):
    """Another process, which holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_where_it_cannot_be_asked_nobody_is_said_to_be_free(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    with holding(tmp_path / "lock"):
        monkeypatch.setattr(os, "open", full)
        with pytest.raises(OSError, match="Too many"):
            is_held(tmp_path / "lock")


def test_a_lock_is_held_as_long_as_it_is_needed(tmp_path):
    file = tmp_path / "lock"
    assert not is_held(file)
    with holding(file):
        assert is_held(file)
        assert is_held(file)  # to ask changes nothing
    assert not is_held(file)


def test_a_lock_is_let_go_where_its_work_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), holding(tmp_path / "lock"):
        raise ZeroDivisionError
    assert not is_held(tmp_path / "lock")


def test_a_second_holder_is_refused_in_one_process_and_between_two(tmp_path, holder):
    for file in (tmp_path / "lock", tmp_path / "own"):
        with (
            holding(tmp_path / "own"),
            pytest.raises(Locked, match="in use"),
            holding(file, wait=0),
        ):
            pytest.fail("two hold one lock")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_goes_with_its_process_however_that_ends(tmp_path, holder, number):
    assert is_held(tmp_path / "lock")
    holder.send_signal(number)
    holder.wait()
    assert not is_held(tmp_path / "lock")
    with holding(tmp_path / "lock", wait=0):
        pass


def test_who_waits_gets_the_lock_when_it_is_let_go(tmp_path, holder):
    assert holder.stdin
    holder.stdin.close()  # the holder ends
    with holding(tmp_path / "lock", wait=60):
        assert holder.wait() == 0


def test_a_child_that_is_given_the_lock_holds_it_on(tmp_path):
    file = tmp_path / "lock"
    with holding(file) as lock:
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[lock]
        )
    with child:
        assert is_held(file)
        child.kill()
    assert not is_held(file)


def test_those_who_only_ask_keep_nobody_out(tmp_path):
    file, enough = tmp_path / "lock", threading.Event()
    seen = []

    def ask() -> None:
        while not enough.is_set():
            seen.append(is_held(file))

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for _ in range(50):
        with holding(file):
            pass
    enough.set()
    for asker in askers:
        asker.join()
    assert seen


def test_no_lock_is_no_fault(tmp_path):
    assert not is_held(tmp_path / "gone" / "lock")
    (tmp_path / "folder").mkdir()
    assert not is_held(tmp_path / "folder")
    with pytest.raises(OSError), holding(tmp_path / "folder"):
        pass
    before = len(os.listdir("/proc/self/fd"))
    is_held(tmp_path / "folder")
    assert len(os.listdir("/proc/self/fd")) == before
