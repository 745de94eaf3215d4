"""A picture on a larger sheet of another shape, and a mask of the space that is new there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from PIL import Image

from playground.images.deep import FULL, Pixels, deep_pixels, deep_png
from playground.images.loading import (
    Size,
    checked_header,
    encoded,
    load,
    opened,
    require_pixels,
    room,
    write_atomically,
)

EMPTY: Final = "#808080"
"""Colour of the space that is to be filled."""
PLACES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"center": (0.5, 0.5), "left": (0, 0.5), "right": (1, 0.5), "top": (0.5, 0), "bottom": (0.5, 1)}
)
"""Where a picture lies in a larger one: how much of the new space is left of it, and above it."""
_SAME: Final = 0.02
"""By how much two shapes may differ and still be the same."""


def extended(source: Path, ratio: float, place: str, folder: Path) -> tuple[Path, Path] | None:
    """A larger PNG that holds the source, pixel for pixel, and a mask of its new space, another.

    Blocks: call it by `images.run`.

    Args:
        ratio: width over height of the larger one.
        place: one of `PLACES`.
        folder: where both are written, under names of our own.

    Returns:
        Their paths; None where the source has that shape already.

    Raises:
        UnusablePicture: it cannot be read, or the larger one would have too many pixels.
        OSError: they cannot be written.
    """
    with opened(source, 1) as stream:
        header = checked_header(stream, 1)
        with room(header, whole := Size(max(header.width, header.height)), 1):
            inner = load(stream, header, 1, whole)
    size = (max(inner.width, round(inner.height * ratio)), max(inner.height, round(inner.width / ratio)))
    if max(size[0] / inner.width, size[1] / inner.height) <= 1 + _SAME:
        return None
    larger = replace(header, width=size[0], height=size[1], mode="RGBA")
    require_pixels(larger, 1)
    with room(larger, Size(max(size)), 1):
        return _on_canvas(inner, deep_pixels(source) if header.deep else None, size, PLACES[place], folder)


def _on_canvas(
    inner: Image.Image,
    pixels: Pixels | None,
    size: tuple[int, int],
    place: tuple[float, float],
    folder: Path,
) -> tuple[Path, Path]:
    """The larger picture and the mask; `pixels` are those of a picture that has more than `inner` holds."""
    at = (round((size[0] - inner.width) * place[0]), round((size[1] - inner.height) * place[1]))
    if pixels is None:
        canvas = Image.new("RGBA" if inner.mode == "RGBA" else "RGB", size, EMPTY)
        canvas.paste(inner, at)
        canvas.info = inner.info
        data = encoded(canvas, "PNG")
    else:
        sheet = np.full((size[1], size[0], pixels.shape[2]), 0x80 * FULL, np.uint16)
        sheet[:, :, 3:] = 0xFFFF
        sheet[at[1] : at[1] + inner.height, at[0] : at[0] + inner.width] = pixels
        data = deep_png(sheet, inner.info.get("icc_profile"))
    mask = Image.new("L", size, 255)
    mask.paste(0, (*at, at[0] + inner.width, at[1] + inner.height))
    name = secrets.token_hex(8)
    paths = (folder / f"extended-{name}.png", folder / f"extended-{name}-mask.png")
    for path, content in zip(paths, (data, encoded(mask, "PNG")), strict=True):
        write_atomically(path, content, synced=False)
    return paths
