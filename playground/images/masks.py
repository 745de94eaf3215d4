"""Masks: which part of a picture may change, and the picture with only that part changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from playground.images.loading import Size, checked_header, encoded, has_alpha, load, opened, room
from playground.result import PicturePart

_LOOK: Final = 512
"""Pixels of the longer side at which a mask is looked through."""
_FEATHER: Final = 1 / 150
"""How wide the edge of a region is, as a part of the longer side."""
_Way = Callable[[Image.Image, tuple[int, int]], Image.Image]
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


def keep_outside(answer: Path, source: Path, mask: Path) -> PicturePart:
    """The source with what an answer has where a mask is white, as a PNG of the source's size.

    Where the mask is black, every pixel is the source's own: the edge is feathered inwards. The answer is
    laid over the source in the way that differs least from it there. Blocks: call it by `images.run`.

    Raises:
        UnusablePicture: one of the three cannot be read.
    """
    below = _loaded(source)
    below = below if below.mode == "RGBA" else below.convert("RGB")
    region = _region(_loaded(mask).resize(below.size, Image.Resampling.BILINEAR))
    above = _aligned(_loaded(answer), below, region).convert(below.mode)
    whole = Image.composite(above, below, _feathered(region))
    whole.info = below.info
    return PicturePart(encoded(whole, "PNG"), "image/png", *whole.size)


def _loaded(path: Path, longest: int | None = None) -> Image.Image:
    with opened(path, 1) as stream:
        header = checked_header(stream, 1)
        size = Size(min(longest or header.width + header.height, max(header.width, header.height)))
        with room(header, size, 1):
            return load(stream, header, 1, size)


def _region(mask: Image.Image) -> Image.Image:
    """White where a picture may change; what is transparent in a mask counts as black."""
    if has_alpha(mask):
        mask = Image.alpha_composite(Image.new("RGBA", mask.size, "black"), mask.convert("RGBA"))
    return mask.convert("L").point(lambda level: 255 * (level >= WHITE))


def _feathered(region: Image.Image) -> Image.Image:
    """The region with a soft edge that lies within it."""
    soft = region.filter(ImageFilter.GaussianBlur(max(region.size) * _FEATHER / 2))
    return ImageChops.darker(region, soft.point(lambda level: max(0, 2 * level - 255)))


def _aligned(answer: Image.Image, below: Image.Image, region: Image.Image) -> Image.Image:
    """An answer at the source's size: stretched, cut to its shape, or whole with edges, whichever is nearest.

    Models answer in the nearest of their own shapes, and get there in one of these ways.
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

    return min((_stretched, ImageOps.fit, ImageOps.pad), key=distance)(answer, below.size)


def _stretched(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS)
