"""The engine behind the index: SQLite beside the pictures, or PostgreSQL at an address."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection

from playground.history import schema

BUSY_SECONDS = 10.0
"""How long a write waits for another process's."""


class Database:
    """Connections for reading and for writing. Thread-safe."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self._reader, self._writer = _engines(url, self.is_sqlite, busy_seconds)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which each statement stands for itself."""
        with self._reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it holds, or none."""
        with self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()

    def create(self) -> None:
        with self.writing() as connection:
            schema.metadata.create_all(connection)
            if self.is_sqlite:
                if not connection.execute(text("SELECT 1 FROM sqlite_master WHERE name='grams'")).first():
                    connection.execute(text(schema.GRAMS_SQLITE))
            else:
                schema.grams_postgresql.metadata.create_all(connection)


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def _engines(url: str, is_sqlite: bool, busy_seconds: float) -> tuple[Engine, Engine]:
    if not is_sqlite:
        reader = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        return reader, create_engine(url, pool_pre_ping=True)
    arguments = {"timeout": busy_seconds, "check_same_thread": False}
    reader = create_engine(url, connect_args=arguments)
    writer = create_engine(url, connect_args=arguments)
    for engine in (reader, writer):
        event.listen(engine, "connect", _prepare)
    event.listen(writer, "begin", _begin)
    return reader, writer


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
