"""How people write 0 to 4."""

from digitcore.penned.forms import form
from digitcore.penned.paths import Chance, Stroke, arc, corner, curve, line

Span = tuple[float, float]  # least and most

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


def _with_flag(chance: Chance, x: float, out: Span, steep: Span, lean: Span) -> list[Stroke]:
    """A stem from x that leans, with a flag so far `out` to the left, and `steep` times as far
    down."""
    far = chance(*out)
    return [line((x - far, far * chance(*steep)), (x, 0), (x + chance(*lean), 1))]


@form(1, "flagged")
def _flagged(chance: Chance) -> list[Stroke]:
    return _with_flag(chance, 0.6, (0.15, 0.4), (0.6, 1.6), (-0.06, 0.06))


@form(1, "short flag")
def _short_flag(chance: Chance) -> list[Stroke]:
    return _with_flag(chance, 0.6, (0.14, 0.32), (0.45, 1.1), (-0.08, 0.06))


@form(1, "arched flag")
def _arched_flag(chance: Chance) -> list[Stroke]:
    """Like a shepherd's crook."""
    out, down = chance(0.22, 0.42), chance(0.12, 0.3)
    arch = ((0.6 - out, down), (0.6 - 0.45 * out, 0.25 * down), (0.56, 0.02), (0.61, 0.2))
    return [curve(*arch, (0.6 + chance(-0.08, 0.04), 1))]


@form(1, "long flag")
def _long_flag(chance: Chance) -> list[Stroke]:
    return _with_flag(chance, 0.7, (0.35, 0.75), (0.8, 1.15), (-0.1, 0.06))


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
