"""The register of how people write the ten digits: stroke prototypes of our own, from memory.

Each form is a function from chance to strokes. The common forms stand beside the rare ones, so that
the look of a pen says nothing of the digit. They are in low.py, 0 to 4, and high.py, 5 to 9.
"""

from collections.abc import Callable
from dataclasses import dataclass

from digitcore.penned.paths import Shape
from digitcore.penned.pen import NARROWEST


@dataclass(frozen=True)
class Form:
    """One way to write a digit, or NO_DIGIT. name: unique among the forms of its digit; narrowest:
    the least width that is drawn, as a share of the height."""

    digit: int
    name: str
    shape: Shape
    narrowest: float = NARROWEST


FORMS: list[Form] = []
OTHERS: list[Form] = []  # of what is no digit
NO_DIGIT = -1  # the label of what is no digit


def form(digit: int, name: str, narrowest: float = NARROWEST) -> Callable[[Shape], Shape]:
    """Enter a way to write `digit`, or with NO_DIGIT another thing."""

    def enter(shape: Shape) -> Shape:
        (OTHERS if digit == NO_DIGIT else FORMS).append(Form(digit, name, shape, narrowest))
        return shape

    return enter
