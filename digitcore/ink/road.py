"""The whole road, from a picture to an image and the steps between."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitcore.ink.files import decode
from digitcore.ink.look import Seen, look
from digitcore.ink.mnist import SIDE, like_mnist
from digitcore.ink.outcome import Bytes, Floats, Ink, Step
from digitcore.ink.pixels import as_bytes, colours, shown, unrepeated
from digitcore.ink.plate import off_transparency
from digitcore.ink.rim import with_rim
from digitcore.ink.stroke import measured, placed, weighed

STROKE = "Its stroke, brought near the width of MNIST's."
SOFT_STROKE = "Its stroke, with its grey levels: the picture is blurred, or has few pixels."


def read_file(data: bytes) -> Ink:
    """The bytes of an image file -> its digit. Raises BadPicture or NoInk."""
    return read(decode(data))


def read(picture: NDArray[Any]) -> Ink:
    """Any picture of one digit -> that digit as MNIST would hold it.

    picture: (H, W) or (H, W, 1 to 4), gray, gray + alpha, RGB or RGBA, of any number type; ink
    and background may have any colours. Raises BadPicture if it is no such array, NoInk if no
    digit can be seen in it.
    """
    pixels = unrepeated(as_bytes(picture))
    ready = _ready(pixels)
    return ready if ready is not None else _read(colours(off_transparency(pixels)))


def fitted(ink: Floats) -> Bytes:
    """A digit's ink, (h, w) float32 in 0..1 -> (28, 28) uint8: the end of the road, for a digit
    that was found already. Raises NoInk if it is a blob or a tangle."""
    return placed(weighed(measured(ink)))


def _ready(pixels: Bytes) -> Ink | None:
    """An image that is MNIST's already, or its negative, is left as it is."""
    if pixels.shape[:2] != (SIDE, SIDE):
        return None
    grey = _grey(pixels)
    if grey is None:
        return None
    for image, caption in (
        (grey, "This is already as MNIST holds a digit, so nothing is changed."),
        (255 - grey, "This is the negative of an image as MNIST holds it."),
    ):
        if like_mnist(image):
            return Ink(image, (Step("MNIST", caption, image),))
    return None


def _grey(pixels: Bytes) -> Bytes | None:
    """(28, 28) if all channels say the same and nothing is transparent, otherwise None."""
    channels = pixels.shape[2]
    if channels in (2, 4) and pixels[:, :, -1].min() < 255:
        return None
    colour = pixels[:, :, : channels - 1] if channels in (2, 4) else pixels
    same = (colour == colour[:, :, :1]).all()
    return colour[:, :, 0].copy() if same else None


def _read(planes: Floats) -> Ink:
    seen = look(with_rim(planes))
    weight = weighed(seen.stroke)
    image = placed(weight)
    steps = (
        Step("Given", "The picture as it came, turned upright.", shown(planes)),
        *_sheet(seen),
        Step("Ink", "What stands out from the background.", _picture(seen.ink)),
        Step("Crop", "The digit alone, without specks and edges.", _picture(seen.stroke.ink)),
        Step("Stroke", SOFT_STROKE if weight.soft else STROKE, _picture(weight.ink)),
        Step("Image", "Fitted into 20x20, and centred by mass in 28x28.", image),
    )
    return Ink(image, steps, seen.beside)


def _sheet(seen: Seen) -> tuple[Step, ...]:
    if seen.sheet is None:
        return ()
    return (Step("Sheet", "The sheet of paper, laid straight.", shown(seen.sheet)),)


def _picture(ink: Floats) -> Bytes:
    return np.round(ink * 255).astype(np.uint8)
