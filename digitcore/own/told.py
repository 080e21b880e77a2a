"""Words out of a person's files, made fit to be kept and shown: clean, and not without end."""

import re
from collections.abc import Sequence

LISTED, NAMED = 200, 120  # reasons that are listed one by one, and letters of a name in them
MORE = re.compile(r"and ([\d,]+) more")
FORMULA = ("=", "+", "-", "@")  # with which a cell begins that spreadsheets compute


def listed(lines: Sequence[str], most: int = LISTED) -> tuple[str, ...]:
    """The first of the lines, and how many more there are; listed again, they stay the same."""
    before = MORE.fullmatch(lines[-1]) if lines else None
    told = lines[:-1] if before else lines
    more = max(0, len(told) - most) + (int(before[1].replace(",", "")) if before else 0)
    return (*told[:most], f"and {more:,} more") if more else tuple(lines)


def shown(name: str) -> str:
    """A name out of a file, fit to be shown: no control characters, and not without end."""
    clean = _clean(name)
    return clean if len(clean) <= NAMED else f"{clean[: NAMED - 1]}…"


def source(words: str) -> str:
    """Where a digit came from, as it is kept: what begins and what ends it says most. A path that
    a spreadsheet would take for a formula begins with ./ instead, and means the same."""
    clean = _clean(words)
    safe = f"./{clean}" if clean.startswith(FORMULA) else clean
    half = (NAMED - 1) // 2
    return safe if len(safe) <= NAMED else f"{safe[:half]}…{safe[-half:]}"


def _clean(name: str) -> str:
    if name.isprintable():
        return name
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
                   for letter in name)  # fmt: skip
