"""Opening the index: in the newest form, or refused politely, or built anew."""

from __future__ import annotations

import contextlib
import logging
import threading
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from playground.errors import ConfigurationError
from playground.history.database import Damaged, Database, sqlite_url
from playground.history.locks import locked
from playground.history.migrations import REVISIONS, require_known
from playground.history.rescue import carry_over

_SQLITE_FILES = ("", "-wal", "-shm")
_HEADER_BYTES = 100
_ONE_AT_A_TIME = threading.Lock()  # Alembic keeps what it is at in a module
_log = logging.getLogger(__name__)


def open_sqlite(path: Path, *, busy_seconds: float) -> Database:
    """The index in a file, made or brought up to date; a damaged one is set aside first.

    Raises:
        ConfigurationError: a newer release wrote it.
        PlaygroundError, OSError: it cannot be opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_name(f"{path.name}.lock")):
        if is_damaged(path):
            return anew(path, busy_seconds)
        try:
            return _up_to_date(sqlite_url(path), str(path), busy_seconds)
        except Damaged:
            return anew(path, busy_seconds)


def anew(path: Path, busy_seconds: float) -> Database:
    """An index that the folders fill, and with what can be read of the damaged one beside them."""
    damaged = set_aside(path)
    database = _up_to_date(sqlite_url(path), str(path), busy_seconds)
    carry_over(damaged, database)
    return database


def open_postgresql(url: str, *, busy_seconds: float) -> Database:
    """The index in a PostgreSQL database. Raises as `open_sqlite`, and for a missing driver."""
    try:
        return _up_to_date(url, "PLAYGROUND_DATABASE_URL", busy_seconds)
    except ImportError:
        raise ConfigurationError(
            "PLAYGROUND_DATABASE_URL: the driver is missing; install it with pip install psycopg[binary]"
        ) from None


def is_damaged(path: Path) -> bool:
    """Whether an SQLite file is none, is torn or is cut short. Looks closely only where something is odd."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with path.open("rb") as stream:
        head = stream.read(_HEADER_BYTES)
    page_size = int.from_bytes(head[16:18], "big") or 1
    page_size = 65536 if page_size == 1 else page_size
    pages = int.from_bytes(head[28:32], "big")
    return not head.startswith(b"SQLite format 3\0") or path.stat().st_size < page_size * pages


def set_aside(path: Path) -> Path:
    """Renames a damaged file, so that nothing is lost, and says so in the log."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    target = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    for ending in _SQLITE_FILES:
        source = path.with_name(path.name + ending)
        if source.exists():
            source.rename(target.with_name(target.name + ending))
    _log.warning(
        "The index of the history was damaged. It has been set aside as %s and is being built anew from the "
        "pictures' folders; no picture is lost.",
        target.name,
    )
    return target


def _up_to_date(url: str, where: str, busy_seconds: float) -> Database:
    database, is_ready = Database(url, busy_seconds=busy_seconds), False
    try:
        _bring_up_to_date(database, where)
        is_ready = True
    finally:
        if not is_ready:
            database.close()
    return database


def _bring_up_to_date(database: Database, where: str) -> None:
    with database.reading() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        revision = _revision(connection)
    if revision is not None:
        require_known(revision, where)
    if revision == REVISIONS[-1]:
        return
    with database.writing() as connection:  # of two processes that start together, one waits here
        if _revision(connection) != REVISIONS[-1]:
            migrate(connection, "head", is_unmarked=_is_unmarked(connection))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _is_unmarked(connection: Connection) -> bool:
    """Whether an index is from before migrations: the tables of the first revision, and no note of it."""
    return _revision(connection) is None and inspect(connection).has_table("generations")


def add_tables(connection: Connection, first: str, statements: str) -> None:
    """Runs a library's own statements, many in one text, unless its table `first` is there."""
    if not inspect(connection).has_table(first):
        with contextlib.closing(connection.connection.cursor()) as cursor:
            cursor.execute(statements)


def migrate(connection: Connection, revision: str, *, is_unmarked: bool = False) -> None:
    """Runs the migrations up to a revision, in the transaction that is open.

    Args:
        is_unmarked: the tables of the first revision are there already.
    """
    from alembic import command  # late: needed only when something has to change
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("playground.history") / "migrations"))
    config.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        if is_unmarked:
            command.stamp(config, REVISIONS[0])
        command.upgrade(config, revision)
