"""What comes in is mended before anybody reads it, and no more of it is taken than one request may have."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from playground.server import mending
from playground.server.mending import BodyMending

KEY = "canary-key-0123456789"


async def _echo(request: Request) -> JSONResponse:
    body = await request.body()
    told = {"key": request.headers.get("x-goog-api-key"), "length": request.headers.get("content-length")}
    return JSONResponse({**told, "bytes": len(body), "body": body.decode("utf-8", "replace")})


def sent(**changes: object) -> httpx.Request:
    return httpx.Request(**{"method": "POST", "url": "http://t/", **changes})  # type: ignore[arg-type]


async def answered(request: httpx.Request) -> httpx.Response:
    app = BodyMending(Starlette(routes=[Route("/", _echo, methods=["GET", "POST"])]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.send(request)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/plain", None])
async def test_a_body_is_mended_and_its_length_told(kind: str | None) -> None:
    headers = {"content-type": kind} if kind else {}
    body = rb'{"text": "' + b"\xed\xa0\xbd\xed\xb8\x80" + rb'\ud83d"}'
    told = (await answered(sent(content=body, headers=headers))).json()
    assert json.loads(told["body"]) == {"text": "😀\ufffd"}
    assert int(told["length"]) == told["bytes"] == len(body) - 2


async def test_a_body_in_pieces_is_mended_across_them() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'["\\ud8', b"3d\\ude", b"00\\", b'ud83d"]'):
            yield piece

    told = (await answered(sent(content=pieces()))).json()
    assert json.loads(told["body"]) == ["😀\ufffd"]


async def test_a_form_of_several_parts_is_not_touched() -> None:
    body = b"--b\r\n\\ud83d\r\n--b--"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert (await answered(sent(content=body, headers=headers))).json()["body"] == body.decode()


async def test_too_long_a_body_is_refused_before_it_is_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "MAX_BODY_BYTES", 1000)
    asked_for: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(10):
            asked_for.append(number)
            yield b" " * 300

    answer = await answered(sent(content=pieces()))
    assert answer.status_code == 413
    assert "MB" in answer.text
    assert len(asked_for) < 10
    assert (await answered(sent(content=b" " * 1000))).status_code == 200


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (KEY.encode(), KEY),
        (f"\u201c{KEY}\u201d".encode(), KEY),
        (f"\u200e{KEY}\ufeff".encode(), KEY),
        (b"\xa0" + KEY.encode(), KEY),
        ("schlüssel".encode(), "not a key"),
        ("schlüssel".encode("latin-1"), "not a key"),
        ("\u200b".encode(), ""),
        (f"Bearer {KEY}".encode(), f"Bearer {KEY}"),
    ],
)
async def test_a_key_that_is_no_ascii_is_cleaned_on_its_way(given: bytes, expected: str) -> None:
    request = sent(content=b"{}", headers=[(b"x-goog-api-key", given)])
    assert (await answered(request)).json()["key"] == expected


async def test_what_only_looks_is_left_alone() -> None:
    answer = await answered(sent(method="GET"))
    assert answer.json()["bytes"] == 0
