"""The engine behind the index: SQLite beside the pictures, or PostgreSQL at an address."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from playground.errors import PlaygroundError

_MOST_CONNECTIONS = 16
_ONE_WRITER = 0x706C6179
_PATIENCE = MappingProxyType({"connect_timeout": 5, "tcp_user_timeout": 10_000})
"""How long a PostgreSQL server may be silent, in seconds and milliseconds; its address may say otherwise."""


class Damaged(Exception):
    """The file of the index cannot be read any more. The folders can: it is to be built anew."""


class Disconnected(PlaygroundError):
    """The server went away since it was last asked, as it does when it is restarted. It may be back."""


class Database:
    """Connections for reading and for writing. Thread-safe.

    Raises:
        PlaygroundError: "history_busy" after another process has written for too long, "history_failed"
            for every other failure of the database.
        Disconnected: "history_failed" too. Whoever asks once more gets a new connection.
        Damaged: an SQLite file is none, or is torn.
    """

    def __init__(self, url: str, *, busy_seconds: float) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self._reader, self._writer = _engines(url, self.is_sqlite, busy_seconds)
        self._is_closed = False
        for engine in (self._reader, self._writer):
            event.listen(engine, "checkin", self._end_late)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which each statement stands for itself."""
        with _translated(), self._reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, *, is_synced: bool = False) -> Iterator[Connection]:
        """A transaction: all of it holds, or none.

        Args:
            is_synced: no power cut takes it back once it is committed. For what is in no folder.
        """
        with _translated(), self._writer.connect() as connection:
            if is_synced and self.is_sqlite:  # before the transaction: within one it means nothing
                _say_sqlite(connection, "synchronous=FULL")
            try:
                with connection.begin():
                    if is_synced and not self.is_sqlite:
                        connection.exec_driver_sql("SELECT set_config('synchronous_commit', 'on', true)")
                    yield connection
            finally:
                if is_synced and self.is_sqlite:
                    _say_sqlite(connection, "synchronous=NORMAL")

    def close(self) -> None:
        """Closes every connection; one that is in use, once it is given back."""
        self._is_closed = True
        self._reader.dispose()
        self._writer.dispose()

    def _end_late(self, connection: object, record: ConnectionPoolEntry) -> None:
        """A thread that still asks at the end gives its connection back to nobody."""
        if self._is_closed and connection is not None:
            record.invalidate()


def sqlite_url(path: Path) -> str:
    """The address of a file."""
    return f"sqlite:///{path}"


def connection_arguments(url: str) -> dict[str, Any]:
    """What psycopg is to be told, for whoever connects to PostgreSQL by it alone."""
    address = make_url(url)
    _, arguments = address.get_dialect()().create_connect_args(address)
    return {**_PATIENCE, **arguments}


def _engines(url: str, is_sqlite: bool, busy_seconds: float) -> tuple[Engine, Engine]:
    pool = {"poolclass": QueuePool, "pool_size": 4, "max_overflow": _MOST_CONNECTIONS}
    if not is_sqlite:
        patience = {name: value for name, value in _PATIENCE.items() if name not in make_url(url).query}
        reader = create_engine(url, isolation_level="AUTOCOMMIT", connect_args=patience, **pool)
        writer = create_engine(url, connect_args=patience, **pool)
        event.listen(reader, "connect", _prepare_postgresql)
        event.listen(writer, "begin", _begin_postgresql)
        return reader, writer
    arguments = {"timeout": busy_seconds, "check_same_thread": False}
    reader = create_engine(url, connect_args=arguments, **pool)
    writer = create_engine(url, connect_args=arguments, **pool)
    for engine in (reader, writer):
        event.listen(engine, "connect", _prepare_sqlite)
    event.listen(writer, "begin", _begin_sqlite)
    return reader, writer


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    # A commit that a power cut takes back is no loss: the folder is there, and the next start adopts it.
    for pragma in ("synchronous=NORMAL", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _say_sqlite(connection: Connection, pragma: str) -> None:
    """By the driver itself: SQLAlchemy would begin a transaction."""
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA {pragma}").close()


def _prepare_postgresql(connection: Any, _: object) -> None:
    """Every question has its index; the planner, which cannot count pieces, would rather read it all."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    """At once as a writer: whoever began as a reader could not wait for another writer to finish."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    """One writer at a time here too: keys are chosen by looking at what is taken; migrations wait.

    The commit does not wait for the server's disk, for the reason given above.
    """
    connection.exec_driver_sql(
        f"SELECT pg_advisory_xact_lock({_ONE_WRITER}), set_config('synchronous_commit', 'off', true)"
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = _reason(error.orig)
        if error.connection_invalidated:
            raise Disconnected("history_failed", reason=reason) from None
        raise _failure(error.orig, reason) from None
    except SQLAlchemyError as error:
        raise PlaygroundError("history_failed", reason=type(error).__name__) from None


def _reason(error: object) -> str:
    """Never the words of a driver: they may name the address and its password."""
    return getattr(error, "sqlite_errorname", None) or type(error).__name__


def _failure(error: object, reason: str) -> Exception:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        primary = code & 0xFF
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return Damaged()
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return PlaygroundError("history_busy")
        if primary == sqlite3.SQLITE_FULL:
            return PlaygroundError("disk_failed", reason="No space left on device")
    return PlaygroundError("history_failed", reason=reason)
