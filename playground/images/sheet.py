"""Several pictures side by side as one new picture, with a caption below each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from playground.images.loading import (
    Size,
    checked_header,
    encoded,
    load,
    on_white,
    opened,
    room,
    write_atomically,
)

SIDE: Final = 960
"""Most pixels of a picture's longer side."""
_GAP, _NAME, _FACTS = 32, 30, 24
_CAPTION = 96
_QUALITY = 92
_INK, _SOFT, _MARK = (27, 29, 30), (85, 89, 92), (29, 78, 142)


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet.

    Attributes:
        name, facts: what stands below it; signs beyond Latin-1 have no letters here and are left out.
        is_marked: it has a frame.
    """

    path: Path
    name: str
    facts: str = ""
    is_marked: bool = False


def sheet(tiles: Sequence[Tile], target: Path) -> Path:
    """Writes a JPEG with all tiles in rows and returns `target`; the files of the tiles are only read.

    Blocks: call it by `images.run`.

    Raises:
        UnusablePicture: the codes of `prepare`.
        OSError: `target` cannot be written.
    """
    columns = len(tiles) if len(tiles) < 4 else math.ceil(len(tiles) / 2) if len(tiles) > 4 else 2
    pictures = [_loaded(tile.path, number) for number, tile in enumerate(tiles, 1)]
    rows = [range(first, min(first + columns, len(tiles))) for first in range(0, len(tiles), columns)]
    heights = [max(pictures[place].height for place in row) for row in rows]
    width = columns * (SIDE + _GAP) + _GAP
    made = Image.new("RGB", (width, sum(heights) + len(rows) * (_CAPTION + _GAP) + _GAP), "white")
    top = _GAP
    for row, height in zip(rows, heights, strict=True):
        for column, place in enumerate(row):
            corner = (_GAP + column * (SIDE + _GAP), top + height)
            _hang(made, pictures[place], tiles[place], corner)
        top += height + _CAPTION + _GAP
    write_atomically(target, encoded(made, "JPEG", quality=_QUALITY), synced=False)
    return target


def _loaded(path: Path, number: int) -> Image.Image:
    with opened(path, number) as stream:
        header = checked_header(stream, number)
        size = Size(min(SIDE, max(header.width, header.height)))
        with room(header, size, number):
            return on_white(load(stream, header, number, size, is_partial_fine=True)).convert("RGB")


def _hang(made: Image.Image, picture: Image.Image, tile: Tile, corner: tuple[int, int]) -> None:
    """Puts a picture above its lower left corner, its caption below."""
    left, bottom = corner
    made.paste(picture, (left, bottom - picture.height))
    draw = ImageDraw.Draw(made)
    if tile.is_marked:
        frame = (left - 8, bottom - picture.height - 8, left + picture.width + 7, bottom + 7)
        draw.rectangle(frame, outline=_MARK, width=6)
    for text, size, ink, below in ((tile.name, _NAME, _INK, 16), (tile.facts, _FACTS, _SOFT, 56)):
        drawn = text.encode("latin-1", "ignore").decode("latin-1")
        draw.text((left, bottom + below), drawn, fill=ink, font=ImageFont.load_default(size))
