"""What the demo keeps between calls, files and answers of batches: so many bytes, for so long."""

from __future__ import annotations

import asyncio
import base64
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from playground.demo.api_error import ApiError, invalid_argument

KEPT_BYTES = 1 << 30
KEPT_FILES = 1000
KEPT_SECONDS = 48 * 3600.0
"""As long as Google's Files API keeps a file (ai.google.dev/gemini-api/docs/files)."""

_NAME_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


@dataclass
class Stored:
    """A file with a folder of its own, for what belongs to it.

    Attributes:
        name: "files/…", as it goes over the wire.
        display_name: whatever its sender called it.
        mime_type: as its sender declared it.
        folder: holds the file and what else is removed with it.
        created: by the storage's clock.
        is_ours: made here, and so to be downloaded; what was uploaded is not.
        size: bytes of all that is in its folder.
        is_whole: nothing more will be written.
        sha256: of its bytes, once it is whole.
        users: batches that read or write it; it stays as long as there are any.
    """

    name: str
    display_name: str
    mime_type: str
    folder: Path
    created: datetime
    is_ours: bool = False
    size: int = 0
    is_whole: bool = False
    sha256: bytes = b""
    users: int = 0

    @property
    def path(self) -> Path:
        return self.folder / "content"

    def described(self, base: str) -> dict[str, Any]:
        """As the Files API describes it; `base` is the address of this gateway with its version."""
        document = {
            "name": self.name,
            "displayName": self.display_name,
            "mimeType": self.mime_type,
            "sizeBytes": str(self.size),
            "createTime": timestamp(self.created),
            "updateTime": timestamp(self.created),
            "expirationTime": timestamp(self.created + timedelta(seconds=KEPT_SECONDS)),
            "uri": f"{base}/{self.name}",
            "state": "ACTIVE" if self.is_whole else "PROCESSING",
            "source": "GENERATED" if self.is_ours else "UPLOADED",
        }
        if self.sha256:
            document["sha256Hash"] = base64.b64encode(self.sha256).decode("ascii")
        if self.is_ours:
            document["downloadUri"] = f"{base}/{self.name}:download?alt=media"
        return document


class Storage:
    """All files of one gateway. Makes its folder with the first one; `close` removes it."""

    def __init__(
        self, parent: Path | None = None, clock: Callable[[], float] = time.time, limit: int = KEPT_BYTES
    ) -> None:
        """
        Args:
            parent: where the folder is made; None for the system's place for temporary files.
            clock: seconds since 1970.
            limit: bytes of all files together.
        """
        self._parent = parent
        self._clock = clock
        self._limit = limit
        self._root: Path | None = None
        self._files: dict[str, Stored] = {}

    def __iter__(self) -> Iterator[Stored]:
        """Every file that is whole, newest first."""
        self.sweep()
        return (file for file in reversed(list(self._files.values())) if file.is_whole)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def add(
        self, name: str = "", display_name: str = "", mime_type: str = "", *, is_ours: bool = False
    ) -> Stored:
        """An empty file. Raises ApiError for a name that is none or is taken."""
        self.sweep()
        short = name.removeprefix("files/") or secrets.token_hex(8)
        if not set(short) <= _NAME_SIGNS or len(short) > 60:
            raise invalid_argument(
                "* CreateFileRequest.file.name: must be lowercase alphanumeric or dashes.\n"
            )
        if f"files/{short}" in self._files:
            raise ApiError(409, "ALREADY_EXISTS", f"Requested entity already exists: files/{short}.")
        while len(self._files) >= KEPT_FILES:
            self._remove_oldest()
        if self._root is None:
            self._root = Path(mkdtemp(prefix="demo-kept-", dir=self._parent))
        folder = Path(mkdtemp(dir=self._root))
        file = Stored(f"files/{short}", display_name, mime_type, folder, self.now(), is_ours)
        file.path.touch()
        self._files[file.name] = file
        # An idle gateway, too, gives back its disk.
        asyncio.get_running_loop().call_later(KEPT_SECONDS + 1, self.sweep)
        return file

    def find(self, name: str) -> Stored:
        """A file by its name, with or without "files/". Raises ApiError: 403, as Google has it."""
        self.sweep()
        file = self._files.get(f"files/{name.removeprefix('files/')}")
        if file is None:
            short = name.removeprefix("files/")[:60]
            message = f"You do not have permission to access the File {short} or it may not exist."
            raise ApiError(403, "PERMISSION_DENIED", message)
        return file

    def grow(self, file: Stored, byte_count: int) -> None:
        """Counts bytes that are about to be written; what is oldest makes room. Raises ApiError, also for a
        file that was removed: what is written to it would count nowhere."""
        if self._files.get(file.name) is not file:
            raise ApiError(404, "NOT_FOUND", f"The File {file.name} was removed.")
        while sum(one.size for one in self._files.values()) + byte_count > self._limit:
            self._remove_oldest(but=file)
        file.size += byte_count

    def remove(self, file: Stored) -> None:
        self._files.pop(file.name, None)
        shutil.rmtree(file.folder, ignore_errors=True)

    def sweep(self) -> None:
        """Removes what has been here too long."""
        limit = self.now() - timedelta(seconds=KEPT_SECONDS)
        for file in [one for one in self._files.values() if one.created < limit and not one.users]:
            self.remove(file)

    def close(self) -> None:
        """Removes everything."""
        self._files.clear()
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None

    def _remove_oldest(self, but: Stored | None = None) -> None:
        idle = next((one for one in self._files.values() if not one.users and one is not but), None)
        if idle is None:
            raise ApiError(
                429, "RESOURCE_EXHAUSTED", "This demo keeps no more bytes; delete files or batches."
            )
        self.remove(idle)


def timestamp(moment: datetime) -> str:
    """RFC 3339 with a Z."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
