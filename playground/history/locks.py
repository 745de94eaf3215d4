"""Locks between processes, on files. A lock ends with its process, however that ends.

They need a POSIX system and a file system that knows locks, which a local disk does. Elsewhere every lock is
given at once: one process is then as well off, and several on one data directory are not supported.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":  # where there is no such lock, one process at a time is supported
    import fcntl


class Lock:
    """An exclusive lock on a file, held until it is released or the process ends."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        os.close(self._handle)


def try_lock(path: Path) -> Lock | None:
    """The lock on a file, which is made when missing; None while somebody else has it. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32":
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return Lock(handle)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits for the lock on a file and holds it for the block. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
