"""Which press does what. Values reach handlers by name, never by position."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from playground.ui import kept_form, pasting, script, writing_handlers
from playground.ui.action_handlers import Handler
from playground.ui.actions import ACTIONS
from playground.ui.batch.calls import BatchHandlers
from playground.ui.context import TRAY, Context, Press
from playground.ui.handlers import PageHandlers
from playground.ui.job_handlers import JobHandlers
from playground.ui.page import HISTORY_ACTIONS, RECIPE_ACTIONS, RESULT_ACTIONS, VIEWER_ACTIONS
from playground.ui.result_handlers import ResultHandlers
from playground.ui.updates import Updates

# Nothing here is an endpoint for programs; those are in `api`. Values come as the page sent them: what a
# control no longer offers is ours to refuse, and Gradio's own refusal would leave the page without an answer.
# Without a place for progress, Gradio's script does not tell the outputs of this and all earlier events after
# each message, what they do not show.
QUIET: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "show_progress_on": [],
    "preprocess": False,
}
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
# One event for all that change the same texts: of two answers at once, the older could be shown last.
IN_ORDER: dict[str, Any] = {**AT_ONCE, "trigger_mode": "always_last"}
# Many calls wait at once; one shared name, because the lowest limit of a name counts for all its events.
CALLS: dict[str, Any] = {**QUIET, "concurrency_limit": None, "concurrency_id": "generate"}
# A press waits for no other.
PRESSES: dict[str, Any] = {**CALLS, "trigger_mode": "multiple"}


class Wiring:
    """The page's parts by the names that handlers give them.

    Attributes:
        context: what every handler works with.
        handlers, jobs, results, batches: the handlers of the page and its panel, of jobs, of results, and of
            batches.
        choice: the panel's values by name, with the open tab and the language.
        form: all that the form holds, by name: see `Press.of`.
        form_outputs: what a handler may change that fills in the form.
        job_outputs: what a handler may change that shows a job.
        going_on: what a handler may change that says what the next request goes on from.
        line_outputs: what a handler may change that touches the line about jobs.
        panel_outputs: what a handler may change that follows a choice.
    """

    def __init__(self, context: Context, batches: BatchHandlers) -> None:
        self.batches = batches
        self.page = page = context.page
        self.context = context
        self.handlers = PageHandlers(context)
        self.jobs = JobHandlers(context)
        self.results = ResultHandlers(context)
        panel = page.panel
        self.choice = {
            **panel.values,
            "mode": page.tabs.mode,
            "language": page.language,
        }
        self.form = {
            **self.choice,
            "prompt": panel.prompt,
            "continues": page.continues,
            **{f"{TRAY}{mode}": tray for mode, tray in page.tabs.trays.items()},
        }
        self.panel_outputs = panel.widgets
        self.form_outputs = [
            page.writing,
            *self.panel_outputs, page.tabs.tabs, page.tabs.mode, *page.tabs.trays.values(),
            page.continues, page.continuing_notice, page.form_notice, page.open_connection,
        ]  # fmt: skip
        self.job_outputs = [
            page.result, page.shown, page.current, page.stop, page.strip, page.open_connection,
            panel.connection, page.running_notice, page.progress, page.answered, page.form_notice, page.turns,
            page.recents,
        ]  # fmt: skip
        self.going_on = [page.continues, page.continuing_notice]
        self.line_outputs = [page.running_notice, page.current, page.stop]
        said = [*context.localized.components, page.language]
        self.everything = list(dict.fromkeys([*said, *self.form_outputs, *self.job_outputs]))

    def connect(self, blocks: gr.Blocks) -> None:
        """Connects every part of the page with its handler."""
        self._page(blocks)
        self._panel()
        self._connection()
        self._spending()
        self._jobs()
        self._actions()
        self._prompt()
        self._pieces()
        self._share()
        self._batch()

    def _page(self, blocks: gr.Blocks) -> None:
        page, handlers = self.page, self.handlers
        kept = {name: widget for name, widget in self.form.items() if name not in ("key", "language")}
        blocks.load(
            handlers.on_load,
            inputs=[page.language, page.kept],
            outputs=[*self.everything, page.resume],
            js=script.call("arrival"),
            **AT_ONCE,
        ).then(None, [*kept.values()], None, js=script.noting("note", kept))
        changes = [widget.change for widget in kept.values()]
        gr.on(changes, None, [*kept.values()], None, js=script.noting("keep", kept))
        page.resume.change(
            self.jobs.on_resume, [page.resume, page.shown, page.language], self.job_outputs, **CALLS
        )
        page.language_switch.click(None, page.language, page.language, js=script.call("switchLanguage")).then(
            handlers.on_language,
            inputs_kwargs={
                **self.choice,
                "shown": page.shown,
                "continues": page.continues,
            },
            outputs=[*self.everything, page.continuing_notice],
            **AT_ONCE,
        ).then(handlers.on_meter, *self._metered, **AT_ONCE)
        page.tabs.tabs.select(None, page.tabs.mode, page.tabs.mode, js=script.call("mode"))
        page.tabs.mode.change(
            handlers.on_mode,
            inputs_kwargs=self.choice,
            outputs=[page.panel.prompt, page.panel.writer, page.panel.settings["aspect_ratio"]],
            **AT_ONCE,
        )

    @property
    def _spent(self) -> tuple[list[Any], list[Any]]:
        """What is asked about what was spent, and where it is said."""
        page, spending = self.page, self.page.spending
        return (
            [page.language, spending.opened],
            [spending.opened, spending.meter, *spending.limits.values()],
        )

    @property
    def _metered(self) -> tuple[list[Any], list[Any]]:
        """The same, where the limits are left alone."""
        return [self.page.language, self.page.spending.opened], [self.page.spending.meter]

    @property
    def _following(self) -> dict[str, Any]:
        """How the panel follows a choice of provider, model or settings, and what is sent along with it."""
        inputs = {**self.choice, "continues": self.page.continues}
        outputs = [*self.panel_outputs, self.page.continuing_notice]
        return {"inputs_kwargs": inputs, "outputs": outputs, **IN_ORDER}

    def _panel(self) -> None:
        panel, handlers = self.page.panel, self.handlers
        followed: list[Any] = [panel.model, *panel.settings.values()]
        gr.on([widget.input for widget in followed], handlers.on_choice, **self._following)
        panel.shape_more.click(None, js=script.call("showAllRatios"))
        self._fold(panel.summary, "settings-fold", panel.in_settings)

    def _connection(self) -> None:
        page, panel, handlers = self.page, self.page.panel, self.handlers
        follow = {"inputs_kwargs": self.choice, "outputs": self.panel_outputs, **IN_ORDER}
        self._fold(panel.pill, "connect", panel.in_connection)
        page.close.click(None, js=script.call("fold", "connect"))
        page.open_connection.change(None, page.open_connection, None, js=script.call("openConnection"))
        panel.provider.input(handlers.on_provider, **self._following)
        gr.on([panel.key.blur, panel.base_url.blur], handlers.on_credentials, **follow)
        page.check.click(
            handlers.on_check,
            inputs_kwargs=self.choice,
            outputs=self.panel_outputs,
            **CALLS,
        )
        panel.connection.probe(
            handlers.on_probe,
            inputs_kwargs=self.choice,
            outputs=self.panel_outputs,
            **CALLS,
        )
        panel.kept.connect(handlers.on_connect, **follow)

    def _spending(self) -> None:
        """What was spent is looked up when somebody wants to see it, and said anew in another language."""
        page, handlers, spending = self.page, self.handlers, self.page.spending
        opened = script.call("sinceOpened")
        spending.open.click(None, js=script.call("fold", "spending"))
        spending.open.click(handlers.on_spending, *self._spent, js=opened, **AT_ONCE)
        page.panel.pill.click(handlers.on_meter, *self._metered, **AT_ONCE)  # it may have been left open
        spending.save.click(
            handlers.on_limits,
            inputs_kwargs={"language": page.language, "opened": spending.opened, **spending.limits},
            outputs=[spending.meter],
            **AT_ONCE,
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
        page.go.click(None, None, page.token, js=script.call("pressed")).then(
            jobs.on_generate,
            inputs_kwargs={**self.form, "token": page.token},
            outputs=self.job_outputs,
            **PRESSES,
        )
        page.answered.change(None, page.answered, None, js=script.call("settled"))
        page.progress.change(None, page.progress, None, js=script.call("progress"))
        page.connection_line.back(
            jobs.on_back, inputs_kwargs=self.choice, outputs=self.everything, **CALLS
        ).then(None, js=script.call("settled"))
        page.stop.click(jobs.on_stop, [page.current], [page.result], **AT_ONCE)
        page.running_notice.drop(jobs.on_drop, [page.shown, page.language], self.line_outputs, **AT_ONCE)

    def _actions(self) -> None:
        """What can be done with a result, wherever its buttons stand."""
        page = self.page
        places = {
            page.result: RESULT_ACTIONS,
            page.history: HISTORY_ACTIONS,
            page.recipe: RECIPE_ACTIONS,
            page.recents: RECIPE_ACTIONS,
            page.viewer: VIEWER_ACTIONS,
        }
        for piece, names in places.items():
            for action in ACTIONS:
                if action.handler and action.name in names:
                    self._action(getattr(piece, action.name), action.handler, starts_job=action.starts_job)

    def _action(self, listen: Callable[..., Any], handler: Handler, *, starts_job: bool) -> None:
        if not starts_job:
            listen(self._pressed(handler), inputs_kwargs=self.form, outputs=self.form_outputs, **AT_ONCE)
            return

        outputs = list(dict.fromkeys([*self.job_outputs, *self.panel_outputs]))
        listen(self._yielding(handler), inputs_kwargs=self.form, outputs=outputs, **PRESSES)

    def _yielding(self, handler: Handler) -> Callable[..., Any]:
        """`handler`, which tells more than once, as Gradio wants it."""

        async def updates(event: gr.EventData, request: gr.Request, **values: Any) -> AsyncIterator[Updates]:
            async for update in handler(self.context, Press.of(event, request, values)):
                yield update

        return updates

    def _pressed(self, handler: Handler) -> Callable[..., Any]:
        """`handler` as Gradio wants it: a function of event, request and the form's values by name."""

        async def updates(event: gr.EventData, request: gr.Request, **values: Any) -> Any:
            press = Press.of(event, request, values)
            return kept_form.filled_in(self.context, await handler(self.context, press), press)

        return updates

    def _prompt(self) -> None:
        """What fills in the prompt: its tools, templates, own prompts, tiles, an undo."""
        page, results = self.page, self.results
        form: dict[str, Any] = {"inputs_kwargs": self.form, "outputs": self.form_outputs, **AT_ONCE}
        page.tools.clear(self._pressed(results.on_clear), **form)
        page.tools.templates(results.on_templates, [page.language], [page.templates], **AT_ONCE)
        page.templates.template(self._pressed(results.on_template), **form)
        page.prompts.take(self._pressed(results.on_take), **form)
        for write, handler in (
            (page.panel.writer.improve, writing_handlers.on_improve),
            (page.panel.writer.describe, writing_handlers.on_describe),
        ):
            write(
                self._yielding(handler),
                inputs_kwargs=self.form,
                outputs=[page.writing, page.form_notice],
                **CALLS,
            )
        page.writing.use(self._pressed(writing_handlers.on_use), **form)
        page.writing.close(self._pressed(writing_handlers.on_close), **form)
        for tiles in (page.result, page.tiles):
            tiles.tile(self._pressed(results.on_tile), **form)

    def _pieces(self) -> None:
        """The other buttons in our own HTML: the strip, remedies, the history."""
        page, results = self.page, self.results
        form: dict[str, Any] = {"inputs_kwargs": self.form, "outputs": self.form_outputs, **AT_ONCE}
        page.panel.key_note.rehearse(self._pressed(results.on_rehearse), **form)
        for remedies in (page.result, page.history):
            remedies.remedy(self._pressed(results.on_remedy), **form)
            remedies.rehearse(self._pressed(results.on_rehearse), **form)
        for html in (page.result, page.strip, page.running_notice):
            html.open(
                results.on_open,
                [page.language],
                [page.result, page.shown, page.strip, page.form_notice, *self.line_outputs],
                **AT_ONCE,
            )
        self._conversation()
        page.strip.album(results.on_history, outputs=[page.history], js=script.call("openHistory"), **AT_ONCE)
        page.history.changed(
            results.on_changed,
            [page.shown, page.language],
            [page.result, page.shown, page.strip, page.recents, *self.line_outputs],
            **AT_ONCE,
        )

    def _conversation(self) -> None:
        """What requests go on from: another version, the next one, that of another tab, or none."""
        page, results = self.page, self.results
        page.continuing_notice.go_on(
            results.on_go_on,
            inputs_kwargs=self.form,
            outputs=[
                *(page.result, page.shown, page.strip, page.form_notice),
                *self.going_on,
                *self.line_outputs,
            ],
            **AT_ONCE,
        )
        turns = {**self.form, "turns": page.turns}
        page.turns.change(results.on_turns, inputs_kwargs=turns, outputs=self.going_on, **AT_ONCE)
        for follow in ("turned", "movedOn"):
            page.turns.change(None, page.turns, None, js=script.call(follow))
        page.continuing_notice.turn(
            results.on_turn,
            inputs_kwargs=self.form,
            outputs=[*self.going_on, page.form_notice],
            **AT_ONCE,
        )
        page.continuing_notice.stop_continuing(results.on_stop_continuing, None, self.going_on, **AT_ONCE)

    def _share(self) -> None:
        """What comes from outside fills in the form, and any filling-in is taken back."""
        page, form = self.page, {"inputs_kwargs": self.form, "outputs": self.form_outputs, **AT_ONCE}
        page.share.link(self._pressed(pasting.on_link), **form)
        page.share.paste(self._pressed(pasting.on_paste), **form)
        for piece in (page.form_notice, page.share):
            piece.restore(self._pressed(self.results.on_restore), **form)

    def _batch(self) -> None:
        """What is done with a batch; how it stands, its own script asks."""
        page = self.page

        async def act(event: gr.EventData, request: gr.Request, **values: Any) -> Any:
            return await self.batches.on_act(self.context, Press.of(event, request, values))

        page.batch.act(act, inputs_kwargs=self.form, outputs=[page.batch, page.open_connection], **PRESSES)
