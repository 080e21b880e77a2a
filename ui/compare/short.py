"""What the chosen views come to, for the beginning of a report."""

from collections.abc import Collection, Iterator

from digitcore import robustness
from digitcore.comparison import conclusion
from digitcore.comparison.calibration import reliability
from digitcore.robustness.distortions import KINDS, SAMPLE
from ui.compare.confidence import looked_at
from ui.compare.robustness import measured
from ui.compare.seen import Seen


def in_short(seen: Seen, views: Collection[str]) -> Iterator[str]:
    """One sentence or two of each of these views, by name, that has something to say."""
    found, several = seen.predictions, len(seen.names) > 1
    if "Leaderboard" in views:
        yield conclusion.most_accurate(found, seen.where)
    if several and "Gaps" in views:
        yield conclusion.against_the_rest(found)
    if several and "Cost" in views:
        sizes = {name: row.parameters for name, row in seen.rows.items()}
        yield conclusion.smallest_alike(found, sizes)
    if several and "Sturdiness" in views:
        yield from filter(None, [_sturdiest(seen)])
    if "Confidence" in views:
        shown = looked_at(seen).predictions
        yield conclusion.to_mend({name: reliability(of) for name, of in shown.items()})


def _sturdiest(seen: Seen) -> str:
    models = measured(seen.names)
    if len(models) < 2:
        return ""
    best = {kind: robustness.sturdiest(models, kind) for kind in KINDS}
    return conclusion.sturdiest_on_most(best, SAMPLE)
