"""The ASGI host around the screen: health, picture files, our own static files, visitor cookie, headers.

The screen itself is mounted by `playground.ui.app`; nothing here knows it.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground import images
from playground.settings import Settings
from playground.studio import Studio

VISITOR_COOKIE = "playground_visitor"
_YEAR_SECONDS = 31_536_000
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    # Model text can never make the page fetch from elsewhere. Gradio's own page needs inline code and eval.
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'",
}


def create_host(studio: Studio, settings: Settings, head: str = "") -> FastAPI:
    """The host with every route but the screen's; `head` is HTML for the head of its page."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await studio.aclose(settings.grace_seconds)

    host = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    host.add_middleware(PageHead, head=head)
    host.add_middleware(VisitorAndHeaders, hosted=settings.hosted)

    @host.get("/health")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @host.get("/pictures/{generation}/{name}")
    async def picture(generation: str, name: str, request: Request) -> Response:
        path = studio.history.find_file(generation, name)
        if path is None:
            raise HTTPException(404)
        return _original(path, download="download" in request.query_params)

    return host


def _original(path: Path, *, download: bool) -> FileResponse:
    """The file as it is. The address is unguessable and its bytes never change."""
    name = f"{path.parent.name[:8]}-{path.name}"
    return FileResponse(
        path,
        media_type=images.media_type(path.name),
        filename=name,
        content_disposition_type="attachment" if download else "inline",
        headers={"cache-control": f"private, max-age={_YEAR_SECONDS}, immutable"},
    )


class PageHead:
    """Puts our lines at the end of the page's head.

    Gradio adds what it is given as `head=` by script, after the page has already been painted without it.
    """

    def __init__(self, app: ASGIApp, *, head: str) -> None:
        self._app = app
        self._head = head.encode() + b"</head>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                page = bytes(body).replace(b"</head>", self._head, 1)
                if scope["method"] == "GET":
                    MutableHeaders(scope=start)["content-length"] = str(len(page))
                await send(start)
                await send({"type": "http.response.body", "body": page})

        await self._app({**scope, "headers": plain}, receive, collect)


class VisitorAndHeaders:
    """Gives each browser an unguessable id in a cookie that scripts cannot read, and each answer our headers.

    On Spaces the page stands in a frame of another site: only a partitioned cookie lives there.
    """

    def __init__(self, app: ASGIApp, *, hosted: bool) -> None:
        self._app = app
        site = "SameSite=None; Secure; Partitioned" if hosted else "SameSite=Lax"
        self._attributes = f"Path=/; Max-Age={_YEAR_SECONDS}; HttpOnly; {site}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_new = scope["path"] == "/" and visitor(Request(scope).headers.get("cookie")) is None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if is_new:
                    token = secrets.token_urlsafe(24)
                    headers.append("set-cookie", f"{VISITOR_COOKIE}={token}; {self._attributes}")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def visitor(cookie_header: str | None) -> str | None:
    """The visitor id in a Cookie header, or None.

    The standard library's parser gives up at the first cookie it dislikes, and on localhost all programs of
    a machine share one header; Starlette's reads on, and is also the one behind `request.cookies`.
    """
    return cookie_parser(cookie_header or "").get(VISITOR_COOKIE) or None
