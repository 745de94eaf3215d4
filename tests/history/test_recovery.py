"""What a crash, a full disk, a damaged index or a second process may do: no picture is lost by it."""

from __future__ import annotations

import errno
import json
import logging
import multiprocessing
import os
import shutil
import sqlite3
import threading
from collections import namedtuple
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from playground.errors import ConfigurationError, PlaygroundError
from playground.history import (
    SHARED_OWNER,
    Batch,
    BatchRow,
    Charge,
    History,
    Query,
    Span,
    SpendingLimits,
)
from playground.record import Record, RecordedError, RecordedOutcome
from playground.settings import StorageSettings
from tests.history_samples import ENGINES, NOON, SERVER, add, database_url, opened, part, record
from tests.wire.samples import picture

FILE = "history.sqlite3"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def prompts(history: History, owner: str = "me") -> list[str]:
    return [entry.prompt for entry in history.page(owner).entries]


def test_the_index_can_be_deleted(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        starred, deleted = add(history, prompt="kept"), add(history, prompt="deleted")
        history.star("me", starred, True)
        history.delete("me", [deleted])
        before = history.page("me")
    for path in tmp_path.glob(f"{FILE}*"):
        path.unlink()
    with opened(tmp_path) as history:
        history.start()
        assert history.page("me") == before
        assert before.entries[0].starred
        assert history.restore("me", [deleted]) == 1


def test_a_start_without_rows_tells_how_far_it_is(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.history.managed_index._AT_ONCE", 2)
    with opened(tmp_path, engine) as history:
        for number in range(5):
            add(history, prompt=str(number), minutes=number)
        before, told = history.page("me"), []
        history._index.run(lambda index: index.remove(index.ids()))
        history.start(lambda done, total: told.append((done, total)))
        assert told == [(2, 5), (4, 5), (5, 5)]
        assert history.page("me") == before
        assert history.page("me", Query(text="3")).entries == (before.entries[1],)


def test_rows_without_folders_go_and_folders_without_rows_come(tmp_path: Path, engine: str) -> None:
    with opened(tmp_path, engine) as history:
        gone, stays = add(history, prompt="gone"), add(history, prompt="stays")
        shutil.rmtree(history.folder(gone))
        copy = history.folder(stays).with_name("came-from-a-backup")
        shutil.copytree(history.folder(stays), copy)
        history.start()
        assert prompts(history) == ["stays", "stays"]
        assert history.find_file("me", copy.name, "1-1.png") == copy / "1-1.png"


def test_what_a_crash_left_half_written_is_swept_and_what_was_finished_is_kept(tmp_path: Path) -> None:
    """A job of two pictures: one arrived, then the process was killed."""
    with opened(tmp_path) as history:
        saved = history.save_picture("interrupted", 1, 1, part())
        begun = record(saved, "me", "half done", "", seconds=None, outcomes=[])
        history.begin(begun)
        history.begin(begun.model_copy(update={"id": "nothing-came", "prompt": "nothing came"}))
    dead = tmp_path / "incoming" / "dead"
    dead.mkdir(parents=True)
    (dead / "torn").write_bytes(b"half a pict")
    with opened(tmp_path) as history:
        mine = history.staging_dir / "being-written"
        mine.write_bytes(b"x")
        history.start()
        assert mine.exists()
        assert not dead.exists()
        found = {entry.prompt: entry for entry in history.page("me").entries}
        assert [shown.sha256 for shown in found["half done"].pictures] == [saved.sha256]
        assert found["half done"].pictures[0].width == 8
        assert found["nothing came"].error_code == "interrupted"


def test_a_job_that_another_process_saw_running_is_read_again(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as two:
        one.begin(Record(id="running", owner="me", prompt="running", started=NOON))
        two.start()
        assert two.page("me").entries[0].pictures == ()
        one.save_picture("running", 1, 1, part())  # and now it is killed
        two.start()
        assert len(two.page("me").entries[0].pictures) == 1


def test_a_job_that_runs_is_no_leftover(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        history.begin(Record(id="running", owner="me", prompt="running"))
        history.start()
        assert prompts(history) == []
        history.save_picture("running", 1, 1, part())
        assert history.find_file("me", "running", "1-1.png") is not None
        assert history.find_file("you", "running", "1-1.png") is None
        history.forget("running")
        assert not (tmp_path / "generations" / "running").exists()


def test_every_call_of_a_job_that_was_cut_off_has_an_outcome(tmp_path: Path) -> None:
    """One brought a picture, one a thought, one had been told in the record, and one nothing."""
    refused = RecordedOutcome(call=3, error=RecordedError(code="blocked"))
    begun = Record(id="g", owner="me", settings={"count": 4}, started=NOON)
    with opened(tmp_path) as history:
        history.begin(begun)
        history.save_picture("g", 1, 1, part(thought=True))
        history.save_picture("g", 1, 2, part())
        history.save_picture("g", 2, 1, part(thought=True))
        history.note(begun.model_copy(update={"outcomes": (refused,)}))
    with opened(tmp_path) as history:
        (record,) = history.take_over()
        assert (record.interrupted, record.seconds) == (True, None)
        assert [len(outcome.pictures) for outcome in record.outcomes] == [2, 1, 0, 0]
        codes = [outcome.error.code if outcome.error else None for outcome in record.outcomes]
        assert codes == [None, "interrupted", "blocked", "interrupted"]
        history.save_record(record.model_copy(update={"seconds": 0.0}))
    with opened(tmp_path) as history:  # saved, but nobody was told
        assert [one.outcomes for one in history.take_over()] == [record.outcomes]
        history.acknowledge("g")
    with opened(tmp_path) as history:
        assert list(history.take_over()) == []
    assert list(tmp_path.glob("incoming/*")) == []


def test_a_job_that_was_told_as_ended_and_never_written_down_is_interrupted(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        saved = history.save_picture("g", 1, 1, part())
        ended = record(saved, "me", "ended", "")
        history.begin(ended.model_copy(update={"seconds": None, "outcomes": ()}))
        found = history.interrupted(ended)
        assert found is not None
        assert (found.seconds, found.interrupted, found.outcomes) == (None, True, ended.outcomes)
        history.save_record(ended)
        assert history.interrupted(ended) is None


@pytest.mark.parametrize("left", ["finished", "stopped short", "nothing", "removed"])
def test_a_job_that_needs_no_telling_is_not_told(tmp_path: Path, left: str) -> None:
    """Killed between the record and its note, or before anything was sent."""
    with opened(tmp_path) as history:
        history.begin(Record(id="g", owner="me", started=NOON))
        saved = history.save_picture("g", 1, 1, part())
        history.save_record(record(saved, "me", "done", "", interrupted=left in ("stopped short", "removed")))
        (history.staging_dir / "jobs" / "g").touch()
        if left == "nothing":
            shutil.rmtree(history.folder("g"))
        if left == "removed":
            history.delete_all("me")
    with opened(tmp_path) as history:
        assert [one.id for one in history.take_over()] == (["g"] if left == "stopped short" else [])
        assert [path.name for path in history.staging_dir.glob("jobs/*")] == (
            ["g"] if left == "stopped short" else []
        )


def test_a_record_that_is_damaged_costs_no_picture(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        generation = add(history)
        (history.folder(generation) / "record.json").write_bytes(b'{"prompt": "tor')
        history._index.run(lambda index: index.remove(index.ids()))
        history.start()
        (entry,) = history.page(SHARED_OWNER).entries
        assert entry.pictures[0].path.read_bytes() == picture()


# ── a damaged, a newer, a locked index (fault plan F14) ─────────────────────────────────────────────────────


@pytest.mark.parametrize("damage", ["none of ours", "cut short", "torn inside"])
def test_a_damaged_index_is_set_aside_and_built_anew(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as history:
        for number in range(30):
            add(history, prompt=f"picture {number}", minutes=number)
        before = history.page("me")
    file = tmp_path / FILE
    data = file.read_bytes()
    harmed = {
        "none of ours": b"not a database " * 1000,
        "cut short": data[: len(data) // 2],
        "torn inside": data[:4096] + os.urandom(len(data) - 4096),
    }[damage]
    file.write_bytes(harmed)
    with opened(tmp_path) as history:
        history.start()
        assert history.page("me") == before
        add(history, prompt="new", minutes=99)
        assert prompts(history)[0] == "new"
    (aside,) = tmp_path.glob("history.damaged-*.sqlite3")
    assert aside.read_bytes()[:1000] == harmed[:1000]
    assert "set aside" in caplog.text
    assert "no picture is lost" in caplog.text


def test_what_no_folder_tells_is_read_out_of_a_damaged_index(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        add(history, prompt="a fox")
        history.ledger.set_limits("me", SpendingLimits(5.0, None, 7))
        history.ledger.reserve(Charge("c", "me", "", 1.25, 0, is_operators=False))
        batch = Batch(id="b", owner="me", network="", created=NOON)
        history.batches.add(batch, [BatchRow(1, 2, {"prompt": "a boat"})])
        expected = history.page("me")
    file = tmp_path / FILE
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        wanted = "SELECT rootpage FROM sqlite_master WHERE name = 'generations'"
        (page,) = connection.execute(wanted).fetchone()
    data = bytearray(file.read_bytes())
    data[(page - 1) * page_size : page * page_size] = os.urandom(page_size)
    file.write_bytes(data)
    with opened(tmp_path) as history:
        history.start()
        assert history.page("me") == expected
        assert history.ledger.limits("me") == SpendingLimits(5.0, None, 7)
        assert history.ledger.charged("me", Span.DAY) == (1.25, 0)
        assert [row.fields for row in history.batches.rows("b")] == [{"prompt": "a boat"}]
    assert list(tmp_path.glob("history.damaged-*.sqlite3"))


def test_an_index_that_breaks_while_it_is_used_is_built_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        for number in range(300):
            add(history, prompt=f"picture {number}", minutes=number)
        expected = history.page("me", limit=300)
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        history.close()
        assert history.usage("nobody").count == 0  # opened again, with nothing in memory
        data = (tmp_path / FILE).read_bytes()
        with (tmp_path / FILE).open("r+b") as stream:
            stream.seek(4096 * 2)
            stream.write(b"\xff" * (len(data) - 4096 * 2))
        assert history.page("me", limit=300) == expected


def test_an_index_of_a_newer_release_is_refused_politely(tmp_path: Path, engine: str) -> None:
    """Fault plan F23."""
    with database_url(engine) as url:
        from dataclasses import replace

        from playground.settings import StorageSettings

        storage = replace(StorageSettings(), database_url=url, min_free=0)
        history = History(tmp_path, storage)
        add(history)
        history._index.run(lambda index: _set_revision(index, "9999"))
        history.close()
        newer = History(tmp_path, storage)
        with pytest.raises(ConfigurationError, match="newer version") as caught:
            newer.refuse_newer()
        assert "9999" in str(caught.value)
        with pytest.raises(ConfigurationError, match="newer version"):
            newer.page("me")
        newer.close()
    assert not list(tmp_path.glob("*.damaged-*"))


def _set_revision(index: Any, revision: str) -> None:
    from sqlalchemy import text

    with index._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_a_locked_index_is_said_so_and_the_picture_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path, busy_seconds=0.2) as history:
        first = add(history, prompt="first", minutes=1)
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            add(history, prompt="second", minutes=2)  # the folder is the truth; the row can wait
            assert "cannot be indexed yet" in caplog.text
            assert prompts(history) == ["first"]  # readers are not locked out
            with pytest.raises(PlaygroundError) as caught:
                history.star("me", first, True)
            assert caught.value.code == "history_busy"
            other.execute("ROLLBACK")
        history.maintain()
        assert prompts(history) == ["second", "first"]
        add(history, prompt="third", minutes=3)
        assert prompts(history) == ["third", "second", "first"]


def test_a_writer_waits_for_another(tmp_path: Path) -> None:
    with opened(tmp_path, busy_seconds=60) as history:
        add(history, prompt="first")
        with closing(
            sqlite3.connect(tmp_path / FILE, isolation_level=None, check_same_thread=False)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            threading.Timer(0.3, lambda: other.execute("ROLLBACK")).start()
            add(history, prompt="second", minutes=1)
        assert prompts(history) == ["second", "first"]


def _work(folder: str, url: str | None, owner: str, count: int) -> None:
    from dataclasses import replace

    from playground.settings import StorageSettings

    history = History(Path(folder), replace(StorageSettings(), database_url=url, min_free=0), busy_seconds=60)
    history.start()
    for number in range(count):
        generation = history.new_id()
        started = NOON + timedelta(minutes=number)
        # Without a beginning, the other takes it for one that was cut off.
        history.begin(Record(id=generation, owner=owner, started=started))
        add(history, owner, prompt=f"{owner} {number}", minutes=number, generation=generation)
    history.close()


def test_two_processes_share_one_data_directory(tmp_path: Path, engine: str) -> None:
    """They start together, on nothing, and both make the index."""
    context = multiprocessing.get_context("spawn")
    with database_url(engine) as url:
        workers = [
            context.Process(target=_work, args=(str(tmp_path), url, owner, 15)) for owner in ("me", "you")
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(100)
        assert [worker.exitcode for worker in workers] == [0, 0]
        from dataclasses import replace

        from playground.settings import StorageSettings

        history = History(tmp_path, replace(StorageSettings(), database_url=url))
        for owner in ("me", "you"):
            assert prompts(history, owner) == [f"{owner} {number}" for number in reversed(range(15))]
        history.close()
    assert not list(tmp_path.glob("incoming/*"))


# ── no room (fault plan F13) ────────────────────────────────────────────────────────────────────────────────

DiskUsage = namedtuple("DiskUsage", "total used free")


def test_a_full_disk_is_noticed_before_anything_is_paid_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DiskUsage(10**9, 10**9, 5_000_000))
    with opened(tmp_path, min_free=50_000_000) as history:
        with pytest.raises(PlaygroundError) as caught:
            history.begin(Record(id="g", owner="me"))
        assert (caught.value.code, dict(caught.value.facts)) == ("disk_low", {"free": "5", "needed": "50"})
    assert not (tmp_path / "generations").exists()


def test_quotas_hold_for_each_and_for_all(tmp_path: Path, engine: str) -> None:
    size = len(picture())
    with opened(tmp_path, engine, visitor_quota=size + 1, total_quota=2 * size + 1) as history:
        history.require_space("me")
        add(history, "me")
        history.require_space("me")
        add(history, "me")
        with pytest.raises(PlaygroundError, match="quota_full"):
            history.require_space("me")
        assert history.usage("me").quota_bytes == size + 1
        history.require_space("you")
        add(history, "you")
        with pytest.raises(PlaygroundError, match="quota_full_for_all"):
            history.require_space("third")


def test_retention_spares_the_starred_and_the_young(tmp_path: Path, engine: str) -> None:
    from datetime import UTC, datetime

    with opened(tmp_path, engine, retention_days=30) as history:
        add(history, prompt="old", started="2020-01-01T00:00:00+00:00")
        starred = add(history, prompt="starred", started="2020-01-01T00:00:00+00:00")
        history.star("me", starred, True)
        add(history, prompt="young", started=datetime.now(UTC).isoformat())
        history.start()
        assert prompts(history) == ["young", "starred"]
        assert len(list((tmp_path / "generations").iterdir())) == 2


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_picture_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with opened(tmp_path) as history:
        before = sorted(path.name for path in history.staging_dir.iterdir())
        with monkeypatch.context() as patch:
            patch.setattr(*((os, "fsync", full) if failing == "fsync" else (Path, "replace", full)))
            with pytest.raises(OSError, match="No space"):
                history.save_picture("g", 1, 1, part())
        assert list((tmp_path / "generations").glob("g/*")) == []
        assert sorted(path.name for path in history.staging_dir.iterdir()) == before


def _fill_up(folder: str, problems: Any) -> None:
    """Saves pictures until a file may not grow any more, as on a full disk."""
    import resource

    history = History(Path(folder))
    add(history, prompt="before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        history.save_picture("too-large", 1, 1, part(b"\x89PNG" * 100_000))
    except OSError as error:
        problems.put(error.errno)
    for number in range(60):  # until SQLite's log is full as well
        add(history, prompt=f"after {number} " + "xyz " * 800, minutes=number)
    problems.put("told")


def test_files_that_may_not_grow_cost_the_picture_and_nothing_else(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    problems = context.SimpleQueue()
    worker = context.Process(target=_fill_up, args=(str(tmp_path), problems))
    worker.start()
    worker.join(100)
    assert (problems.get(), problems.get(), worker.exitcode) == (errno.EFBIG, "told", 0)
    with opened(tmp_path) as history:
        history.start()
        assert len(history.page("me", limit=500).entries) == 61
        assert list((tmp_path / "generations").glob("too-large/*")) == []
        mine = history.staging_dir
        assert list(tmp_path.glob("incoming/*/*")) == [mine / "lock"]


def test_a_data_directory_that_takes_no_file_says_so(tmp_path: Path) -> None:
    blocked = tmp_path / "data"
    blocked.write_text("a file where a folder should be")
    with opened(blocked) as history, pytest.raises((OSError, PlaygroundError)):
        history.begin(Record(id="g", owner="me"))


def test_a_part_that_is_a_file_is_moved_and_not_copied(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        arrived = history.staging_dir / "arrived"
        arrived.write_bytes(picture())
        node = arrived.stat().st_ino
        saved = history.save_picture("g", 1, 1, part(b"", file=arrived, file_bytes=len(picture())))
        assert (saved.path.stat().st_ino, arrived.exists()) == (node, False)
        assert (saved.byte_count, saved.path.read_bytes()) == (len(picture()), picture())


def test_no_file_and_no_row_holds_a_password_of_the_database(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = "postgresql+psycopg://someone:canary-password@127.0.0.1:1/none?connect_timeout=2"
    with opened(tmp_path) as history:
        from dataclasses import replace

        from playground.settings import StorageSettings

        remote = History(tmp_path, replace(StorageSettings(), database_url=url))
        with pytest.raises(PlaygroundError) as caught:
            remote.page("me")
        assert caught.value.code == "history_failed"
        add(remote)  # kept in its folder all the same
        remote.close()
        history.start()
        assert prompts(history) == ["a red fox"]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"canary-password" not in written
    assert "canary-password" not in caplog.text + str(caught.value) + repr(
        json.dumps(dict(caught.value.facts))
    )


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine == "postgresql"])
def test_a_server_that_was_restarted_is_asked_again(tmp_path: Path, engine: str) -> None:
    """Connections that were open break; neither a question nor a generation is lost over it."""
    with database_url(engine) as url:
        assert url is not None
        history = History(tmp_path, StorageSettings(database_url=url, min_free=0))
        first = add(history, prompt="before")
        history.page("me")
        break_connections(url)
        history.star("me", first, True)
        break_connections(url)
        (entry,) = history.page("me").entries
        assert (entry.id, entry.starred) == (first, True)
        history.close()


def break_connections(url: str) -> None:
    """What a restart of the server does to them; only to those of this address."""
    import psycopg

    with psycopg.connect(os.environ[SERVER], autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s",
            [url.rpartition("=")[2]],
        ).fetchall()
    assert ended
