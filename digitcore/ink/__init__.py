"""The one road from any picture of a digit to the 28x28 that the networks know.

A drawing canvas, an upload, a phone photo and a REST request all come through `read` (an array) or
`read_file` (the bytes of a file), and nothing else in the project prepares a picture.

    image = ink.read_file(data).image     # (28, 28) uint8, white ink on black

The road: lay a sheet of paper straight that lies on a table (`paper`), find what the background is
and with it the ink (`contrast`), keep the digit and drop dust and frames (`shapes`), bring the
stroke near MNIST's and place it as MNIST does (`stroke`). An image that is already as MNIST's
passes unchanged (`mnist`).
"""

from digitcore.ink.files import MAX_BYTES, MAX_PIXELS, count_pixels, decode
from digitcore.ink.outcome import BadPicture, Ink, NoInk, Step
from digitcore.ink.road import fitted, read, read_file

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "BadPicture",
    "Ink",
    "NoInk",
    "Step",
    "count_pixels",
    "decode",
    "fitted",
    "read",
    "read_file",
]
