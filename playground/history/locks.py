"""Locks between processes, on files. A lock ends with its process, however that ends.

One rule where a file system knows no locks (some network drives): every lock is given at once, with a warning
in the log. One process then works as anywhere else; several on one data directory are not supported there.
"""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, Timeout

_NOT_SUPPORTED: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
_log = logging.getLogger(__name__)


def try_lock(path: Path) -> BaseFileLock | None:
    """The lock on a file, which is made when missing; None while somebody else has it. Raises OSError."""
    lock = FileLock(path, mode=0o600, thread_local=False, fallback_to_soft=False)
    try:
        _acquire(lock, blocking=False)
    except Timeout:
        return None
    return lock


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits for the lock on a file and holds it for the block. Raises OSError."""
    lock = FileLock(path, mode=0o600, thread_local=False, fallback_to_soft=False)
    _acquire(lock, blocking=True)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: BaseFileLock, *, blocking: bool) -> None:
    try:
        lock.acquire(blocking=blocking)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
        _log.warning("%s: this disk knows no file locks; run only one process on it", lock.lock_file)
