"""The table of what was spent: names as everywhere else, and what was not billed is not called free."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from playground.catalogue import Catalogue
from playground.history import SpendingLimits, Spent
from playground.ui.spending import meter
from playground.ui.words import words_for

ZH = words_for("zh")


def meter_of(catalogue: Catalogue, *spent: Spent, charged: int = 0, most: int | None = None) -> str:
    """The table, where `charged` pictures at an unknown price count to a limit of `most`."""
    limits = SpendingLimits(unknown=most)
    ledger = SimpleNamespace(
        spent=lambda *_: spent, charged=lambda *_: (0.0, charged), limits=lambda _: limits
    )
    history: Any = SimpleNamespace(ledger=ledger)
    return meter(history, catalogue, "me", "0", ZH)


def rows_of(catalogue: Catalogue, *spent: Spent) -> list[str]:
    """The table's lines as text."""
    html = meter_of(catalogue, *spent)
    return [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>.*?</tr>", html)[1:]]


def test_only_what_never_costs_is_free(catalogue: Catalogue) -> None:
    refused = Spent("gateway", "paints-9", count=2, dollars=0.0, unknown=0)
    drawn = Spent("gateway", "gemini-2.5-flash-image", count=4, dollars=0.0, unknown=4)
    rows = rows_of(catalogue, refused, drawn, Spent("demo", "gemini-2.5-flash-image", 1, 0.0, 0))
    assert len(rows) == 3, "two models and the sum: what was refused cost nothing"
    assert ZH("history.free") not in rows[0]
    assert ZH("spending.unknown", count=4) in rows[0]
    assert ZH("history.free") in rows[1]
    assert ZH("history.free") not in rows[2]


def test_a_limit_says_what_it_counts_beyond_the_table(catalogue: Catalogue) -> None:
    """The table had four, the limit five."""
    drawn = Spent("gateway", "paints-9", count=4, dollars=0.0, unknown=4)
    told = ZH("spending.used_unclear", count=1)
    assert told in meter_of(catalogue, drawn, charged=5, most=3)
    assert told not in meter_of(catalogue, drawn, charged=4, most=3)


def test_providers_are_called_as_everywhere_else(catalogue: Catalogue) -> None:
    rows = rows_of(catalogue, Spent("gateway", "paints-9", count=1, dollars=0.5, unknown=0))
    assert ZH("providers.Gateway") in rows[0]
