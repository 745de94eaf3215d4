"""Where the browser finds the pictures of the history."""

from __future__ import annotations

from typing import Final

from playground.history import SavedPicture
from playground.history.files import LARGE_ENDING

_DRAWN_BY_BROWSERS: Final = frozenset(
    {"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/bmp"}
)


def address(picture: SavedPicture) -> str:
    """The original."""
    return f"pictures/{picture.generation}/{picture.name}"


def is_drawn(picture: SavedPicture) -> bool:
    """Whether browsers draw the original itself."""
    return picture.mime_type in _DRAWN_BY_BROWSERS


def shown_address(picture: SavedPicture) -> str:
    """What a browser can draw: the original, or for TIFF, HEIC and the like a converted copy of it."""
    if is_drawn(picture) or picture.thumbnail is None:
        return address(picture)
    return f"pictures/{picture.generation}/{picture.name.rpartition('.')[0]}{LARGE_ENDING}"


def answer_address(generation: str, call: int) -> str:
    """The raw answer of a call."""
    return f"history/answer/{generation}/{call}"


def preview_address(picture: SavedPicture) -> str:
    """The small preview; empty when there is none."""
    return f"pictures/{picture.generation}/{picture.thumbnail.name}" if picture.thumbnail else ""


def thumbnail_address(picture: SavedPicture) -> str:
    """The small preview, or the original when there is none."""
    return preview_address(picture) or address(picture)
