"""The ASGI host around the screen: health, picture files, our own static files, visitor cookie, headers.

The screen itself is mounted by `playground.ui.app`; nothing here knows it.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
import secrets
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground import images
from playground.cancellation import uninterrupted
from playground.errors import PlaygroundError
from playground.history import EVERYBODY
from playground.history.files import THUMBNAIL_ENDING
from playground.jobs.studio import Studio
from playground.server.guard import Guard
from playground.server.later import FirstPage, QuietMoment
from playground.settings import Settings

VISITOR_COOKIE = "playground_visitor"
_YEAR_SECONDS = 31_536_000
_log = logging.getLogger(__name__)
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


def create_host(
    studio: Studio, settings: Settings, head: str = "", *, later: Callable[[], object] | None = None
) -> FastAPI:
    """The host with every route but the screen's.

    Args:
        head: HTML for the head of the page.
        later: what else is to be done, in a thread, once the first page is out.
    """
    quiet = QuietMoment()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work: list[Callable[[], object]] = [functools.partial(_start_history, studio)]
        work += [later] if later else []
        starting = asyncio.create_task(_do_later(quiet, work))
        yield
        with _second_signal() as hurry:
            await studio.aclose(settings.grace_seconds, hurry)
        starting.cancel()
        await asyncio.wait([starting])
        await asyncio.to_thread(studio.history.close)

    host = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    host.add_middleware(PageHead, head=head)
    host.add_middleware(FirstPage, quiet=quiet)
    host.add_middleware(VisitorAndHeaders, hosted=settings.hosted, separate=settings.has_strangers)
    host.add_middleware(Guard, settings=settings)

    @host.get("/health")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @host.get("/pictures/{generation}/{name}")
    async def picture(generation: str, name: str, request: Request) -> Response:
        owner = visitor(request.headers.get("cookie")) or ""
        # A thumbnail may have to be made, and a gallery asks for many: they get the few threads for pixels.
        run = images.run if name.endswith(THUMBNAIL_ENDING) else asyncio.to_thread
        path = await run(studio.history.find_file, owner, generation, name)
        if path is None:
            raise HTTPException(404)
        return _original(path, download="download" in request.query_params)

    return host


async def _do_later(quiet: QuietMoment, work: Iterable[Callable[[], object]]) -> None:
    """A stop of the server ends the waiting, and lets finish what has begun."""
    await quiet.wait()
    for one in work:
        await uninterrupted(asyncio.to_thread(one))


def _start_history(studio: Studio) -> None:
    """The first page does not need it, and who asks for a picture before gets it all the same."""
    try:
        studio.history.start(_tell)
    except (PlaygroundError, OSError) as error:  # each question will say so again
        _log.error("the history could not be opened: %s", error)


def _tell(done: int, total: int) -> None:
    _log.warning("history: %d of %d generations taken into the index", done, total)


@contextmanager
def _second_signal() -> Iterator[asyncio.Event]:
    """An event that is set when whoever has told the server to stop tells it once more."""
    heard, loop = asyncio.Event(), asyncio.get_running_loop()
    is_told_by_signals = threading.current_thread() is threading.main_thread() and sys.platform != "win32"
    signals = (signal.SIGINT, signal.SIGTERM) if is_told_by_signals else ()
    for number in signals:
        loop.add_signal_handler(number, heard.set)
    try:
        yield heard
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


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

    Whoever stands below sees in the cookie not the browser's secret but the name of an owner made from it, so
    that no record and no index holds what would open somebody's history. Where visitors are not told apart,
    all of them are one owner.
    """

    def __init__(self, app: ASGIApp, *, hosted: bool, separate: bool) -> None:
        self._app = app
        self._separate = separate
        site = "SameSite=None; Secure; Partitioned" if hosted else "SameSite=Lax"
        self._attributes = f"Path=/; Max-Age={_YEAR_SECONDS}; HttpOnly; {site}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = visitor(Request(scope).headers.get("cookie"))
        is_new = scope["path"] == "/" and token is None
        scope = self._as_owner(scope, token)

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

    def _as_owner(self, scope: Scope, token: str | None) -> Scope:
        if token is None and self._separate:
            return scope
        owner = owner_of(token or "") if self._separate else EVERYBODY
        others = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie").split(b";")
        kept = [pair for pair in cookies if pair.partition(b"=")[0].strip() != VISITOR_COOKIE.encode()]
        mine = f"{VISITOR_COOKIE}={owner}".encode()
        return {**scope, "headers": [*others, (b"cookie", b";".join([mine, *kept]))]}


def owner_of(token: str) -> str:
    """The name of the owner behind a visitor's secret; it does not lead back."""
    return f"visitor-{hashlib.sha256(token.encode()).hexdigest()[:40]}"


def visitor(cookie_header: str | None) -> str | None:
    """The visitor id in a Cookie header, or None.

    The standard library's parser gives up at the first cookie it dislikes, and on localhost all programs of
    a machine share one header; Starlette's reads on, and is also the one behind `request.cookies`.
    """
    return cookie_parser(cookie_header or "").get(VISITOR_COOKIE) or None
