"""The tabs as the page shows them, their trays, and the ways to start that fill them in."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from playground.modes import BATCH, FIRST, MODES
from playground.ui import image_tray, script
from playground.ui.batch import view as batch_view
from playground.ui.history.components import Call
from playground.ui.localized import Localized, Say


@dataclass(frozen=True)
class Tile:
    """One way to start: which tab, which sample pictures, which shape.

    Attributes:
        is_first: it stands on the empty table, too; below Generate those of the open tab stand.
    """

    mode: str
    samples: tuple[str, ...] = ()
    aspect_ratio: str = "auto"
    is_first: bool = False


TILES = {
    "pig": Tile("text", aspect_ratio="4:3", is_first=True),
    "lighthouse": Tile("text", aspect_ratio="4:3"),
    "teapot": Tile("text", aspect_ratio="1:1"),
    "poster": Tile("text", aspect_ratio="2:3"),
    "sticker": Tile("text", aspect_ratio="1:1"),
    "ink": Tile("text", aspect_ratio="3:4"),
    "night": Tile("edit", samples=("house",), is_first=True),
    "cutout": Tile("edit", samples=("cat",)),
    "table": Tile("edit", samples=("cat",)),
    "headline": Tile("edit", samples=("house",)),
    "sofa": Tile("edit", samples=("room",)),
    "story": Tile("edit", samples=("house",)),
    "watercolour": Tile("edit", samples=("house",)),
    "together": Tile("compose", samples=("room", "cat"), aspect_ratio="16:9", is_first=True),
    "collage": Tile("compose", samples=("house", "cat", "room"), aspect_ratio="4:3"),
    "beside": Tile("compose", samples=("cat", "house"), aspect_ratio="16:9"),
}


@dataclass(frozen=True)
class ModeTabs:
    """The tabs, the trays by mode id, and a hidden box that knows which tab is open."""

    tabs: gr.Tabs
    trays: dict[str, gr.HTML]
    mode: gr.Textbox


def build(localized: Localized, calls: Sequence[Call]) -> ModeTabs:
    """Lays out the tabs; `calls` are what the table of a batch may ask."""
    trays: dict[str, gr.HTML] = {}
    form = functools.partial(
        localized.make, gr.HTML, says={"value": batch_view.form}, apply_default_css=False
    )
    with gr.Tabs(elem_id="tabs", selected=FIRST) as tabs:
        for mode in MODES.values():
            tab = localized.make(gr.Tab, says={"label": _label(mode.id)}, id=mode.id)
            with tab:
                if mode.id == BATCH:
                    form(elem_id="batch-form", js_on_load=script.on_load("batchForm"), server_functions=calls)
                if mode.max_images:
                    trays[mode.id] = image_tray.tray(
                        min_images=mode.min_images, max_images=mode.max_images, elem_id=f"tray-{mode.id}"
                    )
    mode_box = gr.Textbox(value=FIRST, visible=False, elem_id="mode")
    return ModeTabs(tabs, trays, mode_box)


def _label(mode: str) -> Say:
    return lambda words: words(f"tabs.{mode}")
