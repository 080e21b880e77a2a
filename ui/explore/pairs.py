"""Two digits side by side: near-duplicates, and what two parts of the data have in common."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from digitcore.exploration import insights
from digitcore.exploration.catalogue import TEST, TRAINING, Catalogue
from digitcore.exploration.suspects import OVERLAP, Found
from ui.explore.digit import SHORT, open_digit
from ui.tiles import show_tiles

GAP = 2  # pixels between the two
GREY = 110


def show_pairs(catalogue: Catalogue, found: Found, key: str, most: int = 12) -> None:
    """A tile for each pair; a click opens the first digit, from which one can go to the other."""
    pictures = side_by_side(catalogue, found)
    clicked = show_tiles(pictures, lambda row: caption(catalogue, found, row), key, most)
    if clicked is not None and clicked < len(found):  # else of a longer list before
        at = found.table.iloc[clicked]
        among = [at["place"]] if shared(catalogue, found) else [at["place"], at["other"]]
        open_digit(catalogue, int(at["place"]), among)


def shared(catalogue: Catalogue, found: Found) -> bool:
    """Whether the second of each pair is one of MNIST's, and the first of an own set."""
    return found.kind == OVERLAP and not catalogue.is_mnist


def side_by_side(catalogue: Catalogue, found: Found) -> np.ndarray:
    """uint8 (P, 28, 58): the two digits of each pair with a grey line between."""
    first, second = _images(catalogue, found)
    line = np.full((len(first), 28, GAP), GREY, dtype=np.uint8)
    return np.concatenate([first, line, second], axis=2)


def _images(catalogue: Catalogue, found: Found) -> tuple[np.ndarray, np.ndarray]:
    others = insights.both().images.numpy() if shared(catalogue, found) else catalogue.images
    return catalogue.images[found.table["place"]], others[found.table["other"]]


def caption(catalogue: Catalogue, found: Found, row: int) -> str:
    """Which digits, their labels, and how close they are, in lines."""
    one = replace(found, table=found.table.iloc[[row]])
    at, left = found.table.iloc[row], names(catalogue, one.table["place"])[0]
    close = "the same image" if at["copy"] else f"{at['share']:.0%} of the usual distance"
    return (f"{left} and {other_names(catalogue, one)[0]}\n"
            f"{at['label']} and {at['other_label']}, {close}")  # fmt: skip


def names(catalogue: Catalogue, places: Sequence[int] | pd.Series) -> list[str]:
    """Of digits of the catalogue, in short, such as 'Test 2,597'."""
    rows = catalogue.table.loc[list(places), ["split", "number"]]
    return [f"{SHORT[split]} {number:,}" for split, number in rows.itertuples(index=False)]


def other_names(catalogue: Catalogue, found: Found) -> list[str]:
    """Of the second digit of each pair."""
    others = found.table["other"].to_numpy()
    if not shared(catalogue, found):
        return names(catalogue, others)
    learned = others < insights.LEARNED
    numbers = np.where(learned, others, others - insights.LEARNED)
    return [f"MNIST {SHORT[TRAINING if of else TEST].lower()} {number:,}"
            for of, number in zip(learned, numbers, strict=True)]  # fmt: skip


def each_once(catalogue: Catalogue, found: Found) -> np.ndarray:
    """Places in the catalogue of all the digits, pair after pair, each once."""
    first, second = found.table["place"].to_numpy(), found.table["other"].to_numpy()
    both = first if shared(catalogue, found) else np.stack([first, second], axis=1).ravel()
    return both[np.sort(np.unique(both, return_index=True)[1])]


def digit_pictures(
    catalogue: Catalogue, found: Found, most: int
) -> Iterator[tuple[np.ndarray, str]]:
    """For a report: the digits of the first `most` pairs one by one, each with which pair it is."""
    for row, images in enumerate(zip(*_images(catalogue, found), strict=True)):
        if row == most:
            return
        at = found.table.iloc[[row]]
        called = [*names(catalogue, at["place"]),
                  *other_names(catalogue, replace(found, table=at))]  # fmt: skip
        labels = at[["label", "other_label"]].to_numpy()[0]
        for image, name, label in zip(images, called, labels, strict=True):
            yield image, f"Pair {row + 1}\n{name}\n{label}"
