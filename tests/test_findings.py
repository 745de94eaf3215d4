"""Every finding of those who used the page has tests, which its row in tests/README.md names."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_each_finding_names_tests_that_there_are() -> None:
    rows = dict(
        re.findall(r"^\| (A\d+|words) \|.*\| (.+) \|$", (TESTS / "README.md").read_text("utf-8"), re.M)
    )
    assert list(rows) == [*(f"A{number}" for number in range(1, 29)), "words"]
    defined = {
        name
        for file in TESTS.rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def test_(\w+)", file.read_text("utf-8"), re.M)
    }
    named = {number: set(re.findall(r"`(\w+)`", held)) for number, held in rows.items()}
    assert all(named.values())
    assert {number: names - defined for number, names in named.items() if names - defined} == {}
