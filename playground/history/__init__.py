"""The history: every generation kept whole on disk, found again through an index that can always be rebuilt.

`History` is the door. Behind it: `folders` (the truth on disk), `staging` and `locks` (files on their way),
`database`, `schema`, `migrations`, `index` and `managed_index` (what is found quickly), `notices` (what
processes tell one another), `ledger` (what was spent, and limits), `batches` (many calls at one press),
`search` (in any script), `archive` and `importing` (ZIP), `recipes` and `metadata` (what a picture can
carry), `quotas` (how much may be kept). What is on disk is described in README.md.
"""

from __future__ import annotations

from playground.history.files import PROGRAM_PREFIX, SHARED_OWNER, THUMBNAIL_SIDE
from playground.history.history import History
from playground.history.managed_index import UNDO_SECONDS
from playground.history.models import (
    LOST_SECONDS,
    Batch,
    BatchRow,
    BatchState,
    Cap,
    Charge,
    Choices,
    Cursor,
    Entry,
    EntryPage,
    Imported,
    Notice,
    Query,
    Recipe,
    RowState,
    SavedPicture,
    SpendingLimits,
    Spent,
    Usage,
)
from playground.history.spans import Span
from playground.images.loading import write_atomically
from playground.record import EPOCH

__all__ = [
    "EPOCH",
    "LOST_SECONDS",
    "PROGRAM_PREFIX",
    "SHARED_OWNER",
    "THUMBNAIL_SIDE",
    "UNDO_SECONDS",
    "Batch",
    "BatchRow",
    "BatchState",
    "Cap",
    "Charge",
    "Choices",
    "Cursor",
    "Entry",
    "EntryPage",
    "History",
    "Imported",
    "Notice",
    "Query",
    "Recipe",
    "RowState",
    "SavedPicture",
    "Span",
    "SpendingLimits",
    "Spent",
    "Usage",
    "write_atomically",
]
