"""The ASGI host around the screen: health, start and stop of the history.

The screen itself is mounted by `playground.ui.app`; nothing here knows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse

from playground.errors import PlaygroundError
from playground.history import History
from playground.jobs.studio import Studio
from playground.server import files, uploads
from playground.server.blocklist import Blocklist
from playground.server.budgets import Budgets
from playground.server.doors import Doors
from playground.server.guard import Guard
from playground.server.page import PageHead
from playground.server.password import Page, Password
from playground.server.proxied import PublicName
from playground.server.readiness import OK, START_SECONDS, Readiness
from playground.server.visitors import Visitors
from playground.settings import Settings

MAINTENANCE_SECONDS = 60.0
"""How often the history is tidied up, whether anybody comes by or not."""

Beside = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""What is done beside the serving until an event is set."""

_log = logging.getLogger(__name__)


async def _nothing(_: asyncio.Event) -> None:
    """There are no batches."""


def create_host(
    studio: Studio,
    settings: Settings,
    head: str = "",
    inside: str = "",
    budgets: Budgets | None = None,
    blocklist: Blocklist | None = None,
    password_page: Page = lambda *_: "",
    uploaded: Path | None = None,
    also_serving: Callable[[], AbstractAsyncContextManager[None]] = contextlib.nullcontext,
    batching: Beside = _nothing,
    maintain: Callable[[], None] | None = None,
) -> FastAPI:
    """The host with every route but the screen's.

    Args:
        head: HTML for the head of the page.
        inside: the secret by which the app knows its calls to itself, see `Doors`.
        budgets: what visitors have spent; made anew where none is given.
        blocklist: who is shut out; the one in the data folder where none is given.
        password_page: asks for the operator's password, where there is one.
        uploaded: the folder that uploads come into; the one in the data folder where none is given.
        also_serving: what else is served on the same loop, until the calls under way have ended.
        batching: sees to batches until it is told to stop, which is before the calls under way end.
        maintain: tidies the history up, called every minute; `History.maintain` where none is given.
    """
    budgets = budgets or Budgets(is_shared=settings.has_strangers)
    blocked, readiness = (blocklist or Blocklist(settings.data_dir)).has, Readiness(studio)
    lifespan = _lifespan(studio, settings, readiness, budgets, also_serving, batching, maintain)
    host = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    host.add_middleware(PublicName, address=settings.root_path)
    host.add_middleware(PageHead, head=head, settings=settings)
    host.add_middleware(Visitors, settings=settings)
    owners = uploads.UploadOwners(uploaded or settings.data_dir / uploads.FOLDER)
    host.add_middleware(Doors, inside=inside, budgets=budgets, blocked=blocked, uploads=owners)
    if settings.password is not None:
        host.add_middleware(Password, settings=settings, budgets=budgets, page=password_page, inside=inside)
    host.add_middleware(Guard, settings=settings)
    _add_routes(host, readiness, studio.history)
    return host


def _lifespan(
    studio: Studio,
    settings: Settings,
    readiness: Readiness,
    budgets: Budgets,
    also_serving: Callable[[], AbstractAsyncContextManager[None]],
    batching: Beside,
    maintain: Callable[[], None] | None,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What happens beside the serving, from the start to the end of the jobs that a stop waits for."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stopping, leaving = asyncio.Event(), asyncio.Event()
        telling = asyncio.create_task(_tell(readiness))
        maintaining = maintain or studio.history.maintain, settings.data_dir / uploads.FOLDER
        caring = asyncio.create_task(_care_for(studio.history, *maintaining, stopping))
        sharing = asyncio.create_task(studio.share(stopping))
        counting = asyncio.create_task(budgets.keep_in_step(stopping))
        sending = asyncio.create_task(batching(leaving))
        async with also_serving():
            yield
            leaving.set()
            with _second_signal() as hurry:
                await studio.aclose(settings.grace_seconds, hurry)
        stopping.set()
        await asyncio.gather(telling, caring, sharing, counting, sending)
        await asyncio.to_thread(studio.history.close)
        await budgets.aclose()

    return lifespan


def _add_routes(host: FastAPI, readiness: Readiness, history: History) -> None:
    files.add_routes(host, history)

    @host.get("/health")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @host.get("/ready")
    async def ready() -> JSONResponse:
        found = await readiness.look()
        fit = all(said == OK for said in found.values())
        return JSONResponse({"status": "ready" if fit else "not ready", **found}, 200 if fit else 503)


async def _tell(readiness: Readiness) -> None:
    """Logs what is down at the start, a line each. It may come back: `/ready` says when."""
    for part, said in (await readiness.look(START_SECONDS)).items():
        if said != OK:
            _log.warning("not ready: %s: %s", part, said)


async def _care_for(
    history: History, maintain: Callable[[], None], uploaded: Path, stopping: asyncio.Event
) -> None:
    """Brings index and folders together, which no page waits for; then tidies up until a stop."""
    start = functools.partial(history.start, _log_progress)
    has_started = await asyncio.to_thread(_logged, start)
    while not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), MAINTENANCE_SECONDS)
            return
        has_started = await asyncio.to_thread(_logged, maintain if has_started else start)
        await asyncio.to_thread(_logged, lambda: uploads.sweep(uploaded, time.time()))


def _logged(work: Callable[[], None]) -> bool:
    """Whether it is done. A history that cannot be opened says so to everybody who asks; this is a note."""
    try:
        work()
    except (PlaygroundError, OSError) as error:
        _log.error("the history could not be looked after: %s", error)
        return False
    return True


def _log_progress(done: int, total: int) -> None:
    _log.warning("history: %d of %d generations taken into the index", done, total)


@contextmanager
def _second_signal() -> Iterator[asyncio.Event]:
    """An event that is set when whoever has told the server to stop tells it once more."""
    hurry, loop = asyncio.Event(), asyncio.get_running_loop()
    has_signals = threading.current_thread() is threading.main_thread() and sys.platform != "win32"
    signals = (signal.SIGINT, signal.SIGTERM) if has_signals else ()
    for number in signals:
        loop.add_signal_handler(number, hurry.set)
    try:
        yield hurry
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
