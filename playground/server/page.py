"""Puts our title, stylesheet and script into the head of the page that Gradio makes; its policy beside it.

The page stands at the root of the app, but where that is, only the browser knows for certain: a proxy may
show it under a path that nobody has told us. So the page's own address is the base of all others, those that
Gradio's script calls too. Where the app was told another path, our script hears of it and says so.

Gradio adds what it is given as `head=` by script, after the page has already been painted without it.
"""

from __future__ import annotations

import secrets

from starlette.datastructures import MutableHeaders
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


class PageHead:
    """ASGI middleware that adds some HTML to the end of the page's head, and a nonce to its scripts."""

    def __init__(self, app: ASGIApp, *, head: str, settings: Settings) -> None:
        self._app = app
        self._head = _ROOT + head.encode() + b"</head>"
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_in_app(scope) != "/" or scope["method"] not in ("GET", "HEAD"):
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
                nonce = secrets.token_urlsafe(16)
                page = self._page(bytes(body), nonce)
                headers = MutableHeaders(scope=start)
                headers["content-security-policy"] = page_policy(self._settings, nonce)
                if scope["method"] == "GET":
                    headers["content-length"] = str(len(page))
                await send(start)
                await send({"type": "http.response.body", "body": page})

        await self._app({**scope, "headers": plain}, receive, collect)

    def _page(self, made: bytes, nonce: str) -> bytes:
        """What Gradio made, with our head. It writes each "<" of a value in code: every tag is its own."""
        page = made.replace(b"<head>", _BASE, 1).replace(b"</head>", self._head, 1)
        return page.replace(b"<script", b'<script nonce="%s"' % nonce.encode())
