"""What an index holds that no folder tells: money, limits and batches, read out of a damaged file."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, insert, select, text

from playground.history.database import Database
from playground.history.schema import batch_rows, batches, charges, spending_limits

_TABLES: Final = (charges, spending_limits, batches, batch_rows)
_log = logging.getLogger(__name__)


def carry_over(damaged: Path, database: Database) -> None:
    """Puts into a new index what can still be read of an old one; what cannot is said in the log."""
    for table in _TABLES:
        rows = list(_rows(damaged, table))
        if rows:
            with database.writing() as connection:
                connection.execute(insert(table).prefix_with("OR IGNORE", dialect="sqlite"), rows)


def _rows(damaged: Path, table: Table) -> Iterator[dict[str, Any]]:
    """The rows of a table as far as they can be read, those without a value that has to be there left out."""
    needed = [one.name for one in table.columns if not (one.nullable or one.server_default)]
    try:
        with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            everything = select(text("*")).select_from(table)  # whatever columns an earlier release had
            for row in connection.execute(str(everything)):
                names = {*row.keys()} & {column.name for column in table.columns}
                values = {name: row[name] for name in names}
                if all(values.get(name) is not None for name in needed):
                    yield values
    except sqlite3.Error as error:
        _log.warning("Of the table %s not all could be read: %s", table.name, error)
