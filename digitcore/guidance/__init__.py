"""What a teacher would say of a training's curves, as it happens, and what to try."""

from digitcore.guidance.advice import Advice, advise
from digitcore.guidance.reading import GUESSING, smoothed_floor
from digitcore.guidance.remedies import plainly

__all__ = ["GUESSING", "Advice", "advise", "plainly", "smoothed_floor"]
