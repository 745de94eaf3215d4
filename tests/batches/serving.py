"""Batches served as the web host serves them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playground.batches.runner import Batches
from playground.jobs.studio import Studio


@asynccontextmanager
async def serving(batches: Batches, studio: Studio) -> AsyncIterator[None]:
    """Until the block ends, and then in the order of a stop; the history is closed with it."""
    stopping = asyncio.Event()
    task = asyncio.create_task(batches.run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await studio.aclose()
        await task
        batches.history.close()
