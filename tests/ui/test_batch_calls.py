"""What a preview has shown is what a start sends."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from playground.ui.batch.calls import digest_of
from playground.ui.context import Press
from playground.ui.form import Choice

FOX: dict[str, Any] = {"name": "fox.png", "path": "a/fox.png"}


def digest(tray: list[Any], beside: list[Any]) -> str:
    event = gr.EventData(None, {"table": "prompt,picture\nx,fox.png", "pictures": beside})
    choice = Choice("demo", "auto")
    return digest_of(choice, Press(event, gr.Request(), choice, "en", "", "", {"edit": tray}))


@pytest.mark.parametrize(
    ("tray", "beside"),
    [
        ([{**FOX, "path": "b/fox.png"}], [FOX]),  # replaced in its tray
        ([FOX], [{**FOX, "name": "cat.png"}]),  # another name, by which rows find it
        ([{"name": "fox.png", "picture": "x/1-1.png"}], [FOX]),
        ([], [FOX]),
        ([FOX], []),
    ],
)
def test_a_picture_that_is_another_changes_what_was_looked_at(tray: list[Any], beside: list[Any]) -> None:
    assert digest([FOX], [FOX]) == digest([FOX], [FOX])
    assert digest(tray, beside) != digest([FOX], [FOX])
