"""A process that saves generations until it is killed, and writes down each that `History` said was kept."""

from __future__ import annotations

import os
import random
from pathlib import Path

from sqlalchemy.dialects import sqlite

from playground.history import History, database, index, opening
from playground.record import Record
from tests.history_samples import NOON, part, record

READY = "ready"
LOADED = (database, index, opening, sqlite.dialect)
"""Before the fork, so that no kill is spent on an import."""
PICTURE_BYTES = 600_000


def save_for_ever(folder: str, promises: str, seed: int) -> None:
    """Never returns. `promises` gets a line "<id> <SHA-256>" for each picture that is kept."""
    chance = random.Random(seed)
    told = os.open(promises, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    history = History(Path(folder), busy_seconds=60)
    history.start()
    os.write(told, f"{READY}\n".encode())
    while True:
        generation = history.new_id()
        data = chance.randbytes(PICTURE_BYTES)
        arrived = part(data)
        if chance.random() < 0.5:  # as the transfer brings it: already in a file
            file = history.staging_dir / generation
            file.write_bytes(data)
            arrived = part(b"", file=file, file_bytes=len(data))
        history.begin(Record(id=generation, owner="me", prompt=generation, started=NOON))
        saved = history.save_picture(generation, 1, 1, arrived)
        os.write(told, f"{generation} {saved.sha256}\n".encode())
        history.save_record(record(saved, "me", generation, "done"))
        if chance.random() < 0.2:
            history.star("me", generation, True)
        if chance.random() < 0.2:
            history.delete("me", [generation])
