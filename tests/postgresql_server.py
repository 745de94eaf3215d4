"""A PostgreSQL server of our own in a temporary folder, reached through a socket in it and over no network.

PostgreSQL does not run as root: root lets the package's own user `postgres` run it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

SERVER = "PLAYGROUND_TEST_POSTGRESQL"
_USER = "postgres"
_SECONDS = 120


def installed() -> bool:
    """Whether PostgreSQL's server programs are here."""
    return _programs() is not None


def _programs() -> Path | None:
    """Their folder: Debian keeps them out of the path, one folder for each release."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb")
    return debian[-1].parent if debian else Path(found).parent if found else None


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Starts a server for the block; yields its address.

    Raises:
        RuntimeError: it is not installed.
    """
    programs = _programs()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:  # short: the socket's path has little room
        if os.geteuid() == 0:
            shutil.chown(folder, _USER)
        data = Path(folder, "data")
        _run(
            [
                programs / "initdb",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                f"--username={_USER}",
                data,
            ]
        )
        control = [programs / "pg_ctl", f"--pgdata={data}", f"--log={folder}/log", "--wait", "--silent"]
        _run([*control, "start", "--options", f"-c listen_addresses='' -k {folder}"])
        try:
            yield f"postgresql://{_USER}@/postgres?host={folder}"
        finally:
            _run([*control, "stop", "--mode=immediate"])


@contextlib.contextmanager
def away(url: str) -> Iterator[None]:
    """A server that `running` started is down for the block, and then there again."""
    programs, folder = _programs(), url.rpartition("=")[2]
    control = [str(programs and programs / "pg_ctl"), f"--pgdata={folder}/data", "--wait", "--silent"]
    _run([*control, "stop", "--mode=immediate"])
    yield
    _run([*control, f"--log={folder}/log", "start", "--options", f"-c listen_addresses='' -k {folder}"])


def _run(command: Sequence[str | Path]) -> None:
    """Runs a program of the server, its words only shown when it fails."""
    user = _USER if os.geteuid() == 0 else None
    words = list(map(str, command))
    # No pipes: the server that pg_ctl leaves behind would keep them open.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            words, user=user, cwd="/", stdout=said, stderr=said, stdin=subprocess.DEVNULL, timeout=_SECONDS
        )
        if done.returncode:
            said.seek(0)
            raise RuntimeError(f"{words[0]} failed: {said.read().decode(errors='replace')}")
