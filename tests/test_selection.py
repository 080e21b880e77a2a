"""Filters and orders of digits, against plain loops."""

from dataclasses import replace
from math import isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as draws

from digitcore.exploration.catalogue import MNIST, SPLITS
from digitcore.exploration.selection import (
    AS_THEY_COME,
    MEASURED,
    SORTS,
    Range,
    Selection,
    read_by,
    standing,
)
from tests.catalogues import small

TABLE = small(80, MNIST).table
TABLE.loc[[3, 9, 40], "slant"] = np.nan  # as of images without ink
DIGITS = draws.lists(draws.integers(0, 9), max_size=4).map(tuple)


@draws.composite
def ranges(draw):
    name = draw(draws.sampled_from(list(MEASURED)))
    ends = draws.sampled_from(sorted(TABLE[name].dropna().tolist()))
    return name, Range(*sorted((draw(ends), draw(ends))))


SELECTIONS = draws.builds(
    Selection,
    splits=draws.lists(draws.sampled_from(SPLITS), max_size=2).map(tuple),
    labels=DIGITS, answers=DIGITS, right=draws.sampled_from([None, None, True, False]),
    ranges=draws.lists(ranges(), max_size=2).map(dict),
    only=draws.none() | draws.lists(draws.integers(0, 79), unique=True).map(tuple),
    sort=draws.sampled_from(SORTS), descending=draws.booleans(),
)  # fmt: skip


def wanted(row, asked: Selection) -> bool:
    """The same for one digit, in plain words."""
    return (
        (not asked.splits or row["split"] in asked.splits)
        and (not asked.labels or row["label"] in asked.labels)
        and (not asked.answers or row["answer"] in asked.answers)
        and (asked.right is None or bool(row["right"]) is asked.right)
        and all(within.low <= row[name] <= within.high for name, within in asked.ranges.items())
    )


def expected(table: pd.DataFrame, asked: Selection) -> list[int]:
    rows = dict(zip(table.index.tolist(), table.to_dict("records"), strict=True))
    order = list(rows) if asked.only is None else [place for place in asked.only if place in rows]
    found = [place for place in order if wanted(rows[place], asked)]
    if asked.sort == AS_THEY_COME:
        return found[::-1] if asked.descending else found

    def key(place):
        value = rows[place][asked.sort]
        value = SPLITS.index(value) if asked.sort == "split" else float(value)
        return (isnan(value), 0 if isnan(value) else -value if asked.descending else value)

    return sorted(found, key=key)


@given(SELECTIONS)
def test_places_are_those_of_a_plain_loop(asked):
    assert asked.places(TABLE).tolist() == expected(TABLE, asked)


@given(SELECTIONS, draws.sets(draws.integers(0, 79)))
def test_places_among_what_someone_else_has_read(asked, read):
    part = TABLE.loc[sorted(read)]
    assert asked.places(part).tolist() == expected(part, asked)


@given(SELECTIONS, ranges())
def test_another_filter_only_takes_away(asked, more):
    narrower = replace(asked, ranges={**asked.ranges, more[0]: more[1]})
    if more[0] not in asked.ranges:
        left = narrower.places(TABLE).tolist()
        assert left == [place for place in asked.places(TABLE).tolist() if place in left]
        assert narrower.count == asked.count + 1


def test_nothing_asked_for_gives_all_as_they_come():
    assert Selection().places(TABLE).tolist() == list(range(80))
    assert Selection().count == 0
    assert Selection(right=False, only=(), labels=(1,)).count == 3
    assert not len(Selection(only=()).places(TABLE))
    assert not len(Selection().places(TABLE.iloc[:0]))


@pytest.mark.parametrize("asked", [{"sort": "colour"}, {"ranges": {"colour": Range(0, 1)}}])
def test_what_is_not_known_is_refused(asked):
    with pytest.raises(ValueError, match="colour"):
        Selection(**asked)
    with pytest.raises(ValueError, match="low to high"):
        Range(2, 1)


def test_another_reader_gives_its_own_answers():
    places, probs = np.array([2, 5, 70]), np.eye(10)[[TABLE["label"][2], 3, 4]] * 0.8 + 0.02
    part = read_by(TABLE, places, probs)
    assert part.index.tolist() == [2, 5, 70]
    assert part["answer"].tolist() == [TABLE["label"][2], 3, 4]
    assert part["right"].tolist() == (part["answer"] == part["label"]).tolist()
    assert part["quality"].to_numpy() == pytest.approx(probs[range(3), part["label"]])
    assert part["ink"].tolist() == TABLE["ink"][[2, 5, 70]].tolist()
    assert Selection(right=True).places(part)[0] == 2


@pytest.mark.parametrize("place", [0, 3, 17])
def test_standing_is_scipys_mean_percentile(place):
    from scipy.stats import percentileofscore

    found = standing(TABLE, place)
    of_class = TABLE[(TABLE["label"] == TABLE["label"][place]) & (TABLE.index != place)]
    for name, row in found.iterrows():
        others, value = of_class[name].dropna(), TABLE[name][place]
        assert row["n"] == len(others)
        share = percentileofscore(others, value, "mean") / 100 if len(others) else np.nan
        assert row["below"] == pytest.approx(np.nan if isnan(value) else share, nan_ok=True)


def test_a_single_digit_stands_nowhere():
    found = standing(TABLE.iloc[:1], 0)
    assert found["below"].isna().all() and (found["n"] == 0).all()
