"""The body of a response on its way in: unpacked in small pieces, and handed on without blocking others."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable, Iterable

from playground.errors import UnreadableAnswer

_GZIP = zlib.MAX_WBITS | 32  # gzip or zlib, whichever it is
_UNPACKED_BYTES = 256 * 1024
_LARGEST_STEP = 1024 * 1024
_SMALLEST_STEP = 8 * 1024
_QUICK_SECONDS = 0.001
_BUSY_SECONDS = 0.005


def decoder(encoding: str) -> Callable[[bytes], Iterable[bytes]]:
    """Undoes a content encoding in pieces of bounded size, so that a small bomb stays small.

    Raises:
        UnreadableAnswer: an encoding that nobody asked for, or bytes that are not packed so.
    """
    if encoding.strip().lower() in ("", "identity"):
        return lambda chunk: (chunk,)
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise UnreadableAnswer("unreadable_answer")
    decompress = zlib.decompressobj(_GZIP)

    def unpack(chunk: bytes) -> Iterable[bytes]:
        piece = b""
        while chunk or len(piece) == _UNPACKED_BYTES:
            try:
                piece = decompress.decompress(chunk, _UNPACKED_BYTES)
            except zlib.error:
                raise UnreadableAnswer("unreadable_answer") from None
            if piece:
                yield piece
            chunk = decompress.unconsumed_tail

    return unpack


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
        """Hands on all of `piece`. Raises what the receiver raises."""
        at = 0
        while at < len(piece):
            end = at + self._step
            began = time.monotonic()
            self._receive(piece if at == 0 and end >= len(piece) else piece[at:end])
            now = time.monotonic()
            self._adapt(now - began)
            if now - self._yielded >= _BUSY_SECONDS:
                await asyncio.sleep(0)
                self._yielded = time.monotonic()
            at = end

    def _adapt(self, seconds: float) -> None:
        if seconds < _QUICK_SECONDS:
            self._step = min(self._step * 2, _LARGEST_STEP)
        else:
            self._step = max(self._step // 2, _SMALLEST_STEP)
