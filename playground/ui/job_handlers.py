"""Generate and stop: a job is started, watched and ended, or it is said why nothing was sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from playground.errors import InvalidRequest, PlaygroundError
from playground.jobs.studio import Job
from playground.request import build as build_request
from playground.request import require_images, require_provider
from playground.ui import image_tray, kept_form
from playground.ui.context import TRAY, Handlers, owner_of, session_of, split
from playground.ui.explain import explain
from playground.ui.form import Choice
from playground.ui.updates import Updates
from playground.ui.words import words_for

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
        tray = trays.get(f"{TRAY}{choice.mode}")
        try:
            job = await self._start(choice, prompt, tray, continues, token, request)
        except PlaygroundError as error:
            yield self._not_sent(error, language)
            return
        async for update in self._context.watching.watch(job, language, session_of(request)):
            yield update

    def _not_sent(self, error: PlaygroundError, language: str) -> Updates:
        """What the form lacks is told at its fields, and the table keeps what is on it."""
        if isinstance(error, InvalidRequest) and error.code in _LACKING:
            explanation = explain(error, words_for(language))
            said = words_for(language).together(explanation.what, explanation.do)
            return {self._page.form_notice: kept_form.notice(said, language, lacks=error.field or "")}
        return self._context.not_sent(error, language)

    async def on_resume(self, job_id: str, language: str, request: gr.Request) -> AsyncIterator[Updates]:
        """A page that was loaded while a job runs goes on watching it."""
        await self._studio.meet(owner_of(request))
        job = self._studio.job(job_id, owner=owner_of(request))
        if job is not None:
            async for update in self._context.watching.watch(job, language, session_of(request)):
                yield update

    async def on_back(
        self, event: gr.EventData, request: gr.Request, **values: Any
    ) -> AsyncIterator[Updates]:
        """The page reaches the server again: the panel follows what was chosen meanwhile, and the job whose
        beginning or end the page has missed is shown. Nothing is sent again."""
        choice, language = split(values)
        owner, page = owner_of(request), self._page
        await self._studio.meet(owner, is_patient=True)
        running = self._studio.running(owner)
        # The press that was on its way when the line broke, or the job that the page was watching.
        pressed = self._studio.started_by(str(event.token), owner=owner)
        job = running or pressed or await self._context.job(owner, str(event.job))
        is_away = bool(event.away) and job is running
        updates = self._view.updates(page.panel, self._view.valid(choice), language, given=choice)
        updates |= await self._context.strips(owner, language, job.id if job else None)
        updates |= {page.go: gr.update(interactive=running is None)}
        updates |= {page.stop: gr.update(visible=running is not None)}
        shown = await self._context.job(owner, str(event.shown))
        if shown is not None:  # a server that was started anew does not know it any more
            updates[page.shown] = ("job", shown.id)
        yield updates | (self._context.watching.view(job, language) if job and not is_away else {})
        if running is not None:
            session = session_of(request)
            async for update in self._context.watching.watch(running, language, session, is_away=is_away):
                yield update

    async def on_stop(self, current: str, request: gr.Request) -> Any:
        """Ends the running job; what has arrived stays."""
        await self._studio.meet(owner_of(request))
        self._studio.stop(current, owner=owner_of(request))
        return gr.skip()

    async def _start(
        self, choice: Choice, prompt: str, tray: Any, continues: str, token: str, request: gr.Request
    ) -> Job:
        """Raises PlaygroundError, whatever goes wrong: a press of Generate never ends in silence."""
        try:
            require_provider(choice.provider, self._studio.catalogue)
            files = await asyncio.to_thread(image_tray.files, tray, self._studio.history, owner_of(request))
            given = self._context.credentials(choice, request)
            if not continues:
                require_images(choice.mode, len(files))
            wanted = build_request(
                prompt=prompt or "",
                provider=choice.provider,
                model=choice.model,
                **choice.settings,
            )
            images = await self._studio.prepare(files, choice.provider)
            wanted = wanted.model_copy(update={"images": images})
            owner = owner_of(request)
            if continues:
                generation, _, picture = continues.partition("/")
                wanted = await self._studio.continue_from(
                    wanted, owner=owner, generation=generation, picture=picture
                )
            return await self._context.starting.start(
                wanted, given, request, owner=owner, mode=choice.mode, token=token
            )
        except OSError as error:
            _log.error("a request could not be prepared: %s", error.strerror)
            raise PlaygroundError("disk_not_ready", reason=error.strerror or "OSError") from None
