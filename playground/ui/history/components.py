"""The history's pieces of the page.

The history itself is built at its first opening: until then its place is empty and nothing of it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from playground.ui import script

Call = Callable[..., Any]
"""A question that a piece's script may ask of the server by name."""


def history_page(calls: Sequence[Call], actions: Sequence[str]) -> gr.HTML:
    """The history, at the place of the result; nothing until it is opened."""
    return gr.HTML(
        "",
        elem_id="history",
        visible=False,
        js_on_load=script.on_load("mountHistory", *actions, "remedy", "rehearse", "changed"),
        server_functions=list(calls),
        apply_default_css=False,
    )


def recipe_line(calls: Sequence[Call], actions: Sequence[str]) -> gr.HTML:
    """The line that offers the recipe of a picture that was dropped on the form; empty until then."""
    return gr.HTML(
        "",
        elem_id="recipe",
        js_on_load=script.on_load("recipe", *actions),
        server_functions=list(calls),
        apply_default_css=False,
    )
