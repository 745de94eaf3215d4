"""A thousand requests of people who mean harm, through every open door of the whole app, without a socket.

None gets what is another's or lies outside, none makes the app stumble: no 5xx, no exception, no header of
their own, no trace of our code.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, unquote_to_bytes

import pytest
from starlette.types import Message

from playground.history import History
from playground.server.budgets import Budgets
from playground.server.doors import DOORS, Door
from playground.server.visitors import VISITOR_COOKIE, owner_of
from playground.settings import Settings
from tests.browser.kept import keep

CANARY = "canary-" + "of-a-file-that-is-not-theirs"
NAMES = (
    "..", "../..", "../../canary.txt", "..%2f..%2fcanary.txt", "%2e%2e%2fcanary.txt",
    "%252e%252e%252fcanary.txt",
    "....//....//canary.txt", "..\\..\\canary.txt", "..;/canary.txt", ".%00./canary.txt", "/etc/passwd",
    "//etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/", "http:/etc/passwd", "C:\\Windows\\win.ini",
    "~/canary.txt",
    "{folder}/canary.txt", "{folder}/history.sqlite3", "{folder}/generations/{theirs}/1-1.jpg", "{theirs}",
    "{theirs}/1-1.jpg", "{theirs}/../{theirs}/1-1.jpg", "{theirs}%2f1-1.jpg", "{theirs}/record.json",
    "record.json",
    "marks.json", "con", "nul.jpg", "%00", "a%00.jpg", "%0d%0aset-cookie:%20evil=1",
    "%0aset-cookie:%20evil=1", "%ff%fe",
    "%c0%ae%c0%ae%2f", "%ed%a0%bd", "%f0%9f%92%a5", "%e2%80%ae", "%", "%zz", "' OR 1=1 --",
    "\" UNION SELECT 1",
    "{{7*7}}", "${{7*7}}", "<script>alert(1)</script>", "__proto__", "constructor", "-1", "0",
    "999999999999999999999", "1e309",
    "NaN", "a" * 200, "a" * 5000, "*", "?", "#", "|id", "$(id)", "`id`", "deep_links", "uploads",
    "lent/../canary.txt",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, "", "x", "\0", "\ud83d", "../../canary.txt", "a" * 3000, [], {}, [[]],
    [None], {"a": []},
    {"path": "/etc/passwd"}, {"path": "{folder}/canary.txt", "meta": {"_type": "gradio.FileData"}},
    {"__type__": "update"},
    [{"path": "{folder}/canary.txt"}] * 20, {"picture": "{theirs}/1-1.jpg"}, {"__class__": "x"}, "{{7*7}}",
    "{theirs}",
)  # fmt: skip
FIELDS = (
    "data",
    "fn_index",
    "session_hash",
    "event_id",
    "trigger_id",
    "component_id",
    "fn_name",
    "event_data",
)
BODIES = (
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe{}",
    b"[" * 5000,
    b'{"a":' * 5000,
    b"NaN",
    b"{}" * 3,
    b'{"data":1e400}',
)
_TRACES = re.compile(rb"Traceback|File \"|site-packages|sqlalchemy", re.IGNORECASE)


@dataclass(frozen=True)
class Attempt:
    """A request as it stands on the wire."""

    method: str
    target: str
    body: bytes = b""
    kind: str = "application/json"


@dataclass
class Victim:
    """The app, and what nobody else may see of it."""

    app: Any
    secrets: tuple[bytes, ...]

    async def through(self, attempt: Attempt) -> str:
        """What an attempt has reached; "" for nothing."""
        try:
            async with asyncio.timeout(20):
                status, headers, body = await self._ask(attempt)
        except TimeoutError:
            return "it hangs"
        except Exception as error:  # noqa: BLE001 - any is a finding, told with its attempt
            return f"raised {error!r:.200}"
        if status >= 500 and not body.startswith(
            b'{"error":'
        ):  # so Gradio says that an event came to nothing
            return f"status {status} {body[:200]!r}"
        if any(secret in body for secret in self.secrets):
            return "told a secret"
        if b"evil" in headers or _TRACES.search(body):
            return f"header or trace: {headers[:200]!r} {body[:200]!r}"
        return ""

    async def _ask(self, attempt: Attempt) -> tuple[int, bytes, bytes]:
        path, _, query = attempt.target.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": attempt.method,
            "scheme": "http", "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "client": ("192.0.2.66", 1),
            "server": ("127.0.0.1", 80),
            "headers": [
                (b"host", b"127.0.0.1"), (b"cookie", f"{VISITOR_COOKIE}=attacker".encode()),
                (b"content-type", attempt.kind.encode()), (b"content-length",
                str(len(attempt.body)).encode()),
            ],
        }  # fmt: skip
        asked = iter([{"type": "http.request", "body": attempt.body, "more_body": False}])
        told: list[Message] = []

        async def receive() -> Message:
            return next(asked, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            told.append(message)

        await self.app(scope, receive, send)
        headers = b"\n".join(name + b": " + value for name, value in told[0]["headers"])
        return told[0]["status"], headers, b"".join(message.get("body", b"") for message in told)


@pytest.fixture
def victim(tmp_path: Path) -> Any:
    from playground.application import create  # imports Gradio: seconds

    (tmp_path / "canary.txt").write_text(CANARY, encoding="ascii")
    keep(tmp_path, count=1, size=(64, 48), owner=owner_of("theirs"))
    settings = Settings(data_dir=tmp_path, separate_visitors=True, use_proxy=False)

    async def built() -> Any:
        return create(settings, {})

    with patch("playground.application.Budgets", lambda **_: Budgets(is_shared=False)):
        app = asyncio.run(built())
    (theirs,) = [entry.id for entry in History(tmp_path).page(owner_of("theirs")).entries]
    pictures = Path(tmp_path, "generations", theirs).glob("*.jpg")
    secrets = (
        CANARY.encode(),
        b"root:x:0",
        b"SQLite format 3",
        *(one.read_bytes()[100:140] for one in pictures),
    )
    return Victim(app, secrets), {"{folder}": str(tmp_path), "{theirs}": theirs}


def attempts(known: dict[str, str]) -> Iterator[Attempt]:
    """Every open door with every name, and every field of every body with every value."""

    def filled(text: str) -> str:
        for name, value in known.items():
            text = text.replace(name, value)
        return text

    for door, name in itertools.product(filter(_answers, DOORS), NAMES):
        name = filled(name)
        safe = quote(name, safe="/%\\;:.*'()|$`~")
        if "{" in door.path:
            yield Attempt(door.method, re.sub(r"{[^}]*}", lambda _, safe=safe: safe, door.path), b"{}")
        elif door.method == "GET" and name in NAMES[::9]:
            yield Attempt(
                "GET", f"{door.path}?session_hash={safe}&upload_id={safe}&__theme={safe}&view={safe}"
            )
    for door in filter(_takes_json, DOORS):
        path = re.sub(r"{[^}]*}", "text_to_image", door.path)
        yield from (Attempt("POST", path, body) for body in BODIES)
        for field, value in itertools.product(FIELDS, VALUES):
            body = {"data": [], "session_hash": "mine", "fn_index": 0, field: value}
            yield Attempt("POST", path, filled(json.dumps(body)).encode())


def _answers(door: Door) -> bool:
    """Whether it is open, and does not wait for an upload that never comes."""
    return door.is_open and not door.path.endswith("upload_progress")


def _takes_json(door: Door) -> bool:
    """Whether it is open and takes JSON. The MCP tools have their own test, `ui/test_refused.py`."""
    return door.is_open and bool(door.json_bytes) and not door.path.startswith("/gradio_api/mcp")


@pytest.mark.slow
async def test_a_thousand_hostile_requests_get_nothing(
    victim: Any, traces: list[str], record_property: Callable[[str, object], None]
) -> None:
    app, known = victim
    tried = list(attempts(known))
    reached = {attempt: found for attempt in tried if (found := await app.through(attempt))}
    record_property("tried", len(tried))
    record_property("through", len(reached))
    assert len(tried) >= 1000
    assert reached == {}
    assert traces == []
