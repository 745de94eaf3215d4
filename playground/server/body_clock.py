"""A request comes in time or not at all: who sends slowly holds memory and a place that others wait for."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from playground.server.budgets import BODY_SECONDS, SLOWEST_BYTES


def in_time(receive: Receive, seconds: float = BODY_SECONDS) -> Receive:
    """`receive` by a clock: it raises HTTPException 408 for a body that stands still or comes too slowly.

    Args:
        seconds: how long nothing may come, and how long a body of no length may take; each byte that has
            come allows for more, see `SLOWEST_BYTES`.
    """
    began: float | None = None
    size, is_whole = 0, False

    async def receive_in_time() -> Message:
        nonlocal began, size, is_whole
        if is_whole:
            return await receive()
        now = asyncio.get_running_loop().time()
        began = now if began is None else began
        end = min(now + seconds, began + seconds + size / SLOWEST_BYTES)
        try:
            async with asyncio.timeout_at(end):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        size += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        return message

    return receive_in_time
