"""What several test files share: few digits, at most two threads, and repeatable Hypothesis."""

import os
import shutil

import pytest
import streamlit as st
import torch
from hypothesis import HealthCheck, settings

from digitcore.digits import DigitSet, load_mnist
from digitcore.jobs import Jobs
from tests.forked import forks
from tests.server import SECONDS, blameless_page, browser, running
from tests.workers import end_workers

torch.set_num_threads(min(2, torch.get_num_threads()))
settings.register_profile(
    "gate",
    deadline=None,
    derandomize=True,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("gate")


@pytest.fixture(scope="session")
def mnist() -> DigitSet:
    """All 60,000 training digits, to be read only."""
    return load_mnist(train=True)


@pytest.fixture(scope="session")
def few(mnist: DigitSet) -> tuple[DigitSet, DigitSet]:
    """(512 digits to learn from, 256 others to validate on)."""
    return mnist.take(range(512), "few"), mnist.take(range(1000, 1256), "few, held out")


@pytest.fixture(scope="module")
def one_thread():
    """Every process computes with one thread, so that all come to the same last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def forked():
    """Real processes that cost no start-up."""
    with forks() as forked:
        yield forked


@pytest.fixture(scope="module")
def chromium():
    """A real browser, without which the stories are skipped, though not in the gate."""
    if not shutil.which("chromium") and not os.environ.get("CI"):
        pytest.skip("The browser stories need Debian's package chromium.")
    with browser() as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of a real server without any runs, for stories that leave none either."""
    with running(runs=tmp_path_factory.mktemp("server") / "runs") as address:
        yield address


@pytest.fixture
def page(chromium, server, request):
    """A page of that server, as high as the story's module says."""
    with blameless_page(chromium, server, request.module.HEIGHT, timeout=SECONDS) as page:
        yield page


@pytest.fixture
def folder(tmp_path):
    """A folder of runs whose workers end with the test, whatever happens."""
    yield tmp_path / "runs"
    end_workers(tmp_path / "runs")


@pytest.fixture
def jobs(folder):
    """The runs in that folder."""
    return Jobs(folder)


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """The pages' folders of runs and of own sets, empty for each test, and nothing cached from
    another one; gives that of runs."""
    monkeypatch.setenv("DIGITS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DIGITS_OWN", str(tmp_path / "own"))
    yield tmp_path / "runs"
    st.cache_resource.clear()
    st.cache_data.clear()
    end_workers(tmp_path / "runs")
