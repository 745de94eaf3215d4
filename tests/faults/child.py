"""A process that makes pictures until it is killed.

Each job has a prompt of its own, by which the gateway can tell what has reached it.
"""

from __future__ import annotations

import asyncio
import secrets
from multiprocessing.connection import Connection
from pathlib import Path

from playground import catalogue as catalogue_module
from playground.history import History
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.providers.credentials import Credentials, Key
from playground.request import ImageRequest
from tests.faults.oracle import CANARY, MODEL, ended

AT_ONCE = 4
GOING = b"going"


def run(data: Path, base_url: str, told: Connection) -> None:
    """Never returns. Says `GOING` when all is going."""
    asyncio.run(_make(data, base_url, told))


async def _make(data: Path, base_url: str, told: Connection) -> None:
    catalogue = catalogue_module.load()
    history = History(data)
    provider = Provider(catalogue, staging_dir=history.staging_dir)
    studio = Studio(catalogue, provider, history)

    async def once() -> None:
        prompt = f"a cat called {secrets.token_hex(8)}"
        request = ImageRequest(prompt=prompt, provider="google", model=MODEL, count=2)
        await ended(await studio.start(request, Credentials(Key(CANARY), base_url), owner="me", mode="text"))

    async def for_ever() -> None:
        while True:
            await once()

    await once()  # loads whatever is loaded at the first call
    told.send_bytes(GOING)
    await asyncio.gather(*(for_ever() for _ in range(AT_ONCE)))
