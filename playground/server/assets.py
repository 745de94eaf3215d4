"""Serves the page's unchanging files from memory, in front of everything else.

The page asks for some fifty small files at once, and each would otherwise pass the whole stack of Gradio's
middlewares and a thread for the disk: on two cores that was half a second of the first paint. A client from
afar gets them compressed; one from this machine does not, because there the time to unpack costs more than
the bytes.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from playground.server.proxied import path_in_app

_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
_PACKED = frozenset({".js", ".css", ".json", ".svg"})
_MAX_BYTES = 4_000_000
_FOREVER = b"public, max-age=31536000, immutable"  # for an address that holds a hash of the content
_AN_HOUR = b"public, max-age=3600"


@dataclass(frozen=True)
class _File:
    body: bytes
    packed: bytes | None
    media_type: bytes


class AssetsInMemory:
    """An ASGI app around another one: answers for the files below its folders, passes on the rest."""

    def __init__(self, app: ASGIApp, unchanging: Mapping[str, Path], others: Mapping[str, Path]) -> None:
        """Both map a path prefix, e.g. "/assets/", to the folder whose files stand below it.

        What is `unchanging` has a hash of its content in its address: browsers keep it for good.
        """
        self._app = app
        self._unchanging = tuple(unchanging)
        self._folders = {**unchanging, **others}
        self._file = lru_cache(maxsize=512)(_read)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_read = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        file = self._find(scope) if is_read else None
        if file is None:
            await self._app(scope, receive, send)
            return
        is_hashed = path_in_app(scope).startswith(self._unchanging)
        body, headers = file.body, [(b"content-type", file.media_type)]
        headers.append((b"cache-control", _FOREVER if is_hashed else _AN_HOUR))
        if file.packed is not None:
            headers.append((b"vary", b"accept-encoding"))
            if _wants_gzip(scope):
                body = file.packed
                headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _find(self, scope: Scope) -> _File | None:
        path = path_in_app(scope)
        for prefix, folder in self._folders.items():
            if path.startswith(prefix):
                return self._file(folder, path.removeprefix(prefix))
        return None


def _read(folder: Path, name: str) -> _File | None:
    """The file, or None for whatever is not plainly below the folder."""
    if "\0" in name:
        return None
    path = (folder / name).resolve()
    try:
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
    except OSError:  # no disk would take it for a name
        return None
    if path.stat().st_size > _MAX_BYTES:
        return None
    media_type = _TYPES.get(path.suffix, "application/octet-stream")
    body = path.read_bytes()
    packed = gzip.compress(body, 6, mtime=0) if path.suffix in _PACKED else None
    return _File(body, packed, media_type.encode())


def _wants_gzip(scope: Scope) -> bool:
    accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
    return b"gzip" in accepted and not _is_near(scope)


def _is_near(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False
