"""What a proxy says of the one it speaks for, taken from the proxies that the operator names and nobody else.

Anybody can write such headers. The name and scheme in them would end up in addresses that Gradio gives out,
and the client's address decides whose places in the line a program takes.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any, Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from playground.settings import Settings

_BELIEVED = frozenset(
    {b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port", b"x-forwarded-prefix", b"x-request-id"}
)
_MAPPED: Final = re.compile(rb"::ffff:(\d+\.\d+\.\d+\.\d+)", re.IGNORECASE)


class Proxies:
    """ASGI middleware: a named proxy's word for client and scheme counts, others' headers are dropped.

    A listener for both families writes an IPv4 address as an IPv6 one, `::ffff:192.0.2.1`. Here it becomes
    the IPv4 address again, in what a proxy says, too: else a proxy that was named would not be known.
    `X-Forwarded-For` and its like stay: that there is one tells that a proxy stands before the app.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._trusting = ProxyHeadersMiddleware(cast(Any, app), list(settings.trusted_proxies))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = _with_plain_client(scope)
        if (scope.get("client") or ("",))[0] in self._trusting.trusted_hosts:
            scope = {**scope, "headers": [_plain(name, value) for name, value in scope["headers"]]}
            await self._trusting(cast(Any, scope), cast(Any, receive), cast(Any, send))
        else:
            kept = [(name, value) for name, value in scope["headers"] if name not in _BELIEVED]
            await self._app({**scope, "headers": kept}, receive, send)


def _with_plain_client(scope: Scope) -> Scope:
    client = scope.get("client")
    try:
        mapped = getattr(ip_address(client[0]), "ipv4_mapped", None) if client else None
    except ValueError:  # none is known, as over a socket of the system
        mapped = None
    return {**scope, "client": (str(mapped), client[1])} if client and mapped else scope


def _plain(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return name, _MAPPED.sub(rb"\1", value) if name == b"x-forwarded-for" else value
