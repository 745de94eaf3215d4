"""Text inside picture files, put in and found again without touching pixels or any other byte.

Sources: PNG specification third edition, 11.3.3.4 (iTXt); XMP specification part 3, 1.1.3 (JPEG, APP1) and
1.1.4; WebP container specification, extended file format (VP8X, "XMP ").
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEYWORD: Final = b"Image Playground recipe"
_XMP_MARK: Final = b"http://ns.adobe.com/xap/1.0/\0"
_MOST_TEXT: Final = 1_000_000
_SEGMENT_ROOM = 65_533
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _END, _APP_0, _APP_1, _APP_15 = 0xDA, 0xD9, 0xE0, 0xE1, 0xEF
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10


class DoesNotFit(ValueError):
    """The text is longer than the format allows."""


class NotCarried(ValueError):
    """The file is of no format that can carry a text, or is broken."""


def embed_png(data: bytes, text: bytes) -> bytes:
    """The PNG with the text as an iTXt chunk before its end. Raises NotCarried."""
    for kind, start, _ in _png_chunks(data):
        if kind == b"IEND":
            packed = len(text) > 1000
            body = zlib.compress(text, 9) if packed else text
            content = b"iTXt" + _PNG_KEYWORD + b"\0" + bytes([packed, 0]) + b"\0\0" + body
            chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
            return data[:start] + chunk + data[start:]
    raise NotCarried("no end")


def extract_png(data: bytes) -> bytes | None:
    """The text that `embed_png` put in, or None."""
    for kind, start, size in _png_chunks(data):
        body = data[start + 8 : start + 8 + size]
        if kind != b"iTXt" or not body.startswith(_PNG_KEYWORD + b"\0"):
            continue
        packed, rest = body[len(_PNG_KEYWORD) + 1 :][:1], body[len(_PNG_KEYWORD) + 3 :]
        parts = rest.split(b"\0", 2)  # language, translated keyword, text
        if len(parts) == 3:
            return _unpacked(parts[2]) if packed == b"\1" else parts[2][:_MOST_TEXT]
    return None


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(kind, where it starts, size of its body) of each whole chunk."""
    if not data.startswith(_PNG_SIGNATURE):
        return
    position = len(_PNG_SIGNATURE)
    while position + 12 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        if position + 12 + size > len(data):
            return
        yield data[position + 4 : position + 8], position, size
        position += 12 + size


def _unpacked(data: bytes) -> bytes | None:
    unpack = zlib.decompressobj()
    try:
        return unpack.decompress(data, _MOST_TEXT)
    except zlib.error:
        return None


def embed_jpeg(data: bytes, packet: bytes) -> bytes:
    """The JPEG with an XMP packet in a segment after its other application segments.

    Raises:
        DoesNotFit, NotCarried.
    """
    body = _XMP_MARK + packet
    if len(body) > _SEGMENT_ROOM:
        raise DoesNotFit(len(body))
    if not data.startswith(b"\xff\xd8\xff"):
        raise NotCarried("no JPEG")
    place = 2
    for marker, start, size in _jpeg_segments(data):
        if not _APP_0 <= marker <= _APP_15:
            break
        place = start + 2 + size
    segment = b"\xff" + bytes([_APP_1]) + struct.pack(">H", len(body) + 2) + body
    return data[:place] + segment + data[place:]


def packets_jpeg(data: bytes) -> list[bytes]:
    """All XMP packets of a JPEG."""
    bodies = (
        data[start + 4 : start + 2 + size] for marker, start, size in _jpeg_segments(data) if marker == _APP_1
    )
    return [body[len(_XMP_MARK) :] for body in bodies if body.startswith(_XMP_MARK)]


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, where it starts, size with its length field) of the segments before the picture data."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill
            position += 1
            continue
        if marker in _ALONE:
            position += 2
            continue
        size = int.from_bytes(data[position + 2 : position + 4], "big")
        if marker in (_START_OF_SCAN, _END) or size < 2 or position + 2 + size > len(data):
            return
        yield marker, position, size
        position += 2 + size


def embed_webp(data: bytes, packet: bytes) -> bytes:
    """The WebP with an XMP chunk at its end; a simple file becomes an extended one. Raises NotCarried."""
    chunks = list(_webp_chunks(data))
    if not chunks:
        raise NotCarried("no WebP")
    kind, start, size = chunks[0]
    end = chunks[-1][1] + 8 + chunks[-1][2]
    body = data[12:end] + b"\0" * (chunks[-1][2] & 1)
    if kind == b"VP8X" and size >= 10:
        flags = body[8] | _XMP_FLAG
        body = body[:8] + bytes([flags]) + body[9:]
    else:
        body = _extended_header(kind, data[start + 8 : start + 8 + size]) + body
    body += b"XMP " + struct.pack("<I", len(packet)) + packet + b"\0" * (len(packet) & 1)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def packets_webp(data: bytes) -> list[bytes]:
    """All XMP packets of a WebP."""
    return [data[start + 8 : start + 8 + size] for kind, start, size in _webp_chunks(data) if kind == b"XMP "]


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(kind, where it starts, size of its body) of each whole chunk."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return
    position = 12
    while position + 8 <= len(data):
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        if position + 8 + size > len(data):
            return
        yield data[position : position + 4], position, size
        position += 8 + size + (size & 1)


def _extended_header(kind: bytes, body: bytes) -> bytes:
    """The VP8X chunk of a simple file, from the frame's own header."""
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF), (bits >> 14 & 0x3FFF)  # each less one
        flags = _XMP_FLAG | (_ALPHA_FLAG if bits >> 28 & 1 else 0)
    elif kind == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[place : place + 2], "little") & 0x3FFF for place in (6, 8))
        width, height, flags = width - 1, height - 1, _XMP_FLAG
    else:
        raise NotCarried("no frame")
    if width < 0 or height < 0:
        raise NotCarried("no pixels")
    sides = width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + sides
