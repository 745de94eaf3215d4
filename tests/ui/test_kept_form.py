"""A form that a browser has kept is read like anything else that anybody could have written."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.jobs.studio import Job
from playground.modes import MODES
from playground.request import MAX_PROMPT_CHARACTERS
from playground.ui import kept_form
from tests.made_jobs import drawn, job

anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    [
        "prompt",
        "provider",
        "model",
        "mode",
        "count",
        "aspect_ratio",
        "tray_edit",
        "base_url",
        "continues",
        "key",
    ]
)


def kept(form: Any, **more: Any) -> str:
    """What a browser would send."""
    return json.dumps({"version": 1, "form": form, **more})


@given(anything | st.text())
def test_whatever_is_sent_is_a_form_or_none(text: Any) -> None:
    for sent in (text, json.dumps(text)):
        assert kept_form.read(sent) is None or isinstance(kept_form.read(sent), kept_form.KeptForm)


@given(st.dictionaries(names, anything), anything)
def test_whatever_stands_in_the_fields_becomes_text_and_lists(form: dict[str, Any], shown: Any) -> None:
    read = kept_form.read(kept(form, shown=shown))
    assert read is not None
    words = [read.prompt, read.continues, read.shown, *read.choice.values.values()]
    assert all(word.encode() is not None for word in words)
    assert read.choice.mode in MODES
    assert all(isinstance(items, list) for items in read.trays.values())


def test_a_key_is_never_taken_from_it() -> None:
    read = kept_form.read(kept({"key": "secret", "prompt": "a red fox"}))
    assert read is not None
    assert read.choice.key == ""


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 100_000, '{"version": 2, "form": {}}', '{"version": 1}', " " * 300_000, None],
)
def test_what_is_no_form_is_none(text: Any) -> None:
    assert kept_form.read(text) is None


def test_a_prompt_comes_back_as_it_was_and_one_that_is_too_long_does_not() -> None:
    prompt = 'two\nlines, “quotes” and "more", 龙 \N{FOX FACE}'
    read = kept_form.read(kept({"prompt": prompt}))
    assert read is not None
    assert read.prompt == prompt
    longer = kept_form.read(kept({"prompt": "a" * (MAX_PROMPT_CHARACTERS + 1)}))
    assert longer is not None
    assert longer.prompt == ""


def test_half_an_emoji_is_mended() -> None:
    form = '{"prompt": "a fox \\ud83e", "tray_edit": [{"name": "\\udd8a.png"}]}'
    read = kept_form.read(f'{{"version": 1, "form": {form}}}')
    assert read is not None
    assert read.prompt == "a fox \ufffd"
    assert read.trays == {"edit": [{"name": "\ufffd.png"}]}


async def test_a_conversation_that_went_on_unseen_goes_on_from_its_newest_picture() -> None:
    """After a closed tab it went on from the picture that the request had started from."""
    first, second = (job(drawn(), continues=before) for before in ("v1/1-1.jpg", "a/1-1.jpg"))
    first.id, second.id = "a", "b"
    known = {"a": first, "b": second}

    async def find(_: str, generation: str) -> Job | None:
        return known.get(generation)

    async def goes_on_from(
        pending: tuple[Job, ...], prompt: str = "a cat", awaited: str = ""
    ) -> tuple[str, str]:
        context: Any = SimpleNamespace(studio=SimpleNamespace(pending=lambda _: pending), job=find)
        read = kept_form.read(kept({"continues": "v1/1-1.jpg", "prompt": prompt}, awaited=awaited))
        assert read is not None
        form = await kept_form.caught_up(context, read, "me")
        return form.continues.partition("/")[0], form.prompt

    assert await goes_on_from(()) == ("v1", "a cat")  # nothing has come
    assert await goes_on_from((first, second)) == ("b", "")
    assert await goes_on_from((), awaited="a") == ("a", "")  # the server was started anew meanwhile
    assert await goes_on_from((second,), awaited="a") == ("b", "")
    assert await goes_on_from((first,), prompt="make it snow") == ("a", "make it snow")  # typed meanwhile
