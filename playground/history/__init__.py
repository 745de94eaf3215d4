"""The history: every generation kept whole on disk, found again through an index that can always be rebuilt.

`History` is the door. Behind it: `folders` (the truth on disk), `staging` and `locks` (files on their way),
`database`, `schema`, `migrations` and `index` (what is found quickly), `search` (in any script), `archive`
and `importing` (ZIP), `recipes` and `metadata` (what a picture can carry), `quotas` and `maintenance` (room,
expiry). What is on disk is described in README.md.
"""

from __future__ import annotations

from playground.history.files import EVERYBODY, PROGRAM, THUMBNAIL_SIDE
from playground.history.history import History
from playground.history.maintenance import UNDO_SECONDS
from playground.history.models import (
    Choices,
    Cursor,
    Entry,
    Imported,
    Page,
    Query,
    Recipe,
    SavedPicture,
    Usage,
)
from playground.images.loading import write_atomically

__all__ = [
    "EVERYBODY",
    "PROGRAM",
    "THUMBNAIL_SIDE",
    "UNDO_SECONDS",
    "Choices",
    "Cursor",
    "Entry",
    "History",
    "Imported",
    "Page",
    "Query",
    "Recipe",
    "SavedPicture",
    "Usage",
    "write_atomically",
]
