"""Makes a person's picture fit to send."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from PIL import Image

from playground.errors import UnusablePicture
from playground.images.headers import UPRIGHT, Header, extension
from playground.images.loading import (
    Size,
    checked_header,
    encoded,
    has_alpha,
    load,
    on_white,
    opened,
    room,
    scaled,
    write_atomically,
)
from playground.images.workers import run
from playground.request import PreparedImage

JPEG_QUALITY: Final = 92
_MAX_JPEG_SIDE = 65_000  # the format ends at 65 535
# Google's guides to image and document understanding: larger pictures "are scaled down to a maximum
# resolution of 3072x3072". A copy that has to be made anyway carries no pixels that no model looks at.
_MODEL_SIDE = 3072
# What a long, narrow picture may keep at least: its letters would be lost by its longest side alone.
_MODEL_PIXELS = _MODEL_SIDE * _MODEL_SIDE // 2
_SLACK = 1.25  # a side that a decoder gives for free is as good as one that is a fifth larger
# Encoded with losses already: fewer bytes take fewer pixels. Any other file may shrink as a JPEG by itself.
_LOSSY: Final = frozenset({"image/jpeg", "image/webp", "image/heic", "image/heif", "image/avif"})
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

    Blocks while it converts: call it by `images.run`. A file that goes out untouched is not decoded, so
    damage behind its header is only noticed by the provider. A copy has no more pixels than models look at.

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
        size = Size(_longest(header, byte_count, max_bytes), _SLACK)
        with room(header, size, number):
            copy = _fitting_copy(load(stream, header, number, size), goal)
    target = folder / f"picture-{number}-{secrets.token_hex(8)}{extension(copy.mime_type)}"
    write_atomically(target, copy.data, synced=False)  # of use to this process only, and swept at its start
    changes = _changes(header, copy)
    return PreparedImage(target, copy.mime_type, copy.width, copy.height, len(copy.data), changes, path)


async def prepare_all(
    files: Sequence[Path], *, accepts: Collection[str], max_bytes: int, folder: Path
) -> tuple[PreparedImage, ...]:
    """`prepare` for several pictures, as many at once as there are threads for pixels, in the given order.

    Raises:
        UnusablePicture, OSError: of the first picture that cannot be sent; copies of the others are removed.
    """
    work = (
        run(prepare, file, accepts=accepts, max_bytes=max_bytes, folder=folder, number=number)
        for number, file in enumerate(files, 1)
    )
    ended = await asyncio.gather(*work, return_exceptions=True)
    prepared = tuple(image for image in ended if isinstance(image, PreparedImage))
    failure = next((error for error in ended if isinstance(error, BaseException)), None)
    if failure is not None:
        for copy in (image.path for image in prepared if image.changes):
            copy.unlink(missing_ok=True)
        raise failure
    return prepared


def _is_plain(header: Header) -> bool:
    """Whether the file means the same to every decoder, so that it may go out byte for byte."""
    modes = _PLAIN_MODES.get(header.mime_type)
    is_known = modes is None or (header.mode in modes and not header.deep)
    return is_known and not header.animated and header.orientation == UPRIGHT


def _longest(header: Header, byte_count: int, max_bytes: int) -> int:
    """The longest side that a copy should have, so that nothing is decoded that will not be sent."""
    longest, count = max(header.width, header.height), header.width * header.height
    factor = max(_MODEL_SIDE / longest, math.sqrt(_MODEL_PIXELS / count))
    if header.mime_type in _LOSSY:
        factor = min(factor, math.sqrt(max_bytes / byte_count))  # bytes grow about as the pixels do
    return max(1, round(longest * min(1.0, factor)))


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
        image = scaled(image, _MAX_JPEG_SIDE / max(image.size))
    while True:
        copy = _copy(image, name)
        if len(copy.data) <= goal.max_bytes:
            return copy
        if max(image.size) == 1:
            raise UnusablePicture("picture_too_large", number=goal.number, allowed=goal.max_bytes)
        # Bytes grow about as the pixels do; a little less makes a second step unlikely.
        image = scaled(image, max(0.1, min(0.9, 0.95 * math.sqrt(goal.max_bytes / len(copy.data)))))


def _copy(image: Image.Image, name: str) -> _Copy:
    mime_type = "image/jpeg" if name == "JPEG" else "image/png"
    return _Copy(encoded(image, name, quality=JPEG_QUALITY), mime_type, image.width, image.height)


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
