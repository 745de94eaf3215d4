"""Pictures of 16 bits a channel, of which Pillow holds no colour: all of their bits, and a PNG of them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from playground.errors import UnusablePicture
from playground.images.headers import PILLOW_ERRORS, open_restricted, read_header
from playground.images.loading import checked_header, opened, turn_of

Pixels = npt.NDArray[np.uint16]
"""Rows of pixels of three channels, or of four with alpha."""
FULL: Final = 257
"""What one step of eight bits is in sixteen."""

_ROWS = 256
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SUB = 1  # the filter of a line: each byte as its difference from the pixel before
_LOWER_BYTES: Final[Mapping[str, str]] = MappingProxyType({"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"})
"""How Pillow reads the upper byte of each channel of a PNG -> how it would read the lower one."""


def is_deep(path: Path) -> bool:
    """Whether a picture has more than eight bits a channel, as far as its header tells. Blocks."""
    with path.open("rb") as stream:
        header = read_header(stream)
    return header is not None and header.deep


def deep_pixels(path: Path) -> Pixels | None:
    """A PNG of 16 bits, upright; None for any other picture, and for one that Pillow does not give whole.

    Blocks. Needs memory for about 15 bytes a pixel.

    Raises:
        UnusablePicture: it cannot be read.
    """
    with opened(path, 1) as stream:
        header = checked_header(stream, 1)
        try:
            return _pixels(stream, header.mime_type)
        except PILLOW_ERRORS:
            raise UnusablePicture("picture_unreadable", number=1) from None


def deep_png(pixels: Pixels, profile: bytes | None) -> bytes:
    """A PNG of 16 bits a channel, with its colour profile."""
    height, width, channels = pixels.shape
    buffer, packer = io.BytesIO(), zlib.compressobj(1)
    buffer.write(_SIGNATURE)
    kind = 2 if channels == 3 else 6
    _chunk(buffer, b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
    if profile:
        _chunk(buffer, b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile))
    for top in range(0, height, _ROWS):
        rows = pixels[top : top + _ROWS].astype(">u2").view(np.uint8).reshape(-1, 2 * channels * width)
        lines = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
        lines[:, 0] = _SUB
        lines[:, 1:] = rows
        lines[:, 1 + 2 * channels :] -= rows[:, : -2 * channels]
        _chunk(buffer, b"IDAT", packer.compress(lines.tobytes()))
    _chunk(buffer, b"IDAT", packer.flush())
    _chunk(buffer, b"IEND", b"")
    return buffer.getvalue()


def _pixels(stream: IO[bytes], mime_type: str) -> Pixels | None:
    image = open_restricted(stream, mime_type)
    way, turn = _way(image), turn_of(image)  # in this order: turning decodes, and then the way is forgotten
    if "transparency" in image.info:
        return None
    if way == "I;16B":
        return np.repeat(np.asarray(_turned(image, turn), np.uint16)[:, :, None], 3, axis=2)
    if way not in _LOWER_BYTES:
        return None
    pixels = np.asarray(_turned(image, turn)).astype(np.uint16)
    pixels <<= 8
    image = open_restricted(stream, mime_type)
    if isinstance(image, ImageFile.ImageFile):
        image.tile = [tile._replace(args=_LOWER_BYTES[way]) for tile in image.tile]
    pixels |= np.asarray(_turned(image, turn))
    return pixels


def _way(image: Image.Image) -> str:
    """How Pillow reads the pixels of a PNG: by what name it knows their layout in the file."""
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    return str(tiles[0].args) if image.format == "PNG" and len(tiles) == 1 else ""


def _turned(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def _chunk(buffer: IO[bytes], name: bytes, data: bytes) -> None:
    buffer.write(struct.pack(">I", len(data)) + name + data)
    buffer.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))
