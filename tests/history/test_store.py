"""Pictures in an object store: two replicas, each with a disk of its own, share one history."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

import pytest

from playground.errors import ConfigurationError
from playground.history import History
from playground.history.folders import RECORD
from playground.record import Record
from playground.settings import StorageSettings
from tests.history_samples import add, opened, part
from tests.wire.samples import picture


@pytest.fixture(params=["memory", "file"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"file://{tmp_path}/store"
    return f"memory://{secrets.token_hex(8)}"


def test_what_one_replica_keeps_another_finds(tmp_path: Path, address: str) -> None:
    with (
        opened(tmp_path / "one", pictures_url=address) as one,
        opened(tmp_path / "two", pictures_url=address) as two,
    ):
        generation = add(one, prompt="shared", data=picture("JPEG"))
        one.star("me", generation, True)
        two.start()
        (entry,) = two.page("me").entries
        assert entry.starred
        found = two.find_file("me", generation, "1-1.jpg")
        assert found is not None
        assert found.is_relative_to(tmp_path / "two")
        assert found.read_bytes() == picture("JPEG")
        assert two.find_file("me", generation, "1-1.thumb.webp") is not None
        assert two.find_file("you", generation, "1-1.jpg") is None
        assert two.find_file("me", generation, "2-1.jpg") is None
        assert two.find_file("me", "../one", "1-1.jpg") is None


def test_what_one_replica_notes_counts_for_the_other(tmp_path: Path, address: str) -> None:
    with (
        opened(tmp_path / "one", pictures_url=address) as one,
        opened(tmp_path / "two", pictures_url=address) as two,
    ):
        one.begin(Record(id="shared", owner="me", prompt="running"))
        one.save_picture("shared", 1, 1, part())
        assert two.find_file("me", "shared", "1-1.png") is not None  # two has read the unfinished record now
        add(one, generation="shared", prompt="finished")
        one.star("me", "shared", True)
        two.start()
        two._index.run(lambda index: index.remove(index.ids()))
        two.start()
        (entry,) = two.page("me").entries
        assert (entry.prompt, entry.starred) == ("finished", True)


def test_the_disk_may_be_lost(tmp_path: Path, address: str) -> None:
    with opened(tmp_path / "one", pictures_url=address) as history:
        generation = add(history)
        before = history.page("me")
    shutil.rmtree(tmp_path / "one")
    with opened(tmp_path / "one", pictures_url=address) as history:
        history.start()
        assert history.page("me") == before
        assert history.record("me", generation) is not None


def test_what_is_deleted_for_good_is_gone_from_the_store(tmp_path: Path, address: str) -> None:
    with (
        opened(tmp_path / "one", pictures_url=address) as one,
        opened(tmp_path / "two", pictures_url=address) as two,
    ):
        generation = add(one)
        assert one.delete_all("me") == 1
        two.start()
        assert two.page("me").entries == ()
        assert two.find_file("me", generation, "1-1.png") is None


def test_only_a_disk_that_was_not_read_for_days_is_emptied(tmp_path: Path, address: str) -> None:
    import os
    import time

    with opened(tmp_path, pictures_url=address) as history:
        old, young = add(history), add(history)
        week_ago = time.time() - 8 * 86_400
        os.utime(history.folder(old), (week_ago, week_ago))
        history.start()
        assert not (tmp_path / "generations" / old).exists()
        assert (tmp_path / "generations" / young / "1-1.png").exists()
        assert history.find_file("me", old, "1-1.png") is not None


class Away:
    """A store that can go away, as every driver tells it: with errors of its own."""

    def __init__(self, history: History, patch: pytest.MonkeyPatch) -> None:
        self._system = history._mirror._system
        self._patch = patch

    def __enter__(self) -> None:
        class CannotConnect(Exception):
            pass

        def fail(*_: object, **__: object) -> None:
            raise CannotConnect("s3://user:canary@host")

        for name in ("put_file", "get_file", "ls", "exists", "info", "makedirs"):
            self._patch.setattr(self._system, name, fail)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


def test_what_comes_while_the_store_is_away_is_kept_and_brought_up(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        opened(tmp_path / "one", pictures_url=address) as one,
        opened(tmp_path / "two", pictures_url=address) as two,
    ):
        before = add(one, prompt="before")
        away = Away(one, monkeypatch)
        with away:
            generation = add(one, prompt="meanwhile")
            one.star("me", generation, True)
            with pytest.raises(OSError, match="CannotConnect"):  # another replica may have noted more
                one.star("me", before, True)
            assert [entry.prompt for entry in one.page("me").entries] == ["meanwhile", "before"]
            for each in (generation, before):
                assert one.find_file("me", each, "1-1.png") is not None
                assert one.record("me", each) is not None
            with pytest.raises(OSError, match="CannotConnect"):
                one.maintain()
            assert two.find_file("me", before, "1-1.png") is None
        assert "canary" not in caplog.text
        after = add(one, prompt="after")  # it waits behind the others
        assert two.find_file("me", after, "1-1.png") is None
        one.maintain()
        two.start()
        for each in (before, generation, after):
            path = two.find_file("me", each, "1-1.png")
            assert path is not None
            assert path.read_bytes() == picture()
        starred = {entry.prompt: entry.starred for entry in two.page("me").entries}
        assert starred == {"before": False, "meanwhile": True, "after": False}
        assert list((tmp_path / "one" / "outbox").glob("*")) == []


def test_what_waits_for_the_store_outlives_its_process(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path / "one", pictures_url=address) as history, Away(history, monkeypatch):
        generation = add(history)
    (tmp_path / "one" / "history.sqlite3").unlink()
    with opened(tmp_path / "one", pictures_url=address) as history:
        with Away(history, monkeypatch), pytest.raises(OSError, match="CannotConnect"):
            history.start()  # it is tried again later
        history.start()
        assert [entry.id for entry in history.page("me").entries] == [generation]
    with opened(tmp_path / "two", pictures_url=address) as history:
        assert history.find_file("me", generation, "1-1.png") is not None


def away(history: History) -> Away:
    return Away(history, pytest.MonkeyPatch())  # it takes back no other patches


def test_a_finished_record_outlives_a_look_at_it_while_it_is_brought_up(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        opened(tmp_path / "one", pictures_url=address) as one,
        opened(tmp_path / "one", pictures_url=address) as neighbour,  # saw the store when nothing waited
        opened(tmp_path / "two", pictures_url=address) as two,
    ):
        one.begin(Record(id="shared", owner="me", prompt="running"))
        with away(one):
            add(one, generation="shared", prompt="finished")
        put, looks = one._mirror.put, []

        def look_and_put(*file: object) -> None:
            looks.extend(each._folders.read_json("shared", RECORD)["prompt"] for each in (one, neighbour))
            put(*file)

        monkeypatch.setattr(one._mirror, "put", look_and_put)
        one.maintain()
        assert set(looks) == {"finished"}
        assert two._folders.read_json("shared", RECORD)["prompt"] == "finished"


def test_what_is_noted_while_an_older_copy_is_fetched_stays(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, pictures_url=address) as history:
        folders, fetch = history._folders, history._mirror.fetch
        folders.write_json("shared", RECORD, {"prompt": "older"})

        def fetch_and_write(*file: Any) -> bool:
            is_there = fetch(*file)
            with away(history):
                folders.write_json("shared", RECORD, {"prompt": "newer"})
            return is_there

        monkeypatch.setattr(history._mirror, "fetch", fetch_and_write)
        assert folders.read_json("shared", RECORD) == {"prompt": "newer"}
        assert [path.name for path in history.staging_dir.iterdir()] == ["lock"]


def test_what_is_written_while_it_is_brought_up_waits_again(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        opened(tmp_path / "one", pictures_url=address) as one,
        opened(tmp_path / "two", pictures_url=address) as two,
    ):
        folders, mirror, outbox = one._folders, one._mirror, one._folders._outbox
        folders.write("shared", "old.json", b"1")
        note = outbox.put

        def note_and_send(*file: Any) -> bool:
            with away(one):
                is_there = note(*file)
            one.maintain()
            return is_there

        for name in ("old.json", "new.json"):
            with monkeypatch.context() as patch:
                patch.setattr(outbox, "put", note_and_send)
                folders.write("shared", name, b"2")
        put = mirror.put

        def put_and_write(*file: object) -> None:
            put(*file)
            monkeypatch.undo()
            with away(one):
                folders.write("shared", "new.json", b"3")

        monkeypatch.setattr(mirror, "put", put_and_write)
        one.maintain()
        assert outbox.ids() == {"shared"}
        one.maintain()
        assert outbox.ids() == set()
        for name, content in (("old.json", b"2"), ("new.json", b"3")):
            path = two._folders.find("shared", name)
            assert path is not None
            assert path.read_bytes() == content


def test_an_address_that_nothing_speaks_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_PICTURES_URL") as caught:
        History(tmp_path, StorageSettings(pictures_url="nosuch://user:canary@host/x"))
    assert "canary" not in str(caught.value)
