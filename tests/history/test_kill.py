"""`kill -9` at random moments: no torn picture, no lost finished picture, no row without a file (F12).

`PLAYGROUND_TEST_KILLS=200 python -m pytest tests/history/test_kill.py` does it two hundred times.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sqlite3
import time
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from playground.history import History
from tests.app_process import forked
from tests.history_killed import PICTURE_BYTES, READY, save_for_ever

KILLS = int(os.environ.get("PLAYGROUND_TEST_KILLS", "60"))
AT_ONCE = 4
FOLDERS = max(1, KILLS // 20)
START_SECONDS = 120


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_nothing_is_lost_however_often_the_process_is_killed(tmp_path: Path) -> None:
    context = forked()
    promised: dict[str, str] = {}
    for number in range(KILLS // AT_ONCE):
        # A few histories: later starts find more to heal than the first.
        promised |= _killed(context, tmp_path / f"data{number % FOLDERS}", tmp_path, number)
    assert len(promised) > KILLS / 4, "the children did not get far enough to prove anything"
    kept = set().union(*(_checked(folder, promised) for folder in sorted(tmp_path.glob("data*"))))
    assert promised.keys() <= kept


def _killed(context: ForkServerContext, folder: Path, notes: Path, number: int) -> dict[str, str]:
    """Runs two processes on one folder and kills both; what they were promised to be kept."""
    chance = random.Random(number)
    files = [notes / f"promises-{number}-{half}" for half in range(AT_ONCE)]
    children = [
        context.Process(target=save_for_ever, args=(str(folder), str(file), number), daemon=True)
        for file in files
    ]
    for child in children:
        child.start()
    deadline = time.monotonic() + START_SECONDS
    while not all(file.exists() and file.read_text().startswith(READY) for file in files):
        assert all(child.is_alive() for child in children), "a child failed; its traceback is above"
        assert time.monotonic() < deadline
        children[0].join(0.01)
    for child in children:
        child.join(chance.uniform(0, 0.1))  # a moment by chance
        assert child.is_alive(), "a child failed; its traceback is above"
        child.kill()
    for child in children:
        child.join()
        child.close()
    lines = [line for file in files for line in file.read_text().splitlines(keepends=True)]
    pairs = [line.split() for line in lines if line.endswith("\n")]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def unfinished(path: Path) -> bool:
    return json.loads(path.read_bytes())["seconds"] is None


def _checked(folder: Path, promised: dict[str, str]) -> set[str]:
    """Starts on what was left; returns the ids that are there, whole."""
    history = History(folder)
    cut_off = {record.id for record in history.take_over()}
    history.start()
    assert cut_off == {
        path.parent.name for path in folder.glob("generations/*/record.json") if unfinished(path)
    }
    mine = history.staging_dir
    assert list(folder.glob("incoming/[!.]*")) == [mine]
    whole = set()
    for path in folder.glob("generations/*/1-1.png"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert promised.get(path.parent.name, digest) == digest
        assert path.stat().st_size == PICTURE_BYTES
        whole.add(path.parent.name)
    with closing(sqlite3.connect(folder / "history.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = {row[0] for row in connection.execute("SELECT id FROM generations")}
        pictured = {row[0] for row in connection.execute("SELECT id FROM generations WHERE pictures <> '[]'")}
    assert pictured == whole
    assert {path.name for path in folder.glob("generations/*")} >= rows
    history.close()
    return whole
