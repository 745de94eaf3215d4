"""The routes by which results leave: as a ZIP, as a report, and several pictures as one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from playground import images
from playground.batches import results
from playground.catalogue import Catalogue
from playground.errors import PlaygroundError, UnusablePicture
from playground.history import PROGRAM_PREFIX, History
from playground.jobs.records import job_of
from playground.server.files import chosen, owner_of, remove
from playground.server.guard import is_own_page
from playground.server.visitors import visitor
from playground.ui import versus
from playground.ui.batch.view import reason
from playground.ui.report import Reports
from playground.ui.words import LANGUAGES, Words, language_of, words_for

_NO_STORE = MappingProxyType({"cache-control": "no-store"})


def add_routes(host: FastAPI, history: History, catalogue: Catalogue) -> None:
    """Adds the routes to the host, for the visitor that a request's cookie names and for nobody else."""
    _add_streams(host, history, catalogue)
    _add_batch(host, history)
    _add_grid(host, history, catalogue)


def _add_streams(host: FastAPI, history: History, catalogue: Catalogue) -> None:
    @host.post("/history/zip")
    async def export_zip(request: Request) -> Response:
        owner, (ids, language) = owner_of(request), await chosen(request, history)
        reports = Reports(history, catalogue, owner, _words(request, language))
        try:
            pieces = await asyncio.to_thread(history.export_zip, owner, ids, reports.pieces)
            name = await asyncio.to_thread(history.zip_name, owner, ids)
        except PlaygroundError:
            raise HTTPException(404) from None
        return _download(pieces, name, "application/zip")

    @host.post("/history/report")
    async def report(request: Request) -> Response:
        owner, (ids, language) = owner_of(request), await chosen(request, history)
        reports = Reports(history, catalogue, owner, _words(request, language))
        try:
            entries = await asyncio.to_thread(history.entries, owner, ids)
            name = await asyncio.to_thread(history.zip_name, owner, ids)
        except PlaygroundError:
            raise HTTPException(404) from None
        if not entries:
            raise HTTPException(404)
        name = f"{name.removesuffix('.zip')}.html"
        return _download(reports.pieces(entries), name, "text/html; charset=utf-8")


def _add_batch(host: FastAPI, history: History) -> None:
    @host.get("/batch/{batch}/zip")
    async def batch_zip(batch: str, request: Request) -> Response:
        words, owner = _words(request, ""), visitor(request.headers.get("cookie"))
        if not is_own_page(request.headers):
            raise HTTPException(404)
        try:
            found = await asyncio.to_thread(history.batches.find, batch)
            is_theirs = found is not None and (found.owner == owner or found.owner.startswith(PROGRAM_PREFIX))
            if found is None or not is_theirs:
                raise HTTPException(404)
            pieces = await asyncio.to_thread(results.pieces, history, found, lambda row: reason(row, words))
        except PlaygroundError:
            raise HTTPException(404) from None
        return _download(pieces, f"{found.created:%Y-%m-%d}-batch-{batch[:8]}.zip", "application/zip")


def _add_grid(host: FastAPI, history: History, catalogue: Catalogue) -> None:
    @host.get("/history/grid/{generation}")
    async def grid(generation: str, request: Request) -> Response:
        owner = owner_of(request)
        file = Path(tempfile.mkdtemp(dir=history.staging_dir), "grid.jpg")
        try:
            tiles = await asyncio.to_thread(tiles_of, history, catalogue, owner, generation)
            await images.run(images.sheet, tiles, file)
            name = await asyncio.to_thread(history.zip_name, owner, [generation])
        except PlaygroundError:
            await asyncio.to_thread(remove, file)
            raise HTTPException(404) from None
        return FileResponse(
            file,
            media_type="image/jpeg",
            filename=f"{name.removesuffix('.zip')}-grid.jpg",
            background=BackgroundTask(remove, file),
            headers=_NO_STORE,
        )


def tiles_of(history: History, catalogue: Catalogue, owner: str, generation: str) -> list[images.Tile]:
    """The pictures of a result with what stands below each: in English, for whose letters there is a font.

    Raises:
        PlaygroundError: there is none, or a file is gone.
    """
    record, entry = history.record(owner, generation), history.entry(owner, generation)
    if record is None or entry is None or not entry.pictures:
        raise PlaygroundError("history_gone")
    job, words, made = job_of(record, owner, catalogue, history), words_for("en"), []
    captions = versus.captions(job, words)
    for number, picture in enumerate(job.pictures, 1):
        path, is_starred = history.find_file(owner, generation, picture.name), picture.name in entry.all_stars
        if path is None:
            raise UnusablePicture("picture_missing", number=number)
        caption, size = captions.get(job.outcome_of(picture).call), f"{picture.width} x {picture.height}"
        facts = [caption.seconds, caption.price, size] if caption else [size]
        name = caption.name if caption else words("done.picture", number=number)
        said = " · ".join(filter(None, [*facts, "starred" * is_starred]))
        made.append(images.Tile(path, name, said, is_starred))
    return made


def _words(request: Request, language: str) -> Words:
    """The language of the page that asks, else that of its browser."""
    code = language.partition("-")[0]
    return words_for(code if code in LANGUAGES else language_of(request.headers.get("accept-language")))


def _download(pieces: Iterator[bytes], name: str, media_type: str) -> StreamingResponse:
    headers = {**_NO_STORE, "content-disposition": f"attachment; filename*=utf-8''{quote(name)}"}
    return StreamingResponse(pieces, media_type=media_type, headers=headers)
