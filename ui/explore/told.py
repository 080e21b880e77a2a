"""A choice of digits in words."""

from digitcore.exploration.selection import AS_THEY_COME, MEASURED, Selection

OTHER_SORTS = {AS_THEY_COME: "as they come", "label": "class", "answer": "read as",
               "right": "right or wrong", "split": "split"}  # fmt: skip
OTHER_ENDS = {
    AS_THEY_COME: ("", "the last first"),
    "label": ("by class, from 0", "by class, from 9"),
    "answer": ("by what they are read as, from 0", "by what they are read as, from 9"),
    "right": ("those read wrongly first", "those read rightly first"),
    "split": ("training first", "test first"),
}


def sort_name(sort: str) -> str:
    return OTHER_SORTS.get(sort) or MEASURED[sort].label


def order_words(selection: Selection) -> str:
    """Which come first; nothing where they come as they are."""
    if selection.sort == AS_THEY_COME and selection.only is not None:
        return "the last chosen first" if selection.descending else "in the order chosen"
    if selection.sort in OTHER_ENDS:
        return OTHER_ENDS[selection.sort][selection.descending]
    measured = MEASURED[selection.sort]
    return f"{(measured.low, measured.high)[selection.descending]} first"


def filter_words(selection: Selection) -> str:
    """What the digits are, as 'test digits labelled 4 or 9, read wrongly'; nothing where only
    those are asked for that were chosen elsewhere."""
    parts = [f"{_either(selection.splits)} digits"] if selection.splits else []
    if selection.labels:
        labelled = f"labelled {_either(selection.labels)}"
        parts = [f"{parts[0]} {labelled}" if parts else labelled]
    if selection.right is not None or selection.answers:
        how = {True: " rightly", False: " wrongly", None: ""}[selection.right]
        parts.append(f"read{how}" + (f" as {_either(selection.answers)}" if selection.answers
                                     else ""))  # fmt: skip
    for name, within in selection.ranges.items():
        known = MEASURED[name]
        unit = f" {known.unit}" if known.unit else ""
        parts.append(f"{known.label.lower()} {within.low:g} to {within.high:g}{unit}")
    return ", ".join(parts)


def _either(names: tuple) -> str:
    *first, last = map(str, names)
    return f"{', '.join(first)} or {last}" if first else last
