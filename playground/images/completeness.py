"""Whether a picture is complete: told by its last bytes and checksums, and by decoding it only in doubt."""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path
from typing import IO, Final

from playground.errors import UnusablePicture
from playground.images.headers import read_header
from playground.images.loading import Size, decoding_bytes, load, room
from playground.images.workers import MAX_BYTES

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_JPEG_BEGIN: Final = b"\xff\xd8\xff"
_JPEG_END: Final = b"\xff\xd9"
_PNG_END: Final = b"\0\0\0\0IEND\xaeB`\x82"
_READ_BYTES: Final = 256 * 1024
_SMALL: Final = Size(256, 2.0)


def is_complete(picture: bytes | Path, *, thoroughly: bool = True) -> bool:
    """Whether nothing is missing in a picture that `sniff` knows, and nothing in it is damaged.

    A JPEG that ends as one is believed, and a PNG up to its end if its checksums are right. Anything else is
    decoded. What takes too much memory for that counts as whole. Blocks.

    Args:
        thoroughly: look at the checksums, which means to read all of the file.
    """
    if isinstance(picture, bytes):
        return _is_complete(io.BytesIO(picture), thoroughly)
    with picture.open("rb") as stream:
        return _is_complete(stream, thoroughly)


def _is_complete(stream: IO[bytes], thoroughly: bool) -> bool:
    begin = stream.read(len(_PNG_SIGNATURE))
    if begin.startswith(_JPEG_BEGIN) and _ends_with(stream, _JPEG_END):
        return True
    if begin == _PNG_SIGNATURE:
        return (not thoroughly and _ends_with(stream, _PNG_END)) or _has_right_checksums(stream)
    header = read_header(stream)
    if header is None:
        return False
    if decoding_bytes(header, _SMALL) > MAX_BYTES:
        return True
    try:
        with room(header, _SMALL, 1):
            load(stream, header, 1, _SMALL)
    except UnusablePicture:
        return False
    return True


def _ends_with(stream: IO[bytes], end: bytes) -> bool:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - len(end)))
    return stream.read() == end


def _has_right_checksums(stream: IO[bytes]) -> bool:
    """Whether every chunk of a PNG up to its last one is there and has the checksum that it promises."""
    stream.seek(len(_PNG_SIGNATURE))
    while len(head := stream.read(8)) == 8:
        left, kind = int.from_bytes(head[:4], "big"), head[4:]
        checksum = zlib.crc32(kind)
        while left and (piece := stream.read(min(left, _READ_BYTES))):
            checksum = zlib.crc32(piece, checksum)
            left -= len(piece)
        if left or stream.read(4) != checksum.to_bytes(4, "big"):
            return False
        if kind == b"IEND":
            return True
    return False
