"""Where pictures are drawn: worker threads, so that the event loop stays free.

Two pictures are drawn at once, and only one of them may be larger than `LARGE`: a 4K picture holds a few
hundred megabytes while it is drawn. Threads are enough because the painter works in short native calls.
What several calls ask for at once is drawn once: no model is called, so a comparison of models of one shape
and size asks for one picture.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from threading import Lock

from playground.demo import painter

LARGE = 3072 * 3072
"""Pixels: 2K pictures are below, 4K pictures above."""
AT_ONCE = 2
"""Pictures that are drawn at once."""

Turn = Callable[[str], AbstractAsyncContextManager[None]]
"""Waits until it is the turn of somebody, by name, and holds it until the block ends."""


def first_come(at_once: int) -> Turn:
    """Turns for so many at once, in the order of coming."""
    places = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(_: str) -> AsyncIterator[None]:
        async with places:
            yield

    return turn


@dataclass
class _UnderWay:
    """A drawing that has begun or waits for its turn, and how many calls wait for it."""

    task: asyncio.Task[painter.Painting]
    waiting: int = 0


class Renderer:
    """Draws commissions, a few at a time. Its threads start with the first picture and end with `close`."""

    def __init__(self, turns: Callable[[int], Turn] = first_come) -> None:
        """`turns` says who is next, for so many at once."""
        self._hands = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="demo-painter")
        self._turn, self._turn_of_large = turns(AT_ONCE), turns(1)
        self._under_way: dict[tuple[painter.Commission, str], _UnderWay] = {}

    async def paint(self, commission: painter.Commission, visitor: str = "") -> painter.Painting:
        """The picture. Once nobody waits for it, a drawing that waits is dropped and one that runs abandoned.

        Raises:
            UndecodablePicture: one of the commission's pictures is not a picture.
        """
        one = self._under_way.get((commission, visitor))
        if one is None:
            one = _UnderWay(asyncio.create_task(self._paint(commission, visitor)))
            self._under_way[commission, visitor] = one
        one.waiting += 1
        try:
            return await asyncio.shield(one.task)
        finally:
            one.waiting -= 1
            if not one.waiting:
                del self._under_way[commission, visitor]
                one.task.cancel()

    async def _paint(self, commission: painter.Commission, visitor: str) -> painter.Painting:
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as turns:
            if commission.width * commission.height > LARGE:
                await turns.enter_async_context(self._turn_of_large(visitor))
            await turns.enter_async_context(self._turn(visitor))
            return await loop.run_in_executor(self._hands, painter.paint, commission)

    def close(self) -> None:
        """Drop what waits and let the threads end. Nothing can be drawn afterwards."""
        self._hands.shutdown(wait=False, cancel_futures=True)


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
