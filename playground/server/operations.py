"""What the operator asks a running process, on a port of its own: figures for Prometheus, and a few commands.

`/metrics` is open to whoever reaches the port: this machine alone, unless the operator says otherwise.
Everything else wants the token that lies in the data folder, where only the app's own user can read it:
whoever can read that could as well stop the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from heapq import nlargest
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from playground.errors import PlaygroundError
from playground.history import Usage
from playground.jobs.studio import Job, Outcome, Studio
from playground.server.blocklist import FILE, Blocklist
from playground.server.budgets import Budgets
from playground.server.logs import short
from playground.server.metrics import Metrics
from playground.settings import Settings

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LISTED = 20
_REMEMBERED = 10_000
_BODY_BYTES = 1000


class CallCounts:
    """How many calls each owner has had since the start; who had none for longest is forgotten first."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._counts: OrderedDict[str, int] = OrderedDict()

    def __call__(self, job: Job, _: Outcome) -> None:
        """See `OnCall`."""
        self._counts[job.owner] = self._counts.pop(job.owner, 0) + 1
        while len(self._counts) > self._most:
            self._counts.popitem(last=False)

    def of(self, owner: str) -> int:
        """How many an owner had."""
        return self._counts.get(owner, 0)

    def busiest(self, limit: int) -> list[str]:
        """Those who had most."""
        return nlargest(limit, self._counts, key=self._counts.__getitem__)


def token_file(settings: Settings) -> Path:
    """Where the token of this machine's process on this metrics port lies: others may share the folder."""
    return settings.data_dir / f"operator-{socket.gethostname()}-{settings.metrics_port}.token"


class Operations:
    """The app on the metrics port."""

    def __init__(
        self,
        settings: Settings,
        studio: Studio,
        budgets: Budgets,
        blocklist: Blocklist,
        metrics: Metrics,
        calls: CallCounts,
    ) -> None:
        self._settings = settings
        self._studio = studio
        self._budgets = budgets
        self._blocklist = blocklist
        self._metrics = metrics
        self._calls = calls
        self._token = secrets.token_urlsafe(32)
        commands = {"status": self._status, "drain": self._drain, "resume": self._drain}
        commands |= {"block": self._block, "unblock": self._block}
        routes = [Route(f"/{name}", endpoint, methods=["POST"]) for name, endpoint in commands.items()]
        self.app = Starlette(routes=[Route("/metrics", self._figures), *routes])

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serves until the block ends; does nothing where there is no metrics port."""
        settings = self._settings
        if settings.metrics_port is None:
            yield
            return
        self._write_token()
        config = uvicorn.Config(
            self.app,
            host=settings.metrics_host,
            port=settings.metrics_port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = _Beside(config)
        running = asyncio.create_task(server.serve())
        try:
            yield
        finally:
            server.should_exit = True
            await running
            self._remove_token()

    def _write_token(self) -> None:
        file = token_file(self._settings)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(self._token)

    def _remove_token(self) -> None:
        """Not the one of the process that has taken this one's place meanwhile."""
        file = token_file(self._settings)
        with contextlib.suppress(FileNotFoundError):
            if file.read_text(encoding="utf-8") == self._token:
                file.unlink()

    async def _figures(self, _: Request) -> Response:
        return Response(await asyncio.to_thread(self._metrics.text), media_type=_METRICS_TYPE)

    async def _status(self, request: Request) -> Response:
        self._require_token(request)
        return JSONResponse(await self._state())

    async def _drain(self, request: Request) -> Response:
        self._require_token(request)
        self._studio.drain(request.url.path == "/drain")
        return JSONResponse(await self._state())

    async def _block(self, request: Request) -> Response:
        self._require_token(request)
        who = request.query_params.get("who", "")
        change = self._blocklist.add if request.url.path == "/block" else self._blocklist.remove
        try:
            entry = await asyncio.to_thread(change, who)
        except ValueError as refused:
            return PlainTextResponse(str(refused), 400)
        except OSError as error:
            return PlainTextResponse(f"{FILE} in the data folder: {error.strerror}", 503)
        return JSONResponse({"entry": entry, "blocked": await asyncio.to_thread(self._blocklist.entries)})

    def _require_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            raise HTTPException(403)

    async def _state(self) -> dict[str, Any]:
        running, waiting = self._studio.line
        return {
            "running": running,
            "waiting": waiting,
            "refusal": self._studio.refusal,
            "refused": dict(self._budgets.refused),
            **await asyncio.to_thread(self._on_disk),
            **await asyncio.to_thread(self._kept, self._calls.busiest(_LISTED)),
        }

    def _on_disk(self) -> dict[str, Any]:
        return {"free_bytes": self._studio.history.free_bytes, "blocked": self._blocklist.entries()}

    def _kept(self, busiest: list[str]) -> dict[str, Any]:
        """How much is kept, who keeps most of it and who calls most; nothing while no database answers."""
        history = self._studio.history
        try:
            whole, owners = history.usage(None), dict(history.largest(_LISTED))
            owners |= {owner: history.usage(owner) for owner in busiest if owner not in owners}
        except PlaygroundError:
            return {"history": None, "visitors": []}
        visitors = [
            {"visitor": short(owner), "calls": self._calls.of(owner), **_amount(usage)}
            for owner, usage in owners.items()
        ]
        return {"history": _amount(whole), "visitors": visitors}


def _amount(usage: Usage) -> dict[str, int]:
    return {"generations": usage.count, "bytes": usage.bytes}


class _Beside(uvicorn.Server):
    """A server beside the one that listens to the signals of the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
