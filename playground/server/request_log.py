"""Each request has an id: in its log lines, in those of the calls that it starts, and in its answer."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.server.doors import NOTED, is_inside

ID_HEADER: Final = "x-request-id"
INNER_ID_HEADER: Final = "x-playground-request"
"""On a call of this process to itself: the id of the request that it is made for."""

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""The id of what is being worked at; tasks that it starts have it too."""

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(frozen=True)
class Handled:
    """One request and its answer.

    Attributes:
        route: its row in the table of `doors`, so that no id and no name stands in it; "-" for a static file
            and for what was turned away before.
        status: 0 where the client was gone before there was an answer.
        seconds: until the last byte of the answer; an open page listens for hours.
        bytes_in, bytes_out: of the bodies.
        client: the address that asked.
    """

    id: str
    method: str
    route: str
    status: int
    seconds: float
    bytes_in: int
    bytes_out: int
    client: str


OnRequest = Callable[[Handled], None]
"""Called on the event loop with each request that has ended; must return at once."""


class RequestLog:
    """ASGI middleware that names each request and tells of its end.

    A proxy's own `X-Request-ID` is kept: it belongs below `Proxies`, which drops everybody else's.
    """

    def __init__(self, app: ASGIApp, *, on_request: OnRequest, inside: str = "") -> None:
        """`inside` is the secret of calls that this process makes to itself, see `Doors`."""
        self._app = app
        self._on_request = on_request
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, noted = time.monotonic(), {"route": "-"}
        status = bytes_in = bytes_out = 0
        headers = MutableHeaders(raw=list(scope["headers"]))
        name = headers[ID_HEADER] = self._id(headers)

        async def counted_receive() -> Message:
            nonlocal bytes_in
            message = await receive()
            bytes_in += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            nonlocal status, bytes_out
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID_HEADER] = name
            bytes_out += len(message.get("body", b""))
            await send(message)

        token = REQUEST_ID.set(name)
        try:
            named = {**scope, "headers": headers.raw, NOTED: noted}
            await self._app(named, counted_receive, counted_send)
        finally:
            seconds, client = time.monotonic() - began, (scope.get("client") or ("",))[0]
            method = scope["method"]
            self._on_request(
                Handled(name, method, noted["route"], status, seconds, bytes_in, bytes_out, client)
            )
            REQUEST_ID.reset(token)

    def _id(self, headers: Headers) -> str:
        header = INNER_ID_HEADER if is_inside(headers, self._inside) else ID_HEADER
        given = headers.get(header, "")
        return given if _ID.fullmatch(given) else secrets.token_hex(8)
