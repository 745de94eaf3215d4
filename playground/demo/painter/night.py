"""Night for a picture: dark, with stars and a moon where a sky is found."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from .filters import Picture, darker, tones, vignette


def night(picture: Picture, rng: random.Random) -> tuple[Picture, bool]:
    """Night; stars and a moon where a sky is found, and whether one was."""
    dark = tones(darker(picture), 0.42, 0.52, 0.86, -14)
    sky = _sky(picture)
    found = bool(sky.mean() > 12)
    if not found:
        return vignette(dark, 0.5), False
    mask = (
        Image.fromarray(sky)
        .resize(picture.size, Image.Resampling.BILINEAR)
        .filter(ImageFilter.GaussianBlur(2))
    )
    deep = Image.new("RGB", (1, 2))
    deep.putpixel((0, 0), (9, 14, 44))
    deep.putpixel((0, 1), (48, 66, 116))
    heaven = Image.blend(deep.resize(picture.size, Image.Resampling.BILINEAR), dark, 0.25)
    pencil = ImageDraw.Draw(heaven)
    width, height = picture.size
    for _ in range(260):
        x, y, size = (
            rng.uniform(0, width),
            rng.uniform(0, height * 0.8),
            rng.choice((0.6, 0.8, 1.2, 1.8)) * max(picture.size) / 1000,
        )
        pencil.ellipse((x - size, y - size, x + size, y + size), fill=(246, 240, 220))
    _moon(pencil, heaven, sky)
    return Image.composite(heaven, dark, mask), True


def _moon(pencil: ImageDraw.ImageDraw, heaven: Picture, sky: npt.NDArray[np.uint8]) -> None:
    """A moon in the middle of the widest piece of sky."""
    rows, columns = sky.shape
    weight = sky[: max(1, rows // 3)].sum(axis=0).astype(float)
    smooth = np.convolve(weight, np.ones(max(1, columns // 6)), "same")
    x = (int(smooth.argmax()) + 0.5) / columns * heaven.width
    radius = min(heaven.size) * 0.045
    y = max(radius * 1.6, heaven.height * 0.12)
    pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(250, 244, 220))
    pencil.ellipse(
        (x - radius * 0.45, y - radius * 1.02, x + radius * 1.3, y + radius * 0.75), fill=(20, 28, 62)
    )


def _sky(picture: Picture) -> npt.NDArray[np.uint8]:
    """A small mask (0 or 255) of what reaches down from the upper edge without a sudden change."""
    small = np.asarray(
        picture.resize((160, 160), Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(1.5)),
        dtype=np.int16,
    )
    across = np.abs(np.diff(small, axis=1, prepend=small[:, :1])).sum(axis=2)
    along = np.abs(np.diff(small, axis=0, prepend=small[:1])).sum(axis=2)
    green = (small[:, :, 1] > small[:, :, 0] + 8) & (small[:, :, 1] > small[:, :, 2] + 8)
    wood = (small[:, :, 0] > small[:, :, 2] + 70) & (small[:, :, 2] < 120)
    open_ = (across + along < 26) & (small.sum(axis=2) > 270) & ~green & ~wood
    inside = np.zeros((160, 160), dtype=bool)
    inside[0] = open_[0]
    # Grown step by step, so that it flows around birds and branches; 200 steps reach every corner that
    # matters.
    for _ in range(200):
        grown = inside.copy()
        grown[1:] |= inside[:-1]
        grown[:, 1:] |= inside[:, :-1]
        grown[:, :-1] |= inside[:, 1:]
        inside = grown & open_
    # Clouds and the sun are not of one piece with the sky, but have sky below them.
    rows = np.arange(160)[:, None]
    lowest = np.where(inside, rows, -1)[:112].max(axis=0)
    inside |= (rows < lowest[None, :]) & (small.sum(axis=2) > 500)
    mask = np.where(inside, 255, 0).astype(np.uint8)
    closed = Image.fromarray(mask).filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.MinFilter(7))
    return np.asarray(closed.filter(ImageFilter.MedianFilter(5)))
