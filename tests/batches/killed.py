"""A process that runs whatever batches its data folder has, until it is killed."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from playground import catalogue as catalogue_module
from playground.batches import runner
from playground.batches.by_provider import ByProvider
from playground.batches.runner import Batches
from playground.history import LOST_SECONDS, Batch, History, database, index, opening
from playground.jobs.job import Job, Once
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.providers.credentials import Credentials
from playground.providers.retries import Pace
from playground.request import ImageRequest
from playground.server.background import Background
from playground.settings import StorageSettings

LOADED = (database, index, opening)
"""Before the fork, so that no kill is spent on an import."""
PROVIDER = """
[providers.mine]
name = "Mine"
base_url = "{base_url}"
models_from = "google"
default_model = "gemini-nano-banana-2.1"
key_env = ["MINE_API_KEY"]
batch_price = 0.5
"""
KEY = "canary-" + "operators-0123456789"


def run(data: str, rows: str, database_url: str | None = None, lost_seconds: float = LOST_SECONDS) -> None:
    """Never returns. `rows` is the operator's file with the provider at the gateway's address; a process that
    has been silent for `lost_seconds` is taken for lost."""
    logging.disable(logging.CRITICAL)
    runner.LOST_SECONDS = lost_seconds
    asyncio.run(_run(Path(data), Path(rows), database_url))


class NoLimits:
    """Whoever pays for a batch of the provider's pays whatever it costs."""

    async def count(self, batch: Batch) -> None:
        pass

    async def reserve(self, *args: Any) -> None:
        pass


async def _run(data: Path, rows: Path, database_url: str | None) -> None:
    catalogue = catalogue_module.load(rows)
    history = History(data, StorageSettings(database_url=database_url, min_free=0), busy_seconds=60)
    provider = Provider(catalogue, environment={"MINE_API_KEY": KEY}, staging_dir=history.staging_dir)
    studio = Studio(catalogue, provider, history)

    async def begin(batch: Batch, wanted: ImageRequest, credentials: Credentials, once: Once) -> Job:
        return await studio.start(
            wanted, credentials, owner=batch.owner, mode="text", listed=False, once=once
        )

    studio.recover()
    never = asyncio.Event()
    sharing = asyncio.create_task(studio.share(never))
    await asyncio.to_thread(history.start)
    pace = Pace(sleep=lambda seconds: asyncio.sleep(min(seconds, 0.1)))
    drivers = {"provider": ByProvider(studio, NoLimits(), pace=pace)}
    if database_url is None:
        await Batches(studio, begin, drivers).run(never)
        return
    background = Background(history)
    batches = Batches(studio, begin, drivers, wake=background.wake)
    background.add_tasks(batches.take_up)
    await asyncio.gather(background.run(never), batches.run(never), sharing)
