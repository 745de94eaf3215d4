"""One process of the app for `tests.test_machines`, forked from one that has imported everything already."""

from __future__ import annotations

import os
import sys

from playground import settings
from playground.application import serve


def run(environment: dict[str, str], log: str) -> None:
    """Serves until it is told to stop, as `app.py` does."""
    os.environ.update(environment)
    told = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(told, stream.fileno())
    serve(settings.read(), os.environ)
