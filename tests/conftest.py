"""What several test files share: few digits, at most two threads, and repeatable Hypothesis."""

import pytest
import torch
from hypothesis import HealthCheck, settings

from digitcore.digits import DigitSet, load_mnist

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
