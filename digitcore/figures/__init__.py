"""Data -> Plotly figures, pure. Backgrounds are left to the page's light or dark theme."""

from digitcore.figures.answers import ENSEMBLE, MOST_BARS, accuracies, probabilities, shades
from digitcore.figures.curves import (
    accuracies_by_epoch,
    batch_losses,
    learning_rates,
    losses,
    range_test,
    smooth,
    thin,
    thin_means,
)
from digitcore.figures.style import ENSEMBLE_STYLE, Style, style_of, styles_of

__all__ = [
    "ENSEMBLE",
    "ENSEMBLE_STYLE",
    "MOST_BARS",
    "Style",
    "accuracies",
    "accuracies_by_epoch",
    "batch_losses",
    "learning_rates",
    "losses",
    "probabilities",
    "range_test",
    "shades",
    "smooth",
    "style_of",
    "styles_of",
    "thin",
    "thin_means",
]
