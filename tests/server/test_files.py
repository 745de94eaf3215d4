"""The routes for files of the history: whose they are, what they leave behind, and what they refuse."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from playground import catalogue
from playground.errors import PlaygroundError
from playground.history import History, filenames
from playground.result import RawAnswer
from playground.server import files
from playground.server.guard import Guard
from playground.server.visitors import VISITOR_COOKIE, Visitors, owner_of
from playground.settings import Settings, StorageSettings
from playground.ui import exports
from tests.browser.kept import keep

OWN = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def history(tmp_path: Path) -> History:
    keep(tmp_path, count=3, size=(64, 48), owner=owner_of("mine"))
    keep(tmp_path, count=1, size=(64, 48), owner=owner_of("theirs"))
    return History(tmp_path)


@pytest.fixture
async def client(history: History) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor called "mine", on a page of the app's own."""
    host = FastAPI()
    host.add_middleware(Visitors, settings=Settings(separate_visitors=True))
    host.add_middleware(Guard, settings=Settings())
    files.add_routes(host, history)
    exports.add_routes(host, history, catalogue.load())
    transport = httpx.ASGITransport(host)
    cookies = {VISITOR_COOKIE: "mine"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", cookies=cookies, headers=OWN
    ) as made:
        yield made


def ids(history: History, visitor: str) -> list[str]:
    return [entry.id for entry in history.page(owner_of(visitor)).entries]


def left_over(history: History) -> list[Path]:
    """What lies about where files are made; the lock says that this process is alive."""
    return [path for path in history.staging_dir.iterdir() if path.name != "lock"]


def originals(data: bytes) -> set[str]:
    """Digests of the originals in a ZIP."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")]
        return {hashlib.sha256(archive.read(name)).hexdigest() for name in names}


def digests(history: History, chosen: list[str], visitor: str = "mine") -> set[str]:
    entries = [history.entry(owner_of(visitor), one) for one in chosen]
    return {picture.sha256 for entry in entries if entry for picture in entry.pictures}


async def test_a_zip_holds_what_was_chosen_and_nothing_of_others(
    client: httpx.AsyncClient, history: History
) -> None:
    first, *_ = ids(history, "mine")
    (theirs,) = ids(history, "theirs")
    answer = await client.post("/history/zip", data={"ids": f"{first},{theirs},../x,"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert originals(answer.content) == digests(history, [first])
    assert left_over(history) == []


async def test_what_is_downloaded_is_called_after_day_and_prompt(
    client: httpx.AsyncClient, history: History
) -> None:
    mine = ids(history, "mine")[0]
    entry = history.entry(owner_of("mine"), mine)
    assert entry is not None
    stem = filenames.stem(entry.created, entry.prompt)
    address = f"/pictures/{mine}/{entry.pictures[0].name}"
    told = (await client.get(f"{address}?download")).headers["content-disposition"]
    assert told.startswith("attachment")
    assert quote(f"{stem}-1.jpg") in told
    packed = await client.post("/history/zip", data={"ids": mine})
    assert quote(f"{stem}.zip") in packed.headers["content-disposition"]
    assert (await client.get(address)).headers["content-disposition"].startswith("inline")


async def test_a_zip_of_nothing_chosen_is_a_zip_of_all(client: httpx.AsyncClient, history: History) -> None:
    answer = await client.post("/history/zip", data={"ids": ""})
    assert originals(answer.content) == digests(history, ids(history, "mine"))


async def test_a_zip_comes_in_again(client: httpx.AsyncClient, history: History) -> None:
    before = ids(history, "mine")
    packed = (await client.post("/history/zip", data={"ids": ""})).content
    whole = {"refused": {}, "incomplete": 0, "foreign": [], "foreign_count": 0}
    nothing = {"added": 0, "skipped": 3} | whole
    assert (await client.post("/history/import", content=packed)).json() == nothing
    history.delete_all(owner_of("mine"))
    everything = {"added": 3, "skipped": 0} | whole
    assert (await client.post("/history/import", content=packed)).json() == everything
    assert len(ids(history, "mine")) == len(before)
    assert len(ids(history, "theirs")) == 1
    assert left_over(history) == []


async def test_a_raw_answer_goes_to_its_owner_only(client: httpx.AsyncClient, history: History) -> None:
    mine, theirs = ids(history, "mine")[0], ids(history, "theirs")[0]
    for generation in (mine, theirs):
        history.save_answer(generation, 1, RawAnswer(b'{"text": "<script>"}'), {})
    answer = await client.get(f"/history/answer/{mine}/1")
    assert answer.content == b'{"text": "<script>"}'
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    for generation, call in ((mine, "2"), (theirs, "1"), ("x" * 22, "1")):
        assert (await client.get(f"/history/answer/{generation}/{call}")).status_code == 404
    foreign = {"sec-fetch-site": "cross-site"}
    assert (await client.get(f"/history/answer/{mine}/1", headers=foreign)).status_code == 404


@pytest.mark.parametrize("body", [b"", b"no zip", b"PK\x03\x04" + bytes(60)])
async def test_what_is_no_zip_is_refused(client: httpx.AsyncClient, history: History, body: bytes) -> None:
    answer = await client.post("/history/import", content=body)
    assert answer.status_code == 422
    assert left_over(history) == []


async def test_a_copy_carries_the_recipe(client: httpx.AsyncClient, history: History, tmp_path: Path) -> None:
    entry = history.page(owner_of("mine")).entries[0]
    answer = await client.get(f"/history/copy/{entry.id}/{entry.pictures[0].name}")
    assert answer.headers["content-type"] == "image/jpeg"
    copied = tmp_path / "copy.jpg"
    copied.write_bytes(answer.content)
    recipe = history.read_recipe(copied)
    assert recipe is not None
    assert recipe.prompt == entry.prompt
    assert left_over(history) == []


async def test_a_copy_is_made_in_one_of_the_few_threads_for_pictures(
    client: httpx.AsyncClient, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def noting(*_: object) -> Path:
        threads.append(threading.current_thread().name)
        raise PlaygroundError("history_gone")

    monkeypatch.setattr(History, "copy_with_recipe", noting)
    await client.get(f"/history/copy/{ids(history, 'mine')[0]}/1-1.jpg")
    assert threads[0].startswith("pictures")


@pytest.mark.parametrize("name", ["none.jpg", "record.json", "..%2Frecord.json"])
async def test_there_is_no_copy_of_what_is_no_picture(
    client: httpx.AsyncClient, history: History, name: str
) -> None:
    answer = await client.get(f"/history/copy/{ids(history, 'mine')[0]}/{name}")
    assert answer.status_code == 404
    assert left_over(history) == []


async def test_anothers_copy_is_as_unknown_as_one_that_never_was(
    client: httpx.AsyncClient, history: History
) -> None:
    other = history.page(owner_of("theirs")).entries[0]
    known = await client.get(f"/history/copy/{other.id}/{other.pictures[0].name}")
    never = await client.get(f"/history/copy/{'x' * 22}/1-1.jpg")
    assert (known.status_code, known.text) == (never.status_code, never.text) == (404, never.text)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/history/zip"), ("POST", "/history/import"), ("GET", "/history/copy/{first}/1-1.jpg")],
)
@pytest.mark.parametrize("change", [{"headers": {"sec-fetch-site": "cross-site"}}, {"cookies": {}}])
async def test_only_the_apps_own_page_and_a_known_visitor_are_answered(
    client: httpx.AsyncClient, history: History, method: str, path: str, change: dict[str, Any]
) -> None:
    if "cookies" in change:
        client.cookies.clear()
    path = path.format(first=ids(history, "mine")[0])
    answer = await client.request(method, path, headers=change.get("headers"), content=b"")
    if method == "POST" and "headers" in change:  # the host lets no foreign page post anything
        assert answer.status_code == 403
        return
    assert answer.status_code == 404
    assert json.loads(answer.text) == {"detail": "Not Found"}


async def test_a_list_of_ids_without_an_end_is_cut_off(client: httpx.AsyncClient) -> None:
    assert (await client.post("/history/zip", content=b"x" * 1_100_000)).status_code == 413


def limited(tmp_path: Path, **storage: Any) -> History:
    """A history with limits of its own."""
    return History(tmp_path, StorageSettings(**{"min_free": 0} | storage))


def app_of(history: History) -> FastAPI:
    host = FastAPI()
    files.add_routes(host, history)
    return host


async def uploaded(host: FastAPI, chunks: Sequence[bytes | None], length: int | None = None) -> int:
    """The status of an import whose body comes in these chunks; at None the client goes away."""
    headers = [(b"cookie", f"{VISITOR_COOKIE}=mine".encode())]
    headers += [(b"content-length", str(length).encode())] if length is not None else []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/history/import",
        "headers": headers,
        "query_string": b"",
    }
    waiting, seen = iter(chunks), []

    async def receive() -> dict[str, Any]:
        try:
            chunk = next(waiting)
        except StopIteration:
            await asyncio.Event().wait()  # nothing more comes, and nobody says so
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        seen.append(message)

    await host(scope, receive, send)
    return int(seen[0]["status"])


async def test_an_import_is_refused_before_a_byte_of_it_is_read(tmp_path: Path) -> None:
    host = app_of(limited(tmp_path, visitor_quota=5_000_000))
    assert await uploaded(host, [None], length=300_000_000) == 422
    assert await uploaded(host, [None], length=9_000_000_000) == 422


async def test_an_import_of_unknown_length_ends_where_the_room_does(tmp_path: Path) -> None:
    history = limited(tmp_path, visitor_quota=5_000_000)
    assert await uploaded(app_of(history), [bytes(1_000_000)] * 300) == 422
    assert left_over(history) == []
    with history.reservation("mine") as room:
        room.take(4_000_000)  # nothing of the refused one is counted any more


async def test_imports_at_once_share_the_room(tmp_path: Path) -> None:
    history = limited(tmp_path, total_quota=5_000_000)
    with history.reservation("yours") as room:
        room.take(4_000_000)
        assert await uploaded(app_of(history), [None], length=2_000_000) == 422
        assert await uploaded(app_of(history), [bytes(1_000_000)] * 3) == 422


async def test_an_import_leaves_a_paid_answer_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 3_000_000
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Disk", (), {"free": free}))
    history = limited(tmp_path, min_free=2_000_000)
    assert await uploaded(app_of(history), [None], length=1_000_001) == 422
    history.require_space("mine")


async def test_a_stalled_import_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "STALL_SECONDS", 0.01)
    history = limited(tmp_path)
    assert await uploaded(app_of(history), [b"PK"], length=1000) == 422
    assert left_over(history) == []


async def test_a_client_that_goes_away_leaves_nothing_and_is_no_error(tmp_path: Path) -> None:
    history = limited(tmp_path)
    assert await uploaded(app_of(history), [b"PK", None], length=1000) == 400
    assert left_over(history) == []
