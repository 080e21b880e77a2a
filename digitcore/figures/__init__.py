"""Data -> Plotly figures, pure. Backgrounds are left to the page's light or dark theme."""

from digitcore.figures.answers import ENSEMBLE, accuracies, probabilities
from digitcore.figures.style import ENSEMBLE_STYLE, Style, style_of

__all__ = ["ENSEMBLE", "ENSEMBLE_STYLE", "Style", "accuracies", "probabilities", "style_of"]
