"""What the first page does not need comes after it: when it is first used, or in a quiet moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

AFTER_PAGE_SECONDS = 1.0
"""A browser has fetched all that the page needs by then, and nobody has written a prompt."""

LATEST_SECONDS = 5.0
"""Where no page is asked for at all: a program is the only client."""


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


class QuietMoment:
    """Comes a little after the first page was sent, or after some time without any."""

    def __init__(self, after_page: float = AFTER_PAGE_SECONDS, latest: float = LATEST_SECONDS) -> None:
        self._after_page = after_page
        self._latest = latest
        self._come = asyncio.Event()
        self._is_announced = False

    def page_sent(self) -> None:
        """To be told on the event loop; only the first time counts."""
        if not self._is_announced:
            self._is_announced = True
            asyncio.get_running_loop().call_later(self._after_page, self._come.set)

    async def wait(self) -> None:
        """Returns when the moment has come."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._come.wait(), self._latest)


class FirstPage:
    """An ASGI app around another one that notes when the page has been sent."""

    def __init__(self, app: ASGIApp, quiet: QuietMoment) -> None:
        self._app = app
        self._quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        if scope["type"] == "http" and scope["path"] == "/":
            self._quiet.page_sent()
