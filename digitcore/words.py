"""How names and counts stand in a sentence."""

from collections.abc import Sequence


def listed(words: Sequence[str], last: str = "and") -> str:
    """'a', 'a and b', 'a, b and c'; nothing for none."""
    *first, end = [*words] or [""]
    return f"{', '.join(first)} {last} {end}" if first else end


def counted(count: int, what: str = "digit") -> str:
    """'1 digit', '2,000 digits'."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
