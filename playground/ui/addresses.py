"""Where the browser finds the pictures of the history."""

from __future__ import annotations

from playground.history import SavedPicture


def address(picture: SavedPicture) -> str:
    """The original."""
    return f"pictures/{picture.generation}/{picture.name}"


def thumbnail_address(picture: SavedPicture) -> str:
    """The small preview, or the original when there is none."""
    name = picture.thumbnail.name if picture.thumbnail else picture.name
    return f"pictures/{picture.generation}/{name}"
