"""Behind a proxy: under which path, name and scheme the app stands for those who open it.

A proxy shows the app under a path (`/tools/`) and asks it with that path or without. Here both become the
form that ASGI has for it: `root_path` is the path of the app, and `path` begins with it. What is below reads
its own part with `path_in_app`; Starlette and Gradio understand the form by themselves.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]+")
_REPLACED = frozenset({b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server"})


class RootPath:
    """ASGI middleware that gives each request the path that the app is shown under.

    That is the path of `address` ("/tools", or "https://example.org/tools"), or else what the proxy says that
    it has stripped (`X-Forwarded-Prefix`).
    """

    def __init__(self, app: ASGIApp, *, address: str) -> None:
        self._app = app
        self._path = urlsplit(address).path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        root = self._path or _stripped(Headers(scope=scope)) if is_http else ""
        await self._app(_below(scope, root) if root else scope, receive, send)


class PublicName:
    """ASGI middleware that gives each request the name and scheme that a person sees in the browser.

    It belongs below `Guard`, which judges names as they came. Below, they only become addresses in the answer
    to the same request. `Proxies` has dropped what anybody could make up.
    """

    def __init__(self, app: ASGIApp, *, address: str) -> None:
        self._app = app
        self._known = urlsplit(address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(self._named(scope) if scope["type"] == "http" else scope, receive, send)

    def _named(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        host = self._known.netloc or _first(headers, "x-forwarded-host") or headers.get("host", "")
        scheme = self._known.scheme or _first(headers, "x-forwarded-proto") or scope["scheme"]
        kept = [(name, value) for name, value in scope["headers"] if name not in _REPLACED]
        named = [(b"host", host.encode("latin-1"))] if _HOST.fullmatch(host) else []
        return {
            **scope,
            "scheme": scheme if scheme in ("http", "https") else scope["scheme"],
            "headers": [*named, *kept],
        }


def path_in_app(scope: Scope) -> str:
    """The path of a request without that of the app itself; "/" for the page."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _below(scope: Scope, root: str) -> Scope:
    """The request with the app's path before its own, whether the proxy has stripped it or not."""
    path: str = scope["path"]
    if path == root:
        path = f"{root}/"
    elif not path.startswith(f"{root}/"):
        path = root + path
    return {**scope, "root_path": root, "path": path, "raw_path": quote(path).encode()}


def _stripped(headers: Headers) -> str:
    prefix = _first(headers, "x-forwarded-prefix").rstrip("/")
    return prefix if _PREFIX.fullmatch(prefix) else ""


def _first(headers: Headers, name: str) -> str:
    """What the outermost of several proxies says."""
    return headers.get(name, "").partition(",")[0].strip()
