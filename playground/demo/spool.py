"""Where a request waits for its turn: long pictures in temporary files, the rest in memory."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from playground.demo.api_error import ApiError, invalid_argument, too_large
from playground.errors import UnreadableAnswer
from playground.wire.scanner import Caps, Scan

CAPS: Final = Caps(pictures=10_000)
"""How many pictures a model takes is its row's business; what is no picture stays small, as in an answer."""

_DRAIN = 4
_AT_ONCE_BYTES = 1 << 18


@dataclass(frozen=True)
class Body:
    """A body that has arrived whole.

    Attributes:
        text: its JSON, with a placeholder for each long picture.
        pictures: placeholder -> the file that holds the decoded bytes.
        digest: of all its bytes, as they were sent.
    """

    text: bytes
    pictures: Mapping[str, Path]
    digest: bytes


class TemporaryFolder:
    """ASGI middleware: `request.state.folder` is a folder of the call's own, gone when the call has ended.

    `receive` makes it for a body that may hold a picture: most have a prompt and nothing else.
    """

    def __init__(self, app: ASGIApp, parent: Path | None) -> None:
        """`parent` is where the folders are made; None for the system's place for temporary files."""
        self._app = app
        self._parent = parent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        folder = Path(self._parent or gettempdir(), f"demo-{secrets.token_hex(8)}")
        scope.setdefault("state", {})["folder"] = folder
        try:
            await self._app(scope, receive, send)
        finally:
            # Mostly it was never made. A drawing that nobody waits for may still read: what is left goes with
            # the parent.
            shutil.rmtree(folder, ignore_errors=True)


async def receive(chunks: AsyncIterator[bytes], folder: Path, limit: int) -> Body:
    """The body, its long pictures in `folder`.

    One that is refused is read on and dropped, so that the refusal reaches its sender.

    Raises:
        ApiError: 413 for more than `limit` bytes, 400 for far too much beside the pictures.
        OSError: the disk is full or not writable.
    """
    scan, digest = Scan(folder, CAPS, strict=True), hashlib.sha256()
    byte_count, refusal = 0, None
    async for chunk in chunks:
        byte_count += len(chunk)
        if byte_count > _DRAIN * limit:
            break
        if byte_count > limit:
            refusal = too_large(limit)
        if byte_count >= CAPS.long_string:
            await asyncio.to_thread(folder.mkdir, mode=0o700, exist_ok=True)
        if refusal is None:
            digest.update(chunk)
            refusal = await _feed(scan, chunk)
        else:
            scan.abandon()
    scan.close()
    if refusal:
        raise refusal
    files = {placeholder: picture.file for placeholder, picture in scan.pictures.items() if picture.file}
    return Body(scan.skeleton, files, digest.digest())


async def _feed(scan: Scan, chunk: bytes) -> ApiError | None:
    """Scans a chunk, which may be a whole body, so that other tasks run in between; why it is refused."""
    try:
        for start in range(0, len(chunk), _AT_ONCE_BYTES):
            scan.feed(chunk[start : start + _AT_ONCE_BYTES])
            await asyncio.sleep(0)
    except UnreadableAnswer:
        return invalid_argument("Invalid JSON payload received. There is too much in it beside its pictures.")
    return None
