"""The routes by which results leave: a ZIP, and a report, each made while it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import MappingProxyType
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.history import History
from playground.server.files import chosen, owner_of
from playground.ui.report import Reports
from playground.ui.words import LANGUAGES, Words, language_of, words_for

_NO_STORE = MappingProxyType({"cache-control": "no-store"})


def add_routes(host: FastAPI, history: History, catalogue: Catalogue) -> None:
    """Adds the routes to the host, for the visitor that a request's cookie names and for nobody else."""

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


def _words(request: Request, language: str) -> Words:
    """The language of the page that asks, else that of its browser."""
    code = language.partition("-")[0]
    return words_for(code if code in LANGUAGES else language_of(request.headers.get("accept-language")))


def _download(pieces: Iterator[bytes], name: str, media_type: str) -> StreamingResponse:
    headers = {**_NO_STORE, "content-disposition": f"attachment; filename*=utf-8''{quote(name)}"}
    return StreamingResponse(pieces, media_type=media_type, headers=headers)
