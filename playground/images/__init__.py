"""Picture bytes: what they are, how a given picture becomes one that can be sent, and thumbnails.

Everything here looks at foreign bytes. The type is told by magic bytes, never by a name, and Pillow is only
ever allowed to try that one format. Nothing is decoded before its pixels were counted.
"""

from __future__ import annotations

from playground.images.completeness import is_complete
from playground.images.deep import is_deep
from playground.images.extending import PLACES, extended
from playground.images.headers import ImageInfo, extension, media_type, sniff
from playground.images.masks import keep_outside, marked_box
from playground.images.preparing import prepare, prepare_all
from playground.images.sheet import Tile, sheet
from playground.images.thumbnails import thumbnail
from playground.images.workers import MAX_PIXELS, run

__all__ = [
    "MAX_PIXELS",
    "PLACES",
    "ImageInfo",
    "Tile",
    "extended",
    "extension",
    "is_complete",
    "is_deep",
    "keep_outside",
    "marked_box",
    "media_type",
    "prepare",
    "prepare_all",
    "run",
    "sheet",
    "sniff",
    "thumbnail",
]
