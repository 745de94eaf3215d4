"""The load in short: the way of measuring works, and memory does not depend on the machine."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.benchmarks.load import measured, table


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux tells it")
def test_eight_calls_with_fourteen_pictures_stay_within_memory() -> None:
    rows = asyncio.run(measured("pictures", count=1))
    assert [row for row in rows if not row.is_met] == []
    assert rows[0].reached > 50
    assert "| resident before, MB |" in table(rows)
