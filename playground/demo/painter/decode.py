"""From an encoded picture to few RGB pixels, the right way up."""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image

from playground.errors import UnusablePicture
from playground.images.headers import read_header
from playground.images.loading import Size, decoded_pixels, load, on_white, room

from .model import UndecodablePicture, opened

ACCEPTED = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})

MOST_PIXELS = 80_000_000
"""Of a picture as it is stored."""

MOST_DECODED_PIXELS = 25_000_000
"""Pixels that may have to be decoded before the picture is made smaller: one 4K picture fits."""

THINNEST = 30
"""The long side of a picture over its short side, at most."""

SMALLEST = 16
"""Shortest side, in pixels, of a picture that is worked on: smaller ones are enlarged."""

WORK = 1400
"""Longest side, in pixels, at which uploaded pictures are worked on."""


def decode(picture: bytes | Path, index: int, longest: int = WORK) -> Image.Image:
    """The picture as RGB, at most ``longest`` pixels on a side; see-through parts lie on white.

    Waits while other pictures of this process have too much memory.
    """
    try:
        with opened(picture) as stream:
            header = read_header(stream)
            size = Size(longest)
            if header is None or header.mime_type not in ACCEPTED:
                raise UndecodablePicture(index)
            pixels = decoded_pixels(header, size)
            if pixels > MOST_DECODED_PIXELS or header.width * header.height > MOST_PIXELS:
                raise UndecodablePicture(index)
            with room(header, size, index + 1):
                return _limited(on_white(load(stream, header, index, size)).convert("RGB"), longest)
    except (OSError, UnusablePicture) as error:
        raise UndecodablePicture(index) from error


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
