"""Where the browser finds the pictures of the history."""

from __future__ import annotations

from playground.history import SavedPicture


def address(picture: SavedPicture) -> str:
    """The original."""
    return f"pictures/{picture.generation}/{picture.name}"


def preview_address(picture: SavedPicture) -> str:
    """The small preview; empty when there is none."""
    return f"pictures/{picture.generation}/{picture.thumbnail.name}" if picture.thumbnail else ""


def thumbnail_address(picture: SavedPicture) -> str:
    """The small preview, or the original when there is none."""
    return preview_address(picture) or address(picture)
