"""Work that a Stop must not tear apart: once an answer has arrived, it is read and saved to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which runs to its end even when the caller is cancelled meanwhile.

    Unlike with `asyncio.shield`, the caller waits for it and goes on with the result: the cancellation is
    swallowed.
    """
    task = asyncio.create_task(work)
    while not task.done():
        try:
            await asyncio.wait([task])  # unlike awaiting the task, this neither cancels it nor raises for it
        except asyncio.CancelledError:
            continue
    return task.result()
