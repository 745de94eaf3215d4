"""The words: the same keys and placeholders in each language, and a word for all that asks for one."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, get_args

import jinja2
import pytest
from babel import Locale

from playground.catalogue import Retirement
from playground.demo.rehearsals import REHEARSALS
from playground.errors import Billed
from playground.jobs import conversation
from playground.modes import MODES
from playground.providers.progress import Phase
from playground.ui.mode_tabs import TILES
from playground.ui.words import LANGUAGES, Language, Words, language_of, words_for
from playground.wire.outcomes import FINISH_REASONS
from tests.error_sites import PACKAGE, Site, sites
from tests.outcome_table import BLOCK_REASONS

ENGLISH = words_for("en")
KEYS = sorted(ENGLISH.keys())
CATEGORIES = {"=1", "zero", "one", "two", "few", "many", "other"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys(language: str) -> None:
    assert words_for(language).keys() == ENGLISH.keys()
    assert words_for(language).language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_placeholders(language: str) -> None:
    words = words_for(language)
    different = {
        key: (placeholders(ENGLISH.get(key)), placeholders(words.get(key)))
        for key in KEYS
        if placeholders(ENGLISH.get(key)) != placeholders(words.get(key))
    }
    assert different == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty_or_unfinished(language: str) -> None:
    for key in KEYS:
        text = words_for(language).get(key)
        assert text.strip() == text != "", key
        assert not re.search(r"TODO|FIXME|XXX|\?\?", text), key
        assert "—" not in text, key


def test_chinese_is_chinese() -> None:
    prose = [key for key in KEYS if key.startswith(("outcome.", "refusal.", "prompt.", "empty."))]
    for key in prose:
        assert re.search(r"[\u4e00-\u9fff]", words_for("zh").get(key)), key
        assert not re.search(r"[\u4e00-\u9fff]", ENGLISH.get(key)), key


def test_chinese_is_of_one_hand() -> None:
    """One way to say "you", full-width signs beside Chinese, names set off, and no word for two things."""
    chinese = words_for("zh")
    shown = {key: chinese.get(key) for key in KEYS if not key.startswith(("batch.called.", "batch.sample"))}
    for key, text in shown.items():
        assert "您" not in text, key
        assert not re.search(r"[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]", text), key
        says_it = key.endswith("_says") or not key.startswith(("tray.", "outcome."))  # those are prompts
        assert says_it or not re.search(r"图\{number\}(?!上画)|图[0-9]", text), key
        assert not re.search(r"Gemini (?:图片接口|图像 API)|连接设置|连接面板|没有导入", text), key
    assert chinese.names(["a-1", "b-2", "c-3"]) == "a-1、b-2、c-3"


# ── what the code asks for ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("site", sites(), ids=lambda site: f"{site.code} at {site.where}")
def test_every_outcome_has_words_that_its_facts_can_fill(site: Site) -> None:
    added = {"wait"} if "wire" in site.where else set()  # `explain` knows a usual wait
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
    return isinstance(called, ast.Name) and called.id in ("words", "w", "english")


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


def asked_for_by_templates() -> Iterator[tuple[str, str]]:
    """(template, key or pattern of keys) for every lookup in a template."""
    for path in sorted((PACKAGE / "ui" / "templates").rglob("*.html")):
        for call in jinja2.Environment().parse(path.read_text("utf-8")).find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Name) and call.node.name == "w":
                yield from ((path.name, key) for key in _keys_in_template(call.args[0]))


def _keys_in_template(node: jinja2.nodes.Node) -> list[str]:
    if isinstance(node, jinja2.nodes.Const):
        return [re.escape(str(node.value))]
    if isinstance(node, jinja2.nodes.CondExpr):
        return _keys_in_template(node.expr1) + _keys_in_template(node.expr2)
    if isinstance(node, jinja2.nodes.Concat):
        return [
            "".join(
                re.escape(str(n.value)) if isinstance(n, jinja2.nodes.Const) else ".+" for n in node.nodes
            )
        ]
    return [".+"]


LOOKUPS = list(asked_for())
IN_TEMPLATES = list(asked_for_by_templates())


def test_lookups_are_found() -> None:
    assert len(LOOKUPS) > 80
    assert len(IN_TEMPLATES) > 50


@pytest.mark.parametrize(("template", "key"), IN_TEMPLATES)
def test_every_key_that_a_template_asks_for_exists(template: str, key: str) -> None:
    assert any(re.fullmatch(key, known) for known in KEYS), template


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
    expected = {key for mode in MODES for key in (f"tabs.{mode}", f"prompt.hints.{mode}")}
    expected |= {f"tiles.{tile}.{part}" for tile in TILES for part in ("title", "prompt")}
    expected |= {f"tiles.{name}.hint" for name, tile in TILES.items() if tile.is_first}
    expected |= {f"rehearsals.names.{name}" for name in REHEARSALS}
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
    assert words_for("fr").language == "en"


def test_an_unknown_key_is_an_error_and_not_an_empty_text() -> None:
    with pytest.raises(KeyError):
        ENGLISH("no.such.key")
    assert ENGLISH.get("no.such.key", "otherwise") == "otherwise"


# ── numbers, days and plurals ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 1, "Deleted."),
        ("en", 2, "2 deleted."),
        ("zh", 1, "已删除。"),
        ("zh", 2, "已删除 2 条。"),
    ],
)
def test_one_thing_and_many_have_words_of_their_own(language: str, count: int, text: str) -> None:
    assert words_for(language)("history.deleted", count=count) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_a_plural_is_one_that_the_language_has(language: str) -> None:
    """Chinese has no form "one" of CLDR's: what stands under it is never said."""
    entries = tomllib.loads((PACKAGE / "ui" / "words" / f"{language}.toml").read_text("utf-8"))
    has = {"=1", *Locale(language).plural_form.tags, "other"}
    assert [forms for forms in plurals(entries) if not forms.keys() <= has] == []


def plurals(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for value in table.values():
        if isinstance(value, dict):
            is_entry = "other" in value and value.keys() <= CATEGORIES
            yield from [value] if is_entry else plurals(value)


def test_a_plural_without_a_number_is_an_error() -> None:
    with pytest.raises(KeyError):
        ENGLISH("history.deleted")


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.000"), (0.034, "$0.034"), (0.134, "$0.13"), (1.066, "$1.07"), (1234.5, "$1,234.50")],
)
def test_dollars_have_as_many_places_as_matter(amount: float, text: str) -> None:
    assert [words_for(language).dollars(amount) for language in LANGUAGES] == [text] * len(LANGUAGES)


@pytest.mark.parametrize(("size", "text"), [(400_000, "0.4"), (9_940_000, "9.9"), (41_600_000, "42")])
def test_megabytes(size: int, text: str) -> None:
    assert ENGLISH.megabytes(size) == text


def test_things_and_sentences_in_a_row() -> None:
    assert ENGLISH.listed(["a", "b", "c"]) == "a, b, c"
    assert words_for("zh").listed(["甲", "乙", "丙"]) == "甲，乙，丙"
    assert ENGLISH.together("One.", "", "Two.") == "One. Two."
    assert words_for("zh").together("一。", "", "二。") == "一。二。"
    assert ENGLISH.listed([]) == ENGLISH.together("") == ""


def test_a_language_of_other_rules_needs_its_row_and_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "ru", Language("ru", "ru_RU", ("ru",)))
    entries = {
        "kept": {"one": "{count} результат", "few": "{count} результата", "other": "{count} результатов"}
    }
    russian = Words("ru", {**entries, "number.dollars": "{amount} $"})
    assert [russian("kept", count=n) for n in (1, 3, 5, 21)] == [
        "1 результат",
        "3 результата",
        "5 результатов",
        "21 результат",
    ]
    assert russian.dollars(1234.5) == "1\xa0234,50 $"
    assert russian.day(date(2025, 11, 18), with_year=True).startswith("18 ноября 2025")
    assert russian.clock(datetime(2025, 11, 18, 9, 5)) == "09:05"
    assert russian.other.language == "en", "the button goes round"


GIVEN_UP = {
    "en": r"Ribbon|Upright|\b[Rr]ecipe|What came from|Put (it )?back into|Pressing one of|\bids?\b|“image"
    r"|never mentions|all mine|Continue editing|^Pixels$",
    "zh": r"实得|竖照|丝带|配方|放回表单|来龙去脉|标签页|再来一次|画图|画[出完]|正在画|[一-鿿] ?\(|\b[Ii]d\b"
    r"|社交|长条|表单已切换|继续修改$|\} tokens|按 tokens|原始回答",
}
"""Words that people stumbled over, or that another one says already."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_word_stands_for_one_thing(language: str) -> None:
    words = words_for(language)
    shown = {key: words.get(key) for key in KEYS if not key.startswith("programs.") and "_free" not in key}
    assert {key: text for key, text in shown.items() if re.search(GIVEN_UP[language], text)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_shape_has_a_name_of_its_own(language: str) -> None:
    """Two were strips, two ribbons, and three were some way of standing."""
    words = words_for(language)
    shapes = [key for key in KEYS if re.fullmatch(r"settings\.aspect_ratio\.values\.\d+:\d+", key)]
    names = [words.get(key).partition("\n")[2] for key in shapes]
    assert len(set(names)) == len(shapes) > 10
    assert words("done.column_pixels") == words("settings.image_size.label")


ALWAYS_PAID = ("no_credit", "region_or_billing", "no_free_tier", "missing_signature")
"""What only a provider answers who sends bills."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_the_demo_says_speaks_of_bills(language: str) -> None:
    words = words_for(language)
    for key in KEYS:
        _, code, part = [*key.split("."), "", ""][:3]
        money = re.search("bill|charged|计费|收费|结算", words.get(key))
        if key.startswith("outcome.") and money and code not in ALWAYS_PAID:
            assert not re.search("bill|charged|计费", words.get(f"outcome.{code}.{part}_free") or "bill"), key
        assert not (
            money and key.startswith(("settings.", "refusal.free", "panel.free", "empty.", "rehearsals."))
        ), key
