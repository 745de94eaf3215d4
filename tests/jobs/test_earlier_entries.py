"""What earlier releases noted of their jobs; whole folders of theirs are in `test_upgrade.py`."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from playground.catalogue import Catalogue
from playground.history import History
from playground.jobs.earlier_entries import take_in
from playground.record import Record
from tests.history_samples import NOON, opened, part, record

RUN = "0123456789abcdef"
ENTRY = {
    "id": "job",
    "owner": "me",
    "mode": "edit",
    "listed": False,
    "started": NOON.isoformat(),
    "model_id": "gemini-3.1-flash-image",
    "recorded": False,
    "request": {
        "prompt": "a pig",
        "provider": "google",
        "model": "gemini-3.1-flash-image",
        "count": 2,
        "images": [
            {"path": "/gone/a.png", "mime_type": "image/png", "width": 8, "height": 6, "byte_count": 9}
        ],
    },
}


def leave(folder: Path, **changes: Any) -> Path:
    path = folder / "jobs" / f"job.{RUN}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(ENTRY | changes))
    return path


def taken(history: History, catalogue: Catalogue) -> list[Record]:
    take_in(history, catalogue)
    return list(history.take_over())


def test_an_entry_becomes_an_unfinished_record(tmp_path: Path, catalogue: Catalogue) -> None:
    leave(tmp_path).with_suffix(".tmp").write_text("half")
    with opened(tmp_path) as history:
        (found,) = taken(history, catalogue)
    assert (found.id, found.owner, found.mode, found.listed) == ("job", "me", "edit", False)
    assert (found.prompt, found.settings["count"], found.started) == ("a pig", 2, NOON)
    assert [given.name for given in found.inputs] == ["input-1.png"]
    assert [outcome.error and outcome.error.code for outcome in found.outcomes] == ["interrupted"] * 2
    assert found.sent["contents"]
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_process_of_that_release_keeps_its_jobs_while_it_lives(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    path = leave(tmp_path)
    with opened(tmp_path) as history:
        with (path.parent / f"{RUN}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert taken(history, catalogue) == []
        assert path.exists()
        assert [one.id for one in taken(history, catalogue)] == ["job"]


@pytest.mark.parametrize("removed", [False, True])
def test_what_that_release_recorded_and_told_nobody_is_told(
    tmp_path: Path, catalogue: Catalogue, removed: bool
) -> None:
    leave(tmp_path, recorded=True)
    with opened(tmp_path) as history:
        saved = history.save_picture("job", 1, 1, part())
        history.save_record(record(saved, "me", "a pig", "Here.", interrupted=True))
        history.acknowledge("job")
        if removed:
            history.delete_all("me")
        before = history.record("me", "job")
        found = taken(history, catalogue)
        assert [one.model_copy(update={"owner": ""}) for one in found] == ([] if removed else [before])
        assert [one.owner for one in found] == ([] if removed else ["me"])


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"request": None},
        {"request": {"model": ""}},
        {"started": "some day"},
    ],
)
def test_an_entry_that_no_release_understands_is_dropped(
    tmp_path: Path, catalogue: Catalogue, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    path = leave(tmp_path, **changes)
    path.with_name(f"torn.{RUN}.json").write_text('{"id": "to')
    path.with_name(f"list.{RUN}.json").write_text("[]")
    with opened(tmp_path) as history:
        assert taken(history, catalogue) == []
    assert caplog.text.count("cannot be read") == 3
    assert list(path.parent.iterdir()) == []
    assert list(tmp_path.glob("generations/*")) == []


def test_a_job_at_a_provider_that_left_the_catalogue_is_told_as_any_other(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    leave(tmp_path, request=ENTRY["request"] | {"provider": "gone"})
    with opened(tmp_path) as history:
        assert [one.provider for one in taken(history, catalogue)] == ["gone"]
