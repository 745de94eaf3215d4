"""Out as a ZIP and in again, and what a stranger's ZIP may try."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import re
import secrets
import tracemalloc
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.errors import PlaygroundError
from playground.history import History, Imported, importing
from tests.history_samples import add, add_several, opened
from tests.wire.samples import picture

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def exported(tmp_path: Path) -> Path:
    with opened(tmp_path / "from") as history:
        parent = add(history, "someone", prompt=f"一只猫 {EVIL}", text=EVIL, data=picture("JPEG"))
        history.star("someone", parent, True)
        child = add(history, "someone", prompt="child", minutes=1, parent=parent)
        other = add(history, "another", prompt="not mine")
        file = tmp_path / "pictures.zip"
        file.write_bytes(b"".join(history.export_zip("someone", [parent, child, other])))
        return file


def test_the_zip_holds_originals_and_records(tmp_path: Path) -> None:
    with zipfile.ZipFile(exported(tmp_path)) as zipped:
        names = zipped.namelist()
        assert len([name for name in names if name.endswith("record.json")]) == 2
        (jpeg,) = [name for name in names if name.endswith(".jpg")]
        assert zipped.read(jpeg) == picture("JPEG")
        records = [json.loads(zipped.read(name)) for name in names if name.endswith("record.json")]
    assert all("owner" not in record for record in records)
    assert "someone" not in str(records)
    assert "not mine" not in str(records)


def test_a_large_zip_is_never_in_memory_nor_on_disk(tmp_path: Path) -> None:
    with opened(tmp_path / "from") as history:
        original = picture("JPEG") + secrets.token_bytes(4_000_000)
        ids = [add(history, "someone", data=original, minutes=number) for number in range(6)]
        on_disk = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        tracemalloc.start()
        try:
            digest = hashlib.sha256()
            for piece in history.export_zip("someone", ids):
                digest.update(piece)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert most < len(original)
        assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < on_disk + 100_000


def test_a_zip_that_nobody_wants_any_more_ends(tmp_path: Path) -> None:
    with opened(tmp_path / "from") as history:
        pieces = history.export_zip("someone", [add(history, "someone")])
        next(pieces)
        del pieces
        assert [path.name for path in history.staging_dir.iterdir()] == ["lock"]


def test_what_went_out_comes_in_under_new_ids(tmp_path: Path) -> None:
    file = exported(tmp_path)
    with opened(tmp_path / "to") as history:
        assert history.import_zip("colleague", file) == Imported(2)
        child, parent = history.page("colleague").entries
        assert (parent.prompt, parent.starred) == (f"一只猫 {EVIL}", True)
        assert child.parent == parent.id
        assert parent.pictures[0].path.read_bytes() == picture("JPEG")
        assert history.import_zip("colleague", file) == Imported(0, known=2)  # again brings nothing twice
        assert history.page("someone").entries == ()


def test_files_have_names_that_people_understand_and_come_in_under_them(tmp_path: Path) -> None:
    with opened(tmp_path / "from") as history:
        several = add_several(history, 2, "someone", "a fox: 雪中")
        history.star("someone", several, True, "2-1.png")
        file = tmp_path / "pictures.zip"
        file.write_bytes(b"".join(history.export_zip("someone", [several])))
        stem = history.zip_name("someone", [several]).removesuffix(".zip")
    with zipfile.ZipFile(file) as zipped:
        pictures = [name for name in zipped.namelist() if name.endswith(".png")]
    assert re.fullmatch(r"2026-11-2\d-a-fox-雪中", stem)
    folder = f"generations/{stem}-{several[:8]}"
    assert pictures == [f"{folder}/{stem}-1.png", f"{folder}/{stem}-2.png"]
    with opened(tmp_path / "to") as history:
        assert history.import_zip("colleague", file) == Imported(1)
        (entry,) = history.page("colleague").entries
        assert (len(entry.pictures), entry.starred, entry.stars) == (2, True, ("2-1.png",))


def test_in_the_same_history_nothing_comes_twice_and_nothing_of_another_is_touched(tmp_path: Path) -> None:
    file = exported(tmp_path)
    with opened(tmp_path / "from") as history:
        before = history.page("someone")
        assert history.import_zip("someone", file) == Imported(0, known=2)
        assert history.import_zip("colleague", file) == Imported(2)
        assert history.page("someone") == before
        assert {e.id for e in history.page("colleague").entries}.isdisjoint(e.id for e in before.entries)


def zip_of(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    return buffer.getvalue()


def record_of(data: bytes, name: str = "1-1.png", **fields: Any) -> bytes:
    sha256 = hashlib.sha256(data).hexdigest()
    pictures = [{"name": name, "sha256": sha256, "bytes": len(data), "width": 8, "height": 6}]
    started = "2026-11-22T12:00:00+00:00"
    return json.dumps({"started": started, "outcomes": [{"pictures": pictures}]} | fields).encode()


@pytest.fixture
def history(tmp_path: Path) -> Any:
    with opened(tmp_path / "data") as history:
        yield history


def take(history: History, tmp_path: Path, data: bytes) -> Imported:
    file = tmp_path / "brought.zip"
    file.write_bytes(data)
    return history.import_zip("me", file)


def outcome(history: History, tmp_path: Path, data: bytes) -> str:
    """What became of a ZIP: an error's code, or whether anything came in."""
    try:
        return "something" if take(history, tmp_path, data).added else "nothing"
    except PlaygroundError as error:
        return error.code


PNG = picture("PNG")


@pytest.mark.parametrize(
    "members",
    [
        {"generations/g/record.json": record_of(PNG, "../../evil.png"), "generations/g/../../evil.png": PNG},
        {"generations/g/record.json": record_of(PNG, "marks.json"), "generations/g/marks.json": PNG},
        {"generations/g/record.json": record_of(PNG, "1-1.svg"), "generations/g/1-1.svg": PNG},
        {"generations/g/record.json": record_of(PNG, "1-1.jpg"), "generations/g/1-1.jpg": PNG},
        {"generations/g/record.json": record_of(b"<svg/>"), "generations/g/1-1.png": b"<svg/>"},
        {"generations/g/record.json": record_of(PNG), "generations/g/1-1.png": PNG + b"changed"},
        {"generations/g/record.json": b"{", "generations/g/1-1.png": PNG},
        {"generations/g/record.json": b"[]", "generations/g/1-1.png": PNG},
        {"generations/g/record.json": b"[" * 100_000, "generations/g/1-1.png": PNG},
        {"generations/g/1-1.png": PNG},
        {"generations/g/record.json": record_of(PNG, started="soon"), "generations/g/1-1.png": PNG},
        {},
    ],
)
def test_what_is_not_ours_is_left_out(history: History, tmp_path: Path, members: dict[str, bytes]) -> None:
    assert outcome(history, tmp_path, zip_of(members)) != "something"
    assert history.page("me").entries == ()
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left <= {"brought.zip", "history.sqlite3", "history.sqlite3-wal", "history.sqlite3-shm"} | {
        "history.sqlite3.lock",
        "lock",
    }


def test_the_owner_in_a_record_counts_for_nothing(history: History, tmp_path: Path) -> None:
    members = {
        "generations/g/record.json": record_of(PNG, owner="you", id="x", starred=1),
        "generations/g/1-1.png": PNG,
    }
    assert take(history, tmp_path, zip_of(members)).added == 1
    assert history.page("you").entries == ()
    (entry,) = history.page("me").entries
    assert entry.id not in ("g", "x")


@pytest.mark.parametrize(
    "data", [b"PK", b"no zip", zip_of({"a": b"b"})[:-10]], ids=["mark", "text", "cut short"]
)
def test_what_is_no_zip_is_said_so(history: History, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PlaygroundError) as caught:
        take(history, tmp_path, data)
    assert caught.value.code == "zip_unreadable"


def test_a_bomb_is_refused(history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.history.importing.MAX_PICTURE_BYTES", 1_000_000)
    bomb = PNG + b"\0" * 50_000_000
    members = {"generations/g/record.json": record_of(bomb), "generations/g/1-1.png": bomb}
    assert take(history, tmp_path, zip_of(members)).added == 0
    lying = bytearray(zip_of(members))
    lying[:] = lying.replace(len(bomb).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert outcome(history, tmp_path, bytes(lying)) in ("nothing", "zip_unreadable")
    monkeypatch.setattr("playground.history.importing.MAX_TOTAL_BYTES", 1_000_000)
    with pytest.raises(PlaygroundError) as caught:
        take(history, tmp_path, zip_of(members))
    assert caught.value.code == "zip_too_large"


def test_too_many_members_are_refused(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.history.importing.MAX_ENTRIES", 3)
    with pytest.raises(PlaygroundError) as caught:
        take(history, tmp_path, zip_of({str(n): b"" for n in range(4)}))
    assert caught.value.code == "zip_too_large"


def test_a_quota_holds_for_what_is_brought(tmp_path: Path) -> None:
    file = exported(tmp_path)
    with opened(tmp_path / "to", visitor_quota=100) as history:
        with pytest.raises(PlaygroundError, match="quota_full"):
            history.import_zip("me", file)
        assert history.page("me").entries == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_zip_brings_whole_pictures_or_none(
    history: History, tmp_path: Path, data: st.DataObject
) -> None:
    whole = bytearray(zip_of({"generations/g/record.json": record_of(PNG), "generations/g/1-1.png": PNG}))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(history, tmp_path, bytes(whole)) in (
        "something",
        "nothing",
        "zip_unreadable",
        "zip_too_large",
        "zip_locked",
        "zip_empty",
        "zip_foreign",
    )
    for entry in history.page("me").entries:
        for shown in entry.pictures:
            assert shown.path.read_bytes() == PNG
    history.delete_all("me")


def test_a_strangers_import_ends_in_time_and_goes_on_when_it_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault Z4: a ZIP of some megabytes, long random prompts and nothing else, took a thread for hours."""
    with opened(tmp_path / "from") as history:
        ids = [add(history, "someone", minutes=number) for number in range(6)]
        file = tmp_path / "pictures.zip"
        file.write_bytes(b"".join(history.export_zip("someone", ids)))
    seconds = itertools.count()
    monkeypatch.setattr(importing, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(importing, "MAX_SECONDS", 15)
    with opened(tmp_path / "to", one_owner=False) as history:
        first = history.import_zip("me", file)
        assert (first.added, first.refused) == (3, ("record_late",) * 3)
        monkeypatch.setattr(importing, "MAX_SECONDS", 100)
        again = history.import_zip("me", file)
        assert (again.added, again.known, again.refused) == (3, 3, ())
    monkeypatch.setattr(importing, "MAX_SECONDS", 1)
    with opened(tmp_path / "alone") as history:
        assert history.import_zip("everybody", file).added == 6


def test_an_import_does_not_hold_up_the_end_of_the_process(tmp_path: Path) -> None:
    with opened(tmp_path / "from") as history:
        file = tmp_path / "pictures.zip"
        file.write_bytes(b"".join(history.export_zip("someone", [add(history, "someone")])))
    with opened(tmp_path / "to") as history:
        history.close()
        assert history.import_zip("me", file).refused == ("record_late",)


def test_a_strangers_import_ends_in_time_within_a_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One record may name a picture for each of thousands of files, each as large as all of them."""
    with opened(tmp_path / "from") as history:
        file = tmp_path / "pictures.zip"
        file.write_bytes(b"".join(history.export_zip("someone", [add_several(history, 6, "someone")])))
    seconds = itertools.count()
    monkeypatch.setattr(importing, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(importing, "MAX_SECONDS", 8)
    with opened(tmp_path / "to", one_owner=False) as history:
        assert history.import_zip("me", file).refused == ("record_late",)
        assert next(seconds) < 12
        assert list((tmp_path / "to" / "generations").iterdir()) == []


def test_long_texts_count_to_what_a_visitor_keeps(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        add(history, "someone", prompt="short")
        short = history.usage("someone").bytes
        add(history, "someone", prompt="x" * 30_000, minutes=1)
        assert history.usage("someone").bytes - short > 1_000_000
