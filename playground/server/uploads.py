"""Uploads go by a clock: Gradio forgets those that broke off, and those of an earlier process.

Whose they are is noted beside them, for other processes that share the folder, and for the one after this.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playground.server.budgets import UPLOADS_KEPT_SECONDS

FOLDER: Final = "uploads"
"""The folder of uploads below the data folder, see `app.py`."""
UNFINISHED_SECONDS: Final = 3600
"""A file that stands in the folder itself is still being received, and is written to all the time."""


class UploadOwners:
    """Whose each upload is: an empty file beside it, named by a digest of them. Equal ones share a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def note(self, path: str, who: str) -> None:
        """An upload is theirs; nothing is noted outside the folder, or where the disk does not take it."""
        if (note := self._note(path, who)) is not None:
            with contextlib.suppress(OSError):
                note.touch()

    def has(self, path: str, who: str) -> bool:
        """Whether that was noted."""
        note = self._note(path, who)
        return note is not None and note.is_file()

    def _note(self, path: str, who: str) -> Path | None:
        file = Path(path)
        is_upload = ".." not in file.parts and file.parent.parent.resolve() == self._folder
        return file.parent / f".{hashlib.sha256(who.encode()).hexdigest()}" if is_upload else None


def sweep(folder: Path, now: float) -> None:
    """Removes what has not changed for long enough, and folders that are empty by that.

    Args:
        folder: of the uploads; it may be missing.
        now: seconds since 1970.
    """
    for file in _files(folder):
        kept = UNFINISHED_SECONDS if file.parent == folder else UPLOADS_KEPT_SECONDS
        with contextlib.suppress(FileNotFoundError):  # another process sweeps too
            # The moment at which it came here: a copy keeps the time of its original otherwise.
            if now - file.lstat().st_ctime > kept:
                file.unlink()
                _remove_empty(file.parent, folder)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from [file for file in folder.rglob("*") if file.is_symlink() or file.is_file()]


def _remove_empty(folder: Path, last: Path) -> None:
    with contextlib.suppress(OSError):  # it is not empty
        while folder != last:
            folder.rmdir()
            folder = folder.parent
