"""Contact sheets of what the demo painter can draw: `python -m playground.demo.painter.contact_sheet FOLDER`.

The pictures that are edited and composed are drawn by the painter too.
"""

from __future__ import annotations

import argparse
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from .book import book, strings
from .lettering import breadth, lettering
from .model import Commission
from .raster import rasterise
from .work import paint

SCENE = "a lighthouse by the sea at sunset and a cat"
"""What all styles are shown on."""

PHOTO = "a house and a dog in the mountains, 35 mm film look"
"""The picture that all edits are made of."""

EDITS = (
    "remove the background", "put it on a wooden table", "change the background to a beach",
    "make it a sticker", "write SALE", "make the roof blue", "remove the house", "crop to a story",
    "night with stars", "make it rain", "let it snow", "blur the background",
    "black and white", "watercolor", "pencil sketch", "add a panda with a red scarf",
)  # fmt: skip

COMPOSITIONS = (
    (2, "side by side"), (3, ""), (7, "put the others onto image 1"), (7, "a collage"), (14, "in a row"),
    (14, ""),
)  # fmt: skip

MATERIAL = (
    "mountains at dawn", "a red car", "a cat on a sofa", "a boat at sunset", "a fox in the forest",
    "a city at night", "two penguins in the snow", "a bowl of noodles", "a lighthouse", "a rocket",
    "a girl holding a balloon", "a dragon on a castle", "a whale", "an astronaut",
)  # fmt: skip
"""What is composed, in this order."""


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet and the words below it."""

    caption: str
    commission: Commission


def sheets() -> Iterator[tuple[str, int, tuple[Tile, ...]]]:
    """Every sheet: its name, its columns, its tiles."""
    yield "subjects", 10, tuple(Tile(name, Commission(name, 256, 256)) for name in _names("subject"))
    styles = (Tile(name, Commission(f"{SCENE}, {name}", 512, 384)) for name in _names("style"))
    yield "styles", 4, (Tile("as it is", Commission(SCENE, 512, 384)), *styles)
    yield "places", 4, tuple(Tile(name, Commission(name, 448, 336)) for name in _names("place"))
    lights = (*_names("time"), *_names("weather"))
    yield "lights", 4, tuple(Tile(name, Commission(f"a castle, {name}", 448, 336)) for name in lights)
    photo = paint(Commission(PHOTO, 800, 600)).data
    edits = (Tile(text, Commission(text, 448, 336, (photo,))) for text in EDITS)
    yield "edits", 4, tuple(edits)
    material = tuple(
        paint(Commission(text, 480, (360, 480, 320)[at % 3])).data for at, text in enumerate(MATERIAL)
    )
    yield (
        "compositions",
        3,
        tuple(
            Tile(f"{count}: {text or 'no words'}", Commission(text, 640, 480, material[:count]))
            for count, text in COMPOSITIONS
        ),
    )
    shapes = ((1536, 256), (768, 432), (480, 480), (360, 540), (256, 1024), (640, 480))
    text = "a pig with wings and a top hat flying over a happy futuristic city"
    wide = [Tile(f"{width} x {height}", Commission(text, width, height)) for width, height in shapes]
    more = [
        Tile(f"variation {number}", Commission(text, 480, 360, variation=number)) for number in range(1, 4)
    ]
    yield "controls", 3, (*wide, *more)


def sheet(tiles: Sequence[Tile], columns: int) -> Image.Image:
    """All tiles on one picture, each as large as its cell allows."""
    width = max(min(tile.commission.width, 640) for tile in tiles)
    height = max(min(tile.commission.height, 480) for tile in tiles)
    line, gap = 26, 8
    rows = math.ceil(len(tiles) / columns)
    paper = Image.new(
        "RGB", (columns * (width + gap) + gap, rows * (height + line + gap) + gap), (250, 248, 243)
    )
    for index, tile in enumerate(tiles):
        left = gap + index % columns * (width + gap)
        top = gap + index // columns * (height + line + gap)
        with Image.open(io.BytesIO(paint(tile.commission).data)) as picture:
            picture.thumbnail((width, height))
            place = (left + (width - picture.width) // 2, top + (height - picture.height) // 2)
            paper.paste(picture, place)
        size = min(10.0, (width - 8) / max(1.0, breadth(tile.caption.upper()) + 1))
        words = lettering(tile.caption, left + width / 2, top + height + 19, size, "#3a3742", 0.13, "middle")
        paper = rasterise(words, paper.size, paper.size, base=paper)
    return paper


def _names(kind: str) -> list[str]:
    return [strings(entry["en"])[0] for entry in book()[kind].values()]


def main() -> None:
    """Write every sheet as a JPEG into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns, tiles in sheets():
        sheet(tiles, columns).save(folder / f"{name}.jpg", quality=88)


if __name__ == "__main__":
    main()
