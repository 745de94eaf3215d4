"""What a proxy says of the one it speaks for, taken from the proxies that the operator names and nobody else.

Anybody can write such headers. The name and scheme in them would end up in addresses that Gradio gives out,
and the client's address decides whose places in the line a program takes.
"""

from __future__ import annotations

from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from playground.settings import Settings

_BELIEVED = frozenset(
    {b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port", b"x-forwarded-prefix", b"x-request-id"}
)


class Proxies:
    """ASGI middleware: a named proxy's word for client and scheme counts, others' headers are dropped.

    `X-Forwarded-For` and its like stay: that there is one tells that a proxy stands before the app.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._trusting = ProxyHeadersMiddleware(cast(Any, app), list(settings.trusted_proxies))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif (scope.get("client") or ("",))[0] in self._trusting.trusted_hosts:
            await self._trusting(cast(Any, scope), cast(Any, receive), cast(Any, send))
        else:
            kept = [(name, value) for name, value in scope["headers"] if name not in _BELIEVED]
            await self._app({**scope, "headers": kept}, receive, send)
