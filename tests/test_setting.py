"""A setting is one row: body, form, programs' parameters and recipes follow from it."""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from typing import Any

import pytest
from pydantic import create_model

from playground import request as request_module
from playground import wire
from playground.catalogue import Catalogue, ModelRow, ProviderRow
from playground.errors import InvalidRequest
from playground.providers.client import Provider
from playground.request import AUTO, SETTINGS, ImageRequest, Setting, check, known_settings
from playground.settings import Settings
from playground.ui import panel_view, settings_panel
from playground.ui.api import ENDPOINTS
from playground.ui.panel_view import PanelView
from playground.ui.words import words_for

MOOD = Setting(
    name="mood", allowed="moods", path=("generationConfig", "mood"), documentation="calm, wild, or auto."
)


class Moody(ModelRow):
    """A row of a catalogue in which models have moods."""

    moods: tuple[str, ...] = ()


@pytest.fixture
def mood(monkeypatch: pytest.MonkeyPatch) -> type[ImageRequest]:
    """The table with one row more, wherever it is read; the request with its field."""
    settings, wider = (*SETTINGS, MOOD), create_model("Wider", __base__=ImageRequest, mood=(str, AUTO))
    for module in [one for name, one in sys.modules.items() if name.startswith("playground.")]:
        if vars(module).get("SETTINGS") is SETTINGS:
            monkeypatch.setattr(module, "SETTINGS", settings)
    monkeypatch.setattr(panel_view, "SETTING", {setting.name: setting for setting in settings})
    monkeypatch.setattr(request_module, "ImageRequest", wider)
    return wider


@pytest.fixture
def moody() -> Catalogue:
    """Two models: one that has moods and one that has none."""
    able = Moody(name="Able", aspect_ratios=("1:1",), moods=("calm", "wild"))
    models = {"able": able, "plain": Moody(name="Plain", aspect_ratios=("1:1",))}
    row = ProviderRow(
        name="Demo", base_url="http://demo.invalid", auth="none", default_model="able", models=models
    )
    return Catalogue(providers={"demo": row}, unknown_model=Moody(name=""))


def test_a_row_reaches_the_body_only_when_chosen_and_offered(
    mood: type[ImageRequest], moody: Catalogue
) -> None:
    wild, unsaid = mood(prompt="x", model="able", mood="wild"), mood(prompt="x", model="able")
    able, plain = moody.model("demo", "able"), moody.model("demo", "plain")
    assert wire.elided(wild, able)["generationConfig"]["mood"] == "wild"
    assert "mood" not in wire.elided(unsaid, able)["generationConfig"]
    assert "mood" not in wire.elided(wild, plain)["generationConfig"]


def test_a_row_is_checked_against_its_model(mood: type[ImageRequest], moody: Catalogue) -> None:
    assert check(mood(prompt="x", model="able", mood="wild"), moody)
    for model, value in (("able", "sad"), ("plain", "wild")):
        with pytest.raises(InvalidRequest) as caught:
            check(mood(prompt="x", model=model, mood=value), moody)
        assert caught.value.field == "mood"


def test_a_row_is_a_parameter_of_every_endpoint(mood: type[ImageRequest]) -> None:
    for endpoint in ENDPOINTS:
        parameter = endpoint.signature().parameters["mood"]
        assert (parameter.annotation, parameter.default) == (str, AUTO)
        assert "    mood: calm, wild, or auto." in endpoint.documentation()


def test_a_row_is_in_the_form_where_its_model_offers_it(mood: type[ImageRequest], moody: Catalogue) -> None:
    view, english = PanelView(moody, Provider(moody, environment={}), Settings()), words_for("en")
    first = view.first_choice()
    assert first.settings["mood"] == AUTO
    assert view.options(MOOD, first, english) == [("Auto", AUTO), ("calm", "calm"), ("wild", "wild")]
    assert view.valid(first.having(mood="wild")).settings["mood"] == "wild"
    assert view.valid(first.having(mood="sad")).settings["mood"] == AUTO
    assert any("mood" in names for _, names in settings_panel._columns())
    panel: Any = Widgets()
    for model, is_there in (("able", True), ("plain", False)):
        updates = view.updates(panel, view.valid(replace(first, model=model)), "en")
        shown = updates[panel.settings["mood"]]
        assert (shown["visible"], shown["value"]) == (is_there, AUTO)


def test_a_row_is_kept_and_comes_back(mood: type[ImageRequest]) -> None:
    kept = mood(prompt="x", model="m", mood="wild").settings
    assert kept["mood"] == "wild"
    assert known_settings(kept)["mood"] == "wild"
    assert known_settings({})["mood"] == AUTO


class Widgets:
    """Stands for the panel: each widget is its own name."""

    def __init__(self) -> None:
        names = [setting.name for setting in panel_view.SETTINGS]
        self.settings = {name: f"settings.{name}" for name in names}
        self.values = {name: self.settings[name] for name in names}

    def __getattr__(self, name: str) -> str:
        return name


def test_nothing_is_sent_by_default(catalogue: Catalogue) -> None:
    """Whatever a model offers, it decides by itself; only what the answer is made of is always said."""
    for provider, model, row in catalogue.rows():
        body = wire.elided(ImageRequest(prompt="x", provider=provider, model=model), row)
        assert body == {
            "contents": [{"role": "user", "parts": [{"text": "x"}]}],
            "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]},
        }


def test_every_setting_has_its_field_its_words_and_its_attribute_of_a_row() -> None:
    for setting in SETTINGS:
        field = ImageRequest.model_fields[setting.name]
        assert ImageRequest(model="m").settings[setting.name] == setting.default, field
        assert f"settings.{setting.name}.label" in words_for("en")
        for attribute in filter(None, (setting.allowed, setting.preselected)):
            assert attribute in ModelRow.model_fields


def test_signatures_are_what_gradio_reads() -> None:
    for endpoint in ENDPOINTS:
        *named, last = endpoint.signature().parameters.values()
        assert last.name == "request"
        assert all(one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for one in named)
