"""The history's pieces of the page.

The history itself is built at its first opening: until then its place is empty and nothing of it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from playground.ui.theme import look

Call = Callable[..., Any]
"""A question that a piece's script may ask of the server by name."""

# The names in quotes are the events that this piece may trigger.
_HISTORY_ON_LOAD = f"""
const names = ['edit', 'compose', 'again', 'remedy', 'follow', 'reuse', 'changed'];
window.playground.later('{look("history.js")}', '{look("history.css")}')
  .then(() => window.playground.history.mount(element, names, trigger, server));
"""
_RECIPE_ON_LOAD = """
const names = ['reuse'];
const start = () => window.playground
  ? window.playground.recipe(element, names, trigger, upload, server) : setTimeout(start, 20);
start();
"""


def history_page(calls: Sequence[Call]) -> gr.HTML:
    """The history, at the place of the result; nothing until it is opened."""
    return gr.HTML(
        "",
        elem_id="history",
        visible=False,
        js_on_load=_HISTORY_ON_LOAD,
        server_functions=list(calls),
        apply_default_css=False,
    )


def recipe_line(calls: Sequence[Call]) -> gr.HTML:
    """The line that offers the recipe of a picture that was dropped on the form; empty until then."""
    return gr.HTML(
        "",
        elem_id="recipe",
        js_on_load=_RECIPE_ON_LOAD,
        server_functions=list(calls),
        apply_default_css=False,
    )
