"""Puts our title, stylesheet and script into the head of the page that Gradio makes; its policy beside it.

The page stands at the root of the app, but where that is, only the browser knows for certain: a proxy may
show it under a path that nobody has told us. So the page's own address is the base of all others, those that
Gradio's script calls too. Where the app was told another path, our script hears of it and says so.

Gradio adds what it is given as `head=` by script, after the page has already been painted without it.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.server.headers import page_policy
from playground.server.proxied import path_in_app
from playground.settings import Settings

_BASE = b"""<head><script>
document.head.prepend(Object.assign(document.createElement("base"), {
  href: location.pathname.replace(/\\/?$/, "/"),
}));
</script>"""
_ROOT = b"""<script>{
  const told = new URL(`${gradio_config.root}/`, location.href);
  const here = new URL(document.baseURI);
  if (told.pathname !== here.pathname) document.documentElement.dataset.misplaced = "";
  gradio_config.root = here.href.replace(/\\/$/, "");
}</script>"""


_NAMING = ("host", "x-forwarded-host", "x-forwarded-proto")
"""Headers from which the page's address is made, the only thing of a request that stands in it."""
_MOST_KEPT = 4


@dataclass(frozen=True)
class _Made:
    """What Gradio has made: the beginning of its answer, and the page."""

    start: Message
    body: bytes


class PageHead:
    """ASGI middleware that adds some HTML to the end of the page's head, and a nonce to its scripts.

    The page that Gradio makes is kept, for the names by which it was asked for last: it is the same for
    everybody, and to describe all components anew took a tenth of a page's time.
    """

    def __init__(self, app: ASGIApp, *, head: str, settings: Settings) -> None:
        self._app = app
        self._head = _ROOT + head.encode() + b"</head>"
        self._settings = settings
        self._kept: OrderedDict[Hashable, _Made] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_in_app(scope) != "/" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = scope["scheme"], scope.get("root_path"), *map(headers.get, _NAMING)
        # What a page of another site asks for is answered with that site's name.
        is_plain = scope["method"] == "GET" and not scope["query_string"] and "origin" not in headers
        made = self._kept.get(key) if is_plain else None
        if made is None:
            made = await self._made(scope, receive)
        if is_plain and made.start["status"] == 200:
            self._keep(key, made)
        nonce = secrets.token_urlsafe(16)
        page = self._page(made.body, nonce)
        start = {**made.start, "headers": [*made.start["headers"]]}
        answer = MutableHeaders(scope=start)
        answer["content-security-policy"] = page_policy(self._settings, nonce)
        if scope["method"] == "GET":
            answer["content-length"] = str(len(page))
        await send(start)
        await send({"type": "http.response.body", "body": page})

    async def _made(self, scope: Scope, receive: Receive) -> _Made:
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app({**scope, "headers": plain}, receive, collect)
        return _Made(start, bytes(body))

    def _keep(self, key: Hashable, made: _Made) -> None:
        self._kept[key] = made
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def _page(self, made: bytes, nonce: str) -> bytes:
        """What Gradio made, with our head. It writes each "<" of a value in code: every tag is its own."""
        page = made.replace(b"<head>", _BASE, 1).replace(b"</head>", self._head, 1)
        return page.replace(b"<script", b'<script nonce="%s"' % nonce.encode())
