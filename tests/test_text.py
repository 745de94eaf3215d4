"""Half an emoji is mended, and what shows nothing is blank."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.text import is_blank, mended, mended_json

# Hypothesis leaves surrogates out of its texts unless it is asked for them.
halves = st.characters(categories=["Cs"])
texts = st.text(st.one_of(halves, halves, st.sampled_from('a\\u"é😀\0'), st.characters()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat", "a cat"),
        ("\ud83d", "\ufffd"),
        ("\ude00.", "\ufffd."),
        ("a\ud83d cat", "a\ufffd cat"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
        ("\ud83d😀", "\ufffd😀"),
        ("😀\ude00", "😀\ufffd"),
        ("", ""),
    ],
)
def test_halves_are_joined_or_replaced(text: str, expected: str) -> None:
    assert mended(text) == expected
    assert mended_json(json.dumps({"text": text}).encode()) is not None
    assert json.loads(mended_json(json.dumps({"text": text}).encode())) == {"text": expected}


@given(texts)
def test_what_is_mended_can_be_written_and_stays_as_it_is(text: str) -> None:
    whole = mended(text)
    assert whole.encode().decode() == whole
    assert mended(whole) == whole
    # Only halves are touched: without them, both texts are the same.
    assert [sign for sign in whole.replace("\ufffd", "") if sign <= "\uffff"] == [
        sign for sign in text.replace("\ufffd", "") if sign <= "\uffff" and unicodedata.category(sign) != "Cs"
    ]


@given(text=texts, ascii_only=st.booleans(), encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-32-be"]))
def test_a_document_says_the_same_with_its_strings_mended(text: str, ascii_only: bool, encoding: str) -> None:
    document = json.dumps({text: [text, 1.50, {"a": "\\"}]}, ensure_ascii=ascii_only)
    read = json.loads(mended_json(document.encode(encoding, "surrogatepass")))
    assert read == {mended(text): [mended(text), 1.5, {"a": "\\"}]}


@given(st.binary() | st.text().map(str.encode))
def test_what_is_no_document_comes_through(body: bytes) -> None:
    once = mended_json(body)
    assert mended_json(once) == once
    if b"\0" not in body and b"\xed" not in body and b"\\" not in body:
        assert once is body


@pytest.mark.parametrize("escaped", [r'"\\ud83d"', r'"\\\\ud83d"', r'"\"\\ud83d\""', '"ud83d"'])
def test_a_backslash_that_is_escaped_itself_begins_nothing(escaped: str) -> None:
    assert mended_json(escaped.encode()) == escaped.encode()
    assert mended_json(rf'["\ud83d",{escaped}]'.encode()) == rf'["\ufffd",{escaped}]'.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\r\n\u3000\u00a0\u2028",
        "\u200b\u200c\u200d\u2060\ufeff",
        "\u00ad",
        "\u200e\u200f\u202a\u202e\u2066\u2069\u061c",
        "\ufe0f\ufe00\U000e0100",
        "\u115f\u1160\u3164\uffa0",
        "\u2800",
        "\u034f\u180e\u2064\u2065",
        "\U000e0020\U000e007f",
        "\0\x1b\x7f\x85",
    ],
    ids=ascii,
)
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}a{text}")


@pytest.mark.parametrize("sign", [".", "字", "😀", "\ufffd", "\u0301", "\ue000", "\U0001fae8"], ids=ascii)
def test_any_sign_that_shows_is_something(sign: str) -> None:
    assert not is_blank(sign)
    assert not is_blank(f"\u200b {sign}")
