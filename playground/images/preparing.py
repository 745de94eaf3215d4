"""Makes a person's picture fit to send."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from PIL import Image

from playground.errors import UnusablePicture
from playground.images.headers import UPRIGHT, Header, extension
from playground.images.loading import (
    checked_header,
    encoded,
    has_alpha,
    load,
    on_white,
    opened,
    write_atomically,
)
from playground.request import PreparedImage

JPEG_QUALITY: Final = 92
_MAX_JPEG_SIDE = 65_000  # the format ends at 65 535
# Modes that every decoder of these formats knows and that mean the same everywhere. A CMYK JPEG comes out
# inverted in some decoders, and a grey PNG with alpha or with 16 bits is misread by others.
_PLAIN_MODES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "image/png": frozenset({"1", "L", "P", "RGB", "RGBA"}),
        "image/jpeg": frozenset({"L", "RGB"}),
    }
)


@dataclass(frozen=True)
class _Goal:
    """What a converted copy has to be."""

    accepts: frozenset[str]
    max_bytes: int
    number: int

    @property
    def takes_jpeg(self) -> bool:
        return "image/jpeg" in self.accepts or "image/png" not in self.accepts

    @property
    def takes_png(self) -> bool:
        return "image/png" in self.accepts


@dataclass(frozen=True)
class _Copy:
    data: bytes
    mime_type: str
    width: int
    height: int
    flattened: bool = False


def prepare(
    path: Path, *, accepts: Collection[str], max_bytes: int, folder: Path, number: int = 1
) -> PreparedImage:
    """A picture that can be sent: the file itself where possible, else a converted copy in `folder`.

    Blocks while it converts: call it in a thread. A file that goes out untouched is not decoded, so damage
    behind its header is only noticed by the provider.

    Args:
        path: the person's file.
        accepts: MIME types that may go out as they are.
        max_bytes: largest file to send, bytes.
        folder: where copies are written, under a name of our own; made when missing.
        number: 1-based place of the picture, for errors.

    Raises:
        UnusablePicture: with `number`: "picture_missing", "picture_empty", "picture_unsupported" (`kind`),
            "picture_unreadable", "picture_too_many_pixels" (`width`, `height`, `megapixels`, `allowed`) or
            "picture_too_large" (`allowed`, bytes).
        OSError: the copy cannot be written.
    """
    goal = _Goal(frozenset(accepts), max_bytes, number)
    with opened(path, number) as stream:
        header = checked_header(stream, number)
        byte_count = stream.seek(0, os.SEEK_END)
        if header.mime_type in goal.accepts and byte_count <= max_bytes and _is_plain(header):
            return PreparedImage(path, header.mime_type, header.width, header.height, byte_count)
        image = load(stream, header, number, _enough(header, byte_count, max_bytes))
    copy = _fitting_copy(image, goal)
    target = folder / f"picture-{number}-{secrets.token_hex(8)}{extension(copy.mime_type)}"
    write_atomically(target, copy.data)
    changes = _changes(header, copy)
    return PreparedImage(target, copy.mime_type, copy.width, copy.height, len(copy.data), changes)


def _is_plain(header: Header) -> bool:
    """Whether the file means the same to every decoder, so that it may go out byte for byte."""
    modes = _PLAIN_MODES.get(header.mime_type)
    is_known = modes is None or header.mode in modes
    return is_known and not header.deep and not header.animated and header.orientation == UPRIGHT


def _enough(header: Header, byte_count: int, max_bytes: int) -> tuple[int, int] | None:
    """Sides that will roughly fit into `max_bytes`, so that a huge JPEG is never decoded in full."""
    if byte_count <= max_bytes:
        return None
    scale = math.sqrt(max_bytes / byte_count)
    return max(1, int(header.width * scale)), max(1, int(header.height * scale))


def _fitting_copy(image: Image.Image, goal: _Goal) -> _Copy:
    """A PNG for pictures with transparency, else a JPEG on white; shrunk only when nothing else fits."""
    transparent = has_alpha(image)
    if transparent and goal.takes_png:
        copy = _copy(image, "PNG")
        if len(copy.data) <= goal.max_bytes:
            return copy
    if not goal.takes_jpeg:
        return _shrunk(image if transparent else on_white(image), "PNG", goal)
    return replace(_shrunk(on_white(image), "JPEG", goal), flattened=transparent)


def _shrunk(image: Image.Image, name: str, goal: _Goal) -> _Copy:
    """The largest copy that fits, found in a few steps. Raises UnusablePicture "picture_too_large"."""
    if name == "JPEG" and max(image.size) > _MAX_JPEG_SIDE:
        image = _scaled(image, _MAX_JPEG_SIDE / max(image.size))
    while True:
        copy = _copy(image, name)
        if len(copy.data) <= goal.max_bytes:
            return copy
        if max(image.size) == 1:
            raise UnusablePicture("picture_too_large", number=goal.number, allowed=goal.max_bytes)
        # Bytes grow about as the pixels do; a little less makes a second step unlikely.
        image = _scaled(image, max(0.1, min(0.9, 0.95 * math.sqrt(goal.max_bytes / len(copy.data)))))


def _scaled(image: Image.Image, factor: float) -> Image.Image:
    width, height = image.size
    size = max(1, int(width * factor)), max(1, int(height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


def _copy(image: Image.Image, name: str) -> _Copy:
    mime_type = "image/jpeg" if name == "JPEG" else "image/png"
    return _Copy(encoded(image, name, JPEG_QUALITY), mime_type, image.width, image.height)


def _changes(header: Header, copy: _Copy) -> tuple[str, ...]:
    """Codes of what was done. A copy that only was encoded anew counts as "converted"."""
    shrunk = copy.width * copy.height < header.width * header.height
    done = {
        "converted": copy.mime_type != header.mime_type,
        "upright": header.orientation != UPRIGHT,
        "shrunk": shrunk,
        "flattened": copy.flattened,
    }
    return tuple(code for code, is_done in done.items() if is_done) or ("converted",)
