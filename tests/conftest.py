"""What every test stands on: no network, no keys of this machine, no file outside temporary folders."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import logging
import os
import shutil
import socket
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from playground import catalogue as catalogue_module
from playground import settings as settings_module
from playground.catalogue import Catalogue
from playground.server.budgets import Budgets
from playground.settings import Settings
from tests import postgresql_server
from tests.app_server import run_app
from tests.mocked import Pauses

_SECRETS = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GATEWAY_API_KEY", "UNIALL_API_KEY")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_SETTINGS = tuple(settings_module.variable(name) for name in Settings.model_fields)


def pytest_configure(config: pytest.Config) -> None:
    """Before anything imports Gradio, which reads its variables once."""
    # What one process has compiled, the many that tests start need not compile again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A busy machine is no counterexample; the time limit of each test holds all the same.
    hypothesis_settings.register_profile("busy", deadline=None, max_examples=50)
    hypothesis_settings.register_profile("thorough", deadline=None, max_examples=1000)
    hypothesis_settings.load_profile("busy")
    for name in (*_SECRETS, *_PROXIES, *(name.lower() for name in _PROXIES), *_SETTINGS):
        os.environ.pop(name, None)
    folder = tempfile.mkdtemp(prefix="playground-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(Path(folder, "uploads"))
    os.environ["PLAYGROUND_DATA_DIR"] = str(Path(folder, "data"))
    os.environ["HF_HUB_OFFLINE"] = "1"
    if os.environ.get("CI") and not os.environ.get(postgresql_server.SERVER):
        server = contextlib.ExitStack()
        config.add_cleanup(server.close)
        os.environ[postgresql_server.SERVER] = server.enter_context(postgresql_server.running())


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: looking for garbage in it costs each test time."""
    gc.collect()
    gc.freeze()


class NetworkReached(RuntimeError):
    """A test tried to leave this machine. No OSError: nobody may take it for an ordinary failure."""


def _is_here(host: object) -> bool:
    """Whether an address, already numeric, is this machine."""
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session", autouse=True)
def left_alone() -> Iterator[list[str]]:
    """For the whole run, sockets connect to this machine only, and other names do not exist.

    Yields the attempts to connect elsewhere.
    """
    attempts: list[str] = []
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(really: Any) -> Any:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _is_here(address[0]):
                attempts.append(str(address))
                raise NetworkReached(f"a test tried to connect to {address}")
            return really(self, address)

        return call

    def only_here(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        try:
            ipaddress.ip_address(str(name))
        except ValueError:
            if name not in (None, "", "localhost", socket.gethostname()):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(connect))
        patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
        patch.setattr(socket, "getaddrinfo", only_here)
        yield attempts


@pytest.fixture(autouse=True)
def no_network(left_alone: list[str]) -> Iterator[None]:
    """Fails the test that tried, even when some code swallowed the error."""
    left_alone.clear()
    yield
    assert not left_alone, f"this test tried to connect to {left_alone}"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The built-in catalogue."""
    return catalogue_module.load()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, left_alone: list[str]) -> Iterator[str]:
    """The whole app on the demo, for all tests that only look at it; its base URL.

    Visitors are told apart, and nobody is counted: all tests come from one address.
    """
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"), use_proxy=False, grace_seconds=0, separate_visitors=True
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("playground.application.Budgets", lambda **_: Budgets(is_shared=False))
        with run_app(settings, {}, Pauses().pace) as base_url:
            yield base_url


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is logged or printed with its stack while a test runs, in whichever thread."""
    seen: list[str] = []

    class Traces(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[0]:
                seen.append(logging.Formatter().format(record))

    handler, loggers = Traces(), [logging.getLogger(name) for name in ("", "uvicorn", "uvicorn.error")]
    monkeypatch.setattr(traceback, "print_exc", lambda *_, **__: seen.append(traceback.format_exc()))
    for logger in loggers:
        logger.addHandler(handler)
    yield seen
    for logger in loggers:
        logger.removeHandler(handler)
