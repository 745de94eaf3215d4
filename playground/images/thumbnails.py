"""Small copies of pictures for the screen."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import IO

from playground.images.headers import Header
from playground.images.loading import (
    Size,
    checked_header,
    encoded,
    has_alpha,
    load,
    on_white,
    opened,
    room,
    write_atomically,
)

_QUALITY = 80
_EFFORT = 0  # of 6: a third of the time of the usual 4, for a tenth more of very few bytes
_JPEG_SUFFIXES = (".jpg", ".jpeg")


def thumbnail(source: bytes | Path, target: Path, max_side: int = 320) -> Path:
    """Writes a small upright copy of a picture, its sides at most `max_side` pixels, and returns `target`.

    The format is WebP, or JPEG when `target` ends in .jpg or .jpeg. Blocks: call it by `images.run`.

    Raises:
        UnusablePicture: the codes of `prepare`.
        OSError: `target` cannot be written.
    """
    with contextlib.ExitStack() as stack:
        stream: IO[bytes]
        stream = io.BytesIO(source) if isinstance(source, bytes) else stack.enter_context(opened(source, 1))
        header = checked_header(stream, 1)
        size = Size(min(max_side, max(header.width, header.height)))
        with room(header, size, 1):
            data = _small(stream, header, size, as_jpeg=target.suffix.lower() in _JPEG_SUFFIXES)
    write_atomically(target, data, synced=False)  # lost in a power cut, it is made again
    return target


def _small(stream: IO[bytes], header: Header, size: Size, *, as_jpeg: bool) -> bytes:
    image = load(stream, header, 1, size, is_partial_fine=True)
    if as_jpeg or not has_alpha(image):
        image = on_white(image)
    if as_jpeg:
        return encoded(image, "JPEG", quality=_QUALITY)
    return encoded(image, "WEBP", quality=_QUALITY, method=_EFFORT)
