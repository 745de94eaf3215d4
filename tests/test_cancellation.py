"""Work that a Stop must not tear apart."""

from __future__ import annotations

import asyncio

import pytest

from playground.cancellation import shielded


async def test_a_cancelled_caller_still_gets_the_result() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> str:
        begun.set()
        await may_end.wait()
        return "saved"

    caller = asyncio.create_task(shielded(work()))
    await begun.wait()
    for _ in range(2):
        caller.cancel()
        await asyncio.sleep(0)
    assert not caller.done()
    may_end.set()
    assert await caller == "saved"


async def test_what_the_work_raises_is_raised() -> None:
    async def work() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await shielded(work())
