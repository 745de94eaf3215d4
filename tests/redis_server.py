"""A Redis server of our own in a temporary folder, reached through a socket in it and over no network."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_SECONDS = 60


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
                deadline = time.monotonic() + _SECONDS
                while not path.exists():
                    if server.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError("the Redis server did not start")
                    time.sleep(0.02)
                yield f"unix://{path}"
            finally:
                server.terminate()
