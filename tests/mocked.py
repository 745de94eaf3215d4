"""Providers that are functions: what a test sends ends here, and what it gets is made here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from playground.catalogue import Catalogue
from playground.providers.client import Provider
from playground.providers.retries import Pace
from tests.wire.samples import b64, candidate, inline, picture

Handler = Callable[[httpx.Request], httpx.Response] | Callable[[httpx.Request], Awaitable[httpx.Response]]


class Pauses:
    """A pace that waits for nothing and remembers how long it would have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.pace = Pace(sleep=self._sleep, chance=lambda: 0.0)

    async def _sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def provider_of(catalogue: Catalogue, handler: Handler, **options: Any) -> Provider:
    """A provider whose calls all go to `handler`, whatever their address; it waits for nothing."""
    options.setdefault("pace", Pauses().pace)
    return Provider(catalogue, transports={"all://": httpx.MockTransport(handler)}, **options)


def with_picture(data: bytes | None = None) -> httpx.Response:
    """A whole answer with a sentence and one picture."""
    drawn = inline(b64(data or picture()))
    return httpx.Response(200, json=candidate({"text": "Here it is."}, drawn))


class Recording:
    """A handler that remembers what it was sent."""

    def __init__(self, answer: Callable[[], httpx.Response] = with_picture) -> None:
        self._answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer()
