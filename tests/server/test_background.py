"""What processes do for one another over their PostgreSQL; `tests/batches/test_kill.py` kills some."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from playground.application import _beside
from playground.batches.plan import Call
from playground.batches.runner import Batches
from playground.batches.sending import Keys
from playground.catalogue import Catalogue
from playground.errors import ConfigurationError
from playground.history import Batch, BatchState, History
from playground.history.object_store import ObjectStore
from playground.jobs.studio import Job, Once, Studio
from playground.providers.credentials import Credentials
from playground.request import ImageRequest
from playground.server import background
from playground.server.background import Background
from playground.settings import Settings, StorageSettings
from tests import postgresql_server
from tests.batches.test_batches import MODEL, TYPED
from tests.history_samples import ENGINES, add, database_url
from tests.mocked import Pauses, provider_of, with_picture

# Never where CI is set: there the tests start a server.
needs_postgresql = pytest.mark.skipif("postgresql" not in ENGINES, reason="needs a PostgreSQL server")
EVERY_SECOND = "* * * * * *"
NOBODY: Any = None
NOTHING: Any = SimpleNamespace(row=None, table=None)


@pytest.fixture(autouse=True)
def _sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "TICKS", EVERY_SECOND)
    for name, seconds in {"AGAIN_SECONDS": 0.2, "BEAT_SECONDS": 1.0, "STALLED_SECONDS": 6.0}.items():
        monkeypatch.setattr(background, name, seconds)


@pytest.fixture
def url() -> Iterator[str]:
    with database_url("postgresql") as address:
        assert address
        yield address


class Member:
    """One of several processes: its own history over what they share, its own worker."""

    def __init__(self, catalogue: Catalogue, folder: Path, url: str, answer: Any, **storage: Any) -> None:
        self.sent: Counter[str] = Counter()

        async def count(request: httpx.Request) -> httpx.Response:
            self.sent[json.loads(request.content)["contents"][0]["parts"][0]["text"]] += 1
            return await answer()

        self.history = History(folder, StorageSettings(database_url=url, min_free=0, **storage))
        self.studio = Studio(catalogue, provider_of(catalogue, count, pace=Pauses().pace), self.history)
        self.studio.recover()
        self.background = Background(self.history)
        self.batches = Batches(self.studio, self._begin, wake=self.background.wake, step_seconds=0.05)
        self.background.add_tasks(self.batches.take_up)

    async def _begin(self, batch: Batch, wanted: ImageRequest, credentials: Credentials, once: Once) -> Job:
        return await self.studio.start(
            wanted, credentials, owner=batch.owner, mode="text", listed=False, once=once
        )

    async def start(self, count: int, keys: Keys, provider: str = "demo", what: str = "cat") -> Batch:
        made = [
            ImageRequest(prompt=f"{what} {n}", provider=provider, model=MODEL) for n in range(1, count + 1)
        ]
        calls = [Call(line, request) for line, request in enumerate(made, 2)]
        return await self.batches.start(calls, keys, owner="me", network="192.0.2.1")

    def found(self, batch: Batch) -> Batch:
        found = self.history.batches.find(batch.id)
        assert found is not None
        return found

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Member]:
        """In the order of a start and a stop of the host."""
        leaving = asyncio.Event()
        tasks = [asyncio.create_task(run(leaving)) for run in (self.background.run, self.batches.run)]
        try:
            yield self
        finally:
            leaving.set()
            await self.studio.aclose(10)
            await asyncio.wait_for(asyncio.gather(*tasks), 10)
            self.history.close()


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.05)


def asked(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(statement).fetchall()


def batch_jobs(url: str) -> list[str]:
    """The states of the jobs of batches."""
    found = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'run_batch' ORDER BY id"
    return [state for (state,) in asked(url, found)]


async def drawn() -> httpx.Response:
    await asyncio.sleep(0.05)
    return with_picture()


@needs_postgresql
async def test_a_batch_goes_from_a_process_that_ends_to_another_and_one_with_a_typed_key_does_not(
    catalogue: Catalogue, tmp_path: Path, url: str
) -> None:
    one, two = (Member(catalogue, tmp_path, url, drawn) for _ in range(2))
    async with two.serving():
        async with one.serving():
            await until(lambda: one.background.is_running and two.background.is_running)
            two.studio.drain()  # it takes nothing, so that it is known who does
            batch = await one.start(20, Keys())
            assert one.found(batch).holder == "", "it is nobody's yet"
            typed = await one.start(100, TYPED, "google", "dog")
            await until(lambda: len(one.sent) > 5 and one.found(batch).holder)
            assert "doing" in batch_jobs(url), "the job lasts as long as the batch runs there"
            assert {one.found(made).holder for made in (batch, typed)} == {one.history.process}
            two.studio.drain(False)
        await until(lambda: two.found(batch).state is BatchState.ENDED)
        await until(lambda: two.found(typed).state is BatchState.PAUSED)
        assert two.found(typed).reason == "key"
        rows = two.history.batches.rows(batch.id)
        assert Counter(row.state.value for row in rows) == {"done": 20}
        cats = {f"cat {number}": 1 for number in range(1, 21)}
        assert {name: times for name, times in (one.sent + two.sent).items() if name in cats} == cats
        assert two.sent.total() > 0
        await until(lambda: batch_jobs(url) == [])


@needs_postgresql
async def test_work_outlives_a_database_that_goes_and_what_a_dead_worker_had_is_dropped(
    catalogue: Catalogue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with postgresql_server.running() as server:
        url = server.replace("postgresql://", "postgresql+psycopg://")
        async with Member(catalogue, tmp_path, url, drawn).serving() as one:
            await until(lambda: one.background.is_running)
            batch = await one.start(30, Keys())
            await until(lambda: len(one.sent) > 5)
            away = postgresql_server.away(server)
            await asyncio.to_thread(away.__enter__)
            await until(lambda: not one.background.is_running)
            assert not await one.background.wake(batch.id), "the process sees to it by itself"
            await asyncio.to_thread(away.__exit__, None, None, None)
            await until(lambda: one.background.is_running)
            await until(lambda: one.found(batch).state is BatchState.ENDED)
            assert one.sent == {f"cat {number}": 1 for number in range(1, 31)}
            # The worker that the database left could not write down the end of its job.
            await until(lambda: batch_jobs(url) == [])
            await until(lambda: len(asked(url, "SELECT id FROM procrastinate_workers")) == 1)
        said = [record for record in caplog.records if "background work waits" in record.message]
        assert len(said) == 1, "once, in our own words"
        assert server.rpartition("=")[2] not in caplog.text


@needs_postgresql
async def test_one_process_of_all_sweeps_and_one_of_each_disk_brings_up(
    catalogue: Catalogue, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"file://{tmp_path}/store"
    disks = [tmp_path / name for name in ("near", "near", "far")]
    one, two, three = (Member(catalogue, disk, url, drawn, pictures_url=store) for disk in disks)
    swept: list[History] = []
    expire = History.expire
    monkeypatch.setattr(History, "expire", lambda self: (swept.append(self), expire(self))[1])
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "put", refused)
        waiting = [add(member.history) for member in (one, two, three)]
        assert len({member.background._disk for member in (one, two, three)}) == 2
    before = time.monotonic()
    async with one.serving(), two.serving(), three.serving():
        for generation in waiting:
            await until((tmp_path / "store" / generation / "record.json").exists)
        await until(lambda: len(swept) >= 6)
        # A process that starts at the moment of a tick may ask for the one before, which is no longer noted.
        assert len(swept) <= time.monotonic() - before + 3, "one a tick, whoever it is, and not each of three"
        swept.clear()
        one.background.maintain()
        assert swept == [], "that is the worker's"
    one.background.maintain()
    assert swept == [one.history], "there is no worker"
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "put", refused)
        add(two.history)
    one.background.maintain()
    later = add(two.history)
    assert (tmp_path / "store" / later / "record.json").exists(), "it sees that another has brought all up"
    for member in (one, two):
        member.history.close()


def refused(*_: object) -> None:
    raise OSError("away")


def test_without_postgresql_nothing_of_it_is_loaded(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "playground.server.background", None)
    studio = Studio(catalogue, provider_of(catalogue, drawn), History(tmp_path))
    alone, shared = Settings(), Settings(database_url=SecretStr("postgresql://me:canary@127.0.0.1/x"))
    batches, run, maintain = _beside(alone, studio, NOTHING, {})
    assert (run, maintain) == (batches.run, studio.history.maintain)
    with pytest.raises(ConfigurationError, match="a library is missing"):
        _beside(shared, studio, NOTHING, {})
