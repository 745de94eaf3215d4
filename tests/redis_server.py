"""A Redis server of our own in a temporary folder, reached through a socket in it and over no network."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

_TRIES = 1200  # to reach it, 50 ms apart


def installed() -> bool:
    """Whether the server program is here."""
    return shutil.which("redis-server") is not None


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Starts a server for the block; yields its address."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:  # short: the socket's path has little room
        path = Path(folder, "s")
        words = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as server:
            try:
                tries = Retry(ConstantBackoff(0.05), _TRIES)
                with redis.Redis(unix_socket_path=str(path), retry=tries) as client:
                    client.ping()
                yield f"unix://{path}"
            finally:
                server.terminate()
