"""Going on from a result: word for word where every signature is there, else the picture alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.catalogue import Catalogue
from playground.history import SavedPicture
from playground.jobs import conversation
from playground.jobs.inputs import encoded_bytes
from playground.request import ImageRequest, PreparedImage, Turn
from playground.result import ImageResult, PicturePart, TextPart
from tests.wire.samples import picture

MODEL = "gemini-3-pro-image"
LONG = "c2ln" * 3000


def ask(prompt: str = "now at night", **fields: Any) -> ImageRequest:
    return ImageRequest(**{"prompt": prompt, "provider": "google", "model": MODEL, **fields})


def on_disk(folder: Path, name: str, data: bytes) -> SavedPicture:
    path = folder / name
    path.write_bytes(data)
    return SavedPicture("g", name, path, None, "image/png", 8, 6, len(data), name, "thought" in name)


def part(signature: str | None = LONG, thought: bool = False, declared: str = "image/jpeg") -> PicturePart:
    return PicturePart(b"", "image/png", 8, 6, declared, thought, signature)


@pytest.fixture
def answered(tmp_path: Path) -> tuple[ImageResult, list[SavedPicture]]:
    """An answer with a thought, words and two pictures, on disk."""
    parts = (
        TextPart("Hm.", thought=True),
        part(None, thought=True),
        TextPart("Here:", signature="dGV4dA=="),
        part("b25l"),
        part(),
        TextPart("", signature="ZW5k"),
    )
    names = ("1-1thought.png", "1-2.png", "1-3.png")
    return ImageResult(parts=parts), [on_disk(tmp_path, name, picture()) for name in names]


def test_a_turn_keeps_everything_but_the_thoughts(answered: tuple[ImageResult, list[SavedPicture]]) -> None:
    result, pictures = answered
    earlier = Turn("first", (), (), "google", MODEL)
    request = ask("a pig", turns=(earlier,))
    before, turn = conversation.turns_after(request, result, pictures)
    assert before is earlier
    assert (turn.prompt, turn.provider, turn.model) == ("a pig", "google", MODEL)
    told = [(one.text, one.image.path if one.image else None, one.signature) for one in turn.reply]
    assert told == [
        ("Here:", None, "dGV4dA=="),
        ("", pictures[1].path, "b25l"),
        ("", pictures[2].path, LONG),
        ("", None, "ZW5k"),
    ]
    assert {one.mime_type for one in turn.pictures} == {"image/jpeg"}  # as the answer declared it


class Case:
    """One conversation of one turn, which nothing keeps from being replayed."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.provider = catalogue.provider("google")
        self.model = catalogue.model("google", MODEL)
        self.result = ImageResult(parts=(part(),))
        self.pictures = [on_disk(folder, "1-1.png", picture())]
        self.before = ask("a pig")
        self.request = ask()
        self.picture = self.pictures[0].path

    def why(self) -> str | None:
        turns = conversation.turns_after(self.before, self.result, self.pictures)
        return conversation.obstacle(self.request, turns, self.picture, self.provider, self.model)


@pytest.fixture
def case(tmp_path: Path, catalogue: Catalogue) -> Case:
    return Case(tmp_path, catalogue)


def test_nothing_in_the_way(case: Case) -> None:
    assert case.why() is None


def test_a_picture_without_a_signature(case: Case) -> None:
    case.result = ImageResult(parts=(TextPart("Here", signature="c2ln"), part(None)))
    assert case.why() == "unsigned"


@pytest.mark.parametrize("changed", [{"model": "gemini-nano-banana-2.1"}, {"provider": "gateway"}])
def test_another_model_and_another_provider(case: Case, changed: dict[str, str]) -> None:
    case.request = ask(**changed)
    assert case.why() == "model_changed"


def test_a_draft_that_is_not_the_last_picture(case: Case, tmp_path: Path) -> None:
    case.result = ImageResult(parts=(part(), part()))
    case.pictures.append(on_disk(tmp_path, "1-2.png", picture()))
    assert case.why() == "other_picture"


def test_a_file_that_is_gone_or_another(case: Case) -> None:
    case.picture.write_bytes(b"shorter")
    assert case.why() == "file_gone"
    case.picture.unlink()
    assert case.why() == "file_gone"


def test_more_pictures_than_the_model_takes(case: Case, tmp_path: Path) -> None:
    file = on_disk(tmp_path, "in.png", picture())
    given = PreparedImage(file.path, "image/png", 8, 6, file.byte_count)
    case.request = ask(images=(given,) * case.model.max_images)
    assert case.why() == "too_many_images"


@pytest.mark.parametrize("limit", ["max_image_bytes", "max_request_bytes"])
def test_more_bytes_than_the_provider_takes(case: Case, limit: str) -> None:
    case.provider = case.provider.model_copy(update={limit: 60})
    assert case.why() == "too_large"


def test_the_budget_counts_base64_words_and_signatures(case: Case) -> None:
    encoded = encoded_bytes([PreparedImage(case.picture, "image/png", 8, 6, case.pictures[0].byte_count)])
    words = len("a pig") + len("now at night") + len(LONG)
    exactly = encoded + words + 100_000
    case.provider = case.provider.model_copy(update={"max_request_bytes": exactly})
    assert case.why() is None
    case.provider = case.provider.model_copy(update={"max_request_bytes": exactly - 1})
    assert case.why() == "too_large"


def test_collapsing_puts_the_picture_last(case: Case) -> None:
    mine = PreparedImage(Path("mine.png"), "image/png", 8, 6, 10)
    earlier = PreparedImage(case.picture, "image/png", 8, 6, 20)
    turns = conversation.turns_after(case.before, case.result, case.pictures)
    request = conversation.replayed(ask(images=(mine,)), turns, "g/1-1.png")
    assert conversation.last_picture(request.turns) == case.picture
    alone = conversation.collapsed(request, earlier, "missing_signature", request.continues)
    assert (alone.images, alone.turns) == ((mine, earlier), ())
    assert (alone.continues, alone.collapsed) == ("g/1-1.png", "missing_signature")
    assert alone.prompt == request.prompt
