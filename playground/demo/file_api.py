"""Google's Files API, as far as batches need it.

    POST   /upload/v1beta/files              starts an upload, and takes its pieces at the address it names
    GET    /v1beta/files                     every file, newest first
    GET    /v1beta/files/{id}                one of them
    GET    /v1beta/files/{id}:download       its bytes, where it was made here
    DELETE /v1beta/files/{id}

The resumable protocol is what google-genai 3.6.1 speaks (`files.py`, `_api_client.py`) and what Google
describes (ai.google.dev/api/files): headers `X-Goog-Upload-*`, the commands "start", "upload", "finalize",
"query" and "cancel".
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from playground.demo.api_error import ApiError, invalid_argument
from playground.demo.storage import Storage, Stored
from playground.wire.values import pick

_MAX_START_BYTES = 64 * 1024
_MAX_UPLOADS = 100
_STATUS = "x-goog-upload-status"
_T = TypeVar("_T")


@dataclass(frozen=True)
class FileApi:
    """The Files API over one storage."""

    storage: Storage
    _uploads: dict[str, Stored] = field(default_factory=dict)

    def routes(self, version: str) -> list[Route]:
        """Its routes under a version of the API."""
        return [
            Route(f"/upload/{version}/files", self.upload, methods=["POST"]),
            Route(f"/download/{version}/files/{{name}}:download", self.download),
            Route(f"/{version}/files/{{name}}:download", self.download),
            Route(f"/{version}/files", self.list_files),
            Route(f"/{version}/files/{{name}}", self.get_file, methods=["GET"]),
            Route(f"/{version}/files/{{name}}", self.delete_file, methods=["DELETE"]),
        ]

    async def upload(self, request: Request) -> Response:
        commands = {one.strip() for one in request.headers.get("x-goog-upload-command", "").split(",")}
        try:
            if "start" in commands:
                return await self._start(request)
            file = self._uploads.get(request.query_params.get("upload_id", ""))
            if file is None:
                raise ApiError(404, "NOT_FOUND", "Upload session was not found: start another one.")
            try:
                return await self._go_on(request, file, commands)
            except FileNotFoundError:  # it was deleted, was too old, or made room
                self._forget(file)
                raise ApiError(404, "NOT_FOUND", f"The File {file.name} was removed.") from None
        except ApiError as error:  # without this header, google-genai sends the same piece again
            return JSONResponse(error.body(), error.http_status, {_STATUS: "final"})

    async def _start(self, request: Request) -> Response:
        if request.headers.get("x-goog-upload-protocol") != "resumable":
            raise invalid_argument("This demo takes uploads by X-Goog-Upload-Protocol: resumable only.")
        asked = pick(await small_object(request), "file")
        asked = asked if isinstance(asked, dict) else {}
        name, display_name = (str(pick(asked, key) or "") for key in ("name", "displayName"))
        mime_type = request.headers.get("x-goog-upload-header-content-type") or pick(asked, "mimeType")
        while len(self._uploads) >= _MAX_UPLOADS:
            self.storage.remove(self._uploads.pop(next(iter(self._uploads))))
        upload = secrets.token_urlsafe(24)
        self._uploads[upload] = self.storage.add(name, display_name[:512], str(mime_type or "")[:128])
        address = request.url.include_query_params(upload_id=upload, upload_protocol="resumable")
        headers = {
            "x-goog-upload-url": str(address),
            _STATUS: "active",
            "x-goog-upload-chunk-granularity": "1",
        }
        return Response(headers=headers)

    async def _go_on(self, request: Request, file: Stored, commands: set[str]) -> Response:
        if "query" in commands:
            return Response(headers={_STATUS: "active", "x-goog-upload-size-received": str(file.size)})
        if "cancel" in commands:
            self._forget(file)
            self.storage.remove(file)
            return Response(headers={_STATUS: "cancelled"})
        if "upload" in commands:
            await self._take(request, file)
        if "finalize" not in commands:
            return Response(headers={_STATUS: "active", "x-goog-upload-size-received": str(file.size)})
        self._forget(file)
        file.sha256 = await asyncio.to_thread(_digest, file.path)
        file.is_whole = True
        return JSONResponse({"file": file.described(_base(request))}, headers={_STATUS: "final"})

    async def _take(self, request: Request, file: Stored) -> None:
        if request.headers.get("x-goog-upload-offset", "0") != str(file.size):
            raise invalid_argument(f"Upload offset does not match: {file.size} bytes have been received.")
        with file.path.open("ab") as stream:
            async for chunk in request.stream():
                self.storage.grow(file, len(chunk))
                stream.write(chunk)

    def _forget(self, file: Stored) -> None:
        for upload in [key for key, one in self._uploads.items() if one is file]:
            del self._uploads[upload]

    async def list_files(self, request: Request) -> Response:
        files, token = page(list(self.storage), request, usual=10, most=100)
        return JSONResponse({"files": [file.described(_base(request)) for file in files], **token})

    async def get_file(self, request: Request) -> Response:
        return JSONResponse(self.storage.find(request.path_params["name"]).described(_base(request)))

    async def delete_file(self, request: Request) -> Response:
        self.storage.remove(self.storage.find(request.path_params["name"]))
        return JSONResponse({})

    async def download(self, request: Request) -> Response:
        file = self.storage.find(request.path_params["name"])
        if not (file.is_ours and file.is_whole):
            raise invalid_argument("Only generated files can be downloaded.")
        return FileResponse(file.path, media_type=file.mime_type)


def page(
    items: Sequence[_T], request: Request, *, usual: int, most: int
) -> tuple[Sequence[_T], dict[str, str]]:
    """The items that a call asks for by `pageSize` and `pageToken`, and what names the next ones, if any.

    Raises:
        ApiError: a 400 for what is no size or no token.
    """
    size, start = (request.query_params.get(name) or "0" for name in ("pageSize", "pageToken"))
    if not (size.isascii() and size.isdigit() and start.isascii() and start.isdigit() and len(start) < 10):
        raise invalid_argument("Invalid page size or page token.")
    end = int(start) + min(int(size[:6]) or usual, most)
    return items[int(start) : end], {"nextPageToken": str(end)} if end < len(items) else {}


async def small_object(request: Request) -> dict[str, Any]:
    """A body of a few members, empty where there is none. Raises ApiError."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MAX_START_BYTES:
            raise invalid_argument("Request payload size exceeds the limit.")
    try:
        document = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise invalid_argument("Invalid JSON payload received. Unexpected token.")
    return document


def _base(request: Request) -> str:
    """The address of this gateway, with the version that it was asked by."""
    version = next(part for part in request.url.path.split("/") if part not in ("", "upload", "download"))
    return f"{request.url.scheme}://{request.url.netloc}/{version}"


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
