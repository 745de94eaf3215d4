"""Masks: which part of a picture may change."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image

from playground.images.headers import Header
from playground.images.loading import Size, checked_header, load, opened, room

_LOOK: Final = 512
"""Pixels of the longer side at which a mask is looked through."""
WHITE: Final = 128
"""Of 255, from which a pixel of a mask may change."""


def marked_box(path: Path) -> tuple[float, float, float, float] | None:
    """What a mask marks: left, top, right and bottom as shares of its sides; None where it marks nothing.

    Blocks: call it by `images.run`.

    Raises:
        UnusablePicture: it cannot be read.
    """
    with opened(path, 1) as stream:
        header: Header = checked_header(stream, 1)
        size = Size(min(_LOOK, max(header.width, header.height)))
        with room(header, size, 1):
            mask = load(stream, header, 1, size).convert("RGBA")
    black = Image.new("RGBA", mask.size, "black")
    mask = Image.alpha_composite(black, mask).convert("L")
    box = mask.point(lambda level: 255 * (level >= WHITE)).getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    return left / mask.width, top / mask.height, right / mask.width, bottom / mask.height
