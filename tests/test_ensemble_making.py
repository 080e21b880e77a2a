"""Ensembles that people make: named, kept, asked at once, renamed with their members, deleted."""

import errno
import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from digitcore import progress
from digitcore.api import create_api
from digitcore.digits import load_mnist
from digitcore.ensembles import MOST_MEMBERS, Ensembles
from digitcore.jobs import Jobs, Refused
from digitcore.leaderboard import rows
from digitcore.locks import holding
from digitcore.members import CHOSEN, DEFAULT, Members
from digitcore.names import DELETED, RESERVED
from digitcore.progress import Status
from digitcore.recipes import Recipe
from digitcore.runs import ENSEMBLE, RESULT, WEIGHTS, Ensemble, RunStore
from digitcore.waiting import LOCK, QUEUE
from tests.test_api import SEVEN, hold_answer
from tests.test_jobs import NO_NAMES

PAIR = Ensemble("pair", "Two that I like.", ("tiny", "dense"))


@pytest.fixture
def own(folder) -> Path:
    """A folder with one finished run, mine."""
    shutil.copytree(WEIGHTS / "tiny", folder / "mine")
    return folder


@pytest.fixture
def made(jobs) -> Ensembles:
    return jobs.ensembles


def everything(folder: Path) -> list[str]:
    """All that is there, but for the lock."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.name != LOCK)


@contextmanager
def full_disk(monkeypatch, after: int = 0):
    """After so many more files, only half of one finds room on the disk."""
    left, whole = after, Path.write_text

    def write_text(path: Path, text: str, *arguments):
        nonlocal left
        if left == 0:
            whole(path, text[: len(text) // 2], *arguments)
            raise OSError(errno.ENOSPC, "No space left on device")
        left -= 1
        whole(path, text, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", write_text)
        yield


def store(folder: Path) -> RunStore:
    return RunStore(WEIGHTS, folder)


# --- made


@pytest.mark.parametrize(
    ("how", "weights"), [("mean", None), ("vote", None), ("weighted", (0.25, 0.75))]
)
def test_what_is_made_is_an_ensemble_of_the_store(own, made, how, weights):
    ensemble = replace(PAIR, members=("mine", "dense"), how=how, weights=weights)
    made.create(ensemble)
    assert store(own).ensembles()["pair"] == ensemble
    assert [p.name for p in (own / "pair").iterdir()] == [ENSEMBLE]
    (known,) = made.all()
    assert (known.name, known.ensemble, known.whole, known.missing) == ("pair", ensemble, True, ())


def test_an_ensemble_is_no_run_and_takes_no_runs_name(jobs, made):
    made.create(PAIR)
    assert jobs.all() == [] and "pair" not in store(jobs.folder).runs()
    with pytest.raises(KeyError):
        jobs.delete("pair")
    with pytest.raises(Refused):
        jobs.create(Recipe("dense"), "pair", start=False)


def test_it_is_on_the_leaderboard_with_the_figures_of_its_members(own, made):
    made.create(replace(PAIR, members=("mine", "dense")))
    board, damages = rows(store(own))
    found = {row.name: row for row in board}
    assert not damages
    assert found["pair"].members == ("mine", "dense")
    assert found["pair"].parameters == found["mine"].parameters + found["dense"].parameters
    both = [store(own).run(name).predictions().probs for name in ("mine", "dense")]
    labels = load_mnist(train=False).labels.numpy()
    assert found["pair"].errors == int((np.mean(both, 0).argmax(1) != labels).sum())


@pytest.mark.parametrize(
    "name", [*NO_NAMES, *RESERVED, "own choice", "tiny", "champion", "trio", "mine", QUEUE, LOCK]
)
def test_a_name_that_is_taken_special_or_none_is_refused(own, made, name):
    before = everything(own)
    with pytest.raises(Refused):
        made.create(replace(PAIR, name=name))
    assert everything(own) == before
    made.create(PAIR)
    with pytest.raises(Refused):
        made.rename("pair", name)
    with pytest.raises(Refused):
        made.rename("pair", "pair")
    assert [known.name for known in made.all()] == ["pair"]


@pytest.mark.parametrize("name", RESERVED)
def test_no_run_takes_a_special_name_either(jobs, name):
    with pytest.raises(Refused):
        jobs.create(Recipe("dense"), name, start=False)


def test_the_default_stays_shipped_where_none_is_shipped(folder, tmp_path):
    shipped = tmp_path / "shipped"
    for name in PAIR.members:
        shutil.copytree(WEIGHTS / name, shipped / name)
    with pytest.raises(Refused, match="meaning of its own"):
        Ensembles(folder, shipped).create(replace(PAIR, name=DEFAULT))


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ((), "two models"),
        (("tiny",), "two models"),
        (("tiny", "tiny"), "once"),
        (("tiny", "gone"), "gone"),
        (("tiny", "trio"), "trio"),
        (("tiny", "../tiny"), "no finished model"),
    ],
)
def test_members_that_do_not_fit_are_refused(made, members, why):
    with pytest.raises(Refused, match=why):
        made.create(replace(PAIR, members=members))
    assert everything(made.folder) == []


@pytest.mark.parametrize(
    ("how", "weights"),
    [("median", None), ("weighted", None), ("weighted", (1.0,)), ("weighted", (0.0, 0.0)),
     ("weighted", (float("nan"), 1.0))],
)  # fmt: skip
def test_a_way_that_does_not_fit_is_refused(made, how, weights):
    with pytest.raises(Refused):
        made.create(replace(PAIR, how=how, weights=weights))
    assert made.all() == []


def test_there_is_an_end_to_how_many_models_vote(made, own):
    for number in range(MOST_MEMBERS + 1):
        (own / f"m{number}").mkdir()
        (own / f"m{number}" / RESULT).touch()
    many = tuple(f"m{number}" for number in range(MOST_MEMBERS + 1))
    with pytest.raises(Refused, match=str(MOST_MEMBERS)):
        made.create(replace(PAIR, members=many, how="vote"))
    made.create(replace(PAIR, members=many[1:], how="vote"))


def test_a_run_that_is_not_finished_is_no_member(jobs, made):
    jobs.create(Recipe("dense"), "begun", start=False)
    with pytest.raises(Refused, match="begun"):
        made.create(replace(PAIR, members=("tiny", "begun")))


def test_a_full_disk_leaves_nothing_and_the_name_free(made, monkeypatch):
    made.create(replace(PAIR, name="first"))
    before = everything(made.folder)
    with full_disk(monkeypatch), pytest.raises(OSError, match="No space"):
        made.create(PAIR)
    assert everything(made.folder) == before
    made.create(PAIR)


def test_what_a_killed_process_left_does_no_harm(made):
    made.folder.mkdir()
    for name in (".making-pair", f"{DELETED}pair"):
        (made.folder / name).mkdir()
        (made.folder / name / ENSEMBLE).write_text("half")
    assert made.all() == []
    made.create(PAIR)
    made.delete("pair")
    assert everything(made.folder) == []


# --- asked at once, without a restart


@pytest.fixture
def members(own) -> Members:
    return Members(store(own))


@pytest.fixture
def client(members) -> TestClient:
    return TestClient(create_api(lambda: members))


def ask(client: TestClient, name: str):
    return client.post(f"/predict?models={name}", content=SEVEN)


def test_rest_knows_it_as_soon_as_it_is_made_renamed_and_deleted(client, made):
    assert ask(client, "pair").status_code == 422
    made.create(replace(PAIR, members=("mine", "dense")))
    assert "pair" in client.get("/health").json()["ensembles"]
    answer = ask(client, "pair").json()
    assert list(answer["models"]) == ["mine", "dense"]
    hold_answer(answer, 7)
    assert "pair" in ask(client, "nobody").json()["error"]
    made.rename("pair", "better")
    assert ask(client, "pair").status_code == 422
    hold_answer(ask(client, "better").json(), 7)
    assert "better" in client.get("/health").json()["ensembles"]
    made.delete("better")
    assert ask(client, "better").status_code == 422
    assert "better" not in client.get("/health").json()["ensembles"]


def test_rest_answers_by_its_own_way_and_weights(client, made):
    made.create(replace(PAIR, how="weighted", weights=(1.0, 3.0)))
    answer = ask(client, "pair").json()
    each = [answer["models"][name]["probabilities"] for name in ("tiny", "dense")]
    expected = 0.25 * np.array(each[0]) + 0.75 * np.array(each[1])
    assert answer["probabilities"] == pytest.approx(expected, abs=1e-5)


def test_what_the_pages_ask_for_is_what_was_made(members, made):
    ensemble = replace(PAIR, how="vote")
    made.create(ensemble)
    assert members.choose(["pair"]) == ensemble
    assert members.choose(["pair", "mine"]).members == ("tiny", "dense", "mine")
    assert members.choose(["tiny", "mine"]).name == CHOSEN


# --- renamed and deleted


def test_an_ensemble_follows_a_member_to_its_new_name(jobs, own, client):
    made = jobs.ensembles
    weighed = Ensemble("weighed", "Text.", ("dense", "mine"), "weighted", (0.25, 0.75))
    made.create(weighed)
    made.create(PAIR)
    jobs.rename("mine", "yours")
    assert store(own).ensembles()["weighed"] == replace(weighed, members=("dense", "yours"))
    assert store(own).ensembles()["pair"] == PAIR
    assert all(known.whole for known in made.all())
    assert not [p for p in own.iterdir() if p.name.startswith(".")]
    hold_answer_of_two(ask(client, "weighed").json())


def hold_answer_of_two(answer: dict) -> None:
    assert (answer["prediction"], list(answer["models"])) == (7, ["dense", "yours"])


@pytest.mark.parametrize("after", [0, 1])
def test_a_full_disk_renames_neither_the_member_nor_any_ensemble(jobs, own, monkeypatch, after):
    first = Ensemble("first", "", ("dense", "mine"))
    second = Ensemble("second", "", ("mine", "tiny"))
    for ensemble in (first, second):
        jobs.ensembles.create(ensemble)
    before = everything(own)
    with full_disk(monkeypatch, after), pytest.raises(OSError, match="No space"):
        jobs.rename("mine", "yours")
    assert everything(own) == before
    known = store(own).ensembles()
    assert (known["first"], known["second"]) == (first, second)


def test_a_refused_name_leaves_the_ensembles_as_they_are(jobs, own):
    jobs.ensembles.create(replace(PAIR, members=("mine", "dense")))
    with pytest.raises(Refused):
        jobs.rename("mine", "tiny")
    assert jobs.ensembles.using("mine") == ["pair"]


def test_a_run_that_is_trained_keeps_its_name_and_its_ensembles(jobs, own):
    jobs.ensembles.create(replace(PAIR, members=("mine", "dense")))
    progress.save_status(own / "mine", Status("training", 0, 1, 2, 5))
    with holding(own / "mine" / progress.LOCK), pytest.raises(Refused, match="being trained"):
        jobs.rename("mine", "yours")
    assert jobs.ensembles.using("mine") == ["pair"]


def test_without_a_member_it_is_incomplete_and_answers_no_more(jobs, own, client):
    made = jobs.ensembles
    made.create(replace(PAIR, members=("mine", "dense")))
    made.create(replace(PAIR, name="other"))
    assert (made.using("mine"), made.using("dense")) == (["pair"], ["other", "pair"])
    jobs.delete("mine")
    broken = next(known for known in made.all() if known.name == "pair")
    assert (broken.whole, broken.missing, broken.ensemble.members) == (
        False, ("mine",), ("mine", "dense"),
    )  # fmt: skip
    assert "pair" not in store(own).ensembles()
    assert ask(client, "pair").status_code == 422
    hold_answer(ask(client, "other").json(), 7)
    with pytest.raises(Refused):
        jobs.create(Recipe("dense"), "pair", start=False)  # its name is still taken
    made.delete("pair")
    assert [known.name for known in made.all()] == ["other"]


@pytest.mark.parametrize("text", ["", "[]", "null", '{"members": []}', "\udcff", json.dumps(
    {"description": "", "members": ["tiny"], "how": "median", "weights": None})])  # fmt: skip
def test_a_damaged_one_is_listed_in_words_can_be_deleted_and_stops_no_rename(jobs, own, text):
    made = jobs.ensembles
    made.create(replace(PAIR, members=("mine", "dense")))
    made.create(replace(PAIR, name="broken"))
    (own / "broken" / ENSEMBLE).write_bytes(text.encode("utf-8", "surrogateescape"))
    broken = made.all()[0]
    assert (broken.name, broken.ensemble, broken.whole) == ("broken", None, False)
    assert f"broken/{ENSEMBLE}" in broken.damage
    jobs.rename("mine", "yours")
    assert made.using("yours") == ["pair"]
    made.delete("broken")
    assert [known.name for known in made.all()] == ["pair"]


def test_a_deleted_one_is_gone_and_its_members_stay(jobs, own):
    jobs.ensembles.create(replace(PAIR, members=("mine", "dense")))
    jobs.ensembles.delete("pair")
    assert not (own / "pair").exists()
    assert [job.name for job in jobs.all()] == ["mine"]
    jobs.ensembles.create(PAIR)


@pytest.mark.parametrize("name", [*NO_NAMES, "", "champion", "trio", "tiny", "mine", "gone", LOCK])
def test_only_what_was_made_here_can_be_renamed_or_deleted(own, made, name):
    before = everything(own)
    for verb in (made.delete, lambda name: made.rename(name, "new")):
        with pytest.raises(Refused, match="made here"):
            verb(name)
    assert everything(own) == before
    assert (WEIGHTS / "champion" / ENSEMBLE).is_file()


def test_a_run_with_a_stray_ensemble_file_is_still_a_run(own, made):
    made.create(PAIR)
    shutil.copy(own / "pair" / ENSEMBLE, own / "mine" / ENSEMBLE)
    assert [known.name for known in made.all()] == ["pair"]
    with pytest.raises(Refused, match="made here"):
        made.delete("mine")


def test_changes_wait_for_each_other(made, own, monkeypatch):
    made.create(PAIR)
    with made.queue.changing(), monkeypatch.context() as patch:
        patch.setattr("digitcore.waiting.holding", lambda file: holding(file, wait=0.05))
        for verb in (
            lambda: made.create(replace(PAIR, name="more")),
            lambda: made.rename("pair", "new"),
            lambda: made.delete("pair"),
            lambda: Jobs(own).rename("mine", "new"),
        ):
            with pytest.raises(OSError, match="in use"):
                verb()
    assert [known.name for known in made.all()] == ["pair"]


def test_an_empty_folder_or_none_has_no_ensembles(made):
    assert made.all() == [] and made.using("tiny") == []
    assert not made.folder.exists()  # to look leaves no trace
