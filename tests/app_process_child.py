"""What a process of `tests.app_process` does; whatever this imports, it need not."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module

from fsspec.config import conf as fsspec_options
from fsspec.config import set_conf_env

from playground import settings
from playground.application import serve


def run(environment: Mapping[str, str], log: str, constants: Mapping[str, float]) -> None:
    """Serves until it is told to stop, as `app.py` does."""
    os.environ.update(environment)
    set_conf_env(fsspec_options)  # it has been imported before
    for name, value in constants.items():
        module, _, constant = name.rpartition(".")
        found = import_module(module)
        assert hasattr(found, constant)
        setattr(found, constant, value)
    told = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(told, stream.fileno())
    serve(settings.read(), os.environ)
