"""The host around the screen: health, headers, cookie, picture files."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from playground.catalogue import Catalogue
from playground.history import EVERYBODY, PROGRAM, History
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.result import PicturePart
from playground.server.host import VISITOR_COOKIE, VisitorAndHeaders, create_host, owner_of, visitor
from playground.settings import Settings
from tests.wire.samples import picture

NAME = "playground.test"


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
    studio = Studio(catalogue, Provider(catalogue), history, tmp_path / "inputs")
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


@pytest.mark.parametrize("path", ["/", "/health", "/no/such/page", "/look/theme.css"])
async def test_every_answer_carries_the_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    # Model text must not be able to make the page fetch from elsewhere.
    assert not any(f"{scheme}:" in rule for rule in policy for scheme in ("http", "https", "ws", "wss"))


async def test_the_first_visit_gets_an_id_that_scripts_cannot_read(
    client: httpx.AsyncClient, hosted: bool
) -> None:
    name, *attributes = (await client.get("/")).headers["set-cookie"].split("; ")
    assert name.startswith(f"{VISITOR_COOKIE}=")
    assert len(name.partition("=")[2]) >= 32
    assert {"HttpOnly", "Path=/"} <= set(attributes)
    across_sites = {"SameSite=None", "Secure", "Partitioned"}  # the page stands in a frame of another site
    assert across_sites <= set(attributes) if hosted else "SameSite=Lax" in attributes


async def test_two_first_visits_get_two_ids(client: httpx.AsyncClient) -> None:
    first = (await client.get("/")).headers["set-cookie"]
    client.cookies.clear()
    second = (await client.get("/")).headers["set-cookie"]
    assert first.split("; ")[0] != second.split("; ")[0]


async def test_a_visitor_who_returns_keeps_the_id(client: httpx.AsyncClient) -> None:
    client.cookies.clear()
    answer = await client.get("/", headers={"cookie": f"{VISITOR_COOKIE}=known"})
    assert "set-cookie" not in answer.headers


async def test_only_the_page_gives_ids(client: httpx.AsyncClient) -> None:
    assert "set-cookie" not in (await client.get("/health")).headers


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("other=1", None),
        (f"{VISITOR_COOKIE}=", None),
        (f"{VISITOR_COOKIE}=abc", "abc"),
        (f"other=1; {VISITOR_COOKIE}=abc; more=2", "abc"),
        # Programs on other ports of localhost share the header, and some write cookies that are none.
        (f'odd; json={{"a": [1]}}; {VISITOR_COOKIE}=abc', "abc"),
    ],
)
def test_the_id_is_read_from_the_cookie_header(header: str | None, expected: str | None) -> None:
    assert visitor(header) == expected


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
    owner = owner_of("mine") if hosted else EVERYBODY
    generation = history.new_id()
    part = PicturePart(data=picture(), mime_type="image/png", width=8, height=6)
    history.begin(generation, {"owner": owner})
    name = history.save_picture(generation, 1, 1, part).name

    async def answers(token: str) -> list[httpx.Response]:
        client.cookies.clear()
        cookie = {"cookie": f"other=1; {VISITOR_COOKIE}={token}; more=2"} if token else {}
        paths = (f"/pictures/{generation}/{name}", f"/pictures/{generation}/1-1.thumb.webp")
        return [await client.get(path, headers=cookie) for path in paths]

    for is_running in (True, False):
        if not is_running:
            history.save_record(generation, {"owner": owner, "seconds": 1.0})
        assert [answer.status_code for answer in await answers("mine")] == [200, 200]
        for stranger in ("yours", owner, "", EVERYBODY, "program-x"):
            never = await client.get("/pictures/never-was/1-1.png")
            for answer in await answers(stranger):
                assert answer.status_code == (404 if hosted else 200)
                if hosted:
                    assert (answer.content, answer.headers.keys()) == (never.content, never.headers.keys())


def test_the_name_of_an_owner_does_not_lead_back_to_the_cookie() -> None:
    assert owner_of("secret") != owner_of("other")
    assert "secret" not in owner_of("secret")
    assert not owner_of("program-x").startswith(PROGRAM)


async def test_below_the_host_nobody_sees_the_browsers_secret(hosted: bool) -> None:
    seen: list[dict[str, str]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(Request(scope).cookies)
        await Response()(scope, receive, send)

    below = VisitorAndHeaders(app, hosted=hosted, separate=hosted)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(below), base_url="https://x.test") as client:
        await client.get(
            "/", headers={"cookie": f'a=b; {VISITOR_COOKIE}=secret; {VISITOR_COOKIE}=two; q="x y"'}
        )
        await client.get("/")
    assert "secret" not in str(seen)
    assert seen[0]["a"] == "b"
    assert seen[0]["q"] == "x y"
    if hosted:
        assert seen[0][VISITOR_COOKIE] == owner_of("two")  # as a browser's last word
        assert seen[1] == {}
    else:
        assert seen[0][VISITOR_COOKIE] == seen[1][VISITOR_COOKIE] == EVERYBODY


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, history: History) -> None:
    address = saved(history, picture(), "image/png")
    generation = address.split("/")[2]
    history.save_record(generation, {"prompt": "mine"})
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
