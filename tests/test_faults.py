"""What goes wrong around a training: real processes, signals, locks and disks, and exact moments.

A run that is interrupted in any way ends with the files of one that never was.
"""

import os
import random
import shutil
import signal
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tqdm import tqdm

from digitcore import jobs as jobs_module
from digitcore import locks, progress, runs, standing, wishes, worker
from digitcore.augment import Warp
from digitcore.jobs import Jobs, Refused
from digitcore.locks import holding, is_held
from digitcore.recipes import Recipe
from digitcore.runs import HISTORY, PREDICTIONS, RECIPE, RESULT, STATE, Run, RunStore
from digitcore.waiting import QUEUE
from tests.forked import BALLAST, hammer, serve, train
from tests.workers import end_workers, until, workers

pytestmark = pytest.mark.usefixtures("one_thread")

RICH = Recipe(
    "slim", epochs=3, digits=2000, batch_size=32, schedule="one-cycle", average=0.95,
    precision="float32", warp=Warp(rotation=10, shear=8, scale=(0.9, 1.1), elastic=0.7),
)  # fmt: skip
BATCHES = 63  # in an epoch of it
SMALL = Recipe("dense", epochs=1, digits=500, batch_size=100, precision="float32")
MIDDLE = ("batch", BATCHES + 27)  # of the training, in its second epoch


@pytest.fixture(scope="module")
def whole(tmp_path_factory, forked) -> Path:
    """A run that nothing ever happened to."""
    path = Jobs(tmp_path_factory.mktemp("whole")).create(RICH, "whole", start=False)
    assert forked.run(train, path) == 0
    return path


@pytest.fixture(scope="module")
def paused(tmp_path_factory, forked) -> Path:
    """A run that was paused within its second epoch."""
    path = Jobs(tmp_path_factory.mktemp("paused")).create(RICH, "paused", start=False)
    assert forked.run(train, path, MIDDLE, "pause") == 0
    return path


def outcome(path: Path) -> tuple:
    """All that a training leaves and that follows from its recipe."""
    history = Run(path).history.drop(columns="seconds").to_dict("list")
    glimpses = [progress.read_glimpse(path, epoch) for epoch in progress.glimpses(path)]
    shown = [(glimpse.probs.tolist(), glimpse.filters.tolist()) for glimpse in glimpses]
    return (path / STATE).read_bytes(), (path / progress.BATCHES).read_bytes(), history, shown


def state(path: Path) -> str:
    return Jobs(path.parent).job(path.name).state


def ended(jobs: Jobs) -> bool:
    jobs.advance()
    return not jobs.active()


def kill_worker(path: Path) -> None:
    (number,) = workers(path.parent)
    os.kill(number, signal.SIGKILL)
    until(lambda: not is_held(path / progress.LOCK))


# --- 1. the server goes away


def test_a_run_outlives_the_server_that_started_it(folder, jobs, forked):
    jobs.train_at_once(2)
    exiting = forked.start(serve, folder, SMALL.to_json(), "exited", False)
    staying = forked.start(serve, folder, SMALL.to_json(), "killed", True)
    assert forked.wait(exiting) == 0
    until(lambda: (folder / "killed" / "created").exists())
    os.kill(staying, signal.SIGKILL)
    assert forked.wait(staying) == -signal.SIGKILL
    assert {job.name: job.alive for job in Jobs(folder).all()} == {"exited": True, "killed": True}
    until(lambda: not Jobs(folder).active())
    assert {job.state for job in Jobs(folder).all()} == {"finished"}
    assert set(RunStore(folder).runs()) == {"exited", "killed"}


# --- 2. kill -9


def test_a_worker_killed_within_an_epoch_is_interrupted_and_goes_on(folder, jobs, whole):
    path = jobs.create(RICH, "mine")
    until(lambda: jobs.job("mine").status.epoch == 1)
    kill_worker(path)
    job = jobs.job("mine")
    assert (job.state, job.alive, job.active) == ("interrupted", False, False)
    assert not jobs.active()
    jobs.start("mine")
    assert jobs.job("mine").alive
    until(lambda: ended(jobs))
    assert state(path) == "finished"
    assert outcome(path) == outcome(whole)


@pytest.mark.parametrize(
    "moments",
    [
        # one life after the other of one run, each killed just before what is named is renamed
        [("status.json", 1), ("0000.npz", 1), ("batch", 30), ("0001.npz", 1), ("history.csv", 1),
         ("checkpoint.pt", 1), ("status.json", 3), ("batch", 20), MIDDLE],
        [("checkpoint.pt", 2), ("weights.safetensors", 1), ("predictions.npz", 1),
         ("result.json", 1)],
    ],
    ids=["learning", "finishing"],
)  # fmt: skip
def test_a_run_killed_again_and_again_ends_as_if_it_never_was(jobs, forked, whole, moments):
    path = jobs.create(RICH, "mine", start=False)
    for moment in moments:
        assert forked.run(train, path, moment) == -signal.SIGKILL, moment
        assert state(path) in ("interrupted", "not started"), moment
        assert not (path / RESULT).exists(), moment
    assert forked.run(train, path) == 0
    assert state(path) == "finished"
    assert outcome(path) == outcome(whole)


@pytest.mark.parametrize("batch", [1, BATCHES])
def test_a_run_paused_at_any_batch_ends_as_if_it_never_was(jobs, forked, whole, batch):
    path = jobs.create(RICH, "mine", start=False)
    assert forked.run(train, path, ("batch", batch), "pause") == 0
    status = jobs.job("mine").status
    assert status.state == "paused"
    assert status.epoch * BATCHES + status.batch == batch
    assert forked.run(train, path) == 0
    assert outcome(path) == outcome(whole)


# --- 3. a full disk


def assert_failed_and_whole(path: Path) -> None:
    """The run says why it failed, and its last good state can be read."""
    job = Jobs(path.parent).job(path.name)
    assert job.state == "failed"
    assert "disk is full" in job.status.message
    assert "resume" in job.status.message
    checkpoint, history = progress.load_checkpoint(path, RICH)
    assert checkpoint is not None
    assert checkpoint["epoch"] == len(history) >= 1
    assert len(Run(path).history) >= 1
    assert not list(path.rglob("*.tmp"))


def test_a_file_that_may_not_grow_fails_the_run_which_goes_on_later(jobs, forked, whole):
    path = jobs.create(RICH, "mine", start=False)
    assert forked.run(train, path, MIDDLE, "limit") == 1
    assert_failed_and_whole(path)
    jobs.start("mine")  # a new process, without the limit
    until(lambda: ended(jobs))
    assert state(path) == "finished"
    assert outcome(path) == outcome(whole)


def test_a_finish_that_finds_no_room_is_done_later(jobs, forked, whole):
    path = jobs.create(RICH, "mine", start=False)
    assert forked.run(train, path, ("weights.safetensors", 1), "limit") == 1
    assert_failed_and_whole(path)
    assert not RunStore(path.parent).runs()
    assert forked.run(train, path) == 0
    assert outcome(path) == outcome(whole)


@pytest.fixture
def little_disk(tmp_path):
    """A disk of 6 MB, where this machine lets us mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    yield disk
    end_workers(disk / "runs")
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk):
    """To the last block."""
    with pytest.raises(OSError), (disk / BALLAST).open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.mark.parametrize("moment", [MIDDLE, ("weights.safetensors", 1)], ids=str)
def test_a_full_disk_fails_the_run_which_goes_on_where_there_is_room(
    little_disk, forked, whole, moment
):
    jobs = Jobs(little_disk / "runs")
    path = jobs.create(RICH, "mine", start=False)
    assert forked.run(train, path, moment, "fill") == 1
    assert shutil.disk_usage(little_disk).free == 0
    assert_failed_and_whole(path)
    (jobs.folder / BALLAST).unlink()
    assert forked.run(train, path) == 0
    assert state(path) == "finished"
    assert outcome(path) == outcome(whole)


def test_on_a_full_disk_nothing_starts_and_all_wait_until_there_is_room(little_disk):
    jobs = Jobs(little_disk / "runs")
    jobs.create(SMALL, "begun", start=False)
    with holding(jobs.folder / "begun" / progress.LOCK):  # no room for another
        jobs.create(replace(RICH, epochs=1), "mine")
    fill(little_disk)
    jobs.advance()
    assert state(jobs.folder / "mine") == "waiting"
    with pytest.raises(OSError):
        jobs.start("begun")
    with pytest.raises(OSError):
        jobs.create(SMALL, "another")
    assert not (jobs.folder / "another").exists()
    assert [job.state for job in jobs.active()] == ["waiting"]
    (little_disk / BALLAST).unlink()
    until(lambda: ended(jobs))
    assert state(jobs.folder / "mine") == "finished"
    assert state(jobs.folder / "begun") == "not started"


def test_a_full_disk_lets_runs_be_renamed_and_deleted_or_leaves_all_as_it_was(little_disk):
    jobs = Jobs(little_disk / "runs")
    for name in ("begun", "old", "useless"):
        jobs.create(SMALL, name, start=False)
    with holding(jobs.folder / "begun" / progress.LOCK):  # no room for another
        jobs.create(SMALL, "waits")
    fill(little_disk)
    jobs.rename("old", "older")
    with pytest.raises(OSError):
        jobs.rename("waits", "later")
    assert {job.name for job in jobs.all()} == {"begun", "older", "useless", "waits"}
    assert jobs.waiting == ("waits",)
    jobs.delete("useless")
    assert {job.name for job in jobs.all()} == {"begun", "older", "waits"}
    (little_disk / BALLAST).unlink()
    jobs.delete("waits")
    assert jobs.waiting == ()
    jobs.create(SMALL, "waits", start=False)
    assert state(jobs.folder / "waits") == "not started"


def test_a_status_that_finds_no_room_is_written_over_the_old_one(little_disk):
    progress.save_status(little_disk, progress.Status("training", epochs=3))
    fill(little_disk)
    last = progress.Status("failed", epochs=3, message="The disk is full.")
    progress.save_status(little_disk, last)
    assert progress.read_status(little_disk) == last


# --- 4. damaged folders

PARTS = (
    RECIPE, progress.STATUS, HISTORY, progress.BATCHES, progress.CHANGES, progress.CHECKPOINT,
    RESULT, STATE, PREDICTIONS, progress.NOTE, wishes.WISH, wishes.RATE, progress.LOCK,
    progress.LOG, "epochs/0002.npz", "epochs",
)  # fmt: skip
DAMAGES = ("truncated", "emptied", "garbled", "a folder", "nothing")
MUST_BE_READ = (RECIPE, progress.CHANGES)


def damage(file: Path, how: str) -> None:
    content = file.read_bytes() if file.is_file() else b"some content"
    if file.is_dir():
        shutil.rmtree(file)
    file.unlink(missing_ok=True)
    match how:
        case "truncated":
            file.write_bytes(content[: len(content) * 2 // 3])
        case "emptied":
            file.touch()
        case "garbled":
            file.write_bytes(random.Random(file.name).randbytes(500))
        case "a folder":
            file.mkdir()


def copied(run: Path, to: Path) -> Path:
    """With all the files that a run can have."""
    shutil.copytree(run, to)
    progress.save_changes(to, progress.Changes({5: 0.5}, {}))
    progress.save_note(to, "a note")
    wishes.ask(to, "pause")
    wishes.ask_rate(to, 0.01)
    return to


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("part", PARTS)
def test_a_damaged_run_is_listed_and_can_be_deleted_and_no_other_suffers(folder, whole, part, how):
    jobs = Jobs(folder)
    sound, hurt = copied(whole, folder / "sound"), copied(whole, folder / "hurt")
    damage(hurt / part, how)
    assert {job.name for job in jobs.all()} == {"sound", "hurt"}
    assert state(sound) == "finished"
    assert jobs.job("sound").result and jobs.job("sound").note == "a note"
    job = jobs.job("hurt")
    if part in MUST_BE_READ and (how != "nothing" or part == RECIPE):
        assert job.state == "damaged"
        assert f"hurt/{part}" in job.damage
    else:
        assert job.state == "finished"
    assert (job.result is None) == (part == RESULT)
    assert job.note in ("a note", "") or how in ("truncated", "garbled")
    assert jobs.active() == []
    jobs.advance()
    for verb in (jobs.start, jobs.pause, jobs.cancel):
        with pytest.raises(Refused):
            verb("hurt")
    jobs.delete("hurt")
    assert [job.name for job in jobs.all()] == ["sound"]
    assert not list(folder.glob(".deleted*"))


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_queue_is_an_empty_one(jobs, how):
    jobs.create(SMALL, "first", start=False)
    with holding(jobs.folder / "first" / progress.LOCK):
        jobs.create(SMALL, "second")
        assert jobs.waiting == ("second",)
        damage(jobs.folder / QUEUE, how)
        assert jobs.waiting == ()
        assert jobs.at_once == 1
        assert [job.name for job in jobs.active()] == ["first"]
        jobs.advance()
        assert jobs.job("second").state == "not started"


@pytest.mark.parametrize("content", [
    "[]", "7", '{"waiting": 3, "at_once": 1}', '{"waiting": [3], "at_once": 1}',
    '{"waiting": ["../x", "gone"], "at_once": 0}', '{"waiting": [], "at_once": Infinity}',
    '{"waiting": [[]], "at_once": 1}', "[" * 100_000,
])  # fmt: skip
def test_a_queue_with_any_content_is_read(jobs, content):
    jobs.folder.mkdir()
    (jobs.folder / QUEUE).write_text(content)
    assert jobs.waiting == ()
    assert jobs.at_once == 1
    assert jobs.all() == jobs.active() == []
    jobs.advance()


def test_runs_that_are_damaged_while_they_wait_hold_up_no_other(jobs):
    jobs.create(SMALL, "busy", start=False)
    hurt = (RECIPE, progress.STATUS, progress.LOG, progress.LOCK)
    with holding(jobs.folder / "busy" / progress.LOCK):
        for part in hurt:
            damage(jobs.create(SMALL, f"hurt-{part}") / part, "a folder")
        jobs.create(SMALL, "sound")
    assert len(jobs.waiting) == 5
    until(lambda: ended(jobs))
    assert jobs.waiting == ()
    assert state(jobs.folder / "sound") == "finished"
    assert "finished" not in {state(jobs.folder / f"hurt-{part}") for part in hurt}


@pytest.mark.parametrize("how", ["truncated", "emptied", "garbled", "a folder"])
def test_a_run_with_a_damaged_checkpoint_says_so_when_it_is_resumed(folder, paused, how):
    path = Path(shutil.copytree(paused, folder / "hurt"))
    damage(path / progress.CHECKPOINT, how)
    status = worker.work(path)
    assert status.state == state(path) == "failed"
    assert "hurt/checkpoint.pt cannot be read" in status.message


@pytest.mark.parametrize("part", [progress.BATCHES, HISTORY, "epochs/0001.npz", progress.NOTE])
@pytest.mark.parametrize("how", ["emptied", "garbled"])
def test_what_only_shows_how_it_went_stops_no_training(folder, paused, forked, part, how):
    path = Path(shutil.copytree(paused, folder / "hurt"))
    progress.save_note(path, "a note")
    damage(path / part, how)
    assert forked.run(train, path, ("checkpoint.pt", 1), "pause") == 0
    assert state(path) == "paused"
    assert len(Run(path).history) == 2
    assert set(progress.read_batches(path).epoch) >= {2.0}


# --- 5. two servers on one folder


def test_two_busy_servers_train_each_run_once_and_never_more_than_agreed(folder, jobs, forked):
    servers = [forked.start(hammer, folder, SMALL.to_json(), seed, 100) for seed in (1, 2)]
    trained: dict[str, set[int]] = {}
    most = 0

    def look() -> None:
        nonlocal most
        for number, name in workers(folder).items():
            trained.setdefault(name, set()).add(number)
        at_work = [job for job in jobs.all() if job.status and job.status.state in progress.AT_WORK]
        most = max(most, len([job for job in at_work if job.alive]))

    def over() -> bool:
        look()
        return all((folder / f"mine-{seed}").exists() for seed in (1, 2))

    until(over)
    assert [forked.wait(number) for number in servers] == [0, 0]
    names = {job.name for job in jobs.all()}
    assert names >= {"mine-1", "mine-2"}
    for name in sorted(names):
        job = jobs.job(name)
        if job.state == "not started" and name.startswith("spare"):
            jobs.delete(name)
        elif job.state == "not started":
            jobs.start(name)
    jobs.train_at_once(2)

    def drained() -> bool:
        look()
        return ended(jobs)

    until(drained)
    assert {job.state for job in jobs.all()} == {"finished"}
    assert Counter(len(numbers) for numbers in trained.values()) == {1: len(jobs.all())}
    assert most <= 2


# --- 6. clocks that jump

YEARS = (0, 4_102_444_800)  # 1970 and 2100


def test_a_clock_that_jumps_changes_nothing(folder, whole, paused, forked):
    jobs = Jobs(folder)
    shutil.copytree(paused, folder / "paused")
    shutil.copytree(whole, folder / "whole")
    for name in ("third", "first", "second"):
        jobs.create(SMALL, name, start=False)
    with holding(folder / "paused" / progress.LOCK):
        for name in ("first", "second", "third"):
            jobs.start(name)
        files = [folder, *folder.rglob("*")]
        for number, file in enumerate(files):
            when = YEARS[number % len(YEARS)]
            os.utime(file, (when, when))
        assert jobs.waiting == ("first", "second", "third")
        assert [job.name for job in jobs.active()] == ["paused", "first", "second", "third"]
        assert state(folder / "whole") == "finished"
        for name in jobs.waiting:
            jobs.cancel(name)
    assert state(folder / "paused") == "paused"
    assert forked.run(train, folder / "paused") == 0
    assert outcome(folder / "paused") == outcome(whole)


@pytest.mark.parametrize("module", [jobs_module, locks, progress, standing, worker, runs])
def test_no_decision_hangs_on_the_time_of_day(module):
    source = Path(module.__file__).read_text("utf-8")
    assert "datetime" not in source
    assert "time.time" not in source


# --- 7. wishes


def test_a_pause_in_the_first_moment_is_kept_to_and_an_old_one_is_not(folder, jobs):
    path = jobs.create(SMALL, "mine")
    jobs.pause("mine")
    assert state(path) == "pausing"
    until(lambda: ended(jobs))
    assert state(path) == "paused"
    wishes.ask(path, "pause")  # as a worker leaves it that was killed before it read it
    jobs.start("mine")
    until(lambda: ended(jobs))
    assert state(path) == "finished"


def test_a_stop_before_the_first_epoch_keeps_nothing_yet_and_can_be_resumed(jobs, forked, whole):
    path = jobs.create(RICH, "mine", start=False)
    assert forked.run(train, path, ("batch", 20), "stop") == 0
    job = jobs.job("mine")
    assert (job.state, job.result) == ("paused", None)
    assert job.status.message == worker.NOTHING_YET
    assert forked.run(train, path) == 0
    assert jobs.job("mine").status.message == ""
    assert outcome(path) == outcome(whole)


def test_a_paused_run_that_is_stopped_is_finished_with_its_best_epoch(folder, paused):
    path = Path(shutil.copytree(paused, folder / "mine"))
    jobs = Jobs(folder)
    jobs.stop("mine")
    assert jobs.job("mine").alive
    until(lambda: ended(jobs))
    job = jobs.job("mine")
    assert job.state == "stopped"
    assert job.result is not None
    assert (job.result.best_epoch, job.result.epochs) == (1, 1)
    assert RunStore(folder).run("mine").predictions().correct == job.result.test_correct
    kept = progress.load_checkpoint(path, RICH)[0]["best"]
    stored = RunStore(folder).run("mine").network().state_dict()
    assert all(torch.allclose(kept[name], stored[name], atol=1e-3) for name in kept)
    with pytest.raises(Refused):
        jobs.stop("mine")


# --- 8. trainings that diverge


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_a_training_that_diverges_says_what_to_try_and_then_learns(jobs, optimizer):
    wild = Recipe("dense", epochs=1, digits=500, batch_size=50, optimizer=optimizer,
                  learning_rate=10.0, precision="float32")  # fmt: skip
    path = jobs.create(wild, "wild", start=False)
    status = worker.work(path)
    assert status.state == state(path) == "failed"
    assert "diverged" in status.message
    assert "learning rate" in status.message and "10" in status.message
    jobs.set_rate("wild", 0.005)  # from the very first step of the next attempt
    assert worker.work(path).state == "finished"
    assert set(progress.read_batches(path).learning_rate) == {0.005}


class _Wilder(tqdm):
    """Asks for a learning rate of 10 at a batch."""

    def __init__(self, jobs: Jobs, at: int) -> None:
        super().__init__(disable=True)
        self.jobs, self.left = jobs, at

    def update(self, n=1):
        self.left -= n
        if self.left == 0:
            self.jobs.set_rate("mine", 10.0)


def test_a_run_that_diverged_goes_on_from_its_checkpoint_with_a_lower_rate(jobs):
    tame = Recipe("dense", epochs=3, digits=500, batch_size=50, optimizer="sgd",
                  learning_rate=0.01, precision="float32")  # fmt: skip
    path = jobs.create(tame, "mine", start=False)
    assert worker.work(path, _Wilder(jobs, at=14)).state == "failed"
    assert len(Run(path).history) == 1
    assert worker.work(path).state == "failed"  # by the same change: it is kept to
    jobs.set_rate("mine", 0.002)
    assert worker.work(path).state == "finished"
    rows = progress.read_batches(path)
    assert rows.learning_rate.tolist() == [0.01] * 10 + [0.002] * 20
