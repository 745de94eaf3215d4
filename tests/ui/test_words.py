"""The words: the same keys and placeholders in each language, and a word for all that asks for one."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from typing import get_args

import pytest

from playground.catalogue import Retirement
from playground.errors import Billed
from playground.jobs import conversation
from playground.providers.progress import Phase
from playground.ui.mode_tabs import MODES, TILES
from playground.ui.words import LANGUAGES, language_of, words
from playground.wire.outcomes import FINISH_REASONS
from tests.error_sites import PACKAGE, Site, sites
from tests.outcome_table import BLOCK_REASONS

ENGLISH = words("en")
KEYS = sorted(ENGLISH.keys())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys(language: str) -> None:
    assert words(language).keys() == ENGLISH.keys()
    assert words(language).language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_placeholders(language: str) -> None:
    spoken = words(language)
    different = {
        key: (placeholders(ENGLISH.get(key)), placeholders(spoken.get(key)))
        for key in KEYS
        if placeholders(ENGLISH.get(key)) != placeholders(spoken.get(key))
    }
    assert different == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty_or_unfinished(language: str) -> None:
    for key in KEYS:
        text = words(language).get(key)
        assert text.strip() == text != "", key
        assert not re.search(r"TODO|FIXME|XXX|\?\?", text), key
        assert "—" not in text, key


def test_chinese_is_chinese() -> None:
    prose = [key for key in KEYS if key.startswith(("outcome.", "refusal.", "prompt.", "empty."))]
    for key in prose:
        assert re.search(r"[\u4e00-\u9fff]", words("zh").get(key)), key
        assert not re.search(r"[\u4e00-\u9fff]", ENGLISH.get(key)), key


# ── what the code asks for ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("site", sites(), ids=lambda site: f"{site.code} at {site.where}")
def test_every_outcome_has_words_that_its_facts_can_fill(site: Site) -> None:
    added = {"seconds"} if "wire" in site.where else set()  # `explain` knows a usual wait
    for part in ("what", "why", "do"):
        key = f"outcome.{site.code}.{part}"
        assert key in ENGLISH
        assert placeholders(ENGLISH.get(key)) <= site.facts | added, key


def asked_for() -> Iterator[tuple[str, ast.Call, str]]:
    """(where, call, key or pattern of keys) for every lookup in the screen's code."""
    for path in sorted((PACKAGE / "ui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _looks_up(node.func):
                for key in _keys(node.args[0]):
                    yield f"{path.name}:{node.lineno}", node, key


def _looks_up(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute) and called.attr == "get":
        called = called.value
    if isinstance(called, ast.Call):
        called = called.func
        return isinstance(called, ast.Name) and called.id == "words"
    return isinstance(called, ast.Name) and called.id in ("spoken", "w", "english")


def _keys(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [re.escape(str(node.value))]
    if isinstance(node, ast.IfExp):
        return _keys(node.body) + _keys(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return [
            "".join(re.escape(str(v.value)) if isinstance(v, ast.Constant) else ".+" for v in node.values)
        ]
    return []


LOOKUPS = list(asked_for())


def test_lookups_are_found() -> None:
    assert len(LOOKUPS) > 80


def test_every_key_that_the_screen_asks_for_exists() -> None:
    missing = [
        (where, key) for where, _, key in LOOKUPS if not any(re.fullmatch(key, known) for known in KEYS)
    ]
    assert missing == []


def test_every_lookup_brings_the_facts_that_its_text_needs() -> None:
    short = []
    for where, call, key in LOOKUPS:
        given = {keyword.arg for keyword in call.keywords}
        is_plain_get = isinstance(call.func, ast.Attribute)
        for known in KEYS:
            literal = ".+" not in key and re.fullmatch(key, known)
            if literal and not is_plain_get and not placeholders(ENGLISH.get(known)) <= given:
                short.append((where, known))
    assert short == []


def test_what_is_put_together_from_names_exists() -> None:
    expected = {f"tabs.{mode.id}" for mode in MODES}
    expected |= {f"tiles.{tile}.{part}" for tile in TILES for part in ("title", "hint", "prompt")}
    expected |= {f"refusal.billed_{billed}" for billed in Billed}
    expected |= {f"panel.{state}" for state in get_args(Retirement.model_fields["state"].annotation)}
    expected |= {f"refusal.{state}" for state in get_args(Retirement.model_fields["state"].annotation)}
    expected |= {f"done.change_{change}" for change in ("converted", "upright", "shrunk", "flattened")}
    expected |= {f"connection.{code}" for code in ("ok", "ok_demo", "no_listing")}
    expected |= {f"done.collapsed_{why}" for why in re.findall(r'^\| "(\w+)" \|', conversation.__doc__, re.M)}
    expected |= {f"done.differs_{code}" for code in DIFFERENCES}
    expected |= {f"running.{phase}{form}" for phase in Phase for form in ("", "_many")}
    expected |= {f"reason.{name}" for name in (*BLOCK_REASONS, *FINISH_REASONS) if name not in UNNAMED}
    assert expected <= ENGLISH.keys()


DIFFERENCES = (
    "aspect_ratio",
    "image_size",
    "mime_type",
    "output_format",
    "model_version",
    "same_as_input",
)
UNNAMED = ("", "MISSING_THOUGHT_SIGNATURE")
"""Finish reasons whose words never show the reason itself."""


# ── choosing a language ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hant-TW", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr-FR,zh;q=0.5", "zh"),
        ("fr,de", "en"),
        (";;,,", "en"),
    ],
)
def test_the_browser_says_which_language(header: str | None, language: str) -> None:
    assert language_of(header) == language


def test_an_unknown_language_is_english() -> None:
    assert words("fr").language == "en"


def test_an_unknown_key_is_an_error_and_not_an_empty_text() -> None:
    with pytest.raises(KeyError):
        ENGLISH("no.such.key")
    assert ENGLISH.get("no.such.key", "otherwise") == "otherwise"
