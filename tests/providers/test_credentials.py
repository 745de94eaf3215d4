"""Keys: cleaned on the way in, masked everywhere else."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import InvalidRequest
from playground.providers.credentials import (
    MAX_KEY_CHARACTERS,
    Credentials,
    Key,
    clean_key,
    install_log_redaction,
    redact,
)
from playground.providers.masking import Mask

SECRET = "canary-Key_0123456789"
GOOGLES = "AIza" + "B" * 35
TOKEN = "abcXYZ0189-._~+/"
"""The signs of a bearer token (RFC 6750), but for the padding at its end."""
keys = st.builds(
    "{}{}{}{}".format,
    st.text(TOKEN, min_size=1),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\"'`"), max_size=80),
    st.text(TOKEN, min_size=1),
    st.sampled_from(["", "=", "=="]),
).filter(lambda key: not re.match("(?i)bearer|.*(key|token|secret|authorization) *[:=]|[A-Z0-9_]+=", key))
wraps = st.text(
    st.sampled_from(" \t\r\n\u200b\u200c\u200d\u2060\ufeff\u00a0\u3000\u200e\u202e\u2066\u2069\ufe0f"),
    max_size=5,
)
quotes = st.sampled_from(
    ["{}", '"{}"', "'{}'", "`{}`", "\u201c{}\u201d", "\u2018{}\u2019", "\u300c{}\u300d", '"{}",', "'{}';"]
)
names = st.sampled_from(
    [
        "",
        "Bearer ",
        "bearer ",
        "export GEMINI_API_KEY=",
        "GEMINI_API_KEY=",
        "API_KEY = ",
        "set KEY1=",
        "$env:K = ",
        "x-goog-api-key: ",
        "Authorization: Bearer ",
        '"apiKey": ',
        "export MINE=",
        "key=",
    ]
)


@pytest.mark.parametrize(
    "pasted",
    [
        SECRET,
        f"  {SECRET}\n",
        f"{SECRET}\r\n",
        f"Bearer {SECRET}",
        f'Bearer "{SECRET}"',
        f"bearer  {SECRET} ",
        f'"{SECRET}"',
        f"'{SECRET}'",
        f"\ufeff{SECRET}\u200b",
        f"{SECRET[:5]}\u200b{SECRET[5:]}",
        f"`{SECRET}`",
        f"```{SECRET}```",
        f"\u201c{SECRET}\u201d",
        f"export GEMINI_API_KEY={SECRET}",
        f'export GEMINI_API_KEY="{SECRET}"',
        f"GEMINI_API_KEY = '{SECRET}'",
        f"GEMINI_API_KEY='Bearer {SECRET}'\n",
        f"set GEMINI_API_KEY={SECRET}\r\n",
        f'$env:GEMINI_API_KEY = "{SECRET}"',
        f'"apiKey": "{SECRET}",',
        f"api-key: {SECRET}",
        f"x-goog-api-key: {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"\u202a{SECRET}\u202c",
        f"\u200e{SECRET}\u200f",
        f"{SECRET}\ufe0f",
    ],
)
def test_what_comes_along_with_a_pasted_key_is_taken_off(pasted: str) -> None:
    cleaned = clean_key(pasted)
    assert cleaned is not None
    assert cleaned.secret == SECRET


@given(key=keys, before=wraps, after=wraps, name=names, inner=quotes, outer=quotes)
def test_a_key_survives_whatever_surrounds_it(
    key: str, before: str, after: str, name: str, inner: str, outer: str
) -> None:
    cleaned = clean_key(outer.format(f"{before}{name}{inner.format(key)}{after}"))
    assert cleaned == Key(key)


@given(st.text(max_size=80) | st.text(st.sampled_from("aA_=:'\"` \u200b,;keyKEY"), max_size=40))
def test_a_cleaned_key_is_clean(text: str) -> None:
    try:
        key = clean_key(text)
    except InvalidRequest:
        return
    if key is not None:
        assert clean_key(key.secret) == key


def test_a_key_with_padding_keeps_it() -> None:
    for secret in ("c2VjcmV0a2V5==", "myKEY=", "my-secret=="):
        assert clean_key(f" {secret} ") == Key(secret)


def test_a_very_long_text_is_refused_at_once() -> None:
    with pytest.raises(InvalidRequest, match="key_invalid"):
        clean_key("Bearer " * 100_000 + SECRET)


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        "",
        "   ",
        "\n",
        "\u200b",
        '""',
        "Bearer ",
        "bearer",
        "``",
        "GEMINI_API_KEY=",
        "export A_KEY=''",
        "\u202e",
    ],
)
def test_nothing_is_no_key(nothing: str | None) -> None:
    assert clean_key(nothing) is None


@given(st.text(max_size=700))
def test_a_cleaned_key_can_always_be_a_header_and_a_refusal_never_repeats_it(text: str) -> None:
    refusal = None
    try:
        key = clean_key(text)
    except InvalidRequest as error:
        key, refusal = None, error
    if refusal is not None:
        assert refusal.args == ("key_invalid", {"field": "key", "allowed": str(MAX_KEY_CHARACTERS)})
    if key is not None:
        assert key.secret.isascii()
        assert key.secret.isprintable()
        assert " " not in key.secret


@pytest.mark.parametrize(
    "bad",
    [
        "two words",
        "schlüssel",
        "a\x00b",
        "a\nb",
        'a"b',
        "a`b",
        "it's",
        "a\ud83d",
        f"A_KEY={SECRET}\nB_KEY={SECRET}",
        "x" * (MAX_KEY_CHARACTERS + 1),
    ],
)
def test_what_cannot_be_a_key_is_refused(bad: str) -> None:
    with pytest.raises(InvalidRequest, match="key_invalid") as caught:
        clean_key(bad)
    assert bad not in str(caught.value)


def test_printing_anything_that_holds_a_key_shows_stars() -> None:
    holder = Credentials(Key(SECRET), "https://x.example")
    for text in (str(holder.key), repr(holder), f"{holder.key!r}", f"{holder}", f"{holder.key}"):
        assert SECRET not in text
        assert "***" in text


@pytest.mark.parametrize(
    "text",
    [
        f"the key {SECRET} is wrong",
        f"https://x.example/v1beta/models?key={SECRET}&alt=sse",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
    ],
)
def test_the_key_in_use_is_taken_out_of_any_words(text: str) -> None:
    assert SECRET not in Mask(Key(SECRET)).text(text)


@pytest.mark.parametrize(
    "text",
    [
        f"API key {GOOGLES} expired",
        "invalid token sk-abcdefghijklmnopqrstuv",
        f"GET https://x.example/models?key={SECRET} 200",
        f"GET https://x.example/models?alt=sse&key={SECRET}",
        f"authorization: Bearer {SECRET}",
        f"x-goog-api-key: {SECRET}",
    ],
)
def test_what_looks_like_a_key_is_taken_out_even_when_it_is_unknown(text: str) -> None:
    cleaned = redact(text)
    assert "***" in cleaned
    assert SECRET not in cleaned
    assert GOOGLES not in cleaned
    assert "abcdefghijkl" not in cleaned


def test_ordinary_words_stay() -> None:
    text = "The monkey = key to the sketch, skipped; ask-me about https://x.example/models?alt=sse"
    assert Mask(Key(SECRET)).text(text) == redact(text) == text


@pytest.fixture
def redacting() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    install_log_redaction()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.usefixtures("redacting")
def test_no_log_record_holds_a_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("httpx").info('HTTP Request: GET "%s" %d', f"https://x.example/?key={SECRET}", 200)
        logging.getLogger("elsewhere").debug(f"Authorization: Bearer {SECRET}")
        logging.getLogger("elsewhere").info("nothing %s here", "secret")
    assert SECRET not in caplog.text
    assert "https://x.example/?key=***" in caplog.text
    assert "nothing secret here" in caplog.text


@pytest.mark.usefixtures("redacting")
def test_installing_twice_is_installing_once() -> None:
    once = logging.getLogRecordFactory()
    install_log_redaction()
    assert logging.getLogRecordFactory() is once
