"""Which pixels a ratio and a size should give, and whether a picture is what was asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

RATIO_TOLERANCE: Final = 0.03
"""How far the sides may be from the asked ratio: the providers' own pixel tables are off by up to 2.9 %."""

SIZE_TOLERANCE: Final = 0.75
"""A longest side below this share of the expected one means that another size came."""

_AT_512: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "1:1": (512, 512),
        "2:3": (424, 632),
        "3:2": (632, 424),
        "3:4": (448, 600),
        "4:3": (600, 448),
        "4:5": (464, 576),
        "5:4": (576, 464),
        "9:16": (384, 688),
        "16:9": (688, 384),
        "21:9": (792, 336),  # Google's page says 792x168, which is 42:9
        "1:4": (256, 1024),
        "4:1": (1024, 256),
        "1:8": (192, 1536),
        "8:1": (1536, 192),
    }
)


def _times(factor: int) -> Mapping[str, tuple[int, int]]:
    """Every larger size is an exact multiple of the smallest."""
    return MappingProxyType({ratio: (w * factor, h * factor) for ratio, (w, h) in _AT_512.items()})


PIXELS: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = MappingProxyType(
    {"512": _AT_512, "1K": _times(2), "2K": _times(4), "4K": _times(8)}
)
"""Image size -> aspect ratio -> (width, height), for the Gemini 3 image models."""

PIXELS_25: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "1:1": (1024, 1024),
        "2:3": (832, 1248),
        "3:2": (1248, 832),
        "3:4": (864, 1184),
        "4:3": (1184, 864),
        "4:5": (896, 1152),
        "5:4": (1152, 896),
        "9:16": (768, 1344),
        "16:9": (1344, 768),
        "21:9": (1536, 672),
    }
)
"""Aspect ratio -> (width, height) of gemini-2.5-flash-image, which knows one size."""


_RATIO = re.compile(r"([1-9][0-9]{0,2}):([1-9][0-9]{0,2})")


def sides(ratio: str) -> tuple[int, int] | None:
    """(16, 9) for "16:9", of a table or not; None for what is no ratio."""
    found = _RATIO.fullmatch(ratio)
    return (int(found[1]), int(found[2])) if found else None


def pixels(aspect_ratio: str, image_size: str) -> tuple[int, int]:
    """(width, height) in pixels of a Gemini 3 picture. Raises KeyError for a ratio or size of no table."""
    return PIXELS[image_size][aspect_ratio]


def nearest_ratio(width: int, height: int, ratios: Collection[str]) -> str:
    """The one of `ratios` ("16:9", …) that comes closest to the sides. Raises ValueError on none."""
    return min(ratios, key=lambda ratio: _apart(width, height, ratio))


def ratio_name(width: int, height: int, others: Iterable[str] = ()) -> str:
    """The ratio that comes closest to the sides: one of the table's, or of `others`, as a model's row has."""
    return nearest_ratio(width, height, (*_AT_512, *others))


def differs(asked_ratio: str, asked_size: str, width: int, height: int) -> set[str]:
    """Which of "aspect_ratio" and "image_size" a picture of `width` x `height` pixels did not follow.

    "auto" and what is no ratio, or a size of no table, are never missed.
    """
    missed: set[str] = set()
    if sides(asked_ratio) and _apart(width, height, asked_ratio) > 1 + RATIO_TOLERANCE:
        missed.add("aspect_ratio")
    if asked_size in PIXELS:
        # Measured against the ratio that came: a square in place of 16:9 is shorter, but no size down.
        expected = pixels(nearest_ratio(width, height, _AT_512), asked_size)
        if max(width, height) < SIZE_TOLERANCE * max(expected):
            missed.add("image_size")
    return missed


def _apart(width: int, height: int, ratio: str) -> float:
    """By which factor the sides miss a ratio; 1.0 is exact."""
    across, down = ratio.split(":")
    quotient = (max(width, 1) * int(down)) / (max(height, 1) * int(across))
    return max(quotient, 1 / quotient)
