"""Half an emoji in records and recipes, whoever wrote them: what is read can be written and shown."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from playground.history import Query, recipes
from playground.record import Record
from tests.history_samples import add, opened

HALF = "x\ud83d"
MENDED = "x\ufffd"


def with_halves(value: Any) -> Any:
    """A record that says `HALF` in each of its free texts, in its names and in what was sent and answered."""
    texts = dict.fromkeys(("prompt", "model", "provider", "model_id", "mode", "language"), HALF)
    odd = {"sent": {HALF: [HALF]}, "settings": {"aspect_ratio": HALF}}
    outcomes = [{**one, "text": HALF, "answer": {HALF: {"a": HALF}}} for one in value["outcomes"]]
    return {**value, **texts, "mode": "text", **odd, "outcomes": outcomes}


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_record_that_is_brought_comes_in_mended(tmp_path: Path, ascii_only: bool) -> None:
    brought = tmp_path / "brought.zip"
    with opened(tmp_path / "from") as history:
        file = tmp_path / "given.zip"
        file.write_bytes(b"".join(history.export_zip("me", [add(history, "me")])))
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(brought, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("record.json"):
                values = with_halves(json.loads(data))
                data = json.dumps(values, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
            new.writestr(name, data)
    with opened(tmp_path / "to") as history:
        assert history.import_zip("me", brought).added == 1
        (entry,) = history.page("me").entries
        assert (entry.prompt, entry.model) == (MENDED, MENDED)
        (found,) = history.page("me", Query(text=HALF)).entries
        assert found == entry
        record = history.record("me", entry.id)
        assert record is not None
        assert record.sent == {MENDED: [MENDED]}
        json.dumps(record.values, ensure_ascii=False).encode()
        b"".join(history.export_zip("me", [entry.id]))


def test_a_record_of_ours_with_halves_on_disk_is_read_mended(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        generation = add(history, "me")
        (path,) = tmp_path.rglob("record.json")
        values = with_halves(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(values), encoding="utf-8")
        record = history.record("me", generation)
        assert record is not None
        json.dumps(record.values, ensure_ascii=False).encode()
        assert record.prompt == MENDED


def test_texts_of_a_record_and_a_recipe_are_mended() -> None:
    record = Record(id="g", prompt=HALF, model="\ud83d\ude00")
    assert (record.prompt, record.model) == (MENDED, "😀")
    recipe = recipes.from_text(json.dumps({"form": "x", "prompt": HALF}))
    recipe = recipe or recipes.from_values({"prompt": HALF, "model": HALF, "aspect_ratio": HALF})
    assert (recipe.prompt, recipe.settings["aspect_ratio"]) == (MENDED, MENDED)
