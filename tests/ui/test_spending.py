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


def rows_of(catalogue: Catalogue, *spent: Spent) -> list[str]:
    """The table's lines as text."""
    ledger = SimpleNamespace(
        spent=lambda *_: spent, charged=lambda *_: (0.0, 0), limits=lambda _: SpendingLimits()
    )
    history: Any = SimpleNamespace(ledger=ledger)
    html = meter(history, catalogue, "me", "0", ZH)
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


def test_providers_are_called_as_everywhere_else(catalogue: Catalogue) -> None:
    rows = rows_of(catalogue, Spent("gateway", "paints-9", count=1, dollars=0.5, unknown=0))
    assert ZH("providers.Gateway") in rows[0]
