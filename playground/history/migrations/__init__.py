"""How the index came to look as it does: one file for each change that was ever released.

Needs no library, so that the start of the app can afford to refuse an index of a newer release.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from playground.errors import ConfigurationError

REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
"""Every migration, oldest first. An index with any other was written by a newer release."""


def refuse_newer(path: Path) -> None:
    """Raises ConfigurationError when a newer release wrote an SQLite index."""
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:  # no index yet, or a damaged one: `opening` knows what to do
        return
    if found is not None:
        require_known(str(found[0]), str(path))


def require_known(revision: str, where: str) -> None:
    """Raises ConfigurationError, naming `where`, for a revision that this release does not know."""
    if revision not in REVISIONS:
        raise ConfigurationError(
            f"{where}: this index of the history was written by a newer version of the playground "
            f"(form {revision}, this version knows {REVISIONS[-1]}). Start the newer version, or move the "
            "index away: it is then built anew from the pictures' folders."
        )
