"""How people write 5 to 9."""

from torch import Tensor

from digitcore.penned.forms import form
from digitcore.penned.paths import Chance, Stroke, arc, corner, curve, line

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
