"""The line above the prompt that tells what has become of the form."""

from __future__ import annotations

import secrets

from playground.ui.rendering import render
from playground.ui.words import words_for


def update(text: str, language: str, *, can_undo: bool = False, lacks: str = "", offer: str = "") -> str:
    """The line as HTML; empty with nothing to tell.

    `lacks` names the field that is to be filled in first: "prompt" or "images". `offer` is JSON: values
    by the names of widgets, an address among them, that can be taken with one press.
    """
    mark = secrets.token_hex(4)
    html = render(
        "form_notice",
        words_for(language),
        text=text,
        can_undo=can_undo,
        lacks=lacks or None,
        offer=offer,
        mark=mark,
    )
    return html if text else ""
