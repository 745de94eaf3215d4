"""Google's Batch API: many calls in one file or in one body, answered after a while.

    POST   /v1beta/models/{model}:batchGenerateContent   creates a batch
    GET    /v1beta/batches                               every batch, newest first, without its answers
    GET    /v1beta/batches/{id}                          one of them: a long-running operation
    POST   /v1beta/batches/{id}:cancel
    DELETE /v1beta/batches/{id}

Facts from ai.google.dev/api/batch-api and ai.google.dev/gemini-api/docs/batch-api (2026): the members of
`GenerateContentBatch`, answers in the order of the requests and in the form in which these came, inline or as
a file; a body of inline requests has 20 MB at most; nothing keeps a batch from being created twice. What a
cancelled batch has done is not to be had: an operation that was cancelled holds an error and no response.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from playground.demo import delivery, responses, spool
from playground.demo.answering import Answerer
from playground.demo.api_error import ApiError, invalid_argument
from playground.demo.file_api import page
from playground.demo.requests import Model
from playground.demo.spool import Body
from playground.demo.storage import Storage, Stored, timestamp
from playground.wire.values import pick

PENDING_SECONDS = 2.0
"""How long a batch waits before its first answer is drawn."""
MAX_INLINE_BYTES = 20_000_000
MAX_ROW_BYTES = 100_000_000
MAX_BATCHES = 200
"""That are kept; the oldest that have ended go first."""

_PIECE = 1 << 18
_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main."
_CODES = {
    "CANCELLED": 1,
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "UNIMPLEMENTED": 12,
    "UNAVAILABLE": 14,
}
"""`google.rpc.Code` by name; whatever else goes wrong is INTERNAL, 13."""


@dataclass
class _Batch:
    """One batch, as far as it has come.

    Attributes:
        source: the requests, one a line.
        answers: what has been answered, one a line.
        pictures: placeholder -> file, for inline requests, whose pictures were taken out when they came.
        state: without its prefix: PENDING, RUNNING, SUCCEEDED, FAILED or CANCELLED.
        failure: why it failed.
    """

    name: str
    display_name: str
    model: Model
    source: Stored
    answers: Stored
    count: int
    created: datetime
    updated: datetime
    is_inline: bool = False
    pictures: Mapping[str, Path] = field(default_factory=dict)
    state: str = "PENDING"
    succeeded: int = 0
    failed: int = 0
    failure: str = ""
    task: asyncio.Task[None] | None = None

    @property
    def is_done(self) -> bool:
        return self.state not in ("PENDING", "RUNNING")

    def let_go(self) -> None:
        """Its files may make room for others."""
        self.source.users -= 1
        self.answers.users -= 1

    def described(self) -> dict[str, Any]:
        """The operation, without inline answers."""
        stats = {"requestCount": self.count, "pendingRequestCount": self.count - self.succeeded - self.failed}
        stats |= {"successfulRequestCount": self.succeeded, "failedRequestCount": self.failed}
        metadata: dict[str, Any] = {
            "@type": f"{_TYPE}GenerateContentBatch",
            "name": self.name,
            "displayName": self.display_name,
            "model": f"models/{self.model.id}",
            "createTime": timestamp(self.created),
            "updateTime": timestamp(self.updated),
            "batchStats": {name: str(number) for name, number in stats.items() if number},
            "state": f"BATCH_STATE_{self.state}",
        }
        operation: dict[str, Any] = {"name": self.name, "metadata": metadata}
        if not self.is_inline:
            metadata["inputConfig"] = {"fileName": self.source.name}
        if self.is_done:
            metadata["endTime"] = timestamp(self.updated)
            operation["done"] = True
        if self.state == "CANCELLED":
            operation["error"] = {"code": 1, "message": "The operation was cancelled."}
        if self.state == "FAILED":
            operation["error"] = {"code": 13, "message": self.failure}
        if self.state == "SUCCEEDED" and not self.is_inline:
            metadata["output"] = {"responsesFile": self.answers.name}
            operation["response"] = {
                "@type": f"{_TYPE}GenerateContentBatchOutput",
                "responsesFile": self.answers.name,
            }
        return operation


@dataclass(frozen=True)
class BatchApi:
    """All batches of one gateway.

    Attributes:
        pending_seconds: how long a batch waits before it begins.
    """

    answerer: Answerer
    storage: Storage
    pending_seconds: float = PENDING_SECONDS
    _batches: dict[str, _Batch] = field(default_factory=dict)

    def routes(self, version: str) -> list[Route]:
        """Its routes under a version of the API, but for the creation, which is a method of a model."""
        return [
            Route(f"/{version}/batches", self.list_batches),
            Route(f"/{version}/batches/{{name}}:cancel", self.cancel_batch, methods=["POST"]),
            Route(f"/{version}/batches/{{name}}", self.get_batch, methods=["GET"]),
            Route(f"/{version}/batches/{{name}}", self.delete_batch, methods=["DELETE"]),
        ]

    # ── creating ────────────────────────────────────────────────────────────────────────────────────────────

    async def create(self, request: Request, model: Model, visitor: str) -> Response:
        """Reads what is wanted, and begins it in the background. Raises ApiError."""
        self._make_room()
        inline = self.storage.add(display_name="inline requests")
        inline.users += 1
        try:
            body = await spool.receive(request.stream(), inline.folder, MAX_INLINE_BYTES)
            asked = _batch_of(body)
            name = pick(pick(asked, "inputConfig"), "fileName")
            if name is not None:
                source = self.storage.find(str(name))
                if not source.is_whole:
                    raise invalid_argument(f"The File {source.name} is not in an ACTIVE state.")
            else:
                source = inline
                lines = b"".join(json.dumps(row).encode() + b"\n" for row in _inline_rows(asked))
                pictures = sum(path.stat().st_size for path in body.pictures.values())
                self.storage.grow(inline, len(lines) + pictures)
                await asyncio.to_thread(inline.path.write_bytes, lines)
            batch = self._begun(asked, model, source, await asyncio.to_thread(_count, source.path))
            if source is inline:
                batch.is_inline, batch.pictures = True, body.pictures
        except BaseException:
            self.storage.remove(inline)
            raise
        if source is not inline:
            self.storage.remove(inline)
            source.users += 1
        batch.task = asyncio.create_task(self._work(batch, visitor))
        batch.task.add_done_callback(lambda _: batch.let_go())
        return JSONResponse(batch.described())

    def _begun(self, asked: Mapping[str, Any], model: Model, source: Stored, count: int) -> _Batch:
        if not count:
            raise invalid_argument(
                "* BatchGenerateContentRequest.batch.input_config: there are no requests\n"
            )
        short = secrets.token_hex(12)
        answers = self.storage.add(f"batch-{short}", mime_type="application/jsonl", is_ours=True)
        answers.users += 1
        now = self.storage.now()
        display_name = str(pick(asked, "displayName") or "")[:512]
        batch = _Batch(f"batches/{short}", display_name, model, source, answers, count, now, now)
        self._batches[batch.name] = batch
        return batch

    def _make_room(self) -> None:
        """Forgets batches whose answers are gone, and the oldest ones where there are too many."""
        self.storage.sweep()
        for batch in [one for one in self._batches.values() if not one.answers.folder.exists()]:
            self._drop(batch)
        for batch in [one for one in self._batches.values() if one.is_done]:
            if len(self._batches) >= MAX_BATCHES:
                self._drop(batch)
        if len(self._batches) >= MAX_BATCHES:
            raise ApiError(429, "RESOURCE_EXHAUSTED", "Too many batches are under way. Please retry later.")

    def _drop(self, batch: _Batch) -> None:
        self._batches.pop(batch.name, None)
        if batch.task is not None:
            batch.task.cancel()
        self.storage.remove(batch.answers)
        if batch.is_inline:
            self.storage.remove(batch.source)

    # ── the work ────────────────────────────────────────────────────────────────────────────────────────────

    async def _work(self, batch: _Batch, visitor: str) -> None:
        try:
            await asyncio.sleep(self.pending_seconds)
            self._move(batch, "RUNNING")
            with batch.source.path.open("rb") as lines, batch.answers.path.open("wb") as answers:
                for number in range(batch.count):
                    await self._answer_row(batch, lines, answers, visitor, is_first=number == 0)
                    batch.updated = self.storage.now()
            batch.answers.is_whole = True
            self._move(batch, "SUCCEEDED")
        except (OSError, ApiError) as error:
            batch.failure = error.message if isinstance(error, ApiError) else "The storage failed."
            self._move(batch, "FAILED")

    def _move(self, batch: _Batch, state: str) -> None:
        if not batch.is_done:
            batch.state, batch.updated = state, self.storage.now()

    async def _answer_row(
        self, batch: _Batch, lines: IO[bytes], answers: IO[bytes], visitor: str, *, is_first: bool
    ) -> None:
        """Reads the next request and writes its answer, or why there is none."""
        with TemporaryDirectory(dir=batch.answers.folder, ignore_cleanup_errors=True) as folder:
            label: dict[str, Any] = {}
            separator = b"" if is_first else b",\n" if batch.is_inline else b"\n"
            try:
                body = await spool.receive(_next_row(lines), Path(folder), MAX_ROW_BYTES)
                row = _row_of(body)
                label = _label(row, is_inline=batch.is_inline)
                document = await self._answer(batch, row, {**batch.pictures, **body.pictures}, visitor)
                pieces = responses.pieces({**label, "response": document})
                self.storage.grow(batch.answers, len(separator) + responses.length(pieces))
            except ApiError as error:
                status = {"code": _CODES.get(error.status, 13), "message": error.message}
                pieces = responses.pieces({**label, "error": status})
                self.storage.grow(batch.answers, len(separator) + responses.length(pieces))
                batch.failed += 1
            else:
                batch.succeeded += 1
            answers.write(separator)
            async for piece in responses.send(pieces):
                answers.write(piece)

    async def _answer(
        self, batch: _Batch, row: Mapping[str, Any], pictures: Mapping[str, Path], visitor: str
    ) -> responses.Document:
        text = json.dumps(pick(row, "request")).encode()
        used = {mark: path for mark, path in pictures.items() if mark.encode() in text}
        answering = await self.answerer.begin(Body(text, used, _digest(text, used)), batch.model, visitor)
        return await delivery.document(answering.reply, answering.parts)

    # ── what is asked about it ──────────────────────────────────────────────────────────────────────────────

    async def list_batches(self, request: Request) -> Response:
        batches, token = page(list(self._batches.values())[::-1], request, usual=50, most=1000)
        return JSONResponse({"operations": [batch.described() for batch in batches], **token})

    async def get_batch(self, request: Request) -> Response:
        batch = self._find(request)
        if batch.is_inline and batch.state == "SUCCEEDED":
            return StreamingResponse(_with_answers(batch), media_type="application/json")
        return JSONResponse(batch.described())

    async def cancel_batch(self, request: Request) -> Response:
        batch = self._find(request)
        if batch.task is not None and not batch.is_done:
            self._move(batch, "CANCELLED")
            batch.task.cancel()
        return JSONResponse({})

    async def delete_batch(self, request: Request) -> Response:
        self._drop(self._find(request))
        return JSONResponse({})

    def close(self) -> None:
        """Ends all work."""
        for batch in list(self._batches.values()):
            self._drop(batch)

    def _find(self, request: Request) -> _Batch:
        self.storage.sweep()
        batch = self._batches.get(f"batches/{request.path_params['name']}")
        if batch is None or not batch.answers.folder.exists():
            raise ApiError(404, "NOT_FOUND", "Requested entity was not found.")
        return batch


def _batch_of(body: Body) -> Mapping[str, Any]:
    """What a creation asks for. Raises ApiError."""
    try:
        document = json.loads(body.text)
    except (ValueError, RecursionError):
        raise invalid_argument("Invalid JSON payload received. Unexpected token.") from None
    batch = pick(document, "batch") if isinstance(document, dict) else None
    if not isinstance(batch, dict) or not isinstance(pick(batch, "inputConfig"), dict):
        raise invalid_argument(
            "* BatchGenerateContentRequest.batch.input_config: required oneof field 'source' must have one "
            "initialized field\n"
        )
    return batch


def _inline_rows(batch: Mapping[str, Any]) -> list[Any]:
    rows = pick(pick(pick(batch, "inputConfig"), "requests"), "requests")
    return rows if isinstance(rows, list) else []


def _row_of(body: Body) -> Mapping[str, Any]:
    """One request with what labels it. Raises ApiError for a line that is none."""
    try:
        row = json.loads(body.text)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict) or not isinstance(pick(row, "request"), dict):
        raise invalid_argument("Invalid JSON line: a request must be an object with the member 'request'.")
    return row


def _label(row: Mapping[str, Any], *, is_inline: bool) -> dict[str, Any]:
    """What an answer repeats of its request: the key of a line, the metadata of an inline request."""
    name = "metadata" if is_inline else "key"
    value = pick(row, name)
    return {} if value is None else {name: value}


def _digest(text: bytes, pictures: Mapping[str, Path]) -> bytes:
    """Equal for equal requests: in the place of a placeholder, which is random, the size of its picture."""
    for mark, path in pictures.items():
        text = text.replace(mark.encode(), b"%d" % path.stat().st_size)
    return hashlib.sha256(text).digest()


async def _next_row(lines: IO[bytes]) -> AsyncIterator[bytes]:
    """The next line that is not blank, in pieces."""
    is_blank = True
    while piece := lines.readline(_PIECE):
        is_blank = is_blank and not piece.strip()
        if not is_blank:
            yield piece
            if piece.endswith(b"\n"):
                return


def _count(path: Path) -> int:
    """Lines that are not blank."""
    count, is_blank = 0, True
    with path.open("rb") as lines:
        while piece := lines.readline(_PIECE):
            is_blank = is_blank and not piece.strip()
            if piece.endswith(b"\n"):
                count, is_blank = count + (not is_blank), True
    return count + (not is_blank)


async def _with_answers(batch: _Batch) -> AsyncIterator[bytes]:
    """The operation of a batch of inline requests, its answers read from their file while they go out."""
    mark = secrets.token_hex(16)
    operation = batch.described()
    answers = {"inlinedResponses": {"inlinedResponses": mark}}
    operation["metadata"]["output"] = answers
    operation["response"] = {"@type": f"{_TYPE}GenerateContentBatchOutput", **answers}
    first, *rest = json.dumps(operation).split(f'"{mark}"')
    yield first.encode()
    for text in rest:
        yield b"["
        with batch.answers.path.open("rb") as stream:
            for piece in _read(stream):
                yield piece
                await asyncio.sleep(0)
        yield b"]" + text.encode()


def _read(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece
