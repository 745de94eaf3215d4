"""The one panel that all tabs share: where to send, which model, which shape, how many."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.request import SETTINGS, Setting, Versus
from playground.ui import checkup, script
from playground.ui.form import Choice
from playground.ui.localized import Localized
from playground.ui.panel_view import SETTING, PanelView
from playground.ui.rendering import render
from playground.ui.words import words_for

_PAIRS = (("sizecount", ("image_size", "count")), ("answerformat", ("response_modalities", "output_format")))
"""Where settings stand side by side, by the id of their column. The others come last, one below the other."""

_ELEM_IDS = {
    "aspect_ratio": "ratio",
    "image_size": "size",
    "response_modalities": "modalities",
    "output_format": "format",
}
"""Setting -> the id of its control, where that is not its name."""


def build_connection(localized: Localized, view: PanelView, first: Choice) -> dict[str, Any]:
    """The fields of the connection panel, invisible until it is opened."""
    made: dict[str, Any] = {}
    made["provider"] = localized.make(
        gr.Dropdown,
        says={"label": lambda w: w("connection.provider"), "choices": view.providers},
        value=first.provider,
        visible=False,
        interactive=True,
        filterable=False,
        elem_id="provider",
    )
    made["base_url"] = localized.make(
        gr.Textbox,
        says={
            "label": lambda w: w("connection.base_url"),
            "placeholder": lambda w: w("connection.base_url_hint"),
        },
        interactive=True,
        visible=False,
        elem_id="base_url",
    )
    made["key"] = localized.make(
        gr.Textbox,
        says={"label": lambda w: w("connection.key"), "placeholder": lambda w: w("connection.key_hint")},
        type="password",
        visible=False,
        interactive=True,
        elem_id="key",
        html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
    )
    made["auth"] = _auth(localized, view, first)
    made["quirks"] = gr.Textbox(visible=False)
    made["key_note"] = _key_note(localized, view, first)
    made["kept"] = _kept(localized)
    return made


def _auth(localized: Localized, view: PanelView, first: Choice) -> gr.Dropdown:
    return localized.make(
        gr.Dropdown,
        says={"label": lambda w: w("connection.auth"), "choices": lambda w: view.ways(first, w)},
        value="",
        visible=False,
        interactive=True,
        filterable=False,
        elem_id="auth",
    )


def _kept(localized: Localized) -> gr.HTML:
    return localized.make(
        gr.HTML,
        says={"value": lambda w: render("connections", w, quirks=checkup.quirks(w))},
        visible=False,
        elem_id="kept-connections",
        js_on_load=script.on_load("connections", "connect"),
        apply_default_css=False,
    )


def _key_note(localized: Localized, view: PanelView, first: Choice) -> gr.HTML:
    return localized.make(
        gr.HTML,
        says={"value": lambda w: view.key_note(first, w)},
        visible=False,
        elem_id="key-note",
        js_on_load=script.on_load("actions", "rehearse"),
        apply_default_css=False,
    )


def build_settings(localized: Localized, view: PanelView, first: Choice) -> dict[str, Any]:
    """The settings' fold: shape, model, and the others side by side; invisible until opened."""
    made: dict[str, Any] = {}
    controls: dict[str, gr.Radio | gr.CheckboxGroup] = {}

    def control(name: str, **props: Any) -> None:
        controls[name] = _control(localized, view, first, SETTING[name], **props)

    with gr.Column(elem_id="ratiobox"):
        control("aspect_ratio")
        shapes = len(view.options(SETTING["aspect_ratio"], first, words_for("en")))
        made["shape_more"] = localized.make(
            gr.Button,
            says={"value": lambda w: w("panel.shape_all", count=shapes)},
            visible=False,
            elem_id="moreratios",
        )
    with gr.Column(elem_id="modelbox"):
        made |= _model(localized, view, first)
    for column, names in _columns():
        with gr.Column(elem_id=column, elem_classes="pair"):
            for name in names:
                control(name, elem_classes="seg")
    with gr.Column(elem_id="versusbox"):
        control("versus")
        made["versus_calls"] = localized.make(
            gr.HTML,
            says={"value": lambda w: view.versus_calls(first, w)},
            visible=False,
            elem_id="versus-calls",
            apply_default_css=False,
        )
    return {**made, "settings": {setting.name: controls[setting.name] for setting in SETTINGS}}


def _columns() -> list[tuple[str, tuple[str, ...]]]:
    """(id, names) of every column of settings below the model."""
    placed = {"aspect_ratio", "versus", *(name for _, names in _PAIRS for name in names)}
    rest = (setting.name for setting in SETTINGS if setting.name not in placed)
    return [*_PAIRS, ("moresettings", tuple(rest))]


def _control(
    localized: Localized, view: PanelView, first: Choice, setting: Setting, **props: Any
) -> gr.Radio | gr.CheckboxGroup:
    says: dict[str, Any] = {
        "label": lambda w: w(f"settings.{setting.name}.label"),
        "choices": lambda w: view.options(setting, first, w),
    }
    if (info := f"settings.{setting.name}.info") in words_for("en"):
        says["info"] = lambda w: w(info)
    kind: type[gr.Radio | gr.CheckboxGroup] = gr.CheckboxGroup if isinstance(setting, Versus) else gr.Radio
    return localized.make(
        kind,
        says=says,
        value=view.shown(setting, first.settings[setting.name]),
        visible=False,
        elem_id=_ELEM_IDS.get(setting.name, setting.name),
        interactive=True,
        **props,
    )


def _model(localized: Localized, view: PanelView, first: Choice) -> dict[str, Any]:
    return {
        "model": localized.make(
            gr.Dropdown,
            says={
                "label": lambda w: w("panel.model"),
                "choices": lambda w: view.models(first.provider, w),
            },
            value=first.model,
            allow_custom_value=True,
            interactive=True,
            visible=False,
            elem_id="model",
        ),
        "fineprint": localized.make(
            gr.HTML,
            says={"value": lambda w: view.fineprint(first, w)},
            visible=False,
            apply_default_css=False,
        ),
    }
