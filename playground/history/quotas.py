"""How much may be kept, by each visitor and in all: checked before anything is paid for."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from playground.errors import PlaygroundError
from playground.history.managed_index import ManagedIndex
from playground.history.models import Usage
from playground.settings import StorageSettings

_MEGABYTE = 1_000_000


class Quotas:
    """The limits of each owner, of all together and of the disk. Thread-safe."""

    def __init__(self, data_dir: Path, index: ManagedIndex, storage: StorageSettings) -> None:
        self._data_dir = data_dir
        self._index = index
        self._reserved: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._storage = storage

    def usage(self, owner: str | None) -> Usage:
        """How much an owner keeps, or with None all together. The deleted counts until it is gone."""
        count, size = self._index.run(lambda index: index.usage(owner))
        return Usage(count, size, self._storage.visitor_quota if owner else self._storage.total_quota)

    def require(self, owner: str, more: int = 0) -> None:
        """Raises PlaygroundError when `more` bytes of this owner's cannot be kept.

        The codes: "disk_low", "quota_full" for the owner's own limit, "quota_full_for_all" for everybody's.
        """
        storage = self._storage
        self.require_disk(more)
        if storage.visitor_quota is not None and self._used(owner) + more >= storage.visitor_quota:
            raise PlaygroundError("quota_full", quota=_megabytes(storage.visitor_quota))
        if storage.total_quota is not None and self._used(None) + more >= storage.total_quota:
            raise PlaygroundError("quota_full_for_all", quota=_megabytes(storage.total_quota))

    def require_disk(self, more: int = 0) -> None:
        """Raises PlaygroundError "disk_low" when `more` bytes would leave too little space on the disk."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        free, needed = self.free, self._storage.min_free + more
        if free < needed:
            raise PlaygroundError("disk_low", free=_megabytes(free), needed=_megabytes(needed))

    @property
    def free(self) -> int:
        """Free bytes on the disk."""
        return shutil.disk_usage(self._data_dir).free

    def reserve(self, owner: str, more: int) -> None:
        """Counts `more` bytes as kept; a negative number gives them back. Raises as `require`."""
        with self._lock:
            if more > 0:
                self.require(owner, more)
            self._reserved[owner] += more
            if not self._reserved[owner]:
                del self._reserved[owner]

    def _used(self, owner: str | None) -> int:
        reserved = self._reserved.total() if owner is None else self._reserved[owner]
        return self._index.run(lambda index: index.usage(owner))[1] + reserved


class Reservation:
    """Space for what is being written and is in no index yet; given back at the end of the `with` block.

    Several who write at once cannot keep more than there is space for, together.
    """

    def __init__(self, quotas: Quotas, owner: str) -> None:
        self._quotas = quotas
        self._owner = owner
        self._bytes = 0

    def require(self, more: int) -> None:
        """As `Quotas.require`, without taking it."""
        self._quotas.require(self._owner, more)

    def take(self, more: int) -> None:
        """Takes space for `more` bytes; a negative number gives it back. Raises as `Quotas.require`."""
        self._quotas.reserve(self._owner, more)
        self._bytes += more

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._quotas.reserve(self._owner, -self._bytes)


def _megabytes(size: int) -> int:
    return round(size / _MEGABYTE)
