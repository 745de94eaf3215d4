"""Several pictures on one sheet: loose prints, a row, a grid, or insets on the first."""

from __future__ import annotations

import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

from .cutout import on_plain_ground, subject
from .edit import backdrop, fitted

SHEET = 1800
"""Longest side, in pixels, of the sheet the pictures are arranged on."""

MAIN = 0.7
"""What stands out of a disc is more than half as wide and high, fills less than this share of it, and lies
on it by more than this share of its own."""


def arrange(
    pictures: list[Image.Image], size: tuple[int, int], layout: str, rng: random.Random
) -> Image.Image:
    """All pictures, in order, on a sheet of the proportions of ``size``; the caller enlarges it."""
    scale = min(1.0, SHEET / max(size))
    sheet = (max(16, round(size[0] * scale)), max(16, round(size[1] * scale)))
    if layout == "onto":
        return _insets(pictures, sheet)
    if layout == "row":
        return _justified(pictures, sheet, _row_shape(sheet, len(pictures))[1])
    if layout == "grid":
        return _justified(pictures, sheet)
    return _cells(pictures, sheet, _grid_shape(pictures, sheet), rng)


def _justified(pictures: list[Image.Image], sheet: tuple[int, int], rows: int = 0) -> Image.Image:
    """Rows of whole pictures of one height, as large as fits; without ``rows`` as many as fill best."""
    ground = backdrop(pictures[0], sheet)
    gap = min(sheet) * 0.018
    ratios = [min(4.0, max(0.25, picture.width / picture.height)) for picture in pictures]
    choices = [
        _in_rows(ratios, sheet, gap, count) for count in ([rows] if rows else range(1, len(pictures) + 1))
    ]
    places = max(choices, key=lambda boxes: sum(box[2] * box[3] for box in boxes))
    for picture, (x, y, width, height) in zip(pictures, places, strict=True):
        _lay(ground, _print(picture, width, height, 0.0), (x + width / 2, y + height / 2))
    return ground


def _in_rows(
    ratios: list[float], sheet: tuple[int, int], gap: float, count: int
) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of each picture in ``count`` rows of about equal length."""
    total = sum(ratios)
    rows: list[list[float]] = [[] for _ in range(count)]
    before = 0.0
    for ratio in ratios:
        rows[min(count - 1, int((before + ratio / 2) / total * count))].append(ratio)
        before += ratio
    rows = [row for row in rows if row]
    wide, tall = sheet[0] - 2 * gap, sheet[1] - 2 * gap
    heights = [(wide - gap * (len(row) - 1)) / sum(row) for row in rows]
    shrink = min(1.0, (tall - gap * (len(rows) - 1)) / sum(heights))
    y = (sheet[1] - sum(heights) * shrink - gap * (len(rows) - 1)) / 2
    boxes = []
    for row, height in zip(rows, (height * shrink for height in heights), strict=True):
        x = (sheet[0] - sum(row) * height - gap * (len(row) - 1)) / 2
        for ratio in row:
            boxes.append((x, y, ratio * height, height))
            x += ratio * height + gap
        y += height + gap
    return boxes


def _row_shape(sheet: tuple[int, int], count: int) -> tuple[int, int]:
    """Columns and rows for "side by side": one row as long as it is not thinner than a stripe."""
    rows = 1
    while count / rows > 5 and sheet[0] / math.ceil(count / rows) < sheet[1] / rows * 0.45:
        rows += 1
    return (math.ceil(count / rows), rows)


def _grid_shape(pictures: list[Image.Image], sheet: tuple[int, int]) -> tuple[int, int]:
    """The columns and rows that show the pictures largest."""
    count = len(pictures)
    ratios = sorted(picture.width / picture.height for picture in pictures)
    ratio = min(2.0, max(0.5, ratios[count // 2]))

    def used(columns: int) -> float:
        rows = math.ceil(count / columns)
        width, height = sheet[0] / columns, sheet[1] / rows
        return min(width, height * ratio) ** 2 / ratio

    columns = max(range(1, count + 1), key=used)
    return (columns, math.ceil(count / columns))


def _cells(
    pictures: list[Image.Image],
    sheet: tuple[int, int],
    shape: tuple[int, int],
    rng: random.Random,
) -> Image.Image:
    """Pictures in reading order in the cells of a grid, tilted like prints, the last row in the middle."""
    columns, rows = shape
    ground = backdrop(pictures[0], sheet)
    margin = min(sheet) * 0.035
    width, height = (sheet[0] - 2 * margin) / columns, (sheet[1] - 2 * margin) / rows
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        in_row = min(columns, len(pictures) - row * columns)
        left = margin + (columns - in_row) * width / 2 + column * width
        centre = (left + width / 2, margin + (row + 0.5) * height)
        turn = rng.uniform(2.0, 6.5) * (1 if (index + row) % 2 else -1)
        print_ = _print(picture, width * 0.98, height * 0.98, turn)
        _lay(ground, print_, centre)
    return ground


def _print(picture: Image.Image, width: float, height: float, turn: float) -> Image.Image:
    """A picture with a white border, turned by ``turn`` degrees, that fits into ``width`` by ``height``."""
    angle = math.radians(abs(turn))
    ratio = picture.width / picture.height
    cos, sin = math.cos(angle), math.sin(angle)
    border = min(width, height) * (0.035 if turn else 0.012)
    # The turned box of a w by h print is w cos + h sin by w sin + h cos; w = ratio h without the border.
    tall = min(
        (width - 2 * border * (cos + sin)) / (ratio * cos + sin),
        (height - 2 * border * (cos + sin)) / (ratio * sin + cos),
    )
    tall = max(4.0, tall * 0.99)
    inner = picture.resize((max(2, round(tall * ratio)), max(2, round(tall))), Image.Resampling.LANCZOS)
    framed = ImageOps.expand(inner, max(1, round(border)), (252, 250, 245)).convert("RGBA")
    return framed.rotate(turn, Image.Resampling.BICUBIC, expand=True) if turn else framed


def _lay(ground: Image.Image, item: Image.Image, centre: tuple[float, float]) -> None:
    """An item on the sheet with a soft shadow, never beyond the edge."""
    left = min(max(0, round(centre[0] - item.width / 2)), max(0, ground.width - item.width))
    top = min(max(0, round(centre[1] - item.height / 2)), max(0, ground.height - item.height))
    alpha = item.getchannel("A")
    reach = max(2, round(min(item.size) * 0.03))
    shade = (
        ImageOps.expand(alpha, 3 * reach)
        .filter(ImageFilter.GaussianBlur(reach))
        .point([round(value * 0.42) for value in range(256)])
    )
    ground.paste((24, 18, 36), (left - 3 * reach + reach // 3, top - 3 * reach + reach), shade)
    ground.paste(item.convert("RGB"), (left, top), alpha)


def _insets(pictures: list[Image.Image], sheet: tuple[int, int]) -> Image.Image:
    """Picture 1 fills the sheet; the others lie on it along the lower and right edge.

    Each is cut out where something stands out of it, else it is a round inset; a single one lies on what
    stands out of picture 1.
    """
    ground = fitted(pictures[0], sheet)
    others = pictures[1:]
    base = subject(ground) if len(others) == 1 else None
    if base and (box := base.getbbox()) and (cut := _cut(others[0], round(min(sheet) * 0.4))):
        _lay(ground, cut, ((box[0] + box[2]) / 2, box[1] + (box[3] - box[1]) * 0.7 - cut.height / 2))
        return ground
    across = sheet[0] >= sheet[1]
    long, short = (sheet[0], sheet[1]) if across else (sheet[1], sheet[0])
    rows = 1 if len(others) <= max(3, round(2.6 * long / short)) else 2
    per_row = math.ceil(len(others) / rows)
    size = min(short * (0.46 if len(others) == 1 else 0.36 if rows == 1 else 0.27), long * 0.9 / per_row)
    gap = size * 0.09
    for index, picture in enumerate(others):
        row, column = divmod(index, per_row)
        along = (
            long
            - gap
            - size / 2
            - (min(per_row, len(others) - row * per_row) - 1 - column) * (size + gap * 0.6)
        )
        along = max(size / 2, along)
        deep = short - gap - size / 2 - (rows - 1 - row) * (size + gap * 0.6)
        centre = (along, deep) if across else (deep, along)
        side = max(8, round(size))
        _lay(ground, _cut(picture, side) or _round(picture, side), centre)
    return ground


def _cut(picture: Image.Image, side: int) -> Image.Image | None:
    """What stands out of a picture, ``side`` pixels at its longest; None where nothing does."""
    mask = _whole_thing(picture)
    box = mask.getbbox() if mask else None
    if mask is None or box is None:
        return None
    cut = picture.convert("RGBA")
    cut.putalpha(mask)
    return ImageOps.contain(cut.crop(box), (side, side), Image.Resampling.LANCZOS)


def _whole_thing(picture: Image.Image) -> Image.Image | None:
    """What lies on a plain ground, without the disc that a sticker has behind it."""
    plain, part = on_plain_ground(picture), subject(picture)
    if plain is None or part is None:
        return plain or part
    whole, inner = plain.getbbox() or (0, 0, *plain.size), part.getbbox() or (0, 0, 0, 0)
    sides = [(inner[at + 2] - inner[at]) / (whole[at + 2] - whole[at]) for at in (0, 1)]
    share = ImageStat.Stat(part).mean[0] / ImageStat.Stat(plain).mean[0]
    within = ImageStat.Stat(ImageChops.multiply(part, plain)).mean[0] / ImageStat.Stat(part).mean[0]
    return part if min(sides) > 0.5 and share < MAIN and within > MAIN else plain


def _round(picture: Image.Image, size: int) -> Image.Image:
    """The middle of a picture as a disc with a white rim."""
    finer = 3
    disc = Image.new("L", (size * finer, size * finer))
    ImageDraw.Draw(disc).ellipse((0, 0, size * finer - 1, size * finer - 1), fill=255)
    alpha = disc.reduce(finer)
    rim = max(1, round(size * 0.03))
    result = Image.new("RGBA", (size, size), (252, 250, 245, 255))
    inner = size - 2 * rim
    result.paste(
        ImageOps.fit(picture, (inner, inner), Image.Resampling.LANCZOS),
        (rim, rim),
        alpha.resize((inner, inner)),
    )
    result.putalpha(ImageChops.multiply(alpha, Image.new("L", alpha.size, 255)))
    return result
