"""What is not in the table is closed, and a session, an event or an upload is its visitor's alone."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from playground.server.doors import CLIENT_HEADER, DOORS, INSIDE_HEADER, Doors, Names
from playground.server.uploads import UploadOwners
from playground.server.visitors import VISITOR_COOKIE

MINE = {"cookie": f"{VISITOR_COOKIE}=mine"}
THEIRS = {"cookie": f"{VISITOR_COOKIE}=theirs"}
NOBODYS: dict[str, str] = {}
INSIDE = {INSIDE_HEADER: "between us"}
UPLOADED = "/kept/uploads/0123/cat.png"


async def gradio(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers everything, as far as a visitor can tell: with an event's id, an upload's path, what it got."""
    request = Request(scope, receive)
    answer: Any = {"event_id": "event-1", "got": (await request.body()).decode(), "from": scope["client"][0]}
    if scope["path"].endswith("/upload"):
        answer = [UPLOADED]
    await JSONResponse(answer)(scope, receive, send)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Doors(gradio, inside="between us"), client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as made:
        yield made


def ways(session: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Every way to speak for a session."""
    body = {"json": {"session_hash": session, "data": []}}
    return [
        ("GET", f"/gradio_api/heartbeat/{session}", {}),
        ("GET", f"/gradio_api/queue/data?session_hash={session}", {}),
        ("HEAD", f"/gradio_api/queue/data?session_hash={session}", {}),
        ("POST", "/gradio_api/queue/join", body),
        ("POST", "/gradio_api/run/predict", body),
        ("POST", "/gradio_api/call/generate", body),
        ("POST", "/gradio_api/component_server/", body),
        ("POST", "/gradio_api/upload?upload_id=" + session, {"content": b"x"}),
        ("GET", "/gradio_api/upload_progress?upload_id=" + session, {}),
    ]


@pytest.mark.parametrize("first", range(9))
async def test_a_session_is_its_first_visitors_whichever_way_it_is_named(
    client: httpx.AsyncClient, first: int
) -> None:
    method, path, given_ = ways("abc")[first]
    assert (await client.request(method, path, headers=MINE, **given_)).status_code == 200
    for stranger in (THEIRS, NOBODYS):
        for method, path, given_ in ways("abc"):
            assert (await client.request(method, path, headers=stranger, **given_)).status_code == 404
    for method, path, given_ in ways("abc"):
        assert (await client.request(method, path, headers=MINE, **given_)).status_code == 200


async def test_an_event_is_heard_and_cancelled_by_its_caller_only(client: httpx.AsyncClient) -> None:
    asked = await client.post("/gradio_api/call/generate", headers=MINE, json={"data": []})
    event = asked.json()["event_id"]
    cancel = {"session_hash": "theirs", "fn_index": 1, "event_id": event}
    for stranger in (THEIRS, NOBODYS):
        for path in ("/gradio_api/call/generate/", "/gradio_api/call/v2/generate/"):
            assert (await client.get(path + event, headers=stranger)).status_code == 404
        # Gradio takes an event's id for a session's hash where the caller gave none.
        data = await client.get(f"/gradio_api/queue/data?session_hash={event}", headers=stranger)
        assert data.status_code == 404
    assert (await client.post("/gradio_api/cancel", headers=THEIRS, json=cancel)).status_code == 404
    assert (await client.get("/gradio_api/call/generate/" + event, headers=MINE)).status_code == 200
    mine = {**cancel, "session_hash": "mine"}
    assert (await client.post("/gradio_api/cancel", headers=MINE, json=mine)).status_code == 200


async def test_a_session_hash_is_no_events_id(client: httpx.AsyncClient) -> None:
    await client.get("/gradio_api/heartbeat/abc", headers=MINE)
    assert (await client.get("/gradio_api/call/generate/abc", headers=THEIRS)).status_code == 404
    assert (await client.get("/gradio_api/call/generate/never", headers=THEIRS)).status_code == 404


async def test_an_upload_is_read_by_whom_it_came_from(client: httpx.AsyncClient) -> None:
    address = f"/gradio_api/file={UPLOADED}"
    assert (await client.get(address, headers=MINE)).status_code == 404
    await client.post("/gradio_api/upload", headers=MINE, content=b"x")
    assert (await client.get(address, headers=MINE)).status_code == 200
    assert (await client.get(address, headers=THEIRS)).status_code == 404
    await client.post("/gradio_api/upload", headers=THEIRS, content=b"x")  # an equal file has the same path
    assert [(await client.get(address, headers=who)).status_code for who in (MINE, THEIRS)] == [200, 200]


async def test_an_upload_is_its_visitors_at_another_process_too(tmp_path: Path) -> None:
    uploaded = tmp_path / "0123" / "cat.png"
    uploaded.parent.mkdir()

    async def keeping(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse([str(uploaded)])(scope, receive, send)

    def process() -> httpx.AsyncClient:
        doors = Doors(keeping, uploads=UploadOwners(tmp_path))
        return httpx.AsyncClient(transport=httpx.ASGITransport(doors), base_url="http://host")

    async with process() as one, process() as two:
        await one.post("/gradio_api/upload", headers=MINE, content=b"x")
        asked = [
            (await two.get(f"/gradio_api/file={path}", headers=who)).status_code
            for path in (uploaded, "/etc/passwd", "")
            for who in (MINE, THEIRS)
        ]
    assert asked == [200, *[404] * 5]
    owners = UploadOwners(tmp_path)
    owners.note(str(uploaded), "me")
    assert owners.has(str(uploaded), "me")
    assert not owners.has(f"{tmp_path}/0123/../0123/cat.png", "me")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/kept/uploads/lent/0123/cat.png", 200),
        ("/kept/uploads/lent/../0123/cat.png", 404),
        ("/kept/uploads/0123/lent/../cat.png", 404),
        ("/kept/uploads/0123/lent", 404),
        ("/lent", 404),
        ("http://elsewhere.example/lent/0/1", 404),  # Gradio would send the browser there
        ("", 404),
    ],
)
async def test_what_programs_were_answered_with_is_open_to_whoever_has_its_address(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    url = httpx.URL("http://host", raw_path=f"/gradio_api/file={path}".encode())
    assert (await client.get(url, headers=THEIRS)).status_code == status


async def test_programs_are_known_by_their_address(client: httpx.AsyncClient) -> None:
    event = (await client.post("/gradio_api/call/generate", json={"data": []})).json()["event_id"]
    assert (await client.get(f"/gradio_api/call/generate/{event}")).status_code == 200
    elsewhere = httpx.ASGITransport(client._transport.app, client=("192.0.2.2", 1))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://host") as other:
        assert (await other.get(f"/gradio_api/call/generate/{event}")).status_code == 404


async def test_calls_to_itself_are_known_by_a_secret(client: httpx.AsyncClient) -> None:
    """The MCP server makes them all from one session, with its callers' cookies."""
    join = {"json": {"session_hash": "all", "data": []}}
    for cookie in (MINE, THEIRS):
        headers = {**INSIDE, **cookie, CLIENT_HEADER: "192.0.2.77"}
        answer = await client.post("/gradio_api/queue/join", headers=headers, **join)
        assert answer.json()["from"] == "192.0.2.77"
    for forged in ({INSIDE_HEADER: "guess", CLIENT_HEADER: "192.0.2.77"}, {INSIDE_HEADER: ""}):
        answer = await client.post("/gradio_api/queue/join", headers=forged, **join)
        assert answer.status_code == 404
        answer = await client.post("/gradio_api/run/predict", headers=forged, json={"data": []})
        assert answer.json()["from"] == "192.0.2.1"


@pytest.mark.parametrize("value", [1, "", "x" * 129, ["a"], {"a": 1}, True])
async def test_a_name_that_is_none_is_refused(client: httpx.AsyncClient, value: object) -> None:
    body = {"session_hash": value, "data": []}
    assert (await client.post("/gradio_api/queue/join", json=body)).status_code == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000])
async def test_what_is_no_json_object_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    assert (await client.post("/gradio_api/component_server/", content=body)).status_code == 400


async def test_bodies_have_an_end(client: httpx.AsyncClient) -> None:
    long = json.dumps({"data": "x" * 2_000_000}).encode()
    for door in DOORS:
        if door.is_open and door.json_bytes and not door.announced_bytes:
            answer = await client.post(door.path.replace("{api_name}", "x"), content=long)
            assert answer.status_code == 413
    for length, status in (("565000001", 413), ("9" * 30, 413), ("-1", 411), ("", 411), ("1", 200)):
        answer = await client.post("/gradio_api/upload", content=b"x", headers={"content-length": length})
        assert answer.status_code == status


async def test_a_body_reaches_the_app_as_it_came(client: httpx.AsyncClient) -> None:
    body = '{"data": ["é"], "session_hash" :"s"}'
    answer = await client.post("/gradio_api/run/predict", content=body.encode())
    assert answer.json()["got"] == body


async def test_who_is_blocked_gets_through_no_door_whatever_is_named() -> None:
    async def nothing(*_: object) -> None:
        raise AssertionError("somebody got through")

    doors = Doors(nothing, blocked=lambda _, address: address == "192.0.2.1", inside="between us")
    transport = httpx.ASGITransport(doors, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        for door in DOORS:
            if not door.is_open or not door.is_counted:
                continue
            path = re.sub(r"{[^}]*}", "x", door.path)
            for cookie in ("", f"{VISITOR_COOKIE}=fresh"):
                answer = await client.request(
                    door.method, path, json={"session_hash": "new"}, headers={"cookie": cookie}
                )
                assert answer.status_code == 403, door
    own = httpx.ASGITransport(doors, client=("127.0.0.1", 1))  # a tool's call of this process to itself
    said = {INSIDE_HEADER: "between us", CLIENT_HEADER: "192.0.2.1"}
    async with httpx.AsyncClient(transport=own, base_url="http://host", headers=said) as client:
        assert (await client.post("/gradio_api/call/text_to_image", json={})).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "OPTIONS"])
@pytest.mark.parametrize("door", [door for door in DOORS if not door.is_open], ids=lambda door: door.path)
async def test_what_the_table_closes_is_closed(client: httpx.AsyncClient, door: Any, method: str) -> None:
    path = door.path.replace("{path:path}", "x").replace("{", "").replace("}", "")
    also_open = any(other.is_open and other.path == door.path for other in DOORS)
    assert (await client.request(method, path)).status_code == 404 or also_open


@given(st.text(st.characters(codec="ascii", exclude_characters="?#\n")))
async def test_what_the_table_does_not_know_is_closed_and_logged_once(path: str) -> None:
    reached = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])
        await Response()(scope, receive, send)

    async def send(message: Any) -> None:
        reached.append(message.get("status"))

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "PATCH", "path": "/" + path, "headers": [], "query_string": b""}
    await Doors(app)(scope, receive, send)
    assert reached[0] == 404


async def test_an_unknown_address_is_logged_once(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert (await client.get("/gradio_api/new_in_7")).status_code == 404
        for number in range(200):
            await client.get(f"/scan/{number}")
        await client.get("/gradio_api/deep_link")
    assert caplog.text.count("new_in_7") == 1
    assert len(caplog.records) == 100
    assert "deep_link" not in caplog.text


@pytest.mark.parametrize(("path", "status"), [("/tools/health", 200), ("/tools/tools/health", 404)])
async def test_an_app_under_a_path_has_the_same_doors(path: str, status: int) -> None:
    transport = httpx.ASGITransport(Doors(gradio), root_path="/tools")
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        assert (await client.get(path)).status_code == status


def test_names_are_forgotten_at_last() -> None:
    names = Names(most=2)
    assert names.claim("a", "me")
    assert names.claim("b", "me")
    assert names.claim("a", "me")
    assert names.claim("c", "me")
    assert names.is_of("a", "me")
    assert not names.is_of("b", "me")
    assert not names.claim("a", "you")
