"""Every word that a person reads, a TOML file for each language, and how it writes numbers and days.

To add a language, write its file and a row of `LANGUAGES`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, reduce
from importlib import resources
from typing import Any

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal
from babel.units import format_unit


@dataclass(frozen=True)
class Language:
    """A language that the page speaks.

    Attributes:
        html: what the page says of itself in `lang`.
        locale: by whose rules numbers, dates and plurals are written, as Babel names it.
        browsers: what browsers call it; Gradio compares each exactly.
    """

    html: str
    locale: str
    browsers: tuple[str, ...]


LANGUAGES: Mapping[str, Language] = {
    "en": Language("en", "en_GB", ("en",)),
    "zh": Language("zh-CN", "zh_CN", ("zh", "zh-CN", "zh-TW", "zh-HK", "zh-SG", "zh-MO")),
}
"""Code, also the name of the file -> language; in the order in which the page's button goes round."""

DEFAULT = "en"
_PLURALS = frozenset({"=1", "zero", "one", "two", "few", "many", "other"})
"""The forms that an entry may have: exactly one thing, and the plural categories of Unicode's CLDR."""

_HOUR, _DAY, _YEAR = 3600, 86_400, 365.25 * 86_400
_DURATIONS = (("minute", 60, 2 * _HOUR), ("hour", _HOUR, 2 * _DAY), ("day", _DAY, 2 * _YEAR))
"""Unit, its seconds, and the seconds from which the next one is used."""

Entry = str | Mapping[str, str]
"""A text, or its plural forms by category; "other" is always there."""


@dataclass(frozen=True)
class Words:
    """The words of one language. `words("tabs.edit")`, `words("done.summary", count=4, seconds="2.1")`."""

    language: str
    _entries: Mapping[str, Entry]

    def __call__(self, key: str, /, **facts: object) -> str:
        """The text of `key` with its placeholders filled in; `count` chooses between plural forms.

        Raises:
            KeyError: an unknown key, or a placeholder without a fact.
        """
        entry = self._entries[key]
        text = entry if isinstance(entry, str) else self._form(entry, int(str(facts["count"])))
        return text.format(**facts)

    def _form(self, forms: Mapping[str, str], count: int) -> str:
        if count == 1 and "=1" in forms:
            return forms["=1"]
        return forms.get(self._locale.plural_form(count), forms["other"])

    def get(self, key: str, default: str = "") -> str:
        """The text of `key` as it stands, or `default`; of one with plural forms, that for many."""
        entry = self._entries.get(key, default)
        return entry if isinstance(entry, str) else entry["other"]

    def listed(self, items: Iterable[str]) -> str:
        """Several things in a row: "a, b, c", and "甲，乙，丙"."""
        return self._joined("list.items", items)

    def names(self, items: Iterable[str]) -> str:
        """Names in a row, which are of one kind: "a, b, c", and "甲、乙、丙"."""
        return self._joined("list.names", items)

    def together(self, *sentences: str) -> str:
        """Whole sentences one after the other; empty ones are left out."""
        return self._joined("list.sentences", filter(None, sentences))

    def _joined(self, key: str, texts: Iterable[str]) -> str:
        *before, last = [*texts] or [""]
        return reduce(lambda rest, first: self(key, first=first, rest=rest), reversed(before), last)

    def number(self, value: float, places: int = 0) -> str:
        """A number with so many decimal places."""
        pattern = f"#,##0.{'0' * places}" if places else "#,##0"
        return format_decimal(value, pattern, locale=self._locale)

    def dollars(self, amount: float) -> str:
        """US dollars with as many places as matter: $0.034, $0.13, $1.07."""
        return self("number.dollars", amount=self.number(amount, 3 if amount < 0.1 else 2))

    def megabytes(self, count: int) -> str:
        """Bytes as megabytes (10^6), without the unit: "0.4" below ten, "42" from there on."""
        return self.number(count / 1e6, 1 if count < 9.95e6 else 0)

    def day(self, day: date, *, with_year: bool) -> str:
        """18 November, or 18 November 2025."""
        return format_skeleton("yMMMMd" if with_year else "MMMMd", day, locale=self._locale)

    def clock(self, moment: datetime) -> str:
        """Hours and minutes of the zone that `moment` is in: 09:05."""
        return format_skeleton("Hm", moment.replace(tzinfo=None), locale=self._locale)

    def duration(self, seconds: int) -> str:
        """A wait as a person would say it, rounded up: 35 s, 12 minutes, 15 hours, 3 days."""
        if seconds < 120:
            return self("wait.seconds", seconds=seconds)
        for unit, length, end in _DURATIONS:
            if seconds < end:
                return format_unit(-(-seconds // length), f"duration-{unit}", locale=self._locale)
        return format_unit(round(seconds / _YEAR), "duration-year", locale=self._locale)

    @property
    def other(self) -> Words:
        """The language that the page's button switches to."""
        codes = list(LANGUAGES)
        return words_for(codes[(codes.index(self.language) + 1) % len(codes)])

    @property
    def html_lang(self) -> str:
        return LANGUAGES[self.language].html

    @property
    def _locale(self) -> Locale:
        return Locale.parse(LANGUAGES[self.language].locale)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def keys(self) -> frozenset[str]:
        return frozenset(self._entries)


@cache
def words_for(language: str) -> Words:
    """The words of a language; English for one that is not there."""
    code = language if language in LANGUAGES else DEFAULT
    text = resources.files(__package__).joinpath(f"{code}.toml").read_text(encoding="utf-8")
    return Words(code, dict(_flatten(tomllib.loads(text))))


def language_of(accept_language: str | None) -> str:
    """The language to speak for an Accept-Language header: the first one of it that is there."""
    for choice in (accept_language or "").lower().split(","):
        code = choice.split(";")[0].strip().split("-")[0]
        if code in LANGUAGES:
            return code
    return DEFAULT


def _flatten(table: Mapping[str, Any], above: str = "") -> list[tuple[str, Entry]]:
    flat: list[tuple[str, Entry]] = []
    for key, value in table.items():
        path = f"{above}.{key}" if above else key
        is_table = isinstance(value, dict) and not ("other" in value and value.keys() <= _PLURALS)
        flat.extend(_flatten(value, path) if is_table else [(path, value)])
    return flat
