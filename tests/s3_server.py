"""An S3 server of our own, which forgets all when it ends: moto's, in a process, on a port of its own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx

_SECONDS = 60


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(port: int) -> Iterator[None]:
    """Serves on a port for the block."""
    words = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            # Tries again until the server listens, and waits longer each time.
            with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=_SECONDS) as client:
                client.get(f"http://127.0.0.1:{port}/")
            yield
        finally:
            server.terminate()
