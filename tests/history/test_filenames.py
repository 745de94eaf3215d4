"""Names of files that people take away: they say what is in them, and every system takes them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.history import filenames

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a red fox in the snow", "a-red-fox-in-the-snow"),
        ("雾中群山，水墨", "雾中群山-水墨"),
        ("CON", "CON"),
        ("../../etc/passwd", "etc-passwd"),
        ('what? "yes": <no>|*', "what-yes-no"),
        (
            "a very long prompt that says much more than a name should say",
            "a-very-long-prompt-that-says-much-more",
        ),
        ("长" * 50, "长" * 19),
        ("🦊 ...", "picture"),
        ("", "picture"),
    ],
)
def test_a_name_has_the_first_words_of_the_prompt(prompt: str, words: str) -> None:
    name = filenames.numbered(filenames.stem(NOON, prompt), 2, "2-1.jpg")
    assert name[10:] == f"-{words}-2.jpg"
    assert filenames.is_numbered(name)


@given(st.text(st.characters(codec=None), max_size=300))
def test_every_name_is_safe_on_every_system(prompt: str) -> None:
    name = filenames.numbered(filenames.stem(NOON, prompt), 14, "14-1.webp")
    assert len(name.encode()) <= 200
    assert not set(name) & set('<>:"/\\|?*\0 ')
    assert all(unicodedata.category(sign)[0] in "LMN" or sign in "-." for sign in name)
    assert name.startswith("2026-11-2")
