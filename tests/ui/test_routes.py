"""What Gradio mounts in this very release, asked of the running app: only what the table opens answers."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, compile_path

from playground.application import create
from playground.server.doors import DOORS
from playground.settings import Settings
from playground.ui.words import LANGUAGES
from tests.app_server import run_app, serve
from tests.wire.samples import picture

KEY = "canary-key-0123456789"


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Method and path of every route of the app."""

    async def routes() -> set[tuple[str, str]]:
        app: Any = create(Settings(data_dir=tmp_path_factory.mktemp("data")), {})
        while not hasattr(app, "routes"):
            app = app._app
        return set(_walk(app.routes))

    with ThreadPoolExecutor(1) as builder:
        return builder.submit(asyncio.run, routes()).result()


def _walk(routes: Any, before: str = "") -> Iterator[tuple[str, str]]:
    for route in routes:
        path = before + getattr(route, "path", "")
        for method in getattr(route, "methods", None) or ():
            yield method, path
        inner = getattr(route, "original_router", route)
        yield from _walk(getattr(inner, "routes", None) or (), path)


def test_every_route_of_gradios_that_the_table_does_not_open_is_closed(
    server: str, mounted: set[tuple[str, str]]
) -> None:
    assert len(mounted) > 60
    opened = [(door.method, compile_path(door.path)[0]) for door in DOORS if door.is_open]
    asked = {(method, re.sub(r"{[^}]*}", "0", path)) for method, path in mounted if method != "HEAD"}
    closed = {
        (method, path)
        for method, path in asked
        if not any(method == door and pattern.match(path) for door, pattern in opened)
    }
    assert {("GET", "/gradio_api/deep_link"), ("GET", "/monitoring/summary")} < closed < asked
    with httpx.Client(base_url=server, trust_env=False, timeout=60) as client:
        answers = {(method, path): client.request(method, path) for method, path in closed}
    assert {key: answer.text for key, answer in answers.items() if answer.text != "Not Found"} == {}


def test_each_open_row_is_there(mounted: set[tuple[str, str]]) -> None:
    """A row that no route stands behind any more is not kept."""
    paths = {re.sub(r":path", "", path).rstrip("/") for _, path in mounted}
    first_hand = {"/look/{path}", "/gradio_api/mcp", "/gradio_api/file={file}"}
    rows = {re.sub(r":path", "", door.path).rstrip("/") for door in DOORS if door.is_open}
    assert rows - first_hand <= paths


def test_an_upload_is_read_by_its_visitor_only(server: str) -> None:
    """Fault Z16: whoever knew the path, which stands in the address, could read it."""
    with (
        httpx.Client(base_url=server, trust_env=False, timeout=60) as mine,
        httpx.Client(base_url=server, timeout=60) as theirs,
        httpx.Client(base_url=server, trust_env=False, timeout=60) as program,
    ):
        for client in (mine, theirs):
            client.get("/")
        data = picture() + secrets.token_bytes(8)  # who has the same bytes has them, and their address
        (path,) = mine.post("/gradio_api/upload", files={"files": ("a.png", data)}).json()
        assert mine.get(f"/gradio_api/file={path}").content == data
        assert theirs.get(f"/gradio_api/file={path}").status_code == 404
        assert program.get(f"/gradio_api/file={path}").status_code == 404
        asked = [path, "black and white", "demo", "auto", "auto", "auto", ["IMAGE"], "auto", 1]
        assert "event: complete" in _edited(mine, asked)
        for stranger in (theirs, program):
            assert "no longer here" in _edited(stranger, asked)


def _edited(client: httpx.Client, asked: list[Any]) -> str:
    """What the endpoint says to a call with an upload, by its path."""
    given = [{"path": asked[0], "meta": {"_type": "gradio.FileData"}}, *asked[1:]]
    started = client.post("/gradio_api/call/edit_image", json={"data": given})
    return client.get(f"/gradio_api/call/edit_image/{started.json()['event_id']}").text


@pytest.mark.parametrize(
    ("carried", "junk"),
    [
        ({}, "["),
        ({"picture": "gone/1-1.jpg", "job": "gone"}, ""),
        (None, ["x", ["y"]]),
        ("job", None),
        (5, {"a": 1}),
    ],
)
def test_an_event_that_somebody_made_up_is_no_fault(server: str, carried: object, junk: object) -> None:
    with httpx.Client(base_url=server, trust_env=False, timeout=60) as client:
        client.get("/")
        session = secrets.token_hex()
        for event in client.get("/config").json()["dependencies"]:
            if not event["backend_fn"] or event["queue"]:
                continue
            data = [junk for _ in event["inputs"]]
            body = {"data": data, "fn_index": event["id"], "session_hash": session, "event_data": carried}
            answer = client.post("/gradio_api/run/predict", json=body)
            assert answer.status_code == 200, (event["api_name"], answer.text)


def test_the_page_has_each_text_once_a_language(server: str) -> None:
    """For each name that browsers have for Chinese, all texts came once more: a third of the page."""
    config = httpx.get(f"{server}/config", trust_env=False).json()
    assert config["i18n_translations"].keys() == LANGUAGES.keys()


def test_no_event_of_the_page_shows_progress_anywhere(server: str) -> None:
    """With a place for it, each message of an event had Gradio's script go through the whole page."""
    events = httpx.get(f"{server}/config", trust_env=False).json()["dependencies"]
    places = [
        one["show_progress_on"] for one in events if one["backend_fn"] and one["api_visibility"] == "private"
    ]
    assert len(places) > 20
    assert places == [[]] * len(places)


class _Attacker:
    """A server that plays this app to whoever connects, and notes what it is sent."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> JSONResponse:
        self.heard.append(f"{request.url} {dict(request.headers)}")
        return JSONResponse({"version": "6.31.0", "components": [], "dependencies": []})


async def _call_tool(base_url: str, headers: dict[str, str], provider: str = "demo") -> Any:
    async with (
        httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as client,
        streamable_http_client(f"{base_url}/gradio_api/mcp/", http_client=client) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        return await session.call_tool("text_to_image", {"prompt": "a cat", "provider": provider})


@pytest.mark.parametrize("name", ["host", "x-forwarded-host"])
async def test_the_first_mcp_caller_does_not_choose_where_later_ones_keys_go(
    tmp_path: Path, name: str
) -> None:
    attacker = _Attacker()
    settings = Settings(data_dir=tmp_path, space_id="a/b", use_proxy=False, grace_seconds=0)
    with serve(attacker.app()) as elsewhere, run_app(settings, {}) as base_url:
        host = elsewhere.removeprefix("http://")
        attacker.heard.clear()
        first = await _call_tool(base_url, {name: host})
        later = await _call_tool(base_url, {"x-goog-api-key": KEY, "cookie": "playground_visitor=mine"})
    assert attacker.heard == []
    assert not first.isError
    assert not later.isError
