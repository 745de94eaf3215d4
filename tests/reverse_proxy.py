"""A reverse proxy as people put before an app, for tests: under a path, which it strips or passes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.app_server import serve

_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade"})


@contextmanager
def proxy(
    upstream: str, prefix: str, *, strips: bool, adds: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serves what is at `upstream` below `prefix`; yields the address that a person opens.

    Args:
        strips: the app is asked without the prefix.
        adds: headers that go along, in place of the visitor's own.
    """
    client = httpx.AsyncClient(base_url=upstream, timeout=60, trust_env=False)

    async def forward(request: Request) -> Response:
        path = request.scope["raw_path"].decode("ascii").partition("?")[0]
        if path != prefix and not path.startswith(f"{prefix}/"):
            return PlainTextResponse("Nothing is here: the proxy knows no such path.", 404)
        path = path.removeprefix(prefix) or "/" if strips else path
        names = {name.lower() for name in adds or {}} | _HOPS
        headers = [(name, value) for name, value in request.headers.raw if name.decode() not in names]
        headers += [(name.encode(), value.encode()) for name, value in (adds or {}).items()]
        url = httpx.URL(path=path, query=request.scope["query_string"])
        asked = client.build_request(request.method, url, headers=headers, content=request.stream())
        answer = await client.send(asked, stream=True)
        response = StreamingResponse(
            answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose)
        )
        response.raw_headers = [
            (name, value) for name, value in answer.headers.raw if name.lower() not in _RAW_HOPS
        ]
        return response

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    app = Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)], lifespan=lifespan)
    with serve(app) as base_url:
        yield f"{base_url}{prefix}"


_RAW_HOPS = frozenset(name.encode() for name in _HOPS)
