"""Puts the whole product together: catalogue, providers, history, jobs, host, screen; and serves it."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import ParamSpec

import gradio
import uvicorn
from gradio.utils import get_upload_folder
from starlette.types import ASGIApp

from playground import catalogue as catalogue_module
from playground.batches.by_provider import ByProvider
from playground.batches.runner import Batches
from playground.batches.sending import Driver
from playground.catalogue import Catalogue
from playground.demo import gateway
from playground.demo.in_process import InProcess
from playground.demo.rendering import Turn
from playground.errors import ConfigurationError, PlaygroundError
from playground.history import History
from playground.jobs.queue import FairQueue, Limits
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.providers.credentials import install_log_redaction
from playground.providers.retries import Pace
from playground.server.assets import AssetsInMemory
from playground.server.blocklist import Blocklist
from playground.server.budgets import HEADER_BYTES, Budgets, money
from playground.server.connections import TimedProtocol
from playground.server.headers import SecurityHeaders
from playground.server.host import Beside, create_host
from playground.server.logs import CallLog, log_request, write_json
from playground.server.metrics import Metrics
from playground.server.missing import MissingPage
from playground.server.operations import CallCounts, Operations
from playground.server.proxied import RootPath
from playground.server.proxies import Proxies
from playground.server.request_log import RequestLog
from playground.settings import Settings
from playground.ui import misplaced, password, theme
from playground.ui.app import mount
from playground.ui.starting import Starting

P = ParamSpec("P")

_M_MMAP_THRESHOLD = -3
"""Of malloc.h: pieces from so many bytes on are mapped each for itself."""
_LARGE_PIECE = 256 * 1024
STOP_SECONDS = 3
"""How long open pages may hold up a stop: their event streams never end by themselves."""


def create(settings: Settings, environment: Mapping[str, str], pace: Pace | None = None) -> ASGIApp:
    """The ready ASGI app.

    Args:
        environment: where the operator's keys are.
        pace: how time passes between tries.

    Raises:
        ConfigurationError: the catalogue, the data folder or the history cannot be used.
    """
    install_log_redaction()
    catalogue = catalogue_module.load(settings.providers_file)
    history = _open_history(settings)
    provider = _provider(catalogue, history, settings, environment, pace)
    limits = Limits(settings.calls_per_visitor, settings.calls_at_once, settings.calls_waiting)
    metrics, log = Metrics(catalogue), CallLog(catalogue, prompts=settings.log_prompts)
    calls = CallCounts()
    on_call = _both(metrics.count_call, _both(log, calls))
    studio = Studio(catalogue, provider, history, limits=limits, on_call=on_call)
    studio.recover()
    _remove_deep_links()
    inside = secrets.token_urlsafe()
    ratios = dict.fromkeys(ratio for _, _, row in catalogue.rows() for ratio in row.aspect_ratios)
    head = theme.head(ratios) + misplaced.head()
    budgets = _budgets(settings)
    blocklist = Blocklist(settings.data_dir)
    metrics.watch(studio, budgets)
    operations = Operations(settings, studio, budgets, blocklist, metrics, calls)
    starting = Starting(studio, budgets, money(settings.daily_dollars))
    drivers = {"provider": ByProvider(studio, starting, pace=pace)}
    batches, run, maintain = _beside(settings, studio, starting, drivers)
    beside = (budgets, blocklist, password.page, Path(get_upload_folder()), operations.serving, run, maintain)
    host = create_host(studio, settings, head, inside, *beside)
    page = mount(host, studio, settings, inside, starting, batches)
    shown = SecurityHeaders(MissingPage(_with_static_files(page), page=misplaced.page), settings)
    placed = RootPath(shown, address=settings.root_path)
    on_request = _both(metrics.count_request, log_request)
    return Proxies(RequestLog(placed, on_request=on_request, inside=inside), settings)


def _beside(
    settings: Settings, studio: Studio, starting: Starting, drivers: Mapping[str, Driver]
) -> tuple[Batches, Beside, Callable[[], None]]:
    """Batches, what runs beside the serving, and what tidies up. Over PostgreSQL, processes share work."""
    if settings.database_url is None:
        batches = Batches(studio, starting.row, drivers, admit=starting.table)
        return batches, batches.run, studio.history.maintain
    try:
        from playground.server.background import Background  # late: few set a database
    except ImportError:
        raise ConfigurationError(
            "PLAYGROUND_DATABASE_URL: a library is missing; install it with pip install -e '.[postgresql]'"
        ) from None
    background = Background(studio.history)
    batches = Batches(studio, starting.row, drivers, admit=starting.table, wake=background.wake)
    background.add_tasks(batches.take_up)

    async def run(stopping: asyncio.Event) -> None:
        await asyncio.gather(background.run(stopping), batches.run(stopping))

    return batches, run, background.maintain


def _budgets(settings: Settings) -> Budgets:
    return Budgets(is_shared=settings.has_strangers, limits_url=settings.limits_address)


def _both(first: Callable[P, None], second: Callable[P, None]) -> Callable[P, None]:
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        first(*args, **kwargs)
        second(*args, **kwargs)

    return call


def _open_history(settings: Settings) -> History:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"PLAYGROUND_DATA_DIR: {settings.data_dir} cannot be written to ({error.strerror})"
        ) from None
    history = History(settings.data_dir, settings.storage, one_owner=not settings.has_strangers)
    try:
        history.refuse_newer()
    except ConfigurationError:
        raise
    except PlaygroundError:  # why is not said: a driver's words may hold the address
        raise ConfigurationError(
            "PLAYGROUND_DATABASE_URL: no PostgreSQL server lets us in at this address; start it, or correct "
            "the address, its name and its password"
        ) from None
    return history


def _provider(
    catalogue: Catalogue,
    history: History,
    settings: Settings,
    environment: Mapping[str, str],
    pace: Pace | None,
) -> Provider:
    demo = gateway.create_app(catalogue, folder=history.staging_dir, turns=_turns)
    in_process = InProcess(demo)
    return Provider(
        catalogue,
        environment=environment if settings.share_key else {},
        use_proxy=settings.use_proxy,
        visitor_base_url=settings.visitor_base_url,
        public_only=settings.has_strangers,
        transports={catalogue.provider("demo").base_url or "": in_process},
        pace=pace,
        staging_dir=history.staging_dir,
    )


def _turns(at_once: int) -> Turn:
    """The visitors draw by turns: whoever has two hundred pictures to draw holds up nobody who has one.

    One place is always somebody else's: two pictures at once are drawn a seventh sooner than one after the
    other, and another visitor's would wait for either.
    """
    queue = FairQueue(Limits(per_visitor=max(at_once - 1, 1), in_all=at_once))

    @asynccontextmanager
    async def turn(visitor: str) -> AsyncIterator[None]:
        ticket = queue.join(visitor)
        try:
            await ticket.turn()
            yield
        finally:
            queue.leave(ticket)

    return turn


def _with_static_files(page: ASGIApp) -> ASGIApp:
    """Gradio's files and ours, in front of the page."""
    gradios = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    unchanging = {"/assets/": gradios, f"/look/{theme.version()}/": theme.STATIC}
    return AssetsInMemory(page, unchanging, {"/look/": theme.STATIC})


def _remove_deep_links() -> None:
    """Values of pages, typed keys among them, that Gradio kept for an earlier release: see `Guard`."""
    shutil.rmtree(Path(get_upload_folder(), "deep_links"), ignore_errors=True)


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Serves until it is told to stop."""
    _keep_memory_off_the_disk()
    _give_memory_back()
    # Between two threads that work in Python, the loop gets its turn after a millisecond instead of five.
    sys.setswitchinterval(0.001)
    require_ports(settings)
    if settings.log == "json":
        write_json()
    app = create(settings, environment)
    sys.stdout.write(f"Image Playground: http://{_shown(settings.server_name)}:{settings.server_port}\n")
    sys.stdout.flush()
    uvicorn.run(
        app,
        host=settings.server_name,
        port=settings.server_port,
        http=TimedProtocol,
        h11_max_incomplete_event_size=HEADER_BYTES,
        log_config=None if settings.log == "json" else uvicorn.config.LOGGING_CONFIG,
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS,
        access_log=False,
        proxy_headers=False,  # see `Proxies`
    )


def require_ports(settings: Settings) -> None:
    """Raises ConfigurationError for a port that cannot be listened to."""
    if settings.metrics_port == settings.server_port:
        raise ConfigurationError(
            f"PLAYGROUND_METRICS_PORT: {settings.metrics_port} is the port of the app; choose another"
        )
    wanted = [("GRADIO_SERVER_PORT", settings.server_name, settings.server_port)]
    if settings.metrics_port:
        wanted.append(("PLAYGROUND_METRICS_PORT", settings.metrics_host, settings.metrics_port))
    for variable, host, port in wanted:
        try:
            for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                with socket.socket(family, kind, protocol) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, sys.platform != "win32")
                    probe.bind(address)
        except OSError as error:
            raise ConfigurationError(
                f"{variable}: {port} on {host} cannot be listened to ({error.strerror}); "
                "end what does, or choose another"
            ) from None


def _keep_memory_off_the_disk() -> None:
    """A crash writes no memory, with the keys in it, to a core file. Windows writes none by itself."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _give_memory_back() -> None:
    """What a picture took goes back to the system as soon as it is let go. glibc raises its bar for that with
    each large piece that is freed, and keeps what lies below it."""
    if sys.platform == "linux":
        import ctypes

        if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # not every C library has it
            mallopt(_M_MMAP_THRESHOLD, _LARGE_PIECE)


def _shown(host: str) -> str:
    """An address that a person can open: a server that listens everywhere is also here."""
    try:
        return "127.0.0.1" if ip_address(host).is_unspecified else host
    except ValueError:  # a name
        return host
