"""Small copies of pictures for the screen."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import IO

from playground.images.headers import Header
from playground.images.loading import (
    checked_header,
    encoded,
    has_alpha,
    load,
    on_white,
    opened,
    write_atomically,
)

_QUALITY = 80
_JPEG_SUFFIXES = (".jpg", ".jpeg")


def thumbnail(source: bytes | Path, target: Path, max_side: int = 320) -> Path:
    """Writes a small upright copy of a picture, its sides at most `max_side` pixels, and returns `target`.

    The format is WebP, or JPEG when `target` ends in .jpg or .jpeg. Blocks: call it in a thread.

    Raises:
        UnusablePicture: the codes of `prepare`.
        OSError: `target` cannot be written.
    """
    with contextlib.ExitStack() as stack:
        stream: IO[bytes]
        stream = io.BytesIO(source) if isinstance(source, bytes) else stack.enter_context(opened(source, 1))
        header = checked_header(stream, 1)
        data = _small(stream, header, max_side, as_jpeg=target.suffix.lower() in _JPEG_SUFFIXES)
    write_atomically(target, data)
    return target


def _small(stream: IO[bytes], header: Header, max_side: int, *, as_jpeg: bool) -> bytes:
    image = load(stream, header, 1, (max_side, max_side))
    if as_jpeg or not has_alpha(image):
        image = on_white(image)
    image.thumbnail((max_side, max_side))
    return encoded(image, "JPEG" if as_jpeg else "WEBP", _QUALITY)
