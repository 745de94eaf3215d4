"""A history as a table for accounting: what each generation has cost, and never a key or whose it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Final

from playground.history.models import Entry

COLUMNS: Final = (
    "time_utc", "generation", "provider", "model", "tab", "pictures", "seconds", "estimate_usd", "tokens_usd",
    "cost_usd", "outcome", "prompt",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), in full width, too."""
_LATER_FORMULA: Final = re.compile(rf"([;\t\r\n]\s*)(?=[{re.escape(''.join(_FORMULA[:8]))}])")
"""Within a cell: where a comma separates decimals, spreadsheets take a semicolon for the end of a cell; then
quotation marks are part of it, and a line ends the row."""
_MAX_PROMPT: Final = 500
_MARK: Final = "\ufeff"
"""Without it, Excel takes UTF-8 for something else."""


def lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The table as CSV (RFC 4180), a line at a time; amounts are empty where they are unknown."""
    yield from table(COLUMNS, map(_cells, entries))


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Any table as CSV (RFC 4180), a line at a time, in which no spreadsheet finds a formula."""
    yield _MARK + _line(header)
    for row in rows:
        yield _line(map(_harmless, row))


def _cells(entry: Entry) -> tuple[object, ...]:
    return (
        f"{entry.created:%Y-%m-%d %H:%M:%S}",
        entry.id,
        entry.provider,
        entry.model,
        entry.mode,
        sum(not picture.locked for picture in entry.pictures),
        "" if entry.seconds is None else f"{entry.seconds:.1f}",
        *(
            "" if dollars is None else f"{dollars:.6f}"
            for dollars in (entry.cost, entry.tokens_cost, entry.paid)
        ),
        entry.error_code or "ok",
        " ".join(entry.prompt.split())[:_MAX_PROMPT],
    )


def _harmless(cell: object) -> str:
    text = _LATER_FORMULA.sub(r"\1'", str(cell))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _line(cells: Iterable[object]) -> str:
    target = io.StringIO()
    csv.writer(target).writerow(cells)
    return target.getvalue()
