"""Puts the whole product together: catalogue, provider, history, studio, host, screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from importlib import import_module, resources
from ipaddress import ip_address
from pathlib import Path

import gradio
import httpx
import uvicorn
from gradio.utils import get_upload_folder
from starlette.types import ASGIApp

from playground import catalogue as catalogue_module
from playground.catalogue import Catalogue
from playground.errors import ConfigurationError
from playground.history import History
from playground.jobs.queue import Limits
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.providers.credentials import install_log_redaction
from playground.providers.retries import Pace
from playground.server.assets import AssetsInMemory
from playground.server.host import create_host
from playground.server.later import MadeLater
from playground.settings import Settings
from playground.ui.app import mount
from playground.ui.theme import head

STOP_SECONDS = 3
"""How long open pages may hold up a stop: their event streams never end by themselves."""

_LOADED_LATER = ("playground.demo.gateway", "playground.providers.transport")
"""Modules that take long to import and that no page needs; whoever uses one before loads it then."""


def create(settings: Settings, environment: Mapping[str, str], pace: Pace | None = None) -> ASGIApp:
    """The ready ASGI app; `pace` says how time passes between tries.

    Raises ConfigurationError for a catalogue that cannot be read.
    """
    install_log_redaction()
    catalogue = catalogue_module.load(settings.providers_file)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"PLAYGROUND_DATA_DIR: {settings.data_dir} cannot be made ({error.strerror})"
        ) from None
    demo = httpx.ASGITransport(MadeLater(lambda: _demo(catalogue)), raise_app_exceptions=False)
    history = History(settings.data_dir, settings.storage, one_owner=not settings.has_strangers)
    history.refuse_newer()
    provider = Provider(
        catalogue,
        environment=environment if settings.share_key else {},
        use_proxy=settings.use_proxy,
        visitor_base_url=settings.visitor_base_url,
        transports={catalogue.provider("demo").base_url or "": demo},
        pace=pace,
        incoming=history.incoming,
    )
    limits = Limits(settings.calls_per_visitor, settings.calls_at_once, settings.calls_waiting)
    studio = Studio(catalogue, provider, history, settings.data_dir / "inputs", limits=limits)
    studio.sweep()
    studio.recover()
    _remove_deep_links()
    page = mount(create_host(studio, settings, head(), later=_load_the_rest), studio, settings)
    frontend = Path(gradio.__file__).parent / "templates" / "frontend"
    look = Path(str(resources.files("playground.ui") / "static"))
    return AssetsInMemory(page, {"/assets/": frontend / "assets", "/look/": look})


def _remove_deep_links() -> None:
    """Values of pages, typed keys among them, that Gradio kept for an earlier release: see `Guard`."""
    shutil.rmtree(Path(get_upload_folder(), "deep_links"), ignore_errors=True)


def _demo(catalogue: Catalogue) -> ASGIApp:
    from playground.demo.gateway import create_app

    return create_app(catalogue)


def _load_the_rest() -> None:
    for name in _LOADED_LATER:
        import_module(name)


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Serves until it is told to stop."""
    app = create(settings, environment)
    sys.stdout.write(f"Image Playground: http://{_shown(settings.server_name)}:{settings.server_port}\n")
    sys.stdout.flush()
    uvicorn.run(
        app,
        host=settings.server_name,
        port=settings.server_port,
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS,
        access_log=False,
    )


def _shown(host: str) -> str:
    """An address that a person can open: a server that listens everywhere is also here."""
    try:
        return "127.0.0.1" if ip_address(host).is_unspecified else host
    except ValueError:  # a name
        return host
