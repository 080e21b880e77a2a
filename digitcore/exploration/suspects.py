"""Which digits of a set are odd, doubled or mislabelled, each with the reason in words.

Four kinds, each found by one stated rule: likely label errors, by cleanlab; outliers, by how far
the nearest digits are; near-duplicates within a part of the data; and those that two parts have in
common, such as training and test. What is found is for a person to look at: nothing here knows
that it is wrong, and nothing is chosen or left out by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitcore.evaluation import Floats
from digitcore.exploration import insights
from digitcore.exploration.catalogue import OWN, TEST, TRAINING, VALIDATION, Catalogue
from digitcore.exploration.doubles import CLOSE, MOST, Pairs, across, within
from digitcore.exploration.insights import NEAREST, Insights

LABELS, OUTLIERS, DOUBLES, OVERLAP = "Label errors", "Outliers", "Near-duplicates", "Overlap"
MNISTS = "MNIST's {} set"  # where the second of a pair is, that an own set shares with it
PARTS = (TRAINING, VALIDATION, TEST, OWN)
ENOUGH = 10  # digits in each of at least two classes, for confident learning to mean something
FENCE = 1.5  # interquartile ranges above the upper quartile: Tukey (1977), as a box plot has it


@dataclass(frozen=True)
class Found:
    """Suspects of one kind, the most suspicious first, and the rule that found them, in words.

    table: place (in the catalogue), split, label and reason; for label errors suggested, given and
    likely (the probabilities of label and suggestion) and marked; for outliers apart and times;
    for pairs other, other_label, distance, share and copy. Of an own set's overlap the other is a
    place among MNIST's 70,000. whole: False where there are more than it holds.
    """

    kind: str
    rule: str
    table: pd.DataFrame
    whole: bool = True

    def __len__(self) -> int:
        return len(self.table)

    @property
    def pairs(self) -> bool:
        """Whether each row is of two digits."""
        return "other" in self.table


def find(catalogue: Catalogue, kind: str) -> Found:
    """The suspects of a kind; of an own set it may take seconds. Raises DataDamaged."""
    return _FIND[kind](catalogue, insights.load())


# --- likely label errors


def misread(probs: Floats, labels: np.ndarray) -> np.ndarray:
    """bool (N,): where another digit is more probable than the label: cleanlab's filter
    `predicted_neq_given`, which would refuse a set of one class."""
    return probs.max(1) > probs[np.arange(len(labels)), labels]


def can_be_marked(labels: np.ndarray) -> bool:
    """Whether there are enough of each class for confident learning, see ENOUGH."""
    counts = np.unique(labels, return_counts=True)[1]
    return len(counts) > 1 and counts.min() >= ENOUGH


def marked(probs: Floats, labels: np.ndarray) -> np.ndarray:
    """bool (N,): what confident learning counts as label errors: Northcutt, Jiang, Chuang (2021),
    cleanlab's filter `confident_learning`. None where there are too few digits, see ENOUGH."""
    if not can_be_marked(labels):
        return np.zeros(len(labels), dtype=bool)
    from cleanlab.filter import find_label_issues

    found: np.ndarray = find_label_issues(labels, probs, filter_by="confident_learning", n_jobs=1)
    return found


def _label_errors(catalogue: Catalogue, known: Insights) -> Found:
    probs, labels, rows = catalogue.probs, catalogue.labels, catalogue.table
    sure = np.zeros(len(labels), dtype=bool)
    for of_part in (rows["split"] == TEST, rows["split"] != TEST):  # answered by different networks
        part = np.flatnonzero(of_part)
        sure[part] = marked(probs[part], labels[part])
    places = np.flatnonzero(misread(probs, labels) | sure)
    places = places[np.argsort(rows["quality"].to_numpy()[places], kind="stable")]
    answers = probs[places].argmax(1)
    table = pd.DataFrame({
        "place": places, "split": _splits(catalogue)[places],
        "label": labels[places], "suggested": answers,
        "given": probs[places, labels[places]], "likely": probs[places, answers],
        "marked": sure[places],
    })  # fmt: skip
    words = "Labelled {}, with a probability of {}; read as {}, with {}.{}"
    table["reason"] = [
        words.format(
            label,
            share_words(given),
            answer,
            share_words(likely),
            " Confident learning counts it as an error." if sure else "",
        )
        for label, answer, given, likely, sure in table.iloc[:, 2:].itertuples(index=False)
    ]
    return Found(LABELS, _label_rule(catalogue), table)


def share_words(probability: float) -> str:
    """A rounded probability that is never said to be 0 or 1, which no network means."""
    if probability < 0.005:
        return "<1%"
    return ">99%" if probability >= 0.995 else f"{probability:.0%}"


def _label_rule(catalogue: Catalogue) -> str:
    who = (
        "Training digits are answered in five-fold cross-validation, each by a network that "
        "learned from the other four fifths; test digits by the mean of the five networks."
        if catalogue.is_mnist
        else f"The network {insights.NETWORK} answers, which learned from MNIST's training "
        "digits alone: copies of these it knows."
    )
    return (
        "A label is suspect where networks that have not learned from the digit find another one "
        "more probable; often the digit is merely hard to read. The order is cleanlab's label "
        f"quality: those first whose label is least probable. {who} Confident learning, the "
        "stricter rule of cleanlab, counts as label errors those that are read otherwise with more "
        "than the confidence that is usual for the other digit; it needs two classes or more, with "
        f"{ENOUGH} digits or more of each."
    )


# --- outliers


def fence(apart: Floats) -> float:
    """From where on a distance is far out, by the distances of MNIST's 70,000."""
    low, high = np.quantile(apart, [0.25, 0.75])
    return float(high + FENCE * (high - low))


def _outliers(catalogue: Catalogue, known: Insights) -> Found:
    apart, limit = catalogue.table["apart"].to_numpy(), fence(known.apart)
    order = np.argsort(-apart, kind="stable")
    places = order[: int((apart > limit).sum())]
    usual = float(np.median(known.apart))
    table = pd.DataFrame({
        "place": places, "split": _splits(catalogue)[places],
        "label": catalogue.labels[places], "apart": apart[places], "times": apart[places] / usual,
    })  # fmt: skip
    table["reason"] = [
        f"The {NEAREST} digits that are most like it to the network {insights.NETWORK} are "
        f"{times:.1f} times as far from it as is usual."
        for times in table["times"]
    ]
    rule = (
        f"A digit is an outlier where the mean distance to the {NEAREST} nearest of MNIST's other "
        f"digits lies more than {FENCE:g} interquartile ranges above the upper quartile of MNIST's "
        f"70,000, as for a box plot: at more than {limit / usual:.1f} times the median. Distances "
        f"are between what the network {insights.NETWORK} makes of two digits, just before it "
        "decides; it has learned from 55,000 of the training digits."
    )
    return Found(OUTLIERS, rule, table)


# --- near-duplicates, within a part of the data and in two


def _doubles(catalogue: Catalogue, known: Insights) -> Found:
    splits = _splits(catalogue)
    pairs = known.doubles if catalogue.is_mnist else _within(catalogue, known)
    inside = pairs.take(splits[pairs.places[:, 0]] == splits[pairs.places[:, 1]])
    table = _table(inside, splits[inside.places[:, 0]], catalogue.labels, catalogue.labels)
    return Found(DOUBLES, _pair_rule("Two digits of the same part of the data"), table, pairs.whole)


def _within(catalogue: Catalogue, known: Insights) -> Pairs:
    return within(catalogue.images, catalogue.labels, known.usual)


def _overlap(catalogue: Catalogue, known: Insights) -> Found:
    if not catalogue.is_mnist:
        return _shared(catalogue, known)
    pairs, splits = known.doubles, _splits(catalogue)
    between = pairs.take(splits[pairs.places[:, 0]] != splits[pairs.places[:, 1]])
    sides = (set(splits[pair]) for pair in between.places)
    words = [" and ".join(part for part in PARTS if part in two) for two in sides]
    table = _table(between, words, catalogue.labels, catalogue.labels)
    return Found(OVERLAP, _pair_rule("Two digits of different parts of the data") + LEAK, table)


def _shared(catalogue: Catalogue, known: Insights) -> Found:
    """The digits that an own set shares with MNIST."""
    mnist = insights.both()
    images, labels = mnist.images.numpy(), mnist.labels.numpy()
    pairs = across(catalogue.images, catalogue.labels, images, labels, known.usual)
    test = pairs.places[:, 1] >= insights.LEARNED
    words = np.where(test, MNISTS.format(TEST), MNISTS.format(TRAINING)).astype(object)
    table = _table(pairs, words, catalogue.labels, labels)
    rule = _pair_rule("A digit of the set and one of MNIST's") + LEAK
    return Found(OVERLAP, rule, table, pairs.whole)


def _splits(catalogue: Catalogue) -> np.ndarray:
    """(N,) names of the parts of the data."""
    return catalogue.table["split"].astype(object).to_numpy()


def _table(pairs: Pairs, splits: Sequence[str] | np.ndarray, labels: np.ndarray,
           others: np.ndarray) -> pd.DataFrame:  # fmt: skip
    """A row for each pair: labels are of the first of each, others of the second."""
    first, second = pairs.places.T
    table = pd.DataFrame({
        "place": first, "other": second, "split": splits, "label": labels[first],
        "other_label": others[second], "distance": pairs.distances, "share": pairs.shares,
        "copy": pairs.copies,
    })  # fmt: skip
    table["reason"] = [_why(*row) for row in table.iloc[:, 3:].itertuples(index=False)]
    return table


def _why(label: int, other: int, distance: float, share: float, copy: bool) -> str:
    clash = "" if label == other else f" Their labels differ: {label} and {other}."
    if copy:
        return f"The same image twice.{clash}"
    return (
        f"Their pixels differ by {distance:.1f} of 255 grey levels, {share:.0%} of what is usual "
        f"between such a digit and its nearest.{clash}"
    )


def _pair_rule(who: str) -> str:
    return (
        f"{who} count as near-duplicates where the root of the mean squared difference of their "
        f"pixels is at most {CLOSE:.0%} of the median distance from a digit of their class to the "
        "nearest one of the same class in MNIST; of two classes the shorter distance counts. The "
        f"closest come first, and {MOST:,} pairs are listed at most. They need not be copies of "
        "each other: upright thin digits are alike by nature."
    )


LEAK = (
    " A network that has learned from one of the two and is measured on the other seems to read a "
    "little better than it does."
)
_FIND: dict[str, Callable[[Catalogue, Insights], Found]] = {
    LABELS: _label_errors, OUTLIERS: _outliers, DOUBLES: _doubles, OVERLAP: _overlap,
}  # fmt: skip
KINDS = tuple(_FIND)
