"""A conversation that somebody pasted is kept whole or not at all, once, and within what a press may take."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest
import starlette.requests

from playground import snippets
from playground.catalogue import Catalogue
from playground.history import History
from playground.jobs.studio import Studio
from playground.server.budgets import BUDGETS, Budgets
from playground.server.uploads import UploadOwners
from playground.server.visitors import VISITOR_COOKIE
from playground.settings import StorageSettings
from playground.ui import pasted_turns, pasting
from playground.ui.context import Context, Press
from playground.ui.starting import Starting
from tests.made_jobs import MODEL
from tests.mocked import provider_of, with_picture
from tests.wire.samples import picture

PNG, JPEG, BMP = (picture(kind) for kind in ("PNG", "JPEG", "BMP"))
QUOTA = 10_000
Turn = tuple[str, list[bytes], list[bytes]]
"""The words, the pictures given, the pictures answered."""


class House:
    """One visitor's form, and what is pasted into it."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self.uploads = folder / "uploads"
        self.history = History(folder / "data", StorageSettings(min_free=0, visitor_quota=QUOTA))
        provider = provider_of(catalogue, lambda request: with_picture())
        self.studio = Studio(catalogue, provider, self.history)
        self.starting = Starting(self.studio, Budgets(is_shared=True))
        self.choice = SimpleNamespace(provider="google", model=MODEL)

    async def paste(self, *turns: Turn, signed: str = "") -> str:
        """The picture that it goes on from."""
        files: list[bytes] = []

        def parts(pictures: list[bytes], signed: str = "") -> list[dict[str, Any]]:
            files.extend(one for one in pictures if one not in files)
            marks = [f"upload:{files.index(one) + 1}" for one in pictures]
            signature = {"thoughtSignature": signed} if signed else {}
            return [{"inlineData": {"mimeType": "image/png", "data": mark}} | signature for mark in marks]

        contents: list[Any] = []
        for prompt, given, answered in turns:
            contents.append({"role": "user", "parts": [{"text": prompt}, *parts(given)]})
            contents.append({"role": "model", "parts": parts(answered, signed and f"{signed}{prompt}")})
        contents.append({"role": "user", "parts": [{"text": "at dusk"}]})
        pasted = snippets.read(json.dumps({"contents": contents}))
        assert pasted is not None
        press = self._press(json.dumps([self._uploaded(data) for data in files]))
        context = SimpleNamespace(studio=self.studio, starting=self.starting)
        return await pasting._continued(cast(Context, context), press, pasted, cast(Any, self.choice))

    def _uploaded(self, data: bytes) -> dict[str, str]:
        file = self.uploads / hashlib.sha256(data).hexdigest() / "a.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        UploadOwners(self.uploads).note(str(file), "me")
        return {"path": str(file), "name": file.name}

    def _press(self, pictures: str) -> Press:
        scope = {
            "type": "http",
            "headers": [(b"cookie", f"{VISITOR_COOKIE}=me".encode())],
            "client": ("192.0.2.1", 1),
        }
        event = SimpleNamespace(_data={"pictures": pictures})
        request = gr.Request(starlette.requests.Request(scope))
        return Press(cast(gr.EventData, event), request, cast(Any, self.choice), "en", "", "", {})

    @property
    def kept(self) -> list[str]:
        return [entry.prompt for entry in self.history.page("me").entries]

    @property
    def left(self) -> list[str]:
        """Files on their way, and folders of generations that nobody sees."""
        seen = {entry.id for entry in self.history.page("me").entries}
        folders = [one.parent.name for one in self.history.data_dir.glob("generations/*/*")]
        staged = [one.name for one in self.history.staging_dir.rglob("*") if one.is_file()]
        return [one for one in staged if one != "lock"] + [one for one in folders if one not in seen]


@pytest.fixture
async def house(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    made = House(catalogue, tmp_path)
    yield made
    await made.studio.aclose()
    made.history.close()


@pytest.mark.parametrize("signed", ["", "c2ln"])
async def test_what_was_pasted_before_is_found_with_and_without_signatures(house: House, signed: str) -> None:
    turns: list[Turn] = [("a sofa", [BMP], [PNG, PNG]), ("in blue", [], [JPEG])]
    first = await house.paste(*turns, signed=signed)
    generation, name = first.split("/")
    file = house.history.find_file("me", generation, name)
    assert file is not None
    assert file.read_bytes() == JPEG
    assert [await house.paste(*turns, signed=signed) for _ in range(2)] == [first, first]
    assert sorted(house.kept) == ["a sofa", "in blue"]
    other = await house.paste(turns[0], ("in red", [], [JPEG]), signed=signed)
    assert other not in ("", first), "other words are another conversation"
    assert house.left == [], "the copy that was made of the BMP is gone, too"


async def test_other_pictures_are_another_conversation(house: House) -> None:
    first = await house.paste(("a sofa", [], [PNG]), ("in blue", [], [JPEG]))
    assert await house.paste(("a sofa", [], [PNG]), ("in blue", [], [PNG])) not in ("", first)
    assert await house.paste(("a sofa", [], [JPEG]), ("in blue", [], [JPEG])) not in ("", first)


@pytest.mark.parametrize(
    "turn",
    [
        ("more than one call brings", [], [PNG] * 33),
        ("more than one call takes", [PNG] * 15, [PNG]),
        ("more than there is space for", [], [PNG + bytes(QUOTA // 2)] * 2),
        ("no picture", [], [PNG, b"words"]),
        ("given is no picture", [BMP, b"words"], [PNG]),
    ],
    ids=lambda turn: turn[0],
)
async def test_of_what_cannot_be_kept_nothing_is(house: House, turn: Turn) -> None:
    assert await house.paste(("a sofa", [], [PNG]), turn, ("in blue", [], [PNG])) == ""
    assert (house.kept, house.left) == ([], [])


async def test_there_is_space_for_all_of_it_before_anything_is_copied(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(pasted_turns, "_part", lambda *_: made.append("a copy"))
    assert await house.paste(("a sofa", [], [PNG]), ("big", [], [PNG + bytes(QUOTA // 2)] * 2)) == ""
    assert made == []


async def test_what_was_kept_before_the_disk_failed_is_taken_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saved = house.history.save_picture, list[str]()

    def fail(generation: str, *rest: Any, **more: Any) -> Any:
        if len(saved) == 2:
            raise OSError(28, "No space left on device")
        saved.append(generation)
        return save(generation, *rest, **more)

    monkeypatch.setattr(house.history, "save_picture", fail)
    assert await house.paste(("a sofa", [], [PNG]), ("in blue", [], [PNG, JPEG])) == ""
    assert len(set(saved)) == 2, "the first was whole, the second had one of its two"
    assert (house.kept, house.left) == ([], [])
    assert house.history.usage("me").bytes == 0


async def test_it_is_counted_like_a_zip_that_is_imported(house: House) -> None:
    most = BUDGETS["imports"].shared.visitor
    assert most
    came = [await house.paste((f"sofa {number}", [], [PNG])) for number in range(most + 1)]
    assert (all(came[:-1]), came[-1]) == (True, "")
    assert len(house.kept) == most
