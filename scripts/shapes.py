"""Pictures that are no digits, each a little different: clothes, scribbles and small marks.

All are drawn for this project from points of its own, in a unit square (x to the right, y down),
then turned, squeezed and jittered at random. Black on white, uint8 (200, 200).
"""

import numpy as np
from PIL import Image, ImageDraw

SIDE, FINER = 200, 3  # drawn three times as large, then shrunk: smooth edges

# Corners in hundredths, "x y, x y, ...". Where a piece of clothing has two like sides, it is the
# right one, and x counts from the middle.
MIRRORED = {
    "T-shirt": "0 12, 12 5, 22 5, 48 25, 38 42, 25 34, 25 95, 0 95",
    "trousers": "0 5, 24 5, 30 97, 10 97, 0 35",
    "dress": "0 18, 10 5, 17 5, 15 35, 12 45, 36 96, 0 98",
    "coat": "0 16, 10 4, 24 7, 36 20, 46 75, 35 78, 28 45, 30 98, 2 98, 2 30",
    "bag": "0 38, 26 38, 24 20, 16 10, 0 7, 0 14, 12 17, 18 24, 19 38, 40 38, 44 93, 0 93",
    "skirt": "0 10, 18 10, 20 18, 44 90, 20 94, 0 90",
}
WHOLE = {
    "sneaker": "4 35, 16 32, 24 40, 36 32, 62 55, 88 62, 97 76, 95 84, 4 84",
    "boot": "20 5, 52 5, 54 55, 85 66, 94 80, 92 93, 50 92, 47 87, 40 93, 18 93",
    "sandal": (
        "3 80, 20 62, 30 34, 36 36, 30 62, 50 68, 60 48, 74 46, 76 52, 66 56, 62 70, 95 74, 97 82"
    ),
    "cap": "8 60, 12 38, 28 22, 45 20, 62 30, 68 52, 95 62, 97 70, 70 68, 40 62",
    "sock": "22 4, 52 4, 54 50, 62 62, 86 74, 88 88, 74 95, 50 90, 26 72, 22 55",
    "glove": (
        "30 97, 28 60, 6 42, 10 34, 30 46, 26 12, 35 10, 42 42, 44 5, 53 5, 55 42, 63 10, 71 "
        "13, 67 46, 80 26, 87 30, 74 64, 70 97"
    ),
}
FASHION = (*MIRRORED, *WHOLE)
MARKS = ("heart", "star", "arrow", "check", "smiley")


def fashion(name: str, rng: np.random.Generator) -> np.ndarray:
    """A piece of clothing, as a silhouette or as an outline."""
    if name in MIRRORED:
        right = corners(MIRRORED[name])
        half = varied(right, 0.025, rng)
        half[right[:, 0] == 0, 0] = 0
        points = np.concatenate([half, half[::-1] * (-1, 1)])
        points[:, 0] += 0.5
    else:
        points = varied(corners(WHOLE[name]), 0.025, rng)
    points = turned(points, 12, rng)
    return page([points], rng, filled=rng.random() < 0.5, closed=True)


def scribble(rng: np.random.Generator) -> np.ndarray:
    """What a bored hand makes: a zigzag, a spiral, crossing loops or a tangle."""
    way = [zigzag, spiral, loops, tangle][int(rng.integers(4))]
    return page([turned(way(rng), 180, rng)], rng)


def mark(name: str, rng: np.random.Generator) -> np.ndarray:
    """One of MARKS with a pen."""
    strokes = [turned(varied(stroke, 0.02, rng), 0, rng) for stroke in strokes_of(name)]
    return page(strokes, rng)


# --- scribbles: (n, 2) points of one stroke


def zigzag(rng: np.random.Generator) -> np.ndarray:
    """To and fro 4 to 11 times, and not quite evenly."""
    turns = int(rng.integers(5, 13))
    x = np.linspace(0.05, 0.95, turns) + rng.normal(0, 0.03, turns)
    y = np.where(np.arange(turns) % 2, 0.15, 0.85) + rng.normal(0, 0.08, turns)
    return np.stack([x, y], 1)


def spiral(rng: np.random.Generator) -> np.ndarray:
    """Two to four turns."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(2, 4), 160) + rng.uniform(0, 2 * np.pi)
    radius = np.linspace(0.03, 0.45, 160) * rng.uniform(0.9, 1.1)
    return 0.5 + np.stack([np.cos(angle) * radius, np.sin(angle) * radius], 1)


def loops(rng: np.random.Generator) -> np.ndarray:
    """A row of three to six loops that cross each other."""
    count = int(rng.integers(3, 7))
    t = np.linspace(0, 2 * np.pi * count, 40 * count)
    x = 0.2 + 0.6 * t / t[-1] + 0.15 * np.sin(t)
    return np.stack([x, 0.5 + rng.uniform(0.2, 0.4) * np.cos(t) + 0.04 * np.sin(t / 3)], 1)


def tangle(rng: np.random.Generator) -> np.ndarray:
    """A smooth stroke through 7 to 12 places at random."""
    places = rng.uniform(0.05, 0.95, (int(rng.integers(7, 13)), 2))
    return smooth(places)


# --- marks


def strokes_of(name: str) -> list[np.ndarray]:
    """The strokes of one of MARKS."""
    t = np.linspace(0, 2 * np.pi, 40)
    if name == "heart":
        x = 0.5 + 0.45 * np.sin(t) ** 3
        y = 0.47 - 0.028 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
        return [np.stack([x, y], 1)]
    if name == "star":
        angle = np.arange(6) * 4 * np.pi / 5 - np.pi / 2
        return [0.5 + 0.47 * np.stack([np.cos(angle), np.sin(angle)], 1)]
    if name == "arrow":
        return [
            np.array([(0.04, 0.5), (0.95, 0.5)]),
            np.array([(0.62, 0.2), (0.95, 0.5), (0.62, 0.8)]),
        ]
    if name == "check":
        return [np.array([(0.08, 0.55), (0.36, 0.9), (0.94, 0.1)])]
    ring = np.stack([np.cos(t), np.sin(t)], 1)
    mouth = ring[3:18] * (0.26, 0.26)
    return [
        0.5 + 0.46 * ring,
        0.5 + mouth,
        *(np.array([(x, 0.3), (x, 0.42)]) for x in (0.35, 0.65)),
    ]


# --- variation and ink


def corners(text: str) -> np.ndarray:
    """(n, 2) in the unit square."""
    return np.array([corner.split() for corner in text.split(",")], dtype=float) / 100


def varied(points: np.ndarray, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Every point moved a little."""
    return points + rng.normal(0, spread / (1 + len(points) / 20), points.shape)


def turned(points: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Turned about the middle by up to `degrees` and squeezed by up to a quarter either way."""
    angle = np.deg2rad(rng.uniform(-degrees, degrees))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points - 0.5) * rng.uniform(0.75, 1, 2) @ turn + 0.5


def smooth(places: np.ndarray) -> np.ndarray:
    """Many points of the Catmull-Rom spline through (n, 2) places."""
    padded = np.concatenate([places[:1], places, places[-1:]])
    t = np.linspace(0, 1, 16)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        cubic = (3 * (b - c) + d - a) * t**3 + (2 * a - 5 * b + 4 * c - d) * t**2 + (c - a) * t
        pieces.append(0.5 * cubic + b)
    return np.concatenate(pieces)


def page(
    strokes: list[np.ndarray],
    rng: np.random.Generator,
    filled: bool = False,
    closed: bool = False,
) -> np.ndarray:
    """Strokes in the unit square, with a pen of a width of its own or filled, in the middle."""
    sheet = Image.new("L", (SIDE * FINER, SIDE * FINER), 255)
    draw = ImageDraw.Draw(sheet)
    pen = int(rng.integers(4, 10)) * FINER
    for stroke in strokes:
        points = [tuple(point) for point in (stroke * 0.7 + 0.15) * SIDE * FINER]
        if filled:
            draw.polygon(points, fill=0)
            continue
        points += points[:2] if closed else []
        draw.line(points, fill=0, width=pen, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=0)
    return np.asarray(sheet.reduce(FINER))
