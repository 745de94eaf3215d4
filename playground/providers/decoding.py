"""The body of a response on its way in, handed on without blocking others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_LARGEST_STEP = 1024 * 1024
_SMALLEST_STEP = 8 * 1024
_QUICK_SECONDS = 0.001
_BUSY_SECONDS = 0.005


class Feed:
    """Hands pieces on in steps of a few milliseconds, and lets other calls run in between.

    Pictures are received by the megabyte. What is slow to read, a bomb or a million tiny objects, comes in
    ever smaller steps.
    """

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self._receive = receive
        self._step = _SMALLEST_STEP
        self._yielded = time.monotonic()

    async def whole(self, piece: bytes) -> None:
        """Hands on all of `piece`, which may be empty. Raises what the receiver raises."""
        at = 0
        while at < len(piece):
            end = at + self._step
            began = time.monotonic()
            self._receive(piece if at == 0 and end >= len(piece) else piece[at:end])
            now = time.monotonic()
            self._adapt(now - began)
            await self._let_others_run(now)
            at = end
        if not piece:
            await self._let_others_run(time.monotonic())

    async def _let_others_run(self, now: float) -> None:
        if now - self._yielded >= _BUSY_SECONDS:
            await asyncio.sleep(0)
            self._yielded = time.monotonic()

    def _adapt(self, seconds: float) -> None:
        if seconds < _QUICK_SECONDS:
            self._step = min(self._step * 2, _LARGEST_STEP)
        else:
            self._step = max(self._step // 2, _SMALLEST_STEP)
