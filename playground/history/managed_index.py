"""Keeps the index in step with the folders: opens it, rebuilds a damaged one, removes what expired."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from playground.errors import PlaygroundError
from playground.history import recovery
from playground.history.folders import MARKS, Folders
from playground.history.rows import Row, microseconds, row
from playground.history.staging import StagingFolder
from playground.settings import StorageSettings

if TYPE_CHECKING:
    from playground.history.index import Index

UNDO_SECONDS: Final = 600
"""How long a deleted generation can be brought back."""

BUSY_SECONDS: Final = 10.0
"""How long a write waits for another process's."""

FILE: Final = "history.sqlite3"
_AT_ONCE = 500
_LOCAL_COPY_DAYS = 7
_DAY_SECONDS = 86_400
_log = logging.getLogger(__name__)
T = TypeVar("T")
OnIndexed = Callable[[int, int], None]
"""Called with how many of how many folders are in the index."""


class ManagedIndex:
    """The index as the other modules use it. Thread-safe."""

    def __init__(
        self,
        data_dir: Path,
        folders: Folders,
        staging: StagingFolder,
        storage: StorageSettings,
        *,
        default_owner: str,
        busy_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._path = data_dir / FILE
        self._folders = folders
        self._staging = staging
        self._storage = storage
        self._default_owner = default_owner
        self._busy_seconds = busy_seconds
        self._now = now
        self._index: Index | None = None
        self._lock = threading.RLock()
        self._unindexed: set[str] = set()

    def run(self, query: Callable[[Index], T]) -> T:
        """Runs a query on the index. A damaged one is set aside and built anew before it answers.

        After a lost connection it is run once more, which harms none: who writes says what shall be, not
        what shall be added.

        Raises:
            ConfigurationError: a newer release wrote the index.
            PlaygroundError: "history_busy", "history_failed".
        """
        from playground.history.database import Damaged, Disconnected  # late, see `_opened`

        index = self._opened()
        try:
            return query(index)
        except Disconnected:
            return query(index)
        except Damaged:
            self._replace(index)
            return query(self._opened())

    def update(self, generation: str) -> None:
        """Copies a folder into the index. When that fails, the folder has it, and it is tried again."""
        with self._lock:
            self._unindexed.add(generation)
            waiting = sorted(self._unindexed)
        for one in waiting:
            try:
                self._update(one)
            except (PlaygroundError, OSError) as error:  # OSError: the object store is away
                _log.error("a generation is kept, but cannot be indexed yet: %s", error)
                return
            with self._lock:
                self._unindexed.discard(one)

    def _update(self, generation: str) -> None:
        found = self.row(generation)
        if found is not None:
            self.run(lambda index: index.upsert(found))

    def row(self, generation: str) -> Row | None:
        """What a folder says; None when there is nothing in it to keep."""
        record = recovery.completed(self._folders, generation)
        if record is None:
            return None
        return row(record, self._folders.read_json(generation, MARKS), self._default_owner)

    # ── start ───────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, busy: Collection[str], on_indexed: OnIndexed | None = None) -> None:
        """Sweeps what a former run left, and brings index and folders together.

        Args:
            busy: generations of this process that have not ended.
        """
        self.clean_up(busy)
        self.bring_up(busy)
        rows = self.run(lambda index: index.ids())
        present = set(self._folders.ids())
        gone = rows - present  # in this order: another process makes the folder first, and then the row
        if gone:
            self.run(lambda index: index.remove(gone))
        self.add(sorted(present - rows - set(busy)), on_indexed)
        for generation in self.run(lambda index: index.unfinished()) - set(busy):
            self._update(generation)  # another process's, which may have ended since it was read
        self.expire()
        self._folders.drop_local_copies(time.time() - _LOCAL_COPY_DAYS * _DAY_SECONDS)

    def add(self, generations: Collection[str], on_indexed: OnIndexed | None = None) -> None:
        """Puts folders into the index, many at once."""
        done = 0
        for some in _batches(generations, _AT_ONCE):
            rows = [found for found in map(self.row, some) if found is not None]
            self.run(methodcaller("load", rows))
            done += len(some)
            if on_indexed is not None:
                on_indexed(done, len(generations))

    def expire(self) -> None:
        """Removes what was deleted long enough ago, and what is older than the operator wants to keep."""
        days = self._storage.retention_days
        created = None if days is None else microseconds(self._now() - timedelta(days=days))
        self.remove(self.run(lambda index: index.expired(self.undo_limit(), created)))

    def undo_limit(self) -> int:
        """What was deleted at this moment or later can be brought back; microseconds since 1970."""
        return microseconds(self._now() - timedelta(seconds=UNDO_SECONDS))

    def clean_up(self, busy: Collection[str]) -> None:
        """Removes what ended processes left on this disk, and indexes what this process could not."""
        self._staging.sweep()
        with self._lock:
            waiting = set(self._unindexed)
        for generation in waiting - set(busy):
            self.update(generation)

    def bring_up(self, busy: Collection[str]) -> None:
        """Brings up what the object store could not take. Raises OSError where it takes nothing yet."""
        for generation in self._folders.send() - set(busy):
            self.update(generation)

    def remove(self, generations: Collection[str]) -> None:
        """Takes generations away for good: folders first, so that no crash brings one back."""
        for generation in generations:
            self._folders.remove(generation)
        if generations:
            self.run(lambda index: index.remove(generations))

    def close(self) -> None:
        """Closes the index; the next query opens it again."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None

    def _opened(self) -> Index:
        with self._lock:
            if self._index is None:
                # Late: they bring SQLAlchemy, and the page is there before anybody asks the index.
                from playground.history import opening
                from playground.history.index import Index

                url = self._storage.database_url
                if url:
                    database = opening.open_postgresql(url, busy_seconds=self._busy_seconds)
                else:
                    database = opening.open_sqlite(self._path, busy_seconds=self._busy_seconds)
                self._index = Index(database)
            return self._index

    def _replace(self, damaged: Index) -> None:
        from playground.history import opening  # late, see `_opened`
        from playground.history.index import Index

        with self._lock:
            if self._index is not damaged:  # another thread was here first
                return
            self._index.close()
            self._index = None
            self._index = Index(opening.anew(self._path, self._busy_seconds))
            self.add(sorted(self._folders.ids()))


def _batches(items: Collection[str], size: int) -> Iterator[list[str]]:
    listed = list(items)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
