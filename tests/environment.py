"""Settings as another environment would describe them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from unittest import mock

from playground import settings
from playground.settings import Settings


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings of a process in which no other variables are set."""
    with mock.patch.dict(os.environ, environment, clear=True):
        return settings.read()
