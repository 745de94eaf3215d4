"""Calls of the page's script (`static/js/page.js`) as Gradio wants them: as text that it runs in the browser.

`window.playground` is a promise of that module, made in the page's head, so that a call made early waits for
the script.
"""

from __future__ import annotations

import json
from collections.abc import Iterable


def call(function: str, *arguments: str) -> str:
    """For `js=`: calls a function of the script, with what Gradio passes unless `arguments` are given."""
    given = ", ".join(map(json.dumps, arguments)) or "...values"
    return f"async (...values) => (await window.playground).{function}({given})"


def noting(function: str, names: Iterable[str]) -> str:
    """For `js=`: calls a function of the script with the names of the inputs, and then their values."""
    return f"async (...values) => (await window.playground).{function}({json.dumps([*names])}, ...values)"


def on_load(function: str, *events: str) -> str:
    """For `js_on_load`: hands a piece of HTML to a function of the script (`Piece` in `static/js/dom.js`).

    Args:
        events: what the piece may trigger. `gr.HTML` takes listeners only for names that it finds in quotes.
    """
    piece = f"{{ element, trigger, props, server, upload, watch, events: {json.dumps(events)} }}"
    return f"window.playground.then((page) => page.{function}({piece}))"
