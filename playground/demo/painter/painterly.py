"""Treatments that paint a picture anew: pencil, watercolour, ink, paper, pixels, neon.

Each takes an RGB picture and returns one of the same size.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from .filters import Picture, blurred, tones

PAPER = (246, 241, 230)


def _dodge(picture: Picture, radius: float) -> Picture:
    """The pencil lines of a picture: what is darker than its surroundings."""
    grey = picture.convert("L")
    soft = np.asarray(grey.filter(ImageFilter.GaussianBlur(radius)), dtype=np.uint16)
    lines = np.minimum(255, np.asarray(grey, dtype=np.uint16) * 255 // np.maximum(1, soft))
    return Image.fromarray(lines.astype(np.uint8))


def sketch(picture: Picture) -> Picture:
    """Pencil on paper: lines, and hatching, the denser the darker it is."""
    reach = max(picture.size)
    picture = picture.filter(ImageFilter.MedianFilter(3))
    lines = _dodge(picture, reach / 260)
    drawn = lines.point([round(255 * max(0.0, (value - 90) / 165) ** 3) for value in range(256)])
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1).filter(ImageFilter.GaussianBlur(reach / 500))
    for limit, turn, step in ((205, 1, 84), (165, 1, 110), (120, -1, 120), (70, -1, 190)):
        strokes = _hatching(picture.size, max(4, reach // step), turn)
        dark = grey.point([255 if value < limit else 0 for value in range(256)]).filter(
            ImageFilter.GaussianBlur(1.2)
        )
        drawn = ImageChops.multiply(drawn, ImageChops.lighter(strokes, ImageOps.invert(dark)))
    return ImageOps.colorize(drawn, (52, 50, 58), PAPER)


def _hatching(size: tuple[int, int], step: int, turn: int) -> Picture:
    sheet = Image.new("L", size, 255)
    pencil = ImageDraw.Draw(sheet)
    width, height = size
    for at in range(-height, width + height, step):
        ends = (at, 0, at + height, height) if turn > 0 else (at, height, at + height, 0)
        pencil.line(ends, fill=170, width=1)
    return sheet


def rough(picture: Picture) -> Picture:
    """A quick draft: loose lines only, on paper."""
    small = ImageOps.contain(picture, (520, 520)).filter(ImageFilter.MedianFilter(5))
    lines = _dodge(small, 5.0).point([round(255 * (value / 255) ** 4) for value in range(256)])
    shifted = ImageChops.multiply(
        lines, ImageChops.offset(lines, 2, -1).point([min(255, value + 90) for value in range(256)])
    )
    large = shifted.resize(picture.size, Image.Resampling.BICUBIC)
    return ImageOps.colorize(large, (84, 88, 104), (247, 244, 237))


def laid_in(picture: Picture) -> Picture:
    """A draft with its first colours: thin, broad washes below the pencil lines."""
    broad = blurred(picture, max(picture.size) / 60)
    thin = Image.blend(ImageEnhance.Color(broad).enhance(0.9), Image.new("RGB", picture.size, PAPER), 0.42)
    return ImageChops.multiply(thin, rough(picture))


def watercolor(picture: Picture) -> Picture:
    """Flat washes with darker rims that run a little, on paper that stays white at the border."""
    scale = min(1.0, 620 / max(picture.size))
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    small = picture.resize(size, Image.Resampling.BILINEAR)
    washes = _run(small.filter(ImageFilter.MedianFilter(3)), max(size) / 150)
    washes = ImageEnhance.Color(washes.filter(ImageFilter.SMOOTH_MORE)).enhance(1.18)
    rims = _dodge(washes, 2.6).point([round(255 * (value / 255) ** 0.85) for value in range(256)])
    washes = ImageChops.multiply(washes, Image.merge("RGB", (rims, rims, rims)))
    # Thin paint lets the paper through: the lighter a wash, the more.
    washes = Image.blend(washes, Image.new("RGB", size, (255, 253, 247)), 0.22)
    blooms = _cloudy(size, 3, 3, 11).filter(ImageFilter.GaussianBlur(3))
    washes = ImageChops.add(washes, Image.merge("RGB", (blooms, blooms, blooms)), 1.0, -128)
    paper = Image.new("RGB", size, (250, 247, 239))
    painted = Image.composite(washes, paper, _deckle(size))
    large = painted.resize(picture.size, Image.Resampling.BICUBIC)
    tooth = _cloudy(picture.size, 11, 2, 3.5)
    return ImageChops.add(large, Image.merge("RGB", (tooth, tooth, tooth)), 1.0, -128)


def _run(picture: Picture, reach: float) -> Picture:
    """Edges that wander by up to ``reach`` pixels, as wet paint does."""
    width, height = picture.size
    noise = np.random.Generator(np.random.PCG64(21))
    shift = []
    for _ in range(2):
        coarse = Image.fromarray(noise.normal(0, 1, (14, 14)).astype(np.float32))
        fine = Image.fromarray(noise.normal(0, 0.5, (48, 48)).astype(np.float32))
        both = [
            np.asarray(sheet.resize((width, height), Image.Resampling.BICUBIC)) for sheet in (coarse, fine)
        ]
        shift.append((both[0] + both[1]) * reach * 0.6)
    y, x = np.indices((height, width), dtype=np.float32)
    columns = np.clip(x + shift[0], 0, width - 1).astype(np.intp)
    rows = np.clip(y + shift[1], 0, height - 1).astype(np.intp)
    return Image.fromarray(np.asarray(picture)[rows, columns])


def _cloudy(size: tuple[int, int], seed: int, octaves: int, strength: float = 13) -> Picture:
    """Soft noise around 128, coarse to fine."""
    noise = np.random.Generator(np.random.PCG64(seed))
    total = Image.new("L", size, 128)
    for octave in range(octaves):
        cells = 6 * 2**octave if octaves > 2 else max(size) // (2 + octave)
        grid = noise.normal(128, strength / 1.4**octave, (cells, cells)).clip(0, 255).astype(np.uint8)
        total = ImageChops.add(total, Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC), 1.0, -128)
    return total


def _deckle(size: tuple[int, int]) -> Picture:
    """Where paint lies: everywhere but along an uneven border."""
    inset = round(min(size) * 0.035)
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rectangle((inset, inset, size[0] - inset - 1, size[1] - inset - 1), fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(inset * 0.7))
    uneven = ImageChops.add(soft, _cloudy(size, 5, 5, 34), 1.0, -128)
    return uneven.point([max(0, min(255, (value - 96) * 6)) for value in range(256)]).filter(
        ImageFilter.GaussianBlur(0.8)
    )


def neon(picture: Picture) -> Picture:
    """Glowing outlines on a dark ground."""
    picture = picture.filter(ImageFilter.MedianFilter(3))
    soft = picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 700))
    edges = ImageOps.autocontrast(
        soft.convert("L").filter(ImageFilter.FIND_EDGES).crop((2, 2, soft.width - 2, soft.height - 2)),
        cutoff=0.5,
    )
    # What is left of a smooth gradient is no edge.
    edges = edges.resize(picture.size).point(
        [max(0, min(255, round((value - 14) * 2))) for value in range(256)]
    )
    y, x = np.ogrid[0:1:64j, 0:1:64j]
    sweep = (x + y) / 2
    hues = np.stack(
        (255 * np.abs(np.sin(sweep * 3.1 + 0.5)), 90 + 150 * np.abs(np.cos(sweep * 4.0)), 255 - 60 * sweep),
        axis=-1,
    )
    colours = Image.fromarray(hues.astype(np.uint8)).resize(picture.size, Image.Resampling.BILINEAR)
    lines = ImageChops.multiply(colours, Image.merge("RGB", (edges, edges, edges)))
    reach = max(picture.size) / 1000
    wide = blurred(lines, reach * 14).point([min(255, value * 2) for value in range(256)] * 3)
    near = blurred(lines, reach * 4).point([min(255, round(value * 1.5)) for value in range(256)] * 3)
    ground = ImageChops.add(tones(picture, 0.16, 0.11, 0.26), Image.new("RGB", picture.size, (12, 6, 30)))
    return ImageChops.screen(ImageChops.screen(ground, wide), ImageChops.screen(lines, near))


def pixel(picture: Picture) -> Picture:
    """Large square pixels of a few colours."""
    short = min(picture.size)
    scale = min(1.0, 120 / short)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = ImageEnhance.Color(picture.resize(size, Image.Resampling.BOX)).enhance(1.2)
    small = small.filter(ImageFilter.UnsharpMask(1.2, 90, 2))
    few = small.quantize(36, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE).convert(
        "RGB"
    )
    return few.resize(picture.size, Image.Resampling.NEAREST)


def ink(picture: Picture) -> Picture:
    """Grey washes that run, on rice paper."""
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=2)
    reach = max(picture.size)
    wash = (
        blurred(grey.convert("RGB"), reach / 120)
        .convert("L")
        .point([(value // 43) * 43 + 20 for value in range(256)])
    )
    wash = wash.filter(ImageFilter.GaussianBlur(reach / 500)).filter(ImageFilter.MedianFilter(5))
    lines = _dodge(picture, reach / 160).point([round(255 * (value / 255) ** 3) for value in range(256)])
    both = ImageChops.multiply(
        wash.point([min(255, round(70 + value * 0.78)) for value in range(256)]), lines
    )
    paper = ImageOps.colorize(both, (28, 32, 38), (243, 236, 220))
    return ImageChops.add(paper, Image.merge("RGB", (_cloudy(paper.size, 9, 4, 9),) * 3), 1.0, -128)


def lineart(picture: Picture) -> Picture:
    """Clean dark lines on white."""
    soft = picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 900))
    lines = _dodge(soft, max(picture.size) / 160)
    crisp = lines.point([max(0, min(255, round((value - 196) * 6))) for value in range(256)])
    return ImageOps.colorize(crisp.filter(ImageFilter.MedianFilter(3)), (43, 42, 58), (253, 250, 242))


def papercut(picture: Picture) -> Picture:
    """Sheets of paper in a few colours, the dark ones above, each with a shadow on those below."""
    scale = min(1.0, 520 / max(picture.size))
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    calm = ImageEnhance.Color(picture.resize(size, Image.Resampling.BOX)).enhance(1.25)
    for _ in range(2):
        calm = calm.filter(ImageFilter.MedianFilter(5))
    few = calm.quantize(20, method=Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE)
    palette = np.array(few.getpalette(), dtype=float).reshape(-1, 3)[:20]
    sheets = np.asarray(few)
    lightest_first = np.argsort(-(palette @ (0.3, 0.59, 0.11)), kind="stable")
    sheet = Image.new("RGB", picture.size, _whole(palette[lightest_first[0]]))
    reach = max(1, round(max(picture.size) / 420))
    for place in range(1, len(lightest_first)):
        above = np.isin(sheets, lightest_first[place:])
        mask = Image.fromarray((above * 255).astype(np.uint8)).filter(ImageFilter.MedianFilter(3))
        mask = mask.resize(picture.size, Image.Resampling.BICUBIC)
        mask = mask.point([max(0, min(255, (value - 100) * 5)) for value in range(256)])
        shade = mask.filter(ImageFilter.GaussianBlur(reach)).point(
            [round(value * 0.3) for value in range(256)]
        )
        sheet.paste((30, 22, 44), (reach // 2, reach), shade)
        sheet.paste(_whole(palette[lightest_first[place]]), (0, 0), mask)
    return sheet


def _whole(tone: npt.NDArray[np.float64]) -> tuple[int, int, int]:
    return (int(tone[0]), int(tone[1]), int(tone[2]))
