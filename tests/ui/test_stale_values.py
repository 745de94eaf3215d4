"""A page that names what is no longer offered: told in our words, with nothing lost and nothing sent.

| member | where it comes from |
|---|---|
| a provider that left the catalogue | a page from before a restart, a stored form |
| a model that left it | the same; it is a model typed by hand |
| a setting's value that a model lacks | a press before the panel has followed the model |
| what is in no list at all | a forged or broken request |
| what is no text | the same |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from playground.catalogue import Catalogue
from playground.providers.client import Provider
from playground.request import SETTINGS
from playground.settings import Settings
from playground.ui.form import Choice
from playground.ui.panel_view import PanelView
from playground.ui.words import words_for
from tests.mocked import Recording, provider_of
from tests.page_events import Page

GONE = "gone-provider"


@pytest.fixture
def page(server: str) -> Iterator[Page]:
    with httpx.Client(base_url=server, trust_env=False, timeout=60) as client:
        yield Page(client)


def failed(told: str) -> bool:
    """Whether Gradio itself refused."""
    return '"success":false' in told or '"error"' in told or "list of choices" in told


@pytest.mark.parametrize("name", [GONE, "", "demo\u200b", 5, None, ["demo"], {"demo": 1}])
def test_generate_with_a_provider_that_is_not_offered_is_refused_in_words(page: Page, name: Any) -> None:
    told = page.generate(provider=name, prompt="a cat")
    assert not failed(told)
    assert "is not offered here" in told
    assert "data-result" not in told


@pytest.mark.parametrize("value", ["16K", "512", "\ud83d"])
def test_generate_with_a_value_that_the_model_lacks_is_refused_in_words(page: Page, value: str) -> None:
    told = page.generate(size=value, prompt="a cat", model="gemini-3-pro-image")
    assert not failed(told)
    assert "cannot be" in told
    assert "image_size" in told


@pytest.mark.parametrize(("name", "value"), [("ratio", "7:3"), ("count", "99"), ("modalities", "AUDIO")])
def test_generate_with_a_value_of_no_list_is_refused_in_words(page: Page, name: str, value: str) -> None:
    told = page.generate(**{name: value, "prompt": "a cat"})
    assert not failed(told)
    assert "cannot be" in told


def test_generate_with_a_model_that_left_asks_for_it(page: Page) -> None:
    told = page.generate(model="gemini-that-left", prompt="a cat")
    assert not failed(told)
    assert "This model is not available here." in told


def test_the_check_of_a_provider_that_is_not_offered_says_so(page: Page) -> None:
    told = page.check(provider=GONE)
    assert not failed(told)
    assert "is not offered here" in told


@pytest.mark.parametrize(
    ("elem_id", "key"),
    [("size", ""), ("model", ""), ("settings", ""), ("key", "not_offered"), ("pill", "choose_other")],
)
def test_the_panel_goes_on_working_and_says_what_to_do(page: Page, elem_id: str, key: str) -> None:
    told = page.choose(elem_id, provider=GONE)
    assert not failed(told)
    if key:
        said = words_for("en")(f"connection.{key}", provider=GONE)
        assert said.replace("“", "").partition(GONE)[2] in told.replace("“", "")


def test_another_provider_can_be_chosen_afterwards(page: Page) -> None:
    page.choose("size", provider=GONE)
    told = page.choose("provider", provider="google")
    assert not failed(told)
    assert "Google" in told


@pytest.fixture
def view(catalogue: Catalogue) -> PanelView:
    provider: Provider = provider_of(catalogue, Recording())
    return PanelView(catalogue, provider, Settings())


def test_the_panel_of_a_provider_that_left_keeps_what_was_typed(view: PanelView) -> None:
    choice = view.valid(Choice(GONE, "my-model", key="k"))
    assert (choice.provider, choice.model, choice.key) == (GONE, "my-model", "k")
    assert set(choice.settings) == {setting.name for setting in SETTINGS}
    for language in ("en", "zh"):
        words = words_for(language)
        assert view.connection(choice, words) == words("connection.not_offered", provider=GONE)
        assert words("connection.choose_other", provider=GONE) in view.key_note(choice, words)
        assert view.summary(choice, words)
        assert view.cost(choice, words)
    turned = view.with_provider(replace(choice, provider="google"))
    assert (turned.provider, turned.key) == ("google", "")


def test_what_shows_nothing_or_is_no_text_is_not_chosen() -> None:
    choice = Choice.of({"provider": 5, "model": "\u200b", "key": " \u2060", "base_url": None, "count": ["1"]})
    assert (choice.provider, choice.model, choice.key, choice.base_url) == ("", "", "", "")
    assert choice.settings["count"] == ""
