"""Locks between processes: they end with their process, and their one rule where a disk knows none."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from playground.history.locks import locked, try_lock
from playground.history.staging import StagingFolder


def work_until_told(root: Path, told: Connection) -> None:
    """Another process of the app, with a job under way: says where its unfinished files are, then waits."""
    staging = StagingFolder(root)
    staging.note_job("job")
    told.send(staging.new_path())
    told.poll(None)


def test_only_one_has_a_lock_until_it_is_released(tmp_path: Path) -> None:
    lock = try_lock(tmp_path / "lock")
    assert lock is not None
    assert try_lock(tmp_path / "lock") is None
    lock.release()
    with locked(tmp_path / "lock"):
        assert try_lock(tmp_path / "lock") is None


def test_a_folder_is_swept_when_its_process_has_ended_and_not_before(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    mine, other = context.Pipe()
    child = context.Process(target=work_until_told, args=(tmp_path, other), daemon=True)
    child.start()
    unfinished: Path = mine.recv()
    unfinished.write_bytes(b"half a picture")
    staging = StagingFolder(tmp_path)
    own = staging.new_path()
    own.write_bytes(b"half of mine")
    staging.sweep()
    assert staging.take_over_jobs() == []
    assert unfinished.exists()
    child.kill()
    child.join()
    staging.sweep()
    assert not unfinished.exists()
    assert staging.take_over_jobs() == ["job"]
    assert not unfinished.parent.exists()
    assert own.exists()


def test_jobs_are_left_to_the_next_process_and_to_no_other_after_it(tmp_path: Path) -> None:
    first = StagingFolder(tmp_path)
    for job in ("told", "untold"):
        first.note_job(job)
        first.note_job(job)
    (first.path / "inputs").mkdir()
    first.new_path().write_bytes(b"half a picture")
    first.drop_job("told")
    first.drop_job("told")
    first.release()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["lock", "untold"]
    second, third = StagingFolder(tmp_path), StagingFolder(tmp_path)
    assert second.take_over_jobs() == ["untold"]
    assert third.take_over_jobs() == []
    second.drop_job("untold")
    second.release()
    third.release()
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_cannot_be_taken_over_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    first, second = StagingFolder(tmp_path), StagingFolder(tmp_path)
    first.note_job("job")
    first.release()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        assert second.take_over_jobs() == []
    assert "cannot be taken over yet: No space left" in caplog.text
    assert second.take_over_jobs() == ["job"]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_disk_without_locks_gives_every_lock_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    first, second = try_lock(tmp_path / "lock"), try_lock(tmp_path / "lock")
    assert first is not None
    assert second is not None
    first.release()
    second.release()
    with locked(tmp_path / "lock"):
        assert "run only one process" in caplog.text


def test_another_failure_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        try_lock(tmp_path / "file" / "lock")


def test_a_folder_that_is_on_its_way_is_left_alone(tmp_path: Path) -> None:
    """It has a hidden name until it is locked; what is still hidden after an hour has lost its process."""
    young, old = tmp_path / ".young", tmp_path / ".old"
    young.mkdir()
    old.mkdir()
    os.utime(old, (time.time() - 3700,) * 2)
    (tmp_path / "stray").touch()
    StagingFolder(tmp_path).sweep()
    assert young.exists()
    assert not old.exists()


@pytest.mark.parametrize("error", [FileNotFoundError, FileExistsError])
def test_a_folder_that_another_process_sweeps_meanwhile_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    for name in ("one", "two"):
        tmp_path.joinpath(name).mkdir()
    tried = []

    def taken_away(path: Path) -> None:
        tried.append(path.parent.name)
        raise error(str(path))

    monkeypatch.setattr("playground.history.staging.try_lock", taken_away)
    StagingFolder(tmp_path).sweep()
    assert tried == ["one", "two"]
