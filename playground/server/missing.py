"""A page in words where there is nothing, for those whose proxy shows the app at a path it does not know."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Page = Callable[[str, Headers], str]
"""The page's HTML, by the path that was asked for and the headers of the request."""


class MissingPage:
    """ASGI middleware that answers 404 in words to whoever opens an address in a browser."""

    def __init__(self, app: ASGIApp, *, page: Page) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if "text/html" not in headers.get("accept", ""):
            await self._app(scope, receive, send)
            return
        is_missing = False

        async def send_or_leave(message: Message) -> None:
            nonlocal is_missing
            is_missing = is_missing or message.get("status") == 404
            if not is_missing:
                await send(message)

        await self._app(scope, receive, send_or_leave)
        if is_missing:
            await HTMLResponse(self._page(scope["path"], headers), 404)(scope, receive, send)
