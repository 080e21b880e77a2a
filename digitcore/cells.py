"""A table in words, as it is to be read: each column with one number of decimals."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

TEXT, LONG = 24, 60  # letters from which a column needs room, and those that no column has room for
WIDE = 64  # letters across that fill half a page
FINEST = 6  # decimals


def cells(table: pd.DataFrame) -> dict[str, Any]:
    """A table's headings, the kind of each column ('number', 'text' or ''), and its rows, in words.

    notes: by heading, what is too long for a column, as (name of the row, words); only where the
    first column names the rows. wide: whether half a page is too narrow.
    """
    named = table if _is_numbered(table) else table.reset_index(allow_duplicates=True)
    headings = [str(name) for name in named.columns]
    columns = [_told([*named.iloc[:, i]]) for i in range(named.shape[1])]
    unique = bool(columns) and len(set(columns[0])) == len(columns[0])
    noted = [i for i, column in enumerate(columns) if i and unique and _longest(column) > LONG]
    kept = [i for i in range(len(columns)) if i not in noted]
    return {
        "headings": [headings[i] for i in kept],
        "kinds": [_kind(columns[i]) for i in kept],
        "rows": [list(row) for row in zip(*(columns[i] for i in kept), strict=True)],
        "notes": [(headings[i], list(zip(columns[0], columns[i], strict=True))) for i in noted],
        "wide": sum(2 + min(TEXT, _longest([headings[i], *columns[i]])) for i in kept) > WIDE,
    }


def _is_numbered(table: pd.DataFrame) -> bool:
    """Whether its index only counts the rows, as after a sort or a filter too."""
    return table.index.name is None and all(isinstance(entry, int) for entry in table.index)


def _told(column: Sequence[Any]) -> list[str]:
    """A column in words: thousands apart, nothing for what is missing."""
    import pandas as pd

    decimals = _decimals([abs(float(value)) for value in column if _is_number(value)])

    def told(value: Any) -> str:
        if pd.api.types.is_scalar(value) and pd.isna(value):
            return ""
        if pd.api.types.is_bool(value):
            return "yes" if value else "no"
        return _number(value, decimals) if _is_number(value) else str(value)

    return [told(value) for value in column]


def _is_number(value: Any) -> bool:
    import pandas as pd

    return pd.api.types.is_number(value) and not pd.api.types.is_bool(value) and not pd.isna(value)


def _decimals(sizes: Sequence[float]) -> int:
    """So many that the largest has four digits and two decimals, unless all can do with fewer."""
    some = [size for size in sizes if isfinite(size) and size]
    if all(size == round(size) for size in some):
        return 0
    whole = floor(log10(max(some)))
    most = min(FINEST, max(2 if whole < 3 else 4 - whole, 3 - whole, 0))
    if min(some) < 10.0**-most / 2:
        return most
    ends = [len(f"{size:.{most}f}".rstrip("0").partition(".")[2]) for size in some]
    return max(ends) or most  # all would be 0


def _number(value: Any, decimals: int) -> str:
    """A number that is not quite 0 is not told as 0."""
    least = 10.0**-decimals
    if isfinite(value) and 0 < abs(value) < least / 2:
        return f"< {least:.{decimals}f}" if value > 0 else f"> \u2212{least:.{decimals}f}"
    return f"{value:,.{decimals}f}"


def _longest(column: Sequence[str]) -> int:
    return max(map(len, column), default=0)


def _kind(column: Sequence[str]) -> str:
    """A number is what begins as one in all that is filled: "99.23 % (99.04 to 99.38)" too."""
    filled = [cell.lstrip("+-\u2212\u2013<>≤~ ") for cell in column if cell]
    if filled and all(cell[:1].isdigit() for cell in filled):
        return "number"
    return "text" if _longest(column) > TEXT else ""
