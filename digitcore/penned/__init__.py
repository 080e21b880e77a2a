"""Digits and other things as a pen draws them, made of stroke prototypes of our own.

MNIST was written by Americans in 1990. A one with a long flag, a nine with a hooked foot, a crossed
seven, an open four or a slashed zero are rare or missing in it; letters and scribbles are not in
it at all. low.py and high.py hold the digits, others.py what is no digit; paths.py and pen.py draw.
"""

from digitcore.penned import low, high, others  # noqa: F401, I001  (they enter forms, in this order)
from digitcore.penned.forms import FORMS, NO_DIGIT, OTHERS, Form
from digitcore.penned.sets import penned_digits, penned_form, penned_others

__all__ = [
    "FORMS",
    "NO_DIGIT",
    "OTHERS",
    "Form",
    "penned_digits",
    "penned_form",
    "penned_others",
]
