"""Which jobs are under way, on disk: after a crash, the next run of the app can say what was cut off.

Each run of the app holds a lock that the system takes back when the process ends, however it ends, so that
two runs on one data directory never take each other's jobs for lost:

    <data>/jobs/<run>.lock
    <data>/jobs/<job>.<run>.json   while the job runs; whose it is and what was asked, never a key
"""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_TRIES = 10
_log = logging.getLogger(__name__)


class Journal:
    """The entries of one run of the app. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """`folder` is shared by all runs; nothing is written before the first entry."""
        self._folder = folder
        self._run = secrets.token_hex(8)
        self._lock: _Lock | None = None
        self._opening = threading.Lock()

    def write(self, job: str, entry: Mapping[str, Any]) -> None:
        """Keeps or replaces the entry of a job. Raises OSError."""
        self._open()
        path = self._path(job)
        new = path.with_suffix(".tmp")  # a name that says whose it is, should this process end right here
        with new.open("wb") as stream:
            stream.write(json.dumps(entry, ensure_ascii=False).encode())
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)

    def forget(self, job: str) -> None:
        """Removes the entry of a job that has ended or has been told. Raises OSError."""
        self._path(job).unlink(missing_ok=True)

    def adopt(self) -> list[dict[str, Any]]:
        """The entries of runs that are no more; from now on they belong to this run. Raises OSError."""
        entries = []
        runs = {path.stem.rpartition(".")[2] for path in self._folder.glob("*.*")} - {self._run}
        for run in sorted(runs):
            path = self._folder / f"{run}.lock"
            lock = _locked(path)
            if lock is not None:
                for left in sorted(self._folder.glob(f"*.{run}.json")):
                    entries += self._taken(left)
                for half in self._folder.glob(f"*.{run}.tmp"):
                    half.unlink()
                path.unlink(missing_ok=True)
                lock.release()
        return entries

    def close(self) -> None:
        """Gives the lock back; the entries that are left belong to the next run. Raises OSError."""
        if self._lock is not None:
            (self._folder / f"{self._run}.lock").unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _path(self, job: str) -> Path:
        return self._folder / f"{job}.{self._run}.json"

    def _open(self) -> None:
        with self._opening:
            self._folder.mkdir(parents=True, exist_ok=True)
            for _ in range(_TRIES):  # another run that starts may look at the new file for a moment
                self._lock = self._lock or _locked(self._folder / f"{self._run}.lock")
            if self._lock is None:
                raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    def _taken(self, path: Path) -> list[dict[str, Any]]:
        """An entry, moved to this run; none for a file that is not one of ours."""
        try:
            entry = json.loads(path.read_bytes())
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            _log.error("the entry of a job that was cut off cannot be read: %s", path.name)
            path.unlink(missing_ok=True)
            return []
        self._open()
        path.replace(self._path(path.name.partition(".")[0]))
        return [entry]


class _Lock:
    """A lock on an open file, given back at the latest when nobody knows it any more."""

    def __init__(self, handle: int) -> None:
        self.release = weakref.finalize(self, os.close, handle)


def _locked(path: Path) -> _Lock | None:
    """The lock of a file; None when another process holds it."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        return None
    lock = _Lock(handle)
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_still_there = os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        is_still_there = False
    if not is_still_there:
        lock.release()
        return None
    return lock
