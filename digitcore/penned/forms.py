"""How people write the ten digits: stroke prototypes of our own, drawn from memory of many hands.

Each form is a function from chance to strokes. The common forms are here beside the rare ones, so
that the look of a pen says nothing of the digit.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from digitcore.penned.paths import Chance, Shape, Stroke, arc, corner, curve, line
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
NO_DIGIT = -1  # the label of what is no digit


def form(digit: int, name: str, narrowest: float = NARROWEST) -> Callable[[Shape], Shape]:
    """Enter a way to write `digit`."""

    def enter(shape: Shape) -> Shape:
        FORMS.append(Form(digit, name, shape, narrowest))
        return shape

    return enter


# --- 0


@form(0, "oval")
def _oval(chance: Chance) -> list[Stroke]:
    return [arc((0.5, 0.5), (chance(0.25, 0.48), 0.5), -100, 375, chance(0.88, 1.02))]


@form(0, "slashed")
def _slashed(chance: Chance) -> list[Stroke]:
    out = chance(-0.12, 0.16)
    slash = line((0.74 + out, 0.2 - out), (0.26 - out, 0.8 + out))
    return [*_oval(chance), slash]


@form(0, "curled")
def _curled(chance: Chance) -> list[Stroke]:
    """The pen comes in from above, and ends within."""
    return [arc((0.5, 0.5), (chance(0.28, 0.45), 0.5), -50, 430, chance(0.55, 0.8))]


@form(0, "with a tail")
def _tailed(chance: Chance) -> list[Stroke]:
    oval = arc((0.45, 0.55), (chance(0.28, 0.42), 0.45), -70, 345)
    return [[*oval, *curve((0.75, 0.1), (chance(0.9, 1.1), chance(-0.08, 0.1)))]]


# --- 1


@form(1, "bar")
def _bar(chance: Chance) -> list[Stroke]:
    return [line((0.5, 0), (0.5, 1))]


# A one's flag hangs well below the level of its top; a seven's bar lies nearly level, and is long.


@form(1, "flagged")
def _flagged(chance: Chance) -> list[Stroke]:
    out = chance(0.15, 0.4)
    return [line((0.6 - out, out * chance(0.6, 1.6)), (0.6, 0), (0.6 + chance(-0.06, 0.06), 1))]


@form(1, "short flag")
def _short_flag(chance: Chance) -> list[Stroke]:
    out = chance(0.14, 0.32)
    return [line((0.6 - out, out * chance(0.45, 1.1)), (0.6, 0), (0.6 + chance(-0.08, 0.06), 1))]


@form(1, "arched flag")
def _arched_flag(chance: Chance) -> list[Stroke]:
    """Like a shepherd's crook."""
    out, down = chance(0.22, 0.42), chance(0.12, 0.3)
    arch = ((0.6 - out, down), (0.6 - 0.45 * out, 0.25 * down), (0.56, 0.02), (0.61, 0.2))
    return [curve(*arch, (0.6 + chance(-0.08, 0.04), 1))]


@form(1, "long flag")
def _long_flag(chance: Chance) -> list[Stroke]:
    out = chance(0.35, 0.75)
    return [line((0.7 - out, out * chance(0.8, 1.15)), (0.7, 0), (0.7 + chance(-0.1, 0.06), 1))]


@form(1, "curved flag")
def _curved_flag(chance: Chance) -> list[Stroke]:
    out, down = chance(0.3, 0.65), chance(0.3, 0.6)
    flag = ((0.7 - out, down), (0.7 - 0.35 * out, 0.65 * down))
    return [curve(*flag, corner(0.7, 0), (0.7, 1))]


@form(1, "with a base")
def _based(chance: Chance) -> list[Stroke]:
    base = chance(0.15, 0.42)
    return [*_flagged(chance), line((0.6 - base, 1), (0.6 + base, 1 + chance(-0.04, 0.04)))]


@form(1, "long flag and base")
def _long_based(chance: Chance) -> list[Stroke]:
    base = chance(0.15, 0.35)
    return [*_long_flag(chance), line((0.68 - base, 1), (0.68 + base, 1))]


# --- 2


@form(2, "round")
def _round_two(chance: Chance) -> list[Stroke]:
    top, end = chance(0.05, 0.3), chance(0.88, 1.02)
    return [curve((0.1, top), (0.4, 0), (0.75, 0.1), (0.72, 0.42), (0.35, 0.78), corner(0.05, 1),
                  (0.45, chance(0.93, 1.0)), (0.95, end))]  # fmt: skip


@form(2, "looped")
def _looped_two(chance: Chance) -> list[Stroke]:
    return [curve((0.1, 0.2), (0.4, 0), (0.75, 0.12), (0.68, 0.5), (0.35, 0.88), (0.1, 0.97),
                  (0.06, 0.82), (0.25, 0.76), (0.55, chance(0.9, 1.0)),
                  (1, chance(0.85, 1)))]  # fmt: skip


@form(2, "angular")
def _angular_two(chance: Chance) -> list[Stroke]:
    return [curve((0.08, chance(0.08, 0.25)), (0.45, 0), corner(0.85, chance(0.1, 0.22)),
                  corner(0.06, 0.98), (0.92, chance(0.92, 1)))]  # fmt: skip


# --- 3


@form(3, "round")
def _round_three(chance: Chance) -> list[Stroke]:
    waist = corner(chance(0.3, 0.5), chance(0.42, 0.5))
    return [curve((0.1, 0.12), (0.42, 0), (0.75, 0.14), (0.66, 0.37), waist, (0.75, 0.57),
                  (0.85, 0.8), (0.45, 1), (0.05, chance(0.82, 0.95)))]  # fmt: skip


@form(3, "flat top")
def _flat_three(chance: Chance) -> list[Stroke]:
    top = chance(-0.02, 0.06)
    return [curve(corner(0.08, top), corner(0.8, 0.02), corner(chance(0.35, 0.5), 0.4), (0.75, 0.5),
                  (0.85, 0.78), (0.45, 1), (0.04, chance(0.8, 0.95)))]  # fmt: skip


@form(3, "looped")
def _looped_three(chance: Chance) -> list[Stroke]:
    return [curve((0.12, 0.12), (0.45, 0), (0.75, 0.18), (0.55, 0.42), (0.3, 0.46), (0.38, 0.54),
                  (0.6, 0.5), (0.85, 0.72), (0.5, 1), (0.05, 0.9))]  # fmt: skip


# --- 4


@form(4, "closed")
def _closed_four(chance: Chance) -> list[Stroke]:
    bar = chance(0.58, 0.75)
    return [line((0.62, 0), (0.03, bar), (chance(0.8, 1.05), bar + chance(-0.05, 0.03))),
            line((0.62, chance(0, 0.35)), (0.62 + chance(-0.08, 0.03), 1))]  # fmt: skip


@form(4, "one stroke")
def _one_stroke_four(chance: Chance) -> list[Stroke]:
    bar = chance(0.5, 0.7)
    return [line((0.35, 1), (0.68, 0), (0.03, bar), (0.95, bar + chance(-0.06, 0.03)))]


@form(4, "open")
def _open_four(chance: Chance) -> list[Stroke]:
    bar, left, stem = chance(0.42, 0.68), chance(0.0, 0.3), chance(0.6, 0.78)
    arm = line(
        (left + chance(0, 0.2), 0), (left, bar), (chance(0.85, 1.05), bar + chance(-0.1, 0.02))
    )
    return [arm, line((stem, chance(-0.05, 0.3)), (stem - chance(-0.02, 0.15), 1))]


@form(4, "open and round")
def _round_four(chance: Chance) -> list[Stroke]:
    bar = chance(0.45, 0.62)
    arm = curve((0.08, 0), (0.06, bar - 0.15), (0.25, bar), (0.75, bar - chance(0, 0.1)))
    return [arm, line((0.78, chance(-0.05, 0.15)), (0.72 - chance(0, 0.12), 1))]


@form(4, "open, without crossing")
def _short_four(chance: Chance) -> list[Stroke]:
    bar, stem = chance(0.45, 0.65), chance(0.68, 0.85)
    return [line((chance(0.05, 0.25), 0), (0.03, bar), (stem, bar)),
            line((stem, chance(0, 0.4)), (stem - chance(0, 0.08), 1))]  # fmt: skip


# --- 5


@form(5, "one stroke")
def _five(chance: Chance) -> list[Stroke]:
    return [curve(corner(0.88, chance(-0.03, 0.06)), corner(0.2, 0.02), corner(0.13, 0.45),
                  (0.5, chance(0.34, 0.42)), (0.86, 0.62), (0.7, 0.93), (0.35, 1),
                  (0.02, chance(0.82, 0.95)))]  # fmt: skip


@form(5, "cap of its own")
def _capped_five(chance: Chance) -> list[Stroke]:
    body = curve((0.2, 0.05), corner(0.13, 0.45), (0.5, 0.36), (0.85, 0.63), (0.65, 0.95), (0.3, 1),
                 (0.02, chance(0.82, 0.95)))  # fmt: skip
    start, down = chance(0.12, 0.4), chance(-0.06, 0.08)
    return [body, line((start, down), (chance(0.8, 1.15), down + chance(-0.1, 0.06)))]


@form(5, "like an S")
def _s_five(chance: Chance) -> list[Stroke]:
    return [curve((0.9, chance(0.0, 0.1)), (0.45, 0.02), (0.16, 0.1),
                  corner(0.14, chance(0.34, 0.45)), (0.55, 0.42), (0.84, 0.68), (0.6, 0.97),
                  (0.05, 0.92))]  # fmt: skip


# --- 6


@form(6, "curved back")
def _six(chance: Chance) -> list[Stroke]:
    return [curve((chance(0.6, 0.9), 0.02), (0.35, 0.25), (0.1, 0.65), (0.25, 0.97), (0.65, 0.97),
                  (0.85, 0.74), (0.6, 0.52), (0.22, 0.62), (0.12, 0.78))]  # fmt: skip


@form(6, "straight back")
def _straight_six(chance: Chance) -> list[Stroke]:
    top = chance(0.3, 0.75)
    return [curve((top, 0), (0.5 * top + 0.06, 0.35), (0.1, 0.75), (0.32, 1), (0.68, 0.92),
                  (0.75, 0.7), (0.5, chance(0.5, 0.62)), (0.16, 0.74))]  # fmt: skip


@form(6, "small loop")
def _small_six(chance: Chance) -> list[Stroke]:
    return [curve((chance(0.5, 0.75), 0), (0.22, 0.35), (0.08, 0.75), (0.28, 1), (0.56, 0.92),
                  (0.55, 0.72), (0.3, 0.7), (0.14, 0.85))]  # fmt: skip


# --- 7


@form(7, "plain", narrowest=0.6)
def _seven(chance: Chance) -> list[Stroke]:
    return [line((0.03, chance(-0.05, 0.1)), (0.9, 0), (chance(0.1, 0.5), 1))]


@form(7, "curved", narrowest=0.6)
def _curved_seven(chance: Chance) -> list[Stroke]:
    foot = chance(0.2, 0.5)
    return [curve((0.03, chance(0, 0.12)), (0.45, 0.05), corner(0.9, 0), (0.35 + 0.5 * foot, 0.45),
                  (foot, 1))]  # fmt: skip


@form(7, "crossed")
def _crossed_seven(chance: Chance) -> list[Stroke]:
    foot = chance(0.1, 0.5)
    top = line((0.03, chance(-0.05, 0.1)), (0.9, 0), (foot, 1))
    return [top, _crossbar(chance, foot)]


@form(7, "with a serif", narrowest=0.6)
def _serif_seven(chance: Chance) -> list[Stroke]:
    return [line((0.02, chance(0.1, 0.28)), (0.06, 0.02), (0.9, 0), (chance(0.1, 0.5), 1))]


@form(7, "crossed, with a serif")
def _crossed_serif_seven(chance: Chance) -> list[Stroke]:
    foot = chance(0.1, 0.5)
    top = curve(
        (0.02, chance(0.1, 0.25)), corner(0.06, 0.03), (0.5, 0.05), corner(0.9, 0), (foot, 1)
    )
    return [top, _crossbar(chance, foot)]


def _crossbar(chance: Chance, foot: Tensor) -> Stroke:
    """Through the leg of a seven that ends at x = foot."""
    down, rise = chance(0.38, 0.62), chance(-0.06, 0.06)
    middle = 0.9 + (foot - 0.9) * down
    return line(
        (middle - chance(0.15, 0.4), down + rise), (middle + chance(0.15, 0.38), down - rise)
    )


# --- 8


@form(8, "one stroke")
def _eight(chance: Chance) -> list[Stroke]:
    return [curve((chance(0.65, 0.8), 0.12), (0.42, 0), (0.18, 0.2), (0.5, 0.45), (0.86, 0.75),
                  (0.5, 1), (0.12, 0.78), (0.5, 0.46), (0.8, 0.22),
                  (0.68, chance(0.06, 0.14)))]  # fmt: skip


@form(8, "two rings")
def _rings(chance: Chance) -> list[Stroke]:
    meet = chance(0.4, 0.5)
    upper = arc((0.5 + chance(-0.05, 0.05), meet / 2), (chance(0.22, 0.34), meet / 2), 90, 370)
    lower = arc((0.5, (1 + meet) / 2), (chance(0.3, 0.42), (1 - meet) / 2), -90, 370)
    return [upper, lower]


@form(8, "open above")
def _open_eight(chance: Chance) -> list[Stroke]:
    return [curve((0.8, chance(0.02, 0.14)), (0.38, 0.02), (0.24, 0.26), (0.55, 0.48),
                  (0.84, 0.76), (0.5, 1), (0.14, 0.8), (0.45, 0.5), (0.75, 0.27),
                  (chance(0.85, 1), chance(0, 0.1)))]  # fmt: skip


# --- 9


def _bowl(chance: Chance) -> Stroke:
    """From the stem around, and back to it."""
    return curve(
        (0.8, 0.2), (0.55, 0), (0.15, 0.12), (0.12, 0.4), (0.45, chance(0.46, 0.56)), (0.8, 0.25)
    )


@form(9, "straight leg")
def _nine(chance: Chance) -> list[Stroke]:
    return [[*_bowl(chance), *curve((0.76, 0.6), (chance(0.55, 0.8), 1))]]


@form(9, "curved leg")
def _curved_nine(chance: Chance) -> list[Stroke]:
    return [[*_bowl(chance), *curve((0.76, 0.55), (0.6, 0.85), (chance(0.2, 0.45), 1))]]


@form(9, "hooked foot")
def _hooked_nine(chance: Chance) -> list[Stroke]:
    end = (chance(0.0, 0.25), chance(0.82, 0.96))
    return [[*_bowl(chance), *curve((0.82, 0.65), (0.74, 0.93), (0.45, 1), end)]]


@form(9, "ring and hooked foot")
def _hooked_ring_nine(chance: Chance) -> list[Stroke]:
    ring = arc((0.45, 0.26), (0.34, chance(0.22, 0.3)), -20, 365)
    end = (chance(-0.02, 0.2), chance(0.8, 0.95))
    return [ring, curve((0.8, chance(-0.04, 0.15)), (0.82, 0.7), (0.65, 0.97), (0.35, 1), end)]


@form(9, "ring and stem")
def _stemmed_nine(chance: Chance) -> list[Stroke]:
    ring = arc((0.45, 0.27), (0.34, chance(0.22, 0.3)), -20, 365)
    return [ring, line((0.8, chance(-0.06, 0.2)), (0.8 - chance(0, 0.1), 1))]
