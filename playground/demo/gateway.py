"""The demo gateway: an ASGI app that answers Google's `generateContent` contract with drawn pictures.

    GET  /v1beta/models                              every model of the catalogue
    GET  /v1beta/models/{model}                      one of them
    POST /v1beta/models/{model}:generateContent      a whole answer
    POST /v1beta/models/{model}:streamGenerateContent   `?alt=sse`: server-sent events; else a JSON array

Batches and the files that they need are in `batch_api.py` and `file_api.py`. The same under `/v1`. A key in
any of the three places, or none, makes no difference and is never looked at.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from playground.catalogue import Catalogue, ModelRow
from playground.demo import delivery, rehearsals, spool
from playground.demo.answering import Answerer
from playground.demo.api_error import ApiError, not_found
from playground.demo.batch_api import PENDING_SECONDS, BatchApi
from playground.demo.file_api import FileApi
from playground.demo.rendering import Renderer, Turn, first_come
from playground.demo.requests import Model
from playground.demo.storage import KEPT_BYTES, Storage

MAX_BODY_BYTES = 100_000_000
VERSIONS = ("v1beta", "v1")
METHODS = ("generateContent", "streamGenerateContent", "batchGenerateContent")
VISITOR_HEADER = "x-playground-visitor"
"""Names whoever a call is made for, so that several take turns; set within this process only."""

_NOT_HERE = "Nothing is served at this path. This demo answers /v1beta/models/{model}:generateContent."
_ABOUT = "The Image Playground's demo gateway: generateContent answered with drawn pictures, no key needed.\n"


def create_app(
    catalogue: Catalogue,
    *,
    folder: Path | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
    turns: Callable[[int], Turn] = first_come,
    pending_seconds: float = PENDING_SECONDS,
    clock: Callable[[], float] = time.time,
    kept_bytes: int = KEPT_BYTES,
) -> ASGIApp:
    """The gateway for every model that `catalogue` knows. Nothing is shared between two apps.

    Args:
        catalogue: decides what each model accepts.
        folder: where pictures of running calls become temporary files; None for the system's place.
        max_body_bytes: larger request bodies are refused with 413.
        turns: who draws next, for so many at once; by the name in `VISITOR_HEADER`.
        pending_seconds: how long a batch waits before it begins.
        clock: seconds since 1970, for how long files and batches are kept.
        kept_bytes: of all files and answers of batches together.
    """
    answerer, storage = Answerer(Renderer(turns)), Storage(folder, clock, kept_bytes)
    files, batches = FileApi(storage), BatchApi(answerer, storage, pending_seconds)
    gateway = _Gateway(catalogue, max_body_bytes, answerer, batches)
    spooled = [Middleware(spool.TemporaryFolder, folder)]
    routes: list[BaseRoute] = [Route("/", _about), Route("/health", _health)]
    for version in VERSIONS:
        one_model = f"/{version}/models/{{target:path}}"
        routes += [
            Route(f"/{version}/models", gateway.list_models, methods=["GET"]),
            Route(one_model, gateway.get_model, methods=["GET"]),
            Route(one_model, gateway.generate, methods=["POST"], middleware=spooled),
            *files.routes(version),
            *batches.routes(version),
        ]
    handlers: dict[Any, Any] = {ApiError: _api_error, HTTPException: _http_error, Exception: _internal_error}
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=gateway.lifespan)


@dataclass(frozen=True)
class _Gateway:
    catalogue: Catalogue
    max_body_bytes: int
    answerer: Answerer
    batches: BatchApi

    def lifespan(self, app: Starlette) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def closing() -> AsyncIterator[None]:
            yield
            self.batches.close()
            self.batches.storage.close()
            self.answerer.renderer.close()

        return closing()

    async def list_models(self, request: Request) -> Response:
        rows = {model_id: row for _, model_id, row in self.catalogue.rows()}
        for row in tuple(rows.values()):
            rows |= dict.fromkeys(row.ids.values(), row)
        return JSONResponse({"models": [_describe(model_id, row) for model_id, row in rows.items()]})

    async def get_model(self, request: Request) -> Response:
        model = self._model(request.path_params["target"], _version(request), "generateContent")
        return JSONResponse(_describe(model.id, model.row))

    async def generate(self, request: Request) -> Response:
        model_id, _, method = request.path_params["target"].rpartition(":")
        if method not in METHODS:
            raise not_found(model_id or method, _version(request), method if model_id else METHODS[0])
        model = self._model(model_id, _version(request), method)
        visitor = request.headers.get(VISITOR_HEADER, "")
        if method == "batchGenerateContent":
            return await self.batches.create(request, model, visitor)
        body = await spool.receive(request.stream(), request.state.folder, self.max_body_bytes)
        answering = await self.answerer.begin(body, model, visitor)
        reply, parts, rehearsed = answering.reply, answering.parts, answering.rehearsed
        if rehearsed == "html":
            return HTMLResponse(rehearsals.PROXY_PAGE, 502)
        if model.row.response_modalities == ("TEXT",):
            return await delivery.whole(request, reply, parts, cut=False, slow=False)
        cut, slow = rehearsed == "cut off", rehearsed in ("thoughts", "drafts")
        if method == "streamGenerateContent":
            return await delivery.streamed(request, reply, parts, sse=_is_sse(request), cut=cut)
        return await delivery.whole(request, reply, parts, cut=cut, slow=slow)

    def _model(self, model_id: str, version: str, method: str) -> Model:
        row = self.catalogue.find(model_id)
        if row is None:
            raise not_found(model_id, version, method)
        plain = any(model_id in provider.models for provider in self.catalogue.providers.values())
        ids = [one for _, one, _ in self.catalogue.rows()]
        hand = ids.index(model_id) if model_id in ids else 0
        return Model(model_id, row, size_in_id=not plain, hand=hand)


def _describe(model_id: str, row: ModelRow) -> dict[str, Any]:
    return {
        "name": f"models/{model_id}",
        "displayName": row.name or model_id,
        "description": "Drawn by rules in this demo; no model is called.",
        "supportedGenerationMethods": ["generateContent", "batchGenerateContent"],
    }


def _version(request: Request) -> str:
    return request.url.path.split("/models/", 1)[0].rpartition("/")[2]


def _is_sse(request: Request) -> bool:
    return request.query_params.get("alt") == "sse"


async def _about(request: Request) -> Response:
    return PlainTextResponse(_ABOUT)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _api_error(request: Request, error: ApiError) -> Response:
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    body: Any = error.body()
    # A stream that is not server-sent events is a JSON array, also when all it holds is an error.
    if request.url.path.endswith(":streamGenerateContent") and not _is_sse(request):
        body = [body]
    return JSONResponse(body, error.http_status, headers)


async def _http_error(request: Request, error: HTTPException) -> Response:
    statuses = {404: "NOT_FOUND", 405: "UNIMPLEMENTED"}
    status = statuses.get(error.status_code, "INVALID_ARGUMENT")
    message = _NOT_HERE if error.status_code == 404 else error.detail
    return JSONResponse(ApiError(error.status_code, status, message).body(), error.status_code)


async def _internal_error(request: Request, error: Exception) -> Response:
    message = "An internal error has occurred. Please retry."
    return JSONResponse(ApiError(500, "INTERNAL", message).body(), 500)
