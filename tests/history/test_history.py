"""Pictures on disk: whole or not at all, byte for byte, and found only by their own names."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from playground.history import THUMBNAIL_SIDE, History, write_atomically
from playground.record import Record
from playground.result import PicturePart
from tests.wire.samples import picture


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def part(data: bytes, mime_type: str = "image/png", *, thought: bool = False) -> PicturePart:
    return PicturePart(data=data, mime_type=mime_type, width=8, height=6, thought=thought)


@pytest.mark.parametrize(
    ("kind", "mime_type", "ending"),
    [("PNG", "image/png", ".png"), ("JPEG", "image/jpeg", ".jpg"), ("WEBP", "image/webp", ".webp")],
)
def test_a_picture_is_kept_byte_for_byte(history: History, kind: str, mime_type: str, ending: str) -> None:
    data = picture(kind)
    saved = history.save_picture("g", 2, 1, part(data, mime_type))
    assert saved.path.read_bytes() == data
    assert (saved.name, saved.path.suffix) == (f"2-1{ending}", ending)
    assert (saved.byte_count, saved.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert history.find_file("", "g", saved.name) == saved.path


def test_a_small_preview_lies_beside_it(history: History) -> None:
    saved = history.save_picture("g", 1, 1, part(picture("PNG", 1000, 500)))
    assert saved.thumbnail is not None
    assert history.find_file("", "g", saved.thumbnail.name) == saved.thumbnail
    with Image.open(saved.thumbnail) as preview:
        assert preview.size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2)


def test_a_picture_that_cannot_be_drawn_is_kept_all_the_same(history: History) -> None:
    damaged = picture("PNG", 64, 64)[:33]  # the header and nothing behind it
    saved = history.save_picture("g", 1, 1, part(damaged))
    assert saved.path.read_bytes() == damaged
    assert saved.thumbnail is not None
    assert history.find_file("", "g", saved.thumbnail.name) is None


def test_a_picture_that_was_cut_has_a_preview_as_far_as_it_goes(history: History) -> None:
    cut = picture("PNG", 64, 64)[:-20]
    saved = history.save_picture("g", 1, 1, part(cut))
    assert saved.path.read_bytes() == cut
    assert saved.thumbnail is not None
    assert history.find_file("", "g", saved.thumbnail.name) == saved.thumbnail


def test_thoughts_never_take_the_place_of_pictures(history: History) -> None:
    thought = history.save_picture("g", 1, 1, part(picture("PNG", colour="blue"), thought=True))
    final = history.save_picture("g", 1, 1, part(picture()))
    assert thought.path != final.path
    assert thought.thought
    assert not final.thought


def test_a_record_is_json_with_every_letter(history: History, tmp_path: Path) -> None:
    history.save_record(Record(id="g", prompt="一只猫 \ud83d", seconds=1.5))
    text = (tmp_path / "generations" / "g" / "record.json").read_text(encoding="utf-8")
    assert "一只猫" in text
    assert json.loads(text)["seconds"] == 1.5


def test_what_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "1-1.png"
    target.write_bytes(b"before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(target, b"after")
    assert [path.name for path in tmp_path.iterdir()] == ["1-1.png"]
    assert target.read_bytes() == b"before"


def test_a_file_has_its_name_only_once_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "1-1.png"
    seen = []
    sync = os.fsync

    def looking(descriptor: int) -> None:
        sync(descriptor)
        seen.append((target.exists(), [path.read_bytes() for path in tmp_path.iterdir()]))

    monkeypatch.setattr(os, "fsync", looking)
    write_atomically(target, b"whole")
    assert seen == [(False, [b"whole"])]
    assert [path.name for path in tmp_path.iterdir()] == ["1-1.png"]


def test_ids_cannot_be_guessed_and_can_be_found(history: History) -> None:
    ids = {history.new_id() for _ in range(200)}
    assert len(ids) == 200
    for generation in ids:
        assert len(generation) >= 22
        saved = history.folder(generation) / "1-1.png"
        saved.write_bytes(b"x")
        # An id that begins with a dot or a dash must not be one that find_file refuses.
        assert history.find_file("", generation, "1-1.png") == saved


BAD_NAMES = ["", ".", "..", "../secret", "/etc/passwd", "a/b", "a\\b", "a\0b", "a" * 300, "ä", "~", "%2e%2e"]


@pytest.mark.parametrize("name", [*BAD_NAMES, "record.json", ".tmp-1", "missing.png"])
def test_no_other_name_leads_anywhere(history: History, tmp_path: Path, name: str) -> None:
    history.save_record(Record(id="g"))
    (tmp_path / "generations" / "g" / ".tmp-1").write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"x")
    assert history.find_file("", "g", name) is None
    assert history.find_file("", name, "secret") is None


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("kept")
    (folder / "secret.png").write_bytes(b"x")
    history = History(folder)
    history.save_picture("g", 1, 1, part(picture()))
    return history


steps = st.lists(
    st.sampled_from(["..", ".", "g", "/", "\\", "secret.png", "1-1.png", "generations", "%2f", "\0"])
)


@settings(deadline=None)  # the first question opens the index
@given(generation=st.text() | steps.map("".join), name=st.text() | steps.map("".join))
def test_nothing_outside_is_ever_found(kept: History, generation: str, name: str) -> None:
    found = kept.find_file("", generation, name)
    assert found is None or found == kept.folder("g") / "1-1.png"
