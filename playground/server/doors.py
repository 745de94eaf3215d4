"""Every address that this app answers, in one table: who may come, with what, and why. All others are closed.

Gradio and its MCP server mount some sixty routes, and a newer release mounts more. One that stands in no row
is answered with 404 and logged once, so that an update opens nothing by itself.

Gradio knows a page by a session hash, an event by an id and an upload by its path, and answers whoever names
one. They stand in addresses, which proxies log. Here each belongs to the visitor who named it first, or to
whom it was given: anybody else gets 404, as if it had never been.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.errors import NotStarted
from playground.server.body_clock import in_time
from playground.server.budgets import (
    JSON_BYTES,
    MCP_BYTES,
    REQUEST_BYTES,
    UPLOAD_BYTES,
    Budgets,
    Spender,
    refusal,
)
from playground.server.proxied import path_in_app
from playground.server.uploads import UploadOwners
from playground.server.visitors import network, owner_of, visitor

INSIDE_HEADER: Final = "x-playground-inside"
"""Carries the secret by which calls of this process to itself are known."""
CLIENT_HEADER: Final = "x-playground-client"
"""On such a call: the address that it is made for."""
NOTED: Final = "playground.noted"
"""In a request's scope: a dict that is told the `route` of it, whose names are left out."""
LENT_FOLDER: Final = "lent"
"""The folder of copies that anybody may fetch who knows the address: what programs were answered with."""

_BLOCKED: Final = "Whoever runs this server has shut you out."
_MAX_NAMES: Final = 100_000
_MAX_NAME_CHARACTERS: Final = 128
_MAX_LOGGED: Final = 100
_MAX_PART_BYTES: Final = 255
_READ_PAST: Final = 100_000_000
_MAX_DEPTH: Final = 100
"""How deep JSON may be. Parsers give up at some 1,000, and sooner where they stand deep in the stack."""
_LONG: Final = 200_000
"""Bytes of JSON that are parsed in a thread, so that nobody waits for it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door:
    """One row.

    Attributes:
        method: "GET" is HEAD too, and OPTIONS is let through wherever any method is.
        path: as Starlette writes it.
        why: what it is for, or why it is closed.
        claims: names in address, query or JSON body that belong to whoever names them first.
        needs: names that have to be the caller's already.
        gives: what an answer hands out, which is the caller's from then on: "event_id" or "paths".
        json_bytes: how long the body may be, which is a JSON object and is read before anything else sees it.
        announced_bytes: how long the body may say that it is; it has to say so.
        spends, holds: budgets that a request counts to, beside those of every request: see `budgets`.
        is_counted: whether it counts to the visitor's open requests.
        is_open: False for what is there and not wanted.
    """

    method: str
    path: str
    why: str
    claims: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    gives: str = ""
    json_bytes: int = 0
    announced_bytes: int = 0
    spends: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    is_counted: bool = True
    is_open: bool = True


def _closed(method: str, path: str, why: str) -> Door:
    return Door(method, path, why, is_open=False)


_SESSION = ("session_hash",)
_EVENT = ("event_id",)
_EXPORT = ("exports",)

DOORS: Final = (
    # Ours; each asks by itself whose files they are, and how much there is room for.
    Door("GET", "/health", "for whoever keeps the server running", is_counted=False),
    Door("GET", "/ready", "the same: whether a call would be taken", is_counted=False),
    Door("GET", "/pictures/{generation}/{name}", "a visitor's pictures"),
    Door("POST", "/history/zip", "a visitor's pictures, packed", holds=_EXPORT),
    Door("POST", "/history/report", "the same as one page to be sent on", holds=_EXPORT),
    Door("GET", "/history/grid/{generation}", "the pictures of a result as one", holds=_EXPORT),
    Door("GET", "/batch/{batch}/zip", "what became of a batch, packed", holds=_EXPORT),
    Door("POST", "/history/import", "and unpacked again", spends=("imports",), holds=("importing",)),
    Door("GET", "/history/copy/{generation}/{name}", "a picture with its recipe", holds=_EXPORT),
    Door("GET", "/history/spending.csv", "what a visitor has spent, for accounting"),
    Door("GET", "/history/answer/{generation}/{call}", "the raw answer of a call"),
    Door("GET", "/look/{path:path}", "our styles, scripts and pictures"),
    # The page.
    Door("GET", "/", "the page"),
    Door("GET", "/assets/{path:path}", "Gradio's scripts and styles"),
    Door("GET", "/static/{path:path}", "Gradio's fonts, and the script that tells a frame its height"),
    Door("GET", "/theme.css", "the theme's colours"),
    Door("GET", "/favicon.ico", "browsers ask for it, whatever the page says"),
    Door("GET", "/robots.txt", "searchers ask for it"),
    Door("GET", "/gradio_api/heartbeat/{session_hash}", "open as long as the page is", _SESSION),
    Door("GET", "/gradio_api/queue/data", "what a page's events bring", _SESSION),
    Door("POST", "/gradio_api/queue/join", "an event", _SESSION, gives="event_id", json_bytes=JSON_BYTES),
    Door("POST", "/gradio_api/run/{api_name}", "a quick event", _SESSION, json_bytes=JSON_BYTES),
    Door("POST", "/gradio_api/cancel", "the end of an event", _SESSION, _EVENT, json_bytes=JSON_BYTES),
    Door("POST", "/gradio_api/component_server/", "the history", _SESSION, json_bytes=JSON_BYTES),
    Door(
        "POST",
        "/gradio_api/upload",
        "pictures for a request",
        ("upload_id",),
        gives="paths",
        announced_bytes=UPLOAD_BYTES,
        spends=("uploads", "kept"),
    ),
    Door("GET", "/gradio_api/upload_progress", "how far an upload has come", ("upload_id",)),
    Door(
        "GET", "/gradio_api/file={file:path}", "one's own uploads, and answers to programs", needs=("file",)
    ),
    # Programs.
    Door("GET", "/config", "Gradio's clients begin with it"),
    Door("GET", "/gradio_api/info", "the endpoints and their parameters"),
    Door("GET", "/gradio_api/startup-events", "Gradio's clients ask for it; it does nothing twice"),
    Door("POST", "/gradio_api/call/{api_name}", "a call", _SESSION, gives="event_id", json_bytes=JSON_BYTES),
    Door("POST", "/gradio_api/call/v2/{api_name}", "a call", gives="event_id", json_bytes=JSON_BYTES),
    Door("GET", "/gradio_api/call/{api_name}/{event_id}", "what a call brings", needs=_EVENT),
    Door("GET", "/gradio_api/call/v2/{api_name}/{event_id}", "what a call brings", needs=_EVENT),
    Door("POST", "/gradio_api/mcp/", "the MCP tools", json_bytes=MCP_BYTES, announced_bytes=MCP_BYTES),
    Door(
        "POST", "/gradio_api/mcp", "as clients also write it", json_bytes=MCP_BYTES, announced_bytes=MCP_BYTES
    ),
    Door("GET", "/gradio_api/mcp/", "MCP clients wait here for what the server says unasked"),
    Door("GET", "/gradio_api/mcp", "the same"),
    Door("GET", "/gradio_api/mcp/schema", "the MCP tools and their parameters"),
    # Closed.
    _closed("GET", "/gradio_api/deep_link", "writes a page's values to disk, a typed key among them"),
    _closed("GET", "/monitoring", "tells anybody how much the app is used"),
    _closed("GET", "/monitoring/summary", "the same"),
    _closed("GET", "/monitoring/{key}", "the same"),
    _closed("GET", "/gradio_api/queue/status", "tells anybody how long the line is"),
    _closed("GET", "/gradio_api/proxy={url_path:path}", "fetches from elsewhere"),
    _closed("GET", "/gradio_api/file/{path:path}", "an earlier way to files"),
    _closed("GET", "/gradio_api/custom_component/{path:path}", "there are none"),
    _closed("GET", "/svelte/{path:path}", "for custom components"),
    _closed("POST", "/gradio_api/component_server", "the page writes it with a slash"),
    _closed("POST", "/gradio_api/api/{api_name}", "an earlier way to call"),
    _closed("POST", "/gradio_api/reset", "does nothing"),
    _closed("POST", "/gradio_api/stream/{path:path}", "there is no sound and no film"),
    _closed("GET", "/gradio_api/stream/{path:path}", "there is no sound and no film"),
    _closed("POST", "/gradio_api/process_recording", "there is no film"),
    _closed("GET", "/gradio_api/runs", "keeps a page's values in the browser, a typed key among them"),
    _closed("GET", "/gradio_api/run-history/{path:path}", "the same, elsewhere"),
    _closed("POST", "/gradio_api/run-history/{path:path}", "the same, elsewhere"),
    _closed("POST", "/gradio_api/vibe-edit", "has a model rewrite the app"),
    _closed("POST", "/gradio_api/undo-vibe-edit", "has a model rewrite the app"),
    _closed("GET", "/gradio_api/vibe-code", "shows the app's source"),
    _closed("POST", "/gradio_api/vibe-code", "replaces the app's source"),
    _closed("POST", "/gradio_api/vibe-starter-queries", "has a model rewrite the app"),
    _closed("GET", "/gradio_api/dev/reload", "for developers of Gradio apps"),
    _closed("GET", "/gradio_api/mcp/sse", "MCP's earlier transport: its session stands in addresses"),
    _closed("POST", "/gradio_api/mcp/messages/{path:path}", "the same"),
    _closed("GET", "/gradio_api/openapi.json", "info says the same"),
    _closed("GET", "/openapi.json", "info says the same"),
    _closed("GET", "/gradio_api/theme.css", "the page asks for the other one"),
    _closed("GET", "/manifest.json", "the page cannot be installed"),
    _closed("GET", "/pwa_icon", "the page cannot be installed"),
    _closed("GET", "/pwa_icon/{size}", "the page cannot be installed"),
    _closed("POST", "/login", "Gradio's; `Password` answers before this table"),
    _closed("GET", "/logout", "nobody logs in"),
    _closed("GET", "/gradio_api/user", "nobody logs in"),
    _closed("GET", "/gradio_api/login_check", "nobody logs in"),
    _closed("GET", "/gradio_api/token", "nobody logs in"),
    _closed("GET", "/gradio_api/app_id", "tells one start of the app from another"),
)


class Names:
    """Whose a session, an event, an upload is. The names that were used least lately are forgotten first."""

    def __init__(self, most: int = _MAX_NAMES) -> None:
        self._most = most
        self._owners: OrderedDict[str, str] = OrderedDict()

    def claim(self, name: str, who: str) -> bool:
        """Whether the name is theirs, which it becomes when it was nobody's."""
        owner = self._owners.setdefault(name, who)
        self._owners.move_to_end(name)
        while len(self._owners) > self._most:
            self._owners.popitem(last=False)
        return owner == who

    def is_of(self, name: str, who: str) -> bool:
        """Whether the name is theirs already."""
        return self._owners.get(name) == who


class Doors:
    """ASGI middleware that lets in what the table says, and nobody who names what is another's."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        inside: str = "",
        budgets: Budgets | None = None,
        blocked: Callable[[str, str], bool] = lambda _owner, _address: False,
        uploads: UploadOwners | None = None,
        doors: Iterable[Door] = DOORS,
    ) -> None:
        """
        Args:
            inside: the secret of calls that this process makes to itself; "" for none.
            blocked: whether an owner or an address is shut out.
            uploads: whose uploads are, for other processes; known in memory alone where there is none.
        """
        self._app = app
        self._blocked = blocked
        self._budgets = budgets or Budgets(is_shared=False)
        self._inside = inside
        self._doors = [(door, compile_path(door.path)[0]) for door in doors]
        self._names = Names()
        self._uploads = uploads
        self._logged: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif scope["method"] == "OPTIONS" and any(door.is_open for door, _ in self._matching(scope)):
            await self._app(scope, receive, send)
        else:
            with ExitStack() as held:
                await self._serve(self._as_client(scope), receive, send, held)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, held: ExitStack) -> None:
        timed = in_time(receive)
        try:
            admitted = await self._admit(scope, timed, send, held)
        except ClientDisconnect:
            return
        except NotStarted as over:
            if over.facts["budget"] != "open":  # what is open counts while it is read
                await _read_past(timed)
            await over_budget(over)(scope, receive, send)
        except HTTPException as refused:
            await PlainTextResponse(refused.detail, refused.status_code)(scope, receive, send)
        else:
            await self._app(*admitted)

    async def _admit(
        self, scope: Scope, receive: Receive, send: Send, held: ExitStack
    ) -> tuple[Scope, Receive, Send]:
        """The request as it is passed on; what it holds of the budgets is given back with `held`.

        Raises:
            HTTPException: it is not passed on.
            NotStarted: it is more than a budget allows.
        """
        door, named = self._find(scope)
        if door.is_counted and self._blocked(self._who(scope), (scope.get("client") or ("",))[0]):
            raise HTTPException(403, _BLOCKED)
        await self._charge(door, scope, held)
        if door.json_bytes:
            body = await read_body(Request(scope, receive), door.json_bytes)
            parsed = _json_object(body) if len(body) < _LONG else await asyncio.to_thread(_json_object, body)
            named = {**named, **parsed}
            receive = _again(body, receive)
        who = self._who(scope)
        if not self._may_name(door, named, who):
            raise HTTPException(404)
        if door.gives:
            scope, send = _unpacked(scope), _Given(send, lambda answer: self._give(door, answer, who))
        return scope, receive, send

    async def _charge(self, door: Door, scope: Scope, held: ExitStack) -> None:
        """Counts the request to its budgets before any of its body is read."""
        if door.announced_bytes:
            _require_announcement(scope, door.announced_bytes)
        length, spender = _length(scope, door.json_bytes), self._spender(scope)
        if door.is_counted:
            held.enter_context(self._budgets.holding("open", spender))
        for name in door.holds:
            held.enter_context(self._budgets.holding(name, spender))
        if door.method != "POST":
            return
        if door.json_bytes:
            held.enter_context(self._budgets.holding("bodies", spender, length))
        await self._budgets.spend("requests", spender, 1 + length // REQUEST_BYTES if door.json_bytes else 1)
        for name in door.spends:
            await self._budgets.spend(name, spender, length if name in ("uploads", "kept") else 1)

    def _spender(self, scope: Scope) -> Spender:
        client = scope.get("client") or ("", 0)
        who = self._who(scope)
        address = network(client[0])
        return Spender(f"address {address}" if who == "inside" else who, address)

    def _find(self, scope: Scope) -> tuple[Door, dict[str, Any]]:
        """The open door, and the names in address and query."""
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if not _is_plain(path_in_app(scope)):
            raise HTTPException(404)
        found = [(door, named) for door, named in self._matching(scope) if door.method == method]
        if found and NOTED in scope:
            scope[NOTED]["route"] = found[0][0].path
        if not found:
            self._log_once(scope)
        if not found or not found[0][0].is_open:
            raise HTTPException(404)
        door, named = found[0]
        return door, {**QueryParams(scope["query_string"]), **named}

    def _matching(self, scope: Scope) -> Iterable[tuple[Door, dict[str, str]]]:
        path = path_in_app(scope)
        for door, pattern in self._doors:
            if match := pattern.match(path):
                yield door, match.groupdict()

    def _log_once(self, scope: Scope) -> None:
        path = path_in_app(scope)[:_MAX_NAME_CHARACTERS]
        if path not in self._logged and len(self._logged) < _MAX_LOGGED:
            self._logged.add(path)
            _log.warning("closed, because the table of server/doors.py has no row for it: %r", path)

    def _who(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        if self._is_inside(headers):
            return "inside"
        token = visitor(headers.get("cookie"))
        client = scope.get("client") or ("", 0)
        return owner_of(token) if token else f"address {network(client[0])}"

    def _is_inside(self, headers: Headers) -> bool:
        return is_inside(headers, self._inside)

    def _as_client(self, scope: Scope) -> Scope:
        """A call of this process to itself counts for the address that it is made for."""
        headers = Headers(scope=scope)
        made_for = headers.get(CLIENT_HEADER)
        return {**scope, "client": (made_for, 0)} if made_for and self._is_inside(headers) else scope

    def _may_name(self, door: Door, named: Mapping[str, Any], who: str) -> bool:
        for name in door.claims:
            value = named.get(name)
            if value is not None and not (_is_name(value) and self._names.claim(value, who)):
                return False
        return all(self._may_need(name, named.get(name), who) for name in door.needs)

    def _may_need(self, name: str, value: Any, who: str) -> bool:
        if name == "file":
            return _is_lent(value) or self._names.is_of(_file(value, who), who) or self._is_noted(value, who)
        return _is_name(value) and self._names.is_of(value, who)

    def _give(self, door: Door, answer: bytes, who: str) -> None:
        """What an answer hands out belongs to whom it was given. Equal uploads of two have the same path."""
        try:
            given = json.loads(answer)
        except ValueError:
            return
        if door.gives == "event_id" and isinstance(given, dict) and _is_name(given.get("event_id")):
            self._names.claim(given["event_id"], who)
        if door.gives == "paths" and isinstance(given, list):
            for path in given:
                self._names.claim(_file(path, who), who)
                if self._uploads is not None and isinstance(path, str):
                    self._uploads.note(path, who)

    def _is_noted(self, path: str, who: str) -> bool:
        return self._uploads is not None and self._uploads.has(path, who)


def is_inside(headers: Headers, secret: str) -> bool:
    """Whether a request is one of this process to itself; never where there is no secret."""
    given = headers.get(INSIDE_HEADER, "")
    return bool(secret) and secrets.compare_digest(given.encode(), secret.encode())


async def _read_past(receive: Receive) -> None:
    """Reads on and drops it: browsers tell nothing of an answer that comes before they have sent all."""
    size, more = 0, True
    with contextlib.suppress(HTTPException):  # too slow for that
        while more and size < _READ_PAST:
            message = await receive()
            size += len(message.get("body", b""))
            more = bool(message.get("more_body"))


def _is_plain(path: str) -> bool:
    """No address of ours has signs that cannot be seen, or a part that no disk would take for a name."""
    is_short = all(len(part.encode("utf-8", "replace")) <= _MAX_PART_BYTES for part in path.split("/"))
    return is_short and all(sign >= " " for sign in path)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_NAME_CHARACTERS


def _file(path: object, who: str) -> str:
    return f"{who} {path}"


def _is_lent(path: str) -> bool:
    """A file below a folder below ours, written without detours."""
    parts = PurePosixPath(path).parts
    is_file = urlsplit(path).scheme not in ("http", "https") and ".." not in parts
    return is_file and LENT_FOLDER in parts[-3:-2]


async def read_body(request: Request, most: int) -> bytes:
    """The whole body. Raises HTTPException 413 when it is longer than `most` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413)
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any]:
    """The object that a body is. Raises HTTPException 400 for what no parser below would read."""
    try:
        value = json.loads(body, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        value = None
    # Each list or object takes a bracket: most bodies have too few of them to be deep.
    is_deep = body.count(b"[") + body.count(b"{") > _MAX_DEPTH and _is_deeper(value, _MAX_DEPTH)
    if not isinstance(value, dict) or is_deep:
        raise HTTPException(400)
    return value


def _is_deeper(value: object, most: int) -> bool:
    """Whether lists and objects stand in each other deeper than that. Looks level by level."""
    level = [value]
    for _ in range(most + 1):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _finite(number: str) -> float:
    """JSON has no other numbers, and an answer that repeats one could not be written."""
    if not math.isfinite(value := float(number)):
        raise ValueError(number)
    return value


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _length(scope: Scope, unsaid: int) -> int:
    """How long the body is said to be; `unsaid` where nothing is."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 16 else unsaid


def over_budget(error: NotStarted) -> JSONResponse:
    """What it is and when to come again: in words for programs, by its code for the page."""
    told = {"detail": error.code, "facts": dict(error.facts), "message": refusal(error)}
    return JSONResponse(told, 429, {"retry-after": error.facts["seconds"]})


def _require_announcement(scope: Scope, most: int) -> None:
    """The server reads no more of a body than it was said to have."""
    length = Headers(scope=scope).get("content-length", "")
    if not length.isdecimal():
        raise HTTPException(411)
    if len(length) > len(str(most)) or int(length) > most:
        raise HTTPException(413)


def _unpacked(scope: Scope) -> Scope:
    """The same request by somebody who cannot unpack: the answer is read here."""
    plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": plain}


class _Given:
    """Reads a small answer before it goes out."""

    def __init__(self, send: Send, read: Callable[[bytes], None]) -> None:
        self._send = send
        self._read = read
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body") or self._start is None:
            return
        if self._start["status"] == 200:
            self._read(bytes(self._body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": bytes(self._body)})
