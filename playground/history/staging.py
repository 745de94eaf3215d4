"""What a process has under way: files that are not finished, and jobs that have not ended.

Whatever ends the process, the next one finds both, and which process it was that had them:

    <data>/incoming/<process>/lock        held as long as the process lives
    <data>/incoming/<process>/jobs/<id>   empty: a job that has not ended, or was cut off and nobody knows yet
    <data>/incoming/<process>/<name>      a file that is being written
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import BaseFileLock

from playground.history.locks import try_lock

_LOCK: Final = "lock"
_JOBS: Final = "jobs"
_HOUR_SECONDS = 3600
_log = logging.getLogger(__name__)


class StagingFolder:
    """This process's own folder for what it has under way. Thread-safe. Raises OSError.

    A lock on a file in it lasts as long as the process. Whoever starts takes over the jobs of those that have
    ended and removes their folders, and of no other: two processes may work on one data directory.
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

    # ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────

    def note_job(self, generation: str) -> None:
        """Notes that a job is under way; when this returns, that is on disk."""
        note = self._job(generation)
        if not note.exists():
            note.touch()
            sync_folder(note.parent)

    def drop_job(self, generation: str) -> None:
        """The job has ended, or its person has been told; a second time does nothing."""
        (self.path / _JOBS / generation).unlink(missing_ok=True)

    def take_over_jobs(self) -> list[str]:
        """Ids of the jobs of this process, from now on with those that ended processes left."""
        for folder in self._ended():
            for note in folder.glob(f"{_JOBS}/*"):
                try:
                    note.replace(self._job(note.name))
                except OSError as error:
                    _log.error("a job that was cut off cannot be taken over yet: %s", error.strerror)
            _remove(folder)
        return sorted(note.name for note in self.path.glob(f"{_JOBS}/*"))

    def is_left(self, generation: str) -> bool:
        """Whether a process that has ended had the job under way, and nobody has taken it over."""
        return any((folder / _JOBS / generation).exists() for folder in self._ended())

    def _job(self, generation: str) -> Path:
        folder = self.path / _JOBS
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)
            sync_folder(self._root)
        return folder / generation

    def has_ended(self, process: str) -> bool | None:
        """Whether another process has ended, by its lock; None for one that has no folder here any more."""
        folder = self._root / process
        if not folder.is_dir():
            return None
        try:
            lock = try_lock(folder / _LOCK)
        except OSError:  # being swept
            return True
        if lock is None:
            return False
        lock.release()
        return True

    # ── the end of a process ────────────────────────────────────────────────────────────────────────────────

    def sweep(self) -> None:
        """Removes what processes that have ended left behind, except jobs that nobody has taken over."""
        for folder in self._ended():
            _remove(folder)

    def _ended(self) -> Iterator[Path]:
        """The folders of processes that have ended, each locked while it is looked at."""
        for folder in sorted(self._root.glob("*")) if self._root.is_dir() else []:
            if folder == self._folder or not folder.is_dir():
                continue
            # Another process sweeps too: the folder may go, also while the lock's file is being made in it.
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                if folder.name.startswith("."):
                    self._sweep_unlocked(folder)
                elif (lock := try_lock(folder / _LOCK)) is not None:
                    try:
                        yield folder
                    finally:
                        lock.release()

    def _sweep_unlocked(self, folder: Path) -> None:
        """One that is not locked yet may be on its way; an old one is not."""
        if time.time() - folder.stat().st_mtime > _HOUR_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)

    def release(self) -> None:
        """Removes the folder and leaves its jobs to the next process; for one that goes on without it."""
        if self._folder is not None:
            _remove(self._folder)
            self._folder = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _remove(folder: Path) -> None:
    """Removes the folder of a process; one with jobs keeps these and its lock."""
    if not any(folder.glob(f"{_JOBS}/*")):
        shutil.rmtree(folder, ignore_errors=True)
        return
    for left in folder.iterdir():
        if left.is_dir() and left.name != _JOBS:
            shutil.rmtree(left, ignore_errors=True)
        elif left.name not in (_JOBS, _LOCK):
            left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes names in a folder survive a power cut, where the system can do that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
