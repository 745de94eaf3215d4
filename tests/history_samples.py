"""A history on either engine, and generations for it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playground import images
from playground.history import History
from playground.record import Record
from playground.result import PicturePart
from playground.settings import StorageSettings
from tests.wire.samples import picture

SERVER = "PLAYGROUND_TEST_POSTGRESQL"
"""Address of a PostgreSQL server for the tests, postgresql://user@/database?host=/folder/of/its/socket."""

ENGINES = ("sqlite", "postgresql") if os.environ.get(SERVER) or os.environ.get("CI") else ("sqlite",)
"""In CI both, whether the server is there or not: a missing one must be seen."""

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@contextmanager
def database_url(engine: str) -> Iterator[str | None]:
    """An address with nothing behind it yet, for the block; None for SQLite, which needs none."""
    if engine == "sqlite":
        yield None
        return
    import psycopg

    server, schema = os.environ[SERVER], f"test_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    mark = "&" if "?" in server else "?"
    address = f"{server}{mark}options={quote(f'-csearch_path={schema}')}&application_name={schema}"
    try:
        yield address.replace("postgresql://", "postgresql+psycopg://")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


@contextmanager
def opened(folder: Path, engine: str = "sqlite", **settings: Any) -> Iterator[History]:
    """A history below a folder, closed after the block."""
    options = {name: settings.pop(name) for name in ("one_owner", "busy_seconds", "now") if name in settings}
    with database_url(engine) as url:
        history = History(
            folder, replace(StorageSettings(database_url=url, min_free=0), **settings), **options
        )
        try:
            yield history
        finally:
            history.close()


def part(data: bytes | None = None, mime_type: str = "image/png", **facts: Any) -> PicturePart:
    """A picture as it arrives."""
    data = picture() if data is None else data
    return PicturePart(data=data, mime_type=mime_type, width=8, height=6, **facts)


def add(
    history: History,
    owner: str = "me",
    prompt: str = "a red fox",
    *,
    text: str = "Here it is.",
    data: bytes | None = None,
    minutes: float = 0,
    generation: str | None = None,
    **fields: Any,
) -> str:
    """Saves a generation with one picture, as `Studio` does, `minutes` after noon; returns its id."""
    generation = generation or history.new_id()
    found = images.sniff(data) if data else None
    kind = found.mime_type if found else "image/png"
    saved = history.save_picture(generation, 1, 1, part(data, kind))
    history.save_record(record(saved, owner, prompt, text, minutes, **fields))
    return generation


def add_several(history: History, count: int, owner: str = "me", prompt: str = "a red fox") -> str:
    """Saves a generation of so many calls with a picture each; returns its id."""
    generation = history.new_id()
    saved = [history.save_picture(generation, call, 1, part()) for call in range(1, count + 1)]
    several = [record(one, owner, prompt, "").outcomes[0] for one in saved]
    outcomes = [one.model_copy(update={"call": call}) for call, one in enumerate(several, 1)]
    history.save_record(record(saved[0], owner, prompt, "").model_copy(update={"outcomes": tuple(outcomes)}))
    return generation


def record(saved: Any, owner: str, prompt: str, text: str, minutes: float = 0, **fields: Any) -> Record:
    """What is kept beside a picture."""
    facts = {
        "name": saved.name,
        "mime_type": saved.mime_type,
        "width": saved.width,
        "height": saved.height,
        "bytes": saved.byte_count,
        "sha256": saved.sha256,
        "thought": saved.thought,
    }
    values = {
        "id": saved.generation,
        "owner": owner,
        "mode": "text",
        "started": (NOON + timedelta(minutes=minutes)).isoformat(),
        "seconds": 1.5,
        "provider": "demo",
        "model": "some-model",
        "prompt": prompt,
        "cost_usd": 0.04,
        "outcomes": [{"call": 1, "seconds": 1.5, "pictures": [facts], "text": text}],
    }
    return Record.read(values | fields)
