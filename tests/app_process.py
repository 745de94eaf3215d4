"""The app in processes of its own, forked from one that has imported everything: a start takes no seconds."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerContext
from pathlib import Path

import httpx

START_SECONDS = 120
_LOADED = ["tests.app_process_child", "tests.faults.child", "tests.history_killed"]


def forked() -> ForkServerContext:
    """What all processes of the tests are forked from; what it has loaded is settled at the first one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits for something that another thread or process brings about."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        pause.wait(0.02)


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(base_url: str) -> bool:
    """Whether a server is there."""
    try:
        return httpx.get(f"{base_url}/health", timeout=START_SECONDS, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False


class AppProcess:
    """The app; ended, it can be started anew on the same port.

    Attributes:
        base_url: its address.
    """

    def __init__(
        self, log: Path, environment: Mapping[str, str], constants: Mapping[str, float] | None = None
    ) -> None:
        """
        Args:
            log: where its words go.
            constants: seconds that are not settings, by module and name, for a run that takes less of them.
        """
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        own = {**environment, "GRADIO_SERVER_PORT": str(self.port)}
        self._arguments = (own, str(log), constants or {})

    def start(self) -> None:
        from tests import app_process_child  # late: it imports the whole app

        self._process = forked().Process(target=app_process_child.run, args=self._arguments, daemon=True)
        self._process.start()

    def wait_for(self) -> None:
        """Returns when it answers."""
        until(lambda: answers(self.base_url), START_SECONDS)

    def send(self, number: signal.Signals) -> None:
        """As an operator or a crash would."""
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)

    def ends_within(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        self._process.join(seconds)
        return not self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; of a signal, its negative number."""
        return self._process.exitcode
