"""Is a gap luck? statsmodels and published examples are the oracles; so are simulated models."""

import gc
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests

from digitcore import figures
from digitcore.comparison.significance import (
    Pair,
    compare,
    every_pair,
    holm,
    mcnemar,
    newcombe,
    only_one_right,
    sentence,
    standing,
    told,
    verdict,
)
from digitcore.evaluation import Predictions, wilson
from digitcore.figures import gaps
from tests.test_evaluation import certain, guesses

COUNTS = st.integers(0, 60)
TABLES = st.tuples(st.integers(0, 9000), COUNTS, COUNTS, COUNTS).filter(lambda four: sum(four))
Z = stats.norm.ppf(0.975)


def committee(n: int = 600, **skills: float) -> dict[str, Predictions]:
    """Models of different skill on the same n digits."""
    labels = guesses(n, 1).labels
    made = {}
    for place, (name, skill) in enumerate(skills.items()):
        logits = np.random.default_rng(place).normal(size=(n, 10))
        logits[np.arange(n), labels] += skill
        probs = np.exp(logits)
        made[name] = Predictions(probs / probs.sum(1, keepdims=True), labels)
    return made


def of_counts(only_a: int, only_b: int, both: int = 20, n: int = 10_000) -> Pair:
    """Models a and b that are wrong on so many digits."""
    wrong = only_a + only_b + both
    labels = [0] * n
    a = [1] * only_a + [0] * only_b + [1] * both + [0] * (n - wrong)
    b = [0] * only_a + [1] * only_b + [1] * both + [0] * (n - wrong)
    return compare("a", certain(a, labels), "b", certain(b, labels))


# --- McNemar


@given(COUNTS, COUNTS)
def test_p_is_that_of_statsmodels(only_a, only_b):
    theirs = their_mcnemar([[100, only_a], [only_b, 7]], exact=True).pvalue
    assert mcnemar(only_a, only_b) == pytest.approx(min(theirs, 1))
    assert mcnemar(only_a, only_b) == pytest.approx(mcnemar(only_b, only_a))


def test_p_is_one_where_nothing_tells_two_models_apart():
    assert mcnemar(0, 0) == 1


def test_p_by_hand():
    assert mcnemar(0, 5) == pytest.approx(2 / 2**5)
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)


# --- Newcombe


def test_interval_of_a_published_example():
    # Complete response before and after consolidation therapy (Cavo et al. 2012), Newcombe's
    # square-and-add interval in Fagerland, Lydersen and Laake, Statistical Analysis of Contingency
    # Tables (2017), chapter 8; checked by the authors' R package contingencytables as well
    low, high = newcombe(59, 6, 16, 80)
    assert (low, high) == pytest.approx((-0.1186, -0.0046), abs=5e-5)


@given(TABLES)
def test_interval_holds_the_difference_and_stays_possible(table):
    _, only_first, only_second, _ = table
    low, high = newcombe(*table)
    assert -1 <= low <= (only_first - only_second) / sum(table) <= high <= 1
    assert low < high


@given(TABLES)
def test_interval_is_the_same_from_either_side(table):
    both, only_first, only_second, neither = table
    low, high = newcombe(*table)
    assert newcombe(both, only_second, only_first, neither) == pytest.approx((-high, -low))
    # and where errors are counted in place of hits
    assert newcombe(neither, only_second, only_first, both) == pytest.approx((-high, -low))


@pytest.mark.parametrize(
    "table", [(20, 20, 10, 10), (30, 10, 15, 5), (12, 18, 8, 12), (900, 90, 10, 1), (1, 1, 7, 12)]
)
def test_interval_without_correlation_is_newcombes_for_independent_shares(table):
    """Method 10 of his other paper of 1998: where phi is 0, each share moves by itself."""
    both, only_first, only_second, neither = table
    n = sum(table)
    assert 0 <= both * neither - only_first * only_second <= n / 2  # drawn to 0
    first, second = wilson(both + only_first, n), wilson(both + only_second, n)
    below = np.hypot(first.value - first.low, second.high - second.value)
    above = np.hypot(first.high - first.value, second.value - second.low)
    gap = first.value - second.value
    assert newcombe(*table) == pytest.approx((gap - below, gap + above))


def test_interval_of_models_that_are_always_right():
    low, high = newcombe(10_000, 0, 0, 0)
    assert (low, high) == pytest.approx((-(Z**2) / (10_000 + Z**2), Z**2 / (10_000 + Z**2)))


def test_interval_of_equal_models_is_narrower_than_that_of_either():
    alone = wilson(9_970, 10_000)
    low, high = newcombe(9_970, 0, 0, 30)
    assert low == pytest.approx(-high)
    assert 0 < high < (alone.high - alone.low) / 2


@pytest.mark.parametrize(
    ("n", "only_first", "only_second", "neither"),
    [
        (10_000, 0.0030, 0.0025, 0.0040), (10_000, 0.0010, 0.0003, 0.0020),
        (10_000, 0.0150, 0.0010, 0.0020), (5_000, 0.0005, 0.0005, 0.0), (5_000, 0.01, 0.002, 0.01),
        (100, 0.10, 0.05, 0.10), (100, 0.3, 0.3, 0.2),
    ],
)  # fmt: skip
def test_interval_covers_the_truth_about_as_often_as_it_says(n, only_first, only_second, neither):
    shares = (1 - only_first - only_second - neither, only_first, only_second, neither)
    drawn = np.random.default_rng(n).multinomial(n, shares, size=1000)
    tables, times = np.unique(drawn, axis=0, return_counts=True)
    intervals = np.array([newcombe(*table) for table in tables.tolist()])
    truth = only_first - only_second
    hit = (intervals[:, 0] <= truth) & (truth <= intervals[:, 1])
    covered = (times * hit).sum() / times.sum()
    assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 1000)
    if n * (only_first + only_second) >= 15:
        assert covered < 0.985  # it is not wide for safety's sake


# --- Holm


def their_holm(p: list[float]) -> list[float]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda: 0)  # which they call, and which takes 0.2 s
        return list(multipletests(p, method="holm")[1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(their_holm(p))


def test_nothing_needs_no_correction():
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_a_correction_never_helps(p):
    assert all(corrected >= alone for corrected, alone in zip(holm(p), p, strict=True))
    assert max(holm(p)) <= 1


# --- pairs


def test_every_pair_counts_what_brute_force_counts():
    models = committee(weak=0.5, good=3.0, better=4.0, best=6.0)
    pairs = every_pair(models)
    assert [(pair.a, pair.b) for pair in pairs] == list(combinations(models, 2))
    for pair in pairs:
        a, b = models[pair.a], models[pair.b]
        rows = list(zip(a.answers, b.answers, a.labels, strict=True))
        assert pair.only_a_wrong == sum(x != t and y == t for x, y, t in rows)
        assert pair.only_b_wrong == sum(x == t and y != t for x, y, t in rows)
        assert pair.both_wrong == sum(x != t and y != t for x, y, t in rows)
        assert pair.n == len(rows)
        assert pair.difference == pytest.approx(a.accuracy.value - b.accuracy.value)
        assert pair.low <= pair.difference <= pair.high
        table = [[0, pair.only_b_wrong], [pair.only_a_wrong, 0]]
        assert pair.p == pytest.approx(their_mcnemar(table, exact=True).pvalue)
        assert pair.pairs == 6
    theirs = their_holm([pair.p for pair in pairs])
    assert [pair.corrected for pair in pairs] == pytest.approx(theirs)


def test_one_model_has_no_pair():
    assert every_pair(committee(alone=2.0)) == []


def test_models_on_other_digits_are_refused():
    with pytest.raises(ValueError, match="a and b can be compared on the same digits only"):
        compare("a", guesses(50, 1), "b", guesses(50, 2))
    with pytest.raises(ValueError, match="same digits"):
        every_pair({"a": guesses(50, 1), "b": guesses(51, 1)})


def test_the_places_are_those_that_are_counted():
    models = committee(good=3.0, better=4.0)
    good, better = models.values()
    pair = compare("good", good, "better", better)
    only_good, only_better = only_one_right(good, better)
    assert (len(only_good), len(only_better)) == (pair.only_b_wrong, pair.only_a_wrong)
    assert (good.answers[only_good] == good.labels[only_good]).all()
    assert (better.answers[only_good] != good.labels[only_good]).all()
    assert (good.answers[only_better] != good.labels[only_better]).all()
    assert (np.diff(only_good) > 0).all()


@given(COUNTS, COUNTS)
def test_a_pair_is_the_same_from_either_side(only_a, only_b):
    pair = of_counts(only_a, only_b, n=400)
    other = of_counts(only_b, only_a, n=400)
    expected = replace(other, a="b", b="a")
    assert pair.flipped.low == pytest.approx(expected.low)
    assert pair.flipped.high == pytest.approx(expected.high)
    assert replace(pair.flipped, low=0, high=0, p=0, corrected=0) == replace(
        expected, low=0, high=0, p=0, corrected=0
    )
    assert pair.flipped.flipped == pair == pair.of("a") == pair.of("b").of("a")
    with pytest.raises(ValueError, match="c is neither a nor b"):
        pair.of("c")


def test_the_better_one_is_named_only_after_the_correction():
    assert of_counts(2, 30).better == "a"
    assert of_counts(30, 2).better == "b"
    assert of_counts(31, 24).better is None
    assert replace(of_counts(2, 30), corrected=0.05).better is None


# --- in words


def test_a_gap_that_could_be_luck_in_words():
    pair = replace(of_counts(31, 24), a="broad", b="strong", corrected=1.0, pairs=10)
    assert sentence(pair) == (
        "broad is wrong on 31 images that strong gets right, strong on 24 that broad gets right: "
        "this gap could well be luck (p = 0.42, corrected for 10 pairs: 1.00)."
    )


def test_a_gap_that_is_hardly_luck_in_words():
    assert sentence(of_counts(1, 30)) == (
        "a is wrong on 1 image that b gets right, b on 30 that a gets right: "
        "that a is better is hardly luck (p < 0.001)."
    )
    worse = replace(of_counts(40, 2), corrected=0.0002, pairs=3)
    assert "that b is better is hardly luck (p < 0.001, corrected for 3 pairs: < 0.001)" in (
        sentence(worse)
    )


def test_a_gap_that_passes_by_itself_only_in_words():
    pair = replace(of_counts(11, 30), corrected=0.17, pairs=40)
    assert verdict(pair) == (
        "this gap would pass for real by itself, but among 40 pairs it could well be luck"
    )
    assert "(p = 0.0043, corrected for 40 pairs: 0.17)" in sentence(pair)


def test_models_that_are_level_in_words():
    assert sentence(of_counts(7, 7)) == (
        "a is wrong on 7 images that b gets right, b on 7 that a gets right: neither is ahead "
        "(p = 1.00)."
    )


def test_identical_models_in_words():
    same = guesses(300, 4)
    pair = compare("a", same, "b", same)
    assert (pair.p, pair.only_a_wrong, pair.only_b_wrong, pair.difference) == (1, 0, 0, 0)
    assert sentence(pair) == "a and b give the same answer to each of the 300 digits."
    assert verdict(pair) == "the same answers"


def test_models_that_err_on_the_same_digits_in_words():
    pair = compare("a", certain([1, 2, 5], [1, 3, 5]), "b", certain([1, 4, 5], [1, 3, 5]))
    assert sentence(pair) == (
        "a and b are both wrong on 1 image and neither on any other, if not always with the same "
        "answer: nothing speaks for either."
    )


def test_a_member_of_the_other_is_told():
    words = sentence(of_counts(3, 9), {"b": ("a", "c")})
    assert "a is a member of b, so the two err together more" in words
    assert sentence(of_counts(3, 9), {"c": ("a", "b")}) == sentence(of_counts(3, 9))


@pytest.mark.parametrize(
    ("p", "words"),
    [(1, "1.00"), (0.4189, "0.42"), (0.0996, "0.10"), (0.0994, "0.099"), (0.05, "0.05"),
     (0.0123, "0.012"), (0.001, "0.001"), (0.00099, "< 0.001"), (0, "< 0.001")],
)  # fmt: skip
def test_p_is_told_in_digits_that_matter(p, words):
    assert told(p) == words


def test_standing_says_whom_a_model_beats_and_of_whom_it_cannot_be_told():
    worse, level = replace(of_counts(1, 30), b="w"), replace(of_counts(5, 7), b="l")
    better = replace(of_counts(30, 1), b="u")
    assert standing([worse]) == "a is better than w, and that is hardly luck."
    assert standing([worse, replace(worse, b="v"), replace(worse, b="x"), level]) == (
        "a is better than w, v and x, and that is hardly luck; it cannot be told from l: there "
        "the gap could well be luck."
    )
    assert standing([better, replace(level, b="m"), level]) == (
        "a is worse than u, and that is hardly luck; it cannot be told from m and l: there the "
        "gap could well be luck."
    )


def test_standing_does_not_call_the_same_answers_luck():
    same, level = replace(of_counts(0, 0), b="s"), replace(of_counts(5, 7), b="l")
    assert same.same_answers
    assert standing([same]) == "a gives the same answers as s."
    assert standing([level, same, replace(same, b="t")]) == (
        "a gives the same answers as s and t; it cannot be told from l: there the gap could well "
        "be luck."
    )


# --- figures


MODELS = committee(best=9.0, good=3.0, other=2.9, weak=0.5)
PAIRS = every_pair(MODELS)
STYLES = figures.styles_of(MODELS)


def test_forest_shows_differences_to_the_reference_with_intervals():
    own = [pair for pair in PAIRS if "good" in (pair.a, pair.b)]
    dots = gaps.forest(own, "good", STYLES).data[0]
    assert list(dots.y) == ["weak", "other", "best"]  # the first on top
    for place, name in enumerate(dots.y):
        pair = compare(name, MODELS[name], "good", MODELS["good"])
        gap = MODELS[name].accuracy.value - MODELS["good"].accuracy.value
        assert dots.x[place] == pytest.approx(100 * gap)
        assert dots.x[place] + dots.error_x.array[place] == pytest.approx(100 * pair.high)
        assert dots.x[place] - dots.error_x.arrayminus[place] == pytest.approx(100 * pair.low)
        assert dots.marker.color[place] == STYLES[name].colour


def test_forest_tells_luck_by_an_open_marker():
    own = [pair for pair in PAIRS if "good" in (pair.a, pair.b)]
    dots = gaps.forest(own, "good", STYLES).data[0]
    symbols = dict(zip(dots.y, dots.marker.symbol, strict=True))
    assert symbols == {
        "weak": STYLES["weak"].symbol,
        "other": f"{STYLES['other'].symbol}-open",
        "best": STYLES["best"].symbol,
    }
    with pytest.raises(ValueError, match="neither"):
        gaps.forest(PAIRS, "good", STYLES)


def test_matrix_has_a_sign_for_each_pair_in_its_upper_half():
    order = ["best", "good", "other", "weak"]
    shades, signs = gaps.matrix(PAIRS, order).data
    cells = {
        (order[y], order[x]): sign for x, y, sign in zip(signs.x, signs.y, signs.text, strict=True)
    }
    assert cells == {
        ("best", "good"): ">", ("best", "other"): ">", ("best", "weak"): ">",
        ("good", "other"): "≈", ("good", "weak"): ">", ("other", "weak"): ">",
    }  # fmt: skip
    assert all(y < x for x, y in zip(signs.x, signs.y, strict=True))
    for place, (x, y) in enumerate(zip(signs.x, signs.y, strict=True)):
        assert tuple(signs.customdata[place][:2]) == (order[y], order[x])
        assert shades.z[y][x] == {">": 1, "≈": 0}[signs.text[place]]


def test_matrix_in_another_order_says_that_the_column_is_better():
    signs = gaps.matrix(PAIRS, ["weak", "other", "good", "best"]).data[1]
    assert sorted(signs.text) == ["<"] * 5 + ["≈"]


def test_matrix_marks_equal_models_and_the_chosen_pair():
    twins = every_pair({"a": MODELS["good"], "b": MODELS["good"]})
    figure = gaps.matrix(twins, ["a", "b"], twins[0])
    assert list(figure.data[1].text) == ["="]
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (0.5, 1.5, -0.5, 0.5)
    assert not gaps.matrix(twins, ["a", "b"]).layout.shapes


@pytest.mark.parametrize("count", [2, 8, 15])
def test_figures_of_many_models_have_room_and_titles(count):
    models = committee(50, **{f"model-{place:02}-{'x' * place}": 0.3 * place
                              for place in range(count)})  # fmt: skip
    pairs, names = every_pair(models), list(models)
    matrix = gaps.matrix(pairs, names)
    assert len(matrix.data[1].x) == count * (count - 1) / 2
    own = [pair for pair in pairs if names[0] in (pair.a, pair.b)]
    forest = gaps.forest(own, names[0], figures.styles_of(models))
    assert len(forest.data[0].x) == count - 1
    for figure in (matrix, forest):
        assert figure.layout.title.text and figure.layout.dragmode is False
        assert figure.layout.xaxis.fixedrange and figure.layout.yaxis.fixedrange
        assert figure.layout.height >= 26 * (count - 1)
        labels = figure.layout.yaxis.ticktext
        assert max(len(label) for label in labels) <= 18
        assert len(set(labels)) == len(labels)
        figure.to_json()


def test_every_sign_has_a_meaning():
    assert {gaps.sign(pair) for pair in PAIRS} <= set(gaps.MEANING)
