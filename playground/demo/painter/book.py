"""The word list: every phrase the painter knows, in English and Chinese, and what it means."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import lru_cache
from importlib import resources

from .reading import Word

LISTS = ("subjects.toml", "words.toml")

AFTER = ("的", "有", "坐着", "站着", "躺着", "趴着", "停着", "放着", "摆着", "飞着", "长着", "挂着")
"""What follows a Chinese relation when the thing it speaks of is still to come."""


@lru_cache(maxsize=1)
def _lists() -> dict[str, dict[str, dict[str, object]]]:
    """Everything that is written in the lists, as it is written."""
    folder = resources.files(__package__)
    lists: dict[str, dict[str, dict[str, object]]] = {}
    for name in LISTS:
        lists |= tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))
    return lists


@lru_cache(maxsize=1)
def book() -> dict[str, dict[str, dict[str, object]]]:
    """Kinds of things, and the things of each kind."""
    apart = ("silent", "verbs", "classifier", "other")
    return {kind: entries for kind, entries in _lists().items() if kind not in apart}


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Word]:
    """Every phrase there is, and what it means."""
    phrases: dict[str, Word] = {}
    for kind, entries in book().items():
        for name, entry in entries.items():
            english, chinese = strings(entry["en"]), strings(entry["zh"])
            said = (chinese or strings(entry.get("verb", [])) or [""])[0]
            word = Word(kind, name, english[0], said, str(entry.get("hex", "")))
            for phrase in english:
                phrases.setdefault(phrase.replace("-", " "), word)
            for phrase, meaning in _chinese(kind, chinese, strings(entry.get("verb", [])), word):
                phrases.setdefault(phrase.replace(" ", ""), meaning)
    for phrase, word in list(phrases.items()):
        if word.kind == "subject" and not phrase.isascii():
            phrases.setdefault(f"{phrase}们", replace(word, many=True))
    for phrase in str(_lists()["silent"]["words"]).split():
        phrases.setdefault(phrase, Word("silent", "silent", phrase, phrase))
    for text in (_lists()["other"]["en"], _lists()["other"]["zh"]):
        for phrase in str(text).replace("\n", " ").split(";" if ";" in str(text) else None):
            phrases.setdefault(phrase.strip(), Word("other", "other", phrase.strip(), phrase.strip()))
    return phrases


def _chinese(kind: str, chinese: list[str], verbs: list[str], word: Word) -> list[tuple[str, Word]]:
    """The Chinese phrases of a word: numbers come with a measure word, relations in two orders."""
    if kind == "number":
        return [
            (f"{phrase}{measure}", word)
            for phrase in chinese
            for measure in str(_lists()["classifier"]["zh"])
        ]
    pairs = [(phrase, word) for phrase in chinese]
    if kind == "style":
        pairs += [(f"{phrase}{after}", word) for phrase in chinese for after in ("风格", "风", "效果")]
    if kind == "relation":
        ahead = replace(word, ahead=True)
        pairs += [(f"{phrase}{after}", ahead) for phrase in chinese for after in AFTER]
        pairs += [(verb, replace(word, verb=True)) for verb in verbs]
    return pairs


@lru_cache(maxsize=1)
def silent() -> frozenset[str]:
    """English words and Chinese characters that carry no picture."""
    text = _lists()["silent"]
    return frozenset([*str(text["en"]).split(), *str(text["zh"])])


@lru_cache(maxsize=1)
def alone() -> frozenset[str]:
    """Chinese words of one character that are named when they had no effect."""
    return frozenset(str(_lists()["silent"]["alone"]).split())


@lru_cache(maxsize=1)
def verbs() -> frozenset[str]:
    """Chinese verbs of one character that are not drawn but end a word."""
    return frozenset(str(_lists()["verbs"]["zh"]))


def entry(name: str) -> dict[str, object]:
    """What the list says about a subject."""
    return book()["subject"][name]


def looks(name: str) -> list[str]:
    """The drawings that stand for a subject, in turn."""
    return strings(entry(name).get("looks", [name]))


def group(name: str) -> int:
    """How many of a subject are drawn when a plural comes without a number."""
    number = entry(name).get("group", 0)
    return number if isinstance(number, int) else 0


def strings(value: object) -> list[str]:
    """A value of the lists as a list of texts."""
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]
