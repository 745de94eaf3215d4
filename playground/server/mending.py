"""Mends what comes in before anybody reads it: half an emoji in a JSON body, a key in a header.

Such a text fails wherever it is written down: in an answer to the page, in a file, in the index. Gradio keeps
the values of a page, so that one of them fails every later event, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.errors import InvalidRequest
from playground.providers.credentials import KEY_HEADER, clean_key
from playground.text import mended_json

MAX_BODY_BYTES: Final = 100_000_000
"""Most bytes of a body. A program may put a picture into one, as base64."""

_NO_KEY = b"not a key"  # is refused like what it stands for
_TOO_LARGE = f"A request may have at most {MAX_BODY_BYTES // 1_000_000} MB."


class BodyMending:
    """ASGI middleware for an app that reads each body as JSON but for forms of several parts.

    A longer body than `MAX_BODY_BYTES` is answered with 413.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = [_with_plain_key(name, value) for name, value in scope["headers"]]
        if Headers(raw=headers).get("content-type", "").lower().startswith("multipart/"):
            await self._app({**scope, "headers": headers}, receive, send)
            return
        try:
            body = await _body(receive)
        except HTTPException as late:  # see `body_clock`
            await PlainTextResponse(late.detail, late.status_code)(scope, receive, send)
            return
        if body is None:
            await PlainTextResponse(_TOO_LARGE, 413)(scope, receive, send)
            return
        body = mended_json(body)
        scope = {**scope, "headers": list(_with_length(headers, len(body)))}
        await self._app(scope, _first(body, receive), send)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, as far as it came; None when it is too long."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(chunks)


def _first(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands out the body, and from then on what comes behind it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


def _with_length(headers: Iterable[tuple[bytes, bytes]], length: int) -> Iterable[tuple[bytes, bytes]]:
    for name, value in headers:
        yield name, str(length).encode() if name == b"content-length" else value


def _with_plain_key(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A key that has more than ASCII is cleaned at once: it may have to be sent on, which that cannot be."""
    if name != KEY_HEADER.encode() or value.isascii():
        return name, value
    try:
        key = clean_key(_decoded(value))
    except InvalidRequest:
        return name, _NO_KEY
    return name, key.secret.encode() if key else b""


def _decoded(value: bytes) -> str:
    """A header's value: programs write UTF-8, and what is none is Latin-1, as the standard has it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
