"""The host around the screen: health, picture files, start and stop of the history."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from playground.catalogue import Catalogue
from playground.history import SHARED_OWNER, History
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.record import Record
from playground.result import PicturePart
from playground.server.host import create_host
from playground.server.visitors import VISITOR_COOKIE, owner_of
from playground.settings import Settings
from tests.wire.samples import picture

NAME = "playground.test"
PATIENCE = 30.0


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


@pytest.fixture(params=[False, True], ids=["local", "on Spaces"])
def hosted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
async def client(
    catalogue: Catalogue, history: History, tmp_path: Path, hosted: bool
) -> AsyncIterator[httpx.AsyncClient]:
    studio = Studio(catalogue, Provider(catalogue), history)
    host = create_host(
        studio, Settings(data_dir=tmp_path, space_id="a/b" if hosted else "", host_names=frozenset({NAME}))
    )

    @host.get("/")
    async def page() -> str:
        return "the screen"

    transport = httpx.ASGITransport(host)
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{NAME}") as client:
        yield client
    await studio.aclose()


def saved(history: History, data: bytes, mime_type: str) -> str:
    """Saves a picture; returns its address."""
    generation = history.new_id()
    part = PicturePart(data=data, mime_type=mime_type, width=8, height=6)
    return f"/pictures/{generation}/{history.save_picture(generation, 1, 1, part).name}"


async def test_health_answers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("kind", "mime_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
async def test_a_picture_is_served_as_it_came(
    client: httpx.AsyncClient, history: History, kind: str, mime_type: str
) -> None:
    data = picture(kind)
    answer = await client.get(saved(history, data, mime_type))
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(data).digest()
    assert answer.headers["content-type"] == mime_type
    assert answer.headers["content-disposition"].startswith("inline")
    assert "private" in answer.headers["cache-control"]


async def test_a_download_is_an_attachment_of_the_same_bytes(
    client: httpx.AsyncClient, history: History
) -> None:
    answer = await client.get(saved(history, picture(), "image/png") + "?download")
    assert answer.content == picture()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert '.png"' in answer.headers["content-disposition"]


async def test_a_picture_of_another_visitor_is_as_unknown_as_one_that_never_was(
    client: httpx.AsyncClient, history: History, hosted: bool
) -> None:
    """Fault plan F20. Run for one person, all browsers share one history."""
    owner = owner_of("mine") if hosted else SHARED_OWNER
    generation = history.new_id()
    part = PicturePart(data=picture(), mime_type="image/png", width=8, height=6)
    history.begin(Record(id=generation, owner=owner))
    name = history.save_picture(generation, 1, 1, part).name

    async def answers(token: str) -> list[httpx.Response]:
        client.cookies.clear()
        cookie = {"cookie": f"other=1; {VISITOR_COOKIE}={token}; more=2"} if token else {}
        paths = (f"/pictures/{generation}/{name}", f"/pictures/{generation}/1-1.thumb.webp")
        return [await client.get(path, headers=cookie) for path in paths]

    for is_running in (True, False):
        if not is_running:
            history.save_record(Record(id=generation, owner=owner, seconds=1.0))
        assert [answer.status_code for answer in await answers("mine")] == [200, 200]
        for stranger in ("yours", owner, "", SHARED_OWNER, "program-x"):
            never = await client.get("/pictures/never-was/1-1.png")
            for answer in await answers(stranger):
                assert answer.status_code == (404 if hosted else 200)
                if hosted:
                    assert (answer.content, answer.headers.keys()) == (never.content, never.headers.keys())


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, history: History) -> None:
    address = saved(history, picture(), "image/png")
    generation = address.split("/")[2]
    history.save_record(Record(id=generation, prompt="mine"))
    for path in (
        "/pictures/unknown/1-1.png",
        address.replace("1-1.png", "1-2.png"),
        f"/pictures/{generation}/record.json",  # holds the prompt: its address is only half a secret
        f"/pictures/{generation}/..%2f..%2frecord.json",
        "/pictures/..%2f/generations",
        "/pictures/%2e%2e/1-1.png",
        "/look/%2e%2e/app.py",
    ):
        assert (await client.get(path)).status_code == 404, path


async def test_thumbnails_are_made_in_the_threads_for_pixels(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, str] = {}

    def find_file(self: History, owner: str, generation: str, name: str) -> None:
        threads[name] = threading.current_thread().name

    monkeypatch.setattr(History, "find_file", find_file)
    for name in ("1-1.png", "1-1.thumb.webp"):
        assert (await client.get(f"/pictures/some/{name}")).status_code == 404
    assert threads["1-1.thumb.webp"].startswith("pictures")
    assert not threads["1-1.png"].startswith("pictures")


async def test_pages_do_not_wait_for_the_history(
    tmp_path: Path, catalogue: Catalogue, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have thousands of folders to look at; a stop of the server lets it finish."""
    may_end, has_ended = threading.Event(), threading.Event()

    def start(self: History, tell: object) -> None:
        may_end.wait(PATIENCE)
        has_ended.set()

    monkeypatch.setattr(History, "start", start)
    studio = Studio(catalogue, Provider(catalogue), history)
    host = create_host(studio, Settings(data_dir=tmp_path))
    transport = httpx.ASGITransport(host)
    async with host.router.lifespan_context(host):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/health")).status_code == 200
        assert not has_ended.is_set()
        may_end.set()
    assert has_ended.is_set()


async def test_a_server_that_nobody_visits_tidies_up(
    tmp_path: Path, catalogue: Catalogue, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = threading.Semaphore(0)
    monkeypatch.setattr("playground.server.host.MAINTENANCE_SECONDS", 0.001)
    monkeypatch.setattr(History, "maintain", lambda self: rounds.release())
    studio = Studio(catalogue, Provider(catalogue), history)
    host = create_host(studio, Settings(data_dir=tmp_path))
    async with host.router.lifespan_context(host):
        for _ in range(3):
            assert await asyncio.to_thread(rounds.acquire, timeout=PATIENCE)


async def test_the_metrics_port_sees_the_stop_to_its_end(
    tmp_path: Path, catalogue: Catalogue, history: History
) -> None:
    studio, said = Studio(catalogue, Provider(catalogue), history), []

    @asynccontextmanager
    async def serving() -> AsyncIterator[None]:
        yield
        said.append(studio.refusal)

    host = create_host(studio, Settings(data_dir=tmp_path), also_serving=serving)
    async with host.router.lifespan_context(host):
        assert not said
    assert said == ["stopping"]
