"""The bytes of an image file -> its pixels, without trusting the file."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from digitcore.ink.outcome import BadPicture, Bytes

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000
"""A phone's 48 megapixels fit; the check reads the header only, before anything is unpacked."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
DRAFT = 1024
"""JPEG is unpacked at an eighth to the full size: the least that is still this large."""

UPRIGHT = 1
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""What sets a picture upright, by the orientation that its EXIF data tell."""

# What Pillow and the libraries beneath it raise on files that are cut off or damaged.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    MemoryError,
    RuntimeError,
    NotImplementedError,
    struct.error,
    zlib.error,
)


def decode(data: bytes, least: int = DRAFT) -> Bytes:
    """Unpack a PNG, JPEG, WebP, GIF or BMP file, turned upright as its EXIF data says.

    Returns (H, W), (H, W, 3) or (H, W, 4) uint8; a large file comes back shrunk, but its longer
    side never below `least` pixels. Of an animation it is the first frame. Raises BadPicture for
    anything else.
    """
    if not data:
        raise BadPicture("The file is empty. Choose a PNG, JPEG or WebP picture.")
    if len(data) > MAX_BYTES:
        raise BadPicture(
            f"The file has {len(data) / 2**20:.1f} MB; at most {MAX_BYTES / 2**20:.0f} MB can be "
            "read. Send a smaller copy of it."
        )
    with _open(data) as file:
        if file.width * file.height > MAX_PIXELS:
            raise _too_large(f"{file.width} x {file.height} pixels are")
        try:
            file.draft(None, (least, least))
            file.load()
            turn = _turn(file)
            small = _reduced(file, least)
            return _pixels(small if turn is None else small.transpose(turn), least)
        except DAMAGE as error:
            raise BadPicture(
                "The picture is damaged or was cut off on its way. Save or send it again."
            ) from error


def count_pixels(data: bytes) -> int:
    """What unpacking a file would cost, from its header alone; 0 for what is no picture."""
    try:
        with _open(data) as file:
            return file.width * file.height
    except BadPicture:
        return 0


def _turn(file: Image.Image) -> Image.Transpose | None:
    """What sets a picture upright by its EXIF data; nothing where these cannot be read."""
    with suppress(*DAMAGE):
        return TURNS.get(file.getexif().get(ExifTags.Base.Orientation, UPRIGHT))
    return None


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("it claims to have") from error
    except (UnidentifiedImageError, *DAMAGE) as error:
        kind = _other_kind(data)
        what = f"This is {kind}, which is not read here" if kind else (
            "This is not a picture that can be read"
        )  # fmt: skip
        raise BadPicture(f"{what}. Choose a PNG, JPEG or WebP file.") from error


def _other_kind(data: bytes) -> str:
    """What a picture of another format is called; nothing where it is none that is known."""
    if data[4:8] == b"ftyp":
        return "an AVIF picture" if data[8:11] == b"avi" else "a HEIC picture, as phones take them"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "a TIFF picture"
    return ""


def _too_large(what: str) -> BadPicture:
    return BadPicture(
        f"The picture is too large: {what} more than the {MAX_PIXELS / 1e6:.0f} million pixels "
        "that can be read. Crop it or save it smaller."
    )


def _reduced(file: Image.Image, least: int) -> Image.Image:
    """A large picture averaged down before anything copies it."""
    factor = max(file.size) // least
    if factor < 2 or min(file.size) < factor or file.mode.startswith("I"):
        return file
    plain = file if file.mode in ("L", "RGB", "RGBA") else file.convert(_plain_mode(file))
    return plain.reduce(factor)


def _pixels(file: Image.Image, least: int) -> Bytes:
    if file.mode.startswith("I"):  # 16 bits a pixel, some of them held in 32
        wide = np.asarray(file)  # thinned first: what follows makes several copies
        step = max(1, max(wide.shape) // least)
        thin = np.clip(wide[::step, ::step], 0, 65535)
        return (thin // (257 if wide.max() > 255 else 1)).astype(np.uint8)
    return np.asarray(file.convert(_plain_mode(file)))


def _plain_mode(file: Image.Image) -> str:
    if file.has_transparency_data:
        return "RGBA"
    return "L" if file.mode in ("1", "L") else "RGB"
