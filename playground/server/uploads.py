"""Uploads go by a clock: Gradio forgets those that broke off, and those of an earlier process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playground.server.budgets import UPLOADS_KEPT_SECONDS

FOLDER: Final = "uploads"
"""The folder of uploads below the data folder, see `app.py`."""
UNFINISHED_SECONDS: Final = 3600
"""A file that stands in the folder itself is still being received, and is written to all the time."""


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
