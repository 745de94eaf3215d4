"""Files out of the history and into it: a ZIP of several results, a copy with its recipe, an imported ZIP.

Plain routes and no events of Gradio's: such files may be larger than what it takes, and go straight to disk.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse

from playground import images
from playground.errors import PlaygroundError
from playground.history import History, Query
from playground.server.guard import is_own_page
from playground.server.visitors import visitor

MAX_IMPORT_BYTES = 8_000_000_000
_MAX_FORM_BYTES = 1_000_000


def add_routes(host: FastAPI, history: History) -> None:
    """Adds the routes to the host, for the visitor that a request's cookie names and for nobody else."""

    @host.post("/history/zip")
    async def zip_of(request: Request) -> FileResponse:
        owner = _owner(request)
        ids = await _chosen(request) or await asyncio.to_thread(_all_ids, history, owner)
        return await _made(history, partial(history.export_zip, owner, ids), "application/zip")

    @host.post("/history/import")
    async def import_zip(request: Request) -> JSONResponse:
        owner, file = _owner(request), Path(_folder(history), "import.zip")
        try:
            await _received(request, file)
            imported = await asyncio.to_thread(history.import_zip, owner, file)
        except PlaygroundError as error:
            raise HTTPException(422, error.code) from None
        finally:
            _remove(file)
        return JSONResponse(
            {"added": imported.added, "skipped": imported.known, "refused": Counter(imported.refused)}
        )

    @host.get("/history/copy/{generation}/{name}")
    async def copy(generation: str, name: str, request: Request) -> FileResponse:
        make = partial(history.copy_with_recipe, _owner(request), generation, name)
        return await _made(history, make, images.media_type(name))


def _owner(request: Request) -> str:
    """Whose history it is. A page of another site is told nothing at all."""
    owner = visitor(request.headers.get("cookie"))
    if owner is None or not is_own_page(request.headers):
        raise HTTPException(404)
    return owner


async def _made(history: History, make: Callable[[Path], Path | None], media_type: str) -> FileResponse:
    """A file that is made for this one answer, and removed after it."""
    folder = _folder(history)
    try:
        path = await asyncio.to_thread(make, folder)
    except PlaygroundError:
        path = None
    if path is None:
        folder.rmdir()
        raise HTTPException(404)
    return FileResponse(
        path, media_type=media_type, filename=path.name, background=BackgroundTask(_remove, path),
        headers={"cache-control": "no-store"},
    )  # fmt: skip


async def _chosen(request: Request) -> list[str]:
    """The ids that a form names; none of them stands for all."""
    body = bytearray()
    async for chunk in request.stream():
        body.extend(chunk)
        if len(body) > _MAX_FORM_BYTES:
            raise HTTPException(413)
    found = parse_qs(body.decode("ascii", "replace")).get("ids", [""])[0]
    return [one for one in found.split(",") if one]


async def _received(request: Request, file: Path) -> None:
    size = 0
    with file.open("wb") as stream:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_IMPORT_BYTES:
                raise HTTPException(413)
            await asyncio.to_thread(stream.write, chunk)


def _all_ids(history: History, owner: str) -> list[str]:
    ids: list[str] = []
    page = history.page(owner, Query(), limit=500)
    while True:
        ids.extend(entry.id for entry in page.entries)
        if page.next is None:
            return ids
        page = history.page(owner, Query(), after=page.next, limit=500)


def _folder(history: History) -> Path:
    """A folder of its own, so that the file in it can have a name that people see."""
    return Path(tempfile.mkdtemp(dir=history.incoming))


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.parent.rmdir()
