"""Shapes in the panel: in an order that people look for them, each with an icon, whoever offers it."""

from __future__ import annotations

import re

import pytest

from playground import catalogue as catalogue_module
from playground.catalogue import Catalogue
from playground.providers.client import Provider
from playground.settings import Settings
from playground.ui.form import Choice
from playground.ui.panel_view import SETTING, PanelView
from playground.ui.theme import shape_icons
from playground.ui.words import words_for


def offering(*ratios: str) -> Catalogue:
    loaded = catalogue_module.load()
    google = loaded.providers["google"]
    row = google.models[google.default_model].model_copy(update={"aspect_ratios": ratios})
    models = {**google.models, google.default_model: row}
    providers = {**loaded.providers, "google": google.model_copy(update={"models": models})}
    return loaded.model_copy(update={"providers": providers})


def test_the_usual_shapes_come_first_and_the_others_by_how_long_they_are() -> None:
    catalogue = offering("8:1", "1:4", "4:1", "2:5", "21:9", "16:9", "5:2", "1:1", "5:4")
    view = PanelView(catalogue, Provider(catalogue, environment={}), Settings())
    choice = view.with_provider(Choice("google", ""))
    shapes = [value for _, value in view.options(SETTING["aspect_ratio"], choice, words_for("en"))]
    assert shapes == ["auto", "1:1", "16:9", "5:4", "21:9", "5:2", "2:5", "4:1", "1:4", "8:1"]


@pytest.mark.parametrize("ratio", ["1:1", "16:9", "9:16", "5:2", "8:1", "1:8", "999:1", "1:999"])
def test_every_shape_has_an_icon_of_its_sides(ratio: str) -> None:
    html = shape_icons([ratio])
    (found,) = re.findall(r'has\(\[value="(.+?)"\]\) \{ --rw: (\d+)px; --rh: (\d+)px \}', html)
    across, down = map(int, ratio.split(":"))
    assert found[0] == ratio
    width, height = int(found[1]), int(found[2])
    assert 1 <= width <= 40
    assert 1 <= height <= 34
    assert abs(width - height * across / down) <= max(across / down, 1) or 1 in (width, height)
