"""Worker threads for pictures, and a limit on the memory that all of them have at once.

Pillow lets go of the interpreter while it works, so that two threads keep two cores busy and the event loop
turns on. What they need in memory is bounded by bytes and not by files: thumbnails of phone pictures may
be made side by side, two posters may not.
"""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

MAX_PIXELS: Final = 80_000_000
"""Most pixels of a picture that is taken."""
MAX_BYTES: Final = 520_000_000
"""Most memory for all pictures that are being decoded, and so for any one of them: 80 megapixels as RGB."""

_MAX_THREADS = 2
_P = ParamSpec("_P")
_T = TypeVar("_T")


async def run(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Runs work on pixels in one of the few threads, off the event loop, and returns what it returns."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), functools.partial(work, *args, **kwargs))


class MemoryBudget:
    """Limits how many bytes of pictures are in memory at once; one larger than the limit goes alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, more: int) -> Iterator[None]:
        """Waits until `more` bytes fit, in the calling thread, and holds them until the block ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken == 0 or self._taken + more <= self._most)
            self._taken += more
        try:
            yield
        finally:
            with self._changed:
                self._taken -= more
                self._changed.notify_all()


# One for the process, made when first needed: memory and cores belong to the process as well.


@functools.cache
def memory_budget() -> MemoryBudget:
    """The one for every picture of this process."""
    return MemoryBudget(MAX_BYTES)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1), thread_name_prefix="pictures")
