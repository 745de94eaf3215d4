"""Which press does what. Values reach handlers by name, never by position."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.ui import script
from playground.ui.context import Context
from playground.ui.handlers import Handlers
from playground.ui.job_handlers import JobHandlers
from playground.ui.page import Page
from playground.ui.result_handlers import ResultHandlers

# Nothing here is an endpoint for programs; those are in `api`.
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
# Many calls wait at once; one shared name, because the lowest limit of a name counts for all its events.
CALLS: dict[str, Any] = {**QUIET, "concurrency_limit": None, "concurrency_id": "generate"}


def wire(blocks: gr.Blocks, page: Page, context: Context) -> Wiring:
    """Connects every part of the page with its handler."""
    wiring = Wiring(page, context)
    wiring.connect(blocks)
    return wiring


class Wiring:
    """The page's parts by the names that handlers give them.

    Attributes:
        context: what every handler works with.
        handlers, jobs, results: the handlers of the page and its panel, of jobs, and of results.
        choice: what a handler has to know of the form.
        form_outputs: what a handler may change that fills in the form.
        job_outputs: what a handler may change that shows a job.
        panel_outputs: what a handler may change that follows a choice.
    """

    def __init__(self, page: Page, context: Context) -> None:
        self.page = page
        self.context = context
        self.handlers = Handlers(context)
        self.jobs = JobHandlers(context)
        self.results = ResultHandlers(context)
        panel = page.panel
        self.choice = {
            **panel.values,
            "mode": page.tabs.mode,
            "language": page.language,
        }
        self.trays = {
            "edit_image": page.tabs.trays["edit"],
            "compose_images": page.tabs.trays["compose"],
        }
        self.panel_outputs = panel.widgets
        self.form_outputs = [*self.panel_outputs, page.tabs.tabs, page.tabs.mode, *self.trays.values()]
        self.job_outputs = [
            page.table, page.shown, page.current, page.go, page.stop, page.strip, page.tiles,
            page.knock, panel.connection, page.aside, page.pulse,
        ]  # fmt: skip
        said = [*context.localized.components, page.language]
        self.everything = list(dict.fromkeys([*said, *self.form_outputs, *self.job_outputs]))

    def connect(self, blocks: gr.Blocks) -> None:
        self._page(blocks)
        self._panel()
        self._connection()
        self._jobs()
        self._pieces()

    def _page(self, blocks: gr.Blocks) -> None:
        page, handlers = self.page, self.handlers
        blocks.load(
            handlers.on_load,
            inputs=[page.language],
            outputs=[*self.everything, page.resume],
            js=script.call("language"),
            **AT_ONCE,
        )
        page.resume.change(self.jobs.on_resume, [page.resume, page.language], self.job_outputs, **CALLS)
        page.language_switch.click(None, page.language, page.language, js=script.call("switchLanguage")).then(
            handlers.on_language,
            inputs_kwargs={
                **self.choice,
                "shown": page.shown,
                "current": page.current,
                "following": page.following,
            },
            outputs=[*self.everything, page.chip],
            **AT_ONCE,
        )
        page.tabs.tabs.select(None, page.tabs.mode, page.tabs.mode, js=script.call("mode"))
        page.tabs.mode.change(
            handlers.on_mode,
            inputs_kwargs=self.choice,
            outputs=[page.panel.prompt, page.panel.settings["aspect_ratio"]],
            **AT_ONCE,
        )

    def _panel(self) -> None:
        panel, handlers = self.page.panel, self.handlers
        follow = {"inputs_kwargs": self.choice, "outputs": self.panel_outputs, **AT_ONCE}
        followed: list[Any] = [panel.model, *panel.settings.values()]
        for widget in followed:
            widget.input(handlers.on_choice, **follow)
        panel.shape_more.click(None, js=script.call("showAllRatios"))
        self._fold(panel.summary, "settings-fold", panel.in_settings)

    def _connection(self) -> None:
        page, panel, handlers = self.page, self.page.panel, self.handlers
        follow = {"inputs_kwargs": self.choice, "outputs": self.panel_outputs, **AT_ONCE}
        self._fold(panel.pill, "connect", panel.in_connection)
        page.close.click(None, js=script.call("fold", "connect"))
        page.knock.change(None, page.knock, None, js=script.call("openConnection"))
        panel.provider.input(handlers.on_provider, **follow)
        for widget in (panel.key, panel.base_url):
            widget.blur(handlers.on_credentials, **follow)
        page.check.click(
            handlers.on_check,
            inputs_kwargs=self.choice,
            outputs=[panel.connection, panel.pill],
            **CALLS,
        )

    def _fold(self, button: gr.Button, elem_id: str, widgets: list[Any]) -> None:
        """`button` folds and unfolds a column. What is in it is built at the first unfolding, so that the
        first screen loads none of it."""
        button.click(None, js=script.call("fold", elem_id))

        def unfold(**values: Any) -> dict[Any, Any]:
            return self.handlers.unfold(widgets, **values)

        button.click(unfold, inputs_kwargs=self.choice, outputs=widgets, **AT_ONCE)

    def _jobs(self) -> None:
        page, jobs = self.page, self.jobs
        asked = {"token": page.token, "prompt": page.panel.prompt, "following": page.following}
        page.go.click(None, None, page.token, js=script.call("pressed")).then(
            jobs.on_generate,
            inputs_kwargs={**asked, **self.choice, **self.trays},
            outputs=self.job_outputs,
            **CALLS,
        ).then(None, js=script.call("settled"))
        page.pulse.change(None, page.pulse, None, js=script.call("progress"))
        page.stop.click(jobs.on_stop, [page.current], [page.table], **AT_ONCE)

    def _pieces(self) -> None:
        """The buttons in our own HTML: tiles, results, history, remedies."""
        page, results = self.page, self.results
        compose = {"compose_images": self.trays["compose_images"]}
        for tiles in (page.table, page.tiles):
            tiles.tile(results.on_tile, inputs_kwargs=self.choice, outputs=self.form_outputs, **AT_ONCE)
        for use in (page.table.edit, page.table.compose):
            use(
                results.on_use,
                inputs_kwargs={**self.choice, **compose},
                outputs=self.form_outputs,
                **AT_ONCE,
            )
        for html in (page.table, page.strip, page.aside):
            html.open(
                results.on_open,
                [page.language],
                [page.table, page.shown, page.strip, page.aside],
                **AT_ONCE,
            )
        page.table.follow(
            results.on_follow,
            inputs_kwargs={**self.choice, "prompt": page.panel.prompt},
            outputs=[*self.form_outputs, page.following, page.chip],
            **AT_ONCE,
        )
        page.chip.unfollow(results.on_unfollow, None, [page.following, page.chip], **AT_ONCE)
        page.table.remedy(
            results.on_remedy,
            inputs_kwargs={**self.choice, **compose, "prompt": page.panel.prompt},
            outputs=[*self.form_outputs, page.knock],
            **AT_ONCE,
        )
        page.table.again(
            self.jobs.on_again,
            inputs_kwargs=self.choice,
            outputs=list(dict.fromkeys([*self.job_outputs, *self.panel_outputs])),
            **CALLS,
        ).then(None, js=script.call("settled"))
