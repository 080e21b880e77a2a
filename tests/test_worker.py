"""A worker: what it leaves in a run's folder, what it does when asked, and its command line."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tqdm import tqdm

from digitcore import progress, wishes
from digitcore.folder import RunDamaged
from digitcore.jobs import Jobs
from digitcore.locks import holding
from digitcore.progress import Glimpse
from digitcore.recipes import Recipe
from digitcore.runs import COLUMNS, HISTORY, PREDICTIONS, RECIPE, RESULT, STATE, Run, RunStore
from digitcore.training import Diverged
from digitcore.worker import ROWS, follow, in_words, work
from tests.forked import ROOT, headless
from tests.workers import until

pytestmark = pytest.mark.usefixtures("one_thread")

PLAIN = Recipe("dense", epochs=2, digits=1000, batch_size=50, precision="float32")
BATCHES = 20  # in an epoch of it


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    path = Jobs(tmp_path_factory.mktemp("trained")).create(PLAIN, "mine", start=False)
    assert work(path).state == "finished"
    return path


class At(tqdm):
    """Does things at batches of the training; where it is resumed, its epoch's batches count."""

    def __init__(self, things: dict[int, Callable[[], object]]) -> None:
        super().__init__(disable=True)
        self.things, self.seen = things, 0

    def update(self, n: float | None = 1) -> None:
        self.seen += int(n or 0)
        if n and self.seen in self.things:
            self.things[self.seen]()


def too_large() -> Exception:
    """What torch says when a machine has not got so much memory."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    return caught.value


def fail() -> None:
    raise ConnectionError("the plug was pulled")


def weights(path: Path) -> bytes:
    return (path / STATE).read_bytes()


# --- what a run leaves


def test_a_finished_run_has_all_its_files_and_no_others(trained):
    glimpses = {f"epochs/{epoch:04}.npz" for epoch in range(3)}
    files = {str(file.relative_to(trained)) for file in trained.rglob("*") if file.is_file()}
    assert files == glimpses | {
        RECIPE, HISTORY, STATE, PREDICTIONS, RESULT, progress.STATUS, progress.BATCHES,
        progress.CHECKPOINT,
    }  # fmt: skip


def test_a_finished_run_says_so_and_what_came_of_it(trained):
    status = progress.read_status(trained)
    assert status is not None
    assert (status.state, status.epoch, status.epochs, status.batch) == ("finished", 2, 2, 0)
    assert (status.batches, status.share, status.message, status.threads) == (20, 1.0, "", 1)
    assert status.images_per_second > 0
    run = RunStore(trained.parent).run("mine")
    assert status.seconds == pytest.approx(run.result.seconds, abs=2)
    assert run.recipe == PLAIN
    assert list(run.history) == list(COLUMNS)
    assert run.history.epoch.tolist() == [1, 2]
    assert run.predictions().correct == run.result.test_correct > 7000


def test_the_curve_follows_the_training(trained):
    rows, history = progress.read_batches(trained), Run(trained).history
    assert rows.epoch.tolist() == [1.0] * BATCHES + [2.0] * BATCHES
    assert rows.batch.tolist() == [*range(1, BATCHES + 1)] * 2
    assert rows.epochs_done.tolist() == pytest.approx([(n + 1) / BATCHES for n in range(40)])
    assert set(rows.learning_rate) == {PLAIN.learning_rate}
    means = rows.groupby("epoch").loss.mean()
    assert means.tolist() == pytest.approx(history.train_loss.tolist(), rel=1e-5)


def test_one_can_watch_it_learn(trained):
    assert progress.glimpses(trained) == [0, 1, 2]
    shown = [progress.read_glimpse(trained, epoch) for epoch in range(3)]
    assert all(isinstance(glimpse, Glimpse) for glimpse in shown)
    assert all(glimpse.probs.shape == (24, 10) for glimpse in shown)
    assert all(glimpse.filters.shape == (32, 28, 28) for glimpse in shown)
    assert all(np.allclose(glimpse.probs.sum(1), 1, atol=0.01) for glimpse in shown)
    surest = [glimpse.probs.max(1).mean() for glimpse in shown]
    assert surest[0] < surest[1] < surest[2]


@pytest.mark.parametrize("batches", [199, 201, 399, 401])
def test_a_curve_has_at_most_so_many_rows_an_epoch_and_all_losses_are_in_it(jobs, batches):
    recipe = Recipe("slim", epochs=1, digits=2 * batches, batch_size=2, precision="float32")
    path = jobs.create(recipe, "mine", start=False)
    stop_there = At({batches: lambda: wishes.ask(path, "pause")})
    assert work(path, stop_there).state == "paused"
    rows = progress.read_batches(path)
    assert ROWS / 2 <= len(rows) <= ROWS
    assert rows.batch.iloc[-1] == batches
    assert rows.epochs_done.iloc[-1] == 1
    sizes = rows.batch.diff().fillna(rows.batch.iloc[0])
    checkpoint = progress.load_checkpoint(path, recipe)[0]
    assert (sizes * rows.loss).sum() / batches == pytest.approx(
        checkpoint["loss_sum"] / checkpoint["seen"], rel=1e-4
    )


# --- what can be asked of it


def test_a_changed_rate_is_replayed_to_the_bit_however_the_run_is_interrupted(jobs):
    def changed(name: str, more: dict[int, Callable[[], object]]) -> str:
        path = jobs.create(PLAIN, name, start=False)
        change = {25: lambda: jobs.set_rate(name, 0.01), 33: lambda: jobs.set_rate(name, 0.0001)}
        return work(path, At(change | more)).state

    whole, paused, broken = (jobs.folder / name for name in ("whole", "paused", "broken"))
    assert changed("whole", {}) == "finished"
    assert changed("paused", {30: lambda: wishes.ask(paused, "pause")}) == "paused"
    assert work(paused, At({13: lambda: jobs.set_rate("paused", 0.0001)})).state == "finished"
    assert changed("broken", {38: fail}) == "failed"
    assert work(broken).state == "finished"
    rates = progress.read_batches(whole).learning_rate.tolist()
    assert rates == [0.001] * 25 + [0.01] * 8 + [0.0001] * 7
    for path in (paused, broken):
        assert weights(path) == weights(whole)
        assert progress.read_batches(path).equals(progress.read_batches(whole))


def test_the_newest_rate_counts_more_than_one_of_a_time_that_is_trained_again(jobs):
    path = jobs.create(PLAIN, "mine", start=False)
    things = {35: lambda: jobs.set_rate("mine", 0.01), 38: fail}
    assert work(path, At(things)).state == "failed"
    jobs.set_rate("mine", 0.0005)
    assert work(path).state == "finished"
    rates = progress.read_batches(path).learning_rate.tolist()
    assert rates == [0.001] * 20 + [0.0005] * 20


def test_a_failure_is_told_in_words_and_leaves_the_last_good_state(jobs, trained):
    path = jobs.create(PLAIN, "mine", start=False)
    assert work(path, At({30: fail})).state == "failed"
    job = jobs.job("mine")
    assert job.state == "failed"
    assert "the plug was pulled" in job.status.message
    assert (job.status.epoch, job.status.seconds_left) == (1, None)
    assert work(path).message == ""
    assert weights(path) == weights(trained)


def test_a_stopped_run_is_a_finished_one_with_its_best_epoch(jobs):
    path = jobs.create(PLAIN, "mine", start=False)
    assert work(path, At({30: lambda: jobs_stop(path)})).state == "stopped"
    result = RunStore(jobs.folder).run("mine").result
    assert (result.best_epoch, result.epochs) == (1, 1)
    assert len(Run(path).history) == 1
    assert jobs.job("mine").status.epoch == 1


def jobs_stop(path: Path) -> None:
    """As a page does it: for the run is alive."""
    with holding(path / progress.LOCK):
        Jobs(path.parent).stop(path.name)


def test_a_run_trained_further_keeps_its_result_until_there_is_a_better_one(jobs, trained):
    path = Path(shutil.copytree(trained, jobs.folder / "mine"))
    old, seen = RunStore(jobs.folder).run("mine").result, []
    with holding(path / progress.LOCK):  # no worker but this process
        progress.save_changes(path, progress.Changes(epochs={2: 4}))
    watch = At({
        number: lambda: seen.append(RunStore(jobs.folder).run("mine").predictions().correct)
        for number in (5, 25)
    })  # fmt: skip
    assert work(path, watch).state == "finished"
    assert seen == [old.test_correct] * 2
    new = RunStore(jobs.folder).run("mine").result
    assert (old.epochs, new.epochs) == (2, 4)
    assert new.test_correct > old.test_correct
    assert Run(path).history.epoch.tolist() == [1, 2, 3, 4]
    assert progress.glimpses(path) == [0, 1, 2, 3, 4]
    assert Run(path).recipe == PLAIN  # the plan of the beginning, beside what was changed


def test_a_run_that_ran_out_of_patience_can_be_trained_further(jobs):
    hasty = Recipe("dense", epochs=12, digits=200, batch_size=50, learning_rate=0.05, patience=1,
                   precision="float32")  # fmt: skip
    path = jobs.create(hasty, "mine", start=False)
    work(path)
    done = len(Run(path).history)
    assert done < 12
    with holding(jobs.create(hasty, "busy", start=False) / progress.LOCK):
        jobs.extend("mine", 1)
        assert jobs.waiting == ("mine",)
    assert work(path).state == "finished"
    assert len(Run(path).history) == done + 1


def test_a_run_that_ended_by_itself_is_finished_however_it_came_to_be_one(jobs, monkeypatch):
    """Killed while its result was written, it is asked to stop when it is started again."""
    hasty = Recipe("dense", epochs=12, digits=200, batch_size=50, learning_rate=0.05, patience=1,
                   precision="float32")  # fmt: skip
    whole, killed = (jobs.create(hasty, name, start=False) for name in ("whole", "killed"))
    assert work(whole).state == "finished"
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(follow, "finish", interrupt)
        work(killed)
    assert jobs.job("killed").state == "interrupted"
    wishes.ask(killed, "stop")
    assert work(killed).state == "finished"
    assert weights(killed) == weights(whole)


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("content", [None, "", '{"state": "paused", "epoch": -1}'])
def test_a_run_whose_status_is_lost_goes_on_from_its_checkpoint(jobs, trained, content):
    path = jobs.create(PLAIN, "mine", start=False)
    assert work(path, At({30: lambda: wishes.ask(path, "pause")})).state == "paused"
    (path / progress.STATUS).unlink()
    if content is not None:
        (path / progress.STATUS).write_text(content)
    job = jobs.job("mine")
    assert (job.state, job.has_best, job.status.epoch, job.status.epochs) == (
        "interrupted", True, 1, 2,
    )  # fmt: skip
    assert work(path).state == "finished"
    assert weights(path) == weights(trained)
    (path / progress.STATUS).unlink()
    job = jobs.job("mine")
    assert (job.state, job.status.epoch) == ("finished", 2)


def test_a_run_that_is_trained_further_and_whose_status_is_lost_goes_on(jobs, trained):
    path = Path(shutil.copytree(trained, jobs.folder / "mine"))
    progress.save_changes(path, progress.Changes(epochs={2: 5}))
    assert work(path, At({30: lambda: wishes.ask(path, "pause")})).state == "paused"
    (path / progress.STATUS).unlink()
    job = jobs.job("mine")
    assert (job.state, job.status.epoch, job.status.epochs) == ("interrupted", 3, 5)
    assert work(path).state == "finished"
    assert len(Run(path).history) == 5


def test_a_resumed_training_computes_with_as_many_threads_as_before(jobs):
    path = jobs.create(PLAIN, "mine", start=False)
    assert work(path, At({30: lambda: wishes.ask(path, "pause")})).state == "paused"
    (path / progress.STATUS).unlink()
    torch.set_num_threads(2)  # the run has begun with one
    assert work(path).threads == torch.get_num_threads() == 1


def test_a_rate_of_images_counts_those_that_there_are(jobs):
    """A batch larger than the set holds no more digits than the set."""
    path = jobs.create(replace(PLAIN, digits=500, batch_size=4096), "mine", start=False)
    assert work(path).state == "finished"
    status = progress.read_status(path)
    assert status.images_per_second * status.seconds < 2 * 2 * 500


def test_who_pauses_and_then_stops_has_stopped(jobs, monkeypatch):
    path, saved = jobs.create(PLAIN, "mine", start=False), follow.progress.save_checkpoint

    def stop_meanwhile(*arguments: object) -> None:
        saved(*arguments)
        if wishes.asked(path):
            wishes.ask(path, "stop")

    monkeypatch.setattr(follow.progress, "save_checkpoint", stop_meanwhile)
    assert work(path, At({30: lambda: wishes.ask(path, "pause")})).state == "stopped"
    assert wishes.asked(path) is None


# --- words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left"), "disk is full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "disk is full"),
        (OSError(errno.EFBIG, "File too large"), "disk is full"),
        (OSError(errno.EIO, "Broken disk"), "Broken disk"),
        (Diverged("lower the rate"), "lower the rate"),
        (RunDamaged("x is missing"), "x is missing"),
        (ValueError("two digits"), "two digits"),
        (MemoryError(), "not enough memory"),
        (too_large(), "not enough memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "not enough memory"),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh"),
    ],
)
def test_errors_are_told_in_words(error, words):
    assert words in in_words(error)


# --- the command line


def said_by(forked, tmp_path: Path, *arguments: object) -> tuple[int, str]:
    code = forked.run(headless, [str(argument) for argument in arguments], tmp_path / "said")
    return code, (tmp_path / "said").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "recipe.json is no recipe"),
        ("[]", "JSON object"),
        ('{"network": "slim", "batch": 3}', "no field batch"),
        ('{"network": "huge"}', "network must be one of"),
        ('{"network": "slim", "warp": {"twist": 1}}', "no field twist"),
        (b"\xff\xfe\x00", "recipe.json is no recipe"),
        (None, "No such file"),
    ],
)
def test_what_is_no_recipe_is_refused_in_words_and_makes_no_run(forked, tmp_path, content, words):
    file = tmp_path / "recipe.json"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    code, said = said_by(forked, tmp_path, file, "--runs", tmp_path / "runs")
    assert code == 2
    assert words in said
    assert "Traceback" not in said
    assert not Jobs(tmp_path / "runs").all()


def test_a_name_that_is_taken_a_folder_without_a_run_and_a_run_in_use_are_refused(
    forked, tmp_path, jobs
):
    path = jobs.create(PLAIN, "mine", start=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = {
        (path / RECIPE, "--runs", jobs.folder, "--name", "mine"): "called mine already",
        (path / RECIPE, "--runs", jobs.folder, "--name", "../x"): "A name has",
        (empty,): "is no run",
        (path,): "is being trained already",
    }
    with holding(path / progress.LOCK):
        for arguments, words in refused.items():
            code, said = said_by(forked, tmp_path, *arguments)
            assert code == 2, arguments
            assert words in said
    assert not list(empty.iterdir())
    assert len(jobs.all()) == 1


def test_a_run_that_has_ended_is_not_trained_on_by_hand(forked, trained):
    before = weights(trained)
    code, said = said_by(forked, trained.parent, trained)
    assert code == 2
    assert "mine is finished. The Train page can train it further." in said
    assert weights(trained) == before


def test_a_run_that_was_stopped_while_it_was_trained_further_is_not_either(forked, jobs, trained):
    path = Path(shutil.copytree(trained, jobs.folder / "mine"))
    progress.save_changes(path, progress.Changes(epochs={2: 5}))
    assert work(path, At({10: lambda: wishes.ask(path, "stop")})).state == "stopped"
    code, said = said_by(forked, jobs.folder, path)
    assert code == 2
    assert "mine is stopped. The Train page can train it further." in said


def test_a_failed_training_is_told_and_gives_an_exit_code(forked, tmp_path):
    wild = Recipe("dense", 1, 50, "sgd", 10.0, digits=500, precision="float32")
    (tmp_path / "recipe.json").write_text(wild.to_json())
    code, said = said_by(forked, tmp_path, tmp_path / "recipe.json", "--runs", tmp_path / "runs")
    assert code == 1
    assert "dense-1: failed. The loss became" in said


def test_ctrl_c_pauses_a_training_by_hand_and_the_folder_goes_on(tmp_path, jobs):
    recipe = Recipe("slim", epochs=3, digits=2000, batch_size=32, precision="float32")
    whole = jobs.create(recipe, "whole", start=False)
    assert work(whole).state == "finished"
    (tmp_path / "recipe.json").write_text(recipe.to_json())

    def by_hand(*arguments: object) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "digitcore.worker", *map(str, arguments)],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def has_an_epoch() -> bool:
        job = next((job for job in jobs.all() if job.name == "mine"), None)
        return bool(job and job.status and job.status.epoch)

    with by_hand(tmp_path / "recipe.json", "--runs", jobs.folder, "--name", "mine") as process:
        try:
            until(has_an_epoch)
            os.kill(process.pid, signal.SIGINT)
            said, shown = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, shown
    assert "mine: paused." in said
    assert "batch" in shown  # the bar
    path = jobs.folder / "mine"
    assert jobs.job("mine").state == "paused"
    wishes.ask(path, "pause")  # of an earlier time
    with by_hand(path) as process:
        try:
            said, shown = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 0, shown
    assert "mine: finished." in said
    assert "test digits right" in said
    assert weights(path) == weights(whole)


def test_a_changed_rate_scales_the_schedule_and_stays_when_trained_further(jobs):
    recipe = replace(PLAIN, schedule="cosine")
    path = jobs.create(recipe, "mine", start=False)
    wishes.ask_rate(path, recipe.learning_rate / 2)
    assert work(path).state == "finished"
    progress.save_changes(path, replace(progress.read_changes(path), epochs={2: 3}))
    assert work(path).state == "finished"
    assert progress.read_changes(path).rates == {0: 0.5}
    rates = progress.read_batches(path).learning_rate
    assert rates.iloc[0] == pytest.approx(recipe.learning_rate / 2)
    assert rates.max() <= recipe.learning_rate / 2


def test_a_rate_asked_for_too_late_is_not_kept_for_a_later_training(jobs, monkeypatch):
    path = jobs.create(PLAIN, "mine", start=False)
    whole = follow.finish

    def meanwhile(*arguments):
        wishes.ask_rate(path, 5.0)
        return whole(*arguments)

    monkeypatch.setattr(follow, "finish", meanwhile)
    assert work(path).state == "finished"
    assert wishes.take_rate(path) is None


def test_what_a_killed_worker_left_half_written_is_swept_away(jobs):
    path = jobs.create(PLAIN, "mine", start=False)
    litter = [path / f"{progress.CHECKPOINT}.12-34.tmp", path / "epochs" / "0001.npz.5-6.tmp"]
    litter[1].parent.mkdir()
    for file in litter:
        file.write_bytes(b"half")
    assert work(path).state == "finished"
    assert not [file for file in litter if file.exists()]
