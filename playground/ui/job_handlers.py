"""Generate and stop: a job is started, watched and ended, or it is said why nothing was sent."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from playground.errors import InvalidRequest, PlaygroundError
from playground.jobs.studio import Job
from playground.ui.asking import Asked
from playground.ui.context import TRAY, Handlers, carried, job_on, owner_of, session_of, split
from playground.ui.updates import Updates

_LACKING = ("prompt_missing", "image_missing", "images_missing")
"""Codes of what has not been filled in yet."""

_log = logging.getLogger(__name__)


class JobHandlers(Handlers):
    """They run on the event loop, because jobs live there."""

    async def on_generate(
        self,
        token: str,
        prompt: str,
        continues: str,
        request: gr.Request,
        **values: Any,
    ) -> AsyncIterator[Updates]:
        """Checks, starts a job, and shows it until it is done. The same `token` never starts two."""
        trays = {name: values.pop(name) for name in [*values] if name.startswith(TRAY)}
        choice, language = split(values)
        tray, others = trays.get(f"{TRAY}{choice.mode}"), self._view.others(choice)
        try:
            asked = Asked(choice, prompt or "", continues, tray, others, language)
            job = await self._start(asked, token, request)
        except PlaygroundError as error:
            yield self._not_sent(error, language, request) | self._context.answered(token)
            return
        answered, session = self._context.answered(token, job), session_of(request)
        async for update in self._context.watching.begin(job, language, session, answered):
            yield update

    def _not_sent(self, error: PlaygroundError, language: str, request: gr.Request) -> Updates:
        """What the form lacks is told at its fields, and the table keeps what is on it."""
        if isinstance(error, InvalidRequest) and error.code in _LACKING:
            return self._context.told_at_form(error, language, lacks=error.field or "")
        return self._context.not_sent(error, language, owner_of(request))

    async def on_resume(
        self, newest: str, shown: tuple[str, Any], language: str, request: gr.Request
    ) -> AsyncIterator[Updates]:
        """A page that was loaded while jobs run, `newest` among them, goes on following them."""
        watching, owner = self._context.watching, owner_of(request)
        await self._studio.load_others(owner)
        job = self._studio.job(newest, owner=owner) if newest else None
        if job is not None and job.id == job_on(shown):
            job.seen = False  # one that ended meanwhile is told again: the page has it as running
        if newest:
            async for update in watching.follow(owner, language, session_of(request), job_on(shown)):
                yield update

    async def on_back(
        self, event: gr.EventData, request: gr.Request, **values: Any
    ) -> AsyncIterator[Updates]:
        """The page reaches the server again: the panel follows what was chosen meanwhile, and the job whose
        beginning or end the page has missed is shown. Nothing is sent again."""
        choice, language = split(values)
        owner, page, watching = owner_of(request), self._page, self._context.watching
        await self._studio.load_others(owner, is_patient=True)
        # The job that the page was watching, or the press that was on its way when the line broke.
        missed = await self._context.job(owner, carried(event, "job"))
        if missed is None and not carried(event, "away"):
            missed = self._studio.started_by(carried(event, "token"), owner=owner)
        shown = missed or await self._context.job(owner, carried(event, "shown"))
        updates = self._view.updates(page.panel, self._view.valid(choice), language, given=choice)
        is_listed = shown is not None and shown.is_settled
        updates |= await self._context.strips(owner, language, shown.id if shown else None)
        if missed is not None:
            updates |= watching.view(missed, language)
            updates |= watching.turns([missed] * missed.is_settled)
        elif shown is not None:  # a server that was started anew does not know it any more
            updates[page.shown] = ("job", shown.id)
        # Generate may have been pressed since: then its job has the table.
        session, table = session_of(request), shown.id if shown else ""
        updates |= watching.turn_to(session, owner, language, table or watching.shown(session))
        if (
            missed is not None and not is_listed
        ):  # one that ended meanwhile is told again, and with it the lists
            missed.seen = False
        yield updates
        async for update in watching.follow(owner, language, session, table or watching.shown(session)):
            yield update

    async def on_stop(self, current: str, request: gr.Request) -> Any:
        """Ends the running job; what has arrived stays."""
        await self._studio.load_others(owner_of(request))
        self._studio.stop(current, owner=owner_of(request))
        return gr.skip()

    async def on_drop(
        self, event: gr.EventData, shown: tuple[str, Any], language: str, request: gr.Request
    ) -> Updates:
        """A job leaves the line over the table: one that runs or waits is ended."""
        owner = owner_of(request)
        await self._studio.load_others(owner)
        job = self._studio.job(carried(event, "job"), owner=owner)
        if job is not None:
            job.seen = job.id != job_on(shown)
            self._studio.stop(job.id, owner=owner)
        return self._context.watching.retold(session_of(request), owner, language, job_on(shown))

    async def _start(self, asked: Asked, token: str, request: gr.Request) -> Job:
        """Raises PlaygroundError, whatever goes wrong: a press of Generate never ends in silence."""
        try:
            owner = owner_of(request)
            made = await asked.request(self._studio, owner)
            given = self._context.credentials(asked.choice, request)
            return await self._context.starting.start(
                made.wanted, given, request, owner=owner, mode=asked.choice.mode, token=token
            )
        except OSError as error:
            _log.error("a request could not be prepared: %s", error.strerror)
            raise PlaygroundError("disk_not_ready", reason=error.strerror or "OSError") from None
