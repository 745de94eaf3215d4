"""The line above the prompt that tells what has become of the form."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from playground.ui.rendering import everywhere, render
from playground.ui.words import Words, words_for


def update(
    say: Callable[[Words], str],
    language: str,
    *,
    can_undo: bool = False,
    lacks: str = "",
    offer: str = "",
) -> str:
    """The line as HTML, which follows the page's language; empty with nothing to tell.

    `lacks` names the field that is to be filled in first: "prompt" or "images". `offer` is JSON: values
    by the names of widgets, an address among them, that can be taken with one press.
    """
    if not say(words_for(language)):
        return ""
    facts = {"can_undo": can_undo, "lacks": lacks or None, "offer": offer, "mark": secrets.token_hex(4)}
    return everywhere(lambda words: render("form_notice", words, text=say(words), **facts), language)
