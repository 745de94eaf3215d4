from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from playground.catalogue import Catalogue
from tests.faults.oracle import Watched, watched


@pytest.fixture(scope="module", autouse=True)
def only_new_garbage() -> Iterator[None]:
    """Each test collects garbage to see what leaks. What the libraries made before is not looked through."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
async def bench(catalogue: Catalogue, tmp_path: Path) -> AsyncIterator[Watched]:
    """A studio under watch: whatever the test does to it, the oracle speaks at the end."""
    async with watched(catalogue, tmp_path) as under_watch:
        yield under_watch
