"""The three tabs, from one table. They differ only in how many pictures go in."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from playground.ui import image_tray
from playground.ui.localized import Localized, Say


@dataclass(frozen=True)
class Mode:
    """One tab: its id, and how many pictures its tray holds (0 for no tray)."""

    id: str
    max_images: int


MODES = (Mode("text", 0), Mode("edit", 1), Mode("compose", 14))


@dataclass(frozen=True)
class Tile:
    """One way to start: which tab, which sample pictures, which shape."""

    mode: str
    samples: tuple[str, ...] = ()
    aspect_ratio: str = "auto"


TILES = {
    "pig": Tile("text", aspect_ratio="4:3"),
    "lighthouse": Tile("text", aspect_ratio="4:3"),
    "night": Tile("edit", samples=("house",)),
    "together": Tile("compose", samples=("room", "cat"), aspect_ratio="16:9"),
    "teapot": Tile("text", aspect_ratio="1:1"),
    "poster": Tile("text", aspect_ratio="2:3"),
    "sticker": Tile("text", aspect_ratio="1:1"),
    "ink": Tile("text", aspect_ratio="3:4"),
}


@dataclass(frozen=True)
class ModeTabs:
    """The tabs, the trays by mode id, and a hidden box that knows which tab is open."""

    tabs: gr.Tabs
    by_mode: dict[str, gr.Tab]
    trays: dict[str, gr.HTML]
    mode: gr.Textbox


def build(localized: Localized) -> ModeTabs:
    """Lays out the tabs."""
    by_mode: dict[str, gr.Tab] = {}
    trays: dict[str, gr.HTML] = {}
    with gr.Tabs(elem_id="tabs", selected=MODES[0].id) as tabs:
        for mode in MODES:
            tab = localized.make(gr.Tab, says={"label": _label(mode.id)}, id=mode.id)
            by_mode[mode.id] = tab
            with tab:
                if mode.max_images:
                    trays[mode.id] = image_tray.tray(max_images=mode.max_images, elem_id=f"tray-{mode.id}")
    mode_box = gr.Textbox(value=MODES[0].id, visible=False, elem_id="mode")
    return ModeTabs(tabs, by_mode, trays, mode_box)


def _label(mode: str) -> Say:
    return lambda spoken: spoken(f"tabs.{mode}")
