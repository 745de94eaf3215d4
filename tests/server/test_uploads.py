"""Uploads that broke off, and those of ended processes, go by the clock in a server that nobody visits."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from playground.catalogue import Catalogue
from playground.history import History
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.server import host, uploads
from playground.server.budgets import UPLOADS_KEPT_SECONDS
from playground.server.host import create_host
from playground.settings import Settings


def keep(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    """One that broke off, a whole one, and an answer to a program."""
    folder = tmp_path / uploads.FOLDER
    names = ("tmp1234", "0123abcd/cat.png", "lent/4567/cat.png")
    return tuple(keep(folder / name) for name in names)


def test_each_goes_in_its_time(tmp_path: Path, files: tuple[Path, ...]) -> None:
    folder, now = tmp_path / uploads.FOLDER, time.time()
    uploads.sweep(folder, now + 60)
    assert [file.exists() for file in files] == [True, True, True]
    uploads.sweep(folder, now + uploads.UNFINISHED_SECONDS + 60)
    assert [file.exists() for file in files] == [False, True, True]
    uploads.sweep(folder, now + UPLOADS_KEPT_SECONDS + 60)
    assert list(folder.iterdir()) == []


def test_nothing_outside_is_touched(tmp_path: Path) -> None:
    folder, other = tmp_path / uploads.FOLDER, keep(tmp_path / "pictures" / "cat.png")
    folder.mkdir()
    (folder / "away").symlink_to(other.parent)
    uploads.sweep(folder, time.time() + 10 * UPLOADS_KEPT_SECONDS)
    assert other.exists()
    uploads.sweep(tmp_path / "missing", time.time())


async def test_a_server_that_nobody_visits_sweeps_them(
    tmp_path: Path, catalogue: Catalogue, files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    swept, sweep = threading.Event(), uploads.sweep

    def late(folder: Path, now: float) -> None:
        sweep(folder, now + UPLOADS_KEPT_SECONDS + 60)
        swept.set()

    monkeypatch.setattr(host, "MAINTENANCE_SECONDS", 0.001)
    monkeypatch.setattr(uploads, "sweep", late)
    made = create_host(Studio(catalogue, Provider(catalogue), History(tmp_path)), Settings(data_dir=tmp_path))
    async with made.router.lifespan_context(made):
        assert await asyncio.to_thread(swept.wait, 20)
    assert not any(file.exists() for file in files)
