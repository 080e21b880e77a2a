"""Runs that learn from an own set, and what becomes of them when it is no more what it was."""

from digitcore.progress import DONE
from digitcore.standing import HALTED, Job
from ui.loaders import jobs

NAMED = 5  # runs that are named one by one


def learners(name: str) -> list[Job]:
    """Runs whose recipes learn from the set of that name, the newest first."""
    return [job for job in jobs().all() if job.recipe and job.recipe.own == name]


def learners_words(name: str, gone: bool) -> list[str]:
    """What becomes of each kind of them, should the set be gone, or else be corrected."""
    known = learners(name)
    alive = [job.name for job in known if job.alive]
    to_come = [job.name for job in known if job.state in ("waiting", "not started")]
    halted = [job.name for job in known if job.state in HALTED]
    ended = [job.name for job in known if job.state in DONE]
    lost = (
        "nor compared on what was held out of it" if gone
        else "and Compare cannot tell any more which of its digits were learned from"
    )  # fmt: skip
    found = [
        alive
        and f"{_named(alive)}: learning from it now. That goes on, but cannot be resumed "
        "after a pause.",
        to_come and f"{_named(to_come)}: planned to learn from it. That will fail with words.",
        halted
        and f"{_named(halted)}: not finished learning from it. That cannot be resumed, "
        "only stopped, which keeps the best epoch.",
        ended
        and f"{_named(ended)}: learned from it, and will read as before, but cannot be "
        f"trained further, {lost}.",
        gone
        and known
        and f"All that is possible again once a set of the same digits is called "
        f"{name}: download it as NPZ to be able to send it again.",
    ]
    return [words for words in found if words]


def _named(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
