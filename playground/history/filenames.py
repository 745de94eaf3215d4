"""Names for files that people take away: the day, the first words of the prompt, a number.

They are safe on every system: nothing but letters and digits of any script, with hyphens between them, and so
short that folders and mail programs take them. They begin with a digit, and so are none of the names that
Windows keeps for itself.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Final

_MOST_COLUMNS: Final = 40
"""A Chinese character takes two."""
_MOST_BYTES: Final = 120
_NUMBERED = re.compile(r"\d{4}-\d{2}-\d{2}-.+-\d{1,4}\.[a-z][a-z0-9]{2,3}")
_KEPT: Final = "LMN"
"""First letters of the Unicode categories that stay: letters, marks and numbers."""


def stem(created: datetime, prompt: str) -> str:
    """The beginning of the names of what came of a prompt. The day is that of this machine's clock."""
    return f"{created.astimezone():%Y-%m-%d}-{_words(prompt) or 'picture'}"


def numbered(stem: str, number: int, name: str) -> str:
    """The name of one of its pictures, from 1; `name` is what the record calls it."""
    return f"{stem}-{number}{Path(name).suffix}"


def is_numbered(name: str) -> bool:
    """Whether `numbered` may have given a name, whatever has become of its letters on the way."""
    return _NUMBERED.fullmatch(name) is not None


def _words(prompt: str) -> str:
    text = unicodedata.normalize("NFC", prompt[:1000])
    spaced = "".join(sign if unicodedata.category(sign)[0] in _KEPT else " " for sign in text)
    words = spaced.split()
    kept = [word for word, end in zip(words, accumulate(map(_length, words)), strict=True) if end <= 1]
    return "-".join(kept) or _cut(words[0] if words else "")


def _length(text: str) -> float:
    """How much of the room for all words a text takes, with the hyphen after it."""
    return max((_columns(text) + 1) / _MOST_COLUMNS, (len(text.encode()) + 1) / _MOST_BYTES)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _cut(word: str) -> str:
    """As much of one long word as there is room for: Chinese has no spaces."""
    while _length(word) > 1:
        word = word[:-1]
    return word
