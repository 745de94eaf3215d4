"""What the first page does not need comes after it: when it is first used, or in a quiet moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

QUIET_SECONDS = 3.0
"""How long after the first page: a browser has fetched all of it by then, and nobody has written a prompt."""


class MadeLater:
    """An ASGI app that is made, in a thread, when it is first called."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._app: ASGIApp | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._making:
            if self._app is None:
                self._app = await asyncio.to_thread(self._make)
        await self._app(scope, receive, send)


class AfterFirstPage:
    """An ASGI app around another one: once the page has been sent for the first time, it does some work."""

    def __init__(self, app: ASGIApp, work: Callable[[], object], *, seconds: float = QUIET_SECONDS) -> None:
        """`work` runs in a thread, once; an exception of its own is logged by the event loop."""
        self._app = app
        self._work = work
        self._seconds = seconds
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        if scope["type"] == "http" and scope["path"] == "/" and not self._begun:
            self._begun = True
            loop = asyncio.get_running_loop()
            loop.call_later(self._seconds, loop.run_in_executor, None, self._work)
