"""Treatments by the names that the word list has for them."""

from __future__ import annotations

from PIL import Image, ImageOps

from .filters import Filter, brighter, colder, darker, noir, sepia, soft_background, warmer, wet, wintry
from .painterly import ink, lineart, neon, papercut, pixel, sketch, watercolor

STYLES: dict[str, Filter] = {
    "lineart": lineart,
    "papercut": papercut,
    "noir": noir,
    "neon": neon,
    "pixel": pixel,
    "sketch": sketch,
    "watercolor": watercolor,
}
"""Styles of a drawing that are treatments of the finished picture."""

EDITS: dict[str, Filter] = {
    **STYLES,
    "ink": ink,
    "sepia": sepia,
    "warmer": warmer,
    "colder": colder,
    "blur": soft_background,
    "mirror": ImageOps.mirror,
    "rotate": lambda picture: picture.transpose(Image.Transpose.ROTATE_270),
    "brighter": brighter,
    "darker": darker,
    "wet": wet,
    "wintry": wintry,
}
