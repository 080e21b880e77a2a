"""The bytes of an image file -> its pixels, without trusting the file."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from digitcore.ink.outcome import BadPicture, Bytes

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000
"""A phone's 48 megapixels fit; the check reads the header only, before anything is unpacked."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
DRAFT = 1024
"""JPEG is unpacked at an eighth to the full size: the least that is still this large."""

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
            return _pixels(ImageOps.exif_transpose(_reduced(file, least)), least)
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


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("it claims to have") from error
    except (UnidentifiedImageError, *DAMAGE) as error:
        raise BadPicture(
            "This is not a picture that can be read. Choose a PNG, JPEG or WebP file."
        ) from error


def _too_large(what: str) -> BadPicture:
    return BadPicture(
        f"The picture is too large: {what} more than the {MAX_PIXELS / 1e6:.0f} million pixels "
        "that can be read. Crop it or save it smaller."
    )


def _reduced(file: Image.Image, least: int) -> Image.Image:
    """A large picture averaged down before anything copies it, with its EXIF data."""
    factor = max(file.size) // least
    if factor < 2 or min(file.size) < factor or file.mode.startswith("I"):
        return file
    exif = file.getexif()
    plain = file if file.mode in ("L", "RGB", "RGBA") else file.convert(_plain_mode(file))
    small = plain.reduce(factor)
    small.info = {**file.info, "exif": exif.tobytes()}
    return small


def _pixels(file: Image.Image, least: int) -> Bytes:
    if file.mode.startswith("I"):  # 16 bits a pixel, some of them held in 32
        wide = np.asarray(file)  # thinned first: what follows makes several copies
        step = max(1, max(wide.shape) // least)
        return (np.clip(wide[::step, ::step], 0, 65535) // 257).astype(np.uint8)
    return np.asarray(file.convert(_plain_mode(file)))


def _plain_mode(file: Image.Image) -> str:
    if file.has_transparency_data:
        return "RGBA"
    return "L" if file.mode in ("1", "L") else "RGB"
