"""The routes of files: pictures, a copy with its recipe, an imported ZIP.

Plain routes and no events of Gradio's: such files may be larger than what it takes. A ZIP that comes in goes
straight to disk. Results leave by `playground.ui.exports`.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from io import BufferedWriter
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qs

from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from playground import images
from playground.errors import PlaygroundError
from playground.history import History, Query
from playground.history.files import THUMBNAIL_ENDING
from playground.history.quotas import Reservation
from playground.server.budgets import IMPORT_BYTES
from playground.server.guard import is_own_page
from playground.server.visitors import visitor

STALL_SECONDS = 45.0
"""An upload that sends nothing for so long is given up."""

_NO_STORE = MappingProxyType({"cache-control": "no-store"})
_MAX_FORM_BYTES = 1_000_000
_BLOCK_BYTES = 1_000_000
_YEAR_SECONDS = 31_536_000


def add_routes(host: FastAPI, history: History) -> None:
    """Adds the routes to the host, for the visitor that a request's cookie names and for nobody else."""
    _add_picture_routes(host, history)
    _add_table_route(host, history)
    _add_import_route(host, history)


def _add_picture_routes(host: FastAPI, history: History) -> None:
    @host.get("/pictures/{generation}/{name}")
    async def picture(generation: str, name: str, request: Request) -> Response:
        owner = visitor(request.headers.get("cookie")) or ""
        # A thumbnail may have to be made, and a gallery asks for many: they get the few threads for pixels.
        run = images.run if name.endswith(THUMBNAIL_ENDING) else asyncio.to_thread
        path = await run(history.find_file, owner, generation, name)
        if path is None:
            raise HTTPException(404)
        wanted = await asyncio.to_thread(_name_for, history, path) if _is_download(request) else ""
        return _original(path, wanted)

    @host.get("/history/answer/{generation}/{call}")
    async def answer(generation: str, call: int, request: Request) -> StreamingResponse:
        pieces = await asyncio.to_thread(history.answer, owner_of(request), generation, call)
        if pieces is None:
            raise HTTPException(404)
        name = f"{generation[:8]}-answer-{call}.txt"
        headers = {**_NO_STORE, "content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(pieces, media_type="text/plain; charset=utf-8", headers=headers)

    @host.get("/history/copy/{generation}/{name}")
    async def copy(generation: str, name: str, request: Request) -> FileResponse:
        folder = _folder(history)
        try:
            # The whole picture is in memory, twice: it gets one of the few threads for pixels.
            path = await images.run(history.copy_with_recipe, owner_of(request), generation, name, folder)
        except PlaygroundError:
            await asyncio.to_thread(folder.rmdir)
            raise HTTPException(404) from None
        return FileResponse(
            path,
            media_type=images.media_type(name),
            filename=await asyncio.to_thread(history.download_name, generation, name),
            background=BackgroundTask(remove, path),
            headers=_NO_STORE,
        )


def _add_table_route(host: FastAPI, history: History) -> None:
    @host.get("/history/spending.csv")
    async def spending(request: Request) -> StreamingResponse:
        lines = await asyncio.to_thread(history.spending_csv, owner_of(request))
        headers = {**_NO_STORE, "content-disposition": 'attachment; filename="image-playground-spending.csv"'}
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _add_import_route(host: FastAPI, history: History) -> None:
    # A thread of its own: a long import takes none of those that all other work waits for.
    importer = ThreadPoolExecutor(1, thread_name_prefix="import")

    @host.post("/history/import")
    async def import_zip(request: Request) -> JSONResponse:
        owner, file = owner_of(request), Path(_folder(history), "import.zip")
        try:
            with history.reservation(owner) as reservation:
                await _receive(request, file, reservation)
            loop = asyncio.get_running_loop()
            imported = await loop.run_in_executor(importer, history.import_zip, owner, file)
        except PlaygroundError as error:
            return JSONResponse({"detail": error.code, "facts": dict(error.facts)}, 422)
        except ClientDisconnect:  # nobody is there to be answered
            raise HTTPException(400) from None
        finally:
            remove(file)
        return JSONResponse(
            {
                "added": imported.added,
                "skipped": imported.known,
                "refused": Counter(imported.refused),
                "incomplete": imported.incomplete,
                "foreign": imported.foreign,
                "foreign_count": imported.foreign_count,
            }
        )


def owner_of(request: Request) -> str:
    """Whose history it is. A page of another site is told nothing at all."""
    owner = visitor(request.headers.get("cookie"))
    if owner is None or not is_own_page(request.headers):
        raise HTTPException(404)
    return owner


async def chosen(request: Request, history: History) -> tuple[list[str], str]:
    """The ids that a form names, none of them standing for all, and the language that it asks for.

    Raises:
        HTTPException: the form is too long, or the history cannot be read.
    """
    owner, body = owner_of(request), bytearray()
    async for chunk in request.stream():
        body.extend(chunk)
        if len(body) > _MAX_FORM_BYTES:
            raise HTTPException(413)
    form = parse_qs(body.decode("ascii", "replace"))
    ids = [one for one in form.get("ids", [""])[0].split(",") if one]
    try:
        return ids or await asyncio.to_thread(_all_ids, history, owner), form.get("language", [""])[0]
    except PlaygroundError:
        raise HTTPException(404) from None


async def _receive(request: Request, file: Path, reservation: Reservation) -> None:
    """Writes a body into a file, a block at a time, each after asking whether there is space for it.

    Raises:
        PlaygroundError: "zip_too_large", "upload_stalled", or there is no space, see `History.require_space`.
        ClientDisconnect: the client has gone.
    """
    await asyncio.to_thread(reservation.require, _announced_bytes(request))
    size, block = 0, bytearray()
    with file.open("wb") as target:
        async for chunk in _without_stalls(request):
            size += len(chunk)
            _require_size(size)
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                await asyncio.to_thread(_write, target, block, reservation)
                block.clear()
        await asyncio.to_thread(_write, target, block, reservation)


def _write(target: BufferedWriter, block: bytearray, reservation: Reservation) -> None:
    reservation.take(len(block))
    target.write(block)


async def _without_stalls(request: Request) -> AsyncIterator[bytes]:
    """The chunks of a body. Raises PlaygroundError "upload_stalled" when none has come for STALL_SECONDS."""
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(STALL_SECONDS):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise PlaygroundError("upload_stalled", seconds=f"{STALL_SECONDS:.0f}") from None
        yield chunk


def _announced_bytes(request: Request) -> int:
    """How long the body is said to be; 0 when nothing is said. Raises PlaygroundError "zip_too_large"."""
    length = request.headers.get("content-length", "")
    size = int(length) if length.isdecimal() and len(length) < 16 else 0
    _require_size(size)
    return size


def _require_size(size: int) -> None:
    if size > IMPORT_BYTES:
        raise PlaygroundError("zip_too_large", limit=IMPORT_BYTES // 10**6)


def _is_download(request: Request) -> bool:
    return "download" in request.query_params


def _name_for(history: History, path: Path) -> str:
    return history.download_name(path.parent.name, path.name)


def _original(path: Path, download: str) -> FileResponse:
    """The file as it is, to be seen, or to be downloaded under a name.

    The address is unguessable and its bytes never change.
    """
    return FileResponse(
        path,
        media_type=images.media_type(path.name),
        filename=download or f"{path.parent.name[:8]}-{path.name}",
        content_disposition_type="attachment" if download else "inline",
        headers={"cache-control": f"private, max-age={_YEAR_SECONDS}, immutable"},
    )


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
    return Path(tempfile.mkdtemp(dir=history.staging_dir))


def remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.parent.rmdir()
