"""Sends the parts of an answer: as one JSON document, as server-sent events, or as a JSON array."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from playground.demo import responses

PAUSE_SECONDS = 1.0
"""Between the pictures of an answer that is to be looked at while it comes."""

_CLIENT_CLOSED_REQUEST = 499
_T = TypeVar("_T")


async def whole(
    request: Request, reply: responses.Reply, parts: AsyncIterator[responses.Part], *, cut: bool, slow: bool
) -> Response:
    """All parts in one document, sent with its length.

    Args:
        request: watched: when its client goes away, the work is cancelled.
        reply: what surrounds the parts.
        parts: the unsigned parts.
        cut: end in the middle of the first picture. The HTTP message itself is complete.
        slow: wait after each picture but the last, as a model does that draws another one.

    Raises:
        ApiError: whatever `parts` raises.
    """
    answer = await _unless_gone(request, document(reply, parts))
    if answer is None:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)
    pieces = responses.pieces(answer)
    if cut:
        pieces = responses.cut_off(pieces)
    headers = {"content-length": str(responses.length(pieces))}
    sent = responses.send(pieces, PAUSE_SECONDS if slow else 0)
    return StreamingResponse(sent, headers=headers, media_type="application/json")


async def streamed(
    request: Request, reply: responses.Reply, parts: AsyncIterator[responses.Part], *, sse: bool, cut: bool
) -> Response:
    """One document for each part, as soon as the part is there.

    Args:
        request: watched: when its client goes away, the work is cancelled.
        reply: what the documents share.
        parts: the unsigned parts.
        sse: server-sent events; else a JSON array.
        cut: end in the middle of the first picture.

    Raises:
        ApiError: whatever `parts` raises before its first part.
    """
    documents = _documents(reply, _signed(parts), cut=cut)
    # The first part is waited for before the status goes out: until then a refusal is still a 400.
    first = await _unless_gone(request, _next(documents))
    if first is None:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)
    media_type = "text/event-stream" if sse else "application/json"
    return StreamingResponse(_framed(first, documents, sse=sse, cut=cut), media_type=media_type)


async def _signed(unsigned: AsyncIterator[responses.Part]) -> AsyncIterator[responses.Part]:
    first = True
    async for part in unsigned:
        yield responses.sign(part, first=first)
        first = first and responses.is_thought(part)


async def _documents(
    reply: responses.Reply, parts: AsyncIterator[responses.Part], *, cut: bool
) -> AsyncIterator[Sequence[responses.Piece]]:
    """One document for each part and one that ends the stream."""
    sent: list[responses.Part] = []
    async for part in parts:
        pieces = responses.pieces(reply.chunk(part))
        if cut and "inlineData" in part:
            yield responses.cut_off(pieces)
            return
        yield pieces
        sent.append(part)
    yield responses.pieces(reply.last(sent))


async def _framed(
    first: Sequence[responses.Piece], rest: AsyncIterator[Sequence[responses.Piece]], *, sse: bool, cut: bool
) -> AsyncIterator[bytes]:
    before, between, after = (b"data: ", b"\r\n\r\ndata: ", b"\r\n\r\n") if sse else (b"[", b",\r\n", b"]")
    yield before
    async for chunk in responses.send(first):
        yield chunk
    async for pieces in rest:
        yield between
        async for chunk in responses.send(pieces):
            yield chunk
    if not cut:
        yield after


async def document(reply: responses.Reply, parts: AsyncIterator[responses.Part]) -> responses.Document:
    """The whole answer, once all its parts, unsigned, are there. Raises ApiError: whatever `parts` raises."""
    return reply.whole([part async for part in _signed(parts)])


async def _next(documents: AsyncIterator[Sequence[responses.Piece]]) -> Sequence[responses.Piece]:
    return await anext(documents)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, _T]) -> _T | None:
    """The result of `work`; None when the client closed the connection, which cancels the work at once."""
    tasks = asyncio.create_task(work), asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].result() if tasks[0].done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
