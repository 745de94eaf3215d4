"""Who is asking: the cookie of a browser outside, the name of an owner inside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from playground.history import PROGRAM_PREFIX, SHARED_OWNER
from playground.server.visitors import VISITOR_COOKIE, Visitors, owner_of, visitor
from playground.settings import Settings


@pytest.fixture(params=[False, True], ids=["local", "on Spaces"])
def hosted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def client_of(app: ASGIApp, hosted: bool) -> httpx.AsyncClient:
    around = Visitors(app, settings=Settings(space_id="a/b" if hosted else ""))
    return httpx.AsyncClient(transport=httpx.ASGITransport(around), base_url="https://localhost")


@pytest.fixture
async def client(hosted: bool) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(PlainTextResponse("the screen"), hosted) as client:
        yield client


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


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_behind_tls_the_cookie_never_travels_in_clear(scheme: str) -> None:
    async with client_of(PlainTextResponse("the screen"), hosted=False) as client:
        answer = await client.get(f"{scheme}://localhost/")
    assert ("; Secure" in answer.headers["set-cookie"]) == (scheme == "https")


async def test_a_first_visit_within_a_frame_gets_a_cookie_that_lives_there() -> None:
    async with client_of(PlainTextResponse("the screen"), hosted=False) as client:
        answer = await client.get("/", headers={"sec-fetch-dest": "iframe"})
    assert answer.headers["set-cookie"].endswith("SameSite=None; Secure; Partitioned")


def test_the_name_of_an_owner_does_not_lead_back_to_the_cookie() -> None:
    assert owner_of("secret") != owner_of("other")
    assert "secret" not in owner_of("secret")
    assert not owner_of("program-x").startswith(PROGRAM_PREFIX)


async def test_below_the_host_nobody_sees_the_browsers_secret(hosted: bool) -> None:
    seen: list[dict[str, str]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(Request(scope).cookies)
        await Response()(scope, receive, send)

    async with client_of(app, hosted) as client:
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
        assert seen[0][VISITOR_COOKIE] == seen[1][VISITOR_COOKIE] == SHARED_OWNER
