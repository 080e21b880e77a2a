"""Measuring in the background: real processes, signals, locks and disks; nothing is lost, nothing
is measured twice."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from tqdm import tqdm

from digitcore import robustness
from digitcore.folder import dump
from digitcore.jobs import DELETED, Jobs
from digitcore.locks import holding, is_held
from digitcore.robustness import measuring
from digitcore.robustness.distortions import SETTINGS
from digitcore.robustness.measuring import LOCK, STOP, Progress, estimate, progress, start, stop
from digitcore.robustness.measuring.__main__ import NICE, work
from digitcore.runs import PREDICTIONS, STATE, WEIGHTS, Run
from tests.workers import until

ROOT = Path(__file__).resolve().parent.parent
ALL = len(SETTINGS)
SOME = list(SETTINGS)[:30]


@pytest.fixture
def folder(tmp_path):
    """A folder of runs; what measures there ends with the test."""
    yield tmp_path
    end()


@pytest.fixture
def run(folder) -> Run:
    """A shipped model that is not measured yet, in a folder of runs."""
    return fresh(folder, "mine")


def fresh(folder: Path, name: str, *settings: str, model: str = "tiny") -> Run:
    """A shipped model under another name, measured under these settings only."""
    shutil.copytree(WEIGHTS / model, folder / name)
    (folder / name / LOCK).unlink(missing_ok=True)
    path, codes = folder / name, robustness.stored(Run(WEIGHTS / model), settings)
    (path / robustness.FILE).unlink()
    if settings:
        robustness.save(path, robustness.fingerprint(path), codes)
    return Run(path)


def end() -> None:
    for child in measuring._CHILDREN:
        child.kill()
        child.wait()
    measuring._CHILDREN.clear()


def by_hand(*paths: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "digitcore.robustness.measuring", *map(str, paths)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def work_here(run: Run, bar: tqdm | None = None) -> Progress:
    with holding(run.path / LOCK) as lock:
        return work(run.path, lock, bar if bar is not None else tqdm(disable=True))


class At(tqdm):
    """A bar that does something when so many settings are done."""

    def __init__(self, count: int, what) -> None:
        super().__init__(disable=True)
        self.count, self.what = count, what

    def update(self, n: float | None = 1) -> None:
        self.n += n or 0
        if self.n == self.count:
            self.what()


@contextmanager
def no_larger_files(size: int):
    """As on a full disk: no file may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


# --- from start to end


def test_a_run_is_measured_in_the_background_and_says_how_far_it_is(run):
    assert progress(run) == Progress("not measured")
    assert estimate(run) == pytest.approx(ALL * 2000 * run.result.milliseconds / 1000)
    assert start([run.path]) == []
    (child,) = measuring._CHILDREN
    assert progress(run).state in ("waiting", "measuring")
    until(lambda: progress(run).seconds_left)
    now = progress(run)
    assert now.state == "measuring" and now.alive and 0 < now.share < 1
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == NICE
    assert child.wait() == 0
    assert progress(run) == Progress("measured", ALL)
    assert progress(run).share == 1 and not progress(run).alive
    assert estimate(run) == 0
    shipped, again = robustness.stored(Run(WEIGHTS / "tiny")), robustness.stored(run)
    assert list(again) == list(SETTINGS)
    same = [(shipped[name].argmin(1) == again[name].argmin(1)).mean() for name in SETTINGS]
    assert min(same) >= 0.999
    left = {LOCK, robustness.FILE} | {file.name for file in (WEIGHTS / "tiny").iterdir()}
    assert {file.name for file in run.path.iterdir()} == left


def test_several_are_measured_by_one_process_one_after_the_other(folder):
    runs = [fresh(folder, name, *SOME) for name in ("first", "damaged", "third")]
    (runs[1].path / STATE).unlink()
    (runs[2].path / STOP).touch()  # an old wish, which does not count
    assert start([run.path for run in runs]) == []
    (child,) = measuring._CHILDREN
    assert all(progress(run).alive for run in runs)
    assert progress(runs[2]) == Progress("waiting", len(SOME))
    assert child.wait() == 0
    assert [progress(run).state for run in runs] == ["measured", "failed", "measured"]


def test_two_who_press_at_once_measure_once(run, folder):
    other = fresh(folder, "other", *SOME)
    assert start([run.path]) == [] == start([run.path]) == start([run.path, other.path])
    assert len(measuring._CHILDREN) == 2  # the second one has only what was new
    assert str(run.path.resolve()) not in measuring._CHILDREN[1].args
    for child in measuring._CHILDREN:
        assert child.wait() == 0


def test_what_is_measured_whole_costs_nothing(folder):
    run = fresh(folder, "mine", *SETTINGS)
    (run.path / STATE).unlink()  # its network is not even read
    assert work_here(run) == Progress("measured", ALL)


# --- what happens on the way


def test_one_that_is_killed_is_interrupted_and_the_next_goes_on_from_there(folder):
    run = fresh(folder, "mine", *SOME)
    start([run.path])
    measuring._CHILDREN[0].send_signal(signal.SIGKILL)  # long before it has imported torch
    measuring._CHILDREN[0].wait()
    until(lambda: not is_held(run.path / LOCK))
    assert progress(run) == Progress("interrupted", len(SOME))
    steps = []
    bar = At(-1, None)
    bar.update = steps.append
    assert work_here(run, bar).state == "measured"
    assert steps[0] == len(SOME)  # what is stored is not measured again
    assert progress(run).state == "measured"


def killed_after(count: int, run: Run) -> int:
    """Another process measures the run until so many settings are done; its exit code."""
    code = """if True:
        import os, signal, sys
        from pathlib import Path
        from digitcore.robustness.measuring import __main__ as measuring
        from digitcore.runs import Run
        from tests.test_measuring import At, work_here

        measuring.SAFE = 0
        end = lambda: os.kill(os.getpid(), signal.SIGKILL)
        work_here(Run(Path(sys.argv[1])), At(int(sys.argv[2]), end))
    """
    command = [sys.executable, "-c", code, str(run.path), str(count)]
    return subprocess.run(command, cwd=ROOT).returncode


def test_one_that_is_killed_has_stored_what_it_has_measured(run):
    assert killed_after(5, run) == -signal.SIGKILL
    halted = progress(run)
    assert halted == Progress("interrupted", 5) and len(robustness.stored(run)) == 5


def test_a_person_can_stop_it_and_what_was_measured_is_kept(run, folder):
    waiting = fresh(folder, "waiting", *SOME)
    start([run.path, waiting.path])
    until(lambda: progress(run).seconds_left)
    stop([run.path, waiting.path])
    assert measuring.is_stopping(waiting)
    assert measuring._CHILDREN[0].wait() == 0
    assert progress(run).state == progress(waiting).state == "stopped"
    assert 0 < progress(run).done < ALL
    assert len(SOME) <= progress(waiting).done <= len(SOME) + 1
    assert not measuring.is_stopping(run) and not measuring.is_stopping(waiting)
    stop([run.path])  # nobody is there to hear it
    assert not (run.path / STOP).exists()


def test_a_run_that_is_trained_further_meanwhile_is_not_mixed_up(run):
    def train() -> None:
        shutil.copyfile(WEIGHTS / "slim" / PREDICTIONS, run.path / PREDICTIONS)

    ended = work_here(run, At(ALL, train))
    assert ended.state == "failed" and "trained further" in ended.message
    assert robustness.measured(run) == frozenset()
    assert progress(run).message == ended.message


def test_what_was_measured_of_earlier_weights_is_not_measured(folder):
    run = fresh(folder, "mine", *SETTINGS)
    assert work_here(run).state == progress(run).state == "measured"
    shutil.copyfile(WEIGHTS / "slim" / PREDICTIONS, run.path / PREDICTIONS)
    assert progress(run) == Progress("not measured")


@pytest.mark.parametrize("moment", [1, ALL])
def test_a_run_that_is_deleted_meanwhile_stays_deleted(folder, moment):
    run = fresh(folder, "mine")
    ended = work_here(run, At(moment, lambda: Jobs(folder).delete("mine")))
    assert ended.state == "failed" and "missing" in ended.message
    assert list(folder.glob("mine*")) == list(folder.glob(f"{DELETED}*")) == []
    assert progress(run) == Progress("not measured")
    assert start([run.path]) == ["mine: It is not there any more."]


def test_a_run_that_is_renamed_meanwhile_is_interrupted_under_its_new_name(folder):
    run = fresh(folder, "mine", *SOME)
    work_here(run, At(len(SOME) + 2, lambda: Jobs(folder).rename("mine", "yours")))
    yours = Run(folder / "yours")
    left = progress(yours)
    assert left.state == "interrupted"
    assert left.done in range(len(SOME), len(SOME) + 3)  # on a slow machine it has stored some
    assert not run.path.exists()
    assert work_here(yours).state == "measured"


def test_training_knows_nothing_of_it(folder):
    run = fresh(folder, "mine", *SOME)
    with holding(run.path / LOCK):
        assert not Jobs(folder).job("mine").alive
        assert Jobs(folder).active() == []


# --- what goes wrong


def test_a_full_disk_fails_in_words_and_keeps_what_was_there(folder):
    run = fresh(folder, "mine", *SOME)
    with no_larger_files(20_000):
        ended = work_here(run)
    assert ended.state == progress(run).state == "failed"
    assert "disk is full" in progress(run).message and "make room" in progress(run).message
    assert progress(run).done == len(SOME)
    assert not list(run.path.glob("*.tmp"))
    assert work_here(run).state == "measured"


def test_a_folder_that_cannot_be_written_is_said_and_the_others_are_measured(folder):
    runs = [fresh(folder, name, *SOME) for name in ("shut", "open")]
    (runs[0].path / LOCK).mkdir()  # root may write everywhere, but not into that
    (refused,) = start([run.path for run in runs])
    assert refused.startswith("shut: Its folder cannot be written")
    assert measuring._CHILDREN[0].wait() == 0
    assert [progress(run).state for run in runs] == ["not measured", "measured"]


def test_results_that_cannot_be_written_fail_in_words(folder):
    run = fresh(folder, "mine")
    (run.path / robustness.FILE).mkdir()
    assert "cannot be written" in work_here(run).message
    assert progress(run).state == "failed"


@pytest.mark.parametrize(
    ("file", "damage"), [(STATE, None), (STATE, b"damaged"), (PREDICTIONS, None)]
)
def test_a_damaged_run_fails_in_words(folder, file, damage):
    run = fresh(folder, "mine", *SOME)
    (run.path / file).unlink() if damage is None else (run.path / file).write_bytes(damage)
    assert work_here(run).state == progress(run).state == "failed"
    assert file in progress(run).message


def test_damaged_results_are_measured_anew(folder):
    run = fresh(folder, "mine", model="dense")
    (run.path / robustness.FILE).write_bytes(b"damaged")
    assert progress(run).state == "failed" and robustness.FILE in progress(run).message
    assert work_here(run).state == progress(run).state == "measured"


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", b'{"state": "dancing"}', b'{"state": "measuring", "done": "x"}',
             b'{"state": "stopped", "of": 0}', b"\xff\xfe"],
)  # fmt: skip
def test_garbled_words_are_survived(folder, said):
    run = fresh(folder, "mine", *SOME)
    (run.path / LOCK).write_bytes(said)
    assert progress(run) == Progress("not measured", len(SOME))
    with holding(run.path / LOCK):
        assert progress(run) == Progress("waiting")


def test_the_rest_of_longer_words_is_not_read(folder):
    run = fresh(folder, "mine", *SOME)
    words = dump(asdict(Progress("stopped", len(SOME))))
    (run.path / LOCK).write_text(words + 'age": ""\n}\n')
    assert progress(run) == Progress("stopped", len(SOME))


def test_an_unknown_failure_is_told(run, monkeypatch, capfd):
    def fail(*_: object) -> None:
        raise ConnectionError("the plug was pulled")

    monkeypatch.setattr(Run, "network", fail)
    assert "the plug was pulled" in work_here(run).message
    assert "the plug was pulled" in progress(run).message
    assert "Traceback" in capfd.readouterr().err


# --- by hand


def test_by_hand_it_measures_what_is_a_run_and_free_and_says_so(folder):
    free, busy = (fresh(folder, name, *SOME) for name in ("free", "busy"))
    (folder / "ensemble").mkdir()
    (free.path / STOP).touch()  # of one that was killed before it could obey
    with holding(busy.path / LOCK):
        ended = by_hand(busy.path, folder / "ensemble", free.path)
    assert ended.returncode == 1
    assert "busy: failed. It is being measured already." in ended.stdout
    assert "ensemble is no finished run" in ended.stdout and "free: measured." in ended.stdout
    assert [progress(run).state for run in (free, busy)] == ["measured", "not measured"]
    assert os.listdir(folder / "ensemble") == []
