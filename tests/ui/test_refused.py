"""What is refused leaves no stack in the log, which strangers could fill with it: every route, odd bodies."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from playground.server.doors import DOORS
from tests.test_hostile import BODIES

FORGED: Final = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
JUNK: Final = (FORGED, [FORGED], {"a": [None]}, [["x"]], 10**30, "../../x", True)
ASKED: Final = (
    "id",
    "ids",
    "language",
    "after",
    "zone",
    "picture",
    "on",
    "text",
    "code",
    "mode",
    "values",
    "name",
)
"""What the functions behind the history and the forms look for."""
MCP: Final = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, trust_env=False, timeout=60) as made:
        made.get("/")
        yield made


def test_bodies_that_nobody_means(client: httpx.Client, traces: list[str]) -> None:
    """Deep JSON, broken UTF-8 and endless numbers were each a stack of the MCP server's in the log."""
    bodies = (
        *BODIES,
        b"[" * 90 + b"]" * 90,
        b'{"id": ' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"id": ' + b"9" * 5000 + b"}",
    )
    for door, body in itertools.product(
        [door for door in DOORS if door.is_open and door.method == "POST"], bodies
    ):
        path = door.path.format(api_name="text_to_image")
        kind = "multipart/form-data; boundary=x" if door.path.endswith("upload") else "application/json"
        answer = client.post(path, content=body, headers={**MCP, "content-type": kind})
        assert answer.status_code < 500, (path, body[:20])
    assert traces == []


def test_events_that_no_page_sends(client: httpx.Client, traces: list[str]) -> None:
    """A forged file marker and a check of no provider were a stack each."""
    session, started = secrets.token_hex(), 0
    events = [one for one in client.get("/config").json()["dependencies"] if one["backend_fn"]]
    for event, junk in itertools.product(events, JUNK[1:4]):
        body = {"data": [junk for _ in event["inputs"]], "fn_index": event["id"], "session_hash": session}
        path = "queue/join" if event["queue"] else "run/predict"
        answer = client.post(f"/gradio_api/{path}", json={**body, "event_data": junk})
        assert answer.status_code < 500 or not event["queue"], (event["api_name"], answer.text)
        started += bool(event["queue"]) and answer.is_success
    with client.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as lines:
        ends = (line for line in lines.iter_lines() if "process_completed" in line)
        assert len(list(itertools.islice(ends, started))) == started > 10
    assert traces == []


def test_questions_that_no_page_asks(client: httpx.Client, traces: list[str]) -> None:
    session = secrets.token_hex()
    asked = 0
    for component in client.get("/config").json()["components"]:
        for name, junk in itertools.product(component["props"].get("server_fns") or (), JUNK):
            data: Any = dict.fromkeys(ASKED, junk)
            body = {"data": data, "component_id": component["id"], "fn_name": name, "session_hash": session}
            answer = client.post("/gradio_api/component_server/", content=json.dumps(body), headers=MCP)
            assert answer.status_code == 200, (name, junk, answer.text)
            asked += 1
    assert asked > 50
    assert traces == []
