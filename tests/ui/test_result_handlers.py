"""What a remedy makes of the form."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from playground.catalogue import Catalogue
from playground.providers.client import Provider
from playground.request import AUTO
from playground.settings import Settings
from playground.ui.panel_view import PanelView
from playground.ui.result_handlers import ResultHandlers


def test_the_remedy_all_auto_leaves_shape_size_and_format_to_the_model(catalogue: Catalogue) -> None:
    view = PanelView(catalogue, Provider(catalogue, environment={}), Settings())
    context: Any = SimpleNamespace(studio=None, page=None, view=view)
    chosen = view.valid(view.first_choice().having(aspect_ratio="16:9", image_size="4K", count="3"))
    remedied = ResultHandlers(context)._remedied(chosen, "all_auto", "")
    assert (remedied.settings["aspect_ratio"], remedied.settings["image_size"]) == (AUTO, AUTO)
    assert remedied.settings["count"] == "3"
