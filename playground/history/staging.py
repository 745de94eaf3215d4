"""Where files are before they are finished."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
import uuid
from pathlib import Path
from typing import Final

from filelock import BaseFileLock

from playground.history.locks import try_lock

_LOCK: Final = "lock"
_HOUR_SECONDS = 3600


class Incoming:
    """This process's own folder for files that are not finished. Thread-safe. Raises OSError.

    A lock on a file in it lasts as long as the process. Whoever starts removes the folders of those that have
    ended, and of no other: two processes may work on one data directory.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder: Path | None = None
        self._lock: BaseFileLock | None = None
        self._making = threading.Lock()

    @property
    def path(self) -> Path:
        """The folder; made when first asked for."""
        with self._making:
            folder = self._folder
            return folder if folder is not None and folder.is_dir() else self._make()

    def _make(self) -> Path:
        self.release()
        folder = self._root / uuid.uuid4().hex
        # Under another name first: a folder must not be seen before it is locked.
        hidden = self._root / f".{folder.name}"
        hidden.mkdir(parents=True)
        self._lock = try_lock(hidden / _LOCK)
        hidden.rename(folder)
        self._folder = folder
        return folder

    def new_path(self) -> Path:
        """A name in the folder that nobody has."""
        return self.path / uuid.uuid4().hex

    def sweep(self) -> None:
        """Removes what processes that have ended left behind."""
        for folder in sorted(self._root.glob("*")) if self._root.is_dir() else []:
            if folder == self._folder or not folder.is_dir():
                continue
            # Another process sweeps too: the folder may go, also while the lock's file is being made in it.
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                if folder.name.startswith("."):
                    self._sweep_unlocked(folder)
                elif (lock := try_lock(folder / _LOCK)) is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                    lock.release()

    def _sweep_unlocked(self, folder: Path) -> None:
        """One that is not locked yet may be on its way; an old one is not."""
        if time.time() - folder.stat().st_mtime > _HOUR_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)

    def release(self) -> None:
        """Removes the folder; for a process that goes on without it."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
