"""Every word that a person reads, one TOML file for each language, and the lookup for them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "zh")
DEFAULT = "en"
HTML_LANG = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True)
class Words:
    """The words of one language. `words("tabs.edit")`, `words("done.many", count=4, seconds="2.1")`."""

    language: str
    _texts: Mapping[str, str]

    def __call__(self, key: str, /, **facts: object) -> str:
        """The text of `key` with its placeholders filled in. Raises KeyError for an unknown key."""
        return self._texts[key].format(**facts)

    def get(self, key: str, default: str = "") -> str:
        """The text of `key` as it stands, or `default`."""
        return self._texts.get(key, default)

    def listed(self, items: Iterable[str]) -> str:
        """Several things in a row: "a, b, c", and "甲，乙，丙"."""
        return ("，" if self.language == "zh" else ", ").join(items)

    def together(self, *sentences: str) -> str:
        """Whole sentences one after the other; empty ones are left out."""
        return ("" if self.language == "zh" else " ").join(filter(None, sentences))

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


@cache
def words(language: str) -> Words:
    """The words of a language; English for one that is not there."""
    code = language if language in LANGUAGES else DEFAULT
    text = resources.files(__package__).joinpath(f"{code}.toml").read_text(encoding="utf-8")
    return Words(code, dict(_flatten(tomllib.loads(text))))


def _flatten(table: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        path = f"{above}.{key}" if above else key
        flat.extend(_flatten(value, path) if isinstance(value, dict) else [(path, value)])
    return flat


def language_of(accept_language: str | None) -> str:
    """The language to speak for an Accept-Language header: Chinese when it comes before English."""
    for choice in (accept_language or "").lower().split(","):
        code = choice.split(";")[0].strip().split("-")[0]
        if code in LANGUAGES:
            return code
    return DEFAULT
