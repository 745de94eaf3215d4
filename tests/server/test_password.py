"""Where a password is set, nothing is answered without it but whether the server is well."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AuthenticationError
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from playground.server.budgets import Budgets
from playground.server.doors import DOORS, INSIDE_HEADER
from playground.server.password import COOKIE, FREE, Password
from playground.server.windows import Windows
from playground.settings import Settings
from playground.ui.password import page
from tests.app_server import run_app
from tests.mocked import Pauses

PASSWORD = "canary" + " of the house: 金丝雀"
HTML = {"accept": "text/html,*/*"}


def basic(password: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'anybody:{password}'.encode()).decode()}"}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"headers": dict(Request(scope).headers)})(scope, receive, send)


def locked(password: str = PASSWORD, **fields: Any) -> Password:
    settings = Settings(data_dir=Path("data"), password=SecretStr(password), **fields)
    return Password(app, settings=settings, budgets=Budgets(is_shared=False), page=page, inside="between us")


def client_of(
    locked_app: Password, address: str = "192.0.2.1", url: str = "http://host"
) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(locked_app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url=url)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(locked()) as made:
        yield made


async def test_the_form_lets_in_and_the_cookie_is_all_that_is_needed(client: httpx.AsyncClient) -> None:
    asked = await client.get("/", headers={**HTML, "accept-language": "zh-CN"})
    assert asked.status_code == 401
    assert "密码" in asked.text
    assert "form-action 'self'" in asked.headers["content-security-policy"]
    assert "www-authenticate" not in asked.headers  # a browser would ask by itself
    wrong = await client.post("/login", data={"password": "wrong"}, headers=HTML)
    assert wrong.status_code == 401
    assert "That is not the password." in wrong.text
    assert not client.cookies
    right = await client.post("/login", data={"password": PASSWORD}, headers=HTML)
    assert (right.status_code, right.headers["location"]) == (303, "./")
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert (await client.get("/pictures/some/1-1.png")).status_code == 200
    assert (await client.get("/login")).headers["location"] == "./"


@pytest.mark.parametrize(
    ("fields", "url"), [({}, "https://host"), ({"space_id": "a/b"}, "http://host")], ids=["TLS", "on Spaces"]
)
async def test_behind_tls_the_cookie_is_secure(fields: dict[str, str], url: str) -> None:
    async with client_of(locked(**fields), url=url) as client:
        answer = await client.post("/login", data={"password": PASSWORD})
    assert "; Secure" in answer.headers["set-cookie"]


async def test_a_program_sends_it_along(client: httpx.AsyncClient) -> None:
    asked = await client.get("/config")
    assert asked.headers["www-authenticate"].startswith("Basic ")
    answer = await client.get("/config", headers=basic(PASSWORD))
    assert answer.status_code == 200
    assert "authorization" not in answer.json()["headers"]  # nothing below could pass it on
    bearer = {"authorization": "Bearer of something else", INSIDE_HEADER: "between us"}
    assert (
        (await client.get("/config", headers=bearer)).json()["headers"]["authorization"].startswith("Bearer")
    )


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        ".",
        "x.y",
        "9999999999.",
        f"9999999999.{'0' * 64}",
        "9999999999",
        "١٢٣.é".encode().decode("latin-1"),
    ],
)
async def test_a_made_up_cookie_is_none(client: httpx.AsyncClient, cookie: str) -> None:
    header = {"cookie": f"{COOKIE}={cookie}".encode("latin-1")}
    assert (await client.get("/config", headers=header)).status_code == 401


async def test_a_cookie_ends_with_its_time_and_with_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client_of(locked()) as client:
        await client.post("/login", data={"password": PASSWORD})
        cookies = dict(client.cookies)
        assert (await client.get("/config")).status_code == 200
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 31 * 86_400)
        assert (await client.get("/config")).status_code == 401
        monkeypatch.undo()
    async with client_of(locked()) as client:  # another process with the same password
        client.cookies.update(cookies)
        assert (await client.get("/config")).status_code == 200
    async with client_of(locked("another password")) as client:
        client.cookies.update(cookies)
        assert (await client.get("/config")).status_code == 401


@pytest.mark.parametrize("way", ["form", "basic"])
async def test_guessing_ends_whichever_way_and_those_who_are_in_stay(way: str) -> None:
    house = locked()

    async def tries(password: str, address: str = "192.0.2.1") -> int:
        async with client_of(house, address) as client:
            if way == "basic":
                return (await client.get("/config", headers=basic(password))).status_code
            return (await client.post("/login", data={"password": password})).status_code

    async with client_of(house) as member:
        await member.post("/login", data={"password": PASSWORD})
        assert [await tries(f"guess {number}") for number in range(12)] == [401] * 10 + [429] * 2
        assert await tries(PASSWORD) == 429
        assert (await member.get("/config")).status_code == 200
        told = await member.post("/login", data={"password": "x"}, headers=HTML)
        assert "Too many wrong passwords. Try again in" in told.text
        assert 1 <= int(told.headers["retry-after"]) <= 60
    assert await tries(PASSWORD, "192.0.2.2") == 200


async def test_many_guesses_at_once_are_no_more_than_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    has_room = Windows.has_room

    async def slow(self: Windows, *args: Any, **kwargs: Any) -> bool:
        found = await has_room(self, *args, **kwargs)
        await asyncio.sleep(0)  # as a Redis takes its time
        return found

    monkeypatch.setattr(Windows, "has_room", slow)
    async with client_of(locked()) as client:
        tries = [client.get("/config", headers=basic(f"guess {number}")) for number in range(40)]
        answers = await asyncio.gather(*tries)
    assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 30}


async def test_many_addresses_that_guess_keep_out_no_address_that_knows_it() -> None:
    house = locked()

    async def sends(password: str, address: str) -> int:
        async with client_of(house, address) as client:
            return (await client.get("/config", headers=basic(password))).status_code

    assert await sends(PASSWORD, "192.0.2.1") == 200
    guesses = [await sends("guess", f"2001:db8:0:{number // 10:x}::1") for number in range(301)]
    assert Counter(guesses) == {401: 300, 429: 1}
    assert await sends(PASSWORD, "192.0.2.2") == 429
    assert [await sends(PASSWORD, "192.0.2.1") for _ in range(20)] == [200] * 20
    assert [await sends("guess", "192.0.2.1") for _ in range(11)] == [401] * 10 + [429]


@pytest.mark.parametrize("body", [b"", b"password", b"\xff\xfe=%%", b"password=%ed%a0%bd", b"a" * 5000])
async def test_a_form_that_is_none_opens_nothing(client: httpx.AsyncClient, body: bytes) -> None:
    assert (await client.post("/login", content=body)).status_code == (413 if len(body) > 4000 else 401)


def test_the_password_is_in_no_words() -> None:
    assert "canary" not in f"{Settings(password=SecretStr(PASSWORD))!r}"


# ── the whole app ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, left_alone: list[str]) -> Iterator[str]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("locked"),
        use_proxy=False,
        grace_seconds=0,
        password=SecretStr(PASSWORD),
    )
    with run_app(settings, {}, Pauses().pace) as base_url:
        yield base_url


def test_no_door_opens_without_it(house: str) -> None:
    with httpx.Client(base_url=house, trust_env=False) as http:
        answers = {door.path: http.request(door.method, door.path, content=b"{}") for door in DOORS}
    opened = {path for path, answer in answers.items() if answer.status_code != 401}
    assert opened == FREE


def test_gradios_own_client_logs_in(house: str) -> None:
    with pytest.raises(AuthenticationError):
        Client(house, auth=("anybody", "wrong"), verbose=False)
    for given in ({"auth": ("anybody", PASSWORD)}, {"headers": basic(PASSWORD)}):
        client = Client(house, verbose=False, **given)
        files, _ = client.predict(prompt="a red fox", api_name="/text_to_image")
        assert Path(files[0]).stat().st_size > 1000


def test_a_tool_reaches_the_app_from_inside(house: str) -> None:
    call = {"name": "text_to_image", "arguments": {"prompt": "a red fox"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"accept": "application/json, text/event-stream", **basic(PASSWORD)}
    answer = httpx.post(f"{house}/gradio_api/mcp/", json=body, headers=headers, timeout=60, trust_env=False)
    assert answer.status_code == 200
    assert "image" in answer.text
    assert '"isError":true' not in answer.text
