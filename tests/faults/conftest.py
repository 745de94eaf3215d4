from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from playground.catalogue import Catalogue
from tests.faults.oracle import Watched, watched


@pytest.fixture
async def bench(catalogue: Catalogue, tmp_path: Path) -> AsyncIterator[Watched]:
    """A studio under watch: whatever the test does to it, the oracle speaks at the end."""
    async with watched(catalogue, tmp_path) as under_watch:
        yield under_watch
