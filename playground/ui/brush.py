"""The board on which a region is marked, or something is drawn. Its script: `static/js/brush/`."""

from __future__ import annotations

import json

from markupsafe import Markup

from playground.ui.rendering import render
from playground.ui.words import Words

INKS = {
    "black": "#17191a",
    "white": "#ffffff",
    "red": "#d92d20",
    "yellow": "#f5b301",
    "green": "#16884a",
    "blue": "#1d5fd1",
}
"""The pens of a drawing: name -> colour."""

SHAPES = ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16")
"""Of an empty sheet."""

_SAID_BY_SCRIPT = ("mark_title", "mark_hint", "draw_title", "draw_hint", "drawing", "not_kept")


def frame(words: Words) -> Markup:
    """The board with nothing on it; the script opens it."""
    said = {key: words.get(f"brush.{key}") for key in _SAID_BY_SCRIPT}
    said |= {"zoom": words.get("viewer.zoom")}
    return render("brush/frame", words, said=json.dumps(said, ensure_ascii=False), inks=INKS, shapes=SHAPES)
