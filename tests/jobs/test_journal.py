"""Which jobs are under way: of runs that are no more, and never of one that still lives."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from playground.jobs.journal import Journal

WRITE = """
import sys
from pathlib import Path
from playground.jobs.journal import Journal
journal = Journal(Path(sys.argv[1]))
journal.write("job-1", {"id": "job-1", "owner": "ann"})
print("written", flush=True)
sys.stdin.read()
"""


def ids(journal: Journal) -> list[str]:
    return [entry["id"] for entry in journal.adopt()]


def test_an_entry_is_there_until_it_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write("a", {"id": "a"})
    journal.write("a", {"id": "a", "again": True})
    assert len(list(tmp_path.glob("a.*.json"))) == 1
    journal.forget("a")
    journal.forget("a")
    assert list(tmp_path.glob("*.json")) == []
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_before_the_first_entry(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "jobs")
    assert journal.adopt() == []
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_run_left_belongs_to_the_next_and_then_to_the_next(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    first.write("a", {"id": "a"})
    first.close()
    second = Journal(tmp_path)
    assert ids(second) == ["a"]
    assert ids(second) == []
    second.close()
    third = Journal(tmp_path)
    assert ids(third) == ["a"]
    third.forget("a")
    third.close()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_lives_keeps_its_jobs(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "written\n"
        journal = Journal(tmp_path)
        assert ids(journal) == []
        other.kill()  # with SIGKILL: it can tidy nothing up
        other.wait(60)
        assert ids(journal) == ["job-1"]
    journal.forget("job-1")
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_entry_is_put_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, data in (("a.0123.json", b"{"), ("b.0123.json", b"[]"), ("c.0123.json", b"\xff\xfe")):
        (tmp_path / name).write_bytes(data)
    assert Journal(tmp_path).adopt() == []
    assert caplog.text.count("cannot be read") == 3
    assert list(tmp_path.iterdir()) == []


def test_many_jobs_begin_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: journal.write(f"job-{n}", {"id": f"job-{n}"}), range(40)))
    assert len(list(tmp_path.glob("*.json"))) == 40
    assert len(list(tmp_path.glob("*.lock"))) == 1
    journal.close()
    assert len(ids(Journal(tmp_path))) == 40
