"""`/ready`: each part that calls need, in words, and however often it is asked."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from playground.catalogue import Catalogue
from playground.history import History
from playground.jobs.queue import Limits
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.server import readiness
from playground.server.host import create_host
from playground.settings import Settings, StorageSettings

GOOD = {"disk": "ok", "database": "ok", "store": "ok", "line": "ok"}


@pytest.fixture
async def studio(catalogue: Catalogue, tmp_path: Path) -> AsyncIterator[Studio]:
    store = StorageSettings(pictures_url=f"file://{tmp_path}/store", min_free=0)
    made = Studio(catalogue, Provider(catalogue), History(tmp_path / "data", store), limits=Limits(waiting=1))
    await readiness.Readiness(made).look(60)  # drivers take their time to be imported on a busy machine
    yield made
    await made.aclose()


async def asked(studio: Studio) -> httpx.Response:
    """The answer of a host that knows nothing of before."""
    host = create_host(studio, Settings(data_dir=studio.history.data_dir))
    transport = httpx.ASGITransport(host)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/ready")


async def test_everything_is_there(studio: Studio) -> None:
    answer = await asked(studio)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", **GOOD})


async def test_each_part_says_what_is_wrong_and_no_more(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object) -> None:
        raise ConnectionError("postgresql://me:canary@host is down")

    monkeypatch.setattr("playground.history.quotas.Quotas.free", -1)
    monkeypatch.setattr("playground.history.index.Index.find", lambda *_: fails(None))
    monkeypatch.setattr("playground.history.object_store.ObjectStore.check", fails)
    studio.drain()
    answer = await asked(studio)
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "disk": "too little free space",
        "database": "does not answer",
        "store": "does not answer",
        "line": "the server is draining: it finishes what it has and takes nothing new",
    }
    studio.drain(False)
    assert (await asked(studio)).json()["line"] == "ok"


async def test_a_part_that_hangs_is_asked_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer, times = threading.Event(), []

    def hangs(self: History) -> None:
        times.append(1)
        may_answer.wait(30)

    monkeypatch.setattr(History, "check_store", hangs)
    monkeypatch.setattr(readiness, "_KNOWN_SECONDS", 0.0)
    ready = readiness.Readiness(studio)
    for _ in range(3):
        assert (await ready.look(0.01))["store"] == "does not answer"
    assert len(times) == 1
    may_answer.set()
    assert (await ready.look(30))["store"] == "ok"


async def test_what_is_down_at_the_start_has_a_line_each(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(self: History) -> None:
        raise ConnectionError("s3://me:canary@host is down")

    monkeypatch.setattr(History, "check_store", fails)
    host = create_host(studio, Settings(data_dir=studio.history.data_dir))
    async with host.router.lifespan_context(host):
        pass
    assert "not ready: store: does not answer" in caplog.text
    assert "canary" not in caplog.text
