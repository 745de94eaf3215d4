"""What a remedy makes of the form."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from playground.catalogue import Catalogue
from playground.providers.client import Provider
from playground.request import AUTO
from playground.settings import Settings
from playground.ui import result_handlers
from playground.ui.panel_view import PanelView
from playground.ui.result_handlers import ResultHandlers


def test_the_remedy_all_auto_leaves_shape_size_and_format_to_the_model(catalogue: Catalogue) -> None:
    view = PanelView(catalogue, Provider(catalogue, environment={}), Settings())
    context: Any = SimpleNamespace(studio=None, page=None, view=view)
    chosen = view.valid(view.first_choice().having(aspect_ratio="16:9", image_size="4K", count="3"))
    remedied = ResultHandlers(context)._remedied(chosen, "all_auto", "")
    assert (remedied.settings["aspect_ratio"], remedied.settings["image_size"]) == (AUTO, AUTO)
    assert remedied.settings["count"] == "3"


def test_nothing_is_said_where_nobody_would_see_it() -> None:
    """Gradio shows its messages for what went through its queue alone; a press of a button did not."""
    package = Path(result_handlers.__file__).parent
    silent = [
        file.name for file in package.rglob("*.py") if re.search(r"gr\.(Info|Warning)\(", file.read_text())
    ]
    assert silent == []
