"""Serves ASGI apps on free ports of this machine, each in a thread of its own."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import httpx
import uvicorn
from PIL import Image
from starlette.types import ASGIApp

from playground import catalogue
from playground.demo import gateway
from playground.demo.painter import Commission, Painting
from playground.demo.rendering import Renderer
from playground.providers.retries import Pace
from playground.settings import Settings


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Serves `app` until the block ends; yields its base URL."""
    # The port is taken before the server starts: a client that comes early waits instead of being refused.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, loop="asyncio", timeout_graceful_shutdown=0.2
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]), name="app-server")
        thread.start()
        try:
            base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            httpx.get(f"{base_url}/health", timeout=60, trust_env=False)
            yield base_url
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive(), "the server did not stop"


class Hasty(Renderer):
    """Draws at a quarter of the size and enlarges it: as many pixels and the same words for less work."""

    async def paint(self, commission: Commission, visitor: str = "") -> Painting:
        size = (commission.width, commission.height)
        width, height = (max(1, side // 4) for side in size)
        painted = await super().paint(replace(commission, width=width, height=height), visitor)
        return await asyncio.to_thread(_enlarged, painted, size)


def _enlarged(painted: Painting, size: tuple[int, int]) -> Painting:
    if not painted.data:
        return painted
    file = io.BytesIO()
    with Image.open(io.BytesIO(painted.data)) as small:
        small.resize(size).save(file, small.format)
    return replace(painted, data=file.getvalue())


def hasty_demo(**options: Any) -> ASGIApp:
    """The demo's gateway, drawing by `Hasty`; with the options of `gateway.create_app`."""
    with patch("playground.demo.gateway.Renderer", Hasty):
        return gateway.create_app(catalogue.load(), **options)


@contextmanager
def run_app(
    settings: Settings,
    environment: Mapping[str, str],
    pace: Pace | None = None,
    renderer: type[Renderer] = Hasty,
) -> Iterator[str]:
    """Serves the whole product; yields its base URL. Between tries it waits by `pace`; the demo draws by
    `renderer`."""
    from playground.application import create  # imports Gradio: seconds, and only some tests need it

    async def build() -> ASGIApp:
        with patch("playground.demo.gateway.Renderer", renderer):
            return create(settings, environment, pace)

    # Built inside a loop: outside of one, Gradio makes loops of its own and leaves them open, a warning each.
    # In a thread, because Playwright's loop may already be running in this one.
    with ThreadPoolExecutor(1) as builder:
        app = builder.submit(asyncio.run, build()).result()
    with serve(app) as base_url:
        yield base_url


class Recorder:
    """ASGI middleware that remembers the requests it lets through, with as much of each body as was read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            body, query = bytearray(), scope["query_string"].decode()
            self.requests.append({"path": scope["path"], "query": query, "headers": headers, "body": body})
            receive = _noting(receive, body)
        await self._app(scope, receive, send)


def _noting(receive: Any, body: bytearray) -> Any:
    async def noting() -> Any:
        message = await receive()
        body.extend(message.get("body", b""))
        return message

    return noting
