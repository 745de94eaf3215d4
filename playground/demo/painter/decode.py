"""From uploaded bytes to an RGB picture the right way up."""

from __future__ import annotations

import io
import math
import struct
import zlib

from PIL import Image, ImageOps

from .model import UndecodablePicture

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS = 50_000_000
THINNEST = 30
"""The long side of a picture over its short side, at most."""

SMALLEST = 16
"""Shortest side, in pixels, of a picture that is worked on: smaller ones are enlarged."""

WORK = 1400
"""Longest side, in pixels, at which uploaded pictures are worked on."""

BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""What Pillow raises for data that is no picture, or only the beginning of one."""


def decode(data: bytes, index: int, longest: int = WORK) -> Image.Image:
    """The picture as RGB, at most ``longest`` pixels on a side; see-through parts lie on white."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS or min(opened.size) < 1:
                raise UndecodablePicture(index)
            opened.draft("RGB", (longest, longest))
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            return _limited(_rgb(upright), longest)
    except BROKEN as error:
        raise UndecodablePicture(index) from error


def _rgb(picture: Image.Image) -> Image.Image:
    """Any mode as RGB: 16-bit greys are scaled, not clipped."""
    if picture.mode.startswith("I") or picture.mode == "F":
        high = _brightest(picture)
        scale = 255.0 / (65535.0 if high > 255 else 255.0)
        picture = picture.convert("F").point(lambda value: value * scale + 0.0).convert("L")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, clear).convert("RGB")
    return picture.convert("RGB")


def _brightest(picture: Image.Image) -> float:
    high = picture.convert("F").getextrema()[1]
    return float(high) if isinstance(high, int | float) else 255.0


def _limited(picture: Image.Image, longest: int) -> Image.Image:
    # A line of one pixel cannot be fitted into anything: such pictures are made a little thicker.
    least = math.ceil(max(picture.size) / THINNEST)
    if min(picture.size) < least:
        picture = picture.resize((max(picture.width, least), max(picture.height, least)))
    # Treatments look at what is around a pixel, so that there has to be something around it.
    scale = max(SMALLEST / min(picture.size), min(1.0, longest / max(picture.size)))
    if scale == 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
