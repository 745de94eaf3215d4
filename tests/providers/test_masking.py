"""A key is taken out of whatever repeats it, however it is written and wherever it is cut."""

from __future__ import annotations

import base64
import io
import zlib
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.providers.credentials import Credentials, Key
from playground.providers.masking import SHORTEST_PIECE, Mask
from playground.request import ImageRequest
from playground.result import ImageResult, PicturePart, TextPart
from tests.echoing import CANARY, answer, left_in, marked_picture, refusal
from tests.mocked import provider_of

SECRET = "canary-Key/0+123456789"
keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\"'`"), min_size=4)
words = st.text(max_size=20)


@given(keys, words, words, st.data())
def test_no_piece_that_could_be_used_is_left(key: str, before: str, behind: str, data: st.DataObject) -> None:
    written = data.draw(st.sampled_from([key, quote(key, safe=""), quote(key)]))
    cleaned = Mask(Key(key)).text(f"{before}{written}{behind}")
    assert written not in cleaned or written in "***" or written in before + behind


@given(st.integers(0, len(SECRET) - SHORTEST_PIECE), st.integers(SHORTEST_PIECE, len(SECRET)), words, words)
def test_a_piece_is_found_wherever_the_key_was_cut(start: int, size: int, before: str, behind: str) -> None:
    piece = SECRET[start : start + size]
    assert piece not in Mask(Key(SECRET)).text(f"{before}{piece}{behind}")


@given(st.binary(max_size=8), st.binary(max_size=8), st.sampled_from(["+/", "-_"]))
def test_base64_that_holds_the_key_does_not_lead_back(before: bytes, behind: bytes, signs: str) -> None:
    packed = base64.b64encode(before + SECRET.encode() + behind, signs.encode()).decode()
    cleaned = Mask(Key(SECRET)).text(packed)
    assert "***" in cleaned
    assert len(cleaned.replace("***", "").rstrip("=")) <= (len(before) + len(behind) + 4) * 4 / 3


def test_two_pieces_beside_each_other_are_masked_to_the_last_sign() -> None:
    assert Mask(Key(SECRET)).text(f"a {SECRET}{SECRET} b {SECRET[:14]}") == "a ****** b ***"


@pytest.mark.parametrize("text", ["", "canary", "a canary-Key in words", "0123456789", SECRET[:11]])
def test_other_words_stay(text: str) -> None:
    assert Mask(Key(SECRET)).text(text) == text


def test_names_of_members_and_records_within_records_are_masked() -> None:
    part = TextPart(SECRET, signature=SECRET)
    result = ImageResult((part,), SECRET, links=(SECRET,), raw=MappingProxyType({SECRET: [{SECRET: 1}]}))
    assert SECRET not in repr(Mask(Key(SECRET)).value(result))


def test_a_picture_keeps_its_pixels_and_its_checksums(tmp_path: Path) -> None:
    marked, mask = marked_picture(CANARY), Mask(Key(CANARY))
    masked = mask.picture(marked)
    assert left_in(masked) == []
    assert len(masked) == len(marked)
    with Image.open(io.BytesIO(masked)) as after, Image.open(io.BytesIO(marked)) as before:
        assert after.tobytes() == before.tobytes()
        assert after.text["Comment"].startswith("made for ***")  # type: ignore[attr-defined]
    file = tmp_path / "picture"
    file.write_bytes(marked)
    assert mask.file(file)
    assert file.read_bytes() == masked
    assert not mask.file(file)


@pytest.mark.parametrize("where", ["behind the pixels", "behind the end", "in no chunk"])
def test_a_file_is_looked_at_wherever_words_may_stand(where: str, tmp_path: Path) -> None:
    secret = SECRET.encode()
    whole = marked_picture("nobody")
    pixels, end = whole[:-12], whole[-12:]
    words = len(secret).to_bytes(4) + b"tEXt" + secret + zlib.crc32(b"tEXt" + secret).to_bytes(4)
    file = tmp_path / "picture"
    file.write_bytes(
        {
            "behind the pixels": pixels + words + end,
            "behind the end": whole + secret,
            "in no chunk": whole[:60] + secret,
        }[where]
    )
    assert Mask(Key(SECRET)).file(file)
    assert secret not in file.read_bytes()


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_are_masked_and_none_else_change(before: bytes, behind: bytes) -> None:
    masked = Mask(Key(SECRET)).picture(before + SECRET.encode() + behind)
    assert masked == before + b"*" * len(SECRET) + behind
    png = b"\x89PNG\r\n\x1a\n" + before
    assert Mask(Key(SECRET)).picture(png) == png


def test_a_cut_png_is_masked_as_far_as_it_goes() -> None:
    marked = marked_picture(CANARY)
    for end in range(0, len(marked), 7):
        masked = Mask(Key(CANARY)).picture(marked[:end])
        assert len(masked) == end
        assert CANARY.encode() not in masked


def test_the_checksum_is_the_one_of_its_chunk() -> None:
    masked = Mask(Key(CANARY)).picture(marked_picture(CANARY))
    at = masked.index(b"tEXt")
    length = int.from_bytes(masked[at - 4 : at])
    assert masked[at + 4 + length : at + 8 + length] == zlib.crc32(masked[at : at + 4 + length]).to_bytes(4)


async def ask(catalogue: Catalogue, body: dict[str, Any], status: int, folder: Path) -> Any:
    row = catalogue.model("google", catalogue.provider("google").default_model)
    request = ImageRequest(
        prompt="a cat", provider="google", model=catalogue.provider("google").default_model
    )
    caller = provider_of(catalogue, lambda _: httpx.Response(status, json=body), staging_dir=folder)
    return await caller.generate(request, row, Credentials(Key(CANARY)))


async def test_a_good_answer_that_is_all_key_holds_none_of_it(catalogue: Catalogue, tmp_path: Path) -> None:
    result = (await ask(catalogue, answer(CANARY), 200, tmp_path)).result
    assert result.pictures
    assert left_in(repr(result)) == []
    assert left_in(result.answer.text) == []
    assert "key_in_picture" in result.oddities
    for part in result.parts:
        if isinstance(part, PicturePart):
            assert left_in(part.file.read_bytes() if part.file else part.data) == []


async def test_an_error_that_is_all_key_holds_none_of_it(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError) as caught:
        await ask(catalogue, refusal(CANARY), 400, tmp_path)
    assert left_in(str(vars(caught.value)) + str(caught.value.facts)) == []
