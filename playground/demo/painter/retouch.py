"""Changes that ask what a picture shows: its subject before another background, gone, or in another colour.

Each takes the picture and the mask of its subject (``cutout.subject``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from .colour import colour
from .frame import Line
from .lettering import breadth, known, lettering
from .raster import rasterise

Field = npt.NDArray[np.floating[Any]]

TALL = 0.62
"""Height of a subject on another ground, as a share of the picture, unless it is too wide for that."""

FONTS = (
    *("NotoSansCJK-Bold.ttc", "NotoSansSC-Bold.otf", "NotoSansCJK-Regular.ttc", "SourceHanSansSC-Bold.otf"),
    *("wqy-zenhei.ttc", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf", "PingFang.ttc", "msyhbd.ttc"),
)
"""Fonts with Chinese letters, any of which may be installed; we bring none because they are large."""


def before_colour(picture: Image.Image, mask: Image.Image, tone: str) -> Image.Image:
    """The subject, where it is, on one colour."""
    paper = Image.new("RGB", picture.size, _rgb(tone))
    if tone != "#ffffff":
        paper = ImageChops.multiply(paper, _shadow(mask, 0.18))
    return Image.composite(picture, paper, mask)


def as_sticker(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The subject with a white outline, as if die-cut."""
    paper = Image.new("RGB", picture.size, _rgb("#d9e4ea"))
    wide = max(3, max(picture.size) // 90)
    line = mask.filter(ImageFilter.GaussianBlur(wide)).point(_over(24))
    line = line.filter(ImageFilter.GaussianBlur(1))
    sheet = Image.composite(
        Image.new("RGB", picture.size, "white"), ImageChops.multiply(paper, _shadow(line, 0.3)), line
    )
    return Image.composite(picture, sheet, mask)


def stood_in(picture: Image.Image, mask: Image.Image, scene: Image.Image, feet: float) -> Image.Image:
    """The subject cut out and stood in a scene, its lower edge at ``feet``, a share of the height."""
    box = mask.point(_over(96)).getbbox() or (0, 0, *picture.size)
    wide, high = box[2] - box[0], box[3] - box[1]
    scale = min(scene.height * TALL / high, scene.width * 0.72 / wide)
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    cut, shape = (sheet.crop(box).resize(size, Image.Resampling.LANCZOS) for sheet in (picture, mask))
    at = ((scene.width - size[0]) // 2, round(scene.height * feet) - size[1])
    ground = Image.new("L", scene.size)
    flat = (at[0] + size[0] * 0.06, at[1] + size[1] * 0.93, at[0] + size[0] * 0.94, at[1] + size[1] * 1.04)
    ImageDraw.Draw(ground).ellipse(flat, fill=150)
    soft = ground.filter(ImageFilter.GaussianBlur(max(2, size[0] // 28)))
    scene = Image.composite(Image.new("RGB", scene.size, (34, 26, 30)), scene, soft)
    scene.paste(cut, at, shape)
    return scene


def erased(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture without the subject: each line of it goes on from what lies left and right."""
    grow = max(3, max(picture.size) // 60)
    wide = mask.filter(ImageFilter.GaussianBlur(2 * grow)).point(_over(24))
    hole = wide.filter(ImageFilter.GaussianBlur(grow)).point(_over(100))
    hole = ImageChops.lighter(hole, _lower(hole, 0, grow // 2))  # the shadow goes as well
    inside = np.asarray(hole) > 0
    pixels = np.asarray(picture, dtype=np.float32)
    calm = np.asarray(picture.filter(ImageFilter.BoxBlur(grow // 2)), dtype=np.float32)
    base, detail = pixels.copy(), np.zeros_like(pixels)
    for row in np.flatnonzero(inside.any(axis=1)):
        _fill(pixels[row], calm[row], base[row], detail[row], inside[row], 2 * grow)
    # Lines that were filled one by one do not quite agree with each other.
    level = Image.fromarray(base.astype(np.uint8)).filter(ImageFilter.BoxBlur((0, max(1, grow // 2))))
    filled = Image.fromarray((np.asarray(level, dtype=np.float32) + detail).clip(0, 255).astype(np.uint8))
    return Image.composite(filled, picture, hole.filter(ImageFilter.GaussianBlur(grow / 3)))


def _fill(
    line: Field, calm: Field, base: Field, detail: Field, inside: npt.NDArray[np.bool_], reach: int
) -> None:
    """Every gap of a line, in place: a level between its sides, and their grain, mirrored.

    ``reach`` is in pixels: how far outside the level is taken, and how far inside the grain goes.
    """
    steps = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(np.int8), [0]))))
    last = len(line) - 1
    for start, end in zip(steps[::2], steps[1::2], strict=True):
        sides = [side for side in (start - 1, end) if 0 <= side <= last]
        if not sides:
            continue
        away = {start - 1: np.arange(1, end - start + 1), end: np.arange(end - start, 0, -1)}
        share = {side: 1 / away[side][:, None] for side in sides}
        total = sum(share.values())
        base[start:end] = 0
        for side in sides:
            outside = line[max(0, side - reach) : side + 1] if side < start else line[side : side + reach]
            base[start:end] += share[side] / total * np.median(outside, axis=0)
            mirrored = side + away[side] * (1 if side >= end else -1)
            mirrored = _bounced(mirrored, end, last) if side >= end else _bounced(mirrored, 0, side)
            fade = np.exp(-away[side] / reach)[:, None]
            detail[start:end] += share[side] / total * fade * (line[mirrored] - calm[mirrored])


def _bounced(at: npt.NDArray[np.int_], least: int, most: int) -> npt.NDArray[np.int_]:
    """Places outside ``least`` to ``most`` come back in, as light between two mirrors."""
    span = max(1, most - least)
    away = np.abs((at - least) % (2 * span))
    return least + np.where(away > span, 2 * span - away, away)


def recoloured(picture: Image.Image, mask: Image.Image | None, to: str, old: str = "") -> Image.Image:
    """The colour of the subject, its strongest unless ``old`` is named, turned into another.

    Lights and shadows stay. Without a mask it is the strongest colour of the whole picture.
    """
    pixels = np.asarray(picture, dtype=np.float32) / 255
    hsv = np.asarray(picture.convert("HSV"), dtype=np.float32) / 255
    hue, strong = hsv[..., 0], hsv[..., 1] * np.sqrt(hsv[..., 2])
    within = np.ones(hue.shape, np.float32) if mask is None else np.asarray(mask, dtype=np.float32) / 255
    if old:
        wanted = np.asarray(Image.new("RGB", (1, 1), _rgb(old)).convert("HSV"))[0, 0, 0] / 255
        within = np.ones(hue.shape, np.float32)
    else:
        counts = np.bincount((hue * 35.99).astype(int).ravel(), (within * strong**2).ravel(), 36)
        wanted = (float((counts + np.roll(counts, 1) + np.roll(counts, -1)).argmax()) + 0.5) / 36
    away = np.abs((hue - wanted + 0.5) % 1 - 0.5)
    chosen = within * np.clip((0.11 - away) / 0.035, 0, 1) * np.clip((strong - 0.14) / 0.12, 0, 1)
    if chosen.sum() < 0.12 * within.sum() and not old:
        chosen = within  # white, grey and black things have no colour to go by
    light = pixels @ np.array((0.3, 0.59, 0.11), np.float32)
    middle = float((light * chosen).sum() / max(1e-6, chosen.sum())) or 0.5
    tone = np.array(_rgb(to), np.float32) / 255
    shade = (light / max(0.08, middle))[..., None]
    painted = np.where(shade <= 1, tone * shade**0.9, 1 - (1 - tone) * np.clip(2 - shade, 0, 1) ** 0.8)
    share = (
        np.asarray(Image.fromarray((chosen * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2)))[
            ..., None
        ]
        / 255
    )
    return Image.fromarray(((pixels * (1 - share) + painted * share) * 255).clip(0, 255).astype(np.uint8))


def settable(text: str) -> bool:
    """Whether there are letters for a text: ours, or a font of this machine."""
    return _ours(text) or _font() is not None


def _ours(text: str) -> bool:
    return known(text) == " ".join(text.upper().split())


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont | None:
    """A font of this machine that has Chinese letters, if there is one."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, 100)
        except OSError:
            continue
    return None


def breadth_in_font(text: str) -> float:
    """The width of a line in a font of this machine, in heights of its letters; 0 where there is none."""
    font = _font()
    return font.getlength(text) / font.size if font else 0.0


def set_lines(picture: Image.Image, lines: Sequence[Line], scale: float) -> Image.Image:
    """The picture with lines in a font of this machine; ``scale`` is pixels for each unit of theirs."""
    font = _font()
    if font is None:
        return picture
    sheet = picture.copy()
    pen = ImageDraw.Draw(sheet)
    for line in lines:
        at = (line.left * scale, (line.bottom - 0.16 * line.size) * scale)
        pen.text(at, line.text, _rgb(line.tone), font.font_variant(size=round(line.size * scale)), "ls")
    return sheet


def lettered(picture: Image.Image, text: str, tone: str, where: str) -> Image.Image:
    """The picture with a headline at its ``top`` or ``bottom``, or where it is calmer, if ``settable``."""
    width, height = picture.size
    high = min(height * 0.15, width * 0.62)
    grey = np.asarray(picture.convert("L").resize((48, 48)), dtype=np.float32)
    calm = np.abs(np.diff(grey, axis=1))
    above = where == "top" or (where != "bottom" and calm[4:14].sum() <= calm[34:44].sum())
    sheet = Image.new("L", picture.size)
    if _ours(text):
        high = min(high, width * 0.84 / max(0.6, breadth(known(text)) + 0.3))
        bottom = high * 1.7 if above else height - high * 0.8
        shapes = lettering(text, width / 2, bottom, high, "#ffffff", 0.19, "middle")
        sheet = rasterise(shapes, picture.size, picture.size, base=Image.new("RGB", picture.size)).convert(
            "L"
        )
    elif (font := _font()) is not None:
        high = min(high, 100 * width * 0.84 / max(1.0, font.getlength(text)))
        at = (width / 2, high * 1.2 if above else height - high * 1.1)
        ImageDraw.Draw(sheet).text(at, text, 255, font.font_variant(size=round(high)), "mm")
    dark = Image.new("RGB", picture.size, "#ffffff" if _pale(tone) < 150 else "#1a1420")
    soft = sheet.filter(ImageFilter.GaussianBlur(max(1.0, high / 12))).point(
        [min(255, value * 2) * 3 // 4 for value in range(256)]
    )
    return Image.composite(
        Image.new("RGB", picture.size, _rgb(tone)), Image.composite(dark, picture, soft), sheet
    )


def _pale(tone: str) -> float:
    red, green, blue = _rgb(tone)
    return 0.3 * red + 0.59 * green + 0.11 * blue


def _shadow(mask: Image.Image, strength: float) -> Image.Image:
    """What a subject's soft shadow leaves of the light, a little below it."""
    drop = max(2, max(mask.size) // 110)
    soft = _lower(mask, drop // 2, drop).filter(ImageFilter.GaussianBlur(drop))
    return soft.point([round(255 - value * strength) for value in range(256)]).convert("RGB")


def _lower(mask: Image.Image, right: int, down: int) -> Image.Image:
    """The mask moved; nothing comes in at the other side."""
    moved = Image.new("L", mask.size)
    moved.paste(mask, (right, down))
    return moved


def _over(least: int) -> list[int]:
    """White above a value of a mask and black elsewhere."""
    return [255 if value > least else 0 for value in range(256)]


def _rgb(tone: str) -> tuple[int, int, int]:
    red, green, blue, _ = colour(tone)
    return (round(red), round(green), round(blue))
