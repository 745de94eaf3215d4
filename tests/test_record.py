"""The form of a generation on disk: every earlier one is read, and what somebody brings is checked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.modes import MODES, Mode
from playground.record import EPOCH, VERSION, Change, CollapseReason, Record, RecordRefused, upgrade
from playground.request import SETTINGS, known_settings
from playground.ui.words import LANGUAGES, words_for

FORMS = Path(__file__).parent / "history" / "history_forms"
DIGEST = "0" * 64
GOOD: dict[str, Any] = {"version": VERSION, "started": "2026-11-22T12:00:00+00:00", "prompt": "a fox"}


@pytest.mark.parametrize("file", sorted(FORMS.glob("records-*/*.json")), ids=lambda file: file.stem)
def test_a_record_of_every_release_is_read_and_may_be_brought(file: Path) -> None:
    values = json.loads(file.read_text(encoding="utf-8"))
    record = Record.read(values)
    assert Record.read_strict(values) == record
    assert Record.read(record.values) == record
    assert record.prompt == values["prompt"]
    assert record.settings == known_settings(values)
    assert record.settings.keys() == {setting.name for setting in SETTINGS}
    assert all(outcome.text for outcome in record.outcomes)


def test_an_error_of_an_earlier_release_keeps_its_kind() -> None:
    outcomes = [
        {"error": {"code": "daily_quota"}, "said": "Quota"},
        {"error": {"code": "picture_blocked", "billed": "maybe"}, "no_picture": True},
        {"error": {"code": "disk_failed"}},
    ]
    found = [outcome.error for outcome in Record.read({"outcomes": outcomes}).outcomes]
    assert [one.kind for one in found if one] == ["provider", "no_picture", ""]


@pytest.mark.parametrize(("sent", "continued"), [(2, [False, True]), (3, [False, False])])
def test_the_picture_gone_on_from_is_found_only_where_it_was_kept(sent: int, continued: list[bool]) -> None:
    parts = [{"text": "at night"}, *({"inlineData": {}} for _ in range(sent))]
    inputs = [{"name": f"input-{number}.png"} for number in (1, 2)]
    old = {"collapsed": "missing_signature", "inputs": inputs, "sent": {"contents": [{"parts": parts}]}}
    assert [given.continued for given in Record.read(old).inputs] == continued


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (None, "record_unreadable"),
        ([], "record_unreadable"),
        ({}, "record_invalid"),
        (GOOD | {"version": VERSION + 1}, "record_newer"),
        (GOOD | {"collapsed": "whatever"}, "record_invalid"),
        (GOOD | {"inputs": [{"name": "input-1.png", "changes": ["painted"]}]}, "record_invalid"),
        (GOOD | {"started": "9999-12-31T23:59:59+00:00"}, "record_invalid"),
        (GOOD | {"started": "0001-01-01T00:00:00+14:00"}, "record_invalid"),
        (GOOD | {"started": "soon"}, "record_invalid"),
        (GOOD | {"started": (datetime.now(UTC) + timedelta(days=9)).isoformat()}, "record_invalid"),
        (GOOD | {"prompt": "x" * 32_001}, "record_invalid"),
        (GOOD | {"outcomes": [{"error": {"code": "<script>"}}]}, "record_invalid"),
        (GOOD | {"outcomes": [{"pictures": [{"name": "../x", "sha256": DIGEST}]}]}, "record_invalid"),
        (GOOD | {"seconds": float("nan")}, "record_invalid"),
        (GOOD | {"inputs": [{"name": "input-1.png"}] * 151}, "record_invalid"),
        (GOOD | {"outcomes": [{}] * 151}, "record_invalid"),
        (GOOD | {"mode": "video"}, "record_invalid"),
    ],
)
def test_what_could_not_be_shown_is_refused_and_yet_read_where_it_is_ours(values: object, code: str) -> None:
    with pytest.raises(RecordRefused) as caught:
        Record.read_strict(values)
    assert caught.value.code == code
    record = Record.read(values)
    assert record.collapsed == ""
    assert record.started >= EPOCH


def test_one_wrong_item_costs_no_other() -> None:
    pictures = [{"name": "1-1.png", "sha256": DIGEST}, {"name": "1-2.png"}, 7, {"name": 5, "sha256": DIGEST}]
    record = Record.read(GOOD | {"outcomes": [None, {"pictures": pictures, "seconds": "long"}]})
    assert [picture.name for picture in record.pictures] == ["1-1.png"]
    assert record.outcomes[0].seconds == 0.0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@given(values=st.dictionaries(st.sampled_from([*Record.model_fields, "form", "count"]), json_values))
def test_any_values_make_a_record_that_can_be_written(values: dict[str, Any]) -> None:
    record = Record.read(values)
    assert Record.read(json.loads(json.dumps(record.values))).prompt == record.prompt


def test_upgrading_twice_changes_nothing() -> None:
    once = upgrade({"prompt": "a fox", "image_size": "2K"})
    assert upgrade(once) == once


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_record_can_be_said(language: str) -> None:
    known = words_for(language)
    assert all(f"done.collapsed_{reason}" in known for reason in get_args(CollapseReason))
    assert all(f"done.change_{change}" in known for change in get_args(Change))


def test_a_tab_that_was_added_is_a_tab_of_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    values = GOOD | {"mode": "storyboard"}
    assert Record.read(values).mode == ""
    monkeypatch.setitem(MODES, "storyboard", Mode("storyboard", 2, 6))
    assert Record(mode="storyboard").mode == "storyboard"
    assert Record.read(values).mode == Record.read_strict(values).mode == "storyboard"
