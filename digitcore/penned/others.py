"""What is no digit: letters, signs, scribbles, outlines of things, two digits at once.

Letters that many a hand writes like a digit (O, I, l, Z, S, B, G, q, g, b, y and the like) are
left out: of those a network may well say which digit they look like.
"""

from functools import partial

from digitcore.penned.forms import FORMS, NO_DIGIT, form
from digitcore.penned.paths import Chance, Shape, Stroke, arc, corner, curve, line, moved

PAIRS = 8  # kinds of pairs of digits, each of other forms

_LINES: dict[str, list[list[tuple[float, float]]]] = {
    "A": [[(0, 1), (0.45, 0), (0.9, 1)], [(0.2, 0.62), (0.72, 0.62)]],
    "E": [[(0.75, 0), (0.05, 0), (0.05, 1), (0.8, 1)], [(0.05, 0.48), (0.65, 0.48)]],
    "F": [[(0.8, 0), (0.05, 0), (0.05, 1)], [(0.05, 0.45), (0.65, 0.45)]],
    "H": [[(0.05, 0), (0.05, 1)], [(0.8, 0), (0.8, 1)], [(0.05, 0.5), (0.8, 0.5)]],
    "K": [[(0.08, 0), (0.08, 1)], [(0.8, 0), (0.1, 0.55), (0.85, 1)]],
    "M": [[(0, 1), (0.1, 0), (0.5, 0.7), (0.9, 0), (1, 1)]],
    "N": [[(0.05, 1), (0.05, 0), (0.8, 1), (0.8, 0)]],
    "W": [[(0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)]],
    "X": [[(0, 0), (0.8, 1)], [(0.8, 0), (0, 1)]],
    "k": [[(0.1, 0), (0.1, 1)], [(0.65, 0.35), (0.12, 0.7), (0.7, 1)]],
    "plus": [[(0.5, 0), (0.5, 1)], [(0, 0.5), (1, 0.5)]],
    "equals": [[(0, 0.3), (1, 0.3)], [(0, 0.7), (1, 0.7)]],
    "hash": [[(0.35, 0), (0.25, 1)], [(0.75, 0), (0.65, 1)], [(0, 0.3), (1, 0.3)],
             [(0, 0.7), (1, 0.7)]],
    "asterisk": [[(0.5, 0), (0.5, 1)], [(0.05, 0.25), (0.95, 0.75)], [(0.95, 0.25), (0.05, 0.75)]],
    "triangle": [[(0.5, 0), (1, 0.9), (0, 0.9), (0.5, 0)]],
    "arrow": [[(0, 0.5), (1, 0.5)], [(0.65, 0.15), (1, 0.5), (0.65, 0.85)]],
    "arrow down": [[(0.5, 0), (0.5, 1)], [(0.15, 0.65), (0.5, 1), (0.85, 0.65)]],
    "check": [[(0, 0.55), (0.3, 0.95), (1, 0)]],
    "star": [[(0.2, 1), (0.5, 0), (0.8, 1), (0, 0.38), (1, 0.38), (0.2, 1)]],
    "house": [[(0.1, 1), (0.1, 0.45), (0.5, 0), (0.9, 0.45), (0.9, 1), (0.1, 1)]],
    "tee": [[(0.3, 1), (0.3, 0.4), (0.1, 0.5), (0, 0.3), (0.3, 0.05), (0.42, 0.15), (0.58, 0.15),
             (0.7, 0.05), (1, 0.3), (0.9, 0.5), (0.7, 0.4), (0.7, 1), (0.3, 1)]],
    "trousers": [[(0.2, 0), (0.8, 0), (0.9, 1), (0.62, 1), (0.5, 0.35), (0.38, 1), (0.1, 1),
                  (0.2, 0)]],
    "dress": [[(0.35, 0), (0.65, 0), (0.6, 0.4), (0.85, 1), (0.15, 1), (0.4, 0.4), (0.35, 0)]],
    "boot": [[(0.15, 0), (0.5, 0), (0.5, 0.6), (1, 0.75), (1, 1), (0.15, 1), (0.15, 0)]],
}  # fmt: skip
_CURVES: dict[str, list[Stroke]] = {
    "P": [line((0.05, 0), (0.05, 1)), curve((0.05, 0), (0.7, 0.05), (0.7, 0.45), (0.06, 0.52))],
    "R": [line((0.05, 0), (0.05, 1)),
          curve((0.05, 0), (0.7, 0.05), (0.68, 0.42), corner(0.08, 0.5), (0.8, 1))],
    "f": [curve((0.75, 0.08), (0.5, 0), (0.4, 0.25), (0.4, 1)), line((0.1, 0.42), (0.7, 0.42))],
    "h": [curve((0.1, 0), corner(0.1, 1), (0.14, 0.62), (0.45, 0.45), (0.65, 0.65), (0.65, 1))],
    "m": [curve((0.02, 0.3), corner(0.05, 0.9), (0.2, 0.35), (0.38, 0.4), corner(0.42, 0.9),
                (0.6, 0.35), (0.8, 0.4), (0.85, 0.9))],
    "n": [curve((0.02, 0.2), corner(0.05, 0.9), (0.25, 0.3), (0.6, 0.25), (0.72, 0.9))],
    "w": [curve((0, 0.1), (0.15, 0.85), (0.4, 0.75), corner(0.48, 0.2), (0.6, 0.85), (0.85, 0.8),
                (1, 0.1))],
    "x": [curve((0, 0.1), (0.25, 0.15), (0.6, 0.9), (0.9, 0.85)), line((0.85, 0.05), (0.05, 0.95))],
    "omega": [curve((0.1, 1), (0.3, 0.95), (0.05, 0.4), (0.5, 0), (0.95, 0.4), (0.7, 0.95),
                    (0.9, 1))],
    "heart": [curve(corner(0.5, 0.95), (0.05, 0.4), (0.2, 0.02), corner(0.5, 0.25), (0.8, 0.02),
                    (0.95, 0.4), corner(0.5, 0.95))],
    "at": [arc((0.5, 0.5), (0.2, 0.2), 0, 360), arc((0.5, 0.5), (0.25, 0.25), 0, -400, 2.0)],
    "ampersand": [curve((0.9, 1), (0.4, 0.45), (0.3, 0.1), (0.5, 0), (0.62, 0.15), (0.2, 0.6),
                        (0.25, 0.98), (0.6, 0.9), (0.9, 0.5))],
    "face": [arc((0.5, 0.5), (0.5, 0.5), 0, 365), line((0.33, 0.35), (0.34, 0.42)),
             line((0.66, 0.35), (0.67, 0.42)), arc((0.5, 0.52), (0.25, 0.25), 20, 140)],
    "spiral": [arc((0.5, 0.5), (0.08, 0.08), 0, 900, 6.0)],
    "cloud": [curve(corner(0.1, 0.8), (0, 0.5), corner(0.25, 0.4), (0.45, 0.05), corner(0.7, 0.35),
                    (1, 0.45), corner(0.9, 0.8), corner(0.1, 0.8))],
    "bag": [line((0.1, 0.4), (0.9, 0.4), (1, 1), (0, 1), (0.1, 0.4)),
            arc((0.5, 0.4), (0.25, 0.35), 180, 180)],
    "shoe": [curve(corner(0, 0.3), (0.2, 0.4), corner(0.35, 0.2), (0.6, 0.6), (0.95, 0.7),
                   corner(1, 0.95), corner(0, 0.95), corner(0, 0.3))],
}  # fmt: skip


_enter = partial(form, NO_DIGIT)

for _name, _corners in _LINES.items():
    _enter(_name)(lambda chance, corners=_corners: [line(*stroke) for stroke in corners])  # type: ignore[misc]
for _name, _strokes in _CURVES.items():
    _enter(_name)(lambda chance, strokes=_strokes: strokes)  # type: ignore[misc]


@_enter("zigzag")
def _zigzag(chance: Chance) -> list[Stroke]:
    return [line(*((chance(0, 0.15) + 0.85 * (i % 2), i / 9 + chance(-0.05, 0.05))
                   for i in range(10)))]  # fmt: skip


@_enter("waves")
def _waves(chance: Chance) -> list[Stroke]:
    return [curve(*((i / 11, chance(0, 0.25) + 0.75 * (i % 2)) for i in range(12)))]


@_enter("scrawl")
def _scrawl(chance: Chance) -> list[Stroke]:
    return [curve(*((chance(0, 1), chance(0, 1)) for _ in range(14)))]


@_enter("tangle")
def _tangle(chance: Chance) -> list[Stroke]:
    return [curve(*((chance(0, 1), chance(0, 1)) for _ in range(26)))]


@_enter("jagged scrawl")
def _jagged(chance: Chance) -> list[Stroke]:
    return [line(*((chance(0, 1), chance(0, 1)) for _ in range(9)))]


@_enter("coils")
def _coils(chance: Chance) -> list[Stroke]:
    coil = arc((0.2, 0.5), (chance(0.15, 0.3), chance(0.3, 0.5)), 0, 1440)
    return [_moved_on(coil, 0.7)]


@_enter("lines apart")
def _lines(chance: Chance) -> list[Stroke]:
    return [line((chance(0, 1), chance(0, 1)), (chance(0, 1), chance(0, 1))) for _ in range(5)]


def _moved_on(stroke: Stroke, far: float) -> Stroke:
    """The stroke's points moved further and further to the right."""
    return [moved([[p]], far * i / len(stroke), 0)[0][0] for i, p in enumerate(stroke)]


def _pair(number: int) -> Shape:
    """Two digits beside each other; the forms are always the same ones for a number."""
    left = FORMS[number * 5 % len(FORMS)].shape
    right = FORMS[(number * 11 + 7) % len(FORMS)].shape
    return lambda chance: [*left(chance), *moved(right(chance), 1 + chance(0, 0.35), 0)]


for _number in range(PAIRS):
    _enter(f"two digits, {_number}")(_pair(_number))
