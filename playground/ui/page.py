"""The page's parts and where they stand: header, form and result. What they do is in `wiring`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import gradio as gr

from playground.modes import FIRST
from playground.ui import actions, brush, mode_tabs, results, script, settings_panel, viewer
from playground.ui.actions import Place
from playground.ui.batch import view as batch_view
from playground.ui.form import Choice, Panel
from playground.ui.history import components as history_components
from playground.ui.localized import Localized
from playground.ui.mode_tabs import ModeTabs
from playground.ui.panel_view import PanelView
from playground.ui.rendering import render
from playground.ui.words import Words

RESULT_ACTIONS = actions.events(Place.RESULT)
HISTORY_ACTIONS = actions.events(Place.RESULT, Place.GENERATION)
RECIPE_ACTIONS = ("reuse",)
VIEWER_ACTIONS = tuple(action.name for action in actions.VIEWER if action.handler)
"""What the pieces of the page offer of the table of actions."""


class Calls(NamedTuple):
    """What the script may ask of the server: the history's, the form's line about recipes, the viewer's, and
    how a request is passed on, and what a batch is and would be."""

    history: Sequence[history_components.Call]
    recipe: Sequence[history_components.Call]
    batch: Sequence[history_components.Call]
    viewer: Sequence[history_components.Call]
    share: Sequence[history_components.Call]


@dataclass(frozen=True)
class Spending:
    """What was spent and the limits, in the connection's panel.

    Attributes:
        open: the button that unfolds it.
        opened: when the page was opened, in milliseconds since 1970, and the browser's time zone; its script
            fills that in.
        limits: name -> its field, see `SpendingLimits`.
    """

    open: gr.Button
    opened: gr.Textbox
    meter: gr.HTML
    limits: Mapping[str, gr.Textbox]
    save: gr.Button


@dataclass(frozen=True)
class Page:
    """Every component that something happens to.

    Attributes:
        shown: state: what the result shows, as (kind, what).
        current: id of the job that Stop ends: the only one that runs.
        resume: a new value is the id of a job that a freshly loaded page goes on watching.
        token: names one press of Generate; filled in by the page's script.
        answered: what has become of the last press, for the page's script, see `Context.answered`.
        turns: where requests that went on from a picture have come to, see `Watching.turns`.
        progress: how far the job on the table has come, for the page's script.
        continues: the picture that the next request continues from, "<generation>/<name>", or "".
        continuing_notice: the versions so far above the prompt, and what is sent along.
        kept: the form that the browser has kept, as JSON; only a page that is being loaded fills it in.
        form_notice: says above the prompt what of a kept form could not be put back, and offers an undo.
        connection_line: tells that the server cannot be reached, at Generate.
        templates: the gallery of templates; nothing until it is opened.
        writing: what a text model wrote, beside the prompt that stood there.
        prompts: the list of the person's own prompts, over the prompt box.
        running_notice: a line about the jobs that run or wait, where the result does not say it all.
        open_connection: a new value opens the connection panel.
        language: code of the one that the page speaks.
        recents: the newest prompts, below Generate.
        history: the history page, at the place of the result.
        batch: what a table would send, or a batch that was started; while its tab is open, in place of the
            result.
        recipe: the line that offers the recipe of a picture that was added.
        viewer: pictures over the whole page.
        share: a request as link and code, over the whole page; empty until it is opened. What comes from
            outside comes by it.
    """

    shown: gr.State
    current: gr.Textbox
    resume: gr.Textbox
    token: gr.Textbox
    answered: gr.Textbox
    turns: gr.Textbox
    progress: gr.Textbox
    continues: gr.Textbox
    continuing_notice: gr.HTML
    kept: gr.Textbox
    form_notice: gr.HTML
    connection_line: gr.HTML
    running_notice: gr.HTML
    open_connection: gr.Textbox
    language: gr.Textbox
    language_switch: gr.Button
    tabs: ModeTabs
    panel: Panel
    spending: Spending
    tools: gr.HTML
    templates: gr.HTML
    writing: gr.HTML
    prompts: gr.HTML
    check: gr.Button
    close: gr.Button
    tiles: gr.HTML
    recents: gr.HTML
    go: gr.Button
    stop: gr.Button
    result: gr.HTML
    strip: gr.HTML
    history: gr.HTML
    batch: gr.HTML
    recipe: gr.HTML
    viewer: gr.HTML
    share: gr.HTML


# What handlers hand on from press to press: in the page, since a state of the server is lost with it.
_CARRIED = (
    "current",
    "kept",
    "resume",
    "token",
    "answered",
    "turns",
    "progress",
    "continues",
    "open_connection",
)


def lay_out(localized: Localized, view: PanelView, first: Choice, calls: Calls) -> Page:
    """Builds the page inside the Blocks that are being built."""
    shared: dict[str, Any] = {
        "shown": gr.State(("empty", None)),
        "language": gr.Textbox("en", visible=False),
        **{name: gr.Textbox("", visible=False) for name in _CARRIED},
    }
    panel: dict[str, Any] = {}
    shared["language_switch"], panel["pill"] = _header(localized, view, first)
    with gr.Column(elem_id="connect", elem_classes="folded"):
        shared |= _connection(localized, view, first, panel)
    with gr.Column(elem_id="workspace"):
        with gr.Column(elem_id="composer"):
            shared |= _composer(localized, view, first, panel, calls)
        with gr.Column(elem_id="result"):
            shared["batch"] = _piece("batch", calls.batch, "act")
            shared["running_notice"] = _hidden("running-notice", "open", "drop")
            shared["result"] = _html(
                localized,
                results.empty,
                "stage",
                js_on_load=script.on_load("actions", *RESULT_ACTIONS, "tile", "open", "remedy", "rehearse"),
            )
            shared["strip"] = _hidden("strip", "open", "album")
            shared["history"] = history_components.history_page(calls.history, HISTORY_ACTIONS)
    shared["viewer"] = _html(
        localized,
        viewer.frame,
        "viewer",
        js_on_load=script.on_load("viewer", *VIEWER_ACTIONS),
        server_functions=list(calls.viewer),
    )
    _html(localized, brush.frame, "brush")
    shared["share"] = _piece("share", calls.share, "paste", "restore", "link")
    return Page(**shared, panel=Panel(**panel))


def _piece(name: str, calls: Sequence[history_components.Call], *events: str) -> gr.HTML:
    """A piece of the page that its script fills, of the same name; empty until then."""
    return gr.HTML(
        "",
        elem_id=name,
        js_on_load=script.on_load(name, *events),
        server_functions=list(calls),
        apply_default_css=False,
    )


def _header(localized: Localized, view: PanelView, first: Choice) -> tuple[gr.Button, gr.Button]:
    with gr.Column(elem_id="bar"):
        _html(localized, _brand, "brand")
        switch = _button(localized, lambda w: w.other("app.language"), "lang")
        _button(localized, lambda w: w("app.theme"), "theme", elem_classes=["ic", "ic-theme"])
        pill = _button(
            localized,
            lambda w: view.connection(first, w),
            "pill",
        )
    return switch, pill


def _connection(
    localized: Localized, view: PanelView, first: Choice, panel: dict[str, Any]
) -> dict[str, Any]:
    _html(localized, _connection_intro, None)
    panel |= settings_panel.build_connection(localized, view, first)
    probe = script.on_load("actions", "probe")
    panel["connection"] = gr.HTML("", elem_id="connection-report", js_on_load=probe, apply_default_css=False)
    with gr.Column(elem_id="connect-row"):
        made: dict[str, Any] = {
            "check": _button(localized, lambda w: w("connection.check"), "testconn"),
            "close": _button(localized, lambda w: w("connection.close"), "closeconn"),
        }
    return {**made, "spending": _spending(localized)}


def _spending(localized: Localized) -> Spending:
    opener = _button(localized, lambda w: w("spending.title"), "spending-open")
    with gr.Column(elem_id="spending", elem_classes="folded"):
        return Spending(
            opener,
            gr.Textbox("", visible=False),
            gr.HTML("", apply_default_css=False),
            {name: _limit(localized, name) for name in ("day", "month", "unknown")},
            _button(localized, lambda w: w("spending.save"), "savelimits"),
        )


def _limit(localized: Localized, name: str) -> gr.Textbox:
    """A field that is built when its fold is first opened."""
    return localized.make(
        gr.Textbox,
        says={
            "label": lambda w: w(f"spending.limit_{name}"),
            "placeholder": lambda w: w("spending.no_limit"),
        },
        elem_id=f"limit-{name}",
        visible=False,
        interactive=True,
    )


def _composer(
    localized: Localized, view: PanelView, first: Choice, panel: dict[str, Any], calls: Calls
) -> dict[str, Any]:
    made: dict[str, Any] = {"tabs": mode_tabs.build(localized, calls.batch)}
    made["continuing_notice"] = _hidden(
        "continuing-notice", "go_on", "stop_continuing", "turn", function="conversation"
    )
    made["form_notice"] = _hidden("form-notice", "restore", function="formNotice")
    made["recipe"] = history_components.recipe_line(calls.recipe, RECIPE_ACTIONS)
    with gr.Column(elem_id="promptbox"):
        made |= _prompt_box(localized, panel)
    made |= _writing(localized, view, first, panel)
    panel["summary"] = _button(localized, lambda w: view.summary(first, w), "settings")
    with gr.Column(elem_id="settings-fold", elem_classes="folded"):
        panel |= settings_panel.build_settings(localized, view, first)
    with gr.Column(elem_id="go-row"):
        made["go"] = _button(localized, lambda w: w("panel.generate"), "go")
        _html(localized, batch_view.look, "batch-look")
        made["stop"] = _button(localized, lambda w: w("panel.stop"), "stop", visible=False)
        made["connection_line"] = _html(
            localized,
            _connection_line,
            "connection-line",
            js_on_load=script.on_load("connectionLine", "back"),
        )
    # Below Generate, which must not move under a finger when they change with the tab.
    made["tiles"] = _html(
        localized, results.tile_strip, "tiles", js_on_load=script.on_load("actions", "tile")
    )
    made["recents"] = _hidden("recents", *RECIPE_ACTIONS)
    panel["price"] = _html(localized, lambda w: view.price_html(first, w), "price")
    return made


def _prompt_box(localized: Localized, panel: dict[str, Any]) -> dict[str, Any]:
    """The prompt with what stands in its corner, and what lies over it."""
    made: dict[str, Any] = {}
    panel["prompt"] = localized.make(
        gr.Textbox,
        says={"label": lambda w: w("prompt.label"), "placeholder": lambda w: w(f"prompt.hints.{FIRST}")},
        lines=4,
        max_lines=14,
        elem_id="prompt",
        container=False,
        interactive=True,
    )
    made["tools"] = _html(
        localized, _tools, "prompttools", js_on_load=script.on_load("actions", "clear", "templates")
    )
    made["templates"] = _hidden("templates", "template", function="templates")
    made["prompts"] = _html(localized, _prompts, "prompts", js_on_load=script.on_load("actions", "take"))
    return made


def _writing(localized: Localized, view: PanelView, first: Choice, panel: dict[str, Any]) -> dict[str, Any]:
    """What a text model can do for the prompt, and what it wrote."""
    panel["writer"] = _html(
        localized,
        lambda w: view.writer(first, w),
        "writer",
        js_on_load=script.on_load("actions", "improve", "describe"),
    )
    return {"writing": _hidden("writing", "use", "close")}


def _button(localized: Localized, say: Callable[[Words], str], elem_id: str, **props: Any) -> gr.Button:
    return localized.make(gr.Button, says={"value": say}, elem_id=elem_id, **props)


def _html(
    localized: Localized,
    say: Callable[[Words], str],
    elem_id: str | None,
    **props: Any,
) -> gr.HTML:
    return localized.make(gr.HTML, says={"value": say}, elem_id=elem_id, apply_default_css=False, **props)


def _hidden(elem_id: str, *events: str, function: str = "actions") -> gr.HTML:
    """A piece of the page that has nothing to show on the first visit, and what its buttons may trigger.

    It always stands on the page, and the stylesheet hides it while it is empty: Gradio would build it
    anew, with listeners of its own, each time it became visible.
    """
    return gr.HTML(
        "",
        elem_id=elem_id,
        js_on_load=script.on_load(function, *events),
        apply_default_css=False,
    )


def _brand(words: Words) -> str:
    return render("brand", words)


def _connection_intro(words: Words) -> str:
    return render("connection_intro", words)


def _tools(words: Words) -> str:
    return render("prompt_tools", words)


def _prompts(words: Words) -> str:
    said = {name: words.get(f"prompts.{name}") for name in ("starring", "forgetting", "added", "unreadable")}
    return render("prompts", words, said=said)


def _connection_line(words: Words) -> str:
    return render("connection_line", words)
