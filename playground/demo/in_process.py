"""The way to the demo within this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
from starlette.types import ASGIApp, Message

from playground.demo.gateway import VISITOR_HEADER

_PIECES = 4
"""How many pieces of an answer may wait to be taken."""


class InProcess(httpx.AsyncBaseTransport):
    """Hands requests to an ASGI app, and tells it whom a call is made for: no other gateway hears that.

    What the app sends arrives while it sends on; `httpx.ASGITransport` waits for all of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers[VISITOR_HEADER] = request.extensions.get("visitor", "")
        answer = _Answer(self._app, request)
        try:
            status, headers = await answer.begun
        except BaseException:  # stopped while it waited: nobody draws on
            await answer.aclose()
            raise
        return httpx.Response(status, headers=headers, stream=answer)


class _Answer(httpx.AsyncByteStream):
    """One request on its way through the app: what the app receives, and what it sends."""

    def __init__(self, app: ASGIApp, request: httpx.Request) -> None:
        self.begun: asyncio.Future[tuple[int, Any]] = asyncio.get_running_loop().create_future()
        self._asked = _messages(request)
        self._gone = asyncio.Event()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_PIECES)
        self._task = asyncio.create_task(self._run(app, _scope(request)))

    async def _run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._send)
        finally:
            if not self.begun.done():
                self.begun.set_exception(httpx.RemoteProtocolError("the demo sent no answer"))
        await self._pieces.put(None)

    async def _receive(self) -> Message:
        async for message in self._asked:
            return message
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun.set_result((message["status"], message["headers"]))
        elif message.get("body"):
            await self._pieces.put(message["body"])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece

    async def aclose(self) -> None:
        """Whoever reads has gone, or has read all."""
        self._gone.set()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self.begun.done() and not self.begun.cancelled():
            self.begun.exception()  # has been looked at: there is nobody left to be told


async def _messages(request: httpx.Request) -> AsyncIterator[Message]:
    """The body as an app receives it."""
    async for piece in cast(httpx.AsyncByteStream, request.stream):
        yield {"type": "http.request", "body": piece, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


def _scope(request: httpx.Request) -> dict[str, Any]:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "query_string": query,
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
