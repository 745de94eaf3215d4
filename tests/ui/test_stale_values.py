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

import json
import secrets
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

GONE = "gone-provider"


class Page:
    """The page's own events, as its script sends them."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self._session = client, secrets.token_hex(8)
        self._client.get("/")
        config = self._client.get("/config").json()
        self._props = {one["id"]: one["props"] for one in config["components"]}
        self._ids = {props.get("elem_id"): one for one, props in self._props.items()}
        self._events = [one for one in config["dependencies"] if one["backend_fn"]]

    def generate(self, **values: Any) -> str:
        """Presses Generate with other values for controls, by their ids; all that the page is answered."""
        wide = [one for one in self._events if self._ids["provider"] in one["inputs"] and one["queue"]]
        return self._send(max(wide, key=lambda one: len(one["inputs"])), values)

    def check(self, **values: Any) -> str:
        """Presses the check of the connection."""
        return self._send(self._on("testconn"), values)

    def choose(self, elem_id: str, **values: Any) -> str:
        """Tells of another choice in a control."""
        return self._send(self._on(elem_id), values)

    def _on(self, elem_id: str) -> Any:
        mine = [
            one for one in self._events if self._ids[elem_id] in dict(one["targets"]) and one["backend_fn"]
        ]
        return next(one for one in mine if self._ids["provider"] in one["inputs"])

    def _send(self, event: Any, values: dict[str, Any]) -> str:
        named = {self._ids[name]: value for name, value in values.items()}
        data = [named.get(one, self._props[one].get("value")) for one in event["inputs"]]
        body = {"data": data, "fn_index": event["id"], "session_hash": self._session, "trigger_id": None}
        if not event["queue"]:
            return self._post("run/predict", body)
        self._post("queue/join", body)
        told = ""
        with self._client.stream("GET", f"/gradio_api/queue/data?session_hash={self._session}") as lines:
            for line in lines.iter_lines():
                told += line
                if "process_completed" in line:
                    break
        return told

    def _post(self, path: str, body: Any) -> str:
        headers = {"content-type": "application/json"}
        answer = self._client.post(f"/gradio_api/{path}", content=json.dumps(body), headers=headers)
        return answer.raise_for_status().text


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
