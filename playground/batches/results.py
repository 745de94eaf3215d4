"""What became of a batch, to be carried away: one ZIP with the pictures, and a table that says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from zipstream import ZIP_DEFLATED, ZIP_STORED, ZipStream

from playground.batches import pictures, plan
from playground.batches.table import PICTURES
from playground.history import Batch, BatchRow, Entry, History, RowState, filenames
from playground.history.accounting import table

TABLE: Final = "batch.csv"
COLUMNS: Final = (
    "row", "line", "status", "files", "reason", "price_usd", "seconds", *plan.COLUMNS, "generation",
)  # fmt: skip
Reason = Callable[[BatchRow], str]
"""Why a row has brought no picture, in words."""


def pieces(history: History, batch: Batch, reason: Reason) -> Iterator[bytes]:
    """The ZIP in pieces, made while it is sent; pictures are stored as they are, byte for byte.

    Raises:
        PlaygroundError: the database does not answer.
        OSError: a file went away while the ZIP was on its way.
    """
    rows = history.batches.rows(batch.id)
    entries = _entries(history, batch, rows)
    archive, files = ZipStream(compress_type=ZIP_STORED), dict[int, list[str]]()
    for row in rows:
        entry = entries.get(row.generation(batch.id))
        for place, picture in enumerate(entry.pictures if entry else (), 1):
            path = history.find_file(batch.owner, picture.generation, picture.name)
            if entry is None or path is None:
                continue
            name = filenames.numbered(
                f"{row.number:03d}-{filenames.stem(entry.created, entry.prompt)}", place, path.name
            )
            archive.add_path(path, name)
            files.setdefault(row.number, []).append(name)
    given = PICTURES[: max((len(pictures.called(row)) for row in rows), default=0)]
    cells = (_cells(batch, row, files.get(row.number, ()), given, reason) for row in rows)
    lines = (line.encode() for line in table((*COLUMNS, *given), cells))
    archive.add(lines, TABLE, compress_type=ZIP_DEFLATED)
    return iter(archive)


def _entries(history: History, batch: Batch, rows: Sequence[BatchRow]) -> dict[str, Entry]:
    ids = [row.generation(batch.id) for row in rows if row.state is RowState.DONE]
    return {entry.id: entry for entry in history.entries(batch.owner, ids)}


def _cells(
    batch: Batch, row: BatchRow, files: Sequence[str], given: Sequence[str], reason: Reason
) -> tuple[object, ...]:
    called = pictures.called(row)
    return (
        row.number,
        row.line,
        row.state.value,
        " ".join(files),
        reason(row),
        "" if row.price is None else f"{row.price:.6f}",
        "" if row.seconds is None else f"{row.seconds:.1f}",
        *(row.fields.get(name, "") for name in plan.COLUMNS),
        row.generation(batch.id) if row.tries else "",
        *(called[place] if place < len(called) else "" for place in range(len(given))),
    )
