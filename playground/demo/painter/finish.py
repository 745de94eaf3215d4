"""What lies over every picture: grain, a vignette and the small mark that says where it comes from."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops

from .lettering import lettering
from .raster import Box, Finish
from .vector import Shape

TILE = 256
"""Pixels of the side of the grain tile."""


@lru_cache(maxsize=4)
def _grain(strength: int) -> Image.Image:
    """A tile of soft noise around the middle grey.

    Repeated it shows no seam because nothing in it is large.
    """
    noise = np.random.Generator(np.random.PCG64(7)).normal(128, strength, (TILE, TILE))
    return Image.fromarray(noise.clip(0, 255).astype(np.uint8))


def grain(strength: int) -> Finish:
    """A finish that gives flat colours a little tooth, as film and paper have.

    ``strength`` is in 8-bit steps.
    """
    tile = _grain(strength)

    def finish(band: Image.Image, area: Box) -> Image.Image:
        sheet = Image.new("L", band.size)
        strip = Image.new("L", (band.width, TILE))
        for x in range(0, band.width, TILE):
            strip.paste(tile, (x, 0))
        start = -(area[1] % TILE)
        for y in range(start, band.height, TILE):
            sheet.paste(strip, (0, y))
        noise = Image.merge("RGB", (sheet, sheet, sheet))
        return ImageChops.add(band, noise, 1.0, -128)

    return finish


def vignette(size: tuple[int, int], strength: float) -> Finish:
    """A finish that darkens the corners of a picture of ``size``; ``strength`` is 0 to 1."""
    y, x = np.ogrid[-1:1:64j, -1:1:64j]
    shade = 255 * (1 - strength * np.clip(np.hypot(x, y) - 0.5, 0, 1) ** 1.4)
    small = Image.fromarray(shade.astype(np.uint8))
    across, down = 63 / size[0], 63 / size[1]

    def finish(band: Image.Image, area: Box) -> Image.Image:
        part = (area[0] * across, area[1] * down, area[2] * across + 1, area[3] * down + 1)
        veil = small.resize(band.size, Image.Resampling.BILINEAR, part)
        return ImageChops.multiply(band, Image.merge("RGB", (veil, veil, veil)))

    return finish


def both(first: Finish, second: Finish) -> Finish:
    """One finish after the other."""
    return lambda band, area: second(first(band, area), area)


def mark(width: float, height: float, dark: bool = False) -> list[Shape]:
    """The word "demo" in the lower right corner of a drawing, quiet but readable."""
    unit = min(width, height)
    size = unit * 0.019
    right, bottom = width - unit * 0.026, height - unit * 0.026
    if dark:
        return lettering("DEMO", right, bottom, size, "#2b2a3a", align="right", opacity=0.6)
    # On flowers and windows white letters need something to stand on.
    shade = [
        replace(shape, stroke=shape.stroke * 3, blur=size * 0.16)
        for shape in lettering("DEMO", right, bottom, size, "#1c1638", align="right", opacity=0.3)
    ]
    return [*shade, *lettering("DEMO", right, bottom, size, "#ffffff", align="right", opacity=0.75)]
