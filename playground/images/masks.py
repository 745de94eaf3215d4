"""Masks: which part of a picture may change, and the picture with only that part changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from playground.images.deep import FULL, Pixels, deep_pixels, deep_png
from playground.images.loading import (
    Size,
    checked_header,
    encoded,
    has_alpha,
    load,
    opened,
    room,
)
from playground.images.workers import MAX_BYTES, memory_budget
from playground.result import PicturePart

_LOOK: Final = 512
"""Pixels of the longer side at which a mask is looked through."""
_FEATHER: Final = 1 / 150
"""How wide the edge of a region is, as a part of the longer side."""
_WORK: Final = 16
"""Bytes for each pixel of the source while an answer is laid over it, measured at 24 megapixels."""
_WORK_DEEP: Final = 28
"""The same for a source of 16 bits, of which 25 were measured."""
_LINES: Final = 256
_Way = Callable[[Image.Image, tuple[int, int]], Image.Image]
_DRIFT: Final = 0.03
"""How far an answer may have moved, as a part of the longer side."""
_STRIP: Final = 8
"""Pixels of the shorter side at `_LOOK`, below which a picture is a strip."""
WHITE: Final = 128
"""Of 255, from which a pixel of a mask may change."""


def marked_box(path: Path) -> tuple[float, float, float, float] | None:
    """What a mask marks: left, top, right and bottom as shares of its sides; None where it marks nothing.

    Blocks: call it by `images.run`.

    Raises:
        UnusablePicture: it cannot be read.
    """
    mask = _region(_loaded(path, _LOOK))
    if (box := mask.getbbox()) is None:
        return None
    left, top, right, bottom = box
    return left / mask.width, top / mask.height, right / mask.width, bottom / mask.height


def keep_outside(answer: Path, source: Path, mask: Path, *, is_empty: bool = False) -> PicturePart:
    """The source with what an answer has where a mask is white, as a PNG of the source's size.

    Where the mask is black, every pixel is the source's own, of a PNG with all 16 bits: the edge is feathered
    inwards. The answer is laid over the source in the way that differs least from it there. Blocks: call it
    by `images.run`.

    Args:
        is_empty: the source has nothing in that region that an edge could run into.

    Raises:
        UnusablePicture: one of the three cannot be read.
    """
    with opened(source, 1) as stream:
        header = checked_header(stream, 1)
    # One reservation for all of it: two threads that each held a picture would wait for each other for ever.
    # A very large source has all that there is to itself.
    work = _WORK_DEEP if header.deep else _WORK
    with memory_budget().reserve(min(MAX_BYTES, work * header.width * header.height)):
        below = _decoded(source)
        below = below if below.mode == "RGBA" else below.convert("RGB")
        region = _region(_decoded(mask).resize(below.size, Image.Resampling.BILINEAR))
        above = _aligned(_decoded(answer), below, region)
        box, share = _shares(region, is_hard=is_empty)
        above = above.crop(box).convert(below.mode)
        size, profile = below.size, below.info.get("icc_profile")
        if not header.deep or (pixels := deep_pixels(source)) is None:
            below.paste(above, box, share)
            return PicturePart(encoded(below, "PNG", compress_level=1), "image/png", *size)
        del below
        _paste_deep(pixels, above, box, share)
        return PicturePart(deep_png(pixels, profile), "image/png", *size)


def _shares(region: Image.Image, *, is_hard: bool) -> tuple[tuple[int, int, int, int], Image.Image]:
    """A box around a region, and how much of each pixel in it is the answer's."""
    blur = max(region.size) * _FEATHER / 2
    left, top, right, bottom = region.getbbox() or (0, 0, 0, 0)
    margin = round(4 * blur) + 1  # an edge is as soft where the box ends as within it
    box = (
        max(0, left - margin),
        max(0, top - margin),
        min(region.width, right + margin),
        min(region.height, bottom + margin),
    )
    part = region.crop(box)
    return box, part if is_hard else _feathered(part, blur)


def _paste_deep(
    below: Pixels, above: Image.Image, box: tuple[int, int, int, int], share: Image.Image
) -> None:
    """As `Image.paste`, into 16 bits a channel; few lines at a time, since it takes twelve bytes a sample."""
    left, top, right, bottom = box
    here = below[top:bottom, left:right]
    for at in range(0, here.shape[0], _LINES):
        rows = (0, at, right - left, min(at + _LINES, bottom - top))
        of_answer = np.asarray(share.crop(rows), np.uint32)[:, :, None]
        other = np.asarray(above.crop(rows), np.uint32)[:, :, : here.shape[2]] * FULL
        own = here[at : at + _LINES] * (255 - of_answer)
        here[at : at + _LINES] = (own + other * of_answer + 127) // 255


def _loaded(path: Path, longest: int) -> Image.Image:
    with opened(path, 1) as stream:
        header = checked_header(stream, 1)
        size = Size(min(longest, max(header.width, header.height)))
        with room(header, size, 1):
            return load(stream, header, 1, size)


def _decoded(path: Path) -> Image.Image:
    """A whole picture, for which there is memory."""
    with opened(path, 1) as stream:
        header = checked_header(stream, 1)
        return load(stream, header, 1, Size(max(header.width, header.height)))


def _region(mask: Image.Image) -> Image.Image:
    """White where a picture may change; what is transparent in a mask counts as black."""
    if has_alpha(mask):
        mask = Image.alpha_composite(Image.new("RGBA", mask.size, "black"), mask.convert("RGBA"))
    return mask.convert("L").point(lambda level: 255 * (level >= WHITE))


def _feathered(region: Image.Image, radius: float) -> Image.Image:
    """The region with a soft edge that lies within it; what is too thin for one has a hard edge."""
    blur = ImageFilter.GaussianBlur(radius)
    soft = ImageChops.darker(region, region.filter(blur).point(lambda level: max(0, 2 * level - 255)))
    wide = soft.point(lambda level: 255 * (level > 0)).filter(blur).point(lambda level: 255 * (level > 0))
    return ImageChops.lighter(soft, ImageChops.darker(region, ImageChops.invert(wide)))


def _aligned(answer: Image.Image, below: Image.Image, region: Image.Image) -> Image.Image:
    """An answer at the source's size: stretched, cut to its shape, or whole with edges, whichever is nearest.

    Models answer in the nearest of their own shapes, and get there in one of these ways; on the way they move
    what is in the picture by a few pixels, which is undone.
    """
    scale = _LOOK / max(below.size)
    small = (max(1, round(below.width * scale)), max(1, round(below.height * scale)))
    outside = ImageChops.invert(region.resize(small, Image.Resampling.NEAREST))
    if outside.getbbox() is None:
        return _stretched(answer, below.size)
    seen = below.convert("L").resize(small)

    def distance(way: _Way) -> float:
        difference = ImageChops.difference(way(answer.convert("L"), small), seen)
        return float(ImageStat.Stat(difference, outside).mean[0])

    way = min((_stretched, ImageOps.fit, _whole), key=distance)
    right, down = _drift(way(answer.convert("L"), small), seen, outside)
    return _moved(way(answer, below.size), right / scale, down / scale)


def _whole(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """All of an answer that was cut to its shape; what it lost is made up for by its edges."""
    scale = min(size[0] / image.width, size[1] / image.height)
    inner = _stretched(image, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    sheet = _stretched(image, size)
    sheet.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    return sheet


def _stretched(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS)


def _drift(answer: Image.Image, seen: Image.Image, outside: Image.Image) -> tuple[float, float]:
    """How far an answer lies to the right of the source and below it, by the edges of what is outside.

    Looked for at half the size first, then around that at the whole, then between pixels. Not in a strip of
    few pixels, in which nothing shows where it was.
    """
    if min(seen.size) < _STRIP:
        return 0.0, 0.0
    half = (max(1, seen.width // 2), max(1, seen.height // 2))
    fewer = [_edges(image.resize(half, Image.Resampling.BOX)) for image in (answer, seen)]
    part = np.asarray(outside.resize(half, Image.Resampling.NEAREST)) > 0
    right, down = _nearest(fewer[0], fewer[1], part, (0, 0), max(1, round(_DRIFT * max(half))))
    whole, part = (_edges(answer), _edges(seen)), np.asarray(outside) > 0
    right, down = _nearest(*whole, part, (2 * right, 2 * down), 2)
    least = _apart(*whole, part, right, down)
    before, after = (_apart(*whole, part, right + step, down) for step in (-1, 1))
    above, below = (_apart(*whole, part, right, down + step) for step in (-1, 1))
    return right + _between(before, after, least), down + _between(above, below, least)


def _between(before: float, after: float, least: float) -> float:
    """Where a curve through three neighbours is lowest, from the middle one."""
    bend = before + after - 2 * least
    return 0.5 * (before - after) / bend if 0 < bend < np.inf else 0.0


def _edges(image: Image.Image) -> np.ndarray:
    """Where a picture's brightness changes, which another colour or another light does not move."""
    levels = np.asarray(image.convert("L").filter(ImageFilter.GaussianBlur(1)), np.float32)
    across, down = np.gradient(levels, axis=1), np.gradient(levels, axis=0)
    return np.asarray(np.hypot(across, down), np.float32)


def _nearest(
    answer: np.ndarray, seen: np.ndarray, part: np.ndarray, around: tuple[int, int], reach: int
) -> tuple[int, int]:
    """The shift, at most `reach` from `around`, at which two pictures differ least in a part of them."""
    steps = range(-reach, reach + 1)
    shifts = [(around[0] + right, around[1] + down) for down in steps for right in steps]
    return min(shifts, key=lambda shift: (_apart(answer, seen, part, *shift), abs(shift[0]) + abs(shift[1])))


def _apart(answer: np.ndarray, seen: np.ndarray, part: np.ndarray, right: int, down: int) -> float:
    """How much two pictures differ in a part of them, when one is moved back by so many pixels."""
    height, width = seen.shape
    if abs(right) >= width or abs(down) >= height:
        return float("inf")
    here = (slice(max(0, -down), height - max(0, down)), slice(max(0, -right), width - max(0, right)))
    there = (slice(max(0, down), height - max(0, -down)), slice(max(0, right), width - max(0, -right)))
    counted = part[here]
    if not counted.any():
        return float("inf")
    return float(np.square(answer[there] - seen[here])[counted].mean())


def _moved(image: Image.Image, right: float, down: float) -> Image.Image:
    """A picture moved to the left and up; what leaves a gap at an edge stays where it is."""
    if max(abs(right), abs(down)) < 0.25:
        return image
    shift = (1, 0, right, 0, 1, down)
    ground = Image.new("L", image.size, 255)
    there = ground.transform(image.size, Image.Transform.AFFINE, shift)
    moved = image.transform(image.size, Image.Transform.AFFINE, shift, Image.Resampling.BICUBIC)
    image.paste(moved, mask=there)
    return image
