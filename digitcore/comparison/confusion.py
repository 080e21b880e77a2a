"""What is taken for what: confusion matrices as shares, their difference, and the digits in a cell.

Rows are true digits, columns answers. Counts are scikit-learn's (Predictions.confusion).
"""

import numpy as np

from digitcore.evaluation import Floats, Predictions

SCALES = ("counts", "by row", "by column")


def scaled(counts: np.ndarray, scale: str) -> Floats:
    """(10, 10) counts as they are, or as shares (0..1) of their row or of their column.

    A row or a column without any digit has no shares: NaN. Raises ValueError for another scale.
    """
    if scale not in SCALES:
        raise ValueError(f"Scale by one of {', '.join(SCALES)}, not {scale!r}.")
    if scale == "counts":
        return counts.astype(np.float64)
    total = counts.sum(1 if scale == "by row" else 0, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def most_confused(predictions: Predictions) -> tuple[int, int]:
    """(label, answer) of the most frequent error, the first of equals; (0, 0) without any."""
    errors = predictions.confusion.copy()
    np.fill_diagonal(errors, 0)
    label, answer = np.unravel_index(errors.argmax(), errors.shape)
    return int(label), int(answer)


def places(predictions: Predictions, label: int, answer: int) -> np.ndarray:
    """Ascending places of the digits `label` that are read as `answer`: those of one cell."""
    return np.flatnonzero((predictions.labels == label) & (predictions.answers == answer))


def moved(a: Predictions, b: Predictions, label: int, answer: int) -> tuple[np.ndarray, np.ndarray]:
    """(places only a has in a cell, places only b has there), of the same digits."""
    of_a, of_b = places(a, label, answer), places(b, label, answer)
    return np.setdiff1d(of_a, of_b), np.setdiff1d(of_b, of_a)
