"""A connection without a whole request is closed after a while; one with a request lives as before."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from playground.server import connections
from playground.server.budgets import HEADER_BYTES
from playground.server.connections import TimedProtocol

WHOLE = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.05)
    config = uvicorn.Config(app, log_config=None, h11_max_incomplete_event_size=HEADER_BYTES)
    loop, state = asyncio.get_running_loop(), ServerState()
    server = await loop.create_server(lambda: TimedProtocol(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for one in [*state.connections]:
            one.transport.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow"])
async def test_half_a_request_is_closed(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_headers_that_drip_are_closed(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    closed = asyncio.create_task(reader.read())
    writer.write(b"GET / HTTP/1.1\r\nX: ")
    while not closed.done():
        writer.write(b"x")
        await asyncio.wait([closed], timeout=0.01)
    with contextlib.suppress(ConnectionResetError):  # closed over what was on its way
        assert closed.result() == b""
    writer.close()


async def test_the_second_request_of_a_connection_has_the_clock_too(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(WHOLE + b"body")
    assert await reader.readuntil(b"body")
    writer.write(b"GET / HT")
    assert await asyncio.wait_for(reader.read(), 3) == b""
    writer.close()


async def test_a_body_has_its_own_clock(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(WHOLE)
    answered = asyncio.create_task(reader.readuntil(b"body"))
    await asyncio.wait([answered], timeout=0.15)
    assert not answered.done()
    writer.write(b"body")
    assert b"200 OK" in await answered
    writer.close()


async def test_long_headers_are_refused(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nX: " + b"x" * 2 * HEADER_BYTES)
    assert b"400" in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
