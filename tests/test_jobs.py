"""The queue and what can be asked of runs: by one server, by several, in order or not."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitcore import jobs as jobs_module
from digitcore import progress, wishes, worker
from digitcore.jobs import MOST_WAITING, Jobs, Refused
from digitcore.locks import holding
from digitcore.progress import Changes, Status
from digitcore.recipes import Recipe
from digitcore.runs import RECIPE, WEIGHTS, RunStore
from digitcore.waiting import LOCK, QUEUE, Waiting
from tests.workers import until

SMALL = Recipe("dense", epochs=1, digits=500, batch_size=100, precision="float32")
NO_NAMES = ["..", "../x", "a/b", "/etc", ".x", "-x", "a b", "é", "x" * 65, "a\n", "a\0"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A finished run with its checkpoint."""
    path = Jobs(tmp_path_factory.mktemp("trained")).create(SMALL, "trained", start=False)
    assert worker.work(path).state == "finished"
    return path


@pytest.fixture
def finished(folder, trained) -> str:
    shutil.copytree(trained, folder / "done")
    return "done"


@contextmanager
def no_room(jobs: Jobs) -> Iterator[str]:
    """While one run is trained there is no room for others; gives its name."""
    path = jobs.create(SMALL, "busy", start=False)
    progress.save_status(path, Status("training", 0, 1, 2, 5))
    with holding(path / progress.LOCK):
        yield path.name


def states(jobs: Jobs) -> dict[str, str]:
    return {job.name: job.state for job in jobs.all()}


def test_a_run_that_cannot_be_started_says_why_and_the_others_wait_on(jobs, monkeypatch):
    """Each was taken out of the queue without a word, one every other second."""

    def none_left(*_, **__):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with no_room(jobs):
        for name in ("first", "second", "third"):
            jobs.create(SMALL, name)
    with monkeypatch.context() as full:
        full.setattr(jobs_module.subprocess, "Popen", none_left)
        jobs.advance()
    failed = jobs.job("first")
    assert failed.state == "failed" and jobs.waiting == ("second", "third")
    assert failed.status.message == (
        "It could not be started: Resource temporarily unavailable."
    )  # fmt: skip


# --- runs and their names


def test_an_empty_folder_or_none_has_no_runs(jobs):
    assert jobs.all() == jobs.active() == []
    assert (jobs.waiting, jobs.at_once) == ((), 1)
    jobs.advance()
    assert not jobs.folder.exists()  # to look leaves no trace


def test_a_new_run_is_its_recipe_and_has_not_started(jobs):
    path = jobs.create(SMALL, start=False)
    assert (path.name, [file.name for file in path.iterdir()]) == ("dense-1", [RECIPE])
    job = jobs.job("dense-1")
    assert (job.state, job.recipe, job.status, job.result) == ("not started", SMALL, None, None)
    assert not job.alive and not job.active and not job.begun
    assert [jobs.create(SMALL, start=False).name for _ in range(2)] == ["dense-2", "dense-3"]


def test_the_newest_comes_first(jobs):
    for number, name in enumerate(("old", "new", "middle")):
        recipe = jobs.create(SMALL, name, start=False) / RECIPE
        os.utime(recipe, (number if name != "new" else 9,) * 2)
    assert list(states(jobs)) == ["new", "middle", "old"]


@pytest.mark.parametrize("name", [*NO_NAMES, "tiny", "taken", QUEUE, LOCK])
def test_a_name_that_is_taken_or_none_is_refused(jobs, name):
    jobs.create(SMALL, "taken", start=False)
    jobs.create(SMALL, "mine", start=False)
    with pytest.raises(Refused):
        jobs.create(SMALL, name)
    with pytest.raises(Refused):
        jobs.rename("mine", name)
    assert set(states(jobs)) == {"taken", "mine"}
    assert jobs.waiting == ()
    assert (WEIGHTS / "tiny" / RECIPE).is_file()


@pytest.mark.parametrize("name", ["", "gone", LOCK, *NO_NAMES])
def test_what_is_no_run_is_unknown_to_every_verb(jobs, name):
    jobs.create(SMALL, "mine", start=False)
    before = sorted(jobs.folder.parent.rglob("*"))
    verbs = [
        jobs.job, jobs.start, jobs.pause, jobs.stop, jobs.delete,
        lambda name: jobs.extend(name, 1), lambda name: jobs.set_rate(name, 0.1),
        lambda name: jobs.rename(name, "new"), lambda name: jobs.write_note(name, "x"),
    ]  # fmt: skip
    for verb in verbs:
        with pytest.raises(KeyError):
            verb(name)
    for verb in (jobs.cancel, lambda name: jobs.move(name, 1)):
        with pytest.raises(Refused, match="does not wait"):
            verb(name)
    jobs.advance()
    assert sorted(jobs.folder.parent.rglob("*")) == before


def test_a_run_is_renamed_with_all_it_has_and_keeps_its_place(jobs):
    with no_room(jobs):
        for name in "abc":
            jobs.create(SMALL, name)
        jobs.write_note("b", "mine")
        jobs.rename("b", "better")
        assert jobs.waiting == ("a", "better", "c")
        assert jobs.job("better").note == "mine"
        with pytest.raises(KeyError):
            jobs.job("b")


def test_a_deleted_run_is_gone_and_its_name_is_free(jobs):
    with no_room(jobs):
        path = jobs.create(SMALL, "mine")
        jobs.delete("mine")
        assert jobs.waiting == ()
        assert not path.exists()
        assert not list(jobs.folder.glob(".*"))
        jobs.create(SMALL, "mine")


# --- the queue


def test_runs_wait_in_order_and_what_was_begun_goes_first(jobs, finished):
    progress.save_status(jobs.folder / finished, Status("paused", 1, 2))
    with no_room(jobs) as busy:
        for name in "abc":
            jobs.create(SMALL, name)
        assert jobs.waiting == ("a", "b", "c")
        jobs.start(finished)
        assert jobs.waiting == (finished, "a", "b", "c")
        assert [job.name for job in jobs.active()] == [busy, finished, "a", "b", "c"]
        assert {job.state for job in jobs.active()} == {"training", "waiting"}
        jobs.advance()  # there is no room
        assert jobs.waiting == (finished, "a", "b", "c")


MOVES = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([-2, -1, 0, 1, 2, "cancel"])))


@given(moves=MOVES)
def test_the_queue_is_a_list_whichever_server_is_asked(tmp_path_factory, moves):
    folder = tmp_path_factory.mktemp("runs")
    servers = Jobs(folder), Jobs(folder)
    with no_room(servers[0]):
        for name in "abcd":
            servers[1].create(SMALL, name)
        model = list("abcd")
        for number, (name, move) in enumerate(moves):
            jobs = servers[number % 2]
            if name not in model:
                jobs.start(name)
                model.append(name)
            elif move == "cancel":
                jobs.cancel(name)
                model.remove(name)
            else:
                jobs.move(name, move)
                place = model.index(name)
                model.insert(max(0, place + move), model.pop(place))
            assert servers[0].waiting == servers[1].waiting == tuple(model)


def test_there_is_an_end_to_how_many_may_wait(jobs):
    with no_room(jobs):
        names = [jobs.create(SMALL, start=False).name for _ in range(MOST_WAITING)]
        jobs.queue.save(Waiting(tuple(names)))
        with pytest.raises(Refused, match=str(MOST_WAITING)):
            jobs.create(SMALL, "more")
        assert not (jobs.folder / "more").exists()
        jobs.create(SMALL, "more", start=False)


def test_how_many_train_at_once_is_kept_and_is_one_at_least(jobs):
    jobs.train_at_once(3)
    assert Jobs(jobs.folder).at_once == 3
    jobs.train_at_once(-5)
    assert jobs.at_once == 1


def test_as_many_start_as_may_train_together_and_the_next_when_one_has_ended(folder, jobs):
    with no_room(jobs) as busy:
        jobs.train_at_once(2)
        for name in "ab":
            Jobs(folder).create(SMALL, name)
        assert jobs.job("a").alive
        assert jobs.waiting == ("b",)
        with pytest.raises(Refused):
            jobs.delete("a")
        until(lambda: not jobs.waiting)  # a's own worker starts b's: no server asks for it
        until(lambda: {job.name for job in jobs.active()} == {busy})
    assert states(jobs) == {"a": "finished", "b": "finished", busy: "interrupted"}


# --- what fits how a run stands


@pytest.mark.parametrize(("epoch", "kept"), [(0, False), (1, True)])
def test_there_is_a_best_epoch_to_keep_once_one_has_ended(jobs, epoch, kept):
    path = jobs.create(SMALL, "halted", start=False)
    assert not jobs.job("halted").has_best
    (path / progress.CHECKPOINT).touch()
    progress.save_status(path, Status("paused", epoch, 3, 2, 5))
    assert jobs.job("halted").has_best == kept


def test_a_run_that_is_trained_can_be_asked_to_end_but_not_be_moved_away(jobs):
    with no_room(jobs) as busy:
        for verb in (jobs.start, jobs.delete, jobs.cancel, lambda name: jobs.rename(name, "new"),
                     lambda name: jobs.extend(name, 1)):  # fmt: skip
            with pytest.raises(Refused):
                verb(busy)
        assert jobs.job(busy).state == "training"
        jobs.set_rate(busy, 0.5)
        assert wishes.take_rate(jobs.folder / busy) == 0.5
        jobs.pause(busy)
        assert jobs.job(busy).state == "pausing"
        jobs.stop(busy)
        assert jobs.job(busy).state == "stopping"
        wishes.forget(jobs.folder / busy)
        for said, seen in (("paused", "pausing"), ("stopped", "stopping")):  # and is not gone yet
            progress.save_status(jobs.folder / busy, Status(said, 0, 1, 2, 5))
            assert jobs.job(busy).state == seen
        progress.save_status(jobs.folder / busy, Status("finishing", 1, 1))
        assert jobs.job(busy).state == "finishing"
        with pytest.raises(Refused, match="learns no more"):  # the wish would be left behind
            jobs.set_rate(busy, 0.5)
    assert jobs.job(busy).state == "interrupted"


def test_a_run_that_is_not_trained_is_not_paused_and_one_without_a_model_not_stopped(jobs):
    jobs.create(SMALL, "mine", start=False)
    for verb in (jobs.pause, jobs.stop, lambda name: jobs.extend(name, 1)):
        with pytest.raises(Refused, match="mine is not"):
            verb("mine")


def test_a_finished_run_learns_no_more_unless_it_is_trained_further(jobs, finished):
    verbs = (jobs.start, jobs.pause, jobs.stop, lambda name: jobs.set_rate(name, 0.1))
    for verb in verbs:
        with pytest.raises(Refused):
            verb(finished)
    for epochs in (0, -1, 1000):
        with pytest.raises(Refused, match="epoch"):
            jobs.extend(finished, epochs)
    (jobs.folder / finished / progress.CHECKPOINT).unlink()
    with pytest.raises(Refused, match="no checkpoint"):
        jobs.extend(finished, 1)
    assert progress.read_changes(jobs.folder / finished) == Changes()


@pytest.mark.parametrize("rate", [0, -1, 11, float("nan"), float("inf"), "fast"])
def test_a_rate_that_no_recipe_may_have_is_refused(jobs, rate):
    jobs.create(SMALL, "mine", start=False)
    with pytest.raises(Refused, match="learning_rate"):
        jobs.set_rate("mine", rate)
    assert wishes.take_rate(jobs.folder / "mine") is None


def test_training_further_can_be_taken_back_while_it_waits(jobs, finished):
    with no_room(jobs):
        jobs.extend(finished, 3)
        assert jobs.job(finished).state == "waiting"
        assert jobs.job(finished).changes.epochs == {1: 4}
        with pytest.raises(Refused):
            jobs.extend(finished, 3)
        jobs.cancel(finished)
    assert jobs.job(finished).state == "finished"
    assert jobs.job(finished).changes.epochs == {}
    assert RunStore(jobs.folder).run(finished).result == jobs.job(finished).result
