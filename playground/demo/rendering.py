"""Where pictures are drawn: worker threads, so that the event loop stays free.

Two pictures are drawn at once, and only one of them may be larger than `LARGE`: a 4K picture holds a few
hundred megabytes while it is drawn. Threads are enough because the painter works in short native calls.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from playground.demo import painter

LARGE = 3072 * 3072
"""Pixels: 2K pictures are below, 4K pictures above."""


class Renderer:
    """Draws commissions, a few at a time. Its threads start with the first picture and end with `close`."""

    def __init__(self, at_once: int = 2) -> None:
        self._hands = ThreadPoolExecutor(at_once, thread_name_prefix="demo-painter")
        self._queue_of_large = ThreadPoolExecutor(1, thread_name_prefix="demo-painter-large")

    async def paint(self, commission: painter.Commission) -> painter.Painting:
        """The picture. When cancelled, a drawing that waits is dropped and one that runs is abandoned.

        Raises:
            UndecodablePicture: one of the commission's pictures is not a picture.
        """
        loop = asyncio.get_running_loop()
        if commission.width * commission.height <= LARGE:
            return await loop.run_in_executor(self._hands, painter.paint, commission)
        return await loop.run_in_executor(self._queue_of_large, self._paint_large, commission)

    def close(self) -> None:
        """Drop what waits and let the threads end. Nothing can be drawn afterwards."""
        self._queue_of_large.shutdown(wait=False, cancel_futures=True)
        self._hands.shutdown(wait=False, cancel_futures=True)

    def _paint_large(self, commission: painter.Commission) -> painter.Painting:
        return self._hands.submit(painter.paint, commission).result()


class Variations:
    """Counts how often each request was asked, so that a repeat gets a new picture.

    Only the latest `capacity` requests are remembered.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._next: OrderedDict[bytes, int] = OrderedDict()
        self._lock = Lock()

    def take(self, digest: bytes) -> int:
        """0 for a request that is new, then 1, 2 and so on."""
        with self._lock:
            variation = self._next.pop(digest, 0)
            self._next[digest] = variation + 1
            if len(self._next) > self._capacity:
                self._next.popitem(last=False)
            return variation
