"""Treatments of a finished picture of moderate size.

Each takes an RGB picture and returns one of the same size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

Picture = Image.Image
Filter = Callable[[Picture], Picture]


def tones(picture: Picture, red: float, green: float, blue: float, lift: float = 0.0) -> Picture:
    return picture.convert("RGB", (red, 0, 0, lift, 0, green, 0, 0, 0, 0, blue, -lift))


def warmer(picture: Picture) -> Picture:
    return ImageEnhance.Color(tones(picture, 1.12, 1.02, 0.84, 6)).enhance(1.08)


def colder(picture: Picture) -> Picture:
    return tones(picture, 0.84, 0.98, 1.14, -6)


def brighter(picture: Picture) -> Picture:
    return picture.point([round(255 * (value / 255) ** 0.66) for value in range(256)] * 3)


def darker(picture: Picture) -> Picture:
    return picture.point([round(255 * (value / 255) ** 1.6 * 0.9) for value in range(256)] * 3)


def noir(picture: Picture) -> Picture:
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    deep = grey.point(
        [
            round(255 * (0.5 + 0.5 * np.tanh((value / 255 - 0.47) * 2.6) / np.tanh(1.3)))
            for value in range(256)
        ]
    )
    return vignette(deep.convert("RGB"), 0.5)


def sepia(picture: Picture) -> Picture:
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=0.5)
    toned = ImageOps.colorize(grey, (38, 24, 16), (250, 236, 208), (164, 126, 88))
    return vignette(toned, 0.45)


def wet(picture: Picture) -> Picture:
    """Grey, cool and darker, as under rain clouds."""
    grey = picture.convert("L").convert("RGB")
    return tones(Image.blend(picture, grey, 0.45), 0.72, 0.78, 0.86, -4)


def vignette(picture: Picture, strength: float) -> Picture:
    """Darker corners; ``strength`` 0 to 1."""
    y, x = np.ogrid[-1:1:64j, -1:1:64j]
    shade = 255 * (1 - strength * np.clip(np.hypot(x, y) - 0.55, 0, 1) ** 1.5)
    veil = Image.fromarray(shade.astype(np.uint8)).resize(picture.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(picture, Image.merge("RGB", (veil, veil, veil)))


def blurred(picture: Picture, radius: float) -> Picture:
    """A wide blur, made small: nobody can tell."""
    step = max(1, int(radius / 3))
    small = picture.reduce(step).filter(ImageFilter.GaussianBlur(radius / step))
    return small.resize(picture.size, Image.Resampling.BILINEAR)


def soft_background(picture: Picture) -> Picture:
    """Sharp in the middle, soft around it: without a model the painter cannot know what the subject is."""
    wide = blurred(picture, max(picture.size) / 70)
    y, x = np.ogrid[-1:1:128j, -1:1:128j]
    near = 255 * np.clip(1.75 - 1.9 * np.hypot(x * 1.15, (y - 0.05) * 0.95), 0, 1)
    mask = Image.fromarray(near.astype(np.uint8)).resize(picture.size, Image.Resampling.BICUBIC)
    return Image.composite(picture, wide, mask)


def wintry(picture: Picture) -> Picture:
    """Pale and a little blue, as under snow clouds, and white where it is green."""
    grey = picture.convert("L").convert("RGB")
    pale = tones(Image.blend(picture, grey, 0.35), 0.98, 1.03, 1.08, 8)
    return Image.composite(_snow(grey), pale, _greens(picture))


def _snow(grey: Picture) -> Picture:
    """Snow in the light of a picture: nearly white, bluer in its shadows."""
    light = grey.convert("L")
    return Image.merge(
        "RGB",
        [
            light.point([round(low + (255 - low) * (v / 255) ** 0.5) for v in range(256)])
            for low in (120, 136, 166)
        ],
    )


def _greens(picture: Picture) -> Picture:
    """White where grass and leaves are, by their colour alone, with a soft edge."""
    red, green, blue = picture.split()
    more = ImageChops.subtract(green, ImageChops.lighter(red, blue))
    return more.point([min(255, max(0, v - 4) * 14) for v in range(256)]).filter(
        ImageFilter.GaussianBlur(0.8)
    )
