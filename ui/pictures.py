"""Small pictures made fit to be seen: pixels kept sharp, one size for all."""

import numpy as np

GREY = 110


def enlarge(picture: np.ndarray, side: int) -> np.ndarray:
    """(H, W) or (H, W, 3) uint8 -> a square of `side` pixels or more, each repeated, on black.

    A picture larger than `side` keeps its size: the browser shrinks it more smoothly.
    """
    times = max(1, side // max(picture.shape[:2]))
    large = picture.repeat(times, axis=0).repeat(times, axis=1)
    height, width = large.shape[:2]
    whole = max(side, height, width)
    square = np.zeros((whole, whole, *picture.shape[2:]), dtype=picture.dtype)
    top, left = (whole - height) // 2, (whole - width) // 2
    square[top : top + height, left : left + width] = large
    return square


def sheet(pictures: np.ndarray, columns: int, times: int = 3) -> np.ndarray:
    """(N, H, W) or (N, H, W, 3) uint8 -> one picture of rows of `columns`, each pixel repeated.

    N is a multiple of columns. A line of grey lies between the pictures.
    """
    edge = [(0, 0), (1, 0), (1, 0), (0, 0)][: pictures.ndim]
    framed = np.pad(pictures, edge, constant_values=GREY)
    rows = [np.concatenate(list(row), axis=1) for row in np.split(framed, len(framed) // columns)]
    last = [(0, 1), (0, 1), (0, 0)][: pictures.ndim - 1]
    whole = np.pad(np.concatenate(rows), last, constant_values=GREY)
    return whole.repeat(times, axis=0).repeat(times, axis=1)
